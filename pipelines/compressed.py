"""Compressed files as streams that give all they hold up to where they are damaged, and then say so."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

import pyarrow as pa

from pipelines.errors import first_line
from pipelines.files import Location

CODECS = {".gz": "gzip", ".zst": "zstd"}
# Compressed bytes that are decoded at a time.
_PIECE = 1 << 16
_FAULTS = (OSError, pa.ArrowException)


class CorruptFileError(Exception):
    """A compressed file is damaged or cut off; one line that says how."""


def decompressed(path: Location, file: IO[bytes], size: int) -> Iterator[bytes]:
    """What is in the opened file, in blocks of at most `size` bytes: decompressed where its name says so.

    Raises CorruptFileError behind the last byte that can be had of a damaged file, and OSError.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        yield from _gunzipped(file, size)
    elif suffix == ".zst":
        yield from _unpacked(path, file, size)
    else:
        while block := file.read(size):
            yield block


def _gunzipped(file: IO[bytes], size: int) -> Iterator[bytes]:
    held, count = list[bytes](), 0
    member = zlib.decompressobj(31)
    begun = False  # a file may have several members
    fault = ""
    left = b""
    while not fault and (left := left or file.read(_PIECE)):
        if not begun and not (left := left.lstrip(b"\0")):  # some pad the end
            continue
        begun = True
        before = member.copy()
        try:
            block = member.decompress(left, size - count)
            left = member.unused_data if member.eof else member.unconsumed_tail
        except zlib.error as error:
            block, fault = _up_to_fault(before, left), first_line(error)
        if member.eof:
            member, begun = zlib.decompressobj(31), False
        held.append(block)
        count += len(block)
        if count >= size:
            yield b"".join(held)
            held, count = [], 0
    if begun and not fault:
        # What zlib still holds of the last piece, where that said more than there was room for.
        held.append(block := member.flush())
        count += len(block)
        fault = "" if member.eof else "it is cut off"
    if count:
        yield b"".join(held)
    if fault:
        raise CorruptFileError(fault)


def _up_to_fault(member: Any, piece: bytes) -> bytes:
    """What the piece says before its fault: byte by byte, for zlib's Python drops what it had before it fails."""
    held = bytearray()
    with suppress(zlib.error):
        for at in range(len(piece)):
            held += member.decompress(piece[at : at + 1])
    return bytes(held)


def _unpacked(path: Location, file: IO[bytes], size: int) -> Iterator[bytes]:
    # Arrow's stream and not zstandard's, which takes a file that is cut off for a whole one.
    done = 0
    try:
        with pa.input_stream(file, compression="zstd") as stream:
            while block := stream.read(size):
                done += len(block)
                yield block
    except _FAULTS as error:
        # The codec's own errors have no errno; those of the disk have one.
        if getattr(error, "errno", None) is not None:
            raise
        # It drops what it had before it fails, so it is read again, and from there on a little at a time.
        held = bytearray()
        with suppress(*_FAULTS), path.open("rb") as again, pa.input_stream(again, compression="zstd") as stream:
            while done > 0 and (block := stream.read(min(done, size))):
                done -= len(block)
            while byte := stream.read(1):
                held += byte
        if held:
            yield bytes(held)
        raise CorruptFileError(first_line(error)) from error
