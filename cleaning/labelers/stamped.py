"""Lists of other articles without a heading, told by their stamps: headline, day, headline, day.

They stand behind the text and beside other boilerplate. A chronicle has dates too, and so has a live blog, but under
those stand sentences; a list of matches has, but no page's buttons are around it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cleaning.fields.dates import scan
from cleaning.fields.heads import ends, find_paragraphs, is_paragraph
from cleaning.fields.looks import find_timeless
from cleaning.labelers.linkends import is_short
from cleaning.labels import boilerplate, dropping
from cleaning.linemodel.shapes import find_shapes
from cleaning.lines import Label, Lines, within
from cleaning.spoken import find_spoken

# Longest line with a stamp, in characters: a headline with its day.
MOST_CHARS = 150
# A longer one has an hour.
STAMP_CHARS = 60
# Rows from one stamp of a list to the next, at most, and stamps in a list, at least.
APART, LEAST = 5, 3
# Share of the lines between the stamps that may end like sentences: teasers.
SENTENCES = 0.4
# Rows around a list in which something else has to be known as boilerplate.
NEAR = 4
# Paragraphs in a row that end the look back from the end of a document, and rows looked at.
BARRIER, MOST_ROWS = 3, 400


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`related-links` for lists of headlines with days behind the text.

    >>> from cleaning.lines import split
    >>> body = "\n".join(["The council has voted on the bridge, after years of dispute on who pays. " * 2] * 3)
    >>> body += "\nShare\nFerry is back\n2 May 2024\nRamp gives way\n1 May 2024\nTown plants trees\n30 April 2024"
    >>> [one.row for one in label(split([body]), [Label(3, "share-bar", "en.share.button", "equals 'Share'")])]
    [4, 5, 6, 7, 8, 9]
    """
    # Most documents have no three lines that could be stamps: they are not looked at.
    has_figure = find_shapes(lines).column("digits") > 0
    may = has_figure & (lines.sizes <= STAMP_CHARS)
    longer = np.flatnonzero(has_figure & ~may & (lines.sizes <= MOST_CHARS)).tolist()
    may[[key for key in longer if ":" in lines.distinct[key]]] = True  # a headline with an hour
    stamps = np.flatnonzero(may[lines.key]).tolist()
    counts = np.diff(np.searchsorted(stamps, lines.starts))
    if not (counts >= LEAST).any():
        return []
    spoken = find_spoken(lines, labels)
    known = spoken.rows(boilerplate("balanced"))
    if not known:
        return []
    is_taken = spoken.has(dropping("balanced"))
    page = _Page(lines, set(np.flatnonzero(is_taken).tolist()), known)
    text = np.flatnonzero(find_paragraphs(lines) & ~is_taken)
    barriers = text[: 1 - BARRIER][text[BARRIER - 1 :] - text[: 1 - BARRIER] == BARRIER - 1].tolist()
    near = {
        region: some
        for document in np.flatnonzero(counts >= LEAST).tolist()
        if (region := _behind_the_text(barriers, lines.rows(document)))
        and (some := _known_nearby(page, within(stamps, region)))
    }
    timeless = find_timeless(lines, [row for some in near.values() for row in some])
    found = []
    for region, some in near.items():
        told = [row for row in some if lines.key[row] not in timeless and _dated(lines.text(row))]
        for rows, count in _lists(page, region, told):
            evidence = f"in a list of headlines with {count} days behind the text"
            found += [Label(row, "related-links", "links.stamped", evidence) for row in rows if row not in page.taken]
    return found


class _Page(NamedTuple):
    lines: Lines
    taken: set[int]
    """Rows that leave the body."""
    known: set[int]
    """Those of them that are boilerplate."""


def _known_nearby(page: _Page, may: list[int]) -> list[int]:
    """Those of rows that may be stamps that stand near others, and near something known: the rest is not read."""
    return [row for group in _near_each_other(may) if _is_known_beside(page, group) for row in group]


def _lists(page: _Page, region: range, stamps: list[int]) -> Iterator[tuple[range, int]]:
    """Rows of each list of a region, and how many stamps it has."""
    for group in _near_each_other(stamps):
        if block := _block(page, region, group):
            yield block, len(group)


def _near_each_other(rows: list[int]) -> Iterator[list[int]]:
    """Ascending rows in groups of LEAST and more, in which none is further than APART from the next."""
    begin = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] - rows[at - 1] > APART:
            if at - begin >= LEAST:
                yield rows[begin:at]
            begin = at


def _is_known_beside(page: _Page, group: list[int]) -> bool:
    """Whether a row is known that could be beside a list whose stamps are some of a group."""
    return any(row in page.known for row in range(group[0] - APART - NEAR, group[-1] + APART + NEAR + 1))


def _behind_the_text(barriers: list[int], rows: range) -> range:
    """From the row behind the last paragraphs that stand in a row to the end of a document.

    `barriers`: rows at which BARRIER paragraphs begin.
    """
    last = bisect_left(barriers, rows.stop - BARRIER + 1) - 1
    if last < 0 or barriers[last] < max(rows.start, rows.stop - MOST_ROWS):
        return range(rows.stop, rows.stop)
    return range(barriers[last] + BARRIER, rows.stop)


def _dated(text: str) -> bool:
    """Whether a line is a day or how long ago; or a headline that has a day and an hour at one end."""
    when = None if ends(text) else scan(text)
    if when is None:
        return False
    if not any(stamp.day for stamp in when.stamps):
        return when.relative and sum(map(len, when.rest)) <= 20
    hour = any(stamp.hour is not None for stamp in when.stamps)
    if not hour and not when.relative and not any(stamp.full for stamp in when.stamps):
        return False  # 'Pay April 15'
    return sum(map(len, when.rest)) <= 20 or (hour and len(when.rest) == 1)


def _block(page: _Page, region: range, stamps: list[int]) -> range | None:
    """The rows of a list around its stamps; None where it is none."""
    lines, taken, known = page
    period = max(after - before for before, after in pairwise(stamps))
    first, stop = stamps[0], stamps[-1] + 1
    while first > region.start and stamps[0] - first < period - 1 and first - 1 not in taken:
        if is_paragraph(lines.text(first - 1)) or not is_short(lines.text(first - 1)):
            break  # it may be the last of the article
        first -= 1
    if first == stamps[0]:  # the day stands over its headline
        while stop < region.stop and stop - stamps[-1] < period and stop not in taken:
            stop += 1
    between = [row for row in range(first, stop) if row not in taken and row not in stamps]
    sentences = sum(ends(lines.text(row)) for row in between)
    if sentences > SENTENCES * len(between):
        return None
    near = range(max(region.start, first - NEAR), min(region.stop, stop + NEAR))
    return range(first, stop) if any(row in known for row in near) else None
