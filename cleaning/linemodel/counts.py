"""Counting over the lines of each document of a batch.

Sums are taken over whole batches in integers of 1/UNIT: a float's rounding would depend on what came before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.linemodel.shapes import BUCKETS, KIND_SHIFT, LONG_WORD, PIECE
from cleaning.native import native

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

UNIT = 1024


def count_keys(keys: npt.NDArray[Any], starts: Ints, below: int, counted: npt.NDArray[np.bool_] | None = None) -> Ints:
    """How often the key of each row stands among the rows of its document, or among those that are `counted`.

    Keys are whole numbers from 0 on, `below` another.
    """
    times = np.zeros(len(keys), np.int64)
    marks = np.ones(len(keys), np.uint8) if counted is None else counted.view(np.uint8)
    _count(keys.astype(np.int32), marks, starts, np.zeros(below, np.int64), times)
    return times


@native("i4[] u1[] i8[] i8[] i8[]")
def _count(keys: npt.NDArray[np.int32], counted: npt.NDArray[np.uint8], starts: Ints, seen: Ints, times: Ints) -> None:
    """Compiled. `seen`: a zero for each key."""
    for document in range(len(starts) - 1):
        for row in range(starts[document], starts[document + 1]):
            seen[keys[row]] += counted[row]
        for row in range(starts[document], starts[document + 1]):
            times[row] = seen[keys[row]]
        for row in range(starts[document], starts[document + 1]):
            seen[keys[row]] = 0


def find_first(keys: npt.NDArray[Any], starts: Ints, below: int) -> Ints:
    """(n,): the first row of its document that has the key of this one. `below`: as of `count_keys`."""
    first = np.zeros(len(keys), np.int64)
    _find_first(keys.astype(np.int32), starts, np.full(below, -1, np.int64), first)
    return first


@native("i4[] i8[] i8[] i8[]")
def _find_first(keys: npt.NDArray[np.int32], starts: Ints, seen: Ints, first: Ints) -> None:
    """Compiled. `seen`: a -1 for each key."""
    for document in range(len(starts) - 1):
        for row in range(starts[document], starts[document + 1]):
            if seen[keys[row]] < starts[document]:
                seen[keys[row]] = row
            first[row] = seen[keys[row]]


def sum_weights(grams: npt.NDArray[np.uint16], starts: Ints, weights: npt.NDArray[np.int16]) -> Ints:
    """(n,): the sum over the grams of each text; `weights`: (BUCKETS,)."""
    sums = np.zeros(len(starts) - 1, np.int64)
    _add_weights(grams, starts, weights, sums)
    return sums


@native("u2[] i8[] i2[] i8[]")
def _add_weights(grams: npt.NDArray[np.uint16], starts: Ints, weights: npt.NDArray[np.int16], sums: Ints) -> None:
    """Compiled. `sums`: zeros."""
    for text in range(len(sums)):
        for at in range(starts[text], starts[text + 1]):
            sums[text] += weights[grams[at] & (BUCKETS - 1)]


def sums_of(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Sums of the first n values, exact in steps of 1/UNIT."""
    steps = np.rint(np.asarray(values, np.float64) * UNIT).astype(np.int64)
    return np.concatenate([[0], np.cumsum(steps)]) / UNIT


@native("u2[] i8[] i4[] i8[] u1[] i4[,] f4[] f4[] f4[]")
def count_overlap(
    grams: npt.NDArray[np.uint16],
    starts: Ints,
    key: npt.NDArray[np.int32],
    document: Ints,
    prose: npt.NDArray[np.uint8],
    counted: npt.NDArray[np.int32],
    shared: Floats,
    common: Floats,
    number: Floats,
) -> None:
    """Compiled. For each line the share of its long words and pieces that other prose of its document has (-1: none),
    the share of its words that a third of the prose lines have, and log(1 + number) of the former: into the last three.

    `counted`: (BUCKETS, 2) zeros, in how many prose lines and in which last; grams that share a bucket count as the
    same.
    """
    size = len(key)
    begin = 0
    stamp = 0
    while begin < size:
        end = begin
        lines = 0
        while end < size and document[end] == document[begin]:
            if prose[end]:
                lines += 1
                stamp += 1
                for at in range(starts[key[end]], starts[key[end] + 1]):
                    if grams[at] >> KIND_SHIFT <= PIECE:
                        entry = counted[grams[at] & (BUCKETS - 1)]
                        entry[0] += entry[1] != stamp
                        entry[1] = stamp
            end += 1
        for line in range(begin, end):
            own = 1 if prose[line] else 0
            most = max(own + 1, (lines + 2) // 3)
            long = found = every = often = 0
            # without branches: what a gram is the processor cannot foresee
            for at in range(starts[key[line]], starts[key[line] + 1]):
                kind = grams[at] >> KIND_SHIFT
                count = counted[grams[at] & (BUCKETS - 1), 0]
                is_word, is_long = int(kind <= LONG_WORD), int(kind == LONG_WORD) | int(kind == PIECE)
                every += is_word
                often += is_word & int(count >= most)
                long += is_long
                found += is_long & int(count > own)
            if long:
                shared[line] = found / long
            if every:
                common[line] = often / every
            number[line] = np.log1p(found)
        for line in range(begin, end):
            if prose[line]:
                for at in range(starts[key[line]], starts[key[line] + 1]):
                    counted[grams[at] & (BUCKETS - 1), 0] = 0
        begin = end
