"""Large input files cut into parts for several tasks, each with the number of its first row.

JSONL is cut at line ends: tasks count the lines of ranges of bytes first, so a large file is read twice. Parquet is
cut between row groups. Of CSV nobody can tell a line end from one in quotes without reading from the beginning; what
is compressed has to be unpacked from the beginning too. Those are read by one task.
"""

from __future__ import annotations

import codecs
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from pipelines.compressed import CODECS
from pipelines.errors import ReadError, first_line
from pipelines.file_rows import Source
from pipelines.files import Location, Stretch

PART_BYTES = 64 * 2**20
"""A larger file is cut into parts of about so many bytes."""
_BLOCK = 2**20
# A stretch that begins so would be taken for another encoding than its file's.
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class Counted(NamedTuple):
    """What a task says of a range of bytes or of a row group."""

    source: int
    number: int
    """In its file, from 0."""
    start: int | None
    """Where the first line begins from which a part can be read; None: there is none. Of a row group 0."""
    before: int
    """Lines that begin in the range before that one."""
    rows: int
    """Lines that begin in the range, or rows of the group."""


_RANGE = "source int, path binary, number int, begin long, stop long"
_COUNTED = pa.schema([(name, pa.int64()) for name in Counted._fields])


def cut(session: SparkSession, sources: Sequence[Source], sizes: Sequence[int]) -> tuple[list[Source], list[int]]:
    """The sources, the large ones in parts, and bytes of each. The driver gets three numbers for each part."""
    ranges: list[tuple[int, bytes, int | None, int, int]] = []
    for at, (source, size) in enumerate(zip(sources, sizes, strict=True)):
        if size > PART_BYTES and source.path.suffix.lower() not in CODECS:
            if source.kind == "jsonl":
                starts = range(0, size, PART_BYTES)
                path = pickle.dumps(source.path)
                ranges += [(at, path, n, begin, min(size, begin + PART_BYTES)) for n, begin in enumerate(starts)]
            elif source.kind == "parquet":
                ranges.append((at, pickle.dumps(source.path), None, 0, 0))
    if not ranges:
        return list(sources), list(sizes)
    frame = session.createDataFrame(ranges, _RANGE)
    frame = frame.repartition(min(len(ranges), 4 * session.sparkContext.defaultParallelism))
    rows = frame.mapInArrow(_count, from_arrow_schema(_COUNTED)).collect()
    counted = sorted(Counted(*row) for row in rows)
    parts = {at: list(some) for at, some in groupby(counted, key=itemgetter(0))}
    found: list[tuple[Source, int]] = []
    for at, (source, size) in enumerate(zip(sources, sizes, strict=True)):
        if source.kind == "jsonl":
            found += _stretches(source, size, parts.get(at, []))
        else:
            found += _row_groups(source, size, parts.get(at, []))
    return [source for source, _ in found], [size for _, size in found]


def _stretches(source: Source, size: int, ranges: Sequence[Counted]) -> Iterator[tuple[Source, int]]:
    if not ranges or ranges[0].start is None or isinstance(source.path, Stretch):
        yield source, size
        return
    starts: list[tuple[int, int]] = []
    row = 0
    for one in ranges:
        if one.start is not None:
            starts.append((one.start, row + one.before))
        row += one.rows
    for (start, first), (stop, _) in pairwise([*starts, (size, row)]):
        yield replace(source, path=Stretch(source.path, start, stop), first_row=first), stop - start


def _row_groups(source: Source, size: int, groups: Sequence[Counted]) -> Iterator[tuple[Source, int]]:
    if len(groups) < 2:
        yield source, size
        return
    total = max(1, sum(group.rows for group in groups))
    held: list[int] = []
    first = row = 0
    for group in groups:
        held.append(group.number)
        row += group.rows
        share = size * (row - first) // total
        if share >= PART_BYTES or group is groups[-1]:
            yield replace(source, groups=tuple(held), first_row=first), share
            held, first = [], row


def _count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for one in batch.to_pylist():
            path: Location = pickle.loads(one["path"])
            try:
                if one["number"] is None:
                    found = list(_groups(path, one["source"]))
                else:
                    found = [_lines(path, one["source"], one["number"], one["begin"], one["stop"])]
            except (OSError, pa.ArrowException) as error:
                raise ReadError(
                    f"cannot read {path}: {getattr(error, 'strerror', None) or first_line(error)}"
                ) from error
            rows = [counted._asdict() for counted in found]
            yield from pa.Table.from_pylist(rows, _COUNTED).to_batches()


def _groups(path: Location, source: int) -> Iterator[Counted]:
    with path.open("rb") as file:
        metadata = pq.ParquetFile(file).metadata
        for number in range(metadata.num_row_groups):
            yield Counted(source, number, 0, 0, metadata.row_group(number).num_rows)


def _lines(path: Location, source: int, number: int, begin: int, stop: int) -> Counted:
    """Of the lines that begin in a range of bytes: a line end makes the byte behind it a beginning."""
    rows, before, start = 0, 0, None
    with path.open("rb") as file:
        at = begin - 1
        if begin == 0:
            rows, at = 1, 0
            start = None if file.read(4).startswith(_WIDE) else 0
        file.seek(at)
        while at < stop - 1 and (block := file.read(min(_BLOCK, stop - 1 - at))):
            place = -1
            while start is None and begin and (place := block.find(b"\n", place + 1)) >= 0:
                file.seek(at + place + 1)
                if file.read(4).startswith(_WIDE):
                    continue
                start, before = at + place + 1, rows + block.count(b"\n", 0, place)
            rows += block.count(b"\n")
            at += len(block)
            file.seek(at)
    return Counted(source, number, start, before, rows)
