"""Stamps of a live blog: an hour, and behind it who posts or what kind of entry follows.

What stands behind the hours of a live blog is news, but for names that come again and again over paragraphs. A
timetable and a programme say the same again too, and have no paragraphs between.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

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

_STAMP = re.compile(r"\d\d?[:.h]\d\d(?: ?[ap]\.?m\.?\b| (?P<hour>Uhr)\b)?(?:[\s|·•–—,-]*(?P<words>[^\W\d_].*[^\W_]))?")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`date` for lines of an hour and words that stand behind other hours of their document too.

    Hours without words are the stamps where one of them is known as a date already; else it may be a programme.

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
    is_taken = find_spoken(lines, labels).has(dropping("balanced"))
    for (document, said), stamps in groups.items():
        if not (said or is_taken[stamps].any()):
            continue
        hours = {lines.text(row) for row in stamps}
        stop = lines.rows(document).stop
        entries = sum(bool(paragraphs[row + 1 : min(row + 1 + NEAR, stop)].any()) for row in stamps)
        if len(hours) >= LEAST and entries >= ENTRIES * len(stamps):
            evidence = f"one of {len(hours)} hours of this page with {'these' if said else 'no'} words behind them"
            found += [Label(row, "date", "liveblog.stamp", evidence) for row in stamps if not is_taken[row]]
    return found
