"""Boosted trees in arrays: read from a file, walked by one compiled loop, and asked which features decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cleaning.compiled import compiled

Floats = npt.NDArray[np.float32]
Shorts = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Model:
    """A line model: T trees of at most N nodes each, and the weights of grams that one of their features is made of.

    A node sends a line with `value <= threshold` of its feature to `left`, others to `right`; a node that is its
    own `left` is a leaf. `value` of a leaf is what it adds to the log odds of body text, of another node the mean
    of what lies below it.
    """

    words: Shorts
    """(BUCKETS,): how much a gram speaks for boilerplate, in 1/UNIT."""
    feature: Shorts
    """(T, N)."""
    threshold: Floats
    """(T, N)."""
    left: Shorts
    """(T, N)."""
    right: Shorts
    """(T, N)."""
    value: Floats
    """(T, N)."""
    names: tuple[str, ...]
    """Features, in the order of the columns that `feature` counts."""
    about: Mapping[str, Any]
    """What it was trained on, when, with what, and how it did on sites that it had not seen."""

    def body(self, values: Floats) -> Floats:
        """(m,): probability of body text, 0-1, of lines given as (m, len(names))."""
        odds = compiled(_walk)(values, self.feature, self.threshold, self.left, self.right, self.value)
        probability: Floats = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return probability

    def reasons(self, values: Floats) -> Floats:
        """(m, len(names)): what each feature adds to the log odds of *boilerplate*, along the paths taken.

        After A. Saabas, Interpreting random forests, 2014.
        """
        added: Floats = compiled(_contributions)(
            values, self.feature, self.threshold, self.left, self.right, self.value
        )
        return added


_ARRAYS = ("words", "feature", "threshold", "left", "right", "value")


def write_model(model: Model, sink: IO[bytes]) -> None:
    """Write a model as a compressed npz."""
    about = json.dumps({"names": model.names, **model.about}, ensure_ascii=False, sort_keys=True)
    np.savez_compressed(
        sink,
        about=np.frombuffer(about.encode(), np.uint8),
        **{name: getattr(model, name) for name in _ARRAYS},
    )


def read_model(source: IO[bytes]) -> Model:
    """What `write_model` wrote. Raises ValueError where it is something else."""
    with np.load(source, allow_pickle=False) as kept:
        about = json.loads(kept["about"].tobytes())
        return Model(names=tuple(about.pop("names")), about=about, **{name: kept[name] for name in _ARRAYS})


@cache
def load_model() -> Model:
    """The model that this package carries."""
    with resources.files("cleaning").joinpath("data/line_model.npz").open("rb") as source:
        return read_model(source)


def _walk(
    values: Floats, feature: Shorts, threshold: Floats, left: Shorts, right: Shorts, value: Floats
) -> npt.NDArray[np.float64]:
    """Compiled: the sum of the leaves that each line ends in."""
    odds = np.zeros(len(values), np.float64)
    for line in range(len(values)):
        row = values[line]
        total = 0.0
        for tree in range(len(feature)):
            node = 0
            while left[tree, node] != node:
                node = left[tree, node] if row[feature[tree, node]] <= threshold[tree, node] else right[tree, node]
            total += value[tree, node]
        odds[line] = total
    return odds


def _contributions(
    values: Floats, feature: Shorts, threshold: Floats, left: Shorts, right: Shorts, value: Floats
) -> Floats:
    """Compiled: see `Model.reasons`."""
    added = np.zeros(values.shape, np.float32)
    for line in range(len(values)):
        row = values[line]
        for tree in range(len(feature)):
            node = 0
            while left[tree, node] != node:
                column = feature[tree, node]
                below = left[tree, node] if row[column] <= threshold[tree, node] else right[tree, node]
                added[line, column] += value[tree, node] - value[tree, below]
                node = below
    return added
