"""Lists of other articles without a heading, told by their stamps: headline, day, headline, day.

They stand behind the text and beside other boilerplate. A chronicle has dates too, and so has a live blog, but under
those stand sentences; a list of matches has, but no page's buttons are around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from cleaning.fields.dates import scan
from cleaning.fields.heads import is_paragraph
from cleaning.labelers.links import is_short
from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines

# Longest line with a stamp, in characters: a headline with its day.
MOST_CHARS = 150
# Rows from one stamp of a list to the next, at most, and stamps in a list, at least.
APART, LEAST = 5, 3
# Share of the lines between the stamps that may end like sentences: teasers.
SENTENCES = 0.4
# Rows around a list in which something else has to be known as boilerplate.
NEAR = 4
# Paragraphs in a row that end the look back from the end of a document, and rows looked at.
BARRIER, MOST_ROWS = 3, 400

_DIGIT = re.compile(r"\d")
_ENDS = re.compile(r"(?:[.!?…。！？।؟۔][\"'”’»」』)\] ]*|[다요])$")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`related-links` for lists of headlines with days behind the text.

    >>> from cleaning.lines import split
    >>> body = "\n".join(["The council has voted on the bridge, after years of dispute on who pays. " * 2] * 3)
    >>> body += "\nShare\nFerry is back\n2 May 2024\nRamp gives way\n1 May 2024\nTown plants trees\n30 April 2024"
    >>> [one.row for one in label(split([body]), [Label(3, "share-bar", "en.share.button", "equals 'Share'")])]
    [4, 5, 6, 7, 8, 9]
    """
    drops, kinds = dropping("balanced"), label_kinds()
    taken = {one.row for one in labels if one.label in drops}
    known = {
        row
        for row, name, _, _ in labels
        if name in drops and kinds[name].family not in ("metadata", "repeats", "layout")
    }
    # Most documents have no three lines that could be stamps: they are not looked at.
    may = np.fromiter((_may_be_stamp(text) for text in lines.distinct), np.bool_, len(lines.distinct))
    counts = np.diff(np.concatenate([[0], np.cumsum(may[lines.key])])[lines.starts])
    found = []
    for document in np.flatnonzero(counts >= LEAST).tolist() if known else ():
        for rows, count in _lists(lines, taken, known, lines.rows(document)):
            evidence = f"in a list of headlines with {count} days behind the text"
            found += [Label(row, "related-links", "links.stamped", evidence) for row in rows if row not in taken]
    return found


def _lists(lines: Lines, taken: set[int], known: set[int], rows: range) -> Iterator[tuple[range, int]]:
    """Rows of each list of a document and how many stamps it has."""
    region = _behind_the_text(lines, taken, rows)
    stamps = [row for row in region if _is_stamp(lines.text(row))]
    group: list[int] = []
    for row in [*stamps, rows.stop + APART]:
        if group and row - group[-1] > APART:
            if len(group) >= LEAST and (block := _block(lines, taken, known, region, group)):
                yield block, len(group)
            group = []
        group.append(row)


def _behind_the_text(lines: Lines, taken: set[int], rows: range) -> range:
    """From the row behind the last paragraphs that stand in a row to the end."""
    paragraphs = 0
    for row in range(rows.stop - 1, max(rows.start, rows.stop - MOST_ROWS) - 1, -1):
        if row not in taken and is_paragraph(lines.text(row)):
            paragraphs += 1
            if paragraphs == BARRIER:
                return range(row + BARRIER, rows.stop)
        else:
            paragraphs = 0
    return range(rows.stop, rows.stop)


def _may_be_stamp(text: str) -> bool:
    """Whether a line is short enough for a stamp and has a figure; a longer one is a headline with an hour."""
    size = len(text)
    return size <= MOST_CHARS and (size <= 60 or ":" in text) and _DIGIT.search(text) is not None


def _is_stamp(text: str) -> bool:
    return _may_be_stamp(text) and _dated(text)


@lru_cache(maxsize=16_384)
def _dated(text: str) -> bool:
    """Whether a line is a day or how long ago; or a headline that has a day and an hour at one end."""
    when = scan(text)
    if when is None or _ENDS.search(text):
        return False
    if not any(stamp.day for stamp in when.stamps):
        return when.relative and sum(map(len, when.rest)) <= 20
    hour = any(stamp.hour is not None for stamp in when.stamps)
    if not hour and not when.relative and not any(stamp.full for stamp in when.stamps):
        return False  # 'Pay April 15'
    return sum(map(len, when.rest)) <= 20 or (hour and len(when.rest) == 1)


def _block(lines: Lines, taken: set[int], known: set[int], region: range, stamps: list[int]) -> range | None:
    """The rows of a list around its stamps; None where it is none."""
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
    sentences = sum(_ENDS.search(lines.text(row)[-12:]) is not None for row in between)
    if sentences > SENTENCES * len(between):
        return None
    near = range(max(region.start, first - NEAR), min(region.stop, stop + NEAR))
    return range(first, stop) if any(row in known for row in near) else None
