"""Runs of lines that were nothing but links in their source, as Markdown says: menus and lists of other articles."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cleaning.fields.heads import find_paragraphs
from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.matching import fold
from cleaning.rules import rows_saying
from cleaning.spoken import find_spoken

RULE = "links.run"
# So many links in lines without anything else between them are no part of a text, which has its links in sentences.
LEAST = 3


@cache
def _sources() -> tuple[frozenset[str], int]:
    """Folded headings over links that are the article's, and characters of the longest with marks around it."""
    text = resources.files("cleaning").joinpath("data/linked.toml").read_text("utf-8")
    words = frozenset(fold(tomllib.loads(text)["sources"]))
    return words, max(map(len, words)) + 4


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`related-links` for the lines of a run that nothing has been said of.

    A list that the line above it announces is the article's: a word such as 'Sources' (data/linked.toml), a colon, a
    point of the list with more than a link. A document without a paragraph that is no link is a list of links: it
    stays.

    >>> from dataclasses import replace
    >>> from cleaning.lines import split
    >>> text = "The council has voted on the bridge, after years of dispute over who pays for it all and who will not."
    >>> lines = split([f"News\\nSport\\nMail | Print\\n{text}\\nMore on the vote"])
    >>> [(one.row, one.evidence) for one in label(replace(lines, links={0: 1, 1: 1, 2: 2, 4: 1}), [])]
    [(0, 'one of 4 links in 3 lines'), (1, 'one of 4 links in 3 lines'), (2, '2 of 4 links in 3 lines')]
    """
    if not lines.links:
        return []
    spoken = find_spoken(lines, labels)
    said = spoken.kinds != 0
    gone = spoken.has(dropping("balanced"))
    found: list[Label] = []
    for run in _runs(lines, gone):
        links = sum(lines.links[row] for row in run)
        if links < LEAST:
            continue
        for row in run:
            if not said[row]:
                own = lines.links[row]
                where = "one line" if len(run) == 1 else f"{len(run)} lines"
                evidence = f"{'one' if own == 1 else own} of {links} links in {where}"
                found.append(Label(row, "related-links", RULE, evidence))
    return found


def _runs(lines: Lines, gone: npt.NDArray[np.bool_]) -> Iterator[list[int]]:
    """Rows that are nothing but links, with nothing between them but what leaves the text, of documents with a text.

    Not those that belong to the line above them.
    """
    linked = np.zeros(len(lines), np.bool_)
    linked[[*lines.links]] = True
    is_text = find_paragraphs(lines) & ~gone & ~linked
    sources = set(rows_saying(lines, *_sources()))
    for first, stop in pairwise(lines.starts.tolist()):
        if not linked[first:stop].any() or not is_text[first:stop].any():
            continue
        run: list[int] = []
        above = -1
        for row in range(first, stop):
            if linked[row]:
                run.append(row)
            elif not gone[row]:
                if run and not _goes_on(lines, above, run[0], sources):
                    yield run
                run, above = [], row
        if run and not _goes_on(lines, above, run[0], sources):
            yield run


def _goes_on(lines: Lines, above: int, row: int, sources: set[int]) -> bool:
    """Whether a list is that of the line that stays above it: announced by it, or begun there with more than a link."""
    if above < 0:
        return False
    text = lines.text(above)
    return above in sources or text.endswith((":", "：")) or (text[:2] == "- " and lines.text(row)[:2] == "- ")
