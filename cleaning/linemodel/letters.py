"""What a character is to the line model: its kind, what it does in a sentence, and its lower case."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.native import kept

# What a character is.
MARK, SPACE, CASELESS, LOWER, UPPER, DIGIT, HAN, HANGUL = range(8)
KIND = 0b111
# What a mark does, besides.
END, CLOSES, QUOTE, BRACKET, COMMA, BAR, BULLET = (1 << bit for bit in range(3, 10))


@cache
def characters() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32]]:
    """What each character below U+20000 is, and its lower case; every digit is `0`."""
    saved = kept(__name__, "characters", unicodedata.unidata_version, _make_characters)
    return np.frombuffer(saved[: 2 * 0x20000], np.uint16), np.frombuffer(saved[2 * 0x20000 :], np.uint32)


def _make_characters() -> bytes:
    kinds = np.zeros(0x20000, np.uint16)
    lower = np.arange(0x20000, dtype=np.uint32)
    kinds[0x3041:0x3100] = kinds[0x3400:0xA000] = kinds[0xF900:0xFB00] = HAN
    kinds[0xAC00:0xD7A4] = HANGUL
    for code in (*range(0x3041), *range(0x3100, 0x3400), *range(0xA000, 0xAC00), *range(0xFB00, 0x20000)):
        kinds[code], lower[code] = _character(chr(code))
    for names, bit in (
        (".!?。！？．｡…‥؟۔।॥։՜՞", END),
        ("\"'”’»«“›‹」』）)】]》〉", CLOSES),
        ('"“”„‟«»「」『』‹›', QUOTE),
        ("([（［【〔<《〈", BRACKET),
        (",、，،", COMMA),
        ("|›»/•·｜→>", BAR),
        ("-•*·–▪‣●■►▶»>+○◆□▲★☆✓◦—", BULLET),
    ):
        for name in names:
            kinds[ord(name)] |= bit
    kinds[0x30FB] = MARK | BULLET  # katakana middle dot
    return kinds.tobytes() + lower.tobytes()


def _character(character: str) -> tuple[int, int]:
    category = unicodedata.category(character)
    if character.isspace():
        return SPACE, 32
    if category in ("Nd", "No"):
        return DIGIT, 48
    if category[0] in "LMN":
        small = character.lower()
        kind = UPPER if category in ("Lu", "Lt") else LOWER if category == "Ll" else CASELESS
        return kind, ord(small) if len(small) == 1 else ord(character)
    return MARK, ord(character)
