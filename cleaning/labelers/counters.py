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
    free = spoken.kinds == 0
    starts = set(lines.starts.tolist())
    found = []
    for row in rows.tolist():
        if not free[row]:
            continue
        above = row - 1 if row not in starts and lines.line_no[row] - lines.line_no[row - 1] == 1 else None
        below = (
            row + 1
            if row + 1 < len(lines) and row + 1 not in starts and lines.line_no[row + 1] - lines.line_no[row] == 1
            else None
        )
        beside = next((r for r in (above, below) if r in widgets), None)
        if beside is not None:
            widgets[row] = widgets[beside]  # a second number below it is of the same widget
            evidence = f"a number beside '{lines.text(beside)[:40]}'"
            found.append(Label(row, names[widgets[beside]], "counters.beside-widget", evidence))
    return found
