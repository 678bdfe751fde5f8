"""Files that are whole or not there: one Parquet writer, JSON, checksums; and whether a folder is a dataset."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import ReadError

MANIFEST = "manifest.json"
# FINDINGS of the field: 10-25 k rows a group read well; audit tables have short rows, so more of them.
ROW_GROUP = 20_000
AUDIT_ROW_GROUP = 200_000
# A group with long texts closes earlier: a reader and the writer hold one in memory.
GROUP_BYTES = 64 * 2**20


MOST = 64 * 2**20
"""Bytes of a file that is looked at to see whether it is a manifest: some 200,000 data files."""


def is_dataset(folder: Path) -> bool:
    """Whether its manifest is one of ours: other programs have a manifest.json too."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return is_manifest(file.read(MOST))
    except OSError:
        return False


def is_manifest(content: bytes) -> bool:
    """Whether this is the manifest of a dataset of tamis."""
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and {"format", "pipeline_version", "ledger"} <= manifest.keys()


def sync_folder(folder: Path) -> None:
    """Wait until the disk has what a folder names."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file, given whole or in pieces, so that it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as sink:
            sink.writelines([content] if isinstance(content, bytes) else content)
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def json_lines(path: Path) -> list[bytes]:
    """The lines of a file of JSON lines, without their ends.

    JSON has U+0085, U+2028 and U+2029 as they are in its strings: they end no line, as `str.splitlines` has it.
    """
    lines = path.read_bytes().split(b"\n")
    return lines if lines[-1] else lines[:-1]


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """A JSON file with its keys in the order given, whole or not there."""
    write_bytes(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def write_rows(path: Path, tables: Iterable[pa.Table], schema: pa.Schema, row_group: int) -> None:
    """Write tables as one file, whole or not there: Parquet, or by its name the lines of a column of text."""
    if path.suffix == ".parquet":
        write_parquet(path, tables, schema, row_group)
    else:
        write_bytes(path, (f"{line}\n".encode() for table in tables for line in table.column(0).to_pylist()))


def write_parquet(path: Path, tables: Iterable[pa.Table], schema: pa.Schema, row_group: int) -> int:
    """Write tables as one Parquet file, whole or not there; returns its rows.

    The same rows give the same bytes however they are cut into tables: row groups have `row_group` rows each, fewer
    where those have more than GROUP_BYTES of text, and a group is one chunk. An aborted ParquetWriter leaves a valid
    file that is cut off, so it writes under another name, and the result is read back before it gets its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    rows = 0
    try:
        with pq.ParquetWriter(
            draft,
            schema,
            compression="zstd",
            compression_level=3,
            write_page_index=True,
            write_page_checksum=True,
        ) as writer:
            for group in _regroup(tables, schema, row_group):
                writer.write_table(group, row_group_size=row_group)
                rows += len(group)
                del group  # before the next is put together
        _verify(draft, rows, schema)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return rows


def _regroup(tables: Iterable[pa.Table], schema: pa.Schema, row_group: int) -> Iterator[pa.Table]:
    """The rows by groups; which rows are in one depends on nothing but the rows."""
    held: list[pa.Table] = []
    count = size = 0
    for table in tables:
        table = table.cast(schema)
        sizes = np.cumsum(_row_bytes(table))
        start = 0
        while start < len(table):
            before = int(sizes[start - 1]) if start else 0
            fits = int(np.searchsorted(sizes, GROUP_BYTES - size + before, "right"))
            end = min(max(fits, start + (count == 0)), start + row_group - count)
            if end > start:
                held.append(table.slice(start, end - start))
                count, size = count + end - start, size + int(sizes[end - 1]) - before
            if end < len(table):
                yield _group(held, schema)
                count = size = 0
            start = end
    if count:
        yield _group(held, schema)


def _group(held: list[pa.Table], schema: pa.Schema) -> pa.Table:
    """The tables as one, in a chunk of its own; `held` is emptied, so that they are not in memory twice."""
    whole = pa.concat_tables(held)
    held.clear()
    columns = []
    for name in whole.column_names:
        columns.append(pa.chunked_array([whole[name].combine_chunks()], whole[name].type))
        whole = whole.drop_columns([name])
    return pa.table(columns, schema=schema)


def _row_bytes(table: pa.Table) -> npt.NDArray[np.int64]:
    """Bytes of text in each row; of lists of texts nothing, for they are short."""
    total = np.zeros(len(table), np.int64)
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_binary(field.type):
            total += pc.binary_length(column).fill_null(0).to_numpy()
    return total


def _verify(path: Path, rows: int, schema: pa.Schema) -> None:
    file = pq.ParquetFile(path)
    if file.metadata.num_rows != rows or not file.schema_arrow.equals(schema):
        raise ReadError(f"{path.name} reads back other than it was written: the disk or the memory is faulty")


def sha256_of(path: Path) -> str:
    """64 hex digits over the bytes of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def describe_file(folder: Path, path: Path) -> dict[str, Any]:
    """A file as the manifest names it: path, rows where it has rows, bytes, sha256."""
    entry: dict[str, Any] = {"path": path.relative_to(folder).as_posix()}
    if path.suffix == ".parquet":
        entry["rows"] = pq.read_metadata(path).num_rows
    return entry | {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def write_sums(folder: Path, paths: Iterable[Path]) -> None:
    """SHA256SUMS over the files given, as `sha256sum --check` reads it."""
    sums = "".join(f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in sorted(paths))
    write_bytes(folder / "SHA256SUMS", sums.encode())
