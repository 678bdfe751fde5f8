"""What the lines of one document say and repeat, as `copies` reads it, and the limits of what a copy is."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.repeats.spans import Matches


class Limits(NamedTuple):
    """What makes a copy. Lengths are in words, see `tokens.WEIGHT`: five Chinese characters are three.

    Set on copies pasted into news bodies of 25 languages, and on lyrics, notices, tables and contracts.
    """

    covered: float = 0.85
    """Share of a line, 0-1, that must be matched, edits between matches included."""
    equal: float = 0.6
    """Share of a line, 0-1, that must be matched to the word."""

    target_pure: float = 0.7
    """Share of copied words, 0-1, from the first line of a copy to its last; below it somebody quotes and comments."""
    source_pure: float = 0.8
    """Share of copied words, 0-1, in the lines that are copied; below it sentences are picked out of paragraphs."""

    # A long copy counts wherever it stands, and may be edited.
    long: float = 150
    long_equal: float = 0.8
    figures_changed: float = 0.3
    figures_edited: float = 0.25
    """Where more of the figures are others, and more of the edits are in figures, it is another text of
    the same pattern."""
    names_edited: float = 0.8
    """So it is where more of the edits are in names or figures."""
    pattern: int = 8
    """Edited tokens, on both sides, from which on `names_edited` can be told."""

    # A shorter one must be prose, and say the same; several lines of `edited` words may have edits.
    edited: float = 80
    edited_names: float = 0.5
    """Share of the edits, 0-1, in names or figures, at most: more are those of another text of the same form."""
    prose: float = 12
    """Words of a line, on average; lines of songs, tables and lists are shorter."""
    block: float = 40
    """Several lines, with at most `near` words between the first and the copy."""
    near: float = 40
    block_equal: float = 0.93
    """Also of an edited copy in a script without capitals, where names cannot be told."""
    line_equal: float = 0.975
    paragraph: float = 20
    """One line that follows its twin at once."""
    caption: float = 8
    """One line over a paragraph that follows its twin at once, to the word, and stands nowhere else: a caption is
    doubled by scrapers that take a picture's description for another line of text."""
    head: int = 3
    """Lines before it, at most, where one of the three lines below has to be a paragraph, and not the first."""
    whole: float = 20
    """All that the document said so far, said again at once, in lines of `whole_prose` words."""
    whole_prose: float = 10
    distant: float = 60
    distant_prose: float = 20
    """Wherever it stands, in lines of so many words, which are paragraphs."""
    quoted: float = 100
    """Wherever it stands, in shorter lines: below it is a verse or a quotation broken into lines."""
    formula: float = 100
    """Wherever it stands, when it is said more than twice."""

    # Paragraph after paragraph doubled in place.
    doubled: float = 40
    doubled_prose: float = 8
    doubled_groups: int = 3
    single: float = 0.25
    """Lines among them that stand once, for each that is doubled."""

    strange: float = 40
    """New words between two lines of a copy, at most."""


LIMITS = Limits()


class Said(NamedTuple):
    """The lines of one document that take part, in page order. Lengths in words."""

    row: list[int]
    words: list[float]
    upto: list[float]
    """Words of all lines before; one longer than the others."""
    digest: list[int]
    equal: list[float]
    copied: list[bool]
    """The line says nothing, or next to nothing, that was not said before."""
    source: list[int]
    first: list[int]
    last: list[int]
    """Indexes of such lines, see `Matches`; -1: none."""
    before: list[float]
    after: list[float]
    edits: list[int]
    figure_edits: list[int]
    name_edits: list[int]
    caseless_edits: list[int]
    figures: list[int]
    figures_changed: list[int]
    strange: list[float]
    """New words of all lines before that are not copied; one longer than the others."""

    def __len__(self) -> int:
        return len(self.row)


def said(matches: Matches, start: int, stop: int, skip: npt.NDArray[np.bool_]) -> Said:
    """What the rows `start` to `stop` say: those that have words and no `skip`."""
    rows = start + np.flatnonzero((matches.words[start:stop] > 0) & ~skip[start:stop])
    index = np.full(stop - start + 1, -1)  # the last place is that of row -1
    index[rows - start] = np.arange(len(rows))
    words, equal, covered = (column[rows] / 10 for column in (matches.words, matches.equal, matches.covered))
    edits, figure_edits = matches.edits[rows], matches.figure_edits[rows]
    only_figures = (edits > 0) & (edits == figure_edits)  # a table, a count
    copied = (
        (matches.source[rows] >= 0)
        & (covered >= LIMITS.covered * words)
        & (equal >= LIMITS.equal * words)
        & ~only_figures
    )

    def places(column: npt.NDArray[np.int32]) -> list[int]:
        found: list[int] = index[np.maximum(column[rows] - start, -1)].tolist()
        return found

    return Said(
        row=rows.tolist(),
        words=words.tolist(),
        upto=[0.0, *accumulate(words.tolist())],
        digest=matches.digest[rows].tolist(),
        equal=equal.tolist(),
        copied=copied.tolist(),
        source=places(matches.source),
        first=places(matches.first),
        last=places(matches.last),
        before=(matches.before[rows] / 10).tolist(),
        after=(matches.after[rows] / 10).tolist(),
        edits=edits.tolist(),
        figure_edits=figure_edits.tolist(),
        name_edits=matches.name_edits[rows].tolist(),
        caseless_edits=matches.caseless_edits[rows].tolist(),
        figures=matches.figures[rows].tolist(),
        figures_changed=matches.figures_changed[rows].tolist(),
        strange=[0.0, *accumulate(np.where(copied, 0, words - covered).tolist())],
    )
