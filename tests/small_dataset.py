"""Small datasets to break: a published folder made from a few documents, with books that balance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaning.signals import word_counts
from cleaning.tables import ARTICLES, FATE_NAMES, FATES, FLAGS, LABELS, LINES
from pipelines.checks.found import Check, Validation
from pipelines.manifest import FORMAT, describe_schema
from pipelines.store import describe_file, write_json, write_sums

SCHEMAS = {"articles": ARTICLES, "lines": LINES, "labels": LABELS, "flags": FLAGS, "fates": FATES}
DAY = 86_400_000_000
"""Microseconds."""


@dataclass
class Tables:
    """The rows of a dataset's tables, as dicts, before they are written."""

    articles: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)
    fates: list[dict[str, Any]] = field(default_factory=list)

    def rename(self, row: int, who: str) -> None:
        """Give a row another doc_id, in all tables."""
        before = self.articles[row]["doc_id"]
        for table in (self.articles, self.lines, self.labels, self.flags, self.fates):
            for entry in table:
                if entry["doc_id"] == before:
                    entry["doc_id"] = who

    def sort(self) -> None:
        """Put the rows into the published order: by published_at, none last, and doc_id."""
        self.articles.sort(key=lambda row: (row["published_at"] is None, row["published_at"] or 0, row["doc_id"]))

    def set_text(self, row: int, text: str) -> None:
        """Give a row another text, with all that restates it: counts, checksum, and the audit's lines."""
        article = self.articles[row]
        article |= restate(text)
        who = article["doc_id"]
        dropped = {label["line_no"] for label in self.labels if label["doc_id"] == who and label["decides"]}
        kept = [line for line in self.lines if line["doc_id"] != who or line["line_no"] in dropped]
        start = max(dropped, default=0) + 1
        self.lines = kept + [
            {"doc_id": who, "line_no": number, "text": f" {line} "}
            for number, line in enumerate(text.split("\n"), start)
            if line.strip()
        ]
        numbers = {line["line_no"] for line in self.lines if line["doc_id"] == who}
        self.labels = [one for one in self.labels if one["doc_id"] != who or one["line_no"] in numbers]


def restate(text: str) -> dict[str, Any]:
    """The columns that say again what the text says."""
    return {
        "text": text,
        "char_count": len(text),
        "word_count": int(word_counts([text])[0]),
        "line_count": text.count("\n") + 1 if text else 0,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def name(number: int) -> str:
    """The doc_id of document `number`; in the order of the numbers."""
    return f"{number:032x}"


def make_tables(rows: int = 4) -> Tables:
    """`rows` published documents, the first standing for a duplicate; one rejected, one quarantined."""
    tables = Tables()
    for number in range(rows):
        _add_published(tables, number)
    if rows:
        tables.articles[0]["duplicates"] = 1
        _add_fate(tables, 1000, "duplicate", "dedupe.near", name(0))
        tables.lines.append({"doc_id": name(1000), "line_no": 1, "text": "The copy says it again."})
    _add_fate(tables, 1001, "rejected", "reject.short", "12 characters")
    _add_fate(tables, 1002, "quarantined", "quarantine.bad-json", "not JSON")
    # The shares of rejected and quarantined stay below their limits.
    for number in range(1003, 1003 + (36 if rows else 0)):
        tables.articles[0]["duplicates"] += 1
        _add_fate(tables, number, "duplicate", "dedupe.exact", name(0))
    return tables


def _add_published(tables: Tables, number: int) -> None:
    who = name(number)
    row: dict[str, Any] = {column.name: _filler(column) for column in ARTICLES}
    row |= {
        "doc_id": who,
        "source_id": f"id-{number}",
        "source_file": "news.jsonl",
        "source_row": number,
        "url": f"https://example.com/{number}",
        "site": "example.com",
        "title": f"Report {number}",
        "authors": ["Ada Example"],
        "published_at": number * DAY,
        "updated_at": (number + 1) * DAY,
        "published_precision": "day",
        "language": "en",
        "language_confidence": 0.99,
        "language_method": "langdetect",
        "source_char_count": 200,
        "dropped_lines": 1,
        "dropped_chars": len("Sign up"),
        "dropped_labels": ["newsletter"],
        "repeated_chars": 0,
        "duplicates": 0,
        "cluster_id": None,
        "duplicate_of": None,
        "flags": [],
        "pipeline_version": "0.1.0",
        "config_sha256": "0" * 64,
    }
    tables.articles.append(row)
    tables.lines.append({"doc_id": who, "line_no": 1, "text": "\u3000Sign up "})
    tables.labels.append(_label(who, 1, "newsletter", decides=True))
    tables.set_text(number, f"The council met on day {number}.\nIt voted for the bridge, 7 to 2.\nWork begins in May.")
    tables.labels.append(_label(who, 2, "generated-section", decides=False))
    _add_fate(tables, number, "published", None, None)


def _label(who: str, line_no: int, label: str, *, decides: bool) -> dict[str, Any]:
    rule = f"en.test.{label}"
    return {"doc_id": who, "line_no": line_no, "label": label, "rule_id": rule, "evidence": "", "decides": decides}


def _add_fate(tables: Tables, number: int, fate: str, rule_id: str | None, evidence: str | None) -> None:
    tables.fates.append(
        {
            "doc_id": name(number),
            "source_id": None,
            "fate": fate,
            "rule_id": rule_id,
            "evidence": evidence,
            "similarity": None,
            "source_file": "news.jsonl",
            "source_row": number,
            "site": None,
        }
    )


def _filler(column: pa.Field) -> Any:
    """Some value for a column that nothing here looks at."""
    if column.nullable:
        return None
    if pa.types.is_floating(column.type):
        return 0.5
    return 0 if pa.types.is_integer(column.type) else "x"


def count_ledger(tables: Tables) -> dict[str, dict[str, int]]:
    """The ledger as the manifest states it."""
    fates = [row["fate"] for row in tables.fates]
    lines = {(line["doc_id"], line["line_no"]) for line in tables.lines}
    dropped = lines & {(label["doc_id"], label["line_no"]) for label in tables.labels if label["decides"]}
    return {
        "records": {"in": len(fates)} | {fate: fates.count(fate) for fate in FATE_NAMES},
        "lines": {"in": len(tables.lines), "kept": len(lines - dropped), "dropped": len(dropped)},
    }


def write_dataset(folder: Path, tables: Tables, *, files: int = 1) -> dict[str, Any]:
    """Write the dataset as a run leaves it; returns its manifest."""
    for part in ("data", "audit"):
        (folder / part).mkdir(parents=True)
    size = max(1, -(-len(tables.articles) // files))
    for number in range(files):
        some = tables.articles[number * size : (number + 1) * size]
        write_table(folder / f"data/train-{number:05d}-of-{files:05d}.parquet", some, ARTICLES)
    for table in ("lines", "labels", "flags", "fates"):
        write_table(folder / f"audit/{table}.parquet", getattr(tables, table), SCHEMAS[table])
    (folder / "audit/quarantine.jsonl").write_text("{}\n")
    return finish(folder, {"name": "small", "rows": len(tables.articles), "ledger": count_ledger(tables)})


def write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """One Parquet file."""
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def finish(folder: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    """Write SHA256SUMS and a manifest over the files as they are; `said` are the things to state in it."""
    paths = [path for part in ("data", "audit") for path in sorted((folder / part).iterdir())]
    manifest = {
        "format": FORMAT,
        "pipeline_version": "0.1.0",
        "about": {"license": "cc-by-4.0"},
        "config": {},
        "config_sha256": "0" * 64,
        "versions": {},
        "schema": describe_schema(ARTICLES),
        "files": [describe_file(folder, path) for path in paths],
        **said,
    }
    write_sums(folder, paths)
    write_json(folder / "manifest.json", manifest)
    return dict(json.loads((folder / "manifest.json").read_text()))


DATA = "data/train-00000-of-00001.parquet"
"""The data file of a dataset of one file."""


def failed(validation: Validation) -> set[str]:
    return {check.name for check in validation.checks if not check.passed}


def found(validation: Validation, check: str) -> Check:
    return next(one for one in validation.checks if one.name == check)


def fails_for(validation: Validation, *whos: str) -> set[str]:
    """The checks that name one of these records as failing."""
    return {check.name for check in validation.checks if set(whos) & set(check.failing)}
