"""Two hashes of each short line, by which a corpus counts it: of the line, and of it with its numbers left open.

What another line with the same hash could do, the line could do itself, so they need not withstand who looks for one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.codes import codes_of
from cleaning.native import kept, native
from cleaning.sitelines import Hashes

# What a character is; `_WIDE` is added for Han, kana and Hangul: half as many characters say as much.
_OTHER, _LETTER, _DIGIT, _JOINT = range(4)
_KIND, _WIDE = 3, 4
_WIDES = ((0x1100, 0x1200), (0x2E80, 0xD800), (0xF900, 0xFB00))
# Beside digits, in a number.
_JOINTS = ".,' "


def hash_lines(texts: Sequence[str], most: int) -> tuple[Hashes, Hashes]:
    """64 bits for each line and for it with numbers folded; 0 where it has no two letters or is too wide.

    A folded number is a digit and all digits, points, commas, apostrophes and spaces behind it. The two are the same
    where the line says nothing but itself; the same on every machine and in every run, and 0 and 1 for no line.

    `most`: characters of the longest line, wide ones counted as two.

    >>> exact, folded = hash_lines(["1,234 shares", "56 shares", "0shares", "Share", "5"], 160)
    >>> len(set(exact.tolist())), len(set(folded.tolist())), bool(exact[2] == folded[0] == folded[1]), int(exact[4])
    (5, 3, True, 0)
    """
    exact, folded = np.zeros((2, len(texts)), np.uint64)
    if texts:
        _hash_lines(*codes_of(texts), _kinds(), most, exact, folded)
    return exact, folded


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """What each code point is."""
    return np.frombuffer(kept(__name__, "kinds", unicodedata.unidata_version, _make_kinds), np.uint8)


def _make_kinds() -> bytes:
    kinds = np.zeros(0x110000, np.uint8)
    for code in range(len(kinds)):
        char = chr(code)
        kinds[code] = _DIGIT if char.isdecimal() else _LETTER if char.isalnum() else _OTHER
    kinds[[*map(ord, _JOINTS)]] = _JOINT
    for first, stop in _WIDES:
        kinds[first:stop] |= _WIDE
    return kinds.tobytes()


@native("u4[] i8[] u1[] i8 u8[] u8[]")
def _hash_lines(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint8],
    most: int,
    exact: Hashes,
    folded: Hashes,
) -> None:
    """Compiled: fills `exact` and `folded`."""
    factor, shift = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
    for text in range(len(exact)):
        if starts[text + 1] - starts[text] > most:
            continue
        whole = part = np.uint64(0xCBF29CE484222325)
        letters = width = 0
        number = False
        for at in range(starts[text], starts[text + 1]):
            code = codes[at]
            known = kinds[min(code, 0x10FFFF)]
            kind = known & _KIND
            letters += kind == _LETTER
            width += 2 if known & _WIDE else 1
            whole = (whole ^ np.uint64(code)) * factor
            whole ^= whole >> shift
            if number and kind >= _DIGIT:
                continue
            number = kind == _DIGIT
            part = (part ^ (np.uint64(48) if number else np.uint64(code))) * factor
            part ^= part >> shift
        if letters > 1 and width <= most:
            # the last characters have to reach all bits
            whole = (whole ^ (whole >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            part = (part ^ (part >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            exact[text] = max(whole ^ (whole >> np.uint64(32)), np.uint64(2))
            folded[text] = max(part ^ (part >> np.uint64(32)), np.uint64(2))
