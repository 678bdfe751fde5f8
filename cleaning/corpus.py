"""What only the whole corpus knows: which records are twins, which are duplicates, and so each one's fate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleaning.config import Config
from cleaning.dedupe import Clusters, find_duplicates
from cleaning.records import doc_id
from cleaning.shingles import Shingles
from cleaning.tables import FATES

Rows = npt.NDArray[np.int64]


class Flag(NamedTuple):
    """A flag of a record that only the corpus can give."""

    row: int
    flag: str
    evidence: str


@dataclass(frozen=True)
class Earlier:
    """What earlier datasets have that a corpus may say again."""

    doc_ids: list[str] = field(default_factory=list)
    """Of those of their texts that have to be compared."""
    chars: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    """Characters of each of these texts."""
    exact: Mapping[int, str] = field(default_factory=dict)
    """Published row of the corpus, from 0, to the doc_id of the earlier text that has its words."""


@dataclass(frozen=True)
class Settled:
    """The corpus once its duplicates are known; one entry for each record, in source order."""

    doc_ids: pa.Array
    fates: pa.Table
    """FATES, final."""
    duplicates: npt.NDArray[np.int32]
    """How many other records a row stands for."""
    cluster_id: pa.Array
    """doc_id of the cluster's representative; null for a record without a duplicate."""
    duplicate_of: pa.Array
    """With `duplicates="flag"`: doc_id of the row that would stand for it."""
    flags: list[Flag]
    """By row. `same-template`: another row says the same but for its figures. `duplicate`, with
    `duplicates="flag"`: the rule, the similarity and the doc_id of the row that would stand for it."""

    @cached_property
    def flagged(self) -> dict[int, list[str]]:
        """The names of `flags` by their row."""
        names: dict[int, list[str]] = {}
        for flag in self.flags:
            names.setdefault(flag.row, []).append(flag.flag)
        return names


def settle(rows: pa.Table, shingles: Shingles | None, config: Config, earlier: Earlier | None = None) -> Settled:
    """Final doc_ids, fates and clusters of a corpus.

    `rows`, in source order: the columns of FATES with `identity` in place of doc_id and without similarity,
    and char_count and published_at. `shingles`: of the bodies of its published rows, in their order, and then of
    the texts of `earlier`; None with `duplicates="off"`.

    Of a cluster the longest body stands for the others, of equals the earliest published, of equals the one
    with the lowest doc_id; so the order of the input does not matter. What an earlier dataset has stands before all.
    """
    ids = doc_ids(rows["identity"].to_pylist())
    count = len(rows)
    published = np.flatnonzero(np.asarray(rows["fate"].to_pylist(), object) == "published")
    if shingles is None or not len(published):
        found = _Stands(ids, np.arange(count), [None] * count, np.full(count, np.nan, np.float32), np.full(count, -1))
    else:
        found = _stand(rows, ids, published, shingles, config, earlier or Earlier())
    names, stands = found.names, found.stands
    copy = stands != np.arange(count)
    size = np.bincount(stands, minlength=len(names))
    of = pa.array(names, pa.string()).take(pa.array(stands))
    clustered = ((size[stands] > 1) | (stands >= count)) & np.isin(np.arange(count), published)
    drop = copy if config.duplicates == "drop" else np.zeros(count, bool)
    fates = pa.table(
        {
            "doc_id": pa.array(ids, pa.string()),
            "source_id": rows["source_id"],
            "fate": _where(drop, ["duplicate"] * count, rows["fate"].to_pylist()),
            "rule_id": _where(drop, found.rule, rows["rule_id"].to_pylist()),
            "evidence": _where(drop, of.to_pylist(), rows["evidence"].to_pylist()),
            "similarity": pa.array(found.similarity, pa.float32(), mask=~drop),
            "source_file": rows["source_file"],
            "source_row": rows["source_row"],
        },
        schema=FATES,
    )
    flags = [
        Flag(row, "same-template", f"says the same as {names[found.template[row]]} but for figures or dates")
        for row in np.flatnonzero((found.template >= 0) & ~drop).tolist()
    ] + [
        Flag(row, "duplicate", f"{found.rule[row]} {found.similarity[row]:.4f} {names[stands[row]]}")
        for row in np.flatnonzero(copy & ~drop).tolist()
    ]
    return Settled(
        doc_ids=fates["doc_id"].combine_chunks(),
        fates=fates,
        duplicates=np.where(copy, 0, size[:count] - 1).astype(np.int32),
        cluster_id=pa.array(_where(clustered, of.to_pylist(), [None] * count), pa.string()),
        duplicate_of=pa.array(_where(copy & ~drop, of.to_pylist(), [None] * count), pa.string()),
        flags=sorted(flags),
    )


def doc_ids(identities: list[str]) -> list[str]:
    """The doc_id of each record; records of one identity are told apart by their order.

    >>> len(set(doc_ids(["url\\nhttps://example.com/1"] * 3)))
    3
    """
    seen: dict[str, int] = {}
    found = []
    for identity in identities:
        twin = seen.get(identity, 0)
        seen[identity] = twin + 1
        found.append(doc_id(identity, twin))
    return found


class _Stands(NamedTuple):
    """What stands for each record; one entry for each but in `names`."""

    names: list[str]
    """doc_ids: of the records in their order, then of what earlier datasets have."""
    stands: Rows
    """Index in `names`."""
    rule: list[str | None]
    similarity: npt.NDArray[np.float32]
    template: Rows
    """Index in `names` of one that differs only in figures or dates; -1: none."""


def _stand(
    rows: pa.Table, ids: list[str], published: Rows, shingles: Shingles, config: Config, earlier: Earlier
) -> _Stands:
    count, compared = len(rows), len(published)
    clusters = _clusters(rows.take(published), [ids[row] for row in published], shingles, config, earlier)
    names = [*ids, *earlier.doc_ids, *earlier.exact.values()]
    # Of each text that was compared its place among the names. A record of an earlier text's very words
    # stands in for it.
    places = np.concatenate([published, np.arange(count, count + len(earlier.doc_ids))])
    copies = np.fromiter(earlier.exact, np.int64, len(earlier.exact))
    places[copies] = np.arange(count + len(earlier.doc_ids), len(names))
    stands, template = np.arange(count), np.full(count, -1)
    rule, similarity = np.full(count, None, object), np.full(count, np.nan, np.float32)
    stands[published] = places[clusters.representative[:compared]]
    rule[published] = clusters.rule_ids[:compared]
    similarity[published] = clusters.similarity[:compared]
    stands[published[copies]] = places[copies]
    rule[published[copies]], similarity[published[copies]] = "dedupe.exact", 1
    for row in np.flatnonzero(stands >= count).tolist():
        rule[row] = rule[row].replace("dedupe.", "against.")
    alike = np.flatnonzero(clusters.same_template[:compared] >= 0)
    template[published[alike]] = places[clusters.same_template[alike]]
    own = stands[np.clip(template, 0, count - 1)] == np.arange(count)
    template[own & (template < count)] = -1  # a copy of the row itself, where figures do not count
    return _Stands(names, stands, rule.tolist(), similarity, template)


def _clusters(rows: pa.Table, ids: list[str], shingles: Shingles, config: Config, earlier: Earlier) -> Clusters:
    """Clusters of the rows and, behind them, of the texts of `earlier`, which rank before all rows."""
    last = np.iinfo(np.int64).max
    names = np.array([*ids, *earlier.doc_ids])
    moment = np.full(len(names), last)
    moment[: len(ids)] = rows["published_at"].cast(pa.int64()).fill_null(last).to_numpy()
    chars = np.concatenate([rows["char_count"].to_numpy().astype(np.int64), earlier.chars])
    new = np.arange(len(names)) < len(ids)
    new[list(earlier.exact)] = False
    order = np.lexsort((names, moment, -chars, new))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return find_duplicates(
        shingles,
        rank,
        threshold=config.near_threshold,
        containment=config.containment or None,
        figures=config.same_template == "drop",
    )


def _where(mask: npt.NDArray[np.bool_], yes: Sequence[str | None], no: Sequence[str | None]) -> list[str | None]:
    return [a if m else b for m, a, b in zip(mask.tolist(), yes, no, strict=True)]
