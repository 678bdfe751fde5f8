"""Subheads that the line model takes for boilerplate: right below an insert, or over lines as short as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from cleaning.fields.heads import ends, find_paragraphs
from cleaning.labelers.tails import find_sentences
from cleaning.lines import Label, Lines, end_with
from cleaning.matching import fold_phrases
from cleaning.rules import rows_saying
from cleaning.spoken import find_spoken

RULE = "subheads.below-insert"
# What an insert ends with, whatever stands over it; and what ends one that has said so before.
_ENDS = ("cookie-notice", "paywall")
_BUTTONS = ("newsletter", "login", "app-prompt", "promo")
# Characters of a subhead.
_SHORTEST, _LONGEST = 6, 90
# Characters of who speaks, in capitals, in a transcript.
_SPEAKER = 60
# Lines of an insert, and those behind the paragraph of which one has to be another.
_INSERT, _ON = 14, 5


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`subhead` and `fact`, which keep lines from the line model."""
    below = _below_inserts(lines, labels)
    return [*below, *_parts(lines, labels, [one.row for one in below])]


@cache
def subhead_settings() -> dict[str, Any]:
    """The tables of data/subheads.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/subheads.toml").read_text("utf-8"))


@cache
def _words() -> frozenset[str]:
    words = [word for some in subhead_settings()["words"].values() for word in some]
    return frozenset(fold_phrases([*words, *(f"{word}:" for word in words)]))


def _parts(lines: Lines, labels: Sequence[Label], told: Sequence[int]) -> list[Label]:
    r"""`subhead` for known headings of parts of a text and for who speaks in a transcript, and `fact` for the short
    lines under any subhead.

    Above a part stands text or another subhead, and below its lines too; the first of several may begin the text. Of a
    subhead that is sure, or one of several, the first line stays without that: there has to be something under it.

    >>> from cleaning.lines import split
    >>> one = "It brings a litre to the boil in two minutes and twenty seconds, and the handle stays cool as it does."
    >>> lines = split([f"{one}\nPros\nQuick\nCool handle\nCons\nLid sticks\n{one}"])
    >>> [(said.row, said.label) for said in _parts(lines, [], [])]
    [(1, 'subhead'), (2, 'fact'), (3, 'fact'), (4, 'subhead'), (5, 'fact')]
    """
    settings, spoken = subhead_settings(), find_spoken(lines, labels)
    free = spoken.kinds == 0
    heads = np.zeros(len(lines), np.bool_)
    heads[rows_saying(lines, _words())] = True
    size = lines.sizes[lines.key]
    announcing = np.flatnonzero(end_with(lines, frozenset(":："))[lines.key] & (size <= _SPEAKER))
    heads[[row for row in announcing.tolist() if lines.text(row).isupper()]] = True  # `ANN LEE, HOST:`
    heads &= free
    sure = spoken.has(["subhead"])
    sure[[*told]] = True
    rows = np.flatnonzero(heads | sure)
    if not len(rows):
        return []
    prose = find_paragraphs(lines)
    text = free & (find_sentences(lines) | prose)
    points = free & ~heads & ~sure & ~text & (size > 1) & (size <= settings["chars"])
    heads |= sure
    near, most = settings["near"], settings["points"]
    goes_on, is_point = text | heads, points.tolist()
    found: list[Label] = []
    for row, document in zip(rows.tolist(), lines.documents_of(rows).tolist(), strict=True):
        within = lines.rows(document)
        behind = row + 1
        while behind < within.stop and behind - row <= most and is_point[behind]:
            behind += 1
        above, below = slice(max(row - most, within.start), row), slice(behind, min(behind + near, within.stop))
        on = goes_on[below].any()
        if not sure[row]:
            one_of_several = heads[above].any() and (on or behind > row + 1)
            first = text[below].any() and heads[behind : min(behind + most, within.stop)].any()
            speaks = row + 1 < within.stop and text[row + 1] and lines.text(row)[-1] in ":："
            if not ((on and text[above].any()) or one_of_several or first or speaks):
                continue
            found.append(Label(row, "subhead", "subheads.known", "heads a part of a text"))
        if not on or behind == row + 1:  # there has to be something under it
            behind = row + 2 if row + 1 < within.stop and free[row + 1] and not prose[row + 1] else row + 1
        evidence = f"under '{lines.text(row)[:40]}'"
        found += [Label(at, "fact", "subheads.under", evidence) for at in range(row + 1, behind)]
    return found


def _below_inserts(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`subhead` for a line of no sentence between an insert and a paragraph.

    Above the insert the text has to stand already, and below the paragraph it has to go on. The insert ends with a
    notice of consent or a paywall's, or with a button under other lines of its kind: what follows a newsletter's name
    alone may be its description, and what follows an advertisement's mark is a teaser as often as not.

    >>> from cleaning.lines import split
    >>> one = "The ferry will sail again, the office said, once divers have looked at the quay and at the old ramp."
    >>> lines = split([f"{one}\nYou agree to our terms.\nA ramp and a rope\n{one}\n{one}"])
    >>> [said.row for said in _below_inserts(lines, [Label(1, "cookie-notice", "en.cookie", "")])]
    [2]
    """
    spoken = find_spoken(lines, labels)
    free = spoken.kinds == 0
    closes = spoken.has(_ENDS) | spoken.has(_BUTTONS)
    prose = find_paragraphs(lines) & free
    size = lines.sizes[lines.key]
    below = np.zeros(len(lines), np.bool_)
    below[1:-1] = closes[:-2] & free[1:-1] & ~prose[1:-1] & prose[2:]
    rows = np.flatnonzero(below & (size >= _SHORTEST) & (size <= _LONGEST))
    if not len(rows):
        return []
    notices = spoken.has(_ENDS)
    buttons = spoken.has(_BUTTONS)
    said = []
    for row, document in zip(rows.tolist(), lines.documents_of(rows).tolist(), strict=True):
        within, text = lines.rows(document), lines.text(row)
        if row - 1 < within.start or row + 1 >= within.stop or (ends(text) and text[-1] != "?") or text[-1] in ":,;":
            continue
        first = row - 1
        while first > within.start and row - first < _INSERT and not free[first - 1]:
            first -= 1
        if first == within.start or not free[first - 1] or not (prose[first - 1] or ends(lines.text(first - 1))):
            continue
        if not (notices[row - 1] or (buttons[first : row - 1] | notices[first : row - 1]).any()):
            continue
        if prose[row + 2 : min(row + 2 + _ON, within.stop)].any():
            said.append(
                Label(row, "subhead", RULE, f"between an insert that ends with '{lines.text(row - 1)[:40]}' and text")
            )
    return said
