"""A shard back into records: JSON parsed, fields found, what cannot be read given its reason."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from cleaning.config import Config
from cleaning.decode import UndecodableError, decode
from cleaning.input_fields import find_fields, make_record
from cleaning.records import Problem, Reading, Record
from pipelines import streams
from pipelines.compressed import CorruptFileError
from pipelines.errors import first_line


@dataclass(frozen=True)
class Piece:
    """Consecutive records of one source: a text file where it lies, or rows spooled to an Arrow file."""

    source_file: str
    path: Path
    kind: str
    """`text`, `lines` (columns row, raw, rule_id, evidence), `rows` (column row and the record's own), or
    `records`: a table of RECORDS."""
    digest: str = ""
    """Of the rows; of a text file of its size and when it was last changed."""
    spooled: bool = False
    """The text file is a copy in scratch, which is deleted once it is read."""
    size: int = 0
    """Bytes of the inputs that it was read from, as they lie there."""


@dataclass(frozen=True)
class Shard:
    """The records that a worker cleans together."""

    number: int
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Bytes of the inputs that it was read from, as they lie there."""
        return sum(piece.size for piece in self.pieces)

    def digest(self) -> str:
        """64 hex digits that change with any of its records, and say nothing of where they lie."""
        named = [[piece.source_file, piece.kind, piece.digest] for piece in self.pieces]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def too_large(size: int, config: Config) -> Problem:
    """Why a record of `size` bytes is not read."""
    return Problem("quarantine.too-large", f"{size:,} bytes, more than max_record_bytes = {config.max_record_bytes:,}")


def read_shard(shard: Shard, config: Config, *, keep: bool = False) -> list[Record]:
    """The records of a shard, in source order. Deletes the shard's spool, unless it is to be kept."""
    records: list[Record] = []
    for piece in shard.pieces:
        if piece.kind == "text":
            records.append(_read_text(piece, config))
            if piece.spooled and not keep:
                piece.path.unlink()
            continue
        with pa.memory_map(str(piece.path)) as source:
            records += _read_rows(pa.ipc.open_file(source).read_all(), piece, config)
        if not keep:
            piece.path.unlink()
    return records


def _read_rows(table: pa.Table, piece: Piece, config: Config) -> list[Record]:
    if piece.kind == "records":
        return records_of(table)
    if piece.kind == "lines":
        find = lru_cache(1000)(partial(find_fields, config=config))  # most records of a file have the same names
        columns = (table[name].to_pylist() for name in ("row", "raw", "rule_id", "evidence"))
        return [
            _read_line(row, raw, rule_id, evidence, piece.source_file, find)
            for row, raw, rule_id, evidence in zip(*columns, strict=True)
        ]
    return [_row_record(row, piece.source_file, config) for row in _values(table)]


_UNREADABLE = {"unreadable": True}


def _values(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as Python has them; a value that it has no form for (a date in the year 10000) as a reason."""
    try:
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows
    except (ValueError, OverflowError, ArithmeticError):
        if len(table) == 1:
            return [{"row": table["row"][0].as_py()} | _UNREADABLE]
    half = len(table) // 2
    return _values(table.slice(0, half)) + _values(table.slice(half))


def _row_record(row: dict[str, Any], source_file: str, config: Config) -> Record:
    """A row of a table. Its text is held in memory already; one over the limit goes no further."""
    number = row.pop("row")
    if row.items() >= _UNREADABLE.items():
        problem = Problem("quarantine.bad-value", "a field holds what has no form here, such as a date out of range")
        return Record(source_file, number, problem=problem)
    record = make_record(row, number, source_file)
    if len(record.content) <= config.max_record_bytes:
        return record
    problem = too_large(len(record.content), config)
    return Record(source_file, number, record.source_id, given=record.given, problem=problem)


def _read_text(piece: Piece, config: Config) -> Record:
    name = piece.source_file.rsplit("/", 1)[-1]
    try:
        content = streams.read_at_most(piece.path, config.max_record_bytes + 1)
    except CorruptFileError as error:
        return Record(piece.source_file, 0, name, problem=Problem("quarantine.corrupt-file", str(error)))
    if len(content) > config.max_record_bytes:
        problem = Problem("quarantine.too-large", f"more than max_record_bytes = {config.max_record_bytes:,}")
        return Record(piece.source_file, 0, name, problem=problem)
    return Record(piece.source_file, 0, name, content)


def _read_line(
    row: int,
    raw: bytes,
    rule_id: str | None,
    evidence: str | None,
    source_file: str,
    find: Callable[[tuple[str, ...]], Mapping[str, str]],
) -> Record:
    if rule_id is not None:
        return Record(source_file, row, problem=Problem(rule_id, evidence or ""))
    try:
        value = json.loads(_utf8(raw))
    except (ValueError, RecursionError) as error:
        rule = "quarantine.bad-bytes" if isinstance(error, UndecodableError) else "quarantine.bad-json"
        return Record(source_file, row, content=raw, problem=Problem(rule, first_line(error)))
    if not isinstance(value, dict):
        why = f"the line holds a {type(value).__name__}, not an object"
        return Record(source_file, row, content=raw, problem=Problem("quarantine.bad-json", why))
    fields = find(tuple(value))
    return make_record({field: value[name] for field, name in fields.items()}, row, source_file, value)


def _utf8(raw: bytes) -> str:
    try:
        return raw.removeprefix(codecs.BOM_UTF8).decode()  # what Python's own "utf-8-sig" does in five times as long
    except UnicodeDecodeError:
        return decode(raw).text


RECORDS = pa.schema(
    [
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("source_id", pa.string()),
        ("content", pa.large_binary()),
        ("is_text", pa.bool_()),
        ("given", pa.string()),
        ("rule_id", pa.string()),
        ("evidence", pa.string()),
        ("encoding", pa.string()),
        ("encoding_method", pa.string()),
        ("repairs", pa.list_(pa.string())),  # null: not read yet
        ("source_chars", pa.int64()),
        ("linked", pa.list_(pa.int32())),
        ("headline", pa.int32()),
    ]
)
"""Records as a table, as far as they have been read."""


def records_table(records: Sequence[Record]) -> pa.Table:
    """RECORDS, which `records_of` makes records of again."""
    columns = [
        [record.source_file for record in records],
        [record.source_row for record in records],
        [record.source_id for record in records],
        [_as_bytes(record.content) for record in records],
        [isinstance(record.content, str) for record in records],
        [json.dumps(dict(record.given)) for record in records],
        [record.problem and record.problem.rule_id for record in records],
        [record.problem and record.problem.evidence for record in records],
        [record.reading and record.reading.encoding for record in records],
        [record.reading and record.reading.encoding_method for record in records],
        [record.reading and record.reading.repairs for record in records],
        [record.reading and record.reading.source_chars for record in records],
        [record.reading and record.reading.linked for record in records],
        [record.reading and record.reading.headline for record in records],
    ]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, RECORDS, strict=True)]
    return pa.table(arrays, schema=RECORDS)


def records_of(table: pa.Table) -> list[Record]:
    """The records of a table of RECORDS."""
    columns = [table[name].to_pylist() for name in RECORDS.names]
    return [*map(_record, *columns)]


def _as_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")


def _record(
    source_file: str,
    source_row: int,
    source_id: str | None,
    content: bytes,
    is_text: bool,
    given: str,
    rule_id: str | None,
    evidence: str | None,
    encoding: str | None,
    encoding_method: str | None,
    repairs: list[str] | None,
    source_chars: int | None,
    linked: list[int] | None,
    headline: int | None,
) -> Record:
    """A row of RECORDS."""
    reading = None
    if repairs is not None:
        marks = tuple(linked or ()), headline or 0
        reading = Reading(encoding, encoding_method, tuple(repairs), source_chars or 0, *marks)
    return Record(
        source_file,
        source_row,
        source_id,
        content.decode("utf-8", "surrogatepass") if is_text else content,
        json.loads(given),
        Problem(rule_id, evidence or "") if rule_id else None,
        reading,
    )
