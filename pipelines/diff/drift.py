"""How far two distributions of counts are apart, and how far chance alone would have moved them.

**Population stability index** (PSI): the sum over the bins of (q - p) ln(q / p), for shares p before and q after;
0 for the same shares, and without an upper bound. It is the symmetric divergence of Jeffreys (Kullback and Leibler, On
information and sufficiency, Ann. Math. Statist. 22, 1951); that .1 is a shift worth a look and .25 a large one is the
rule of credit scoring (Siddiqi, Credit Risk Scorecards, 2006).

**Sampling noise.** Those two limits say nothing of the size of the samples, so that small ones alarm for nothing
(Potgieter et al., arXiv:2307.11878). Where nothing changed, PSI / (1/n + 1/m) is distributed nearly as chi-square with
one degree of freedom less than there are bins (Yurdakul, Statistical Properties of Population Stability Index, Western
Michigan University, 2018). `noise` is the value that chance exceeds once in a thousand; an index below it is none.

**Kolmogorov-Smirnov statistic** (KS): the largest difference between the two cumulative distributions, 0-1, and for it
Smirnov's limit as noise (Ann. Math. Statist. 19, 1948). For a normal distribution that is shifted, a PSI of .1 and .25
are a KS of .13 and .2: with a shift of d standard deviations PSI = d² and KS = 2 Φ(d/2) - 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

CHANCE = 1e-3
"""How often chance alone exceeds `noise`, 0-1, over all that is compared under one name."""
FLOOR = 1e-3
"""A smaller share counts as this one, or what is new in one row of a million would make the index large."""
EXPECTED = 5
"""Rows that a bin should have in the smaller dataset (Cochran, Biometrics 10, 1954); rarer values share a bin."""
LEAST_ROWS = 2 * EXPECTED
BINS = 10
"""Lengths are cut at the deciles of the older dataset."""
PARTS = 20
"""Bins of a drift that are kept, those that moved most."""
OTHERS = "(others)"
SHARE = "share"
"""What the one part of a drift of a share is called."""


@dataclass(frozen=True)
class Part:
    """One bin: a value, or lengths from one to another, with its shares before and after, 0-1."""

    value: str
    old_share: float
    new_share: float


@dataclass(frozen=True)
class Drift:
    """What became of one distribution."""

    name: str
    """`languages`, `lengths`, `sites`, `flag NAME` or `null rate of COLUMN`."""
    measure: str
    """The column of the baseline table that it counts for, such as `drift_sites`."""
    old: int
    new: int
    """Rows compared."""
    psi: float | None
    """None: fewer than LEAST_ROWS rows on a side."""
    noise: float | None
    """What chance alone exceeds once in a thousand."""
    parts: tuple[Part, ...]
    ks: float | None = None
    ks_noise: float | None = None

    @property
    def beyond_chance(self) -> float:
        """The index, or 0 where chance may have made it."""
        return self.psi if self.psi is not None and self.noise is not None and self.psi > self.noise else 0.0

    @property
    def ks_beyond_chance(self) -> float:
        """The statistic, or 0 where chance may have made it."""
        return self.ks if self.ks is not None and self.ks_noise is not None and self.ks > self.ks_noise else 0.0


def population_stability(old: Counts, new: Counts) -> float:
    """PSI of counts in the same bins, 0 or more. Half a row is added to each bin, so that none is empty."""
    p, q = (np.maximum((side + 0.5) / (side.sum() + 0.5 * len(side)), FLOOR) for side in (old, new))
    return float(np.sum((q - p) * np.log(q / p)))


def chance_of_stability(old: int, new: int, bins: int, *, comparisons: int = 1) -> float:
    """The PSI that chance alone exceeds once in a thousand, in any of so many comparisons; 0 for a single bin."""
    from scipy.special import chdtri

    return float(chdtri(bins - 1, CHANCE / comparisons) * (1 / old + 1 / new)) if bins > 1 else 0.0


def kolmogorov_smirnov(old: Counts, new: Counts) -> float:
    """KS of counts of the same values in their order, 0-1."""
    return float(np.max(np.abs(np.cumsum(old) / old.sum() - np.cumsum(new) / new.sum())))


def chance_of_difference(old: int, new: int) -> float:
    """The KS that chance alone exceeds once in a thousand."""
    from scipy.special import kolmogi

    return float(kolmogi(CHANCE) * np.sqrt(1 / old + 1 / new))


def compare_categories(name: str, measure: str, counts: Mapping[str, tuple[int, int]]) -> Drift:
    """The drift of a distribution over names; `counts` are rows before and after. Rare names share a bin.

    A name is rare where the smaller dataset should have few rows of it and has no more than chance may give: what is
    new in a small increment is rare in all, and yet is what the increment is made of.
    """
    from scipy.special import pdtrc

    total = np.array(list(counts.values()), np.int64).reshape(-1, 2).sum(axis=0)
    side = int(total.argmin())
    smaller = total[side] / max(1, total.sum())

    def stands_alone(pair: Sequence[int], among: int) -> bool:
        expected, seen = sum(pair) * smaller, int(pair[side])
        # Poisson: the chance of as many rows, or more, over all names that could have had them.
        return expected >= EXPECTED or (seen > 0 and pdtrc(seen - 1, expected) * among < CHANCE)

    common = {value: pair for value, pair in counts.items() if stands_alone(pair, len(counts))}
    rare = total - np.array(list(common.values()), np.int64).reshape(-1, 2).sum(axis=0)
    if rare.sum():
        # Too few of them are no bin of their own either.
        scarce = bool(common) and not stands_alone(rare.tolist(), 1)
        into = min(common, key=lambda value: (sum(common[value]), value)) if scarce else OTHERS
        old, new = common.pop(into, (0, 0))
        common[f"{into}, {OTHERS}" if scarce else OTHERS] = (old + int(rare[0]), new + int(rare[1]))
    return _compare(name, measure, list(common), np.array(list(common.values()), np.int64).reshape(-1, 2))


def compare_share(name: str, measure: str, old: tuple[int, int], new: tuple[int, int], *, comparisons: int) -> Drift:
    """The drift of a share: rows that have it and all rows, before and after."""
    counts = np.array([[old[0], new[0]], [old[1] - old[0], new[1] - new[0]]], np.int64)
    drift = _compare(name, measure, [SHARE, "rest"], counts, comparisons=comparisons)
    return replace(drift, parts=tuple(part for part in drift.parts if part.value == SHARE))


def compare_numbers(name: str, measure: str, values: Sequence[int], old: Counts, new: Counts) -> Drift:
    """The drift of a distribution over numbers: distinct values in rising order, with the rows that have them."""
    if min(old.sum(), new.sum()) < LEAST_ROWS:
        return Drift(name, measure, int(old.sum()), int(new.sum()), None, None, ())
    bins = min(BINS, int(min(old.sum(), new.sum())) // EXPECTED)
    ranks = np.cumsum(old)
    # The first value of each bin but the lowest.
    cuts = np.unique(np.searchsorted(ranks, [old.sum() * part / bins for part in range(1, bins)]) + 1)
    cuts = cuts[cuts < len(values)]
    starts = [0, *cuts.tolist()]
    counts = np.stack([np.add.reduceat(side, starts) for side in (old, new)], axis=1)
    ends = [*(start - 1 for start in starts[1:]), len(values) - 1]
    labels = [f"{values[start]:,} to {values[end]:,}" for start, end in zip(starts, ends, strict=True)]
    drift = _compare(name, measure, labels, counts)
    ks, noise = kolmogorov_smirnov(old, new), chance_of_difference(drift.old, drift.new)
    return replace(drift, ks=ks, ks_noise=noise)


def _compare(name: str, measure: str, values: Sequence[str], counts: Counts, *, comparisons: int = 1) -> Drift:
    old, new = counts[:, 0], counts[:, 1]
    rows = int(old.sum()), int(new.sum())
    if min(rows) < LEAST_ROWS:
        return Drift(name, measure, *rows, None, None, ())
    shares = [Part(value, float(a / rows[0]), float(b / rows[1])) for value, a, b in zip(values, old, new, strict=True)]
    moved = sorted(shares, key=lambda part: (-abs(part.new_share - part.old_share), part.value))
    psi, noise = population_stability(old, new), chance_of_stability(*rows, len(values), comparisons=comparisons)
    return Drift(name, measure, *rows, psi, noise, tuple(moved[:PARTS]))
