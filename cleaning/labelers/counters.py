"""Numbers that stand beside a button: '좋아요' and under it '101'. Alone they say nothing, so the neighbour decides."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from cleaning.labels import label_kinds
from cleaning.linemodel.shapes import find_shapes
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

_NUMBER = re.compile(
    r"(?!(?:(?:19|20)\d\d\.\d\d?\.\d\d?|\d\d?\.\d\d?\.(?:19|20)\d\d)\.?$)"  # a day is no counter
    r"(?!(?:[01]\d|2[0-3])\.[0-5]\d$)"  # nor is an hour, as those of a live blog are printed: `16.52`
    r"(?:\d{1,3} ?/ ?\d{1,3}|[(\[]?\+?\d[\d.,]{0,9} ?(?:[kKmM]|[천만千万萬])?\+?[)\]]?)"
)

# No such number is longer.
MOST_CHARS = 14


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """The label of the widget above, else below, for each bare number that stands directly beside one."""
    few = np.flatnonzero((find_shapes(lines).column("digits") > 0) & (lines.sizes <= MOST_CHARS)).tolist()
    numbers = np.zeros(len(lines.distinct), np.bool_)
    numbers[[key for key in few if _NUMBER.fullmatch(lines.distinct[key])]] = True
    rows = np.flatnonzero(numbers[lines.key])
    if not len(rows):
        return []
    spoken, names = find_spoken(lines, labels), list(label_kinds())
    said = spoken.columns()
    some = said.named({name for name, kind in label_kinds().items() if kind.family == "widgets"})
    widgets = dict(zip(said.row[some].tolist(), said.kind[some].tolist(), strict=True))
    rows = rows[spoken.kinds[rows] == 0]
    right_below = np.diff(lines.line_no, prepend=0, append=0) == 1  # the row above
    right_below[lines.starts] = False
    found = []
    for row, above, below in zip(*(c.tolist() for c in (rows, right_below[rows], right_below[rows + 1])), strict=True):
        beside = row - 1 if above and row - 1 in widgets else row + 1 if below and row + 1 in widgets else -1
        if beside >= 0:
            widgets[row] = widgets[beside]  # a second number below it is of the same widget
            evidence = f"a number beside '{lines.texts[beside][:40]}'"
            found.append(Label(row, names[widgets[beside]], "counters.beside-widget", evidence))
    return found
