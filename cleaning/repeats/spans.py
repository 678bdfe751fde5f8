"""Which lines of a document say what earlier lines of it said already: counted here, decided in `copies`.

All of it is compiled, see `cleaning.native`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.native import native
from cleaning.repeats.chains import I32, I64, U64, align
from cleaning.repeats.tokens import CAPITAL, CASELESS, FIGURE, WEIGHT, Tokens

U8 = npt.NDArray[np.uint8]

_HOLE = 5
"""Tokens in a row, on either side, that an edit may have changed or left out."""
_ADDED = 2
"""Tokens in a row that it may have added."""
_APART = 64
"""Tokens from one to the next, at most, in what a line repeats."""


class Matches(NamedTuple):
    """What each line of a batch has in common with earlier lines of its document; zero for most."""

    words: I32
    """Length in tenths of a word, see `tokens.WEIGHT`. Counted for every line."""
    digest: U64
    """Hash of the line's tokens: lines with equal tokens have equal digests. Of every line."""
    equal: I32
    """Tenths of a word in the tokens that stand in one place above, in the same order."""
    covered: I32
    """`equal`, and the tenths in edits between such tokens."""
    source: I32
    """Row of the earlier line that holds most of these tokens; -1: none."""
    first: I32
    last: I32
    """Rows of the sources of the first and the last of these tokens; -1: none."""
    before: I32
    after: I32
    """Tenths of a word in the `first` line before the match, and of the `last` line after it."""
    edits: I32
    """Tokens that stand nowhere above, and tokens left out."""
    figure_edits: I32
    """Those of them that hold a digit."""
    name_edits: I32
    """Those of them that hold a digit or begin with a capital."""
    caseless_edits: I32
    """Those of them in a script without capitals."""
    figures: I32
    """Tokens of the line that hold a digit."""
    figures_changed: I32
    """Those of them that stand nowhere above."""


def match_lines(
    tokens: Tokens,
    key: I32,
    starts: I64,
    skip: npt.NDArray[np.bool_],
    least: float,
) -> tuple[Matches, I64]:
    """Matches of a batch, and the documents in which lines of `least` words in all say nothing new, ascending.

    `tokens` has the tokens of the distinct lines; `key`, `starts` are those of `Lines`. A line with `skip`
    is as if it were not there.
    """
    documents = len(starts) - 1
    size = np.where(skip, 0, np.diff(tokens.starts)[key])
    bounds = np.concatenate([[0], np.cumsum(size)])[starts].astype(np.int64)
    token, kind = np.empty(bounds[-1], np.uint64), np.empty(bounds[-1], np.uint8)
    row_of = np.empty(bounds[-1], np.int32)
    words, digest = np.zeros(len(key), np.int32), np.zeros(len(key), np.uint64)
    twins = np.zeros(documents, np.int64)
    _gather(*tokens, key, starts, skip.view(np.uint8), token, kind, row_of, words, digest, twins)
    match, found = align(token, row_of, bounds)
    facts = np.zeros((13, len(key)), np.int32)
    facts[2:5] = -1
    longest = int(np.diff(bounds).max(initial=0))
    _count_each(
        facts, match, kind, row_of, bounds, found.view(np.uint8),
        np.empty((3, longest + 1), np.int64), np.empty(longest, np.uint8),
    )  # fmt: skip
    said = np.zeros(documents, np.int64)
    for document in np.flatnonzero(found):
        rows = slice(starts[document], starts[document + 1])
        said[document] = words[rows][4 * facts[1, rows] >= 3 * words[rows]].sum()
    return Matches(words, digest, *facts), np.flatnonzero(np.maximum(said, twins) >= 10 * least)


@native("u8[] u1[] i8[] i4[] i8[] u1[] u8[] u1[] i4[] i4[] u8[] i8[]")
def _gather(
    hashes: U64,
    kinds: U8,
    token_starts: I64,
    key: I32,
    starts: I64,
    skip: U8,
    token: U64,
    kind: U8,
    row_of: I32,
    length: I32,
    digest: U64,
    twins: I64,
) -> None:
    """Compiled: the tokens of the documents; the length and digest of each line; the length of the lines that equal
    the last. Into the last six, of which the last three are zeros.
    """
    size = 0
    for document in range(len(starts) - 1):
        previous = np.uint64(0)
        for row in range(starts[document], starts[document + 1]):
            if skip[row]:
                continue
            words = 0
            line = np.uint64(0)
            for at in range(token_starts[key[row]], token_starts[key[row] + 1]):
                token[size] = hashes[at]
                kind[size] = kinds[at]
                row_of[size] = row
                size += 1
                words += kinds[at] & WEIGHT
                line = (line ^ hashes[at]) * np.uint64(0x9E3779B97F4A7C15)
                line ^= line >> np.uint64(31)
            length[row] = words
            digest[row] = line
            if words:
                if line == previous:
                    twins[document] += words
                previous = line


@native("i4[,] i4[] u1[] i4[] i8[] u1[] i8[,] u1[]")
def _count_each(facts: I32, match: I32, kind: U8, row_of: I32, bounds: I64, found: U8, places: I64, placed: U8) -> None:
    """Compiled: `_count` each document in which something was found. The last two: room for the longest of them."""
    for document in range(len(found)):
        if found[document]:
            first, end = bounds[document], bounds[document + 1]
            _count(facts, match[first:end], kind[first:end], row_of[first:end], places, placed)


def _edit(facts: I32, row: int, kind: int) -> None:
    facts[7, row] += 1
    facts[8, row] += kind & FIGURE != 0
    facts[9, row] += kind & (FIGURE | CAPITAL) != 0
    facts[10, row] += kind & CASELESS != 0


def _count(facts: I32, match: I32, kind: U8, row_of: I32, places: I64, placed: U8) -> None:
    """Count the tokens of a document by line into the rows of `facts`, which are those of Matches from `equal` on."""
    size = len(match)
    weight, line_start, line_end = places[0], places[1], places[2]  # before each position; where its line starts, ends
    weight[0] = 0
    for at in range(size):
        placed[at] = 0
        weight[at + 1] = weight[at] + (kind[at] & WEIGHT)
        line_start[at] = line_start[at - 1] if at and row_of[at] == row_of[at - 1] else at
    for at in range(size - 1, -1, -1):
        line_end[at] = line_end[at + 1] if at + 1 < size and row_of[at] == row_of[at + 1] else at + 1
    begin = 0
    while begin < size:
        _place(facts, match, placed, weight, row_of, line_start, line_end, begin, line_end[begin])
        begin = line_end[begin]
    last = -1  # position of the last token that has its place
    for at in range(size):
        row = row_of[at]
        facts[11, row] += kind[at] & FIGURE != 0
        if match[at] < 0:
            _edit(facts, row, kind[at])
            facts[12, row] += kind[at] & FIGURE != 0
        if not placed[at]:
            continue
        facts[0, row] += kind[at] & WEIGHT
        facts[1, row] += kind[at] & WEIGHT
        hole, gap = at - last - 1, match[at] - match[last] - 1
        if last >= 0 and (hole or gap) and hole <= _HOLE and 0 <= gap <= _HOLE and hole - gap <= _ADDED:
            for inside in range(last + 1, at):
                facts[1, row_of[inside]] += kind[inside] & WEIGHT
            for inside in range(match[last] + 1, match[at]):
                # A line left out is no edit of this one.
                if row_of[inside] == row_of[match[at]] or row_of[inside] == row_of[match[last]]:
                    _edit(facts, row, kind[inside])
        last = at


def _place(
    facts: I32,
    match: I32,
    placed: U8,
    weight: I64,
    row_of: I32,
    line_start: I64,
    line_end: I64,
    begin: int,
    end: int,
) -> None:
    """Where the line between two positions has its words from: most of them, the first and the last."""
    anchor, most, run, run_row = -1, 0, 0, -1
    for at in range(begin, end):
        if match[at] >= 0:
            tenths = weight[at + 1] - weight[at]
            run = run + tenths if row_of[match[at]] == run_row else tenths
            run_row = row_of[match[at]]
            if run > most:
                most, anchor = run, at
    if anchor < 0:
        return
    # Words are said in many places: only those count that lead there in order.
    first = last = match[anchor]
    placed[anchor] = 1
    for at in range(anchor - 1, begin - 1, -1):
        if 0 <= match[at] < first <= match[at] + _APART:
            first = match[at]
            placed[at] = 1
    for at in range(anchor + 1, end):
        if match[at] - _APART <= last < match[at]:
            last = match[at]
            placed[at] = 1
    row = row_of[begin]
    facts[2, row] = row_of[match[anchor]]
    facts[3, row] = row_of[first]
    facts[4, row] = row_of[last]
    facts[5, row] = weight[first] - weight[line_start[first]]
    facts[6, row] = weight[line_end[last]] - weight[last + 1]
