"""The labeler that has learned from pages whose bodies are known: what no rule has taken, by shape and context."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.fields.headlinefeatures import ENDED
from cleaning.fields.headlines import UNSPACED
from cleaning.fields.heads import ends, find_paragraphs
from cleaning.fields.recipes import is_amount, is_ingredients
from cleaning.labels import dropping
from cleaning.linemodel.context import Context, read_context
from cleaning.linemodel.counts import Floats
from cleaning.linemodel.trees import load_model
from cleaning.lines import Label, Lines, end_with
from cleaning.spoken import find_spoken

_NAMED = 3


class Limits(NamedTuple):
    """Probabilities of body text, 0-1, below which a line is boilerplate, by what its page is."""

    clean_to: float
    """Up to which share of lines, 0-1, that rules have dropped, somebody has cleaned a page."""
    raw_from: float
    """From which share on it is raw. Between the two a limit is between those of raw and clean pages."""
    raw: dict[str, float]
    """By policy: balanced, strict."""
    clean: dict[str, float]
    paragraph: float
    """That below which a paragraph between others leaves under balanced."""
    deck: float
    """That below which a line between the headline and a date or byline does."""

    def of(self, context: Context, policy: str) -> Floats:
        """(m,): the limit for each line."""
        share, bounds = context.column("page: share dropped by rules"), (self.clean_to, self.raw_from)
        return np.interp(share, bounds, (self.clean[policy], self.raw[policy])).astype(np.float32)


@cache
def load_limits() -> Limits:
    """The limits of `data/line_model.toml`."""
    text = resources.files("cleaning").joinpath("data/line_model.toml").read_text("utf-8")
    return Limits(**tomllib.loads(text))


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`boilerplate` for lines that the model takes for such, `unsure` for those that `strict` would drop too.

    Lines of which a rule has spoken are left alone. The evidence names the features that weigh most.
    """
    if not len(lines):
        return []
    model, limits = load_model(), load_limits()
    context = read_context(lines, labels, model.words)
    if context.names != model.names:
        raise ValueError("data/line_model.npz was trained on other features: train it again")
    body = context.agreed(model.body(context.values))
    low, dropped = find_low(lines, labels, context, body, limits)
    values = context.values[low]
    return [
        Label(row, name, f"model.{name}", f"{boilerplate:.2f} boilerplate: {why}")
        for row, name, boilerplate, why in zip(
            context.rows[low].tolist(),
            np.where(dropped, "boilerplate", "unsure").tolist(),
            (1 - body[low]).tolist(),
            _strongest(model.reasons(values), values, context.names),
            strict=True,
        )
    ]


def find_low(
    lines: Lines, labels: Sequence[Label], context: Context, body: Floats, limits: Limits
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Which of the context's lines leave under `strict`, ascending, and of each whether it leaves under `balanced` too.

    `body`: (m,), their probabilities of body text, 0-1.
    """
    # what a rule has a name for, if only as evidence, is not the model's to judge
    free = find_spoken(lines, labels).kinds[context.rows] == 0
    low = np.flatnonzero((body < limits.of(context, "strict")) & free)
    dropped = _find_dropped(lines, labels, context, body, limits)
    if len(low):
        low = low[~_announced(lines, labels, context.rows[low], set(context.rows[dropped].tolist()))]
    return low, dropped[low]


# Rows above and below a paragraph in which another has to stay.
_NEAR = 6
# Characters of a sentence that may be the one below.
_SENTENCE, _SENTENCE_CJK = 50, 20


def _find_dropped(
    lines: Lines, labels: Sequence[Label], context: Context, body: Floats, limits: Limits
) -> npt.NDArray[np.bool_]:
    """Which of the context's lines leave under `balanced` for all that the model knows.

    A paragraph between two that stay has to be far likelier boilerplate than another line, and so has a deck.
    """
    dropped: npt.NDArray[np.bool_] = body < limits.of(context, "balanced")
    prose, rows = find_paragraphs(lines), context.rows
    decked = np.flatnonzero(dropped & (body >= limits.deck))
    dropped[decked[_are_decks(lines, labels, rows[decked])]] = False
    doubtful = np.flatnonzero(dropped & (body >= limits.paragraph) & prose[rows])
    if not len(doubtful):
        return dropped
    gone = find_spoken(lines, labels).has(dropping("balanced"))
    gone[rows[dropped]] = True
    for at, document in zip(doubtful.tolist(), lines.documents_of(rows[doubtful]).tolist(), strict=True):
        row, within = int(rows[at]), lines.rows(document)
        above = range(max(within.start, row - _NEAR), row)
        below = range(row + 1, min(within.stop, row + _NEAR + 1))
        if any(prose[other] and not gone[other] for other in above):
            dropped[at] = not any(not gone[other] and (prose[other] or _is_sentence(lines, other)) for other in below)
    return dropped


# Characters of a deck; and what one does not end with: a caption has its source in brackets.
_DECK = (30, 200)
_NO_DECK = ENDED | frozenset("…)]")


def _are_decks(lines: Lines, labels: Sequence[Label], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each row stands right between the headline and a date or an author, and looks like a deck.

    Over an agency's name stands a caption.
    """
    spoken, size = find_spoken(lines, labels), lines.sizes[lines.key[rows]]
    above, below = spoken.has(("title", "headline")), spoken.has(("date", "byline"))
    said = spoken.columns()
    below[said.row[said.ruled("fields.byline.agency".__eq__)]] = False
    inside = ~(np.isin(rows, lines.starts) | np.isin(rows + 1, lines.starts))  # neither first nor last of its document
    around = above[np.where(inside, rows - 1, 0)] & below[np.where(inside, rows + 1, 0)] & inside
    return around & (size >= _DECK[0]) & (size <= _DECK[1]) & ~end_with(lines, _NO_DECK)[lines.key[rows]]


# Points of a list without bullets, and characters of one, at most.
_POINTS, _POINT = 15, 90
# Characters of a line that announces them, at least.
_ANNOUNCES = 20
# Lines with an amount that a recipe's ingredients are told by, at least.
_AMOUNTS = 2


def _announced(
    lines: Lines, labels: Sequence[Label], low: npt.NDArray[np.int64], dropped: set[int]
) -> npt.NDArray[np.bool_]:
    """Whether each row is a point of a list that a line of the text announces with a colon, and text follows.

    The heading of a recipe's ingredients announces them too, and is a point itself.

    `low`: rows, ascending, that the model takes for boilerplate or is not sure of; `dropped`: those that leave under
    `balanced`. The line that announces is none of these, nor is the text that follows.
    """
    gone, prose = find_spoken(lines, labels).has(dropping("balanced")), find_paragraphs(lines)

    def end(row: int, step: int, rows: range) -> int:
        """The row at which a run of points ends that is text, or -1. Buttons are passed over right under the heading of
        ingredients only: a recipe's card has them there.
        """
        listed = step > 0 and is_ingredients(lines.text(row))
        passed = False  # going up, buttons
        for other in range(row + step, row + step * _POINTS, step):
            if other not in rows or (gone[other] and step > 0 and not listed):
                return -1
            if gone[other]:
                passed = step < 0
                continue
            text = lines.text(other)
            if step < 0 and is_ingredients(text):
                return other
            if passed:
                return -1
            listed = False
            if prose[other] or text[-1] in ":：" or _is_sentence(lines, other):
                return -1 if other in dropped else other
            if len(text) > _POINT:
                return -1
        return -1

    found = np.zeros(len(low), np.bool_)
    for at, (row, document) in enumerate(zip(low.tolist(), lines.documents_of(low).tolist(), strict=True)):
        rows = lines.rows(document)
        if prose[row] or lines.sizes[lines.key[row]] > _POINT:
            continue
        above = row if is_ingredients(lines.text(row)) else end(row, -1, rows)
        if above < 0:
            continue
        below = end(row, 1, rows)
        text = lines.text(above)
        if is_ingredients(text):
            amounts = sum(is_amount(lines.text(one)) for one in range(above + 1, below) if not gone[one])
            announces = amounts >= _AMOUNTS
        else:
            announces = text[-1] in ":：" and len(text) >= _ANNOUNCES
        found[at] = announces and below - above > 2 and lines.text(below)[-1] not in ":："
    return found


def _is_sentence(lines: Lines, row: int) -> bool:
    size = len(text := lines.text(row))
    return size >= _SENTENCE_CJK and ends(text) and (size >= _SENTENCE or UNSPACED.search(text) is not None)


def _strongest(why: npt.NDArray[np.float32], values: npt.NDArray[np.float32], names: Sequence[str]) -> Iterator[str]:
    """For each line the features that weigh most, with their values."""
    why, lines = why.copy(), np.arange(len(why))
    chosen = []
    for _ in range(_NAMED):
        most = why.argmax(1)
        chosen.append(zip(most.tolist(), why[lines, most].tolist(), values[lines, most].tolist(), strict=True))
        why[lines, most] = 0
    for features in zip(*chosen, strict=True):
        yield ", ".join(f"{names[feature]} {value:.2g}" for feature, weight, value in features if weight > 0)
