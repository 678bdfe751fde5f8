"""What stands below the last paragraph of a text, and over its first, on pages that have some boilerplate.

Asked behind the line model: what it takes for boilerplate, as headlines of other articles, is no paragraph of the text.
What it says of lines must not depend on what is found here, which it has not been trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from cleaning.fields.heads import find_paragraphs
from cleaning.labels import boilerplate, dropping
from cleaning.lines import Label, Lines, end_with
from cleaning.once import once
from cleaning.spoken import Spoken, find_spoken

# Characters of a sentence, and of one in scripts that have more in a letter; of a line in scripts without full stops.
_SENTENCE, _DENSE, _STOPLESS = 40, 14, 40
PASSED = 2
KNOWN = 2
"""So many lines of a page have to be boilerplate, or one more with its end: a clean article may have one."""
# So many lines of a document are looked at from its end upwards, and so many from its beginning.
_FROM_END, _FROM_BEGINNING = 80, 25


@dataclass
class Tail:
    """The lines around a document's text that no rule knows. Its lists have an entry for each of its rows."""

    rows: range
    free: list[bool]
    """Whether no rule drops it, whatever the line model says."""
    silent: list[bool]
    """Whether it is known to say nothing."""
    prose: list[bool]
    """Whether it is a paragraph."""
    counted: list[bool]
    """Whether it is one that stays."""
    is_told: npt.NDArray[np.bool_]
    bylines: npt.NDArray[np.bool_]
    known: int
    """Rows that a rule has found to be boilerplate."""
    _passed: int = -1

    @property
    def is_signed(self) -> bool:
        """Whether a byline stands in it."""
        return bool(self.bylines.any())

    @cached_property
    def told(self) -> list[int]:
        """Rows that the text is told by: all that stay, and the title."""
        rows: list[int] = (np.flatnonzero(self.is_told) + self.rows.start).tolist()
        return rows

    def below(self) -> Iterator[tuple[int, int]]:
        """Free rows from the last upwards, each with the sentences below it that nobody has passed by.

        Up to where there are more than `PASSED`; the first of two is the last line of the text, or of another one.
        """
        below, start = 0, self.rows.start
        for at in range(len(self.rows) - 1, max(0, len(self.rows) - _FROM_END) - 1, -1):
            if self.free[at]:
                if not self.silent[at]:
                    yield start + at, below
                below += self.counted[at] and self._passed != start + at
                if below > PASSED:
                    return

    def pass_by(self, row: int) -> None:
        """Say of the row that was given last that it is not of the text."""
        self._passed = row

    def above(self) -> Iterator[int]:
        """Free rows over the text: up to the first paragraph, that included if another stands below."""
        for at, row in enumerate(self.rows[:_FROM_BEGINNING]):
            if self.free[at]:
                if not self.silent[at]:
                    yield row
                if self.prose[at]:
                    return


@once
def find_sentences(lines: Lines) -> npt.NDArray[np.bool_]:
    """Whether each row ends like a sentence and is as long as one, or is as long in a script without full stops."""
    if not len(lines.first):
        return np.zeros(0, np.bool_)
    first = lines.codes.codes[lines.codes.starts]
    dense = (first >= 0x3040) & (first <= 0xD7AF)
    stopless = (first >= 0x0E00) & (first <= 0x0EFF)
    size = lines.sizes
    is_one = end_with(lines, '.!?…。！？।۔؟”“»」』")') & (size >= np.where(dense, _DENSE, _SENTENCE))
    rows: npt.NDArray[np.bool_] = (is_one | (stopless & (size >= _STOPLESS)))[lines.key]
    return rows


class _Marks(NamedTuple):
    """What rules say of each row of a batch."""

    free: npt.NDArray[np.bool_]
    prose: npt.NDArray[np.bool_]
    counted: npt.NDArray[np.bool_]
    told: npt.NDArray[np.bool_]
    bylines: npt.NDArray[np.bool_]
    known: npt.NDArray[np.int64]
    """How many rows before each, and before the end, are known to be boilerplate."""
    below: npt.NDArray[np.int64]
    """Sentences below each in its document; many where nothing is looked for."""
    above: npt.NDArray[np.bool_]
    """Whether it stands over the text."""


_KEPT: WeakKeyDictionary[Spoken, tuple[int, _Marks]] = WeakKeyDictionary()


def _find_marks(lines: Lines, spoken: Spoken) -> _Marks:
    """The same for the next that asks, if nothing has been said since: notes are found in few batches."""
    count, marks = _KEPT.get(spoken, (-1, None))
    if marks is None or count != spoken.count:
        marks = _mark(lines, spoken)
        _KEPT[spoken] = spoken.count, marks
    return marks


def _mark(lines: Lines, spoken: Spoken) -> _Marks:
    free = ~spoken.has(dropping("balanced") - {"boilerplate"})
    kept = free & ~spoken.has(["boilerplate"])
    prose = find_paragraphs(lines) | find_sentences(lines)
    known = _sums(spoken.has((boilerplate("balanced") | {"author-box"}) - {"boilerplate"}))
    counted = prose & kept
    sentences, paragraphs = _sums(counted), _sums(prose & free)
    starts, stops = lines.starts[:-1], lines.starts[1:]
    size, rows = stops - starts, np.arange(len(lines))
    asked = free & np.repeat((known[stops] > known[starts]) & (sentences[stops] - sentences[starts] > 1), size)
    below = np.repeat(sentences[stops], size) - sentences[1:]
    below[~asked | (np.repeat(stops - _FROM_END, size) > rows)] = PASSED + 1
    above = asked & (paragraphs[:-1] == np.repeat(paragraphs[starts], size))
    above &= np.repeat(starts + _FROM_BEGINNING, size) > rows
    told = kept | spoken.has(["title", "headline"])
    return _Marks(free, prose, counted, told, spoken.has(["byline"]), known, below, above)


def _sums(mark: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Of each row, and of the end, how many marks stand before it."""
    return np.append(np.zeros(1, np.int64), np.cumsum(mark))


def find_tails(
    lines: Lines,
    labels: Sequence[Label],
    find_telling: Callable[[Sequence[str]], Sequence[int]],
    sizes: tuple[int, int],
    passed: int = PASSED,
) -> Iterator[Tail]:
    """Of each document that may say something there, of which a rule has found boilerplate and that has a paragraph.

    `find_telling` gives the numbers of the texts that may say something. It is asked for those of `sizes` characters,
    least and most, that stand over the text, or below it with at most `passed` sentences below them: where none of a
    document does, and that is nearly all, nothing of it is looked at in Python.
    """
    marks = _find_marks(lines, find_spoken(lines, labels))
    asked = marks.above | (marks.below <= passed)
    tells = np.zeros(len(lines.first), np.bool_)
    tells[lines.key[asked]] = True
    keys = np.flatnonzero(tells & (lines.sizes >= sizes[0]) & (lines.sizes <= sizes[1]))
    if not len(keys):
        return
    tells[:] = False
    tells[keys[find_telling([*map(lines.distinct.__getitem__, keys.tolist())])]] = True
    telling = asked & tells[lines.key]
    silent = asked & ~telling
    for document in dict.fromkeys(lines.documents_of(np.flatnonzero(telling)).tolist()):
        rows = lines.rows(document)
        here = slice(rows.start, rows.stop)
        yield Tail(
            rows=rows,
            free=marks.free[here].tolist(),
            silent=silent[here].tolist(),
            prose=marks.prose[here].tolist(),
            counted=marks.counted[here].tolist(),
            is_told=marks.told[here],
            bylines=marks.bylines[here],
            known=int(marks.known[rows.stop] - marks.known[rows.start]),
        )
