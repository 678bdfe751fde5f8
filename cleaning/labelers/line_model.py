"""The labeler that has learned from pages whose bodies are known: what no rule has taken, by shape and context."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.lines import Label, Lines

_NAMED = 3


class Limits(NamedTuple):
    """Probabilities of body text, 0-1, below which a line is boilerplate."""

    balanced: float
    strict: float


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
    # Compiled code: loading it takes longer than many a caller lives.
    from cleaning.linemodel.context import read_context
    from cleaning.linemodel.trees import load_model

    model, limits = load_model(), load_limits()
    context = read_context(lines, labels, model.words)
    if context.names != model.names:
        raise ValueError("data/line_model.npz was trained on other features: train it again")
    body = model.body(context.values)
    # what a rule has a name for, if only as evidence, is not the model's to judge
    spoken = np.isin(context.rows, [one.row for one in labels])
    low = np.flatnonzero((body < limits.strict) & ~spoken)
    reasons = model.reasons(context.values[low])
    found = []
    for at, why in zip(low.tolist(), reasons, strict=True):
        name = "boilerplate" if body[at] < limits.balanced else "unsure"
        evidence = f"{1 - body[at]:.2f} boilerplate: {_strongest(why, context.values[at], context.names)}"
        found.append(Label(int(context.rows[at]), name, f"model.{name}", evidence))
    return found


def _strongest(why: npt.NDArray[np.float32], values: npt.NDArray[np.float32], names: Sequence[str]) -> str:
    order = np.argsort(-why, kind="stable")[:_NAMED]
    return ", ".join(f"{names[at]} {values[at]:.2g}" for at in order.tolist() if why[at] > 0)
