"""A first, compiled look at the ends of lines: which of them can name who took a picture at all.

Hardly any line of prose does, and the patterns of `captions` take longer than all else that is asked of a line. What
is said here is never that a line has a credit, only that it has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans
from cleaning.linemodel.letters import CASELESS, KIND, characters
from cleaning.native import native

NO_CREDIT, SIGNED, MAY_CREDIT = 0, 1, 2
"""What an end may have: none; no more than words with a capital behind a full stop; anything."""

# What a run of letters and digits is: the last of a mark; a house, or the first and the last of one; the last but one
# and the last of a phrase that ends in `by` or the like; a phrase of one word, such as `fot.`; and the last character
# of a word that stands behind a name in brackets.
_MARK, _HOUSE, _HOUSE_FIRST, _HOUSE_LAST, _BEFORE, _LAST, _ALONE, _TAKEN = (1 << bit for bit in range(8))
_FACTOR, _START, _LOW = 0x9E3779B97F4A7C15, 0xCBF29CE484222325, (1 << 64) - 1
# The signs of data/captions.toml's lists, as `captions` reads them.
_COLONS, _CLOSERS, _OPENERS = ":：=＝/／・", ")]】）>", "([【（<"
# `…on the bridge. Ann Lee`: a full stop with so many words behind it, each with a capital.
_SIGNED = 5


def may_credit(ends: Spans, lists: Mapping[str, Sequence[str]]) -> npt.NDArray[np.uint8]:
    """What each text, the end of a line, may have: NO_CREDIT, SIGNED or MAY_CREDIT.

    `lists`: those of data/captions.toml, always the same.

    >>> from cleaning.codes import spans_of
    >>> lists = {"marks": ["photo"], "by": ["photo by"], "houses": ["AP"], "taken": ["撮影"]}
    >>> ends = ["At dawn. Photo: Lee", "At dawn / AP", "At dawn. Ann Lee", "Photo by Lee", "On the photo, dawn"]
    >>> may_credit(spans_of(ends), lists).tolist()
    [2, 2, 1, 2, 0]
    """
    words = {**lists, "houses": [*lists["houses"], *lists.get("alone", ())]}
    words["marks"] = [word for name in ("marks", "inside", "parted", "sources") for word in lists.get(name, ())]
    key = tuple((name, tuple(words[name])) for name in ("marks", "by", "houses", "taken"))
    out = np.zeros(len(ends.starts), np.uint8)
    _may_credit(ends.codes, ends.starts, ends.stops, *_tables(key), out)
    return out


# Places of the table of words, as bits: it has ten times as many as words, and is small enough to stay at hand.
_BITS = 13


@cache
def _tables(
    lists: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[
    npt.NDArray[np.uint16],
    npt.NDArray[np.uint32],
    npt.NDArray[np.uint64],
    npt.NDArray[np.uint8],
    npt.NDArray[np.uint8],
]:
    """Kinds and lower case of characters; hashes of words, each from the place of its first bits on, and what they are;
    what signs are.
    """
    kinds, lower = characters()
    lower = lower.copy()
    lower[[ord("İ"), ord("ς")]] = ord("i"), ord("σ")
    known: dict[int, int] = {}

    def add(word: str, what: int) -> None:
        value = _hash(word, lower)
        known[value] = known.get(value, 0) | what

    words = dict(lists)
    for phrase in words["marks"]:
        add(_runs(phrase, kinds)[-1], _MARK)
    for phrase in words["houses"]:
        *before, last = _runs(phrase, kinds)
        add(last, _HOUSE_LAST if before else _HOUSE)
        if before:
            add(before[-1], _HOUSE_FIRST)
    for phrase in words["by"]:
        *before, last = _runs(phrase, kinds)
        add(last, _LAST if before else _ALONE)
        if before:
            add(before[-1], _BEFORE)
    for word in words["taken"]:
        add(word[-1], _TAKEN)
    hashes, flags = np.zeros(1 << _BITS, np.uint64), np.zeros(1 << _BITS, np.uint8)
    for value, what in known.items():
        at = value >> (64 - _BITS)
        while hashes[at]:
            at = (at + 1) % len(hashes)
        hashes[at], flags[at] = value, what
    signs = np.zeros(1 << 16, np.uint8)
    signs[[*map(ord, _COLONS)]] = 1
    signs[[*map(ord, _CLOSERS)]] = 2
    signs[[*map(ord, _OPENERS)]] = 4
    signs[[ord("©"), ord("ⓒ")]] = 3
    return kinds, lower, hashes, flags, signs


def _runs(phrase: str, kinds: npt.NDArray[np.uint16]) -> list[str]:
    """The runs of letters and digits of a phrase."""
    return "".join(char if kinds[ord(char)] & KIND >= CASELESS else " " for char in phrase).split()


def _hash(word: str, lower: npt.NDArray[np.uint32]) -> int:
    value = _START
    for char in word:
        value = ((value ^ int(lower[ord(char)])) * _FACTOR) & _LOW
    return value


def _known(value: np.uint64, hashes: npt.NDArray[np.uint64], flags: npt.NDArray[np.uint8]) -> int:
    """Compiled: what the word with this hash is; 0 for one of no list."""
    at = np.int64(value >> np.uint64(64 - _BITS))
    while hashes[at] != np.uint64(0):
        if hashes[at] == value:
            return int(flags[at])
        at = (at + 1) & (len(hashes) - 1)
    return 0


def _is_house(known: int, before: int) -> bool:
    """Compiled: whether a run of letters, or it and the one right before it, is a house."""
    return bool(known & _HOUSE or (known & _HOUSE_LAST and before & _HOUSE_FIRST))


@native("u4[] i8[] i8[] u2[] u4[] u8[] u1[] u1[] u1[]")
def _may_credit(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint16],
    lower: npt.NDArray[np.uint32],
    hashes: npt.NDArray[np.uint64],
    flags: npt.NDArray[np.uint8],
    signs: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8],
) -> None:
    """Compiled: fills `out`."""
    for text in range(len(out)):
        begin, end = starts[text], stops[text]
        if end == begin:
            continue
        last = codes[end - 1]
        closed = last < 0x10000 and signs[last] == 2
        # `홍길동 기자` at the end
        found = end - begin > 2 and last == 0xC790 and codes[end - 2] == 0xAE30
        found = found or last == 0x6444 or last == 0x651D  # `记者 李安 摄`
        house_inside = False
        known = before = 0  # what the last run of letters is, and the one that stands right before it
        run_end, run_start = begin - 9, begin
        inside = False
        value = np.uint64(0xCBF29CE484222325)
        at = begin
        while at < end and not found:
            code = codes[at]
            if code < 0x20000 and kinds[code] & KIND < CASELESS:
                if inside:
                    inside = False
                    run_end = at
                    known = _known(value, hashes, flags)
                    if known & _ALONE or (known & _LAST and before & _BEFORE):
                        found = True
                    if closed and known & _MARK and run_start > begin:
                        sign = codes[run_start - 1]
                        found = found or (sign < 0x10000 and signs[sign] == 4)  # `(Photo Ann Lee)`
                sign = signs[code] if code < 0x10000 else np.uint8(0)
                if sign == 1 and (
                    (known & _MARK and (at - run_end <= 1 or (at - run_end == 2 and codes[run_end] == 46)))  # `Сн. /`
                    or (code == 47 and _is_house(known, before))  # `Imago/Ann Lee`
                ):
                    found = True
                if sign == 3:
                    found = True
            else:
                if not inside:
                    inside = True
                    run_start = at
                    before = known if at - run_end == 1 else 0
                    value = np.uint64(0xCBF29CE484222325)
                one = lower[code] if code < 0x20000 else code
                value = (value ^ np.uint64(one)) * np.uint64(0x9E3779B97F4A7C15)
                if closed and _is_house(_known(value, hashes, flags), before):
                    house_inside = True  # `(AP사진/…)` too: the run goes on behind the name
                if one == 116 and at - begin >= 8:  # the last of `copyright`, whatever follows
                    found = (
                        lower[min(codes[at - 8], 0x1FFFF)] == 99
                        and lower[min(codes[at - 7], 0x1FFFF)] == 111
                        and lower[min(codes[at - 6], 0x1FFFF)] == 112
                        and lower[min(codes[at - 5], 0x1FFFF)] == 121
                        and lower[min(codes[at - 4], 0x1FFFF)] == 114
                        and lower[min(codes[at - 3], 0x1FFFF)] == 105
                        and lower[min(codes[at - 2], 0x1FFFF)] == 103
                        and lower[min(codes[at - 1], 0x1FFFF)] == 104
                    )
            at += 1
        if not found and inside:
            known, run_end = _known(value, hashes, flags), end
        if not found and _is_house(known, before) and (run_end == end or (closed and run_end == end - 1)):
            found = True  # at the very end
        if not found and closed:
            at = end - 2
            taken = False
            if at > begin:
                code = codes[at]
                one = lower[code] if code < 0x20000 else code
                value = (np.uint64(0xCBF29CE484222325) ^ np.uint64(one)) * np.uint64(0x9E3779B97F4A7C15)
                taken = _known(value, hashes, flags) & _TAKEN != 0
            found = taken or house_inside
        if found:
            out[text] = MAY_CREDIT
            continue
        # words with a capital, from the last one back, up to a full stop
        at = end
        for _ in range(_SIGNED):
            if found or at <= begin:
                break
            stop = at
            while at > begin and codes[at - 1] != 32:
                at -= 1
            first = codes[at] if at < stop else np.uint32(0)
            if not (65 <= first <= 90 or (0xC0 <= first <= 0xDE and first != 0xD7)) or at - 2 < begin:
                break
            at -= 1  # the space
            mark = codes[at - 1]
            quoted = mark == 34 or mark == 39 or mark == 0x201D or mark == 0x2019
            found = mark == 46 or (quoted and at - 2 >= begin and codes[at - 2] == 46)
        out[text] = SIGNED if found else NO_CREDIT
