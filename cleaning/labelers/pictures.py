"""Captions told by what stands around them: a number in a gallery, the words twice over a credit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cleaning.fields.captions import one_in_other
from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

# `Image 1 of 5`, `Bild 2/7`, `3 / 5`.
_NUMBERED = re.compile(r"(?:[^\W\d_]{2,9}\.? )?\d{1,3} ?(?:/|of|von|van|de|di|sur|av|af|z|из|din|dari|trong) ?\d{1,3}")
# Characters of what a picture shows.
_SHORTEST, _LONGEST = 12, 250
_CREDITS = ("fields.caption.only", "fields.caption.named")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`caption` for the line between a picture's number and the next line of the page, and for words said twice.

    A gallery prints `Image 1 of 5` over each caption; what follows the caption has to be known as the page's own.
    Over a credit that stands alone, two lines of which one is the other, or its beginning, are an image's
    description and its caption.

    >>> from cleaning.lines import split
    >>> lines = split(["Image 1 of 2\nThe ferry at the quay on Monday.\nImage 2 of 2"])
    >>> [one.row for one in label(lines, [Label(row, "ui-string", "en.ui.button", "") for row in (0, 2)])]
    [1]
    """
    spoken = find_spoken(lines, labels)
    gone, free = spoken.has(dropping("balanced")), spoken.kinds == 0
    last = len(lines) - 1
    found = {}
    for one in labels:
        row = one.row
        if one.label == "ui-string":
            if not lines.text(row)[-1:].isdigit() or row > last - 2 or not free[row + 1]:
                continue
            first, third = lines.documents_of([row, row + 2]).tolist()
            closed = gone[row + 2] or _NUMBERED.fullmatch(lines.text(row + 2))
            if closed and first == third and _fits(lines, row + 1) and _NUMBERED.fullmatch(lines.text(row)):
                found[row + 1] = ("pictures.numbered", f"under '{lines.text(row)}'")
        elif one.rule_id in _CREDITS:
            for other in _said_twice(lines, row):
                if free[other] or other == row - 1:
                    found[other] = ("pictures.twice", f"twice over '{lines.text(row)[:40]}'")
    return [Label(row, "caption", *said) for row, said in sorted(found.items())]


def _fits(lines: Lines, row: int) -> bool:
    return _SHORTEST <= len(lines.text(row)) <= _LONGEST


def _said_twice(lines: Lines, row: int) -> Iterator[int]:
    above, first = row - 1, row - 2
    if first < 0 or len(set(lines.documents_of([row, first]).tolist())) > 1:
        return
    if _fits(lines, above) and _fits(lines, first) and one_in_other(lines.text(first), lines.text(above)):
        yield from (first, above)
