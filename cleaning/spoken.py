"""What labelers have said of the rows of a batch so far, counted up as they speak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import cache
from operator import itemgetter
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines


class Columns(NamedTuple):
    """Labels as columns, one entry for each."""

    row: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    """Number of the label, in the order of `label_kinds`, which is that of precedence."""
    rule: npt.NDArray[np.int64]
    """Number of the rule in `rules`."""
    rules: list[str]

    def named(self, names: Collection[str]) -> npt.NDArray[np.bool_]:
        """Whether each label has one of the names."""
        return np.array([name in names for name in label_kinds()], np.bool_)[self.kind]

    def ruled(self, is_one: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
        """Whether each label is of one of some rules; each rule is asked for once."""
        return np.array([*map(is_one, self.rules)], np.bool_)[self.rule]


class Spoken:
    """Which labels each row has."""

    def __init__(self, rows: int) -> None:
        self.kinds = np.zeros(rows, np.int64)
        """A bit for each label, in the order of `label_kinds`."""
        self.dropped = np.full(rows, -1, np.int64)
        """The last label by which `balanced` leaves the row out, as its number in that order; -1: none."""
        self.headlines: list[int] = []
        """Rows that are the headline of their document."""
        self.count = 0
        """How many labels have been counted."""
        self._numbered: defaultdict[str, int] = defaultdict()
        self._numbered.default_factory = self._numbered.__len__
        none = np.zeros(0, np.int64)
        self._parts = [(none, none, none)]

    def has(self, names: Collection[str]) -> npt.NDArray[np.bool_]:
        """Whether each row has a label of one of the names."""
        has: npt.NDArray[np.bool_] = self.kinds & sum(1 << _numbers()[name] for name in names) != 0
        return has

    def rows(self, names: Collection[str]) -> set[int]:
        """The rows that have one."""
        return set(np.flatnonzero(self.has(names)).tolist())

    def add(self, labels: Sequence[Label]) -> None:
        """Count those of the batch's labels that have not been counted."""
        new = labels[self.count :]
        self.count = len(labels)
        if not new:
            return
        # Nothing of this is a loop in Python: every labeler that is asked has this read what was said before it.
        names, said_by = map(itemgetter(1), new), map(itemgetter(2), new)
        columns = map(itemgetter(0), new), map(_numbers().__getitem__, names), map(self._numbered.__getitem__, said_by)
        rows, kinds, rules = (np.fromiter(column, np.int64, len(new)) for column in columns)
        self._parts.append((rows, kinds, rules))
        np.bitwise_or.at(self.kinds, rows, 1 << kinds)
        drops = _are_dropped()[kinds]
        self.dropped[rows[drops]] = kinds[drops]
        self.headlines += rows[rules == self._numbered["fields.title.headline"]].tolist()

    def places(self, names: Collection[str]) -> npt.NDArray[np.int64]:
        """Where in the list of labels those with one of these names stand, by row and as they were given."""
        if not self._parts:
            return np.zeros(0, np.int64)
        said = self.columns()
        at = np.flatnonzero(said.named(names))
        by_row: npt.NDArray[np.int64] = at[np.argsort(said.row[at], kind="stable")]
        return by_row

    def columns(self) -> Columns:
        """The labels counted so far."""
        row, kind, rule = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self._parts = [(row, kind, rule)]
        return Columns(row, kind, rule, list(self._numbered))


@cache
def _numbers() -> dict[str, int]:
    return {name: number for number, name in enumerate(label_kinds())}


@cache
def _are_dropped() -> npt.NDArray[np.bool_]:
    return np.array([name in dropping("balanced") for name in label_kinds()], np.bool_)


_KEPT: WeakKeyDictionary[Lines, tuple[Sequence[Label], Spoken]] = WeakKeyDictionary()


def find_spoken(lines: Lines, labels: Sequence[Label]) -> Spoken:
    """What `labels` say. The same list grown longer is read on from where it ended: labels are never taken back.

    >>> from cleaning.lines import split
    >>> lines, labels = split(["Share\\nBridge"]), [Label(0, "share-bar", "en.share.button", "")]
    >>> find_spoken(lines, labels).rows(["share-bar", "title"])
    {0}
    >>> labels.append(Label(1, "title", "fields.title.headline", ""))
    >>> find_spoken(lines, labels).rows(["share-bar", "title"])
    {0, 1}
    """
    kept, spoken = _KEPT.get(lines, (None, None))
    if spoken is None or kept is not labels or len(labels) < spoken.count:
        spoken = Spoken(len(lines))
        _KEPT[lines] = labels, spoken
    spoken.add(labels)
    return spoken
