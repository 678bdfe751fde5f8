"""The mould of a line: its marks, and that there are words and numbers between them.

`19:15 Sophie Bateman` and `20:04 Sam Cole` are of one mould, `0:0 Aa Aa`. Lines of one mould on a page are the entries
of a list, stamps of a live blog, names under pictures: what rules say of some goes for the others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleaning.linemodel.letters import CASELESS, DIGIT, KIND, SPACE, UPPER, characters
from cleaning.lines import Lines
from cleaning.native import native
from cleaning.once import once

MOULDS = 1 << 16
"""How many moulds are told apart."""

# Up to so many characters a line is one whose whole mould says something.
_SHORT = 60
# Pieces that make up how a line begins: words, numbers, spaces, marks.
_BEGINNING = 3


@once
def find_moulds(lines: Lines) -> npt.NDArray[np.uint16]:
    """(2, n): for each distinct text of a batch its mould, and the mould of its first pieces; below MOULDS.

    0 for the mould of a long line, and for a beginning of nothing but words, which says nothing.
    """
    found = np.zeros((2, len(lines.codes.starts)), np.uint16)
    _scan(*lines.codes.first(_SHORT + 1), characters()[0], found)
    return found


@native("u4[] i8[] i8[] u2[] u2[,]")
def _scan(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint16],
    found: npt.NDArray[np.uint16],
) -> None:
    """Compiled: fills `found`, which are zeros."""
    for text in range(len(starts)):
        begin, end = starts[text], stops[text]
        mould = np.uint64(0xCBF29CE484222325)
        pieces = 0
        plain = True
        at = begin
        most = _SHORT if end - begin <= _SHORT else _BEGINNING
        while at < end and pieces < most:
            code = codes[at]
            kind = (kinds[code] if code < 0x20000 else np.uint16(CASELESS)) & KIND
            piece = np.uint64(code)
            at += 1
            if kind == DIGIT:
                piece = np.uint64(1)
                plain = False
                while at < end and codes[at] < 0x20000 and kinds[codes[at]] & KIND == DIGIT:
                    at += 1
            elif kind >= CASELESS:
                capitals = kind == UPPER
                size = 1
                while at < end:
                    following = (kinds[codes[at]] if codes[at] < 0x20000 else np.uint16(CASELESS)) & KIND
                    if following < CASELESS or following == DIGIT:
                        break
                    capitals = capitals and following == UPPER
                    size += 1
                    at += 1
                piece = np.uint64(4 if capitals and size > 1 else 3 if kind == UPPER else 2)
            elif kind == SPACE:
                piece = np.uint64(32)
                while at < end and codes[at] < 0x20000 and kinds[codes[at]] & KIND == SPACE:
                    at += 1
            else:
                plain = False
            mould = (mould ^ piece) * np.uint64(0x9E3779B97F4A7C15)
            mould ^= mould >> np.uint64(29)
            pieces += 1
            if pieces == _BEGINNING and not plain:
                found[1, text] = mould >> np.uint64(48)
        if pieces < _BEGINNING and not plain:
            found[1, text] = mould >> np.uint64(48)
        if end - begin <= _SHORT:
            found[0, text] = mould >> np.uint64(48)
