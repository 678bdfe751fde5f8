"""Duplicates across a corpus: exact, near, contained; each verified on the texts' full sets of shingles.

1. Texts of one fingerprint are exact copies; only the best ranked of them goes on.
2. Of each text a sample of shingles is looked up: texts that share some are candidates.
3. Candidates are verified exactly. Jaccard similarity from `threshold` links two texts as near; from
   `containment` of the shorter text's shingles, the rare ones too, links it as contained.
4. The best ranked text gathers what it is linked with, directly or over others; but only what stands in
   large part in itself. So a chain or a family of pages does not melt into one.

Texts that differ in nothing but figures or dates are never linked; `same_template` names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleaning.duplicates import kernels
from cleaning.duplicates.candidates import find_candidates
from cleaning.shingles import Shingles

Rows = npt.NDArray[np.int64]

RULES = ("", "dedupe.exact", "dedupe.near", "dedupe.contained")
_EXACT, _NEAR, _CONTAINED = 1, 2, 3

TINY = 8
"""Words. A shorter text is in no cluster: 'Photo gallery' twice is two failed extractions, not a copy."""
PART = 12
"""Shingles that a text must have, rare ones, to be found contained in another."""
SMALLEST_PART = 0.25
"""Of the longer text. A smaller part is a quotation, or an item of a digest."""
GUARD = 0.5
"""Share of a near duplicate's shingles that stand in its representative, where it came over others."""
COMMON = 40
"""A shingle that more distinct texts have is the site's, not the article's: it proves no containment."""
_DISJOINT = 0.1
"""Two parts that share less of the smaller one are different articles, and what holds both is a digest."""


@dataclass(frozen=True)
class Clusters:
    """What stands for each of n texts."""

    representative: Rows
    """(n,): the row that stands for this row; its own where it is alone or stands for others."""
    rule: npt.NDArray[np.int8]
    """(n,): index in `RULES`; 0 for a row that stands for itself."""
    similarity: npt.NDArray[np.float32]
    """(n,): to the representative, 0-1: of an exact copy 1, of a near one the Jaccard similarity, of a
    contained one the share of its shingles; nan for a row that stands for itself. A near duplicate that came
    over others may be below the threshold: at least `GUARD` of its shingles stand in the representative."""
    same_template: Rows
    """(n,): best ranked row that differs from this one only in figures or dates; -1: none."""

    @property
    def rule_ids(self) -> list[str | None]:
        """(n,): the rule that makes the row a duplicate, None for a row that stands for itself."""
        return [RULES[rule] or None for rule in self.rule.tolist()]


def find_duplicates(
    shingles: Shingles,
    order: Rows,
    *,
    threshold: float = 0.7,
    containment: float | None = 0.8,
    figures: bool = False,
) -> Clusters:
    """Clusters of a corpus.

    `order`: of each row its rank as a representative, all different; the lowest of a cluster stands for it.
    Rank longer texts first: a text is found contained only in one of a better rank. `threshold`: Jaccard
    similarity of near duplicates. `containment`: share of the shorter text; None: do not look. `figures`:
    True takes texts that differ only in figures or dates for duplicates like others.

    The result depends on the texts and their ranks, not on the order of rows. Raises ValueError where
    `order` or a threshold cannot be.

    The defaults: .7 is what the field calls a near duplicate. Two texts of one length and Jaccard
    similarity .7 share .82 of their shingles, so .8 asks as much of the part that two texts have in common.
    """
    count = len(shingles)
    if len(order) != count or len(np.unique(order)) != count:
        raise ValueError(f"order must be {count} different ranks")
    for name, value in (("threshold", threshold), ("containment", containment)):
        if value is not None and not 0 < value <= 1:
            raise ValueError(f"{name} must be above 0 and at most 1, not {value}")
    stands, rows = _exact(shingles, order)
    template = shingles.template[rows]
    keys = np.arange(len(rows), dtype=np.uint64) if figures else template
    texts = Texts(shingles, rows, keys)
    near = leader = np.arange(len(rows))
    if len(rows) > 1:
        near_links, part_links = _verified(texts, threshold, containment)
        near = leader = gather(texts, near_links, threshold, np.zeros_like(leader))
        if containment is not None and len(part_links):
            part_links = _proved(texts, part_links, near, containment)
            leader = gather(texts, np.concatenate([near_links, part_links]), threshold, near)
    representative, as_near = np.arange(count), np.zeros(count, np.bool_)
    representative[rows], as_near[rows] = rows[leader], leader == near
    representative, as_near = representative[stands], as_near[stands]
    rule, similarity = evidence(shingles, representative, as_near, threshold, containment)
    return Clusters(representative, rule, similarity, _same_template(template, rows, stands))


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
        return _shared(self.shingles, self.rows[a], self.rows[b], jaccard, share)


_BYTES_AT_A_TIME = 1 << 25
"""So much of the shingles is read at a time."""


def _pieces(shingles: Shingles, *rows: Rows) -> Iterator[slice]:
    """Rows, or pairs of them, some at a time, so that their shingles take some `_BYTES_AT_A_TIME`."""
    if shingles.source is None:
        yield slice(0, len(rows[0]))
        return
    ends = np.cumsum(sum((shingles.offsets[row + 1] - shingles.offsets[row]) * 8 for row in rows))
    begin = 0
    while begin < len(ends):
        full = int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + _BYTES_AT_A_TIME, "right"))
        end = max(full, begin + 1)
        yield slice(begin, end)
        begin = end


def _shared(shingles: Shingles, a: Rows, b: Rows, jaccard: float = 0, share: float = 0) -> Rows:
    """Shingles that each pair of rows has in common; see `kernels.verify`."""
    shared = np.empty(len(a), np.int64)
    for at in _pieces(shingles, a, b):
        values, offsets, (one, other) = shingles.held(a[at], b[at])
        kernels.verify(values, offsets, one, other, float(jaccard), float(share), shared[at])
    return shared


def _exact(shingles: Shingles, order: Rows) -> tuple[Rows, Rows]:
    """For each row the best ranked of the same text, its own if it is tiny; and the best ones by rank."""
    large = np.flatnonzero(shingles.words >= TINY)
    first, second = shingles.fingerprint[large].T
    large = large[np.lexsort((order[large], second, first))]
    fingerprint = shingles.fingerprint[large]
    new = np.ones(len(large), np.bool_)
    new[1:] = (fingerprint[1:] != fingerprint[:-1]).any(axis=1)
    stands = np.arange(len(shingles))
    stands[large] = large[new][np.cumsum(new) - 1]
    rows = large[new]
    return stands, rows[np.argsort(order[rows])]


def _verified(texts: Texts, threshold: float, containment: float | None) -> tuple[Rows, Rows]:
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


def _proved(texts: Texts, links: Rows, near: Rows, containment: float) -> Rows:
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
        limit = (cost[begin - 1] if begin else 0) + _BYTES_AT_A_TIME
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


def evidence(
    shingles: Shingles,
    representative: Rows,
    as_near: npt.NDArray[np.bool_],
    threshold: float,
    containment: float | None,
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Rule and similarity of each row, measured on its own shingles and its representative's."""
    rule = np.zeros(len(shingles), np.int8)
    similarity = np.full(len(shingles), np.nan, np.float32)
    copies = np.flatnonzero(representative != np.arange(len(shingles)))
    same = (shingles.fingerprint[copies] == shingles.fingerprint[representative[copies]]).all(axis=1)
    rule[copies[same]], similarity[copies[same]] = _EXACT, 1
    copies = copies[~same]
    if not len(copies):
        return rule, similarity
    others = representative[copies]
    shared = _shared(shingles, copies, others)
    sizes = np.diff(shingles.offsets)
    jaccard, share = shared / (sizes[copies] + sizes[others] - shared), shared / sizes[copies]
    is_part = ~as_near[copies] if containment is None else ~as_near[copies] | (share >= containment)
    is_part &= jaccard < threshold
    rule[copies] = np.where(is_part, _CONTAINED, _NEAR)
    similarity[copies] = np.where(is_part, share, jaccard)
    return rule, similarity


def _same_template(template: npt.NDArray[np.uint64], rows: Rows, stands: Rows) -> Rows:
    """The best ranked row of another text with the row's template, -1 where there is none."""
    _, first, inverse = np.unique(template, return_index=True, return_inverse=True)
    second = np.full(len(first), -1)
    others = np.setdiff1d(np.arange(len(rows)), first)
    # reversed: of several the first is written last
    second[inverse[others[::-1]]] = others[::-1]
    other = np.where(first[inverse] == np.arange(len(rows)), second[inverse], first[inverse])
    named = np.full(len(stands), -1)
    named[rows[other >= 0]] = rows[other[other >= 0]]
    return named[stands]
