"""The duplicates of a dataset: its clusters, the riskiest members, a copy beside what stands for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.compared_texts import Difference, beginning, compare_texts
from pipelines.errors import CallError, ReadError, first_line

# Members of a cluster in an overview.
_MEMBERS = 3
# Rows of the audit that are read at a time.
_BATCH = 50_000
_LEAST_SIMILAR = [("similarity", "ascending"), ("doc_id", "ascending")]
Only = tuple[str, Sequence[str]]
"""A column, and the values that a row may have there."""
_Key = tuple[str, bool]
"""A doc_id, and whether it is one of an earlier dataset."""


@dataclass(frozen=True)
class Member:
    """A record that another one stands for."""

    doc_id: str
    source_id: str | None
    rule_id: str
    similarity: float
    """To what stands for it, 0-1: of a near duplicate the Jaccard similarity, of a contained one its share."""
    representative: str
    elsewhere: bool
    """Whether what stands for it is in an earlier dataset."""


class KnownBy(NamedTuple):
    """What people know a record by."""

    source_id: str | None
    url: str | None


@dataclass(frozen=True)
class Comparison:
    """A copy beside what stands for it."""

    member: Member
    copy: str
    """How the copy begins."""
    found: bool
    """Whether the text of the representative is at hand; one of an earlier dataset may not be."""
    differences: tuple[Difference, ...]
    same_after: int
    """Words after the last difference that are the same."""
    cut: bool
    """The texts go on beyond the `COMPARED` words."""


@dataclass(frozen=True)
class Cluster:
    """What one record stands for, the least similar members first."""

    representative: str
    text: str
    """How it begins; '' where it is not at hand."""
    members: tuple[Member, ...]
    size: int
    """Records in it, the representative included."""


@dataclass(frozen=True)
class Overview:
    """The duplicates of a dataset as a page shows them."""

    total: int
    """Members of all clusters."""
    rules: dict[str, int]
    """How many of them each rule made, by its id."""
    largest: list[Cluster]
    """With a few members of each."""
    riskiest: list[Comparison]
    known: dict[str, KnownBy]
    """What all of these are known by, by doc_id."""


class Duplicates:
    """The duplicates of the dataset in a folder, whether they were dropped or flagged."""

    def __init__(self, folder: Path, earlier: Sequence[Path] = ()) -> None:
        """`earlier`: datasets that it was held against, to show their texts. Raises ReadError."""
        self.folder = folder
        self.earlier = tuple(earlier)
        try:
            self.members = _members(folder)
        except (OSError, pa.ArrowException) as error:
            raise ReadError(f"cannot read {folder / 'audit'}: {first_line(error)}") from error

    def by_rule(self) -> dict[str, int]:
        """How many members each rule made, by its id."""
        counted: list[dict[str, Any]] = pc.value_counts(self.members["rule_id"]).to_pylist()
        return {each["values"]: each["counts"] for each in sorted(counted, key=lambda each: str(each["values"]))}

    def largest(self, limit: int, members: int = 10) -> list[Cluster]:
        """The largest clusters, each with its least similar members."""
        top = self._top(limit)
        return self._clusters(top, members, self._texts({(who, elsewhere) for who, elsewhere, _ in top}))

    def overview(self, clusters: int, pairs: int) -> Overview:
        """So many of each; the texts of all are read at once, which is what costs."""
        top, risky = self._top(clusters), self.riskiest(pairs)
        texts = self._texts({(who, elsewhere) for who, elsewhere, _ in top} | _sides(risky))
        largest = self._clusters(top, _MEMBERS, texts)
        shown = [*(member for cluster in largest for member in cluster.members), *risky]
        known = self.known_by(shown, [cluster.representative for cluster in largest])
        return Overview(len(self.members), self.by_rule(), largest, _compare(risky, texts), known)

    def _top(self, limit: int) -> list[tuple[str, bool, int]]:
        """The largest clusters: what represents each, whether that is elsewhere, and how many it stands for."""
        sizes = self.members.group_by(["representative", "elsewhere"]).aggregate([("doc_id", "count")])
        order = [("doc_id_count", "descending"), ("representative", "ascending"), ("elsewhere", "ascending")]
        top = sizes.sort_by(order).slice(0, limit).to_pylist()
        return [(each["representative"], each["elsewhere"], each["doc_id_count"]) for each in top]

    def _clusters(self, top: list[tuple[str, bool, int]], members: int, texts: Mapping[_Key, str]) -> list[Cluster]:
        return [
            Cluster(
                who,
                beginning(texts.get((who, elsewhere), "")),
                tuple(self._cluster_of(who, elsewhere)[:members]),
                size + 1,
            )
            for who, elsewhere, size in top
        ]

    def riskiest(self, limit: int) -> list[Member]:
        """The least similar members; exact copies are no risk."""
        rows = self.members.filter(pc.less(self.members["similarity"], 1))
        return _as_members(rows.sort_by(_LEAST_SIMILAR).slice(0, limit))

    def of(self, name: str) -> list[Member]:
        """The cluster of a record by its doc_id or source_id, least similar first; of a member it alone.

        Raises CallError where the dataset has no such record.
        """
        fates = self.folder / "audit/fates.parquet"
        found = (_rows(fates, ["doc_id"], (column, [name]))["doc_id"].to_pylist() for column in ("doc_id", "source_id"))
        ids = list(dict.fromkeys(chain(*found)))
        if not ids:
            raise CallError(f"{self.folder} has no record with the doc_id or source_id {name[:64]!r}")
        own = _as_members(self.members.filter(pc.is_in(self.members["doc_id"], pa.array(ids))))
        return own or [member for who in ids for member in self._cluster_of(who, elsewhere=False)]

    def compare(self, members: Sequence[Member]) -> list[Comparison]:
        """Each member beside what stands for it."""
        return _compare(members, self._texts(_sides(members)))

    def known_by(self, members: Iterable[Member], representatives: Collection[str] = ()) -> dict[str, KnownBy]:
        """What members, and what stands for them, are known by, and other representatives: by doc_id, as far as the
        dataset and the earlier ones have it."""
        sides = {who for who, _ in _sides(members)} | set(representatives)
        only = "doc_id", sorted(sides)
        if not sides:
            return {}
        audit = self.folder / "audit"
        earlier = [path for folder in self.earlier for path in sorted((folder / "data").glob("*.parquet"))]
        paths = [*sorted(audit.glob("unpublished*.parquet")), *sorted((self.folder / "data").glob("*.parquet"))]
        try:
            tables = [
                _rows(some, columns, only)
                for some, columns in (
                    (earlier, ["doc_id", "source_id", "url"]),
                    (paths, ["doc_id", "url"]),
                    (sorted(audit.glob("fates*.parquet")), ["doc_id", "source_id"]),
                )
                if some
            ]
        except (OSError, KeyError, pa.ArrowException) as error:
            raise ReadError(f"cannot read {self.folder}: {first_line(error)}") from error
        known: dict[str, dict[str, Any]] = {who: {} for who in sides}
        for row in chain.from_iterable(table.to_pylist() for table in tables):
            known[row["doc_id"]] |= row
        return {who: KnownBy(row.get("source_id"), row.get("url")) for who, row in known.items()}

    def _texts(self, keys: Collection[_Key]) -> dict[_Key, str]:
        """Texts as far as they are at hand."""
        found = {(who, False): text for who, text in self.texts({who for who, away in keys if not away}).items()}
        earlier = _published(self.earlier, {who for who, away in keys if away})
        return found | {(who, True): text for who, text in earlier.items()}

    def texts(self, doc_ids: Collection[str]) -> dict[str, str]:
        """The cleaned bodies of records, published or not, from the audit; one scan for all of them."""
        only = "doc_id", sorted(doc_ids)
        audit = self.folder / "audit"
        if not doc_ids:
            return {}
        try:
            lines = _rows(audit / "lines.parquet", ["doc_id", "line_no", "text"], only)
            dropped = _rows(audit / "labels.parquet", ["doc_id", "line_no", "decides"], only)
        except (OSError, pa.ArrowException) as error:
            raise ReadError(f"cannot read {audit}: {first_line(error)}") from error
        dropped = dropped.filter(dropped["decides"])
        gone = set(zip(dropped["doc_id"].to_pylist(), dropped["line_no"].to_pylist(), strict=True))
        kept: dict[str, list[str]] = {who: [] for who in doc_ids}
        for row in lines.sort_by([("doc_id", "ascending"), ("line_no", "ascending")]).to_pylist():
            if (row["doc_id"], row["line_no"]) not in gone:
                kept[row["doc_id"]].append(row["text"].strip())
        return {who: "\n".join(some) for who, some in kept.items() if some}

    def _cluster_of(self, representative: str, elsewhere: bool) -> list[Member]:
        same = pc.and_(
            pc.equal(self.members["representative"], representative), pc.equal(self.members["elsewhere"], elsewhere)
        )
        return _as_members(self.members.filter(same).sort_by(_LEAST_SIMILAR))


def _rows(paths: Path | Sequence[Path], columns: list[str], only: Only) -> pa.Table:
    """The rows of Parquet files whose column has one of the values, a batch at a time and what is asked for alone.

    (Arrow's scanner of datasets reads ahead whole row groups of text.)
    """
    column, values = only
    wanted = pa.array(values, pa.string())

    def hits(chunk: pa.Array) -> pa.Array:
        return pc.is_in(chunk.dictionary, wanted).take(chunk.indices)  # a document's lines ask once

    found: list[pa.Table] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        file = pq.ParquetFile(path, read_dictionary=[column])
        schema = pa.schema([pq.read_schema(path).field(name) for name in columns])
        found.append(schema.empty_table())
        for group in range(file.num_row_groups):
            # Most groups of a large dataset have none: then their texts are not read.
            here = file.read_row_group(group, columns=[column])[column]
            if not any(pc.any(hits(chunk)).as_py() for chunk in here.chunks):
                continue
            names = list(dict.fromkeys([column, *columns]))
            for batch in file.iter_batches(_BATCH, row_groups=[group], columns=names):
                some = batch.filter(hits(batch[column])).select(columns)
                if len(some):
                    found.append(pa.Table.from_batches([some]).cast(schema))
    return pa.concat_tables(found).combine_chunks()


def _members(folder: Path) -> pa.Table:
    """The columns of `Member`: of the records that were dropped for another, and of those that were flagged."""
    names = ["doc_id", "source_id", "rule_id", "similarity", "evidence"]
    fates, audit = folder / "audit/fates.parquet", folder / "audit"
    dropped = _rows(fates, names, ("fate", ["duplicate"])).rename_columns([*names[:-1], "representative"])
    flags = _rows(audit / "flags.parquet", ["doc_id", "evidence"], ("flag", ["duplicate"]))
    sources: dict[str, str | None] = {}
    if len(flags):
        flagged = _rows(fates, ["doc_id", "source_id"], ("doc_id", flags["doc_id"].to_pylist()))
        sources = dict(zip(flagged["doc_id"].to_pylist(), flagged["source_id"].to_pylist(), strict=True))
    said = [evidence.split(" ") for evidence in flags["evidence"].to_pylist()]
    columns = [
        flags["doc_id"],
        pa.array([sources[who] for who in flags["doc_id"].to_pylist()], pa.string()),
        pa.array([rule for rule, _, _ in said], pa.string()),
        pa.array([float(similarity) for _, similarity, _ in said], pa.float32()),
        pa.array([other for _, _, other in said], pa.string()),
    ]
    members = pa.concat_tables([dropped, pa.table(columns, schema=dropped.schema)])
    return members.append_column("elsewhere", pc.starts_with(members["rule_id"], "against."))


def _sides(members: Iterable[Member]) -> set[_Key]:
    """Members, and what stands for them."""
    return {key for one in members for key in ((one.doc_id, False), (one.representative, one.elsewhere))}


def _compare(members: Iterable[Member], texts: Mapping[_Key, str]) -> list[Comparison]:
    found = []
    for member in members:
        copy = texts.get((member.doc_id, False), "")
        other = texts.get((member.representative, member.elsewhere))
        differences, same, cut = ((), 0, False) if other is None else compare_texts(copy, other)
        found.append(Comparison(member, beginning(copy), other is not None, differences, same, cut))
    return found


def _as_members(rows: pa.Table) -> list[Member]:
    return [Member(**row) for row in rows.to_pylist()]


def _published(folders: Sequence[Path], doc_ids: Collection[str]) -> dict[str, str]:
    """Texts of published rows of other datasets."""
    only = "doc_id", sorted(doc_ids)
    found: dict[str, str] = {}
    for folder in folders if doc_ids else ():
        rows = _rows(sorted((folder / "data").glob("*.parquet")), ["doc_id", "text"], only).to_pydict()
        found = dict(zip(rows["doc_id"], rows["text"], strict=True)) | found
    return found
