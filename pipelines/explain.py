"""`tamis explain`: one article of a file as a run would see it, or one row of a dataset as its audit tells it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from cleaning.article import Article, ExplainedLine, Reason, whys_of
from cleaning.article import explain as explain_document
from cleaning.config import Config
from cleaning.documents import clean_records
from cleaning.labelers.phrases import sites_asked
from cleaning.records import Record
from cleaning.rules import load_rules
from pipelines.checks.validate import read_manifest
from pipelines.dataset_rules import notes_of
from pipelines.errors import CallError, ReadError, first_line
from pipelines.reading import read_shard
from pipelines.sources import cut_shards, find_sources


class Explained(NamedTuple):
    """A record of a file, as a run would see it."""

    article: Article
    more: bool
    """Whether the file has records after it."""
    site: str | None
    """The site whose packs were asked, if it has any: by the address, else by a mark in the text."""


def explain_file(path: Path, row: int, config: Config, url: str | None = None) -> Explained:
    """The record `row` of an input file, through the stages. Raises CallError where it has no such record.

    `url`: its address, instead of what the file says.
    """
    sources, _ = find_sources([path])
    wanted: list[Record] = []
    with tempfile.TemporaryDirectory() as scratch:
        for shard in cut_shards(sources, config, Path(scratch), limit=row + 2):
            wanted += [record for record in read_shard(shard, config) if record.source_row >= row]
    if not wanted or wanted[0].source_row != row:
        raise CallError(f"{path} has no record {row}")
    record = wanted[0] if url is None else replace(wanted[0], given={**wanted[0].given, "url": url})
    documents = clean_records([record], config)
    lines = documents.lines
    site = lines.sites[0] or next(iter(sites_asked(lines, load_rules(config.rules))), None)
    return Explained(explain_document(documents, 0), len(wanted) > 1, site)


def explain_row(folder: Path, doc_id: str) -> Article:
    """A record of a dataset, published or not, from the audit. Raises CallError for an unknown doc_id."""
    read_manifest(folder)
    fate = _find_record(folder / "audit/fates.parquet", doc_id)
    doc_id = fate["doc_id"]
    published = _rows(folder / "data", doc_id)
    row: dict[str, Any] = next(iter(published or _optional(folder / "audit/unpublished.parquet", doc_id)), {})
    reasons: dict[int, list[Reason]] = {}
    for label in _rows(folder / "audit/labels.parquet", doc_id):
        reason = Reason(label["label"], label["rule_id"], label["evidence"], label["decides"])
        reasons.setdefault(label["line_no"], []).append(reason)
    lines = tuple(
        ExplainedLine(line["line_no"], line["text"], tuple(reasons.get(line["line_no"], ())))
        for line in _rows(folder / "audit/lines.parquet", doc_id)
    )
    kept = "\n".join(line.text.strip() for line in lines if line.kept)
    values = _optional(folder / "audit/values.parquet", doc_id)
    flags = {flag["flag"]: flag["evidence"] for flag in _rows(folder / "audit/flags.parquet", doc_id)}
    return Article(
        text=row.get("text", kept),
        title=row.get("title"),
        authors=tuple(row.get("authors") or ()),
        published_at=row.get("published_at"),
        updated_at=row.get("updated_at"),
        published_precision=row.get("published_precision"),
        published_zone=row.get("published_zone"),
        publisher=row.get("publisher"),
        section=row.get("section"),
        dateline=row.get("dateline"),
        source_credit=row.get("source_credit"),
        captions=tuple(row.get("captions") or ()),
        language=row.get("language", ""),
        language_confidence=row.get("language_confidence"),
        language_method=row.get("language_method"),
        language_shares={one["language"]: one["share"] for one in row.get("language_shares") or ()},
        url=row.get("url"),
        encoding=row.get("encoding"),
        encoding_method=row.get("encoding_method"),
        repairs=tuple(row.get("repairs") or ()),
        flags=tuple(row.get("flags") or flags),
        flag_evidence=flags,
        evidence=tuple((one["field"], one["line_no"], one["rule_id"]) for one in values),
        fate=fate["fate"],
        fate_reason=f"{fate['rule_id']}: {fate['evidence']}" if fate["rule_id"] else None,
        lines=lines,
        whys=whys_of(lines, notes_of(folder)),
    )


def _optional(path: Path, doc_id: str) -> list[dict[str, Any]]:
    """What a table of the audit says of a record; nothing for a dataset of a version that had no such table."""
    return _rows(path, doc_id) if path.exists() else []


def _find_record(fates: Path, name: str) -> dict[str, Any]:
    """The fate of the record that `name` is the doc_id of, or else the source_id, where only one has it."""
    found = _rows(fates, name) or _rows(fates, name, column="source_id")
    if not found:
        raise CallError(f"{fates.parent.parent} has no record with the doc_id or source_id {name[:64]!r}")
    if len(found) > 1:
        raise CallError(f"{len(found)} records have the source_id {name[:64]!r}: give a doc_id (audit/fates.parquet)")
    return found[0]


def _rows(path: Path, value: str, column: str = "doc_id") -> list[dict[str, Any]]:
    try:
        table = ds.dataset(path, format="parquet").to_table(filter=pc.field(column) == value)
    except (OSError, pa.ArrowException) as error:
        raise ReadError(f"cannot read {path}: {first_line(error)}") from error
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
