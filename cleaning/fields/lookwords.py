"""The words that the compiled look at lines goes by, in one table of hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.fields.datewords import beside_numbers, known_words, telling_words
from cleaning.fields.namewords import byline_words, roles, section_words, word_set
from cleaning.linemodel.letters import CASELESS, HAN, HANGUL, KIND, UPPER, characters

# What a word of the lists is, in the table that the compiled look goes by.
TIME, FIRST, ROLE, AGENCY, SMALL, TRAIL, DATE, NEVER, GIVEN = (1 << bit for bit in range(9))
# And what it says of a number beside it: see `datewords.beside_numbers`.
ANY_NUMBER, MONTH, BETWEEN, CLOCK, TODAY = (1 << bit for bit in range(9, 14))
LISTED = ANY_NUMBER - 1  # any of the former


def _words() -> Iterator[tuple[int, Iterable[str]]]:
    """The lists whose words are looked for, with what a word of each is."""
    words = byline_words()
    yield TIME, telling_words()
    yield DATE, known_words()
    beside = beside_numbers()
    for what, name in ((ANY_NUMBER, "any"), (MONTH, "month"), (BETWEEN, "between"), (CLOCK, "clock"), (TODAY, "today")):
        yield what, beside[name]
    for table in ("open", "colon", "credits"):
        yield FIRST, words["intro"][table]
    for names in section_words().values():
        yield FIRST, names
    yield ROLE, words["roles"]["nouns"]
    agencies = words["organisations"]["agencies"]
    # `The Associated Press` is told by its last word
    yield AGENCY, [part for name in agencies for part in (name.split()[0], name.split()[-1]) if part != "the"]
    yield SMALL, word_set("lists", "and") | word_set("lists", "particles") | roles()
    yield TRAIL, words["roles"]["trails"]
    yield NEVER, words["names"]["never"]
    yield NEVER, words["names"]["titles"]
    yield GIVEN, words["names"]["given"]


_FACTOR, _START, _LOW = 0x9E3779B97F4A7C15, 0xCBF29CE484222325, (1 << 64) - 1


def _hash(word: str, lower: npt.NDArray[np.uint32]) -> int:
    value = _START
    for char in word:
        value = ((value ^ int(lower[ord(char)])) * _FACTOR) & _LOW
        value ^= value >> 29
    return value


def _first_run(phrase: str, kinds: npt.NDArray[np.uint16]) -> str:
    """The first run of letters of a phrase: `e` of `e-mail`."""
    run = ""
    for char in phrase:
        kind = kinds[ord(char)] & KIND
        if CASELESS <= kind <= UPPER or kind in (HAN, HANGUL):
            run += char
        elif run:
            break
    return run


@cache
def tables() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32], npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
    """Kinds and lower case of characters; words each hash in the first free slot from its own on; their kinds."""
    kinds, lower = characters()
    lower = lower.copy()
    lower[ord("İ")] = ord("i")
    lower[ord("ς")] = ord("σ")  # which `str.lower` makes of the last Σ of a word
    found: dict[int, int] = {}
    for what, phrases in _words():
        for phrase in phrases:
            if run := _first_run(phrase, kinds):
                value = _hash(run, lower) or 1
                found[value] = found.get(value, 0) | what
    size = 1 << (4 * len(found)).bit_length()
    slots, flags = np.zeros(size, np.uint64), np.zeros(size, np.uint16)
    for value, what in found.items():
        at = value & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at], flags[at] = value, what
    return kinds, lower, slots, flags
