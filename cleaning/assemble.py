"""The one place where lines leave a text: labels and a policy in, bodies out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.sparing import spare
from cleaning.spoken import find_spoken


@dataclass(frozen=True)
class Bodies:
    """What a policy makes of the lines of a batch."""

    texts: list[str]
    """One for each document: the lines that stay, trimmed, a line each; '' where none stays."""
    decided_by: npt.NDArray[np.int64]
    """For each line the index of the label that drops it; -1: it stays."""
    spared: Mapping[int, str]
    """Documents that would have lost too much, and so keep lines which labels would drop, each with why."""

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """For each line whether it stands in its text."""
        return self.decided_by < 0


def assemble(lines: Lines, labels: Sequence[Label], policy: str, max_loss: float = 1.0) -> Bodies:
    """Leave out every line that has a label which the policy drops, but for what `spare` takes back.

    Each dropped line is charged to one label: the first by the order of labels.toml, among equals the
    one that was given first.
    """
    decided = _decide(lines, labels, policy)
    spared = spare(decided, lines, labels, policy, max_loss)
    kept = decided < 0
    left = list(compress(lines.texts, kept.tolist()))
    bounds = np.concatenate([[0], np.cumsum(kept)])[lines.starts].tolist()
    return Bodies(["\n".join(left[start:stop]) for start, stop in pairwise(bounds)], decided, spared)


def _decide(lines: Lines, labels: Sequence[Label], policy: str) -> npt.NDArray[np.int64]:
    """For each line the index of the label that drops it, as `assemble` says; -1: none."""
    decided = np.full(len(lines), -1, np.int64)
    said = find_spoken(lines, labels).columns()
    dropped = np.flatnonzero(said.named(dropping(policy)))
    row = said.row[dropped]
    best = np.lexsort((said.kind[dropped], row))  # of equals the first stays the first
    first = np.ones(len(best), np.bool_)
    first[1:] = np.diff(row[best]) > 0
    decided[row[best[first]]] = dropped[best[first]]
    return decided
