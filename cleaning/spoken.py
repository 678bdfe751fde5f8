"""What labelers have said of the rows of a batch so far, counted up as they speak."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines


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
        some, names, rules, _ = zip(*new, strict=True)
        rows, kinds = np.array(some, np.int64), np.array([*map(_numbers().__getitem__, names)], np.int64)
        np.bitwise_or.at(self.kinds, rows, 1 << kinds)
        drops = np.isin(kinds, [_numbers()[name] for name in dropping("balanced")])
        self.dropped[rows[drops]] = kinds[drops]
        self.headlines += [row for row, rule in zip(some, rules, strict=True) if rule == "fields.title.headline"]


@cache
def _numbers() -> dict[str, int]:
    return {name: number for number, name in enumerate(label_kinds())}


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
