"""Where a list of other articles ends and the article goes on: told by boosted trees (data/listends.npz).

They are fitted to pages by pipelines/training/listends.py. Of each place where the list may end they are asked about
the lines above it, which would be headlines, and about those below, which would be text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.labelers.linkends import ends_like_a_sentence
from cleaning.linemodel.shapes import SHAPES, find_shapes
from cleaning.linemodel.trees import Floats, Model, load_model
from cleaning.lines import Lines
from cleaning.native import native

LOST = 2.0
"""What a line of text that is lost counts, against a headline that is left."""


class Block(NamedTuple):
    """The lines under a heading that may be headlines: none is long, and none of them leaves by another rule."""

    rows: Sequence[int]
    """Rows of the batch, ascending; at least one."""
    inside: bool
    """The line over the heading ends like a sentence."""
    closes: bool
    """Nothing of the article follows the block."""
    over_text: bool
    """A long line of the article does."""
    over_heading: bool
    """The next heading of a list does."""
    parted: bool
    """A blank line stands behind the block, and none between its lines."""
    headed: bool
    """Another rule has a line between the heading and these: a headline, as often as not."""


_PLACES = ("headlines", "text", "last headline", "first of text", "second of text")
_CUT = (
    "number of headlines",
    "lines of text",
    "sentences in text",
    "sentences in headlines",
    "changes in text",
    "lines down to text",
)
_BLOCK = ("inside", "closes", "over text", "over heading", "parted", "headed")
FEATURES = (*(f"{place}: {name}" for place in _PLACES for name in SHAPES), *_CUT, *_BLOCK)
"""What is asked of a place where a list may end: shapes of lines, of all headlines and of all lines of text their
mean; `changes`, lines of text over one of the other kind, sentence or none, as teasers are; and see `Block`."""

_SENTENCE = SHAPES.index("ends a sentence")
# Shapes are added up in whole parts of one, so that a sum is the same on every machine.
_UNIT = 256
# Ends, of some 700 bytes each.
_AT_A_TIME = 20_000


class Ends(NamedTuple):
    """The places where each of n blocks may end: all numbers of headlines, from none to all."""

    values: Floats
    """(ends, len(FEATURES))."""
    starts: npt.NDArray[np.int64]
    """(n + 1,): those of block b are starts[b] to starts[b + 1]."""


def features(lines: Lines, blocks: Sequence[Block]) -> Ends:
    """What is asked of each end of some blocks."""
    starts = np.cumsum([0, *[len(block.rows) + 1 for block in blocks]])
    rows = [*chain.from_iterable([block.rows for block in blocks])]
    places, texts = np.array(rows, np.int64), lines.texts
    shaped = find_shapes(lines).values[lines.key[places]]
    # a sentence may end before who signed it
    signed = [at for at, row in enumerate(rows) if (text := texts[row])[-1] == ")" and ends_like_a_sentence(text)]
    shaped[signed, _SENTENCE] = 1
    down = (lines.line_no[places] - lines.line_no[places - 1]).astype(np.int64)
    flags = np.array([block[1:] for block in blocks], np.float32).reshape(len(blocks), len(_BLOCK))
    values = np.zeros((len(FEATURES), int(starts[-1])), np.float32)
    _fill(shaped, starts, down, flags, values)
    return Ends(values.T, starts)


@native("f4[,] i8[] i8[] f4[,] f4[,]")
def _fill(
    shaped: Floats, starts: npt.NDArray[np.int64], down: npt.NDArray[np.int64], flags: Floats, values: Floats
) -> None:
    """Compiled: see FEATURES. Of the lines of all blocks `shaped` has the shapes, `down` how many lines further down
    than the line above it each stands; `values`: (features, ends) of zeros."""
    shapes = shaped.shape[1]
    for block in range(len(flags)):
        begin = starts[block]
        many = starts[block + 1] - begin - 1
        first = begin - block  # of its lines
        for shape in range(shapes):
            total = above = 0
            for line in range(first, first + many):
                total += int(np.rint(shaped[line, shape] * _UNIT))
            for at in range(many + 1):
                end = begin + at
                if at > 0:
                    above += int(np.rint(shaped[first + at - 1, shape] * _UNIT))
                    values[shape, end] = above / (_UNIT * at)
                    values[2 * shapes + shape, end] = shaped[first + at - 1, shape]
                if at < many:
                    values[shapes + shape, end] = (total - above) / (_UNIT * (many - at))
                    values[3 * shapes + shape, end] = shaped[first + at, shape]
                if at + 1 < many:
                    values[4 * shapes + shape, end] = shaped[first + at + 1, shape]
        cut = 5 * shapes
        said = changes = 0
        for at in range(many, -1, -1):
            end = begin + at
            if at < many:
                ends = shaped[first + at, _SENTENCE] > 0
                said += ends
                if at + 1 < many:
                    changes += ends != (shaped[first + at + 1, _SENTENCE] > 0)
            values[cut, end], values[cut + 1, end] = at, many - at
            values[cut + 2, end], values[cut + 4, end] = said, changes
            if at < many:
                values[cut + 5, end] = down[first + at]
            for flag in range(flags.shape[1]):
                values[cut + 6 + flag, end] = flags[block, flag]
        for end in range(begin, begin + many + 1):
            values[cut + 3, end] = said - values[cut + 2, end]


@cache
def _model() -> Model:
    return load_model("listends")


def ends_of_lists(lines: Lines, blocks: Sequence[Block]) -> list[int]:
    """How many of the lines of each block are headlines; the others are the article again."""
    many = np.cumsum([len(block.rows) + 1 for block in blocks])
    found: list[int] = []
    for low, high in pairwise([0, *(np.flatnonzero(np.diff(many // _AT_A_TIME)) + 1).tolist(), len(blocks)]):
        ends = features(lines, blocks[low:high])
        found += choose(_model().odds(ends.values), ends.starts)
    return found


def choose(odds: npt.NDArray[np.float64], starts: npt.NDArray[np.int64]) -> list[int]:
    """The end of each block at which least is expected to go wrong, of all ends with the logarithms of their odds.

    Where a lost line counts c times a left one, that is the first by which the list has ended with a probability of
    1 / (1 + c): the quantile of R. Koenker and G. Bassett, Regression quantiles, 1978.

    >>> choose(np.log([0.1, 0.3, 0.6, 0.01, 0.29, 0.7]), np.array([0, 3, 6]))
    [1, 2]
    """
    found = np.zeros(len(starts) - 1, np.int64)
    _choose(odds, starts, 1 / (1 + LOST), found)
    chosen: list[int] = found.tolist()
    return chosen


@native("f8[] i8[] f8 i8[]")
def _choose(
    odds: npt.NDArray[np.float64], starts: npt.NDArray[np.int64], least: float, found: npt.NDArray[np.int64]
) -> None:
    """Compiled: see `choose`."""
    for block in range(len(found)):
        begin, end = starts[block], starts[block + 1]
        most = odds[begin]
        for at in range(begin, end):
            most = max(most, odds[at])
        total = 0.0
        for at in range(begin, end):
            total += np.exp(odds[at] - most)
        chance = 0.0
        for at in range(begin, end):
            chance += np.exp(odds[at] - most)
            if chance >= least * total:
                found[block] = at - begin
                break
