"""Rows that were copies of one that is taken down, and stay: which of them stands for which from now on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset as ds

from cleaning.config import Config
from cleaning.corpus import find_standing
from cleaning.rows import ranks
from cleaning.shingles import shingle
from pipelines.removal_choice import Gone

_SETTINGS = ("near_threshold", "containment", "same_template", "shingle_size")


class Standing(NamedTuple):
    """What a row is among the copies that stay with it."""

    stands: str | None
    """doc_id of what stands for it; None: it stands for itself."""
    evidence: str
    """Rule, similarity and doc_id of that, as in the flag `duplicate`."""
    members: int
    """How many of the others it stands for."""


class Kept(NamedTuple):
    """A copy that stays as a row, and what it is from now on: fields as in the dataset."""

    doc_id: str
    source_id: str | None
    title: str | None
    url: str | None
    duplicates: int
    """How many of the others it stands for."""
    duplicate_of: str | None
    """doc_id of what stands for it; None: it stands for itself."""


def kept_as(records: Sequence[Gone], standing: Mapping[str, Standing]) -> tuple[Kept, ...]:
    """Copies that stay, those first that stand for most."""
    kept = (
        Kept(
            *(one.doc_id, one.source_id, one.title, one.url), standing[one.doc_id].members, standing[one.doc_id].stands
        )
        for one in records
    )
    return tuple(sorted(kept, key=lambda one: (-one.duplicates, one.doc_id)))


def stand_anew(dataset: Path, manifest: dict[str, Any], kept: Collection[str]) -> dict[str, Standing]:
    """The Standing of rows by doc_id, from their texts, by the settings and in the order of a run."""
    if not kept:
        return {}
    files = [dataset / entry["path"] for entry in manifest["files"] if entry["path"].startswith("data/")]
    columns = ["doc_id", "title", "authors", "published_at", "char_count", "text"]
    which = ds.field("doc_id").isin(sorted(kept))
    rows = ds.dataset(files, format="parquet").to_table(columns=columns, filter=which).sort_by("doc_id")
    settings = manifest.get("config", {})
    config = Config(duplicates="flag", **{name: settings[name] for name in _SETTINGS if name in settings})
    texts = rows["text"].combine_chunks()
    fates = {
        **{name: rows[name] for name in ("doc_id", "published_at", "char_count")},
        "identity": rows["doc_id"],
        "fate": pa.array(["published"] * len(rows)),
        **ranks(rows, texts.to_pylist()),
    }
    found = find_standing(pa.table(fates), shingle(texts, config.shingle_size), config)
    return {
        row["doc_id"]: Standing(
            row["stands"],
            "" if row["stands"] is None else f"{row['rule_id']} {row['similarity']:.4f} {row['stands']}",
            row["members"],
        )
        for row in found.to_pylist()
    }


def clustered(table: pa.Table, standing: Mapping[str, Standing]) -> pa.Table:
    """Rows of ARTICLES, those that have a Standing with it."""
    names = table["doc_id"].to_pylist()
    if not any(name in standing for name in names):
        return table
    rows = table.select(["duplicates", "cluster_id", "duplicate_of", "flags"]).to_pylist()
    for name, row in zip(names, rows, strict=True):
        if name in standing:
            stands, _, members = standing[name]
            flags = row["flags"] if stands else [flag for flag in row["flags"] if flag != "duplicate"]
            row |= {
                "duplicates": members,
                "cluster_id": stands or (name if members else None),
                "duplicate_of": stands,
                "flags": flags,
            }
    for column in ("duplicates", "cluster_id", "duplicate_of", "flags"):
        at = table.schema.get_field_index(column)
        field = table.schema.field(at)
        table = table.set_column(at, field, pa.array([row[column] for row in rows], field.type))
    return table


def flagged(table: pa.Table, standing: Mapping[str, Standing]) -> pa.Table:
    """Rows of FLAGS, `duplicate` as the Standing of its record has it, and left out where it stands for itself."""
    rows = []
    for row in table.to_pylist():
        about = standing.get(row["doc_id"]) if row["flag"] == "duplicate" else None
        if about is None:
            rows.append(row)
        elif about.stands:
            rows.append(row | {"evidence": about.evidence})
    return pa.Table.from_pylist(rows, schema=table.schema)
