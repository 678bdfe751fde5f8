"""Numbers that stand beside a button: '좋아요' and under it '101'. Alone they say nothing, so the neighbour decides."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cleaning.labels import label_kinds
from cleaning.lines import Label, Lines

_NUMBER = re.compile(r"\d{1,3} ?/ ?\d{1,3}|[(\[]?\d[\d.,]{0,9} ?(?:[kKmM]|[천만千万萬])?\+?[)\]]?")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """The label of the widget above, else below, for each bare number that stands directly beside one."""
    numbers = {key for key, text in enumerate(lines.distinct) if len(text) <= 14 and _NUMBER.fullmatch(text)}
    if not numbers:
        return []
    kinds = label_kinds()
    widgets = {one.row: one.label for one in labels if kinds[one.label].family == "widgets"}
    labelled = {one.row for one in labels}
    starts = set(lines.starts.tolist())
    found = []
    for row, key in enumerate(lines.key.tolist()):
        if key not in numbers or row in labelled:
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
            found.append(
                Label(row, widgets[beside], "counters.beside-widget", f"a number beside '{lines.text(beside)[:40]}'")
            )
    return found
