"""The loops that compare shingles, compiled, see `cleaning.native`: they neither raise nor make arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.native import native

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


@native("u8[] i8[] -> i8")
def distinct(values: Words, bounds: Places) -> int:
    """Close up runs of ascending values, one for each document, so that each value of a run is there once.

    Run d is values[bounds[d]:bounds[d + 1]], before and after. Returns how many values are left.
    """
    used = begin = 0
    for d in range(bounds.shape[0] - 1):
        end = bounds[d + 1]
        for k in range(begin, end):
            if k == begin or values[k] != values[k - 1]:
                values[used] = values[k]
                used += 1
        begin = end
        bounds[d + 1] = used
    return used


def _overlap(values: Words, a: int, a_end: int, b: int, b_end: int, least: float) -> int:
    """How many values two ascending runs without repeats share; fewer where they cannot share `least`.

    Skips ahead where one run is much longer.
    """
    if a_end - a > b_end - b:
        a, a_end, b, b_end = b, b_end, a, a_end
    shared = 0
    if b_end - b > 32 * (a_end - a):
        while a < a_end and b < b_end:
            low, high = b, b_end
            while low < high:
                middle = (low + high) >> 1
                if values[middle] < values[a]:
                    low = middle + 1
                else:
                    high = middle
            b = low
            if b < b_end and values[b] == values[a]:
                shared += 1
            a += 1
        return shared
    while a < a_end and b < b_end and shared + a_end - a >= least:
        x, y = values[a], values[b]
        shared += x == y
        a += x <= y
        b += y <= x
    return shared


@native("u8[] i8[] i8[] u8 i8 i8[] u8[] i4[] -> i8")
def sample(
    values: Words, offsets: Places, rows: Places, limit: Any, least: int, counts: Places, hashes: Words, docs: Any
) -> int:
    """Each document's values below `limit`, but its `least` smallest at any rate. Returns how many there are.

    Writes as many as `hashes` and `docs` have room for: call it with none to know the room it takes.
    """
    used = 0
    for d in range(rows.shape[0]):
        at, end = offsets[rows[d]], offsets[rows[d] + 1]
        first = used
        while at < end and (values[at] < limit or used - first < least):
            if used < hashes.shape[0]:
                hashes[used] = values[at]
                docs[used] = d
            used += 1
            at += 1
        counts[d] = used - first
    return used


@native("u8[] i8[] i8[] i8[] f8 f8 i8[]")
def verify(values: Words, offsets: Places, a: Places, b: Places, jaccard: float, share: float, shared: Places) -> None:
    """For each pair of rows, how many shingles they share.

    Where that is less than both a Jaccard similarity of `jaccard` and the `share` of the smaller set need,
    it may be any number that is less: this saves counting to the end. Both 0: always the number.
    """
    for k in range(a.shape[0]):
        a_start, a_end, b_start, b_end = offsets[a[k]], offsets[a[k] + 1], offsets[b[k]], offsets[b[k] + 1]
        m, n = a_end - a_start, b_end - b_start
        least = min(jaccard / (1 + jaccard) * (m + n), share * min(m, n)) - 1
        shared[k] = _overlap(values, a_start, a_end, b_start, b_end, least)


@native("u8[] i8[] i8[] u8 u1[]")
def tally(values: Words, offsets: Places, rows: Places, shift: Any, table: Any) -> None:
    """Count the documents that have a shingle, by the upper bits of its hash, up to 255."""
    for row in rows:
        for k in range(offsets[row], offsets[row + 1]):
            bucket = values[k] >> shift
            if table[bucket] < 255:
                table[bucket] += 1


@native("u8[] i8[] i8[] i8[] u8 u1[] i8 i8[] i8[]")
def rare(
    values: Words, offsets: Places, a: Places, b: Places, shift: Any, table: Any, cap: int, own: Places, shared: Places
) -> None:
    """For each pair of rows: the shingles of the first that at most `cap` documents have, and those shared."""
    for k in range(a.shape[0]):
        at, end = offsets[b[k]], offsets[b[k] + 1]
        own[k] = shared[k] = 0
        for i in range(offsets[a[k]], offsets[a[k] + 1]):
            if table[values[i] >> shift] > cap:
                continue
            own[k] += 1
            while at < end and values[at] < values[i]:
                at += 1
            shared[k] += at < end and values[at] == values[i]


@native("u8[] i8[] i8[] i8[] i8[] u8[] f8 f8 i8[] i8[] i8[] i8[]")
def gather(
    values: Words,
    offsets: Places,
    rows: Places,
    links: Places,
    starts: Places,
    templates: Words,
    guard: float,
    newcomer: float,
    before: Places,
    leader: Places,
    asked: Places,
    queue: Places,
) -> None:
    """Stars: from each document, best first, along its links to those that overlap it themselves.

    A document joins where at least `guard` of its shingles stand in the star's leader; `newcomer` of them
    where `before` has it in another cluster than the leader. Texts of one template never join.
    """
    n = rows.shape[0]
    for u in range(n):
        if leader[u] >= 0:
            continue
        leader[u] = u
        u_start, u_end = offsets[rows[u]], offsets[rows[u] + 1]
        queue[0] = u
        head, tail = 0, 1
        while head < tail:
            x = queue[head]
            head += 1
            for k in range(starts[x], starts[x + 1]):
                v = links[k]
                if leader[v] >= 0 or asked[v] == u:
                    continue
                asked[v] = u
                if templates[v] == templates[u]:
                    continue
                v_start, v_end = offsets[rows[v]], offsets[rows[v] + 1]
                least = (guard if before[u] == before[v] else newcomer) * (v_end - v_start)
                if _overlap(values, u_start, u_end, v_start, v_end, least - 1) >= least:
                    leader[v] = u
                    queue[tail] = v
                    tail += 1
