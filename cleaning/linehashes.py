"""Lines as numbers of 64 bits, as they stand and with their numbers folded, in one compiled pass over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans, spans_of
from cleaning.linemodel.letters import CASELESS, DIGIT, HAN, HANGUL, KIND, characters
from cleaning.native import native

Hashes = npt.NDArray[np.uint64]


class Hashed(NamedTuple):
    """What is known of n texts, for each of them."""

    exact: Hashes
    """The same on every machine and in every run; never 0 or 1, which stand for no text and a page's edge."""
    folded: Hashes
    """With every number as `0`, whatever space or mark stands in it or behind; `exact` where there is none."""
    letters: npt.NDArray[np.int32]
    width: npt.NDArray[np.int32]
    """Characters, those of Chinese, Japanese and Korean as two."""


def hash_lines(texts: Sequence[str]) -> Hashed:
    """Hash texts, each of them trimmed.

    >>> one, other = hash_lines(["1,234 shares in 5 days", "0shares in 0days"]), hash_lines(["Share", "공유하기"])
    >>> bool(one.folded[0] == one.exact[1]), other.letters.tolist(), other.width.tolist()
    (True, [5, 4], [5, 8])
    """
    return hash_spans(spans_of(texts))


def hash_spans(texts: Spans) -> Hashed:
    """The same for texts whose characters are known."""
    exact, folded = np.empty((2, len(texts.starts)), np.uint64)
    letters, width = np.empty((2, len(texts.starts)), np.int32)
    _hash(*texts, characters()[0], exact, folded, letters, width)
    return Hashed(exact, folded, letters, width)


@native("u4[] i8[] i8[] u2[] u8[] u8[] i4[] i4[]")
def _hash(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint16],
    exact: Hashes,
    folded: Hashes,
    letters: npt.NDArray[np.int32],
    width: npt.NDArray[np.int32],
) -> None:
    """Compiled: fills the last four."""
    # FNV-1a's start (Fowler, Noll and Vo, public domain), with a step and an end that mix all 64 bits as
    # MurmurHash3's finaliser does.
    begin, step = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
    end, shift = np.uint64(0xFF51AFD7ED558CCD), np.uint64(29)
    for text in range(len(exact)):
        whole = without = begin
        found = wide = 0
        number = False  # the characters before are a number, or what may stand in one
        for at in range(starts[text], stops[text]):
            code = codes[at]
            known = kinds[code] if code < 0x20000 else (HAN if code < 0x40000 else 0)
            kind = known & KIND
            whole = (whole ^ np.uint64(code)) * step
            whole ^= whole >> shift
            if kind == DIGIT:
                if number:
                    continue
                number = True
                code = np.uint32(48)
            elif number and (code == 32 or code == 39 or code == 44 or code == 46):  # space ' , .
                continue
            else:
                number = False
                found += kind >= CASELESS
                wide += kind in (HAN, HANGUL)
            without = (without ^ np.uint64(code)) * step
            without ^= without >> shift
        for place in range(2):
            mixed = whole if place == 0 else without
            mixed *= end
            mixed ^= mixed >> np.uint64(32)
            if mixed < 2:
                mixed += np.uint64(2)
            if place == 0:
                exact[text] = mixed
            else:
                folded[text] = mixed
        letters[text] = found
        width[text] = stops[text] - starts[text] + wide
