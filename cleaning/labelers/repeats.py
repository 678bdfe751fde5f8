"""Repeats inside a document: a body pasted again, paragraphs that a scraper doubled, headings left over.

The copy is labelled, never the first, and a line goes whole or not at all. `spans` counts what lines have
in common, `copies` decides what that means; here it becomes labels, with the first line as evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.repeats.copies import Copy, find_copies
from cleaning.repeats.spans import match_lines
from cleaning.repeats.tokens import tokenize
from cleaning.repeats.told import LIMITS, Said, said
from cleaning.spoken import find_spoken

_HEADING_WORDS = 12
_ENDS = frozenset('.!?…:;,。！？：；，、।॥؟۔።։"”’»」』)]）】>')
"""A line that ends so is no heading."""


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""Label the lines that repeat earlier lines of their document.

    A line of `labels` is neither source nor copy, unless no policy drops its labels. The line that the
    evidence names is an earlier one of the same document and not labelled here itself.

    >>> from cleaning.lines import split
    >>> body = "The harbour office said on Monday that the ferry would sail again from early spring, "
    >>> body += "once divers have looked at the quay wall and the ramp has been mended."
    >>> [(each.row, each.rule_id, each.evidence) for each in label(split([f"{body}\n\n{body}"]), [])]
    [(1, 'repeats.paragraph', 'repeats line 1')]
    """
    if not len(lines):
        return []
    skip = find_spoken(lines, labels).has(dropping("balanced"))
    matches, documents = match_lines(tokenize(lines.codes), lines.key, lines.starts, skip, LIMITS.caption)
    out: list[Label] = []
    for document in documents.tolist():
        start, stop = int(lines.starts[document]), int(lines.starts[document + 1])
        out.extend(_document(lines, said(matches, start, stop, skip), skip))
    return out


def _document(lines: Lines, told: Said, skip: npt.NDArray[np.bool_]) -> Iterator[Label]:
    copies = find_copies(told)
    if not copies:
        return
    beside = {near for at in copies for near in range(max(0, at - 2), min(len(told), at + 2))}
    headings = {at for at in beside if _is_heading(lines.text(told.row[at]), told.words[at])}
    for at in sorted(headings & copies.keys(), reverse=True):
        if copies[at].body and at + 1 < len(told) and at + 1 not in copies:
            del copies[at]  # stands over something new
    number = [int(lines.line_no[row]) for row in told.row]
    orphans = _orphans(copies, headings, told, number)
    firsts: dict[int, int] = {}  # of each copy the line that stays
    span: dict[int, tuple[int, int]] = {}
    for at, copy in sorted(copies.items()):
        firsts[at] = firsts.get(copy.source, copy.source)
        low, high = span.get(copy.run, (len(told), -1))
        span[copy.run] = min(low, firsts[at]), max(high, firsts[at])
    before = None
    for at in sorted(copies.keys() | orphans):
        copy = copies.get(at) or copies[at + 1]
        low, high = span[copy.run]
        among = f"stands among the copies of lines {number[low]}-{number[high]}"
        if copy.body and before == (at - 1, copy.run):
            for row in range(told.row[at - 1] + 1, told.row[at]):  # lines without a word: '***'
                if not skip[row]:
                    yield Label(row, "repeated", "repeats.heading", among)
        if at in orphans or firsts[at] in orphans:
            yield Label(told.row[at], "repeated", "repeats.heading", among)
        else:
            rule_id = "repeats.body" if copy.body else "repeats.paragraph"
            yield Label(told.row[at], "repeated", rule_id, f"repeats line {number[firsts[at]]}")
        before = at, copy.run


def _is_heading(text: str, words: float) -> bool:
    return words <= _HEADING_WORDS and text[-1] not in _ENDS and text[0].isalnum() and any(map(str.isalpha, text))


def _orphans(copies: dict[int, Copy], headings: set[int], told: Said, number: list[int]) -> set[int]:
    """Headings inside or over a copied body, where all that they stand over is copied."""
    sources = set(told.source)
    orphans: set[int] = set()
    stop = len(told)  # the first line after the copies that follow
    for at in range(len(told) - 1, -1, -1):
        after = copies.get(at + 1)
        if after is None:
            stop = at + 1
        if at not in headings or at in copies or after is None or not after.body:
            continue
        if stop < len(told) and stop not in headings:
            continue  # something new follows under it
        before = copies.get(at - 1)
        if before is not None:
            orphan = before.run == after.run
        elif at == 0 or at - 1 in headings or at in sources:
            orphan = False  # two such lines are a list; what comes again below is no heading of this place
        else:
            # Nearer to what comes than to what was; and the first had something like it, or nothing, above.
            top = told.first[at + 1]
            near = number[at] - number[at - 1] >= number[at + 1] - number[at]
            orphan = near and (top == 0 or told.words[top - 1] <= _HEADING_WORDS)
        if orphan:
            orphans.add(at)
    return orphans
