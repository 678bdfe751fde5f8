"""Stamps of a live blog: an hour, and behind it who posts or what kind of entry follows; its list of key events.

What stands behind the hours of a live blog is news, but for names that come again and again over paragraphs. A
timetable and a programme say the same again too, and have no paragraphs between. A list of key events has the hours
and headings of entries that stand below, each over its text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cleaning.fields.heads import find_paragraphs
from cleaning.labels import dropping
from cleaning.linemodel.shapes import find_shapes
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

# Longest stamp, in characters.
MOST_CHARS = 60
# Hours of a document with the same words behind them, at least.
LEAST = 3
# Rows below a stamp in which its entry has a paragraph, and share of the stamps that need one.
NEAR, ENTRIES = 3, 0.67
# Key events that stand again below, at least.
LEAST_LISTED = 2
# Characters of an entry's heading, at most.
HEADING = 150

_STAMP = re.compile(
    r"(?:(?:오전|오후|上午|下午|午前|午後) ?)?\d\d?[:.h]\d\d(?: ?[ap]\.?m\.?\b| (?P<hour>Uhr)\b)?"
    r"(?:[\s|·•–—,-]*(?P<words>[^\W\d_].*[^\W_]))?"
)
# Hours of the second half of a day.
_LATER = re.compile(r"(?i)\dh? ?p\.?m\b|오후|下午|午後")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`date` for lines of an hour and words that stand behind other hours of their document too.

    A heading between such a line and its paragraph is a `subhead`, which keeps it from the line model, and `navigation`
    where it is listed above as a key event.

    Hours without words are the stamps where one of them is known as a date already, or where they and the lines
    below them are listed; else it may be a programme.

    >>> from cleaning.lines import split
    >>> entry = "The council has voted on the bridge, after years of dispute on who pays for it. " * 2
    >>> text = "\n".join(f"{hour}:05 Ada Moor\n{entry}" for hour in (11, 12, 14))
    >>> [one.row for one in label(split([text]), [])]
    [0, 2, 4]
    """
    few = np.flatnonzero((find_shapes(lines).column("clock time") > 0) & (lines.sizes <= MOST_CHARS)).tolist()
    found_stamps = {key: stamp for key in few if (stamp := _STAMP.fullmatch(lines.distinct[key]))}
    words = {key: (stamp["words"] or stamp["hour"] or "").casefold() for key, stamp in found_stamps.items()}
    if len(words) < LEAST:
        return []
    may = np.zeros(len(lines.distinct), np.bool_)
    may[list(words)] = True
    rows = np.flatnonzero(may[lines.key])
    groups: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for row, document in zip(rows.tolist(), lines.documents_of(rows).tolist(), strict=True):
        groups[document, words[int(lines.key[row])]].append(row)
    found = []
    paragraphs = find_paragraphs(lines)
    spoken = find_spoken(lines, labels)
    is_taken = spoken.has(dropping("balanced"))
    for (document, said), stamps in groups.items():
        if len(stamps) < LEAST:
            continue
        stop = lines.rows(document).stop
        listed = _listed(lines, stamps, stop, paragraphs)
        if not (said or listed or is_taken[stamps].any()):
            continue
        hours = {lines.text(row) for row in stamps}
        posts = [row for row in stamps if row not in listed]
        entries = sum(bool(paragraphs[row + 1 : min(row + 1 + NEAR, stop)].any()) for row in posts)
        if len(hours) < LEAST or entries < ENTRIES * len(posts):
            continue
        evidence = f"one of {len(hours)} hours of this page with {'these' if said else 'no'} words behind them"
        found += [Label(row, "date", "liveblog.stamp", evidence) for row in stamps if not is_taken[row]]
        for row in stamps:
            if row + 2 >= stop or spoken.kinds[row + 1] or paragraphs[row + 1] or may[lines.key[row + 1]]:
                continue
            if row in listed:
                found.append(Label(row + 1, "navigation", "liveblog.listed", "stands again below, over its text"))
            elif paragraphs[row + 2] and lines.sizes[lines.key[row + 1]] <= HEADING:
                why = f"between '{lines.text(row)[:40]}' and a paragraph"
                found.append(Label(row + 1, "subhead", "liveblog.heading", why))
    return sorted(found)


def _listed(lines: Lines, stamps: Sequence[int], stop: int, paragraphs: npt.NDArray[np.bool_]) -> frozenset[int]:
    """Those of ascending stamps that stand again below with the same line under them, there over a paragraph; none for
    fewer than LEAST_LISTED. `stop`: the row behind the document."""
    last: dict[tuple[int, int], int] = {}
    for row in stamps:
        if row + 2 < stop and paragraphs[row + 2]:
            last[int(lines.key[row]), int(lines.key[row + 1])] = row
    listed = [
        row
        for row in stamps
        if row + 2 < stop
        and not paragraphs[row + 2]
        and last.get((int(lines.key[row]), int(lines.key[row + 1])), -1) > row
    ]
    entries = [last[int(lines.key[row]), int(lines.key[row + 1])] for row in listed]
    # The latest entry stands first; a programme begins with the morning, and its hours are what it says.
    if len(listed) < LEAST_LISTED or _ascend([lines.text(row) for row in sorted(entries)]):
        return frozenset()
    return frozenset(listed)


def _ascend(hours: Sequence[str]) -> bool:
    """Whether hours of one kind follow each other from the morning on."""
    told = []
    for text in hours:
        is_late = _LATER.search(text) is not None
        hour, minute = map(int, re.findall(r"\d+", text)[:2])
        told.append((is_late, hour % 12 if is_late else hour, minute))
    return all(one < other for one, other in pairwise(told))
