"""Inputs into shards of records: text files, JSONL, CSV and Parquet, plain or compressed, in bounded memory.

The driver cuts inputs into shards, in an order that depends on nothing but the inputs' names, and spools
the rows of record files into scratch; a worker reads its shard back as records. What cannot be read as a
record becomes a record with a problem, so that it ends in the ledger.
"""

from __future__ import annotations

import json
from collections import Counter
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
from pipelines import streams
from pipelines.compressed import CODECS, CorruptFileError
from pipelines.errors import CallError, ReadError, first_line
from pipelines.locations import Location, Remote, find_places, read_together
from pipelines.reading import Piece, Shard, too_large
from pipelines.secrets import scrub
from pipelines.store import sha256_of

KINDS = {
    ".txt": "text",
    ".md": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
# A shard closes when it has this many bytes, however few records they are: memory follows bytes.
SHARD_BYTES = 8 * 2**20
# Text files behind a URL that are asked for at once.
_TOGETHER = 256
# Bytes that a compressed file may be larger than what is in it.
_FRAME = 4096


@dataclass(frozen=True)
class Source:
    """One input file."""

    path: Location
    name: str
    """What source_file says: the path from the name of the input on, with `/`."""
    kind: str
    """`text`, `jsonl`, `csv` or `parquet`."""
    first_row: int = 0
    """Rows of the file that stand before it, where it is a part of one."""
    groups: tuple[int, ...] | None = None
    """The row groups of a Parquet file that are read; None: all."""


def find_sources(inputs: Sequence[Path | str]) -> tuple[list[Source], list[Location]]:
    """The files that the inputs stand for, sorted by name, and those files of folders that are of no
    known kind. An input is a file, a folder, a pattern such as `news/**/*.jsonl.gz`, or a URL of one of them.

    Raises ReadError for an input that is missing, CallError for one of no known kind or given twice.
    """
    found: list[Source] = []
    passed_over: list[Location] = []
    for given in inputs:
        for place in find_places(given):
            for path, name in place.files:
                kind = _kind(path)
                if kind and (not isinstance(path, Path) or path.is_file()):
                    found.append(Source(path, name, kind))
                elif place.is_many:
                    passed_over.append(path)
                else:
                    kinds = ", ".join(KINDS)
                    raise CallError(
                        f"{scrub(str(given))} is of no kind that tamis reads ({kinds}, each also .gz or .zst)"
                    )
    if len({source.path for source in found}) < len(found):
        raise CallError("an input is given twice, or lies in a folder that is given too")
    if not found:
        raise CallError(f"nothing to read in {scrub(', '.join(map(str, inputs)))}: no {', '.join(KINDS)} file there")
    return sorted(_told_apart(found), key=lambda source: source.name), passed_over


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


def _kind(path: Location) -> str | None:
    name, dot, suffix = path.name.lower().rpartition(".")
    if dot + suffix in CODECS:
        name, dot, suffix = name.rpartition(".")
    return KINDS.get(dot + suffix) if name else None


def _told_apart(sources: list[Source]) -> list[Source]:
    """Inputs of one name (`a/x.txt b/x.txt`) get as many parent folders as tell them apart."""
    while len({source.name for source in sources}) < len(sources):
        count = Counter(source.name for source in sources)
        for number, source in enumerate(sources):
            if count[source.name] > 1:
                longer = "/".join(source.path.parts[-source.name.count("/") - 2 :])
                sources[number] = Source(source.path, longer, source.kind)
    return sources


def cut_shards(
    sources: Sequence[Source], config: Config, scratch: Path, limit: int | None = None, *, alone: bool | None = None
) -> Iterator[Shard]:
    """Shards in the order of the sources; at most `limit` records in all. `alone`: whether the input is one file;
    None: it is `sources`.

    Rows of record files are spooled under `scratch` as Arrow files, which the reader of a shard deletes.
    """
    pieces: list[Piece] = []
    number = count = size = total = 0
    alone = len(sources) == 1 if alone is None else alone
    for group in _together(sources):
        for piece, records, many_bytes in _pieces(group, config, scratch, limit and limit - total, alone=alone):
            pieces.append(piece)
            count, size, total = count + records, size + many_bytes, total + records
            if count >= config.shard_records or size >= SHARD_BYTES:
                yield Shard(number, tuple(pieces))
                pieces, number, count, size = [], number + 1, 0, 0
        if limit and total >= limit:
            break
    if pieces or number == 0:  # an input without a record still makes a dataset: one without a row
        yield Shard(number, tuple(pieces))


def _together(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """One source at a time; but small text files behind a URL, which are asked for at once, some at a time."""
    held: list[Source] = []
    size = 0
    for source in sources:
        if source.kind != "text" or not isinstance(source.path, Remote):
            if held:
                yield held
                held, size = [], 0
            yield [source]
            continue
        scheme, more = source.path.url.split("://")[0], source.path.size
        full = len(held) == _TOGETHER or size + more > SHARD_BYTES
        if held and (full or not str(held[0].path).startswith(f"{scheme}://")):
            yield held
            held, size = [], 0
        held.append(source)
        size += more
    if held:
        yield held


def _pieces(
    group: Sequence[Source], config: Config, scratch: Path, limit: int | None, *, alone: bool
) -> Iterator[tuple[Piece, int, int]]:
    source = group[0]
    if source.kind == "text" and isinstance(source.path, Remote):
        yield from _remote_texts(group[:limit], config, scratch)
        return
    if source.kind == "text":
        assert isinstance(source.path, Path)
        try:
            about = source.path.stat()
        except OSError as error:
            raise ReadError(f"cannot read {source.path}: {error.strerror or first_line(error)}") from error
        digest = f"{source.path} {about.st_size} {about.st_mtime_ns}"
        yield Piece(source.name, source.path, "text", digest, size=about.st_size), 1, about.st_size
        return
    rows: Iterator[pa.RecordBatch]
    reach, before = streams.Reach(), 0
    if source.kind == "parquet":
        rows, kind = _parquet_rows(source, config, scratch, reach, alone=alone), "rows"
    else:
        if source.kind == "csv":
            lines = _csv_lines(source, config, reach, alone=alone)
        else:
            lines = _jsonl_lines(source, config, reach)
        rows, kind = streams.batches(_until_corrupt(lines), config.shard_records, SHARD_BYTES), "lines"
    left = limit
    for batch in rows:
        if left is not None:
            batch = batch.slice(0, left)
            left -= len(batch)
        path = scratch / f"spool-{streams.next_number():08d}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield Piece(source.name, path, kind, sha256_of(path), size=reach.at - before), len(batch), batch.nbytes
        before = reach.at
        if left == 0:
            return


def _remote_texts(group: Sequence[Source], config: Config, scratch: Path) -> Iterator[tuple[Piece, int, int]]:
    """Text files behind a URL, each copied into scratch for its reader: a worker asks for one at a time."""
    files = [source.path for source in group if isinstance(source.path, Remote)]
    most = config.max_record_bytes + _FRAME
    small = [file for file in files if file.size <= most]
    contents = dict(zip(small, read_together(small), strict=True)) if small else {}
    for source, file in zip(group, files, strict=True):
        content = contents.get(file, b"")
        if isinstance(content, Exception):
            raise ReadError(f"cannot read {file}: {first_line(content)}") from content
        path = scratch / f"text-{streams.next_number():08d}{file.suffix}"
        if file in contents:
            path.write_bytes(content)
        else:  # over the limit: so much of it that its reader sees that
            with file.open("rb") as stream:
                path.write_bytes(stream.read(most))
        yield Piece(source.name, path, "text", sha256_of(path), spooled=True, size=file.size), 1, len(content)


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
