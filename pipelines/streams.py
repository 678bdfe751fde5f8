"""Bytes of input files in bounded memory: decompressed on the way, cut into lines or CSV rows.

A line longer than the limit is read past, never held: its size is known, its content is not.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from cleaning.decode import decode
from cleaning.records import Problem
from pipelines.compressed import CODECS, CorruptFileError, decompressed
from pipelines.errors import ReadError, first_line
from pipelines.files import Location

_BLOCK = 2**20
# How much of a CSV file tells its charset.
_HEAD = 2**20

_numbers = itertools.count()


def next_number() -> int:
    """A number that this process has not used yet, for names of scratch files."""
    return next(_numbers)


class Row(NamedTuple):
    """One row of a record file, or why there is none."""

    number: int
    raw: bytes
    problem: Problem | None = None


class Reach:
    """How far into a file its reader is."""

    def __init__(self) -> None:
        self.at = 0
        """Bytes, as they lie there: compressed ones where the file is."""


def read_blocks(path: Location, size: int = _BLOCK, reach: Reach | None = None) -> Iterator[bytes]:
    """The file's bytes in blocks of `size` at most, decompressed where its name ends in .gz or .zst.

    `reach` is kept at how far it has read.

    Raises CorruptFileError behind the last byte of a damaged compressed file, ReadError for one that cannot be read.
    """
    try:
        with path.open("rb") as file:
            for block in decompressed(path, file, size):
                if reach and not file.closed:
                    reach.at = file.tell()
                yield block
    except CorruptFileError:
        raise
    except Exception as error:  # behind a URL each library has its own, for keys and for networks
        raise ReadError(f"cannot read {path}: {getattr(error, 'strerror', None) or first_line(error)}") from error


def read_at_most(path: Location, limit: int) -> bytes:
    """The first `limit` bytes of the file, decompressed; raises as `read_blocks` does."""
    if isinstance(path, Path) and path.suffix.lower() not in CODECS:  # the common case, and half as dear
        try:
            with path.open("rb", buffering=0) as file:
                return file.readall()[:limit] if os.fstat(file.fileno()).st_size < limit else file.read(limit)
        except OSError as error:
            raise ReadError(f"cannot read {path}: {error.strerror or first_line(error)}") from error
    held = bytearray()
    for block in read_blocks(path):
        held += block
        if len(held) >= limit:
            break
    return bytes(held[:limit])


def utf8_blocks(path: Location, reach: Reach | None = None) -> Iterator[bytes]:
    """Blocks of the file as it is, but UTF-16 and UTF-32 with their mark become UTF-8."""
    decoder = None
    for number, block in enumerate(read_blocks(path, reach=reach)):
        if number == 0 and (wide := next((name for bom, name in _WIDE if block.startswith(bom)), None)):
            decoder = codecs.getincrementaldecoder(wide)("replace")
        yield decoder.decode(block).encode("utf-8", "replace") if decoder else block


# UTF-32 first: its little-endian mark begins with that of UTF-16.
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def lines(path: Location, limit: int, reach: Reach | None = None) -> Iterator[tuple[bytes | None, int]]:
    """Lines without their LF, each with its size in bytes; None for one of more than `limit` bytes.

    Raises CorruptFileError after the last line that is whole, and ReadError.
    """
    held: list[bytes] = []
    size = 0
    for block in utf8_blocks(path, reach):
        first, *rest = block.split(b"\n")
        size += len(first)
        if size <= limit:
            held.append(first)
        else:
            held.clear()
        for following in rest:
            yield (b"".join(held) if size <= limit else None), size
            held, size = [following], len(following)
            if size > limit:
                held.clear()
    if size:
        yield (b"".join(held) if size <= limit else None), size


def csv_rows(path: Location, limit: int, reach: Reach | None = None) -> Iterator[tuple[int, list[str] | Problem]]:
    """Numbered rows of a CSV file, the header as row 0; blank rows are not counted.

    Raises UndecodableError where the charset cannot be told, CorruptFileError and ReadError.
    """
    head = read_at_most(path, _HEAD)
    # Cut at a line end, so that no character is cut in two.
    cut = head.rfind(b"\n") + 1 if len(head) == _HEAD else len(head)
    encoding = decode(head[: cut or len(head)]).encoding
    too_long: list[int] = []
    csv.field_size_limit(limit)
    reader = csv.reader(_csv_text(path, encoding, limit, too_long, reach), strict=True)
    number = 0
    while True:
        cells: list[str] | Problem
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            cells = Problem("quarantine.bad-csv", first_line(error))
        if too_long:
            sizes = ", ".join(f"{size:,}" for size in too_long)
            too_long.clear()
            cells = Problem("quarantine.too-large", f"a line of {sizes} bytes; the limit is {limit:,}")
        elif not isinstance(cells, Problem) and not _encodable(cells):
            cells = Problem("quarantine.bad-bytes", f"bytes that are not {encoding}")
        if cells:
            yield number, cells
            number += 1


def _encodable(cells: list[str]) -> bool:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True


def _csv_text(path: Location, encoding: str, limit: int, too_long: list[int], reach: Reach | None) -> Iterator[str]:
    wide = encoding.lower().replace("-", "_").startswith(("utf_16", "utf_32"))
    name = "utf-8-sig" if wide or encoding.lower() in ("utf-8", "ascii") else encoding
    for raw, size in lines(path, limit, reach):
        if raw is None:
            too_long.append(size)
            yield "\n"  # the row that the reader sees here is replaced by the problem
        else:
            yield raw.decode(name, "surrogateescape") + "\n"


@contextmanager
def seekable(path: Location, scratch: Path) -> Iterator[Location]:
    """The file itself, or decompressed into scratch while it is read: Parquet is read from its end."""
    if path.suffix.lower() not in CODECS:
        yield path
        return
    copy = scratch / f"plain-{next_number():08d}.parquet"
    try:
        with copy.open("wb") as sink:
            sink.writelines(read_blocks(path))
        yield copy
    except CorruptFileError as error:
        raise ReadError(f"cannot read {path}: {error}") from error
    finally:
        copy.unlink(missing_ok=True)


SPOOL = pa.schema(
    [("row", pa.int64()), ("raw", pa.large_binary()), ("rule_id", pa.string()), ("evidence", pa.string())]
)


def batches(rows: Iterator[Row], most_rows: int, most_bytes: int) -> Iterator[pa.RecordBatch]:
    """Rows in batches of the schema SPOOL, each closed by the first bound that it meets."""
    held: list[Row] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row.raw)
        if len(held) >= most_rows or size >= most_bytes:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: list[Row]) -> pa.RecordBatch:
    problems = [row.problem for row in rows]
    columns = [
        [row.number for row in rows],
        [row.raw for row in rows],
        [problem and problem.rule_id for problem in problems],
        [problem and problem.evidence for problem in problems],
    ]
    return pa.RecordBatch.from_arrays([pa.array(c, f.type) for c, f in zip(columns, SPOOL, strict=True)], schema=SPOOL)
