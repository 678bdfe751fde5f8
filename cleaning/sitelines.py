"""How often short lines stand on the pages of a site: the side table that a first pass over a corpus makes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.linehashes import Hashes, hash_lines

# Odd numbers with well mixed bits: finaliser of MurmurHash3 (Austin Appleby, public domain) and xxHash's primes.
_MIX, _MIX_B = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SITE, _NEXT = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(33)

EDGE = np.array([1], np.uint64)
"""Stands for the line before the first and after the last of a page."""


class Thresholds(NamedTuple):
    """data/templates.toml, which says what each is for."""

    least_pages: int
    least_count: int
    share: float
    beside: float
    line_chars: int
    alone_share: float
    sentence_share: float
    sentence_count: int
    sentence_chars: int
    block: int
    text_chars: int
    end_chars: int
    sentence_ends: tuple[str, ...]
    quotes: str


@cache
def thresholds() -> Thresholds:
    """The thresholds of data/templates.toml."""
    text = resources.files("cleaning").joinpath("data/templates.toml").read_text("utf-8")
    values = tomllib.loads(text)
    return Thresholds(**values | {"sentence_ends": tuple(values["sentence_ends"])})


def site_hashes(sites: Sequence[str | None]) -> Hashes:
    """A hash for each site, or url; 0 for none."""
    known = sorted({site for site in sites if site})
    by_name = dict(zip([None, *known], [0, *hash_lines(known).exact.tolist()], strict=True))
    return np.array([by_name[site or None] for site in sites], np.uint64)


def mix(first: Hashes, second: Hashes) -> Hashes:
    """One hash for each pair, in which the order counts."""
    mixed: Hashes = np.asarray(first * _SITE + (second ^ (second >> _SHIFT)) * _NEXT, np.uint64)
    mixed = np.asarray((mixed ^ (mixed >> _SHIFT)) * _MIX, np.uint64)
    mixed = np.asarray((mixed ^ (mixed >> _SHIFT)) * _MIX_B, np.uint64)
    return np.asarray(mixed ^ (mixed >> _SHIFT), np.uint64)


def _none() -> Hashes:
    return np.zeros(0, np.uint64)


def _no_counts() -> npt.NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class SiteLines:
    """Lines that recur on a site's pages, and lines that recur side by side, by hash. Empty where none does.

    All counts are of distinct pages: copies of an article and several readings of one url are one page.
    """

    site: Hashes = field(default_factory=_none)
    """Sites that have enough pages, ascending."""
    pages: npt.NDArray[np.int64] = field(default_factory=_no_counts)
    """How many pages each of them has."""
    line: Hashes = field(default_factory=_none)
    """`mix(site, line)` and `mix(mix(site, line), next line)` of those that recur, ascending."""
    count: npt.NDArray[np.int64] = field(default_factory=_no_counts)
    """On how many pages each stands."""

    def pages_of(self, sites: Hashes) -> npt.NDArray[np.int64]:
        """Distinct pages of each site; 0 for one that has too few."""
        return _look_up(self.site, self.pages, sites)

    def counts_of(self, lines: Hashes) -> npt.NDArray[np.int64]:
        """Distinct pages that each line, or pair of lines, stands on; 0 where that is too few."""
        return _look_up(self.line, self.count, lines)

    def save(self, path: Path) -> None:
        """Write the table as an .npz file."""
        with path.open("wb") as sink:
            np.savez(sink, site=self.site, pages=self.pages, line=self.line, count=self.count)

    @staticmethod
    def load(path: Path) -> SiteLines:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as saved:
            return SiteLines(**{name: saved[name] for name in ("site", "pages", "line", "count")})


def _look_up(known: Hashes, values: npt.NDArray[np.int64], asked: Hashes) -> npt.NDArray[np.int64]:
    if not len(known):
        return np.zeros(len(asked), np.int64)
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[at] == asked, values[at], 0)
