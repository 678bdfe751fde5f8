"""What the signals take each character for: its kind and its lower case, as tables of code points."""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
import numpy.typing as npt

from cleaning.native import kept

TERMINAL = ".!?\"'”’»«“›‹」』】。．｡！？…‥؟۔।॥။።៕༎։׃؛"
"""What ends a sentence, and quotation marks that close after it, in any script."""

# Kinds of characters; `WIDE` is added for two columns, `ENDS` for a character of TERMINAL.
OTHER, SPACE, MARK, NUMBER, LETTER, LOWER, UPPER, SINGLE = range(8)
KIND, WIDE, ENDS = 7, 8, 16
_JOINERS = (0x200C, 0x200D)  # inside words of Persian and of Indic scripts
_SINGLES = ((0x2E80, 0x2FD5), (0x3005, 0x3007), (0x3021, 0x3029), (0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA),
            (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9D),
            (0x1AFF0, 0x1B16F), (0x20000, 0x323AF))  # fmt: skip


@functools.cache
def characters() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
    """The kind and the lower case of each code point, as far as that is one character."""
    saved = kept(__name__, "characters", unicodedata.unidata_version, _make_characters)
    return np.frombuffer(saved[: 1 << 20 | 1 << 16], np.uint8), np.frombuffer(saved[1 << 20 | 1 << 16 :], np.uint32)


def _make_characters() -> bytes:
    kinds = np.zeros(0x110000, np.uint8)
    lower = np.arange(0x20000, dtype=np.uint32)
    for code in range(len(lower)):
        if 0xAC00 <= code <= 0xD7A3:
            kinds[code] = LETTER | WIDE
            continue
        if 0x4E00 <= code <= 0x9FFF:
            continue
        char = chr(code)
        if char.isalpha():
            kinds[code] = UPPER if char.isupper() else LOWER if char.islower() or char.istitle() else LETTER
            if len(char.lower()) == 1:
                lower[code] = ord(char.lower())
        elif char.isalnum():
            kinds[code] = NUMBER
        elif char.isspace():
            kinds[code] = SPACE
        elif code in _JOINERS or unicodedata.category(char)[0] == "M":
            kinds[code] = MARK
        # Python calls what is not assigned wide or not by its version's tables.
        if unicodedata.east_asian_width(char) in "WF" and unicodedata.category(char) != "Cn":
            kinds[code] |= WIDE
    for first, last in _SINGLES:
        kinds[first : last + 1] = SINGLE | WIDE
    kinds[0xFF66:0xFF9E] = SINGLE  # halfwidth
    kinds[[ord(char) for char in TERMINAL]] |= ENDS
    return kinds.tobytes() + lower.tobytes()
