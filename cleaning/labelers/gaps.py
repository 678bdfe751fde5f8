"""Sentences in which the scraper lost a word: 'scheduled for .' The line stays; the label is evidence."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import re2

from cleaning.codes import Codes, codes_of
from cleaning.lines import Label, Lines
from cleaning.native import native


class Gap(NamedTuple):
    """An entry of data/gaps.toml."""

    id: str
    pattern: str
    """RE2, so that its time is linear in the line."""
    needs: tuple[str, ...]
    """A line that holds none of these strings, of two characters and more, is not searched: that is far cheaper."""
    why: str
    catches: tuple[str, ...]
    keeps: tuple[str, ...]


@cache
def load_gaps() -> tuple[Gap, ...]:
    """The rules of data/gaps.toml, in its order."""
    text = resources.files("cleaning").joinpath("data/gaps.toml").read_text("utf-8")
    return tuple(
        Gap(
            gap["id"],
            gap["pattern"],
            tuple(gap["needs"]),
            gap["why"],
            tuple(gap["catches"]),
            tuple(gap["keeps"]),
        )
        for gap in tomllib.loads(text)["gap"]
    )


def find_gap(text: str) -> tuple[str, str] | None:
    """The id of the first rule that finds a gap in a line, and the words about the gap.

    >>> find_gap("The hearing is scheduled for .")
    ('gaps.en.stranded-preposition', 'is scheduled for .')
    """
    for gap, pattern in _patterns():
        if any(need in text for need in gap.needs) and (hit := pattern.search(text)):
            begin = text.rfind(" ", 0, max(0, hit.start() - 12)) + 1
            return gap.id, text[begin : hit.end()].strip()
    return None


@cache
def _patterns() -> tuple[tuple[Gap, re2._Regexp], ...]:
    return tuple((gap, re2.compile(gap.pattern)) for gap in load_gaps())


_PAIRS = 1 << 12


@cache
def _needed() -> tuple[Codes, npt.NDArray[np.bool_]]:
    """What gaps need, and which pairs of characters one of these may begin with, by `_pair`."""
    needs = codes_of([*dict.fromkeys(need for gap in load_gaps() for need in gap.needs)])
    begins = np.zeros(_PAIRS, np.bool_)
    first = needs.starts[:-1]
    begins[_pair(needs.codes[first], needs.codes[first + 1])] = True
    return needs, begins


def _pair(one: Any, two: Any) -> Any:
    return (one * np.uint32(67) ^ two) & np.uint32(_PAIRS - 1)


@native("u4[] i8[] i8[] u4[] i8[] b1[] b1[]")
def _find_needed(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    needs: npt.NDArray[np.uint32],
    bounds: npt.NDArray[np.int64],
    begins: npt.NDArray[np.bool_],
    found: npt.NDArray[np.bool_],
) -> None:
    """Compiled: whether each text holds one of the strings in `needs`, into `found`, which are zeros."""
    for text in range(len(starts)):
        for at in range(starts[text], stops[text] - 1):
            if not begins[_pair(codes[at], codes[at + 1])]:
                continue
            for need in range(len(bounds) - 1):
                place = bounds[need]
                shift = at - place
                if bounds[need + 1] + shift > stops[text]:
                    continue
                while place < bounds[need + 1] and codes[place + shift] == needs[place]:
                    place += 1
                if place == bounds[need + 1]:
                    found[text] = True
                    break
            if found[text]:
                break


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`extraction-gap` for every line in which a rule of data/gaps.toml finds a missing word."""
    (needs, bounds), begins = _needed()
    asked = np.zeros(len(lines.distinct), np.bool_)
    _find_needed(*lines.codes, needs, bounds, begins, asked)
    found = {}
    for key in np.flatnonzero(asked).tolist():
        if gap := find_gap(lines.distinct[key]):
            found[key] = gap
    holds = np.zeros(len(lines.distinct), np.bool_)
    holds[list(found)] = True
    rows = np.flatnonzero(holds[lines.key])
    return [
        Label(row, "extraction-gap", found[key][0], f"a word is missing: '{found[key][1]}'")
        for row, key in zip(rows.tolist(), lines.key[rows].tolist(), strict=True)
    ]
