"""What a line looks like and which words it has, in one compiled pass over each distinct text.

Shapes are numbers that mean the same in every language: length, capitals, how it ends. Grams are hashed words,
pairs of words and pieces of words; a line's grams tell whether it speaks of what the article speaks of, and whether
it speaks like a button.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans, spans_of
from cleaning.linemodel.letters import characters
from cleaning.linemodel.shapeloop import BUCKETS, KIND_SHIFT, LONG_WORD, PAIR, PIECE, SHORT_WORD, scan
from cleaning.lines import Lines
from cleaning.once import once

__all__ = [
    "BUCKETS", "KIND_SHIFT", "LONG_WORD", "PAIR", "PIECE", "SHAPES", "SHORT_WORD", "Shapes", "find_shapes", "shapes",
]  # fmt: skip

SHAPES = (
    "length",
    "words",
    "word length",
    "capitals",
    "digits",
    "punctuation",
    "CJK",
    "letters",
    "ends a sentence",
    "ends with a colon",
    "ends with a question mark",
    "ends with an exclamation mark",
    "ends with an ellipsis",
    "ends with a letter or digit",
    "begins with a bullet",
    "begins with a digit",
    "first letter is small",
    "first letter is a capital",
    "begins with a quotation mark",
    "begins with a bracket",
    "commas",
    "sentences inside",
    "quotation marks",
    "bars",
    "address",
    "copyright sign",
    "clock time",
    "year",
    "all capitals",
    "long words with capitals",
    "words with capitals",
    "brackets",
)
"""Names of the columns of `Shapes.values`; shares are 0-1, counts are given as log(1 + count)."""

_COLUMN = {name: column for column, name in enumerate(SHAPES)}


class Shapes(NamedTuple):
    """Of n texts."""

    values: npt.NDArray[np.float32]
    """(n, len(SHAPES))."""
    grams: npt.NDArray[np.uint16]
    """Grams of all texts, text after text."""
    starts: npt.NDArray[np.int64]
    """(n + 1,): grams of text t are grams[starts[t]:starts[t + 1]]."""

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """One shape of all texts."""
        return self.values[:, _COLUMN[name]]


def shapes(texts: Sequence[str]) -> Shapes:
    r"""Shapes and grams of texts that are trimmed and hold no LF.

    >>> two = shapes(["Read more", "The bridge, he said, “will not close.”"])
    >>> two.column("ends a sentence").tolist(), two.column("commas").round(1).tolist()
    ([0.0, 1.0], [0.0, 2.0])
    """
    return _shapes(spans_of(texts))


def _shapes(texts: Spans) -> Shapes:
    kinds, lower = characters()
    count = len(texts.starts)
    values = np.zeros((count, len(SHAPES)), np.float32)
    grams = np.empty(2 * int(texts.sizes.sum()) + 6 * count, np.uint16)
    starts = np.zeros(count + 1, np.int64)
    found = scan(*texts, kinds, lower, values, grams, starts)
    return Shapes(values, grams[:found].copy(), starts)


@once
def find_shapes(lines: Lines) -> Shapes:
    """Shapes and grams of each distinct text of a batch, by its key."""
    return _shapes(lines.codes)
