"""langdetect's own n-gram profiles as one compact table, weighed as langdetect weighs them.

langdetect draws n-grams of the text at random and multiplies `alpha / 10000 + p(n-gram | language)` over the
languages until one stands out (`Detector._detect_block`). Here every n-gram of the text counts and none is
drawn, so no seed is needed; logarithms are rounded to whole numbers, so their sum is the same in any order
and on any machine.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.utils.ngram import NGram

from cleaning.codes import codes_of
from cleaning.native import native

UNIT = 1024
"""Scores are natural logarithms times this."""

_FLOOR = 0.5 / 10000  # Detector.ALPHA_DEFAULT / Detector.BASE_FREQ: what an n-gram a language lacks weighs
_SLOTS = 1 << 18  # a third full with 87,598 n-grams
_LANES = 64  # at least as many as there are languages: a fixed number is added up without a loop
_AT_ONCE = 1 << 19  # characters
_ROW_BITS = 24
# Numbers of letters have 12 bits. 0: no profile has the character; the first three that profiles have:
_SPACE, _CAPITAL, _FIRST = 1, 2, 3


class Profiles(NamedTuple):
    """The n-grams of all languages: a row of languages and weights each, and a hash table of the rows."""

    labels: tuple[str, ...]
    """langdetect's names of the languages, sorted."""
    letter: npt.NDArray[np.uint16]
    """For each code point of the BMP the number of the letter that langdetect reads it as."""
    upper: npt.NDArray[np.bool_]
    """For each number of a letter: is it a capital?"""
    slots: npt.NDArray[np.int64]
    """Hash table of n-grams: up to three numbers of letters, the last one lowest, and behind them, in the lower
    _ROW_BITS, the row of the n-gram; 0 is empty."""
    weight: npt.NDArray[np.int16]
    """(n-grams, _LANES): of each language log(1 + probability / floor) in `UNIT`s; 0 where it lacks the n-gram."""
    starts: npt.NDArray[np.int64]
    """For langdetect itself: row r has the entries starts[r] to starts[r + 1] of the next two arrays."""
    language: npt.NDArray[np.uint8]
    """Index into `labels`."""
    probability: npt.NDArray[np.float64]
    """Share of the n-gram among the language's n-grams of its length."""
    grams: npt.NDArray[np.str_]
    """The n-gram of each row."""
    expected: npt.NDArray[np.int64]
    """(length - 1, a, b): mean weight in language b of the n-grams of that length in texts of language a."""


class Score(NamedTuple):
    """What the n-grams of a text say."""

    likelihoods: npt.NDArray[np.int32]
    """For each of the labels the log-likelihood, in `UNIT`s, over that of a language with none of the n-grams."""
    hits: npt.NDArray[np.int32]
    """The row of each n-gram found, in the order of the text: what langdetect draws from."""
    lengths: npt.NDArray[np.int64]
    """How many of them have 1, 2 and 3 letters."""


@functools.cache
def profiles() -> Profiles:
    """Build the table from the files that langdetect ships: 0.1 s, 17 MB, once a process."""
    files = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if not path.name.startswith("."))
    loaded = [json.loads(path.read_text("utf-8")) for path in files]
    every = np.array([gram for profile in loaded for gram in profile["freq"]], "U3")
    count = np.array([count for profile in loaded for count in profile["freq"].values()], np.float64)
    language = np.repeat(np.arange(len(loaded)), [len(profile["freq"]) for profile in loaded])
    totals = np.array([profile["n_words"] for profile in loaded], np.float64)
    probability = count / totals[language, np.strings.str_len(every) - 1]

    grams, row = np.unique(every, return_inverse=True)
    order = np.argsort(row, kind="stable")
    weight = np.zeros((len(grams), _LANES), np.int16)
    weight[row, language] = np.rint(np.log1p(probability / _FLOOR) * UNIT)

    codes = grams.view(np.uint32).reshape(-1, 3)
    # Numbers by what stands in the profiles: a few of their n-grams have characters that are read as others,
    # which langdetect therefore never finds.
    alphabet = np.unique(codes[(codes != 0) & (codes != ord(" "))])
    number = np.zeros(0x10000, np.int64)
    number[alphabet] = np.arange(_FIRST, _FIRST + len(alphabet))
    number[ord(" ")] = _SPACE
    letter, upper = _letters(number)
    key = np.zeros(len(grams), np.int64)
    for column in codes.T:
        key = np.where(column != 0, key << 12 | number[column], key)
    slots = np.zeros(_SLOTS, np.int64)
    _fill(key, slots)
    expected = np.zeros((3, len(loaded), len(loaded)))
    _expect(row, np.strings.str_len(every) - 1, language, probability, weight, np.zeros(expected.shape[:2]), expected)
    return Profiles(
        labels=tuple(profile["name"] for profile in loaded),
        letter=letter,
        upper=upper,
        slots=slots,
        weight=weight,
        starts=np.concatenate([[0], np.cumsum(np.bincount(row))]),
        language=language[order].astype(np.uint8),
        probability=probability[order],
        grams=grams,
        expected=np.rint(expected).astype(np.int64),
    )


def _letters(number: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    """Return the tables `letter` and `upper`, given the number of each code point: `NGram.normalize`."""
    capitals = [code for code in range(0x10000) if chr(code).isupper()]
    letter = number.copy()
    letter[capitals] = np.maximum(letter[capitals], _CAPITAL)
    for read_as, first, last in [
        ("ş", 0x219, 0x219), ("ţ", 0x21B, 0x21B), ("ي", 0x6CC, 0x6CC), ("ể", 0x1EA0, 0x1EFF),
        ("あ", 0x3040, 0x309F), ("ア", 0x30A0, 0x30FF), ("ㄅ", 0x3100, 0x312F), ("ㄅ", 0x31A0, 0x31BF),
        ("가", 0xAC00, 0xD7AF),
    ]:  # fmt: skip
        letter[first : last + 1] = number[ord(read_as)]
    for char, read_as in NGram.CJK_MAP.items():
        letter[ord(char)] = number[ord(read_as)]
    letter[[code for code in range(0x80) if not chr(code).isalpha()]] = _SPACE
    letter[[ord(char) for char in NGram.LATIN1_EXCLUDED]] = _SPACE
    letter[0x2000:0x2070] = _SPACE
    upper = np.zeros(number.max() + 1, np.bool_)
    upper[number[capitals]] = True
    upper[:_FIRST] = [False, False, True]
    return letter.astype(np.uint16), upper


def score(text: str) -> Score:
    """Score a text that has no URLs."""
    return next(score_each([text]))


def score_each(texts: Sequence[str]) -> Iterator[Score]:
    """Score texts that have no URLs; a few at a time, so that memory does not grow with their number."""
    table = profiles()
    first = 0
    while first < len(texts):
        stop, size = first, 0
        while stop < len(texts) and (stop == first or size + len(texts[stop]) <= _AT_ONCE):
            size += len(texts[stop])
            stop += 1
        codes, starts = codes_of(texts[first:stop])
        likelihoods = np.zeros((stop - first, _LANES), np.int32)
        hits = np.empty(3 * len(codes), np.int32)
        ends = np.zeros(stop - first, np.int64)
        lengths = np.zeros((stop - first, 3), np.int64)
        _score(
            codes, starts, table.letter, table.upper.view(np.uint8), table.slots, table.weight,
            likelihoods, hits, ends, lengths,
        )  # fmt: skip
        for text, (begin, end) in enumerate(zip((3 * starts[:-1]).tolist(), ends.tolist(), strict=True)):
            yield Score(likelihoods[text, : len(table.labels)], hits[begin:end], lengths[text])
        first = stop


def fit(score: Score, best: int, second: int) -> float:
    """How well a text fits the best profile, 0-1; below 0.5 it is in a language that has none.

    Such a text is less likely under the nearest profile than that profile's own n-grams are, and hardly more
    likely than under the second. News in 25 languages leads the second by 0.3 to 1.3 times what is expected and
    lies at most 0.5 nats an n-gram below it, tables of names 0.9; Irish, Latin, Basque, Uzbek, Galician and
    Zulu lead by less than 0.25 or lie lower.
    """
    expected = profiles().expected
    own, other = (int(score.lengths @ expected[:, best, language]) for language in (best, second))
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

    def _extract_ngrams(self) -> list[int]:
        drawn: list[int] = self._drawn.tolist()
        return drawn

    def _init_probability(self) -> npt.NDArray[np.float64]:
        return np.full(len(self.langlist), 1.0 / len(self.langlist))

    def _update_lang_prob(self, prob: npt.NDArray[np.float64], word: int, alpha: float) -> bool:
        prob *= alpha / self.BASE_FREQ + self._weights[word]
        return True

    def _normalize_prob(self, prob: npt.NDArray[np.float64]) -> float:
        prob /= sum(prob.tolist())
        return float(prob.max())


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


@native("i8[] i8[]")
def _fill(keys: npt.NDArray[np.int64], slots: npt.NDArray[np.int64]) -> None:
    """Compiled: enter the keys, each with its index, into an empty hash table."""
    mask = len(slots) - 1
    for row in range(len(keys)):
        slot = (keys[row] * 0x9E3779B1 >> 16) & mask
        while slots[slot] != 0:
            slot = (slot + 1) & mask
        slots[slot] = keys[row] << _ROW_BITS | row


@native("i8[] i8[] i8[] f8[] i2[,] f8[,] f8[,,]")
def _expect(
    row: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    language: npt.NDArray[np.int64],
    probability: npt.NDArray[np.float64],
    weight: npt.NDArray[np.int16],
    total: npt.NDArray[np.float64],
    expected: npt.NDArray[np.float64],
) -> None:
    """Compiled: sum probability times weight over the n-grams of each language (first four: one an entry).

    `total`: zeros.
    """
    for entry in range(len(row)):
        total[length[entry], language[entry]] += probability[entry]
    for entry in range(len(row)):
        share = probability[entry] / total[length[entry], language[entry]]
        for other in range(expected.shape[2]):
            expected[length[entry], language[entry], other] += share * weight[row[entry], other]


@native("u4[] i8[] u2[] u1[] i8[] i2[,] i4[,] i4[] i8[] i8[,]")
def _score(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    letter: npt.NDArray[np.uint16],
    upper: npt.NDArray[np.uint8],
    slots: npt.NDArray[np.int64],
    weight: npt.NDArray[np.int16],
    likelihoods: npt.NDArray[np.int32],
    hits: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> None:
    """Compiled: the n-grams of each text (`Detector._extract_ngrams`) into the last four.

    Hits of text t begin at 3 * starts[t] and end at ends[t].
    """
    mask = len(slots) - 1
    for text in range(len(ends)):
        latin = other = 0
        for at in range(starts[text], starts[text + 1]):
            code = codes[at]
            if 65 <= code <= 122:
                latin += 1
            elif code >= 0x300:
                other += 1
        drop_latin = latin * 2 < other  # Detector.cleaning_text
        # Numbers of the two letters before this one; before 0: the word starts at last.
        before, last = np.int64(0), np.int64(_SPACE)
        shout = False  # NGram.capitalword: after two capitals in a row the rest of the capitals is skipped
        found = 3 * starts[text]
        for at in range(starts[text], starts[text + 1]):
            code = codes[at]
            if drop_latin and 65 <= code <= 122:
                continue
            now = np.int64(letter[code]) if code < 0x10000 else np.int64(0)
            if last == _SPACE:
                before = np.int64(0)
                if now == _SPACE:
                    continue
            shout = upper[now] != 0 and (shout or upper[last] != 0)
            if not shout and now != 0:
                for n in range(1, 4):
                    if n == 1:
                        key = now
                    elif n == 2:
                        key = last << 12 | now
                    else:
                        key = before << 24 | last << 12 | now
                    if (n == 1 and now == _SPACE) or (n > 1 and last == 0) or (n > 2 and before == 0):
                        continue
                    slot = (key * 0x9E3779B1 >> 16) & mask
                    entry = slots[slot]
                    while entry != 0 and entry >> _ROW_BITS != key:
                        slot = (slot + 1) & mask
                        entry = slots[slot]
                    if entry != 0:
                        hits[found] = entry & ((1 << _ROW_BITS) - 1)
                        found += 1
                        lengths[text, n - 1] += 1
            before, last = last, now
        ends[text] = found
        # In a loop of its own: the processor fetches the next rows while it adds up these.
        for hit in range(3 * starts[text], found):
            row = hits[hit]
            for lane in range(_LANES):
                likelihoods[text, lane] += weight[row, lane]
