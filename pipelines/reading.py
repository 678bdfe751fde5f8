"""A shard back into records: JSON parsed, fields found, what cannot be read given its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cleaning.config import Config
from cleaning.decode import UndecodableError, decode
from cleaning.input_fields import find_fields, make_record
from cleaning.records import Problem, Record
from pipelines import streams
from pipelines.errors import first_line


@dataclass(frozen=True)
class Piece:
    """Consecutive records of one source: a text file where it lies, or rows spooled to an Arrow file."""

    source_file: str
    path: Path
    kind: str
    """`text`, `lines` (columns row, raw, rule_id, evidence) or `rows` (column row and the record's own)."""


@dataclass(frozen=True)
class Shard:
    """The records that a worker cleans together."""

    number: int
    pieces: tuple[Piece, ...]


def too_large(size: int, config: Config) -> Problem:
    """Why a record of `size` bytes is not read."""
    return Problem("quarantine.too-large", f"{size:,} bytes, more than max_record_bytes = {config.max_record_bytes:,}")


def read_shard(shard: Shard, config: Config) -> list[Record]:
    """The records of a shard, in source order. Deletes the shard's spool."""
    records: list[Record] = []
    for piece in shard.pieces:
        if piece.kind == "text":
            records.append(_read_text(piece, config))
            continue
        with pa.memory_map(str(piece.path)) as source:
            rows = pa.ipc.open_file(source).read_all().to_pylist()
        piece.path.unlink()
        if piece.kind == "lines":
            records += (_read_line(row, piece.source_file, config) for row in rows)
        else:
            records += (make_record(row, row.pop("row"), piece.source_file) for row in rows)
    return records


def _read_text(piece: Piece, config: Config) -> Record:
    name = piece.source_file.rsplit("/", 1)[-1]
    try:
        content = streams.read_at_most(piece.path, config.max_record_bytes + 1)
    except streams.CorruptFileError as error:
        return Record(piece.source_file, 0, name, problem=Problem("quarantine.corrupt-file", str(error)))
    if len(content) > config.max_record_bytes:
        return Record(piece.source_file, 0, name, problem=too_large(piece.path.stat().st_size, config))
    return Record(piece.source_file, 0, name, content)


def _read_line(row: Mapping[str, Any], source_file: str, config: Config) -> Record:
    if row["rule_id"] is not None:
        return Record(source_file, row["row"], problem=Problem(row["rule_id"], row["evidence"]))
    try:
        value = json.loads(_utf8(row["raw"]))
    except (ValueError, RecursionError) as error:
        rule = "quarantine.bad-bytes" if isinstance(error, UndecodableError) else "quarantine.bad-json"
        return Record(source_file, row["row"], content=row["raw"], problem=Problem(rule, first_line(error)))
    if not isinstance(value, dict):
        why = f"the line holds a {type(value).__name__}, not an object"
        return Record(source_file, row["row"], content=row["raw"], problem=Problem("quarantine.bad-json", why))
    fields = find_fields(tuple(value), config)
    return make_record({field: value[name] for field, name in fields.items()}, row["row"], source_file, value)


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return decode(raw).text
