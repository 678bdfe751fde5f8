"""Inputs into shards of records: text files, JSONL, CSV, Parquet and WET, plain or compressed, in bounded memory.

The driver cuts inputs into shards, in an order that depends on nothing but the inputs' names, and spools
the rows of record files into scratch; a worker reads its shard back as records. What cannot be read as a
record becomes a record with a problem, so that it ends in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from cleaning.config import Config
from pipelines import streams
from pipelines.compressed import CODECS
from pipelines.errors import CallError, ReadError, first_line
from pipelines.file_rows import SHARD_BYTES, Source, read_rows
from pipelines.files import Location, Remote, read_together
from pipelines.locations import find_places
from pipelines.reading import Piece, Shard
from pipelines.secrets import scrub
from pipelines.store import sha256_of

KINDS = {
    ".txt": "text",
    ".md": "text",
    ".html": "text",
    ".htm": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".wet": "wet",
}
# Text files behind a URL that are asked for at once.
_TOGETHER = 256
# Bytes that a compressed file may be larger than what is in it.
_FRAME = 4096


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
                sources[number] = replace(source, name=longer)
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
    reach, before = streams.Reach(), 0
    kind = "rows" if source.kind == "parquet" else "lines"
    left = limit
    for batch in read_rows(source, config, scratch, reach, alone=alone):
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
