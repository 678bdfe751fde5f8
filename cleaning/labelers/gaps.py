"""Sentences in which the scraper lost a word: 'scheduled for .' The line stays; the label is evidence."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import re2

from cleaning.lines import Label, Lines


class Gap(NamedTuple):
    """An entry of data/gaps.toml."""

    id: str
    pattern: str
    """RE2, so that its time is linear in the line."""
    needs: tuple[str, ...]
    """A line that holds none of these strings is not searched: looking for them is far cheaper."""
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


@cache
def _needed() -> re2._Regexp:
    needs = dict.fromkeys(need for gap in load_gaps() for need in gap.needs)
    return re2.compile("|".join(map(re2.escape, needs)).encode())


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`extraction-gap` for every line in which a rule of data/gaps.toml finds a missing word."""
    # One search through all lines for what they need: a search in each would cost ten times as much.
    texts = "\n".join(lines.distinct).encode("utf-8", "surrogatepass")
    ends = np.flatnonzero(np.frombuffer(texts, np.uint8) == ord("\n"))
    places = [hit.start() for hit in _needed().finditer(texts)]
    found = {}
    for key in np.unique(ends.searchsorted(places)).tolist():
        if gap := find_gap(lines.distinct[key]):
            found[key] = gap
    holds = np.zeros(len(lines.distinct), np.bool_)
    holds[list(found)] = True
    rows = np.flatnonzero(holds[lines.key])
    return [
        Label(row, "extraction-gap", found[key][0], f"a word is missing: '{found[key][1]}'")
        for row, key in zip(rows.tolist(), lines.key[rows].tolist(), strict=True)
    ]
