"""What LightGBM has learned, as the arrays that `cleaning.linemodel.trees` adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.linemodel.trees import Model

NO_WORDS: npt.NDArray[np.int16] = np.zeros(0, np.int16)


def model_of(
    dump: Sequence[Mapping[str, Any]],
    names: tuple[str, ...],
    about: Mapping[str, Any],
    words: npt.NDArray[np.int16] = NO_WORDS,
    *,
    fits: int = 1,
) -> Model:
    """The model of `tree_info` of one or more boosters, which are averaged: `fits` says of how many."""
    trees = []
    for tree in dump:
        nodes: list[list[float]] = []

        def add(node: dict[str, Any], nodes: list[list[float]] = nodes) -> int:
            at = len(nodes)
            nodes.append([])
            if "leaf_value" in node:  # its own left
                nodes[at] = [0, 0.0, at, at, node["leaf_value"] / fits]
            else:
                left, right = add(node["left_child"]), add(node["right_child"])
                # the threshold is compared in 32 bits: not above what it was in 64
                cut = np.nextafter(np.float32(node["threshold"]), np.float32(-np.inf))
                cut = np.float32(node["threshold"]) if np.float32(node["threshold"]) <= node["threshold"] else cut
                nodes[at] = [node["split_feature"], float(cut), left, right, node["internal_value"] / fits]
            return at

        add(tree["tree_structure"])
        trees.append(nodes)
    size = max(map(len, trees))
    table = np.zeros((len(trees), size, 5))
    for number, nodes in enumerate(trees):
        table[number, : len(nodes)] = nodes
    feature, threshold, left, right, value = np.moveaxis(table, 2, 0)
    return Model(
        words, feature.astype(np.int16), threshold.astype(np.float32), left.astype(np.int16), right.astype(np.int16),
        value.astype(np.float32), names, about,
    )  # fmt: skip
