"""The statistics: known values, agreement with SciPy, shifts that are seen, and chance that is not taken for one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from pipelines.diff.drift import (
    OTHERS,
    Drift,
    chance_of_difference,
    chance_of_stability,
    compare_categories,
    compare_numbers,
    compare_share,
    kolmogorov_smirnov,
    population_stability,
)


def counts(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_the_index_by_hand() -> None:
    """Half and half becomes two thirds and a third: (1/6) ln(4/3) + (-1/6) ln(2/3) = (1/6) ln 2."""
    assert population_stability(counts(300_000, 300_000), counts(400_000, 200_000)) == pytest.approx(
        math.log(2) / 6, rel=1e-4
    )
    assert population_stability(counts(70, 30), counts(700, 300)) == pytest.approx(0, abs=1e-3)


def test_a_bin_that_is_empty_on_one_side_is_no_infinity() -> None:
    """A tenth that was not there: its share counts as one in a thousand."""
    found = population_stability(counts(0, 10**6), counts(10**5, 9 * 10**5))
    assert found == pytest.approx(0.099 * math.log(100) + -0.1 * math.log(0.9), rel=1e-3)


def test_noise_is_the_quantile_of_chi_square() -> None:
    want = stats.chi2.isf(0.001, 9) * (1 / 200 + 1 / 300)
    assert chance_of_stability(200, 300, 10) == pytest.approx(want)
    assert chance_of_stability(200, 300, 10, comparisons=5) > chance_of_stability(200, 300, 10)
    assert chance_of_stability(200, 300, 1) == 0


def test_the_statistic_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    old, new = rng.integers(0, 50, 300), rng.integers(5, 60, 200)
    values = np.unique(np.concatenate([old, new]))
    sides = [np.array([(side == value).sum() for value in values]) for side in (old, new)]
    assert kolmogorov_smirnov(*sides) == pytest.approx(stats.ks_2samp(old, new).statistic)
    assert chance_of_difference(300, 200) == pytest.approx(
        stats.kstwobign.isf(0.001) * math.sqrt(1 / 300 + 1 / 200), rel=1e-6
    )


def categories(rng: np.random.Generator, shares: np.ndarray, old: int, new: int) -> Drift:
    drawn = rng.multinomial(old, shares), rng.multinomial(new, shares)
    pairs = {f"site-{at}": (int(a), int(b)) for at, (a, b) in enumerate(zip(*drawn, strict=True))}
    return compare_categories("sites", "drift_sites", pairs)


def lengths(old: np.ndarray, new: np.ndarray) -> Drift:
    values = np.unique(np.concatenate([old, new]))
    sides = [np.bincount(np.searchsorted(values, side), minlength=len(values)) for side in (old, new)]
    return compare_numbers("lengths", "drift_lengths", values.tolist(), *sides)


ZIPF = 1 / np.arange(1, 41) ** 1.2 / (1 / np.arange(1, 41) ** 1.2).sum()
SAME: dict[str, Callable[[np.random.Generator, int, int], Drift]] = {
    "40 sites": lambda rng, old, new: categories(rng, ZIPF, old, new),
    "4 languages": lambda rng, old, new: categories(rng, np.array([0.9, 0.05, 0.03, 0.02]), old, new),
    "a rare flag": lambda rng, old, new: compare_share(
        "flag", "drift_flags", (rng.binomial(old, 0.02), old), (rng.binomial(new, 0.02), new), comparisons=1
    ),
    "lengths": lambda rng, old, new: lengths(
        np.exp(rng.normal(7, 0.8, old)).astype(int), np.exp(rng.normal(7, 0.8, new)).astype(int)
    ),
}


@pytest.mark.parametrize("kind", SAME)
@pytest.mark.parametrize("sizes", [(10, 10), (20, 400), (50, 50), (200, 200), (1000, 300)])
def test_small_samples_of_one_population_do_not_alarm(kind: str, sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(20_261)
    found = [SAME[kind](rng, *sizes) for _ in range(300)]
    assert sum(drift.beyond_chance >= 0.1 for drift in found) <= 3
    assert sum(drift.ks_beyond_chance >= 0.13 for drift in found) <= 3


def test_without_that_they_would() -> None:
    rng = np.random.default_rng(20_262)
    found = [SAME["lengths"](rng, 50, 50) for _ in range(100)]
    assert sum((drift.psi or 0) >= 0.1 for drift in found) > 90


@pytest.mark.parametrize(("shift", "least", "most"), [(0.2, 0, 0.1), (0.4, 0.1, 0.25), (0.8, 0.25, 2)])
def test_a_shift_of_lengths_is_measured(shift: float, least: float, most: float) -> None:
    rng = np.random.default_rng(3)
    drift = lengths(*(np.exp(rng.normal(7 + move, 1, 5000)).astype(int) for move in (0, shift)))
    assert least <= drift.beyond_chance < most
    assert len(drift.parts) == 10
    assert sum(part.old_share for part in drift.parts) == pytest.approx(1)


def test_a_site_that_takes_over_is_seen_in_a_small_dataset() -> None:
    drift = compare_categories("sites", "drift_sites", {"a.example": (95, 20), "b.example": (5, 80)})
    assert drift.beyond_chance > 1
    assert drift.parts[0].value in ("a.example", "b.example")


def test_rare_names_share_a_bin() -> None:
    pairs = {"a.example": (500, 500)} | {f"{at}.example": (2, 1) for at in range(100)}
    assert {part.value for part in compare_categories("sites", "drift_sites", pairs).parts} == {"a.example", OTHERS}
    few = compare_categories("languages", "drift_languages", {"en": (500, 500), "ko": (1, 0)})
    assert ([part.value for part in few.parts], few.psi) == ([f"en, {OTHERS}"], 0)
    scattered = compare_categories(
        "sites", "drift_sites", {f"{at}.example": (1, 0) for at in range(60)} | {"x": (0, 60)}
    )
    assert scattered.beyond_chance > 1


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 500), (500, 9), (9, 500)])
def test_too_few_rows_tell_nothing(old: int, new: int) -> None:
    for drift in (
        compare_categories("languages", "drift_languages", {"en": (old, new)}),
        compare_share("flag", "drift_flags", (0, old), (0, new), comparisons=1),
        compare_numbers("lengths", "drift_lengths", [1, 2], counts(old, 0), counts(0, new)),
    ):
        assert (drift.psi, drift.ks, drift.beyond_chance, drift.ks_beyond_chance) == (None, None, 0, 0)


def test_lengths_that_are_all_the_same() -> None:
    drift = compare_numbers("lengths", "drift_lengths", [100], counts(50), counts(60))
    assert (drift.psi, drift.ks, len(drift.parts)) == (0, 0, 1)
    drift = compare_numbers("lengths", "drift_lengths", [100, 200], counts(50, 0), counts(0, 60))
    assert drift.ks == 1
    assert drift.beyond_chance > 1


@pytest.mark.parametrize(
    "counts",
    [
        {"a": (10_000, 0), "b": (0, 40)},
        {"en": (100_000, 501), "xx": (0, 499)},
        {"a": (10_000, 20)} | {f"new {number}": (0, 1) for number in range(20)},
    ],
)
def test_what_a_small_increment_is_made_of_is_seen(counts: dict[str, tuple[int, int]]) -> None:
    found = compare_categories("sites", "drift_sites", counts)
    assert found.beyond_chance >= 0.25
    assert len(found.parts) == 2
