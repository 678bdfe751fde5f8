"""Captions told by what stands around them: a number in a gallery, the words twice over a credit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.fields.captions import one_in_other
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.picturecredits import caption_words, credit
from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

# `Image 1 of 5`, `Bild 2/7`, `3 / 5`; but `list 1 of 2` counts other articles.
_NUMBERED = re.compile(
    r"(?!list )(?:[^\W\d_]{2,9}\.? )?\d{1,3} ?(?:/|of|von|van|de|di|sur|av|af|z|из|din|dari|trong) ?\d{1,3}"
)
# The button under which the caption of the first picture stands.
_FOLDS = "Hide Caption"
# Characters of what a picture shows; and of a line that stands twice, which may be a refrain.
_SHORTEST, _LONGEST, _REFRAIN = 12, 250, 40
_CREDITS = ("fields.caption.only", "fields.caption.named")


def label_listed(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`caption` for the line between a picture's number and the next line of the page.

    A gallery prints `Image 1 of 5` over each caption; what follows the caption has to be known as the page's own. Under
    the button that folds captions one stands in any case. It speaks before headlines are looked for.

    >>> from cleaning.lines import split
    >>> lines = split(["Image 1 of 2\nThe ferry at the quay on Monday.\nImage 2 of 2"])
    >>> [one.row for one in label_listed(lines, [Label(row, "ui-string", "en.ui.button", "") for row in (0, 2)])]
    [1]
    """
    spoken = find_spoken(lines, labels)
    buttons = [row for row in sorted(spoken.rows(["ui-string"])) if _may_list(lines.text(row))]
    # the description of an image and its caption, the same words, over a credit
    copies = np.flatnonzero(lines.key[:-2] == lines.key[1:-1]).tolist() if len(lines) > 2 else []
    if not (buttons or copies):
        return []
    gone, free = spoken.has(dropping("balanced")), spoken.kinds == 0
    found = {}
    for row, document in zip(copies, lines.documents_of(copies).tolist() if copies else (), strict=True):
        who = lines.text(min(row + 2, len(lines) - 1))
        fits = free[row] and _fits(lines, row, _REFRAIN)
        if fits and row + 2 < lines.rows(document).stop and credit(who) == "only":
            for one in (row, row + 1):
                found[one] = Label(one, "caption", "pictures.twice", f"twice over '{who[:40]}'")
        elif free[row] and row > lines.rows(document).start and (why := _introduced(lines, row)):
            for one in (row, row + 1):
                found[one] = Label(one, "caption", "pictures.twice", f"twice {why}")
    if not buttons:
        return [found[row] for row in sorted(found)]
    for row, document in zip(buttons, lines.documents_of(buttons).tolist(), strict=True):
        stop, text = lines.rows(document).stop, lines.text(row)
        if row + 2 >= stop or not free[row + 1] or not _fits(lines, row + 1) or lines.text(row + 1)[-1] in "?？":
            continue  # also the questions of a quiz
        if text[-1].isdigit():
            closed = gone[row + 2] or _NUMBERED.fullmatch(lines.text(row + 2))
            if not (closed and _NUMBERED.fullmatch(text)):
                continue
        found[row + 1] = Label(row + 1, "caption", "pictures.numbered", f"under '{text}'")
    return [found[row] for row in sorted(found)]


def _introduced(lines: Lines, row: int) -> str:
    """What stands over a line that comes twice, if it says that this is a picture's: a word for one, or the date."""
    above = lines.text(row - 1)
    if _fits(lines, row) and above.lower().rstrip(" :：") in _marks():
        return f"under '{above}'"
    dated = _fits(lines, row, _REFRAIN) and read_field_line(above).dated in ("line", "posted", "beside")
    return f"under the date '{above[:40]}'" if dated else ""


@cache
def _marks() -> frozenset[str]:
    return frozenset(caption_words()["marks"])


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`caption` for what stands over a credit that is alone on its line.

    Of two lines there of which one is the other, or its beginning, the first is the image's description.

    >>> from cleaning.lines import split
    >>> lines = split(["The ferry at the quay of the old town on Monday\n" * 2 + "Photo: Ann Lee"])
    >>> [one.row for one in label(lines, [Label(2, "caption", "fields.caption.only", "")])]
    [0, 1]
    """
    spoken = find_spoken(lines, labels)
    captions = [labels[at] for at in spoken.places(["caption"]).tolist()]
    credited = [one for one in captions if one.rule_id in _CREDITS]
    if not credited:
        return []
    free, buttons = spoken.kinds == 0, spoken.has(["ui-string"])
    found = {}
    for one in credited:
        row, who = one.row, lines.text(one.row)[:40]
        if one.rule_id == _CREDITS[0] and _is_counted(lines, row, buttons) and free[row - 1]:
            found[row - 1] = ("pictures.numbered", f"under a number and over '{who}'")
        for other in _said_twice(lines, row):
            if free[other] or other == row - 1:
                found[other] = ("pictures.twice", f"twice over '{who}'")
    return [Label(row, "caption", *said) for row, said in sorted(found.items())]


def _may_list(text: str) -> bool:
    return text[-1:].isdigit() or text == _FOLDS


def _fits(lines: Lines, row: int, shortest: int = _SHORTEST) -> bool:
    return shortest <= len(lines.text(row)) <= _LONGEST


def _is_counted(lines: Lines, row: int, buttons: npt.NDArray[np.bool_]) -> bool:
    """Whether a line over a credit stands below a number, as a tabloid counts its pictures; or below the button that
    enlarges the picture, under its number.
    """
    first = row - 2
    if first > 0 and buttons[first] and not _may_list(lines.text(first)):
        first -= 1
    if first < 0 or len(set(lines.documents_of([row, first]).tolist())) > 1:
        return False
    number = lines.text(first)
    counted = (number.isdigit() and len(number) < 3) or _NUMBERED.fullmatch(number) is not None
    return counted and _fits(lines, row - 1)


def _said_twice(lines: Lines, row: int) -> Iterator[int]:
    above, first = row - 1, row - 2
    if first < 0 or len(set(lines.documents_of([row, first]).tolist())) > 1:
        return
    least = _REFRAIN if lines.key[first] == lines.key[above] else _SHORTEST
    if _fits(lines, above, least) and _fits(lines, first) and one_in_other(lines.text(first), lines.text(above)):
        yield from (first, above)
