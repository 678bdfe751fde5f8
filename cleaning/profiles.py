"""langdetect's own n-gram profiles as one compact table, weighed as langdetect weighs them.

langdetect draws n-grams of the text at random and multiplies `alpha / 10000 + p(n-gram | language)` over the
languages until one stands out (`Detector._detect_block`). Here every n-gram of the text counts and none is
drawn, so no seed is needed; logarithms are rounded to whole numbers, so their sum is the same in any order
and on any machine.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from langdetect.detector import Detector
from langdetect.detector_factory import DetectorFactory

from cleaning.codes import Spans, spans_of
from cleaning.native import native
from cleaning.profile_table import LANES, ROW_BITS, SPACE, UNIT, profiles

__all__ = ["UNIT", "Score", "ask_langdetect", "fit", "likelihoods_of", "profiles", "score", "score_each"]

_AT_ONCE = 1 << 19  # characters


class Score(NamedTuple):
    """What the n-grams of a text say."""

    likelihoods: npt.NDArray[np.int32]
    """For each of the labels the log-likelihood, in `UNIT`s, over that of a language with none of the n-grams."""
    hits: npt.NDArray[np.int32]
    """The row of each n-gram found, in the order of the text: what langdetect draws from."""
    lengths: npt.NDArray[np.int64]
    """How many of them have 1, 2 and 3 letters."""


def score(text: str) -> Score:
    """Score a text that has no URLs."""
    return next(score_each([text]))


def score_each(texts: Sequence[str]) -> Iterator[Score]:
    """Score texts that have no URLs; a few at a time, so that memory does not grow with their number."""
    for some in _scored(spans_of(texts)):
        many = len(profiles().labels)
        for text, (begin, end) in enumerate(zip(some.begins.tolist(), some.ends.tolist(), strict=True)):
            yield Score(some.likelihoods[text, :many], some.hits[begin:end], some.lengths[text])


def likelihoods_of(texts: Spans) -> npt.NDArray[np.int32]:
    """(texts, labels): `Score.likelihoods` of texts that have no URLs."""
    parts = [some.likelihoods[:, : len(profiles().labels)] for some in _scored(texts)]
    return np.concatenate(parts) if parts else np.zeros((0, len(profiles().labels)), np.int32)


class _Scored(NamedTuple):
    """What `_score` gives for some texts."""

    begins: npt.NDArray[np.int64]
    likelihoods: npt.NDArray[np.int32]
    hits: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]


def _scored(texts: Spans) -> Iterator[_Scored]:
    table = profiles()
    bounds = np.concatenate([[0], np.cumsum(texts.sizes)])
    first = 0
    while first < len(texts.starts):
        stop = max(first + 1, int(np.searchsorted(bounds, bounds[first] + _AT_ONCE, "right")) - 1)
        begins = 3 * (bounds[first:stop] - bounds[first])
        some = _Scored(
            begins,
            likelihoods=np.zeros((stop - first, LANES), np.int32),
            hits=np.empty(3 * int(bounds[stop] - bounds[first]), np.int32),
            ends=np.zeros(stop - first, np.int64),
            lengths=np.zeros((stop - first, 3), np.int64),
        )
        _score(
            texts.codes, texts.starts[first:stop], texts.stops[first:stop], table.letter, table.upper.view(np.uint8),
            table.single, table.slots, table.weight, begins, some.likelihoods, some.hits, some.ends, some.lengths,
        )  # fmt: skip
        yield some
        first = stop


@functools.cache
def _expected() -> list[list[list[int]]]:
    """`Profiles.expected` of language a, in language b, by length."""
    by_language: list[list[list[int]]] = np.moveaxis(profiles().expected, 0, 2).tolist()
    return by_language


def fit(score: Score, best: int, second: int) -> float:
    """How well a text fits the best profile, 0-1; below 0.5 it is in a language that has none.

    Such a text is less likely under the nearest profile than that profile's own n-grams are, and hardly more
    likely than under the second. News in 25 languages leads the second by 0.3 to 1.3 times what is expected and
    lies at most 0.5 nats an n-gram below it, tables of names 0.9; Irish, Latin, Basque, Uzbek, Galician and
    Zulu lead by less than 0.25 or lie lower.
    """
    lengths: list[int] = score.lengths.tolist()
    expected = _expected()[best]
    own, other = (int(sum(map(mul, lengths, expected[language]))) for language in (best, second))
    below = (int(score.likelihoods[best]) - own) / len(score.hits) / UNIT
    lead = int(score.likelihoods[best] - score.likelihoods[second]) / max(own - other, 1)
    slack = 1.5 / math.sqrt(len(score.hits))  # a sentence strays further than a page
    return max(0.0, min(1.0, (lead + slack) / 0.5, (below + 1.5) / 0.7))


class _Asked(Detector):  # type: ignore[misc]
    """langdetect's detector, given the n-grams of a text as numbers; its sums and its draws are its own."""

    def __init__(self, factory: DetectorFactory, hits: npt.NDArray[np.int32]) -> None:
        super().__init__(factory)
        table = profiles()
        rows, self._drawn = np.unique(hits, return_inverse=True)
        first, many = table.starts[rows], table.starts[rows + 1] - table.starts[rows]
        entries = np.repeat(first - np.concatenate([[0], np.cumsum(many)[:-1]]), many) + np.arange(many.sum())
        self._weights = np.zeros((len(rows), len(table.labels)))
        self._weights[np.repeat(np.arange(len(rows)), many), table.language[entries]] = table.probability[entries]
        self._alpha, self._smoothed = 0.0, self._weights

    def _extract_ngrams(self) -> list[int]:
        drawn: list[int] = self._drawn.tolist()
        return drawn

    def _init_probability(self) -> npt.NDArray[np.float64]:
        return np.full(len(self.langlist), 1.0 / len(self.langlist))

    def _update_lang_prob(self, prob: npt.NDArray[np.float64], word: int, alpha: float) -> bool:
        if alpha != self._alpha:  # the same for all draws of a trial
            self._alpha, self._smoothed = alpha, alpha / self.BASE_FREQ + self._weights
        prob *= self._smoothed[word]
        return True

    def _normalize_prob(self, prob: npt.NDArray[np.float64]) -> float:
        values: list[float] = prob.tolist()
        total = sum(values)
        prob /= total
        return max(values) / total


def ask_langdetect(hits: npt.NDArray[np.int32]) -> str:
    """Return the label that langdetect itself gives a text; `hits` are those of its score.

    It is given the n-grams of this text alone, which are all that it can look up: the answer is that of the full
    one, without its 0.3 s and 45 MB in each process. The seed is the factory's own, so langdetect as others use it
    in the same process is left alone.
    """
    factory = DetectorFactory()
    factory.set_seed(0)
    factory.langlist = list(profiles().labels)
    return str(_Asked(factory, hits).detect())


def _row(key: np.int64, slots: npt.NDArray[np.int64]) -> np.int64:
    """Compiled: the row of an n-gram of two or three letters; -1 if no profile has it."""
    mask = len(slots) - 1
    slot = (key * 0x9E3779B1 >> 16) & mask
    while slots[slot] != 0:
        if slots[slot] >> ROW_BITS == key:
            return np.int64(slots[slot] & ((1 << ROW_BITS) - 1))
        slot = (slot + 1) & mask
    return np.int64(-1)


@native("u4[] i8[] i8[] u2[] u1[] i4[] i8[] i2[,] i8[] i4[,] i4[] i8[] i8[,]")
def _score(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    letter: npt.NDArray[np.uint16],
    upper: npt.NDArray[np.uint8],
    single: npt.NDArray[np.int32],
    slots: npt.NDArray[np.int64],
    weight: npt.NDArray[np.int16],
    begins: npt.NDArray[np.int64],
    likelihoods: npt.NDArray[np.int32],
    hits: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> None:
    """Compiled: the n-grams of each text (`Detector._extract_ngrams`) into the last four.

    Hits of text t begin at begins[t] and end at ends[t].
    """
    for text in range(len(ends)):
        latin = other = 0
        for at in range(starts[text], stops[text]):
            code = codes[at]
            if 65 <= code <= 122:
                latin += 1
            elif code >= 0x300:
                other += 1
        drop_latin = latin * 2 < other  # Detector.cleaning_text
        # Numbers of the two letters before this one; before 0: the word starts at last.
        before, last = np.int64(0), np.int64(SPACE)
        shout = False  # NGram.capitalword: after two capitals in a row the rest of the capitals is skipped
        found = begins[text]
        for at in range(starts[text], stops[text]):
            code = codes[at]
            if drop_latin and 65 <= code <= 122:
                continue
            now = np.int64(letter[code]) if code < 0x10000 else np.int64(0)
            if last == SPACE:
                before = np.int64(0)
                if now == SPACE:
                    continue
            shout = upper[now] != 0 and (shout or upper[last] != 0)
            if not shout and now != 0:
                row = np.int64(single[now])
                if row >= 0:
                    hits[found] = row
                    found += 1
                    lengths[text, 0] += 1
                if last != 0:
                    key = last << 12 | now
                    row = _row(key, slots)
                    if row >= 0:
                        hits[found] = row
                        found += 1
                        lengths[text, 1] += 1
                    if before != 0:
                        row = _row(before << 24 | key, slots)
                        if row >= 0:
                            hits[found] = row
                            found += 1
                            lengths[text, 2] += 1
            before, last = last, now
        ends[text] = found
        # In a loop of its own: the processor fetches the next rows while it adds up these. Four at a time, so that
        # the sums are read and written a quarter as often.
        hit = begins[text]
        total = likelihoods[text]
        while hit + 4 <= found:
            one, two = weight[hits[hit]], weight[hits[hit + 1]]
            three, four = weight[hits[hit + 2]], weight[hits[hit + 3]]
            for lane in range(LANES):
                total[lane] += np.int32(one[lane]) + np.int32(two[lane]) + np.int32(three[lane]) + np.int32(four[lane])
            hit += 4
        while hit < found:
            row = hits[hit]
            for lane in range(LANES):
                total[lane] += weight[row, lane]
            hit += 1
