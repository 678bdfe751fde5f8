"""Boosted trees in arrays: read from a file, added up by one compiled loop, and asked which features decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.native import native

Floats = npt.NDArray[np.float32]
Shorts = npt.NDArray[np.int16]
Masks = npt.NDArray[np.uint16]


LEAVES = 16
"""Most leaves of a tree."""

# Lines that are scored at a time.
_LANES = 128


@dataclass(frozen=True)
class Model:
    """T trees of at most N nodes each, and the weights of grams that one of their features may be made of.

    A node sends a line with `value <= threshold` of its feature to `left`, others to `right`; a node that is its
    own `left` is a leaf. `value` of a leaf is what it adds to the log odds, in the line model those of body text, of
    another node the mean of what lies below it.
    """

    words: Shorts
    """(BUCKETS,): how much a gram speaks for boilerplate, in 1/UNIT. (0,): no feature is made of grams."""
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

    def odds(self, values: Floats) -> npt.NDArray[np.float64]:
        """(m,): log odds of lines given as (m, len(names))."""
        odds = np.zeros(len(values), np.float64)
        nodes = self._nodes
        _add_up(np.ascontiguousarray(values.T), *nodes, _lowest_bits(), *_room(len(nodes.leaves)), odds)
        return odds

    def body(self, values: Floats) -> Floats:
        """(m,): probability of body text, 0-1, of lines given as (m, len(names))."""
        probability: Floats = (1 / (1 + np.exp(-self.odds(values)))).astype(np.float32)
        return probability

    def reasons(self, values: Floats) -> Floats:
        """(m, len(names)): what each feature adds to the log odds of *boilerplate*, along the paths taken.

        After A. Saabas, Interpreting random forests, 2014.
        """
        added = np.zeros(values.shape, np.float32)
        nodes, paths = self._nodes, self._paths
        room = _room(len(nodes.leaves))
        _explain(np.ascontiguousarray(values.T), *nodes[:5], *paths, _lowest_bits(), *room, added)
        return added

    @cached_property
    def _nodes(self) -> _Nodes:
        """Raises ValueError for a tree with more leaves than LEAVES."""
        leaves = np.zeros((len(self.left), LEAVES), np.float32)
        found: list[tuple[int, float, int, int]] = []

        def number(tree: int, node: int, first: int) -> int:
            """Number the leaves below a node from `first` on, left to right; the number behind the last."""
            if self.left[tree, node] == node:
                if first == LEAVES:
                    raise ValueError(f"tree {tree} has more than {LEAVES} leaves")
                leaves[tree, first] = self.value[tree, node]
                return first + 1
            middle = number(tree, int(self.left[tree, node]), first)
            mask = (1 << LEAVES) - 1 - (1 << middle) + (1 << first)
            found.append((int(self.feature[tree, node]), float(self.threshold[tree, node]), tree, mask))
            return number(tree, int(self.right[tree, node]), middle)

        for tree in range(len(self.left)):
            number(tree, 0, 0)
        found.sort()
        asked = sorted({(feature, threshold) for feature, threshold, _, _ in found})
        number_of = {one: number for number, one in enumerate(asked)}
        return _Nodes(
            np.searchsorted([feature for feature, _ in asked], np.arange(len(self.names) + 1)),
            np.array([threshold for _, threshold in asked], np.float32),
            np.searchsorted([number_of[one[:2]] for one in found], np.arange(len(asked) + 1)),
            np.array([tree for _, _, tree, _ in found], np.int16),
            np.array([mask for _, _, _, mask in found], np.uint16),
            leaves,
        )

    @cached_property
    def _paths(self) -> _Paths:
        starts, nodes, belows = [0], list[int](), list[int]()
        left, right = self.left.tolist(), self.right.tolist()

        def follow(tree: int, node: int, path: list[tuple[int, int]]) -> None:
            """Enter the leaves below a node, left to right."""
            if left[tree][node] == node:
                nodes.extend(above for above, _ in path)
                belows.extend(below for _, below in path)
                starts.append(len(nodes))
                return
            for below in (left[tree][node], right[tree][node]):
                follow(tree, below, [*path, (tree * len(left[tree]) + node, tree * len(left[tree]) + below)])

        for tree in range(len(left)):
            follow(tree, 0, [])
            starts += [len(nodes)] * ((tree + 1) * LEAVES + 1 - len(starts))
        feature, value = self.feature.ravel(), self.value.ravel()
        return _Paths(np.array(starts), feature[nodes], value[nodes] - value[belows])


class _Paths(NamedTuple):
    """What stands on the way to each leaf: of leaf l of tree t, starts[t * LEAVES + l] to the next of `starts`."""

    starts: npt.NDArray[np.int64]
    feature: Shorts
    step: Floats
    """What the feature adds to the log odds of boilerplate there."""


class _Nodes(NamedTuple):
    """The trees made ready to be added up: all nodes that are no leaves, by feature and threshold.

    A threshold is that of two or three trees, and is held against the lines once.
    """

    starts: npt.NDArray[np.int64]
    """(len(names) + 1,): thresholds of feature f are starts[f] to starts[f + 1], ascending."""
    threshold: Floats
    nodes: npt.NDArray[np.int64]
    """(len(threshold) + 1,): nodes of threshold t are nodes[t] to nodes[t + 1]."""
    tree: Shorts
    mask: Masks
    """A bit for each leaf of the tree, from the left: which a line whose value is greater can still reach."""
    leaves: Floats
    """(T, LEAVES): their values."""


class _Room(NamedTuple):
    """Of the lines that are scored at a time."""

    reached: Masks
    """(T, _LANES): of each tree a bit for each leaf that is left to the line."""
    column: Floats
    """(_LANES,): a feature of each."""
    below: Masks
    """(_LANES,): all bits for a line that a threshold lets keep all leaves."""


def _room(trees: int) -> _Room:
    below = np.zeros(_LANES, np.uint16)
    return _Room(np.empty((trees, _LANES), np.uint16), np.zeros(_LANES, np.float32), below)


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
def load_model(name: str = "line_model") -> Model:
    """A model that this package carries."""
    with resources.files("cleaning").joinpath(f"data/{name}.npz").open("rb") as source:
        return read_model(source)


@cache
def _lowest_bits() -> npt.NDArray[np.uint8]:
    """The place of the lowest bit of each number of LEAVES bits."""
    numbers = np.arange(1 << LEAVES)
    lowest: npt.NDArray[np.uint8] = np.log2(np.maximum(numbers & -numbers, 1)).astype(np.uint8)
    return lowest


@native("f4[,] i8[] f4[] i8[] i2[] u2[] f4[,] u1[] u2[,] f4[] u2[] f8[]")
def _add_up(
    values: Floats,
    starts: npt.NDArray[np.int64],
    threshold: Floats,
    nodes: npt.NDArray[np.int64],
    tree_of: Shorts,
    mask: Masks,
    leaves: Floats,
    lowest: npt.NDArray[np.uint8],
    reached: Masks,
    column: Floats,
    below: Masks,
    odds: npt.NDArray[np.float64],
) -> None:
    """Compiled: the sum of the leaves that each line ends in, into `odds`, which are zeros.

    No tree is walked. Of each, every node whose threshold a line exceeds strikes out the leaves to its left, and the
    first that is left is where the line ends; for many lines at a time, which needs no branches. After C. Lucchese
    et al., QuickScorer, 2015, and Exploiting CPU SIMD extensions to speed-up document scoring, 2016.
    """
    for begin in range(0, len(odds), _LANES):
        size = min(_LANES, len(odds) - begin)
        _reach(values, begin, size, starts, threshold, nodes, tree_of, mask, reached, column, below)
        for tree in range(len(leaves)):
            for lane in range(size):
                odds[begin + lane] += leaves[tree, lowest[reached[tree, lane]]]


@native("f4[,] i8[] f4[] i8[] i2[] u2[] i8[] i2[] f4[] u1[] u2[,] f4[] u2[] f4[,]")
def _explain(
    values: Floats,
    starts: npt.NDArray[np.int64],
    threshold: Floats,
    nodes: npt.NDArray[np.int64],
    tree_of: Shorts,
    mask: Masks,
    paths: npt.NDArray[np.int64],
    feature: Shorts,
    step: Floats,
    lowest: npt.NDArray[np.uint8],
    reached: Masks,
    column: Floats,
    below: Masks,
    added: Floats,
) -> None:
    """Compiled: see `Model.reasons`; into `added`, which are zeros."""
    for begin in range(0, len(added), _LANES):
        size = min(_LANES, len(added) - begin)
        _reach(values, begin, size, starts, threshold, nodes, tree_of, mask, reached, column, below)
        for lane in range(size):
            line = added[begin + lane]
            for tree in range(len(reached)):
                leaf = tree * LEAVES + lowest[reached[tree, lane]]
                for place in range(paths[leaf], paths[leaf + 1]):
                    line[feature[place]] += step[place]


def _reach(
    values: Floats,
    begin: int,
    size: int,
    starts: npt.NDArray[np.int64],
    threshold: Floats,
    nodes: npt.NDArray[np.int64],
    tree_of: Shorts,
    mask: Masks,
    reached: Masks,
    column: Floats,
    below: Masks,
) -> None:
    """Compiled: of each tree a bit for each leaf that is left to each of `size` lines; the lowest is where it ends."""
    reached[:] = 0xFFFF
    for feature in range(len(starts) - 1):
        if starts[feature] == starts[feature + 1]:
            continue
        most = values[feature, begin]
        for lane in range(size):
            column[lane] = values[feature, begin + lane]
            most = max(most, column[lane])
        for number in range(starts[feature], starts[feature + 1]):
            least = threshold[number]
            if most <= least:
                break
            for lane in range(_LANES):
                below[lane] = np.uint16(0xFFFF) if column[lane] <= least else np.uint16(0)
            for node in range(nodes[number], nodes[number + 1]):
                kept, leaf = mask[node], reached[tree_of[node]]
                for lane in range(_LANES):
                    leaf[lane] &= below[lane] | kept
