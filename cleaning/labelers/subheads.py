"""Subheads right below an insert: the line model takes them for the insert's last line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleaning.fields.heads import ends, find_paragraphs
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

RULE = "subheads.below-insert"
# What an insert ends with, whatever stands over it; and what ends one that has said so before.
_ENDS = ("cookie-notice", "paywall")
_BUTTONS = ("newsletter", "login", "app-prompt", "promo")
# Characters of a subhead.
_SHORTEST, _LONGEST = 6, 90
# Lines of an insert, and those behind the paragraph of which one has to be another.
_INSERT, _ON = 14, 5


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`subhead`, which keeps a line from the line model: a line of no sentence between an insert and a paragraph.

    Above the insert the text has to stand already, and below the paragraph it has to go on. The insert ends with a
    notice of consent or a paywall's, or with a button under other lines of its kind: what follows a newsletter's name
    alone may be its description, and what follows an advertisement's mark is a teaser as often as not.

    >>> from cleaning.lines import split
    >>> one = "The ferry will sail again, the office said, once divers have looked at the quay and at the old ramp."
    >>> lines = split([f"{one}\nYou agree to our terms.\nA ramp and a rope\n{one}\n{one}"])
    >>> [said.row for said in label(lines, [Label(1, "cookie-notice", "en.cookie", "")])]
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
