"""The one place where lines leave a text: labels and a policy in, bodies out."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines


@dataclass(frozen=True)
class Bodies:
    """What a policy makes of the lines of a batch."""

    texts: list[str]
    """One for each document: the lines that stay, trimmed, a line each; '' where none stays."""
    decided_by: npt.NDArray[np.int64]
    """For each line the index of the label that drops it; -1: it stays."""

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """For each line whether it stands in its text."""
        return self.decided_by < 0


def assemble(lines: Lines, labels: Sequence[Label], policy: str) -> Bodies:
    """Leave out every line that has a label which the policy drops.

    Each dropped line is charged to one label: the first by the order of labels.toml, among equals the
    one that was given first. Rules of data/doubtful.toml drop nothing from a document from which no other rule
    does, but for the policy `strict`.
    """
    kinds, drops = label_kinds(), dropping(policy)
    decided = np.full(len(lines), -1, np.int64)
    for index, label in enumerate(labels):
        if label.label in drops:
            before = decided[label.row]
            if before < 0 or kinds[label.label].precedence < kinds[labels[before].label].precedence:
                decided[label.row] = index
    if policy != "strict":
        _spare(decided, lines, labels)
    texts = []
    kept = (decided < 0).tolist()
    keys = lines.key.tolist()
    bounds = lines.starts.tolist()
    for start, stop in pairwise(bounds):
        texts.append("\n".join(lines.distinct[keys[row]] for row in range(start, stop) if kept[row]))
    return Bodies(texts, decided)


def _spare(decided: npt.NDArray[np.int64], lines: Lines, labels: Sequence[Label]) -> None:
    """Keep the lines of documents from which only doubtful rules drop any."""
    rows = np.flatnonzero(decided >= 0)
    doubtful = np.array([_is_doubtful(labels[index].rule_id) for index in decided[rows].tolist()], np.bool_)
    if doubtful.any():
        documents = lines.documents_of(rows)
        decided[rows[doubtful & ~np.isin(documents, documents[~doubtful])]] = -1


@cache
def _is_doubtful(rule_id: str) -> bool:
    return rule_id in _doubtful() or "." + rule_id.partition(".")[2] in _doubtful()


@cache
def _doubtful() -> frozenset[str]:
    text = resources.files("cleaning").joinpath("data/doubtful.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["rules"])
