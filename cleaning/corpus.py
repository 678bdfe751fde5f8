"""What only the whole corpus knows: which records are twins, which are duplicates, and so each one's fate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleaning.config import Config
from cleaning.dedupe import Clusters, find_duplicates
from cleaning.records import doc_id
from cleaning.shingles import Shingles
from cleaning.tables import FATES


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
    same_template: pa.Array
    """doc_id of a published row that says the same but for its figures."""


def settle(rows: pa.Table, shingles: Shingles | None, config: Config) -> Settled:
    """Final doc_ids, fates and clusters of a corpus.

    `rows`, in source order: the columns of FATES with `identity` in place of doc_id and without similarity,
    and char_count and published_at. `shingles`: of the bodies of its published rows, in their order; None
    with `duplicates="off"`.

    Of a cluster the longest body stands for the others, of equals the earliest published, of equals the one
    with the lowest doc_id; so the order of the input does not matter.
    """
    ids = doc_ids(rows["identity"].to_pylist())
    count = len(rows)
    published = np.flatnonzero(np.asarray(rows["fate"].to_pylist(), object) == "published")
    stands = np.arange(count)
    rule = np.full(count, None, object)
    similarity = np.full(count, np.nan, np.float32)
    template = np.full(count, -1, np.int64)
    if shingles is not None and len(published):
        clusters = _clusters(rows.take(published), [ids[i] for i in published], shingles, config)
        stands[published] = published[clusters.representative]
        copies = published[clusters.representative != np.arange(len(published))]
        rule[published] = clusters.rule_ids
        similarity[copies] = clusters.similarity[clusters.representative != np.arange(len(published))]
        alike = clusters.same_template >= 0
        template[published[alike]] = published[clusters.same_template[alike]]
    copy = stands != np.arange(count)
    size = np.bincount(stands, minlength=count)
    doc_id_array = pa.array(ids, pa.string())
    of = doc_id_array.take(pa.array(stands))
    clustered = (size[stands] > 1) & np.isin(np.arange(count), published)
    drop = copy if config.duplicates == "drop" else np.zeros(count, bool)
    fates = pa.table(
        {
            "doc_id": doc_id_array,
            "source_id": rows["source_id"],
            "fate": _where(drop, ["duplicate"] * count, rows["fate"].to_pylist()),
            "rule_id": _where(drop, rule.tolist(), rows["rule_id"].to_pylist()),
            "evidence": _where(drop, of.to_pylist(), rows["evidence"].to_pylist()),
            "similarity": pa.array(similarity, pa.float32(), mask=~drop),
            "source_file": rows["source_file"],
            "source_row": rows["source_row"],
        },
        schema=FATES,
    )
    return Settled(
        doc_ids=doc_id_array,
        fates=fates,
        duplicates=np.where(copy, 0, size - 1).astype(np.int32),
        cluster_id=pa.array(_where(clustered, of.to_pylist(), [None] * count), pa.string()),
        duplicate_of=pa.array(_where(copy & ~drop, of.to_pylist(), [None] * count), pa.string()),
        same_template=pa.array([ids[other] if other >= 0 else None for other in template.tolist()], pa.string()),
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


def _clusters(rows: pa.Table, ids: list[str], shingles: Shingles, config: Config) -> Clusters:
    published_at = rows["published_at"].cast(pa.int64()).fill_null(np.iinfo(np.int64).max).to_numpy()
    order = np.lexsort((np.array(ids), published_at, -rows["char_count"].to_numpy().astype(np.int64)))
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    return find_duplicates(
        shingles,
        rank,
        threshold=config.near_threshold,
        containment=config.containment or None,
        figures=config.same_template == "drop",
    )


def _where(mask: npt.NDArray[np.bool_], yes: list[str], no: list[str | None]) -> list[str | None]:
    return [a if m else b for m, a, b in zip(mask.tolist(), yes, no, strict=True)]
