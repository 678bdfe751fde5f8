"""Texts of web archives, as Common Crawl publishes them (`.warc.wet.gz`): a page's text, its address, when it was read.

WARC 1.0 and 1.1 (ISO 28500:2017): records of a version line, named fields, a blank line and so many bytes as
`Content-Length` says. Only `conversion` records are pages; `warcinfo` and others are about the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from cleaning.decode import UndecodableError, decode
from cleaning.records import Problem
from pipelines import streams
from pipelines.compressed import CorruptFileError
from pipelines.files import Location

# Bytes of a record's head at most; the fields of Common Crawl take some 500.
_HEAD = 2**16


class _Stream:
    """The bytes of blocks, taken as many at a time as somebody asks for."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = b""
        self._at = 0
        self.passed = 0
        """Bytes that have been taken, of the file as it is when decompressed."""

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        self._held, self._at = self._held[self._at :] + block, 0
        return bool(block)

    def line(self) -> bytes:
        """Up to LF, with it; without one where the stream ends, or behind so many bytes as a head may have."""
        while (end := self._held.find(b"\n", self._at)) < 0:
            if len(self._held) - self._at > _HEAD or not self._more():
                end = min(len(self._held), self._at + _HEAD) - 1
                break
        return self._take(end + 1 - self._at)

    def _take(self, size: int) -> bytes:
        taken = self._held[self._at : self._at + size]
        self._at += len(taken)
        self.passed += len(taken)
        return taken

    def take(self, size: int, limit: int) -> tuple[bytes | None, int]:
        """So many bytes, None of more than `limit`; and how many there were before the stream ended."""
        held: list[bytes] = []
        left = size
        while left and (self._at < len(self._held) or self._more()):
            piece = self._take(left)
            left -= len(piece)
            if size <= limit:
                held.append(piece)
        return (b"".join(held) if size <= limit else None), size - left


# With which a record begins.
_RECORD = b"WARC/"


class _Head(NamedTuple):
    fields: dict[str, str]
    length: int


def rows(path: Location, limit: int, reach: streams.Reach) -> Iterator[streams.Row]:
    """The pages of an archive, numbered from 0, each as the JSON of an object with id, url, crawled_at and text.

    A page of more than `limit` bytes has its size for a reason, and so has what stands where a record ought to begin,
    up to the next. Raises CorruptFileError behind the last record that is whole, and ReadError.
    """
    stream = _Stream(streams.read_blocks(path, reach=reach))
    number = 0
    line = stream.line()
    while True:
        begin = stream.passed - len(line)
        try:
            head = _head(stream, line)
        except CorruptFileError as error:
            if not (line := _next_record(stream)):
                raise
            why = f"{error}; {stream.passed - len(line) - begin:,} bytes up to the next record are left out"
            yield streams.Row(number, b"", Problem("quarantine.corrupt-record", why))
            number += 1
            continue
        if head is None:
            return
        begin = stream.passed
        is_page = head.fields.get("warc-type") == "conversion"
        raw, size = stream.take(head.length, limit if is_page else 0)
        if size < head.length:
            raise CorruptFileError(f"it is cut off: {size:,} bytes of {head.length:,} in the record at byte {begin:,}")
        if is_page:
            yield _row(number, head, raw, limit)
            number += 1
        line = stream.line()


def _next_record(stream: _Stream) -> bytes:
    """The line with which the next record begins; b"" where none does."""
    while (line := stream.line()) and not line.startswith(_RECORD):
        pass
    return line


def _head(stream: _Stream, line: bytes) -> _Head | None:
    """The head of the next record, of which or before which `line` has been read; None behind the last."""
    while line in (b"\r\n", b"\n"):
        line = stream.line()
    if not line:
        return None
    begin = stream.passed - len(line)
    if not line.startswith(_RECORD):
        raise CorruptFileError(f"no record of a web archive begins at byte {begin:,}")
    fields: dict[str, str] = {}
    while (line := stream.line().rstrip(b"\r\n")) and stream.passed - begin <= _HEAD:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            fields[name.strip().lower()] = value.strip()
    length = fields.get("content-length", "")
    if line or not (length.isascii() and length.isdigit() and len(length) <= 18):
        raise CorruptFileError(f"the record at byte {begin:,} does not say how long it is")
    return _Head(fields, int(length))


def _row(number: int, head: _Head, raw: bytes | None, limit: int) -> streams.Row:
    if raw is None:
        why = f"{head.length:,} bytes, more than max_record_bytes = {limit:,}"
        return streams.Row(number, b"", Problem("quarantine.too-large", why))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        try:
            text = decode(raw).text
        except UndecodableError as error:
            return streams.Row(number, raw, Problem("quarantine.bad-bytes", str(error)))
    fields = head.fields
    page = {
        "id": fields.get("warc-record-id", "").removeprefix("<urn:uuid:").removesuffix(">"),
        "url": fields.get("warc-target-uri", "").strip("<>"),
        "crawled_at": fields.get("warc-date", ""),
        "text": text,
    }
    return streams.Row(number, json.dumps(page, ensure_ascii=True).encode())
