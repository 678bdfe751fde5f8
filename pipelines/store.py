"""Files that are whole or not there: staging beside the output, one Parquet writer, checksums, the swap."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.disk import disk_error, disk_errors
from pipelines.errors import CallError, ReadError

MANIFEST = "manifest.json"
# FINDINGS of the field: 10-25 k rows a group read well; audit tables have short rows, so more of them.
ROW_GROUP = 20_000
AUDIT_ROW_GROUP = 200_000
# A group with long texts closes earlier: a reader and the writer hold one in memory.
GROUP_BYTES = 64 * 2**20
# Stands in a staging folder until it is a dataset: what is without it is somebody's, and not deleted.
_OURS = ".tamis-run"
SCRATCH = "scratch"
"""Folder in the staging folder for what a run needs until it ends; see `pipelines.scratch`."""
DONE = "done.json"
"""Stands in a folder of scratch, written last."""


@contextmanager
def staging(output: Path, *, force: bool, resume: bool = True) -> Iterator[Path]:
    """A folder beside `output` to write into; it takes output's place when the block ends well.

    Until then nothing stands at `output` but what stood there before, and whatever goes wrong, the
    staging folder has no name that reads as a dataset. What an earlier run has left in its folder `scratch`
    stands there again, unless `resume` is False; it is left where the block fails and something is finished in
    it, and taken away else. Raises CallError where output is in the way or another run is writing to it,
    ReadError where the disk is full or not ours to write to. What is a ReadError in the block says what is kept.
    """
    refuse_output(output, force=force)
    stage, old = stage_of(output), _old(output)
    with disk_errors(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and not output.exists():
            old.rename(output)  # a run died between the two renames of its swap
        with _locked(stage, output, resume):
            try:
                yield stage
                if (stage / SCRATCH).exists():
                    shutil.rmtree(stage / SCRATCH)
                _swap(stage, output, old)
            except ReadError as error:
                raise ReadError(f"{error}{kept(output)}") from error
            except OSError as error:
                if (read_error := disk_error(error, output)) is None:
                    raise
                raise ReadError(f"{read_error}{kept(output)}") from error
            finally:
                if not worth_keeping(stage):
                    shutil.rmtree(stage, ignore_errors=True)


def refuse_output(output: Path, *, force: bool) -> None:
    """Raises what `staging` raises where output cannot be made or replaced, without writing anything."""
    if output.is_file() or output.is_symlink() or not output.name:
        raise CallError(f"{output} is no folder that can be replaced: give another -o")
    stage, old = stage_of(output), _old(output)
    with disk_errors(output):
        above = next(folder for folder in output.parents if folder.exists())
        if not above.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(above))
        if old.exists() and not is_dataset(old):
            raise CallError(f"{old} is in the way, and no dataset of tamis: move it, or give another -o")
        # Where a run died between the two renames of its swap, what it was to replace has its other name.
        standing = old if old.exists() and not output.exists() else output
        if standing.exists() and any(standing.iterdir()):
            if not force:
                raise CallError(f"{output} exists already: give another -o, or --force to replace it")
            if not is_dataset(standing):
                raise CallError(f"{output} is no dataset of tamis, so --force does not replace it")
        if stage.exists() and _is_foreign(stage):
            raise CallError(f"{stage} is in the way, and of no run of tamis: move it, or give another -o")


def _is_foreign(stage: Path) -> bool:
    """Whether a folder with the name of a staging folder is none: it must not be emptied."""
    # A run that is killed while it swaps leaves a whole dataset without the mark.
    return any(stage.iterdir()) and not (stage / _OURS).exists() and not is_dataset(stage)


def worth_keeping(stage: Path) -> bool:
    """Whether a run has left finished work there, that the next one can go on with."""
    return any(stage.glob(f"{SCRATCH}/*/{DONE}"))


def stage_of(output: Path) -> Path:
    """The staging folder beside `output`."""
    return output.with_name(f".{output.name}.partial")


def _old(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def kept(output: Path) -> str:
    """What a run that ends now leaves for the next one, as the end of a sentence."""
    finished = sum(1 for _ in stage_of(output).glob(f"{SCRATCH}/*/{DONE}"))
    if not finished:
        return "; nothing was finished yet: the same command starts over"
    return (
        f"; {finished:,} finished pieces of work are kept in {stage_of(output)}: "
        "the same command goes on from there (--no-resume starts over)"
    )


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


@contextmanager
def _locked(stage: Path, output: Path, resume: bool) -> Iterator[None]:
    """Makes the staging folder, for this run alone and empty but for what can be gone on with.

    The lock is on the folder itself, and the kernel lets go of it when the run dies.
    """
    stage.mkdir(exist_ok=True)
    handle = os.open(stage, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The run that had it may have swapped it into place since it was opened.
        if not stage.exists() or os.fstat(handle).st_ino != stage.stat().st_ino:
            raise BlockingIOError
        found = list(stage.iterdir())
        if _is_foreign(stage):
            raise CallError(f"{stage} is in the way, and of no run of tamis: move it, or give another -o")
        (stage / _OURS).touch()
        for left in found:
            if left.name != _OURS and not (resume and left.name == SCRATCH and worth_keeping(stage)):
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield
    except BlockingIOError as error:
        raise CallError(f"another run is writing to {output}") from error
    finally:
        os.close(handle)


def _swap(stage: Path, output: Path, old: Path) -> None:
    (stage / _OURS).unlink()
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        output.rename(old)
    stage.rename(output)
    _sync_folder(output.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
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
    _sync_folder(path.parent)


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
    _sync_folder(path.parent)
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
