"""Where a line stands: what is known of the lines that no rule has taken, from their document and their neighbours.

Only those lines are looked at, as if the others were not there: a subhead among paragraphs is one, however
many "Advertisement" stand between. What was taken is counted beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.labels import label_kinds
from cleaning.linemodel.counts import Floats, Ints, count_keys
from cleaning.linemodel.features import FAMILIES, Features, score_words
from cleaning.linemodel.shapes import find_shapes
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

# A line that rules take so many times on one page is an insert between the paragraphs ('Advertisement', 'Article
# content'): it says nothing of what stands beside it.
INSERT = 4


@dataclass(frozen=True)
class Context:
    """The lines of a batch that no rule has taken, and what is known of each."""

    rows: Ints
    """(m,): rows of the batch's Lines, ascending."""
    values: Floats
    """(m, len(names))."""
    names: tuple[str, ...]
    list_of: Ints
    """(m,): for an entry of a bulleted list the first of its entries, for any other line itself."""
    copy_of: Ints
    """(m,): the first line of its document that has the same text."""
    opened_by: Ints
    """(m,): for an entry of a list, bulleted or not, that a colon opens, with a sentence somewhere below, the line over
    it; else -1."""

    def column(self, name: str) -> Floats:
        """(m,): one of the features."""
        column: Floats = self.values[:, self.names.index(name)]
        return column

    def agreed(self, body: Floats) -> Floats:
        """Probabilities of body text, (m,), of which lines of one text on a page have one, and the entries of a list:
        the mean of their log odds.

        What a page says several times, such as a label over each product of a test or an appeal after each chapter, is
        text everywhere or nowhere. A list stays or leaves as a whole. It is none the less text than the sentence that
        opens it: its entries look like boilerplate (names, prices, specifications), and are what is announced above.
        """
        body = _mean_of(_mean_of(body, self.copy_of), self.list_of)
        over = self.opened_by
        is_text: Floats = np.where((over >= 0) & (body[over] >= 0.5), np.maximum(body, 0.5), body)
        return is_text


def _mean_of(body: Floats, group: Ints) -> Floats:
    """Probabilities, (m,), of which the lines of a group have one: the mean of their log odds."""
    sure = np.clip(body.astype(np.float64), 1e-6, 1 - 1e-6)
    many = np.bincount(group, minlength=len(body))
    odds = np.bincount(group, np.log(sure / (1 - sure)), len(body)) / np.maximum(many, 1)
    mean: Floats = np.where(many[group] > 1, (1 / (1 + np.exp(-odds)))[group], body).astype(np.float32)
    return mean


def read_context(lines: Lines, labels: Sequence[Label], words: npt.NDArray[np.int16]) -> Context:
    """What is known of each line that `balanced` would keep by `labels`; the same in whatever batch it comes.

    `words`: (BUCKETS,), how much each gram speaks for boilerplate, in 1/UNIT of a log odds.
    """
    family = _families()[find_spoken(lines, labels).dropped]
    page = np.flatnonzero((family < 0) | (count_keys(lines.key, lines.starts, len(lines.distinct)) < INSERT))
    every = find_shapes(lines)
    table = Features(lines, page, family[page], every, score_words(every, words))
    values = np.stack(list(table.columns.values()), dtype=np.float32).T
    return Context(page[table.rows], values, tuple(table.columns), table.list_of, table.copy_of, table.opened_by)


@cache
def _families() -> npt.NDArray[np.int8]:
    """The family of each label as its place in FAMILIES; -1: the line model's own, and at the end for no label."""
    families = [*(kind.family for kind in label_kinds().values()), ""]
    return np.array([FAMILIES.index(family) if family in FAMILIES else -1 for family in families], np.int8)
