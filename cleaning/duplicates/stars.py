"""Which text stands for which, once it is known how they are linked: component by component."""

from __future__ import annotations

import numpy as np

from cleaning.duplicates import kernels
from cleaning.duplicates.links import BYTES_AT_A_TIME, Rows, Texts

GUARD = 0.5
"""Share of a near duplicate's shingles that stand in its representative, where it came over others."""


def components(one: Rows, other: Rows, count: int) -> Rows:
    """For each of `count` things the lowest that it is linked with, directly or over others. Links: one[k], other[k].

    >>> components(np.array([3, 1]), np.array([1, 4]), 5).tolist()
    [0, 1, 2, 1, 1]
    """
    lowest = np.arange(count)
    while True:
        low = np.minimum(lowest[one], lowest[other])
        before = lowest.copy()
        np.minimum.at(lowest, before[one], low)
        np.minimum.at(lowest, before[other], low)
        while (lowest[lowest] != lowest).any():
            lowest = lowest[lowest]
        if (lowest == before).all():
            return lowest


def gather(texts: Texts, links: Rows, threshold: float, before: Rows) -> Rows:
    """For each text the one that stands for it: see `kernels.gather`. Component by component, some at a time.

    `links`: (k, 2), each pair once. `before`: for each text the one that stood for it when only near links counted;
    the same for all: none did.
    """
    leader = np.arange(len(texts.rows))
    component = components(links[:, 0], links[:, 1], len(leader))
    linked = np.unique(links)
    linked = linked[np.argsort(component[linked], kind="stable")]
    links = links[np.argsort(component[links[:, 0]], kind="stable")]
    # Whole components only: a cut stands where another one begins.
    of_text, of_link = component[linked], component[links[:, 0]]
    cost = np.cumsum(texts.sizes()[linked] * 8)
    begin = 0
    while begin < len(linked):
        limit = (cost[begin - 1] if begin else 0) + BYTES_AT_A_TIME
        end = int(np.searchsorted(cost, limit, "right")) if texts.shingles.source is not None else len(linked)
        end = min(max(end, begin + 1), len(linked))
        first = int(np.searchsorted(of_text, of_text[end], "left")) if end < len(linked) else end
        end = first if first > begin else int(np.searchsorted(of_text, of_text[begin], "right"))
        here = np.sort(linked[begin:end])
        low, high = np.searchsorted(of_link, (of_text[begin], of_text[end - 1] + 1))
        leader[here] = here[_gather_some(texts, here, np.searchsorted(here, links[low:high]), threshold, before)]
        begin = end
    return leader


def _gather_some(texts: Texts, here: Rows, links: Rows, threshold: float, before: Rows) -> Rows:
    """The same for texts `here`, ascending, among which all their links are; by their place in `here`."""
    both_ways = np.concatenate([links[:, 0] << 32 | links[:, 1], links[:, 1] << 32 | links[:, 0]])
    both_ways.sort()
    starts = np.searchsorted(both_ways, np.arange(len(here) + 1) << 32)
    leader = np.full(len(here), -1)
    values, offsets, (rows,) = texts.shingles.held(texts.rows[here])
    kernels.gather(
        values,
        offsets,
        rows,
        both_ways & 0xFFFFFFFF,
        starts,
        texts.templates[here],
        GUARD,
        max(GUARD, threshold),
        before[here],
        leader,
        np.full(len(leader), -1),
        np.empty(len(leader), np.int64),
    )
    return leader
