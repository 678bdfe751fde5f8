"""When a document loses less than its labels say: for want of evidence, or because too little would be left."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from cleaning.lines import Label, Lines
from cleaning.spoken import Columns, find_spoken

LONG = 2000
"""Characters from which on a document has a text, whatever rules say of its lines."""

_MODEL = "model."
"""What the line model alone says is evidence from likeness."""


def spare(
    decided: npt.NDArray[np.int64], lines: Lines, labels: Sequence[Label], policy: str, max_loss: float
) -> dict[int, str]:
    """Take decisions back, in `decided`, the index of the label that drops each line; -1: none.

    Rules of data/doubtful.toml drop nothing from a document from which no other rule does, but for the policy
    `strict`. The line model takes nothing where it would take more than `max_loss` (0-1) of the text that rules leave.
    A document of LONG characters of which nothing would be left is kept whole. Returns the documents that
    the last two keep lines of, each with why.
    """
    said = find_spoken(lines, labels).columns()
    if policy != "strict":
        _spare_the_doubtful(decided, lines, said)
    length = lines.sizes[lines.key]
    by_model = decided >= 0
    by_model[by_model] = said.ruled(lambda rule_id: rule_id.startswith(_MODEL))[decided[by_model]]
    left, taken = _total(length * (decided < 0), lines), _total(length * by_model, lines)
    spared = {}
    for document in np.flatnonzero(taken > max_loss * (left + taken)).tolist():
        rows = np.array(lines.rows(document))
        decided[rows[by_model[rows]]] = -1
        share = taken[document] / (left[document] + taken[document])
        spared[document] = f"the line model alone would have taken {share:.0%} of the text that rules leave"
    left, whole = _total(length * (decided < 0), lines), _total(length, lines)
    for document in np.flatnonzero((left == 0) & (whole >= LONG)).tolist():
        decided[lines.rows(document)] = -1
        spared[document] = f"rules would have taken all of its {whole[document]:,} characters"
    return spared


def _total(values: npt.NDArray[np.int64], lines: Lines) -> npt.NDArray[np.int64]:
    """The sum over each document."""
    sums = np.concatenate([[0], np.cumsum(values)])
    total: npt.NDArray[np.int64] = sums[lines.starts[1:]] - sums[lines.starts[:-1]]
    return total


def _spare_the_doubtful(decided: npt.NDArray[np.int64], lines: Lines, said: Columns) -> None:
    """Keep the lines of documents from which only doubtful rules drop any."""
    rows = np.flatnonzero(decided >= 0)
    doubtful = said.ruled(_is_doubtful)[decided[rows]]
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
