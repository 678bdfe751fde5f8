"""Which texts of a corpus might be alike: those that share shingles of a sample. Nothing is decided here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleaning.duplicates import kernels

if TYPE_CHECKING:
    from cleaning.shingles import Shingles

Rows = npt.NDArray[np.int64]

SAMPLE = 1 << 59
"""A shingle whose hash is below is looked up: one in 32. The same for all texts, so copies agree on it."""
LEAST = 16
"""So many of a text's smallest hashes are looked up at any rate."""
EVERY = 40
"""Up to so many texts that share a shingle, all pairs are candidates."""
NEIGHBOURS = 4
"""Of more texts: the first with each other, and each with so many that follow it in rank."""
_PAIRS = 1 << 20
"""Pairs that are handed on at a time."""
_ENTRIES = 1 << 20
"""Sampled hashes that are sorted at a time, of all texts some that are told by their upper bits: 100 MB."""
_ORIGINS = 1 << 18
"""Pairs come together by their first text, of so many sampled hashes at a time: of each at most EVERY pairs."""


def sample(
    values: npt.NDArray[np.uint64], offsets: Rows, rows: Rows
) -> tuple[Rows, npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """What is looked up of each of `rows`: how many hashes, the hashes one after the other, and the place in `rows`
    of each. `values`, `offsets`: as in `Shingles`.
    """
    counts = np.empty(len(rows), np.int64)
    none = np.empty(0, np.uint64), np.empty(0, np.int32)
    used = kernels.sample(values, offsets, rows, np.uint64(SAMPLE), LEAST, counts, *none)
    hashes, texts = np.empty(used, np.uint64), np.empty(used, np.int32)
    kernels.sample(values, offsets, rows, np.uint64(SAMPLE), LEAST, counts, hashes, texts)
    return counts, hashes, texts


_FILES = 256
"""There are no more parts of either than this, however many texts."""
_BYTES_AT_A_TIME = 1 << 25
"""So much of the shingles is sampled at a time."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


def _sampled(
    shingles: Shingles, rows: Rows
) -> Iterator[tuple[Rows, Rows, npt.NDArray[np.uint64], npt.NDArray[np.int32]]]:
    """Of some places in `rows` at a time, as they lie in the file: the places, and `sample` of them."""
    order = np.argsort(rows)
    ends = np.cumsum(8 * (shingles.offsets[rows[order] + 1] - shingles.offsets[rows[order]]))
    begin = 0
    while begin < len(order):
        full = int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + _BYTES_AT_A_TIME, "right"))
        places = order[begin : (begin := max(full, begin + 1))]
        values, offsets, (some,) = shingles.held(rows[places])
        yield places, *sample(values, offsets, some)


class _Parted:
    """Rows of numbers in parts, on disk where there are more than a few."""

    def __init__(self, stack: ExitStack, parts: int, folder: str | None, *dtypes: npt.DTypeLike) -> None:
        room = max(_SMALL // parts, 1)
        self._dtype = np.dtype([(f"f{at}", dtype) for at, dtype in enumerate(dtypes)])
        self._files = [tempfile.SpooledTemporaryFile(room, dir=folder) for _ in range(parts)]  # noqa: SIM115
        for file in self._files:
            stack.enter_context(file)

    def add(self, part: npt.NDArray[np.integer[Any]], *columns: npt.NDArray[Any]) -> None:
        """Put rows, given by their columns, into their parts."""
        order = np.argsort(part, kind="stable")
        rows = np.empty(len(order), self._dtype)
        for name, column in zip(self._dtype.names or (), columns, strict=True):
            rows[name] = column[order]
        ends = np.cumsum(np.bincount(part, minlength=len(self._files))).tolist()
        for file, start, end in zip(self._files, [0, *ends], ends, strict=False):
            if end > start:
                file.write(rows[start:end].tobytes())

    def take(self) -> Iterator[npt.NDArray[Any]]:
        """The rows of each part, in the order in which they came; what is taken is gone."""
        for file in self._files:
            size = file.tell()
            file.seek(0)
            rows = np.frombuffer(file.read(size), self._dtype)
            file.close()
            yield rows


_SMALL = 1 << 24
"""Bytes that parts hold in memory before they are files."""


def find_candidates(shingles: Shingles, rows: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of places in `rows`, the lower one first, each pair once; in batches of at most `_PAIRS`.

    `rows`: distinct texts, best ranked first. Candidates share
    two sampled shingles, or one where either has no more than LEAST. The work is linear in the number of
    texts: a shingle that k texts share gives at most max(EVERY, NEIGHBOURS + 1) * k pairs.

    Two texts of Jaccard similarity .7 share 13 of 16 sampled shingles on average, so none is missed. Of a
    text of n shingles that is part of another of 4 n, 4 are expected: one in 60 of such parts is missed.
    On 15,307 texts with 3,506 parts, larger ones for the most, a sample four times as dense found no more.

    Memory: some 16 bytes a text, and a fixed room for hashes and pairs. They are sorted in parts, hashes by their
    upper bits and then pairs by their first text, which lie on disk beside the shingles where there are many.
    """
    if not len(rows):
        return
    folder = str(shingles.source.parent) if shingles.source else None
    counts = np.empty(len(rows), np.int64)
    # A text of n shingles has n / 32 hashes looked up, or LEAST of them.
    sizes = shingles.offsets[rows + 1] - shingles.offsets[rows]
    expected = int(np.maximum(sizes // 32, np.minimum(sizes, LEAST)).sum())
    parts = min(1 << (expected // _ENTRIES).bit_length(), _FILES)
    shift = np.uint64(65 - parts.bit_length())
    del sizes
    with ExitStack() as stack:
        entries = _Parted(stack, parts, folder, np.uint64, np.int32)
        for places, found, hashes, texts in _sampled(shingles, rows):
            counts[places] = found
            upper = (hashes * _MIX) >> shift if parts > 1 else np.zeros(len(hashes), np.uint64)
            entries.add(upper.astype(np.int64), hashes, places[texts])
        ends = np.cumsum(counts)
        group = np.maximum(ends - 1, 0) // max(_ORIGINS, 1 + int(ends[-1]) // _FILES)
        pairs = _Parted(stack, int(group[-1]) + 1, folder, np.int64)
        for some in entries.take():
            for found_pairs in _paired(some["f0"], some["f1"]):
                pairs.add(group[found_pairs >> 32], found_pairs)
        for some in pairs.take():
            both, shared = np.unique(some["f0"], return_counts=True)
            a, b = both >> 32, both & 0xFFFFFFFF
            enough = (shared >= 2) | (np.minimum(counts[a], counts[b]) <= LEAST)
            a, b = a[enough], b[enough]
            for start in range(0, len(a), _PAIRS):
                yield a[start : start + _PAIRS], b[start : start + _PAIRS]


def _paired(hashes: npt.NDArray[np.uint64], texts: npt.NDArray[np.int32]) -> Iterator[Rows]:
    """Pairs of texts that share a hash, the better ranked in the upper half; a pair as often as it shares one.

    `hashes`, `texts`: all entries of each hash that is among them.
    """
    used = len(hashes)
    if not used:
        return
    order = np.lexsort((texts, hashes))
    hashes, texts = hashes[order], texts[order]
    # Postings: entries of one hash stand together, best ranked first. Each reaches to some that follow it.
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    sizes = np.diff(starts, append=used)
    size = np.repeat(sizes, sizes)
    place = np.arange(used) - np.repeat(starts, sizes)
    reach = size - 1 - place
    far = (size > EVERY) & (place > 0)
    reach[far] = np.minimum(NEIGHBOURS, reach[far])
    del order, hashes, size, place, far
    entries = np.flatnonzero(reach > 0)
    reach = reach[entries]
    ends = np.cumsum(reach)
    begin = 0
    while begin < len(entries):
        done = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + _PAIRS, "right")))
        origin = np.repeat(entries[begin:end], reach[begin:end])
        pairs = texts[origin].astype(np.int64) << 32
        origin += 1 + np.arange(len(origin)) - np.repeat(ends[begin:end] - reach[begin:end] - done, reach[begin:end])
        pairs |= texts[origin]
        yield pairs
        begin = end
