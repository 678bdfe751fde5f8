"""The one place where lines leave a text: labels and a policy in, bodies out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines
from cleaning.sparing import spare


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
    kinds, drops = label_kinds(), dropping(policy)
    decided = np.full(len(lines), -1, np.int64)
    for index, label in enumerate(labels):
        if label.label in drops:
            before = decided[label.row]
            if before < 0 or kinds[label.label].precedence < kinds[labels[before].label].precedence:
                decided[label.row] = index
    spared = spare(decided, lines, labels, policy, max_loss)
    texts = []
    kept = (decided < 0).tolist()
    keys = lines.key.tolist()
    bounds = lines.starts.tolist()
    for start, stop in pairwise(bounds):
        texts.append("\n".join(lines.distinct[keys[row]] for row in range(start, stop) if kept[row]))
    return Bodies(texts, decided, spared)
