"""Numbers about a dataset as a whole, read again from its files: what the release suite sets limits on.

The manifest is the claim and the files are the truth: sizes, checksums, rows and schemas are taken from the
files, the ledger from the audit tables, and each is compared with what the manifest says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaning.tables import ARTICLES, FATES, FLAGS, LABELS, LINES
from pipelines.errors import ReadError, first_line
from pipelines.manifest import describe_schema
from pipelines.papers.licence import licence_of
from pipelines.store import sha256_of

SHOWN = 20
"""How many failing records or files are named."""

_NULLABLE = tuple(field.name for field in ARTICLES if field.nullable)

MEASURES: dict[str, str] = {
    "rows": "rows in the data files",
    "rows_or_known": "rows, and records that an earlier dataset which the manifest names (`--against`) has already",
    "rows_astray": "difference between the rows in the data files and those the manifest states",
    "files_changed": "files whose bytes, sha256 or rows are not those of the manifest",
    "files_unlisted": "files in data/ and audit/ that the manifest does not know",
    "checksums_wrong": "lines of SHA256SUMS that are not true, and data files it does not have",
    "schemas_changed": "data and audit files whose columns, types or nulls allowed are not as declared",
    "columns_undeclared": "columns of the published schema that the manifest declares otherwise, and the reverse",
    "nulls_forbidden": "nulls in columns that never have one",
    "numbers_broken": "values of columns with fractions that are not numbers or infinite",
    "doc_ids_repeated": "doc_ids that stand in more than one row",
    "rows_unsorted": "rows that come before the row above them by (published_at, doc_id)",
    "licences_missing": "1 where the manifest declares no licence, else 0",
    "records_in": "input records",
    "published": "records published",
    "known_before": "records left out because such an earlier dataset has them",
    "duplicate": "records left out because another one says the same",
    "rejected": "records rejected",
    "quarantined": "records that could not be read",
    "duplicate_share": "share of the input records, 0-1",
    "rejected_share": "share of the input records, 0-1; those taken down do not count as rejected",
    "quarantined_share": "share of the input records, 0-1",
    "fates_unknown": "records whose fate is none of the four",
    "fates_unexplained": "records not published without a rule that says why, or published with one",
    "records_repeated": "input records (by file and row, or by doc_id) with more than one fate",
    "published_without_row": "records published by their fate that stand in no data file",
    "rows_without_fate": "rows whose doc_id no published record has",
    "duplicates_astray": "duplicates whose evidence is not the doc_id of a published record",
    "duplicates_miscounted": "rows whose `duplicates` is not the number of records they stand for",
    "ledger_astray": "numbers of the manifest's ledger that are not those of the audit tables",
    "lines_in": "lines read",
    "lines_kept": "lines that no label took out",
    "lines_dropped": "lines that a label took out",
    "lines_repeated": "documents with a line number twice",
    "lines_without_record": "documents with lines but without a fate",
    "lines_decided_twice": "documents with a line that two labels took out",
    "labels_without_line": "documents with a label on a line that is not there",
    "labels_unknown": "labels that labels.toml does not have",
    "texts_astray": "rows whose text has other lines or another length than the lines kept for it",
    "dropped_astray": "rows whose dropped_lines, dropped_chars or repeated_chars is not what labels took out",
    **{f"null_share_{name}": f"share of rows without {name}, 0-1" for name in _NULLABLE},
}
"""The columns of the release table, and what each says."""


class DatasetError(ReadError):
    """The folder is no dataset, or its files cannot be read."""


@dataclass(frozen=True)
class Measure:
    """One number, and what stands behind it where it counts what is wrong."""

    value: float
    failing: tuple[str, ...] = ()
    """Up to SHOWN doc_ids, or paths of files; never texts."""
    note: str = ""
    """What is wrong, in a few words."""


@dataclass(frozen=True)
class Files:
    """The files of a dataset that hold tables, with their schemas as they are."""

    folder: Path
    data: tuple[str, ...]
    """Paths in the folder, in the order of their names."""
    audit: Mapping[str, tuple[str, ...]]
    """Files of `lines`, `labels`, `flags` and `fates`."""
    schemas: Mapping[str, pa.Schema]

    def missing(self, files: Iterable[str], columns: Iterable[str]) -> str:
        """Why the columns cannot be read as declared from all of the files; '' where they can."""
        wanted = list(columns)
        for file in files:
            declared = ARTICLES if file in self.data else _TABLES[_table_of(file)]
            for name in wanted:
                if name not in declared.names:
                    continue
                if self.schemas[file].names.count(name) != 1:
                    return f"{file} has no column {name}"
                if not self.schemas[file].field(name).type.equals(declared.field(name).type):
                    return f"{name} is not {declared.field(name).type} in {file}"
        return ""

    def nullable(self, column: str) -> bool:
        """Whether a data file allows nulls in the column."""
        return any(self.schemas[file].field(column).nullable for file in self.data)


_TABLES = {"lines": LINES, "labels": LABELS, "flags": FLAGS, "fates": FATES}


def _table_of(path: str) -> str:
    """The audit table that a file holds, by its name; '' for another file."""
    found = re.fullmatch(r"audit/(lines|labels|flags|fates)(-[^/]+)?\.parquet", path)
    return found[1] if found else ""


def find_files(folder: Path, manifest: Mapping[str, Any], *, audit_wanted: bool = True) -> Files:
    """The Parquet files that the manifest lists, with their schemas.

    Raises DatasetError for one that is missing or is no Parquet, and where there is no audit table that is wanted.
    """
    paths = sorted(entry["path"] for entry in manifest["files"])
    for path in paths:
        if not (folder / path).is_file():
            raise DatasetError(f"{path} is missing, and the manifest lists it")
    data = tuple(path for path in paths if re.fullmatch(r"data/[^/]+\.parquet", path))
    audit = {name: tuple(path for path in paths if _table_of(path) == name) for name in _TABLES}
    for name, found in audit.items():
        if audit_wanted and not found:
            raise DatasetError(f"no audit/{name}.parquet in the manifest: the ledger cannot be counted again")
    tables = [*data, *(path for found in audit.values() for path in found)]
    return Files(folder, data, audit, {path: _read_schema(folder, path) for path in tables})


def _read_schema(folder: Path, path: str) -> pa.Schema:
    try:
        return pq.read_schema(folder / path)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"cannot read {path}: {first_line(error)}") from error


def measure_files(files: Files, manifest: Mapping[str, Any]) -> dict[str, Measure]:
    """The measures that look at files as such: checksums, schemas, and the order of the rows."""
    folder = files.folder
    changed = {}
    for entry in manifest["files"]:
        path = folder / entry["path"]
        found = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        if "rows" in entry:
            found["rows"] = _rows_of(path, entry["path"])
        if wrong := [key for key, value in found.items() if entry.get(key) != value]:
            changed[entry["path"]] = ", ".join(wrong)
    listed = {entry["path"] for entry in manifest["files"]}
    present = {
        path.relative_to(folder).as_posix() for part in ("data", "audit") for path in (folder / part).rglob("*")
        if path.is_file() or path.is_symlink()
    }  # fmt: skip
    schemas = {path: why for path in files.data if (why := _differs(files.schemas[path], manifest["schema"]))}
    for name, paths in files.audit.items():
        declared = describe_schema(_TABLES[name])
        schemas |= {path: why for path in paths if (why := _differs(files.schemas[path], declared))}
    undeclared = _undeclared(manifest["schema"])
    return {
        "files_changed": _named(changed),
        "files_unlisted": _with_links(_named(dict.fromkeys(sorted(present - listed), "")), folder, present),
        "checksums_wrong": _named(_checksums(folder, manifest)),
        "schemas_changed": _named(schemas),
        "licences_missing": Measure(int(licence_of(manifest) is None)),
        "columns_undeclared": Measure(len(undeclared), (), ", ".join(undeclared[:SHOWN])),
        **_measure_rows(files, manifest),
    }


def _named(wrong: Mapping[str, str]) -> Measure:
    shown = tuple(sorted(wrong))[:SHOWN]
    notes = [f"{path}: {wrong[path]}" if wrong[path] else path for path in shown[:3]]
    return Measure(len(wrong), shown, "; ".join(notes))


def _rows_of(path: Path, name: str) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"cannot read {name}: {first_line(error)}") from error


def count_rows(files: Files) -> int:
    """Rows in the data files, by their footers. Raises DatasetError for one that cannot be read."""
    return sum(_rows_of(files.folder / path, path) for path in files.data)


def _columns(described: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Columns as `describe_schema` gives them, with the items of a list called as Arrow calls them."""
    return [dict(column) | {"type": str(column.get("type")).replace("<element:", "<item:")} for column in described]


def _differs(found: pa.Schema, declared: Sequence[Mapping[str, Any]]) -> str:
    """The first thing in which a file's schema is not the manifest's; '' where it is."""
    there, stated = _columns(describe_schema(found)), _columns(declared)
    if there == stated:
        return ""
    names, wanted = [column["name"] for column in there], [column["name"] for column in stated]
    for what, columns in (
        ("without", [name for name in wanted if name not in names]),
        ("more:", [name for name in names if name not in wanted]),
        ("otherwise:", [column["name"] for column in there if column not in stated]),
    ):
        if columns:
            return f"{what} {', '.join(columns[:3])}"
    return "columns in another order"


def _undeclared(declared: Sequence[Mapping[str, Any]]) -> list[str]:
    ours, stated = _columns(describe_schema(ARTICLES)), _columns(declared)
    if ours != stated and sorted(map(str, ours)) == sorted(map(str, stated)):
        return ["the order of the columns"]
    return [column["name"] for column in ours if column not in stated] + [
        str(column.get("name")) for column in stated if column.get("name") not in ARTICLES.names
    ]


def _with_links(unlisted: Measure, folder: Path, present: Iterable[str]) -> Measure:
    """The measure, and a note of links: a cache may have made them, so they fail nothing, but none is published."""
    around = [path for part in ("", "reports") for path in (folder / part).glob("*")]
    found = {
        path.relative_to(folder).as_posix() for path in [*around, *map(folder.joinpath, present)] if path.is_symlink()
    }
    if not found:
        return unlisted
    links = f"links, which are not published: {', '.join(sorted(found)[:SHOWN])}"
    return replace(unlisted, note="; ".join(filter(None, (unlisted.note, links))))


def _checksums(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with SHA256SUMS. While the dataset is being written it may still be missing."""
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        return {"SHA256SUMS": "missing"} if (folder / "manifest.json").is_file() else {}
    wrong: dict[str, str] = {}
    listed = set()
    for line in sums.read_text("utf-8", "replace").removesuffix("\n").split("\n"):
        digest, _, name = line.partition("  ")
        listed.add(name)
        parts = Path(name).parts
        path = folder / name
        if Path(name).is_absolute() or ".." in parts or not path.is_file():
            wrong["SHA256SUMS"] = "names a file that is not there"
        elif sha256_of(path) != digest:
            wrong[name] = "another sha256 in SHA256SUMS"
    for entry in manifest["files"]:
        if entry["path"].startswith("data/") and entry["path"] not in listed:
            wrong[entry["path"]] = "not in SHA256SUMS"
    return wrong


def _measure_rows(files: Files, manifest: Mapping[str, Any]) -> dict[str, Measure]:
    """Rows as they stand one after another, over all data files."""
    rows = count_rows(files)
    note = "" if rows == manifest["rows"] else f"{manifest['rows']} in the manifest, {rows} in the files"
    measures = {"rows": Measure(rows), "rows_astray": Measure(abs(rows - manifest["rows"]), (), note)}
    if files.missing(files.data, ("published_at", "doc_id")):
        return measures
    unsorted = 0
    failing: list[str] = []
    last: tuple[int, str] | None = None
    for path in files.data:
        try:
            for batch in pq.ParquetFile(files.folder / path).iter_batches(200_000, columns=["published_at", "doc_id"]):
                wrong, last = _out_of_order(batch, last)
                unsorted += len(wrong)
                failing += [name_of(who) for who in wrong[: SHOWN - len(failing)]]
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"cannot read {path}: {first_line(error)}") from error
    return measures | {"rows_unsorted": Measure(unsorted, tuple(failing))}


def _out_of_order(batch: pa.RecordBatch, last: tuple[int, str] | None) -> tuple[list[str], tuple[int, str] | None]:
    """doc_ids that come before their predecessor; rows without a date stand last. And the last key."""
    latest = 2**63 - 1
    stamps = batch.column("published_at").cast(pa.int64()).fill_null(latest).to_pylist()
    ids = batch.column("doc_id").fill_null("").to_pylist()
    wrong = []
    for key in zip(stamps, ids, strict=True):
        if last is not None and key < last:
            wrong.append(key[1])
        last = key
    return wrong, last


def name_of(who: Any) -> str:
    """A doc_id that is one, as it is; anything else, which may be a piece of a page, is not shown."""
    return who if isinstance(who, str) and re.fullmatch(r"[0-9a-f]{32}", who) else "(not a doc_id)"
