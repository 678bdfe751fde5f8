"""What stands below the last paragraph of a text, and over its first, on pages that have some boilerplate.

Asked behind the line model: what it takes for boilerplate, as headlines of other articles, is no paragraph of the text.
What it says of lines must not depend on what is found here, which it has not been trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cleaning.fields.heads import find_paragraphs
from cleaning.labels import boilerplate, dropping
from cleaning.lines import Label, Lines, end_with
from cleaning.once import once
from cleaning.spoken import find_spoken

# Characters of a sentence, and of one in scripts that have more in a letter; of a line in scripts without full stops.
_SENTENCE, _DENSE, _STOPLESS = 40, 14, 40
PASSED = 2
KNOWN = 2
"""So many lines of a page have to be boilerplate, or one more with its end: a clean article may have one."""
# So many lines of a document are looked at from its end upwards, and so many from its beginning.
_FROM_END, _FROM_BEGINNING = 80, 25


@dataclass
class Tail:
    """The lines around a document's text that no rule knows."""

    rows: range
    free: npt.NDArray[np.bool_]
    """Of each row of the batch whether no rule drops it, whatever the line model says."""
    kept: npt.NDArray[np.bool_]
    """Whether it stays."""
    prose: npt.NDArray[np.bool_]
    """Whether it is a paragraph."""
    titles: npt.NDArray[np.bool_]
    bylines: npt.NDArray[np.bool_]
    known: int
    """Rows that a rule has found to be boilerplate."""
    _passed: int = -1

    @property
    def is_signed(self) -> bool:
        """Whether a byline stands in it."""
        return bool(self.bylines[self.rows.start : self.rows.stop].any())

    @cached_property
    def told(self) -> list[int]:
        """Rows that the text is told by: all that stay, and the title."""
        here = slice(self.rows.start, self.rows.stop)
        rows: list[int] = (np.flatnonzero(self.kept[here] | self.titles[here]) + self.rows.start).tolist()
        return rows

    def below(self) -> Iterator[tuple[int, int]]:
        """Free rows from the last upwards, each with the sentences below it that nobody has passed by.

        Up to where there are more than `PASSED`; the first of two is the last line of the text, or of another one.
        """
        below = 0
        for row in range(self.rows.stop - 1, max(self.rows.start, self.rows.stop - _FROM_END) - 1, -1):
            if self.free[row]:
                yield row, below
                below += bool(self.prose[row] and self.kept[row]) and self._passed != row
                if below > PASSED:
                    return

    def pass_by(self, row: int) -> None:
        """Say of the row that was given last that it is not of the text."""
        self._passed = row

    def above(self) -> Iterator[int]:
        """Free rows over the text: up to the first paragraph, that included if another stands below."""
        for row in self.rows[:_FROM_BEGINNING]:
            if self.free[row]:
                yield row
                if self.prose[row]:
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


def find_tails(lines: Lines, labels: Sequence[Label]) -> Iterator[Tail]:
    """Of each document of which a rule has found boilerplate and that has a paragraph."""
    spoken = find_spoken(lines, labels)
    free = ~spoken.has(dropping("balanced") - {"boilerplate"})
    kept = free & ~spoken.has(["boilerplate"])
    prose = find_paragraphs(lines) | find_sentences(lines)
    sums = [
        np.add.reduceat(np.append(mark, False), lines.starts[:-1]) if lines.documents else np.zeros(0)
        for mark in (spoken.has((boilerplate("balanced") | {"author-box"}) - {"boilerplate"}), prose & kept)
    ]
    titles, bylines = spoken.has(["title", "headline"]), spoken.has(["byline"])
    some = np.flatnonzero((sums[0] > 0) & (sums[1] > 1) & (np.diff(lines.starts) > 0))
    for document in some.tolist():
        yield Tail(lines.rows(document), free, kept, prose, titles, bylines, int(sums[0][document]))
