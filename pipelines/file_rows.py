"""The rows of a record file, JSONL, CSV, Parquet or WET, in batches of bounded size; what is no row has its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cleaning.config import Config, nearest
from cleaning.decode import UndecodableError
from cleaning.input_fields import find_fields
from cleaning.records import Problem
from pipelines import streams, wet
from pipelines.compressed import CorruptFileError
from pipelines.errors import CallError, ReadError, first_line
from pipelines.files import Location
from pipelines.reading import too_large

# A shard closes when it has this many bytes, however few records they are: memory follows bytes.
SHARD_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Source:
    """One input file."""

    path: Location
    name: str
    """What source_file says: the path from the name of the input on, with `/`."""
    kind: str
    """`text`, `jsonl`, `csv`, `parquet` or `wet`."""
    first_row: int = 0
    """Rows of the file that stand before it, where it is a part of one."""
    groups: tuple[int, ...] | None = None
    """The row groups of a Parquet file that are read; None: all."""


def bytes_of(sources: Sequence[Source]) -> int:
    """Bytes of the sources as they lie there, compressed or not; 0 for those whose file system does not say."""
    total = 0
    for source in sources:
        if not isinstance(source.path, Path):
            total += source.path.size
        else:
            with suppress(OSError):  # who reads it says so
                total += source.path.stat().st_size
    return total


def read_rows(
    source: Source, config: Config, scratch: Path, reach: streams.Reach, *, alone: bool
) -> Iterator[pa.RecordBatch]:
    """The rows of a record file: of Parquet `row` and the record's own columns, of others `streams.SPOOL`.

    `reach` is kept at how far it has read, `alone`: whether the file is all of the input. Raises CallError for a table
    without a text, ReadError for a file that cannot be read.
    """
    if source.kind == "parquet":
        return _parquet_rows(source, config, scratch, reach, alone=alone)
    if source.kind == "csv":
        lines = _csv_lines(source, config, reach, alone=alone)
    elif source.kind == "wet":
        lines = wet.rows(source.path, config.max_record_bytes, reach)
    else:
        lines = _jsonl_lines(source, config, reach)
    return streams.batches(_until_corrupt(lines), config.shard_records, SHARD_BYTES)


def _until_corrupt(rows: Iterator[streams.Row]) -> Iterator[streams.Row]:
    """What can be read of a damaged file counts; the rest of it is one record with a problem."""
    number = -1
    try:
        for row in rows:
            number = row.number
            yield row
    except (CorruptFileError, UndecodableError) as error:
        yield streams.Row(number + 1, b"", Problem("quarantine.corrupt-file", f"from here on: {error}"))


def _jsonl_lines(source: Source, config: Config, reach: streams.Reach) -> Iterator[streams.Row]:
    lines = streams.lines(source.path, config.max_record_bytes, reach)
    for row, (raw, size) in enumerate(lines, source.first_row):
        if raw is None:
            yield streams.Row(row, b"", too_large(size, config))
        elif raw.strip():
            yield streams.Row(row, raw)


def _csv_lines(source: Source, config: Config, reach: streams.Reach, *, alone: bool) -> Iterator[streams.Row]:
    header: list[str] = []
    for row, cells in streams.csv_rows(source.path, config.max_record_bytes, reach):
        if isinstance(cells, Problem):
            if not header:
                raise CallError(f"{source.path}: the header cannot be read: {cells.evidence}")
            yield streams.Row(row - 1, b"", cells)
        elif not header:
            header = cells
            _named_fields(source, header, config, alone=alone)
        elif len(cells) != len(header):
            why = f"{len(cells)} fields where the header has {len(header)}"
            yield streams.Row(row - 1, b"", Problem("quarantine.csv-fields", why))
        else:
            record = dict(zip(header, cells, strict=True))
            yield streams.Row(row - 1, json.dumps(record, ensure_ascii=True).encode())


def _parquet_rows(
    source: Source, config: Config, scratch: Path, reach: streams.Reach, *, alone: bool
) -> Iterator[pa.RecordBatch]:
    with streams.seekable(source.path, scratch) as path, path.open("rb") as handle:
        try:
            file = pq.ParquetFile(handle)
        except (pa.ArrowException, OSError) as error:
            raise ReadError(f"cannot read {source.path}: {first_line(error)}") from error
        names = _named_fields(source, file.schema_arrow.names, config, alone=alone)
        size = bytes_of([source])
        row = source.first_row
        if len(set(file.schema_arrow.names)) < len(file.schema_arrow.names):
            raise CallError(f"{source.path}: two columns have one name")
        columns_read = sorted(set(names.values()))
        batches = file.iter_batches(_batch_rows(file, config), row_groups=source.groups, columns=columns_read)
        while (batch := _next_batch(batches, source)) is not None:
            numbers = pa.array(range(row, row + len(batch)), pa.int64())
            row += len(batch)
            reach.at = size * row // max(1, file.metadata.num_rows)
            columns = {"row": numbers} | {name: batch.column(column) for name, column in names.items()}
            yield pa.RecordBatch.from_pydict(columns)


def _batch_rows(file: pq.ParquetFile, config: Config) -> int:
    """Rows that are read at a time, by what the file says of its bytes: a few rows may be all of memory."""
    groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
    heaviest = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=1)
    return max(1, min(config.shard_records, int(SHARD_BYTES / max(heaviest, 1))))


def _next_batch(batches: Iterator[pa.RecordBatch], source: Source) -> pa.RecordBatch | None:
    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"cannot read {source.path}: {first_line(error)}") from error


def _named_fields(source: Source, names: Sequence[str], config: Config, *, alone: bool) -> dict[str, str]:
    """Which columns hold which fields. Raises CallError where none holds the text.

    Where the table is all of the input, a column that the config names and that is not there is a wrong call too: a
    name misspelled. Beside other inputs it may be meant for those.
    """
    for field, name in config.fields.items():
        if alone and name not in names:
            near = nearest(name, tuple(map(str, names)))
            raise CallError(
                f"{source.path}: the config has fields.{field} = {name!r}, and no column is called so{near}"
            )
    found = find_fields(tuple(names), config)
    if "text" not in found:
        raise _no_text_field(source, names)
    return found


def _no_text_field(source: Source, names: Sequence[str]) -> CallError:
    return CallError(
        f"{source.path}: no field is known to hold the text (fields: {', '.join(map(str, names))[:200]}); "
        'name it in the config: fields = {text = "…"}'
    )
