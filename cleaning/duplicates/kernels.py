"""The loops that are compiled, see `cleaning.native`: they neither raise nor make arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.duplicates.characters import BREAK, DIGIT, MIX, SEED, SEVERAL, SHIFT, SINGLE, SKIP, START, STEP
from cleaning.native import native

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_u = np.uint64
_SEED, _STEP, _MIX = _u(SEED), _u(STEP), _u(MIX)
_SEED_B, _STEP_B = _u(0xC2B2AE3D27D4EB4F), _u(0xE7037ED1A0B428DB)
_SEED_C, _STEP_C = _u(0x165667B19E3779F9), _u(0xA0761D6478BD642F)
_POWER = _u(0x589965CC75374CC3)
# With _MIX the finaliser of MurmurHash3 (Austin Appleby, public domain).
_MIX_B = _u(0xC4CEB9FE1A85EC53)
_S29, _S32, _S33 = _u(29), _u(32), _u(33)
_ZERO, _ONE = _u(0), _u(1)
# Two codes that no character has: figures that stand apart, and a figure whose value is left out.
_GAP, _FIGURE = _u(0x110000), _u(0x110001)
_KIND, _LOW, _POINT = np.uint32(SHIFT), np.uint32((1 << SHIFT) - 1), np.uint32(0x1FFFFF)
_HAN = np.uint32(SINGLE << SHIFT)


@native("u1[] i8[] u8[] u4[] u4[] u8[] u8[] i8[] i4[] u8[,] u8[] -> i8")
def scan(
    data: npt.NDArray[np.uint8],
    starts: Places,
    ring: Words,
    table: npt.NDArray[np.uint32],
    several: npt.NDArray[np.uint32],
    figures: Words,
    values: Words,
    counts: Places,
    words: npt.NDArray[np.int32],
    prints: Words,
    templates: Words,
) -> int:
    """Tokenise and hash UTF-8 texts in one pass; `shingles.Shingles` says what comes out.

    `ring`: room for the tokens of a shingle, and so their number. A text's shingles stand unsorted, with
    repeats, after those of the text before it: `counts` of them.
    `values` must have a place for every second byte and one for each text. Returns how many were used.
    """
    mask = _u(figures.shape[0] - 1)
    size = ring.shape[0]
    drop = _ONE
    for _ in range(size):
        drop *= _POWER
    used = 0
    for d in range(starts.shape[0] - 1):
        i, end = starts[d], starts[d + 1]
        first = used
        count = quarters = 0
        a, b, t = _SEED, _SEED_B, _SEED_C
        token, rolled = _SEED, _ZERO
        is_open = single = digit = gap = figure = False
        t_before, figure_before = t, figure
        ring[:] = _ZERO
        while i <= end:
            code = np.uint32(0)
            if i < end:
                x = np.uint32(data[i])
                i += 1
                if x >= 0xC0:
                    more = 1 if x < 0xE0 else (2 if x < 0xF0 else 3)
                    x &= np.uint32(0x3F >> more)
                    while more > 0 and i < end:
                        x = (x << np.uint32(6)) | np.uint32(data[i] & 0x3F)
                        i += 1
                        more -= 1
                if x < table.shape[0]:
                    code = table[x]
                elif 0x20000 <= x < 0x40000:  # the planes of Han characters
                    code = _HAN | x
            else:
                i += 1
            kind = code >> _KIND
            if kind == SKIP:
                continue
            if is_open and (single or kind in (BREAK, SINGLE, START)):
                h = token
                h ^= h >> _S33
                h *= _MIX
                h ^= h >> _S29
                # a month, a day of the week or a number word counts as a figure in the template
                at = h & mask
                while figures[at] != _ZERO:
                    if figures[at] == h:
                        t, figure = t_before, figure_before
                        if not figure:
                            t = (t ^ _FIGURE) * _STEP_C
                            t ^= t >> _S32
                            figure = True
                        break
                    at = (at + _ONE) & mask
                slot = count % size
                rolled = rolled * _POWER + h - ring[slot] * drop
                ring[slot] = h
                count += 1
                if count >= size:
                    h = rolled
                    h ^= h >> _S33
                    h *= _MIX
                    h ^= h >> _S33
                    h *= _MIX_B
                    h ^= h >> _S33
                    values[used] = h
                    used += 1
                is_open = False
            if kind == BREAK:
                gap = True
                continue
            if not is_open:
                token = _SEED
                t_before, figure_before = t, figure
                is_open = True
                quarters += 2 if kind == SINGLE else (1 if kind == START else 4)
            single = kind == SINGLE
            at_code: Any = 0
            codes: Any = 1
            if kind == SEVERAL:
                at_code = np.int64(code & _LOW)
                codes = np.int64(several[at_code])
            for k in range(codes):
                if kind == SEVERAL:
                    code = several[at_code + 1 + k]
                c = _u(code & _POINT)
                token = (token ^ c) * _STEP
                token ^= token >> _S32
                now = code >> _KIND == DIGIT
                if now and digit and gap:  # "1.5" is not "15"
                    a = (a ^ _GAP) * _STEP_B
                    a ^= a >> _S32
                    b = (b + _GAP) * _STEP
                    b ^= b >> _S29
                a = (a ^ c) * _STEP_B
                a ^= a >> _S32
                b = (b + c) * _STEP
                b ^= b >> _S29
                if not now or not figure:
                    t = (t ^ (_FIGURE if now else c)) * _STEP_C
                    t ^= t >> _S32
                digit = figure = now
                gap = False
        if 0 < count < size:  # a text shorter than one shingle is one shingle
            h = rolled ^ _u(count)
            h ^= h >> _S33
            h *= _MIX
            h ^= h >> _S33
            values[used] = h
            used += 1
        words[d] = (quarters + 3) // 4
        counts[d] = used - first
        prints[d, 0] = a
        prints[d, 1] = b
        templates[d] = t
    return used


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
