"""The n-grams of all languages that langdetect ships, as one table that compiled loops look them up in."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.utils.ngram import NGram

from cleaning.native import kept, native

UNIT = 1024
"""Scores are natural logarithms times this."""

_FLOOR = 0.5 / 10000  # Detector.ALPHA_DEFAULT / Detector.BASE_FREQ: what an n-gram a language lacks weighs
_SLOTS = 1 << 18  # a third full with 87,598 n-grams
LANES = 64  # at least as many as there are languages: a fixed number is added up without a loop
ROW_BITS = 24
# Numbers of letters have 12 bits. 0: no profile has the character; the first three that profiles have:
SPACE, _CAPITAL, _FIRST = 1, 2, 3


class Profiles(NamedTuple):
    """The n-grams of all languages: a row of languages and weights each, and a hash table of the rows."""

    labels: tuple[str, ...]
    """langdetect's names of the languages, sorted."""
    letter: npt.NDArray[np.uint16]
    """For each code point of the BMP the number of the letter that langdetect reads it as."""
    upper: npt.NDArray[np.bool_]
    """For each number of a letter: is it a capital?"""
    single: npt.NDArray[np.int32]
    """For each number of a letter its row as an n-gram of one; -1 if no profile has it, or it is the space."""
    slots: npt.NDArray[np.int64]
    """Hash table of n-grams: up to three numbers of letters, the last one lowest, and behind them, in the lower
    ROW_BITS, the row of the n-gram; 0 is empty."""
    weight: npt.NDArray[np.int16]
    """(n-grams, LANES): of each language log(1 + probability / floor) in `UNIT`s; 0 where it lacks the n-gram."""
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


@functools.cache
def profiles() -> Profiles:
    """The table of the files that langdetect ships, 17 MB, once a process: made in .2 s and kept, or read in .03 s."""
    files = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if not path.name.startswith("."))
    depends = " ".join([metadata.version("langdetect"), *(f"{path.name}:{path.stat().st_size}" for path in files)])
    saved = np.load(io.BytesIO(kept(__name__, "profiles", depends, lambda: _saved(files))), allow_pickle=False)
    starts, language, probability = saved["starts"], saved["language"], saved["probability"]
    row = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    weight = _aligned(len(starts) - 1)
    weight[row, language] = _weights(probability)
    labels = tuple(saved["labels"].tolist())
    named = {name: saved[name] for name in ("letter", "upper", "single", "slots", "grams", "expected")}
    return Profiles(labels, weight=weight, starts=starts, language=language, probability=probability, **named)


def _weights(probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    weights: npt.NDArray[np.float64] = np.rint(np.log1p(probability / _FLOOR) * UNIT)
    return weights


def _saved(files: Sequence[Path]) -> bytes:
    """All of `Profiles` but `weight`, as an .npz file."""
    loaded = [json.loads(path.read_text("utf-8")) for path in files]
    every = np.array([gram for profile in loaded for gram in profile["freq"]], "U3")
    count = np.array([count for profile in loaded for count in profile["freq"].values()], np.float64)
    language = np.repeat(np.arange(len(loaded)), [len(profile["freq"]) for profile in loaded])
    totals = np.array([profile["n_words"] for profile in loaded], np.float64)
    probability = count / totals[language, np.strings.str_len(every) - 1]

    grams, row = np.unique(every, return_inverse=True)
    order = np.argsort(row, kind="stable")
    weight = _aligned(len(grams))
    weight[row, language] = _weights(probability)

    codes = grams.view(np.uint32).reshape(-1, 3)
    # Numbers by what stands in the profiles: a few of their n-grams have characters that are read as others,
    # which langdetect therefore never finds.
    alphabet = np.unique(codes[(codes != 0) & (codes != ord(" "))])
    number = np.zeros(0x10000, np.int64)
    number[alphabet] = np.arange(_FIRST, _FIRST + len(alphabet))
    number[ord(" ")] = SPACE
    letter, upper = _letters(number)
    key = np.zeros(len(grams), np.int64)
    for column in codes.T:
        key = np.where(column != 0, key << 12 | number[column], key)
    slots = np.zeros(_SLOTS, np.int64)
    _fill(key, slots)
    alone = np.flatnonzero((np.strings.str_len(grams) == 1) & (key > SPACE))
    single = np.full(1 << 12, -1, np.int32)
    single[key[alone]] = alone
    expected = np.zeros((3, len(loaded), len(loaded)))
    _expect(row, np.strings.str_len(every) - 1, language, probability, weight, np.zeros(expected.shape[:2]), expected)
    made = io.BytesIO()
    np.savez(
        made,
        labels=np.array([profile["name"] for profile in loaded]),
        letter=letter,
        upper=upper,
        single=single,
        slots=slots,
        starts=np.concatenate([[0], np.cumsum(np.bincount(row))]),
        language=language[order].astype(np.uint8),
        probability=probability[order],
        grams=grams,
        expected=np.rint(expected).astype(np.int64),
    )
    return made.getvalue()


def _aligned(rows: int) -> npt.NDArray[np.int16]:
    """Zeros for `weight`: a row begins where a line of the processor's cache does: it takes two, not three."""
    size = 2 * LANES
    room = np.zeros((rows + 1) * size, np.uint8)
    start = -room.ctypes.data % size
    return room[start : start + rows * size].view(np.int16).reshape(rows, LANES)


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
    letter[[code for code in range(0x80) if not chr(code).isalpha()]] = SPACE
    letter[[ord(char) for char in NGram.LATIN1_EXCLUDED]] = SPACE
    letter[0x2000:0x2070] = SPACE
    upper = np.zeros(number.max() + 1, np.bool_)
    upper[number[capitals]] = True
    upper[:_FIRST] = [False, False, True]
    return letter.astype(np.uint16), upper


@native("i8[] i8[]")
def _fill(keys: npt.NDArray[np.int64], slots: npt.NDArray[np.int64]) -> None:
    """Compiled: enter the keys, each with its index, into an empty hash table."""
    mask = len(slots) - 1
    for row in range(len(keys)):
        slot = (keys[row] * 0x9E3779B1 >> 16) & mask
        while slots[slot] != 0:
            slot = (slot + 1) & mask
        slots[slot] = keys[row] << ROW_BITS | row


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
