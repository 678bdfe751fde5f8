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

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleaning.duplicates.links import Rows, Texts, find_links, proved_parts, shared_by
from cleaning.duplicates.stars import gather
from cleaning.shingles import Shingles

RULES = ("", "dedupe.exact", "dedupe.near", "dedupe.contained")
_EXACT, _NEAR, _CONTAINED = 1, 2, 3

TINY = 8
"""Words. A shorter text is in no cluster: 'Photo gallery' twice is two failed extractions, not a copy."""


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
    over others may be below the threshold: at least `stars.GUARD` of its shingles stand in the representative."""
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
        near_links, part_links = find_links(texts, threshold, containment)
        near = leader = gather(texts, near_links, threshold, np.zeros_like(leader))
        if containment is not None and len(part_links):
            part_links = proved_parts(texts, part_links, near, containment)
            leader = gather(texts, np.concatenate([near_links, part_links]), threshold, near)
    representative, as_near = np.arange(count), np.zeros(count, np.bool_)
    representative[rows], as_near[rows] = rows[leader], leader == near
    representative, as_near = representative[stands], as_near[stands]
    rule, similarity = evidence(shingles, representative, as_near, threshold, containment)
    return Clusters(representative, rule, similarity, _same_template(template, rows, stands))


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
    shared = shared_by(shingles, copies, others)
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
