"""Texts into tokens that two copies of a text share, whatever their case, quotes, dashes, white space, width.

One compiled loop over their characters. A token is a run of letters and digits; one character of the scripts that
are written without spaces. Its hash stands for it; hashes are the same on every machine and in every run.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans
from cleaning.native import kept, native

# What a character does. The letter kinds differ in weight and case.
_GAP, _LOWER, _UPPER, _CASELESS, _HANGUL, _IDEOGRAPH, _UNSPACED, _DIGIT, _MARK, _NOTHING = range(10)

# The bits of `Tokens.kind`.
WEIGHT = 0b1111
"""Tenths of an English word that such a token says."""
FIGURE = 0b10000
"""The token holds a digit."""
CAPITAL = 0b100000
"""The token begins with a capital letter, as names do."""
CASELESS = 0b1000000
"""The token is of a script that has no capitals."""

# Counted in a text of 179 English words and its translations: 115 tokens in Korean (1.6 words each), 283 in
# Chinese (.6), 322 in Japanese (.6), 145 for 44 words in Thai (.3); 159 to 167 in German and Spanish.
_TENTHS = np.zeros(10, np.uint8)
_TENTHS[[_LOWER, _UPPER, _CASELESS, _DIGIT]] = 10
_TENTHS[[_HANGUL, _IDEOGRAPH, _UNSPACED]] = 15, 6, 3


class Tokens(NamedTuple):
    """The tokens of several texts, text after text."""

    hash: npt.NDArray[np.uint64]
    """What the token is; equal tokens have equal hashes."""
    kind: npt.NDArray[np.uint8]
    """WEIGHT, FIGURE, CAPITAL, CASELESS."""
    starts: npt.NDArray[np.int64]
    """Tokens of text t are starts[t] to starts[t + 1]."""


def tokenize(texts: Spans) -> Tokens:
    r"""Tokens of each text.

    >>> from cleaning.codes import spans_of
    >>> a, b = tokenize(spans_of(["“WORLD–CUP”", "world cup 2026"])), tokenize(spans_of(["大会は26年"]))
    >>> a.starts.tolist(), a.hash.tolist()[0] == a.hash.tolist()[2], b.starts.tolist()
    ([0, 2, 5], True, [0, 5])
    """
    room = int(texts.sizes.sum())  # a character is a token at most
    hashes, kinds = np.empty(room, np.uint64), np.empty(room, np.uint8)
    starts = np.zeros(len(texts.starts) + 1, np.int64)
    count = _tokenize(*texts, *_tables(), _TENTHS, hashes, kinds, starts)
    return Tokens(hashes[:count].copy(), kinds[:count].copy(), starts)


@cache
def _tables() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """For each character of the basic plane: what it counts as, and what it does."""
    saved = kept(__name__, "characters", unicodedata.unidata_version, _make_tables)
    return np.frombuffer(saved[: 4 * 0x10000], np.uint32), np.frombuffer(saved[4 * 0x10000 :], np.uint8)


def _make_tables() -> bytes:
    fold = np.arange(0x10000, dtype=np.uint32)
    kind = np.zeros(0x10000, np.uint8)
    kind[0x3400:0xA000] = kind[0xF900:0xFB00] = _IDEOGRAPH
    kind[0xAC00:0xD7A4] = _HANGUL
    for code in (*range(0x80, 0x3400), *range(0xA000, 0xAC00), *range(0xFB00, 0x10000), *range(0x80)):
        character = chr(code)
        folded = unicodedata.normalize("NFKC", character).lower()
        if len(folded) == 1:
            fold[code] = ord(folded)
        kind[code] = _kind(character)
    return fold.tobytes() + kind.tobytes()


def _kind(character: str) -> int:
    code, category = ord(character), unicodedata.category(character)
    if category[0] == "M":
        return _MARK
    if category == "Cf":
        return _NOTHING
    if category in ("Nd", "No"):
        return _DIGIT
    if category[0] not in "LN":
        return _GAP
    if 0x3040 <= code < 0x3130 or 0x31F0 <= code < 0x3200 or 0xFF66 <= code < 0xFFA0 or code == 0x3005:
        return _IDEOGRAPH
    if 0x0E00 <= code < 0x0F00 or 0x1000 <= code < 0x10A0 or 0x1780 <= code < 0x1800:
        return _UNSPACED  # Thai, Lao, Burmese, Khmer
    if 0x1100 <= code < 0x1200 or 0x3130 <= code < 0x3190:
        return _HANGUL
    if category in ("Lu", "Lt"):
        return _UPPER
    return _LOWER if category == "Ll" else _CASELESS


@native("u4[] i8[] i8[] u4[] u1[] u1[] u8[] u1[] i8[] -> i8")
def _tokenize(
    codes: npt.NDArray[np.uint32],
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    fold: npt.NDArray[np.uint32],
    kind_of: npt.NDArray[np.uint8],
    tenths: npt.NDArray[np.uint8],
    hashes: npt.NDArray[np.uint64],
    kinds: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
) -> int:
    """Compiled: fills the last three; how many tokens there are."""
    count = -1  # of the last token
    for text in range(len(begins)):
        word = False  # the last token takes more letters
        marks = False  # the last token takes marks
        state, told = np.uint64(0), np.uint8(0)
        at = begins[text]
        while at < ends[text]:
            code = codes[at]
            at += 1
            if code < 0x10000:
                kind = kind_of[code]
                code = fold[code]
            elif 0x20000 <= code < 0x40000:
                kind = np.uint8(_IDEOGRAPH)
            elif 0x1F000 <= code < 0x20000 or code >= 0xE0000:
                kind = np.uint8(_GAP)  # pictures, tags
            else:
                kind = np.uint8(_CASELESS)
            if kind == _NOTHING:
                continue
            if kind == _GAP:
                word = marks = False
                continue
            if kind == _MARK:
                if not marks:
                    continue
            elif kind in (_IDEOGRAPH, _UNSPACED) or not word:
                count += 1
                state, told = np.uint64(0xCBF29CE484222325), tenths[kind]
                if kind == _UPPER:
                    told |= np.uint8(CAPITAL)
                elif kind not in (_LOWER, _DIGIT):
                    told |= np.uint8(CASELESS)
                word = kind not in (_IDEOGRAPH, _UNSPACED)
                marks = True
            if kind == _DIGIT:
                told |= np.uint8(FIGURE)
            state = (state ^ np.uint64(code)) * np.uint64(0x9E3779B97F4A7C15)
            state ^= state >> np.uint64(29)
            # The letters behind the first of a word change nothing but its hash.
            while word and at < ends[text] and codes[at] < 0x10000 and _LOWER <= kind_of[codes[at]] <= _HANGUL:
                state = (state ^ np.uint64(fold[codes[at]])) * np.uint64(0x9E3779B97F4A7C15)
                state ^= state >> np.uint64(29)
                at += 1
            hashes[count], kinds[count] = state, told
        starts[text + 1] = count + 1
    return count + 1
