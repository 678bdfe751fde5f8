"""Texts cut into lines, and equal lines numbered alike, by compiled loops over their characters."""

from __future__ import annotations

import secrets
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.codes import Codes, Spans
from cleaning.native import native

Places = npt.NDArray[np.int64]

# An LF ends a line, and no character behind this one is white space.
_LAST_BLANK = 0x3000


class Cut(NamedTuple):
    """The n lines of some texts that are not blank, text after text."""

    starts: Places
    """(texts + 1,): lines of text t are starts[t] to starts[t + 1]."""
    line_no: npt.NDArray[np.int32]
    """1-based number of the line in its text."""
    whole: Spans
    """Each line as it stands, without its LF."""
    trimmed: Spans
    """Each line without the white space at its ends, as `str.strip` leaves it."""


def cut(texts: Codes) -> Cut:
    """Cut texts at LF.

    >>> from cleaning.codes import codes_of
    >>> found = cut(codes_of([" a\\n\\nb", ""]))
    >>> found.starts.tolist(), found.line_no.tolist(), found.trimmed.starts.tolist(), found.whole.starts.tolist()
    ([0, 2, 2], [1, 3], [1, 4], [0, 4])
    """
    count = len(texts.starts) - 1
    most = count + int(np.count_nonzero(texts.codes == ord("\n")))
    starts = np.zeros(count + 1, np.int64)
    line_no = np.empty(most, np.int32)
    bounds = np.empty((4, most), np.int64)
    found = _cut(*texts, _blanks(), starts, line_no, bounds)
    begins, stops, firsts, lasts = bounds[:, :found]
    return Cut(starts, line_no[:found], Spans(texts.codes, begins, stops), Spans(texts.codes, firsts, lasts))


def number_equal(texts: Spans) -> tuple[npt.NDArray[np.int32], Places, npt.NDArray[np.uint64]]:
    """The same number for equal texts, from 0 in the order in which they are first met; where each is first met; and
    its hash, the same for as long as the process lives.

    >>> from cleaning.codes import spans_of
    >>> key, first, hashes = number_equal(spans_of(["a", "b", "a", "c"]))
    >>> key.tolist(), first.tolist()
    ([0, 1, 0, 2], [0, 1, 3])
    """
    count = len(texts.starts)
    key, first = np.empty(count, np.int32), np.empty(count, np.int64)
    slots = np.zeros(1 << max(2, (2 * count).bit_length()), np.int32)
    hashes = np.empty(count, np.uint64)
    found = _number(*texts, _seed(), slots, hashes, key, first)
    return key, first[:found], hashes[:found]


@cache
def _blanks() -> npt.NDArray[np.bool_]:
    return np.array([chr(code).isspace() for code in range(_LAST_BLANK + 1)])


@cache
def _seed() -> int:
    """Of the hashes of a process, which decide nothing but how long it takes: nobody can make lines that all meet."""
    return secrets.randbits(62)


@native("u4[] i8[] b1[] i8[] i4[] i8[,] -> i8")
def _cut(
    codes: npt.NDArray[np.uint32],
    texts: Places,
    blanks: npt.NDArray[np.bool_],
    starts: Places,
    line_no: npt.NDArray[np.int32],
    bounds: Places,
) -> int:
    """Compiled: fills the last three; the number of lines. `bounds`: begin and end of each, and both trimmed."""
    found = 0
    for text in range(len(texts) - 1):
        at, end, line = texts[text], texts[text + 1], 0
        while at <= end:
            begin = at
            while at < end and codes[at] != 10:
                at += 1
            stop = at
            at += 1
            line += 1
            first, last = begin, stop
            while first < last and codes[first] <= _LAST_BLANK and blanks[codes[first]]:
                first += 1
            while first < last and codes[last - 1] <= _LAST_BLANK and blanks[codes[last - 1]]:
                last -= 1
            if first < last:
                line_no[found] = line
                bounds[0, found], bounds[1, found], bounds[2, found], bounds[3, found] = begin, stop, first, last
                found += 1
        starts[text + 1] = found
    return found


@native("u4[] i8[] i8[] i8 i4[] u8[] i4[] i8[] -> i8")
def _number(
    codes: npt.NDArray[np.uint32],
    starts: Places,
    stops: Places,
    seed: int,
    slots: npt.NDArray[np.int32],
    hashes: npt.NDArray[np.uint64],
    key: npt.NDArray[np.int32],
    first: Places,
) -> int:
    """Compiled: fills the last two; how many there are. `slots` are zeros; `hashes` is room for those of the texts."""
    step, shift, half = np.uint64(0x9E3779B97F4A7C15), np.uint64(29), np.uint64(32)
    found = 0
    mask = len(slots) - 1
    for text in range(len(starts)):
        begin, end = starts[text], stops[text]
        # Two at a time in each of two lanes, for one has to wait for what it has made of the last.
        one = np.uint64(seed) ^ np.uint64(end - begin)
        two = ~one
        at = begin
        while at + 4 <= end:
            one = (one ^ (np.uint64(codes[at]) | np.uint64(codes[at + 1]) << half)) * step
            two = (two ^ (np.uint64(codes[at + 2]) | np.uint64(codes[at + 3]) << half)) * step
            one ^= one >> shift
            two ^= two >> shift
            at += 4
        while at < end:
            one = (one ^ np.uint64(codes[at])) * step
            one ^= one >> shift
            at += 1
        mixed = (one ^ (two << np.uint64(31) | two >> np.uint64(33))) * step
        mixed ^= mixed >> half
        slot = np.int64(mixed & np.uint64(mask))
        while slots[slot] != 0:
            other = slots[slot] - 1
            if hashes[other] == mixed:
                here = starts[first[other]]
                if stops[first[other]] - here == end - begin:
                    same = True
                    for place in range(end - begin):
                        if codes[here + place] != codes[begin + place]:
                            same = False
                            break
                    if same:
                        break
            slot = (slot + 1) & mask
        if slots[slot] == 0:
            hashes[found], first[found] = mixed, text
            found += 1
            slots[slot] = found
        key[text] = slots[slot] - 1
    return found
