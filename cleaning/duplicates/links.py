"""Links between the texts of a corpus: which candidates are near, and which are part of another, by their full sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleaning.duplicates import kernels
from cleaning.duplicates.candidates import find_candidates
from cleaning.shingles import Shingles

Rows = npt.NDArray[np.int64]

PART = 12
"""Shingles that a text must have, rare ones, to be found contained in another."""
SMALLEST_PART = 0.25
"""Of the longer text. A smaller part is a quotation, or an item of a digest."""
COMMON = 40
"""A shingle that more distinct texts have is the site's, not the article's: it proves no containment."""
_DISJOINT = 0.1
"""Two parts that share less of the smaller one are different articles, and what holds both is a digest."""


@dataclass(frozen=True)
class Texts:
    """Distinct texts, best ranked first. Below, a text is a place here; a row is a place in the corpus."""

    shingles: Shingles
    rows: Rows
    templates: npt.NDArray[np.uint64]

    def sizes(self) -> Rows:
        """How many shingles each text has."""
        return self.shingles.offsets[self.rows + 1] - self.shingles.offsets[self.rows]

    def shared(self, a: Rows, b: Rows, jaccard: float = 0, share: float = 0) -> Rows:
        """Shingles that each pair of texts has in common; see `kernels.verify`."""
        return shared_by(self.shingles, self.rows[a], self.rows[b], jaccard, share)


BYTES_AT_A_TIME = 1 << 25
"""So much of the shingles is read at a time."""


def _pieces(shingles: Shingles, *rows: Rows) -> Iterator[slice]:
    """Rows, or pairs of them, some at a time, so that their shingles take some `BYTES_AT_A_TIME`."""
    if shingles.source is None:
        yield slice(0, len(rows[0]))
        return
    ends = np.cumsum(sum((shingles.offsets[row + 1] - shingles.offsets[row]) * 8 for row in rows))
    begin = 0
    while begin < len(ends):
        full = int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + BYTES_AT_A_TIME, "right"))
        end = max(full, begin + 1)
        yield slice(begin, end)
        begin = end


def shared_by(shingles: Shingles, a: Rows, b: Rows, jaccard: float = 0, share: float = 0) -> Rows:
    """Shingles that each pair of rows has in common; see `kernels.verify`."""
    shared = np.empty(len(a), np.int64)
    for at in _pieces(shingles, a, b):
        values, offsets, (one, other) = shingles.held(a[at], b[at])
        kernels.verify(values, offsets, one, other, float(jaccard), float(share), shared[at])
    return shared


def find_links(texts: Texts, threshold: float, containment: float | None) -> tuple[Rows, Rows]:
    """The links of a corpus: see `verified`."""
    near, parts = [np.empty((0, 2), np.int64)], [np.empty((0, 2), np.int64)]
    for a, b in find_candidates(texts.shingles, texts.rows):
        found = verified(texts, a, b, threshold, containment)
        near.append(found[0])
        parts.append(found[1])
    return np.concatenate(near), np.concatenate(parts)


def smallest(threshold: float, containment: float | None) -> float:
    """Share of the larger text's shingles, 0-1, that the smaller of two must have for a link."""
    # Jaccard similarity is at most the smaller size over the larger.
    return threshold if containment is None else min(threshold, SMALLEST_PART)


def verified(texts: Texts, a: Rows, b: Rows, threshold: float, containment: float | None) -> tuple[Rows, Rows]:
    """(k, 2) pairs of texts: those that are near, and those of which the first is part of the second.

    `a`, `b`: pairs of candidates, the better ranked first.
    """
    sizes = texts.sizes()
    small, large = np.minimum(sizes[a], sizes[b]), np.maximum(sizes[a], sizes[b])
    worth = (small >= smallest(threshold, containment) * large) & (texts.templates[a] != texts.templates[b])
    a, b, small, large = a[worth], b[worth], small[worth], large[worth]
    shared = texts.shared(a, b, threshold, containment or 1)
    is_near = shared >= threshold * (small + large - shared)
    near = np.column_stack([a, b])[is_near]
    if containment is None:
        return near, np.empty((0, 2), np.int64)
    is_part = ~is_near & (shared >= containment * small) & (small >= np.maximum(PART, SMALLEST_PART * large))
    # of two equally large texts the worse ranked, which is b, is the part
    pairs = np.where((sizes[b] <= sizes[a])[:, None], np.column_stack([b, a]), np.column_stack([a, b]))
    return near, pairs[is_part]


def proved_parts(texts: Texts, links: Rows, near: Rows, containment: float) -> Rows:
    """The links of parts that hold for rare shingles too, and whose whole is not a digest.

    What many pages of a site share is counted once for each near cluster: fifty copies of one article do
    not make its text common.
    """
    shingles = texts.shingles
    standing = np.sort(texts.rows[np.unique(near)])  # as they lie in the file
    total = int((shingles.offsets[standing + 1] - shingles.offsets[standing]).sum())
    bits = bucket_bits(total)
    table, shift = np.zeros(1 << bits, np.uint8), np.uint64(64 - bits)
    for at in _pieces(shingles, standing):
        values, offsets, (some,) = shingles.held(standing[at])
        kernels.tally(values, offsets, some, shift, table)
    part, whole = np.ascontiguousarray(links[:, 0]), np.ascontiguousarray(links[:, 1])
    own, shared = np.empty(len(links), np.int64), np.empty(len(links), np.int64)
    part, whole = texts.rows[part], texts.rows[whole]
    for at in _pieces(shingles, part, whole):
        values, offsets, (one, other) = shingles.held(part[at], whole[at])
        kernels.rare(values, offsets, one, other, shift, table, COMMON, own[at], shared[at])
    links = links[is_proved(own, shared, containment)]

    # A digest holds articles that have nothing in common: compare the parts of a whole with its largest.
    sizes = texts.sizes()
    links = links[np.lexsort((links[:, 0], -sizes[links[:, 0]], links[:, 1]))]
    whole, starts, inverse = np.unique(links[:, 1], return_index=True, return_inverse=True)
    part, largest = np.ascontiguousarray(links[:, 0]), links[starts, 0][inverse]
    apart = are_apart(texts.shared(part, largest), sizes[part])
    return links[~np.isin(links[:, 1], links[apart, 1])]


def bucket_bits(total: int) -> int:
    """By how many upper bits of their hashes so many shingles are counted.

    A quarter of a bucket for each shingle: 4 in a bucket by chance, COMMON only by being common.
    """
    return max(16, (total // 4).bit_length())


def is_proved(own: Rows, shared: Rows, containment: float) -> npt.NDArray[np.bool_]:
    """Whether a part holds by its rare shingles: `own` of them, `shared` with the whole."""
    proved: npt.NDArray[np.bool_] = (own >= PART) & (shared >= containment * own)
    return proved


def are_apart(shared: Rows, sizes: Rows) -> npt.NDArray[np.bool_]:
    """Whether parts of so many shingles, which share so many with the largest part of their whole, make it a digest."""
    apart: npt.NDArray[np.bool_] = shared < _DISJOINT * sizes
    return apart
