"""Which texts of a corpus might be alike: those that share shingles of a sample. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
_MOST_BUCKETS = 28


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


_BUCKETS = 24
"""Bits of a hash by which it is first told whether it may stand in two texts: 16 MB."""
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


def _shared_entries(shingles: Shingles, rows: Rows) -> tuple[Rows, npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """What `sample` gives, but for hashes that stand in one text only: most of them. In order of hash and place.

    Sampled twice, so that what is held is what is shared: by about a hash in ten too many, which are told apart then.
    """
    counts = np.empty(len(rows), np.int64)
    total = 0
    bits = _BUCKETS
    while True:
        tally = np.zeros(1 << bits, np.uint8)
        shift = np.uint64(64 - bits)
        total = 0
        for places, found, hashes, _ in _sampled(shingles, rows):
            counts[places] = found
            bucket, times = np.unique((hashes * _MIX) >> shift, return_counts=True)
            tally[bucket] = np.minimum(tally[bucket] + times, 2)
            total += len(hashes)
        # Two hashes by chance in one bucket: rare where there are four times as many buckets.
        if total * 4 <= 1 << bits or bits >= _MOST_BUCKETS:
            break
        bits = min(_MOST_BUCKETS, max(bits + 1, (total * 4).bit_length()))
    kept_hashes, kept_texts = [np.empty(0, np.uint64)], [np.empty(0, np.int32)]
    for places, _, hashes, texts in _sampled(shingles, rows):
        shared = tally[(hashes * _MIX) >> shift] > 1
        kept_hashes.append(hashes[shared])
        kept_texts.append(places[texts[shared]].astype(np.int32))
    hashes, texts = np.concatenate(kept_hashes), np.concatenate(kept_texts)
    by_hash = np.lexsort((texts, hashes))
    return counts, hashes[by_hash], texts[by_hash]


def find_candidates(shingles: Shingles, rows: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of places in `rows`, the lower one first, each pair once; in batches of some `_PAIRS`.

    `rows`: distinct texts, best ranked first. Candidates share
    two sampled shingles, or one where either has no more than LEAST. The work is linear in the number of
    texts: a shingle that k texts share gives at most max(EVERY, NEIGHBOURS + 1) * k pairs.

    Two texts of Jaccard similarity .7 share 13 of 16 sampled shingles on average, so none is missed. Of a
    text of n shingles that is part of another of 4 n, 4 are expected: one in 60 of such parts is missed.
    On 15,307 texts with 3,506 parts, larger ones for the most, a sample four times as dense found no more.
    """
    counts, hashes, texts = _shared_entries(shingles, rows)
    used = len(hashes)
    if not used:
        return

    # Postings: entries of one hash stand together, best ranked first. Each reaches to some that follow it.
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    del hashes
    sizes = np.diff(starts, append=used)
    size = np.repeat(sizes, sizes)
    place = np.arange(used) - np.repeat(starts, sizes)
    reach = size - 1 - place
    far = (size > EVERY) & (place > 0)
    reach[far] = np.minimum(NEIGHBOURS, reach[far])
    del size, place, far

    entries = np.flatnonzero(reach > 0)
    entries = entries[np.argsort(texts[entries], kind="stable")]
    reach = reach[entries]
    ends = np.cumsum(reach)
    # Whole texts only, so that what a pair shares is counted in one batch.
    borders = np.flatnonzero(np.diff(texts[entries], append=-1)) + 1
    border_ends = ends[borders - 1]
    begin = 0
    while begin < len(entries):
        done = ends[begin - 1] if begin else 0
        full = np.searchsorted(border_ends, done + _PAIRS, "right") - 1
        end = int(borders[max(full, np.searchsorted(borders, begin, "right"))])
        origin = np.repeat(entries[begin:end], reach[begin:end])
        pairs = texts[origin].astype(np.int64) << 32
        origin += 1 + np.arange(len(origin)) - np.repeat(ends[begin:end] - reach[begin:end] - done, reach[begin:end])
        pairs |= texts[origin]
        del origin
        pairs, shared = np.unique(pairs, return_counts=True)
        a, b = pairs >> 32, pairs & 0xFFFFFFFF
        enough = (shared >= 2) | (np.minimum(counts[a], counts[b]) <= LEAST)
        yield a[enough], b[enough]
        begin = end
