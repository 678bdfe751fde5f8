"""Words, tokens and lines of texts, and how they repeat, counted by compiled loops over their characters."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.native import native
from cleaning.signal_characters import ENDS, KIND, LETTER, LOWER, MARK, NUMBER, SINGLE, SPACE, UPPER, WIDE

_SHORT = 30  # columns
_STEP = 0x9E3779B97F4A7C1  # odd: hashes of 64 bits, the same on every machine


class Totals(NamedTuple):
    """What each text has."""

    words: npt.NDArray[np.int64]
    word_chars: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int64]
    no_letter: npt.NDArray[np.int64]
    """Tokens without a letter."""
    capitals: npt.NDArray[np.int64]
    """Tokens whose letters are capitals."""
    lines: npt.NDArray[np.int64]
    line_chars: npt.NDArray[np.int64]
    ellipses: npt.NDArray[np.int64]
    punctuated: npt.NDArray[np.int64]
    short: npt.NDArray[np.int64]
    symbols: npt.NDArray[np.int64]
    """`#`, `…` and three dots."""
    brackets: npt.NDArray[np.int64]
    """Curly ones."""
    breaks: npt.NDArray[np.int64]
    """Line feeds."""
    lorem: npt.NDArray[np.int64]
    """Words that end with it."""


class Repeats(NamedTuple):
    """How runs of n elements, words or lines, repeat. Runs overlap: each element but the last n - 1 begins one."""

    different: npt.NDArray[np.float64]
    entropy: npt.NDArray[np.float64]
    """Of the distribution of runs, in nats."""
    again: npt.NDArray[np.float64]
    """Runs that occur earlier already."""
    again_chars: npt.NDArray[np.float64]
    """Characters of their first elements."""
    top: npt.NDArray[np.float64]
    """Characters of the commonest run, the first one of several, times how often it occurs; 0 if that is once."""
    covered: npt.NDArray[np.float64]
    """Characters of the elements of runs that occur more than once."""


@functools.cache
def logarithms() -> npt.NDArray[np.float64]:
    """Of the numbers below 1024, for a logarithm takes long; of 0 it is 0."""
    return np.log(np.maximum(np.arange(1024), 1))


@native("u4[] i8[] u1[] i4[]")
def count_words(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
) -> None:
    """Compiled: count the words of each text."""
    for text in range(len(counts)):
        words = 0
        inside = False
        for at in range(starts[text], starts[text + 1]):
            kind = kinds[codes[at]] & KIND
            if kind == SINGLE:
                words += 1
                inside = False
            elif kind >= NUMBER:
                words += not inside
                inside = True
            elif kind != MARK:
                inside = False
        counts[text] = words


@native("u4[] i8[] u1[] u4[] i8[,] i8[] i8[] i8[] f8[] i8[,] f8[,,]")
def measure(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint8],
    lower: npt.NDArray[np.uint32],
    scratch: npt.NDArray[np.int64],
    slot_of: npt.NDArray[np.int64],
    key: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
    logs: npt.NDArray[np.float64],
    totals: npt.NDArray[np.int64],
    found: npt.NDArray[np.float64],
) -> None:
    """Compiled: `Totals` of each text, and `Repeats` of its words, pairs and runs of ten, and of its lines."""
    word, length, line, width = scratch[0], scratch[1], scratch[2], scratch[3]
    for text in range(len(totals)):
        _scan(codes[starts[text] : starts[text + 1]], kinds, lower, word, length, line, width, totals[text])
        words, lines = totals[text, 0], totals[text, 5]
        _repeats(word, length, words, 1, slot_of, key, count, logs, found[text, 0])
        pairs = _repeats(word, length, words, 2, slot_of, key, count, logs, found[text, 1])
        if pairs >= 9:  # of a run of ten that occurs again all pairs do
            _repeats(word, length, words, 10, slot_of, key, count, logs, found[text, 2])
        else:
            found[text, 2] = 0
            found[text, 2, 0] = max(words - 9, 0)
        _repeats(line, width, lines, 1, slot_of, key, count, logs, found[text, 3])


def _hash_line(codes: npt.NDArray[np.uint32], first: int, last: int) -> np.int64:
    """Compiled: two characters at a time in each of two lanes, for one has to wait for what it has made of the last."""
    one, two = np.int64(last - first), np.int64(0)
    at = first
    while at + 3 <= last:
        one = (one ^ (np.int64(codes[at]) | np.int64(codes[at + 1]) << 32)) * _STEP
        two = (two ^ (np.int64(codes[at + 2]) | np.int64(codes[at + 3]) << 32)) * _STEP
        one ^= one >> 29
        two ^= two >> 29
        at += 4
    while at <= last:
        one = (one ^ np.int64(codes[at])) * _STEP
        one ^= one >> 29
        at += 1
    one = (one ^ two ^ two << 31) * _STEP
    return np.int64(one ^ one >> 29)


def _scan(
    codes: npt.NDArray[np.uint32],
    kinds: npt.NDArray[np.uint8],
    lower: npt.NDArray[np.uint32],
    word: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    line: npt.NDArray[np.int64],
    width: npt.NDArray[np.int64],
    totals: npt.NDArray[np.int64],
) -> None:
    """Compiled: hash and length of each word and of each line that is not blank; `Totals` into the last."""
    words = word_chars = signs = no_letter = capitals = 0
    lines = line_chars = ellipses = punctuated = short = 0
    symbols = brackets = breaks = lorem = 0
    sign = False  # within a token that is no word
    dots = 0  # in a row
    first = last = -1  # of the line, without the white space at its ends
    place, end = 0, len(codes)
    while place <= end:
        code = codes[place] if place < end else np.uint32(10)
        kind = kinds[code] & KIND
        if kind >= NUMBER:
            begin, single = place, kind == SINGLE
            state, seen = np.int64(0), 0
            while True:
                seen |= 1 << kind
                state = (state + np.int64(lower[code] if code < len(lower) else code) + 1) * _STEP
                state ^= state >> 29
                place += 1
                if place == end:
                    break
                code = codes[place]
                kind = kinds[code] & KIND
                if kind != MARK and (single or kind < NUMBER or kind == SINGLE):
                    break
            word[words] = state
            length[words] = place - begin
            words += 1
            word_chars += place - begin
            no_letter += seen >> LETTER == 0
            capitals += seen >> UPPER & 1 and not seen >> LOWER & 1
            if codes[place - 1] | 32 == 109 and place - begin >= 5:
                lorem += (
                    codes[place - 2] | 32 == 101
                    and codes[place - 3] | 32 == 114
                    and codes[place - 4] | 32 == 111
                    and codes[place - 5] | 32 == 108
                )
            sign = False
            dots = 0
            if first < 0:
                first = begin
            last = place - 1
            continue
        if kind != SPACE:
            signs += not sign
            sign = True
            dots = dots + 1 if code == 46 else 0
            if dots == 3:
                dots = 0
                symbols += 1
            symbols += code == 35 or code == 0x2026
            brackets += code == 123 or code == 125
            if first < 0:
                first = place
            last = place
        else:
            sign = False
            dots = 0
            breaks += code == 10 and place < end
            if code == 10 and first >= 0:
                chars = last + 1 - first
                line[lines], width[lines] = _hash_line(codes, first, last), chars
                lines += 1
                line_chars += chars
                if chars <= _SHORT:
                    columns = chars
                    for at in range(first, last + 1):
                        columns += kinds[codes[at]] & WIDE != 0
                    short += columns <= _SHORT
                punctuated += kinds[codes[last]] & ENDS != 0
                three = last - first > 1 and codes[last] == codes[last - 1] == codes[last - 2] == 46
                ellipses += three or codes[last] == 0x2026
                first = -1
        place += 1
    totals[0], totals[1], totals[2] = words, word_chars, words + signs
    totals[3], totals[4] = no_letter + signs, capitals
    totals[5], totals[6], totals[7], totals[8], totals[9] = lines, line_chars, ellipses, punctuated, short
    totals[10], totals[11], totals[12], totals[13] = symbols, brackets, breaks, lorem


def _repeats(
    hashes: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    size: int,
    n: int,
    slot_of: npt.NDArray[np.int64],
    key: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
    logs: npt.NDArray[np.float64],
    found: npt.NDArray[np.float64],
) -> int:
    """Compiled: count the runs of n among the first `size` elements in a hash table. Equal hashes are taken for equal
    runs. `key` and `count` are zeros, and left so. `logs`: of small numbers. Returns how many runs that occur more
    than once begin at elements in a row, at most.
    """
    runs = max(size + 1 - n, 0)
    room = 4
    while room < 2 * runs:
        room *= 2
    again = again_chars = 0
    # Karp and Rabin's rolling hash, modulo 2^64; what it adds up are hashes with well mixed bits.
    leaves, rolled = np.int64(1), np.int64(0)
    for at in range(min(n - 1, size)):
        rolled = rolled * _STEP + hashes[at]
        leaves *= _STEP
    for at in range(runs):
        if at > 0:
            rolled -= hashes[at - 1] * leaves
        rolled = rolled * _STEP + hashes[at + n - 1]
        state = rolled if rolled != 0 else np.int64(1)
        slot = (state ^ state >> 32) & (room - 1)
        while key[slot] != 0 and key[slot] != state:
            slot = (slot + 1) & (room - 1)
        if key[slot] != 0:
            again += 1
            again_chars += lengths[at]
        key[slot] = state
        count[slot] += 1
        slot_of[at] = slot

    most, top, covered, until = 1, 0, 0, 0
    in_a_row = longest = 0
    logarithms = 0.0  # of how often each run occurs
    for at in range(size):
        often = count[slot_of[at]] if at < runs else 1
        if often > 1:
            until = at + n
            logarithms += logs[often] if often < len(logs) else math.log(often)
            in_a_row += 1
            longest = max(longest, in_a_row)
            if often > most:
                most = often
                top = 0
                for more in range(n):
                    top += most * lengths[at + more]
        else:
            in_a_row = 0
        if at < until:
            covered += lengths[at]
    entropy = math.log(runs) - logarithms / runs if runs - again > 1 else 0.0
    key[:room] = 0
    count[:room] = 0
    found[0], found[1], found[2] = runs - again, max(entropy, 0.0), again
    found[3], found[4], found[5] = again_chars, top, covered
    return longest
