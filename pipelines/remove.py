"""`tamis remove`: the next patch release of a dataset, without some records and with their tombstones.

What goes: the rows, the other records of the same page, the copies that a row stood for, and every line, label, flag,
signature and excerpt that the audit has of them. What stays: one fate for each, `rejected` by `reject.removed`, so that
the ledger balances, and its id in tombstones.jsonl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.tables import ARTICLES, FATES, FLAGS
from cleaning.tombstones import RULE, SITE
from pipelines.checks.beside import Beside
from pipelines.checks.found import Validation, count_of
from pipelines.dataset_rules import RULES
from pipelines.duplicates import Duplicates
from pipelines.duplicates_page import CLUSTERS, DUPLICATES_PAGE, PAIRS, write_page
from pipelines.finish import finish
from pipelines.following import next_patch
from pipelines.journal import Journal
from pipelines.kept_copies import Kept, Standing, clustered, flagged, kept_as, stand_anew
from pipelines.ledger import read_ledger
from pipelines.manifest import describe_files, version_of
from pipelines.removal_choice import Chosen, Gone, choose_of_whole
from pipelines.run_record import write_run_record
from pipelines.staging import staging
from pipelines.store import AUDIT_ROW_GROUP, MANIFEST, ROW_GROUP, json_lines, sha256_of, write_bytes, write_parquet
from pipelines.taken_sites import TakenSite, all_in_words
from pipelines.tombstones import Tombstone, read_tombstones, write_tombstones


@dataclass(frozen=True)
class Removal:
    """A removal that ended well, whatever the checks say of what is left."""

    output: Path
    version: str
    removed: tuple[str, ...]
    """doc_ids of the records that are gone, published or not, sorted."""
    records: tuple[Gone, ...]
    """The same records, and what people knew them by: it stands nowhere in the dataset any more."""
    copies: int
    """How many of them were not asked for: copies, wherever they stood, of a row that is gone."""
    may_return: tuple[str, ...]
    """doc_ids of those of them that no tombstone keeps away: copies that were to be kept and had no row."""
    rows: int
    """Rows that are left."""
    also: tuple[str, ...]
    """doc_ids of rows that stay and say the same as a record that was to go: what stood for it, or a copy kept."""
    kept: tuple[Kept, ...]
    """Copies of what is gone that stay as rows, and which of them stand for others."""
    sites: tuple[TakenSite, ...]
    """What was taken down of each site that was named, and of which of its hosts."""
    validation: Validation


def remove(
    dataset: Path,
    *,
    doc_ids: Sequence[str] = (),
    urls: Sequence[str] = (),
    sites: Sequence[str] = (),
    keep_copies: bool = False,
    output: Path | None = None,
    progress: Journal | None = None,
) -> Removal:
    """Take records out of a dataset, in place or into `output`. Raises CallError for one that it does not have.

    A site is a registrable domain, whichever of its hosts is named, and is taken down as a whole: its tombstone also
    keeps away pages that later runs find there. `keep_copies`: see `removal_choice.choose`; of rows that were copies of
    one that is gone the best stands for the others from now on.
    """
    journal = progress or Journal()
    journal.begins("remove")
    manifest, chosen = choose_of_whole(dataset, doc_ids, urls, sites, keep_copies)
    standing = stand_anew(dataset, manifest, chosen.kept)
    journal.happened(
        "takes-down",
        records=len(chosen.gone) - chosen.copies,
        copies=chosen.copies,
        may_return=len(chosen.may_return),
        kept=len(chosen.kept),
        stand_in=sum(one.members > 0 for one in standing.values()),
        originals=len(set(chosen.also) - chosen.kept),
        sites=all_in_words(chosen.sites),
        of_sites=sum(one.records for one in chosen.sites),
    )
    version = next_patch(version_of(manifest))
    with staging(output or dataset, force=output is None) as stage:
        _write_articles(dataset, manifest, stage, chosen, standing)
        lines_gone = _write_audit(dataset, manifest, stage, chosen, standing, version)
        ledger = read_ledger(
            stage / "audit",
            records_in=manifest["ledger"]["records"]["in"],
            lines_kept=manifest["ledger"]["lines"]["kept"] - lines_gone,
        )
        stones = [
            Tombstone(name, version)
            for name in [
                *chosen.gone - chosen.may_return,
                *chosen.bases,
                *(f"{SITE}{one.site}" for one in chosen.sites),
            ]
        ]
        write_tombstones(stage, [*read_tombstones(dataset), *stones])
        if (dataset / DUPLICATES_PAGE).exists() and not manifest.get("against"):
            overview = Duplicates(stage).overview(CLUSTERS, PAIRS)
            write_bytes(stage / DUPLICATES_PAGE, write_page(overview, (output or dataset).name).encode())
        before = dataset / "CHANGELOG.md"
        removed = sum(1 for _ in _removed(stage))
        manifest |= {
            "version": version,
            "follows": {"version": version_of(manifest), "manifest_sha256": sha256_of(dataset / MANIFEST)},
            "removed": removed,
            "files": describe_files(stage),
            "rows": ledger.published,
            "ledger": ledger.as_json(),
        }
        finished = finish(
            stage,
            manifest,
            before=before.read_text("utf-8") if before.exists() else "",
            news=_news(chosen, ledger.published),
            progress=journal,
            beside=Beside(1, journal),
        )
        write_run_record(stage, "remove", journal)
    gone = tuple(sorted(chosen.gone))
    return Removal(
        output or dataset,
        version,
        gone,
        chosen.records,
        chosen.copies,
        tuple(sorted(chosen.may_return)),
        ledger.published,
        chosen.also,
        kept_as(chosen.kept_records, standing),
        chosen.sites,
        finished.validation,
    )


def _news(chosen: Chosen, left: int) -> str:
    gone, copies = len(chosen.gone - chosen.may_return), len(chosen.may_return)
    were, remain = "was" if gone == 1 else "were", "remains" if left == 1 else "remain"
    more = f", and {copies:,} {'copy' if copies == 1 else 'copies'} left with what stood for them" if copies else ""
    return f"{count_of(gone, 'record')} {were} taken down{more}; {count_of(left, 'article')} {remain}."


def _removed(stage: Path) -> Iterator[str]:
    fates = pq.read_table(stage / "audit/fates.parquet", columns=["doc_id", "rule_id"])
    yield from fates.filter(pc.equal(fates["rule_id"], RULE))["doc_id"].to_pylist()


def _batches(path: Path) -> Iterator[pa.Table]:
    for batch in pq.ParquetFile(path).iter_batches(ROW_GROUP):
        yield pa.Table.from_batches([batch])


def _write_articles(
    dataset: Path, manifest: dict[str, Any], stage: Path, chosen: Chosen, standing: dict[str, Standing]
) -> None:
    """The rows that stay, in their order, in files of as many rows as the run made them."""
    files = [dataset / entry["path"] for entry in manifest["files"] if entry["path"].startswith("data/")]
    ids = pa.array(sorted(chosen.gone), pa.string())
    total = manifest["rows"] - sum(
        pc.sum(pc.is_in(pq.read_table(path, columns=["doc_id"])["doc_id"], ids)).as_py() or 0 for path in files
    )
    size = manifest.get("config", {}).get("rows_per_file") or max(1, manifest["rows"])
    count = max(1, -(-total // size))
    kept = (
        clustered(_recount(table.filter(pc.invert(pc.is_in(table["doc_id"], ids))), chosen), standing)
        for f in files
        for table in _batches(f)
    )
    held: list[pa.Table] = []
    for number in range(count):
        while sum(map(len, held)) < size and (table := next(kept, None)) is not None:
            held.append(table)
        whole = pa.concat_tables(held) if held else ARTICLES.empty_table()
        path = stage / f"data/train-{number:05d}-of-{count:05d}.parquet"
        write_parquet(path, [whole.slice(0, size)], ARTICLES, ROW_GROUP)
        held = [whole.slice(size)]


def _recount(table: pa.Table, chosen: Chosen) -> pa.Table:
    """Rows that stood for a record that is gone stand for fewer; one that stands for none is in no cluster."""
    names = table["doc_id"].to_pylist()
    if not any(name in chosen.fewer for name in names):
        return table
    left = [many - chosen.fewer[name] for name, many in zip(names, table["duplicates"].to_pylist(), strict=True)]
    clusters = [
        None if name in chosen.fewer and not many and cluster == name else cluster
        for name, many, cluster in zip(names, left, table["cluster_id"].to_pylist(), strict=True)
    ]
    for column, values in (("duplicates", left), ("cluster_id", clusters)):
        at = table.schema.get_field_index(column)
        field = table.schema.field(at)
        table = table.set_column(at, field, pa.array(values, field.type))
    return table


def _write_audit(
    dataset: Path,
    manifest: dict[str, Any],
    stage: Path,
    chosen: Chosen,
    standing: dict[str, Standing],
    version: str,
) -> int:
    """The audit without what is gone, but for its fates; returns how many lines of it had been kept."""
    ids = pa.array(sorted(chosen.gone), pa.string())
    lines_of_gone = dropped_of_gone = 0
    for entry in manifest["files"]:
        path = dataset / entry["path"]
        if entry["path"].endswith("quarantine.jsonl"):
            gone = set(ids.to_pylist())
            kept = [line + b"\n" for line in json_lines(path) if json.loads(line).get("doc_id") not in gone]
            write_bytes(stage / entry["path"], b"".join(kept))
        elif entry["path"].startswith(f"{RULES}/"):
            write_bytes(stage / entry["path"], path.read_bytes())
        elif entry["path"].startswith("audit/") and path.suffix == ".parquet":
            schema = pq.read_schema(path)
            if schema.equals(FATES):
                tables = (_bury(table, chosen, version) for table in _batches(path))
            else:
                tables = (table.filter(pc.invert(pc.is_in(table["doc_id"], ids))) for table in _batches(path))
                if schema.equals(FLAGS):
                    tables = (flagged(table, standing) for table in tables)
            group = ROW_GROUP if "signatures" in path.name else AUDIT_ROW_GROUP
            left = write_parquet(stage / entry["path"], tables, schema, group)
            if path.name.startswith("lines"):
                lines_of_gone += entry["rows"] - left
            elif path.name.startswith("labels"):
                labels = pq.read_table(path, columns=["doc_id", "decides"])
                dropped_of_gone += pc.sum(pc.and_(labels["decides"], pc.is_in(labels["doc_id"], ids))).as_py() or 0
    return lines_of_gone - dropped_of_gone


def _bury(fates: pa.Table, chosen: Chosen, version: str) -> pa.Table:
    gone = pc.is_in(fates["doc_id"], pa.array(sorted(chosen.gone), pa.string()))
    copies = pc.is_in(fates["doc_id"], pa.array(sorted(chosen.may_return), pa.string()))
    said = pc.if_else(copies, f"left in {version} with what stood for it: no tombstone", f"taken down in {version}")
    for column, value in (
        ("fate", "rejected"),
        ("rule_id", RULE),
        ("evidence", said),
        ("similarity", None),
        ("site", None),
    ):
        at = fates.schema.get_field_index(column)
        field = fates.schema.field(at)
        new = value if isinstance(value, pa.ChunkedArray) else pa.scalar(value, field.type)
        fates = fates.set_column(at, field, pc.if_else(gone, new, fates[column]).cast(field.type))
    return fates
