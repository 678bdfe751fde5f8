"""What only the whole corpus knows: which records are twins, which are duplicates, and so each one's fate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.config import Config
from cleaning.dedupe import Clusters, find_duplicates
from cleaning.records import doc_id
from cleaning.shingles import Shingles
from cleaning.tables import FATES

Rows = npt.NDArray[np.int64]

STANDING = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        # doc_id of what stands for the record; null: it stands for itself.
        pa.field("stands", pa.string()),
        # The rule that makes it a duplicate of that, and its similarity to it, 0-1.
        pa.field("rule_id", pa.string()),
        pa.field("similarity", pa.float32()),
        # doc_id of a record that differs from it only in figures or dates.
        pa.field("template", pa.string()),
        # How many other records it stands for.
        pa.field("members", pa.int32(), nullable=False),
    ]
)
"""What the corpus knows of each of its records, in their order."""

SETTLED = pa.schema(
    [
        *FATES,
        # The columns of ARTICLES that only the corpus can fill.
        pa.field("duplicates", pa.int32(), nullable=False),
        pa.field("cluster_id", pa.string()),
        pa.field("duplicate_of", pa.string()),
        # `same-template`: another row says the same but for its figures. `duplicate`, with `duplicates="flag"`:
        # the rule, the similarity and the doc_id of the row that would stand for it.
        pa.field("flags", pa.list_(pa.struct([("flag", pa.string()), ("evidence", pa.string())])), nullable=False),
    ]
)
"""What becomes of each record, once the corpus is known: its final fate first."""


@dataclass(frozen=True)
class Earlier:
    """What earlier datasets have that a corpus may say again."""

    doc_ids: list[str] = field(default_factory=list)
    """Of those of their texts that have to be compared."""
    chars: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    """Characters of each of these texts."""
    exact: Mapping[int, str] = field(default_factory=dict)
    """Published row of the corpus, from 0, to the doc_id of the earlier text that has its words."""


def settle(rows: pa.Table, shingles: Shingles | None, config: Config, earlier: Earlier | None = None) -> pa.Table:
    """SETTLED of a corpus that is in memory; see `find_standing` and `settle_rows`."""
    return settle_rows(rows, find_standing(rows, shingles, config, earlier), config)


def settle_rows(rows: pa.Table, standing: pa.Table, config: Config) -> pa.Table:
    """SETTLED of some records of a corpus, from their `fate_rows` and their STANDING. Looks at no other record."""
    copy = standing["stands"].is_valid()
    drop = copy if config.duplicates == "drop" else pa.chunked_array([pa.array(np.zeros(len(rows), np.bool_))])
    nothing = pa.scalar(None, pa.string())
    own = pc.if_else(pc.greater(standing["members"], 0), standing["doc_id"], nothing)
    fates = {
        "fate": pc.if_else(drop, "duplicate", rows["fate"]),
        "rule_id": pc.if_else(drop, standing["rule_id"], rows["rule_id"]),
        "evidence": pc.if_else(drop, standing["stands"], rows["evidence"]),
        "similarity": pc.if_else(drop, standing["similarity"], pa.scalar(None, pa.float32())),
    }
    columns = {
        "doc_id": standing["doc_id"],
        "source_id": rows["source_id"],
        **fates,
        "source_file": rows["source_file"],
        "source_row": rows["source_row"],
        "site": rows["site"],
        "duplicates": pc.if_else(copy, pa.scalar(0, pa.int32()), standing["members"]),
        "cluster_id": pc.if_else(copy, standing["stands"], own),
        "duplicate_of": pc.if_else(pc.and_not(copy, drop), standing["stands"], nothing),
        "flags": _flags(standing, drop),
    }
    return pa.table([columns[name] for name in SETTLED.names], schema=SETTLED)


def _flags(standing: pa.Table, drop: pa.ChunkedArray) -> pa.Array:
    flags: list[list[dict[str, str]]] = [[] for _ in range(len(standing))]
    told = pc.and_not(pc.or_(standing["stands"].is_valid(), standing["template"].is_valid()), drop)
    at = np.flatnonzero(told)
    for row, one in zip(at.tolist(), standing.take(pa.array(at)).to_pylist(), strict=True):
        if one["stands"] is not None:
            evidence = f"{one['rule_id']} {one['similarity']:.4f} {one['stands']}"
            flags[row].append({"flag": "duplicate", "evidence": evidence})
        if one["template"] is not None:
            evidence = f"says the same as {one['template']} but for figures or dates"
            flags[row].append({"flag": "same-template", "evidence": evidence})
    return pa.array(flags, SETTLED.field("flags").type)


def find_standing(
    rows: pa.Table, shingles: Shingles | None, config: Config, earlier: Earlier | None = None
) -> pa.Table:
    """STANDING of a whole corpus.

    `rows`, in source order: `fate_rows` of all. `shingles`: of the bodies of its published rows, in their order, and
    then of the texts of `earlier`; None with `duplicates="off"`.

    Of a cluster the longest body stands for the others, where each of title, date and authors that it has counts as a
    twentieth more (see `LENGTHS`); of equals one that is not all in capitals, of equals the earliest published (a day
    without a time counts as its end), of equals the one with the lowest doc_id; so the order of the input does not
    matter. What an earlier dataset has stands before all.
    """
    ids = told_apart(rows)
    count = len(rows)
    published = np.flatnonzero(pc.equal(rows["fate"], "published"))
    if shingles is None or not len(published):
        nothing = {name: pa.nulls(count, STANDING.field(name).type) for name in STANDING.names}
        nothing |= {"doc_id": ids, "members": pa.array(np.zeros(count, np.int32))}
        return pa.table(nothing, schema=STANDING)
    found = _stand(rows, ids, published, shingles, config, earlier or Earlier())
    copy = found.stands != np.arange(count)
    size = np.bincount(found.stands, minlength=len(found.names))
    columns = {
        "doc_id": ids,
        "stands": found.names.take(pa.array(found.stands, mask=~copy)),
        "rule_id": pa.array(found.rule, pa.string()),
        "similarity": pa.array(found.similarity, pa.float32(), mask=~copy),
        "template": found.names.take(pa.array(found.template, mask=found.template < 0)),
        "members": pa.array(np.where(copy, 0, size[:count] - 1).astype(np.int32)),
    }
    return pa.table(columns, schema=STANDING)


def told_apart(rows: pa.Table) -> pa.Array:
    """The final doc_id of each record of a corpus: records of one identity are told apart by their order.

    `rows`: `fate_rows`, of which doc_id and identity count.
    """
    index = rows["doc_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(index, kind="stable")
    first = np.concatenate([[True], index[order][1:] != index[order][:-1]]) if len(order) else np.empty(0, np.bool_)
    starts = np.flatnonzero(first)
    twin = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    later = order[twin > 0]
    ids = rows["doc_id"].combine_chunks()
    if not len(later):
        return ids
    identities = rows["identity"].take(pa.array(later)).to_pylist()
    named = {
        row: doc_id(identity, number)
        for row, identity, number in zip(later.tolist(), identities, twin[twin > 0].tolist(), strict=True)
    }
    mask = np.zeros(len(ids), np.bool_)
    mask[later] = True
    return pc.replace_with_mask(ids, pa.array(mask), pa.array([named[row] for row in sorted(named)], pa.string()))


DAY = 86_400_000_000
"""Microseconds. Midnight is what a date without a time is kept as: among copies it counts as the end of its day, so
that one with a time of that day, as the original has it, comes first."""


LENGTHS = 20
"""Of copies the longest stands for the others, but one that can be cited for a longer one that cannot: each of title,
date and authors counts as one of so many parts of its length. A text without any of them stands for one with all three
only where it is longer by more than 3/20."""


class _Stands(NamedTuple):
    """What stands for each record; one entry for each but in `names`."""

    names: pa.Array
    """doc_ids: of the records in their order, then of what earlier datasets have."""
    stands: Rows
    """Index in `names`."""
    rule: npt.NDArray[np.object_]
    similarity: npt.NDArray[np.float32]
    template: Rows
    """Index in `names` of one that differs only in figures or dates; -1: none."""


def _stand(
    rows: pa.Table, ids: pa.Array, published: Rows, shingles: Shingles, config: Config, earlier: Earlier
) -> _Stands:
    count, compared = len(rows), len(published)
    clusters = _clusters(
        rows.select(["published_at", "char_count", "capitals", "cited"]).take(pa.array(published)),
        ids.take(pa.array(published)),
        shingles,
        config,
        earlier,
    )
    names = pa.concat_arrays([ids, pa.array([*earlier.doc_ids, *earlier.exact.values()], pa.string())])
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
    return _Stands(names, stands, rule, similarity, template)


def _as_bytes(ids: pa.Array) -> npt.NDArray[np.bytes_]:
    """doc_ids, 32 hex digits each, 32 bytes each."""
    fixed = ids.cast(pa.binary()).cast(pa.binary(32))
    return np.frombuffer(fixed.buffers()[1], "S32")[fixed.offset : fixed.offset + len(fixed)]


def _clusters(rows: pa.Table, ids: pa.Array, shingles: Shingles, config: Config, earlier: Earlier) -> Clusters:
    """Clusters of the rows and, behind them, of the texts of `earlier`, which rank before all rows."""
    last = np.iinfo(np.int64).max
    names = np.concatenate([_as_bytes(ids), _as_bytes(pa.array(earlier.doc_ids, pa.string()))])
    moment = np.full(len(names), last)
    moment[: len(ids)] = rows["published_at"].cast(pa.int64()).fill_null(last).to_numpy()
    moment[moment % DAY == 0] += DAY - 1  # `last` is odd, so none
    chars = np.concatenate([rows["char_count"].to_numpy().astype(np.int64), earlier.chars])
    parts = np.full(len(names), LENGTHS)
    parts[: len(ids)] += rows["cited"].to_numpy()
    capitals = np.zeros(len(names), np.bool_)
    capitals[: len(ids)] = rows["capitals"].to_numpy(zero_copy_only=False)
    new = np.arange(len(names)) < len(ids)
    new[list(earlier.exact)] = False
    order = np.lexsort((names, moment, capitals, -chars * parts, new))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return find_duplicates(
        shingles,
        rank,
        threshold=config.near_threshold,
        containment=config.containment or None,
        figures=config.same_template == "drop",
    )
