"""The loop that makes shingles of texts, compiled, see `cleaning.native`: it neither raises nor makes arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.duplicates.characters import BREAK, DIGIT, MIX, SEED, SEVERAL, SHIFT, SINGLE, SKIP, START, STEP, WORD
from cleaning.native import native

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_u = np.uint64
_SEED, _STEP, _MIX = _u(SEED), _u(STEP), _u(MIX)
_SEED_B, _STEP_B = _u(0xC2B2AE3D27D4EB4F), _u(0xE7037ED1A0B428DB)
_SEED_C, _STEP_C = _u(0x165667B19E3779F9), _u(0xA0761D6478BD642F)
_POWER = _u(0x589965CC75374CC3)
# With _MIX the finaliser of MurmurHash3 (Austin Appleby, public domain).
_MIX_B = _u(0xC4CEB9FE1A85EC53)
_S29, _S32, _S33 = _u(29), _u(32), _u(33)
_ZERO, _ONE = _u(0), _u(1)
# Two codes that no character has: figures that stand apart, and a figure whose value is left out.
_GAP, _FIGURE = _u(0x110000), _u(0x110001)
_KIND, _LOW, _POINT = np.uint32(SHIFT), np.uint32((1 << SHIFT) - 1), np.uint32(0x1FFFFF)
_HAN = np.uint32(SINGLE << SHIFT)


@native("u1[] i8[] u8[] u4[] u4[] u8[] u8[] i8[] i4[] u8[,] u8[] -> i8")
def scan(
    data: npt.NDArray[np.uint8],
    starts: Places,
    ring: Words,
    table: npt.NDArray[np.uint32],
    several: npt.NDArray[np.uint32],
    figures: Words,
    values: Words,
    counts: Places,
    words: npt.NDArray[np.int32],
    prints: Words,
    templates: Words,
) -> int:
    """Tokenise and hash UTF-8 texts in one pass; `shingles.Shingles` says what comes out.

    `ring`: room for the tokens of a shingle, and so their number. A text's shingles stand unsorted, with
    repeats, after those of the text before it: `counts` of them.
    `values` must have a place for every second byte and one for each text. Returns how many were used.
    """
    mask = _u(figures.shape[0] - 1)
    size = ring.shape[0]
    drop = _ONE
    for _ in range(size):
        drop *= _POWER
    used = 0
    for d in range(starts.shape[0] - 1):
        i, end = starts[d], starts[d + 1]
        first = used
        count = quarters = slot = 0
        a, b, t = _SEED, _SEED_B, _SEED_C
        token, rolled = _SEED, _ZERO
        is_open = single = digit = gap = figure = False
        t_before, figure_before = t, figure
        ring[:] = _ZERO
        while i <= end:
            code = np.uint32(0)
            if i < end:
                x = np.uint32(data[i])
                i += 1
                if x >= 0xC0:
                    more = 1 if x < 0xE0 else (2 if x < 0xF0 else 3)
                    x &= np.uint32(0x3F >> more)
                    while more > 0 and i < end:
                        x = (x << np.uint32(6)) | np.uint32(data[i] & 0x3F)
                        i += 1
                        more -= 1
                if x < table.shape[0]:
                    code = table[x]
                elif 0x20000 <= x < 0x40000:  # the planes of Han characters
                    code = _HAN | x
            else:
                i += 1
            kind = code >> _KIND
            if kind == SKIP:
                continue
            if is_open and (single or kind in (BREAK, SINGLE, START)):
                h = token
                h ^= h >> _S33
                h *= _MIX
                h ^= h >> _S29
                # a month, a day of the week or a number word counts as a figure in the template
                at = h & mask
                while figures[at] != _ZERO:
                    if figures[at] == h:
                        t, figure = t_before, figure_before
                        if not figure:
                            t = (t ^ _FIGURE) * _STEP_C
                            t ^= t >> _S32
                            figure = True
                        break
                    at = (at + _ONE) & mask
                rolled = rolled * _POWER + h - ring[slot] * drop
                ring[slot] = h
                slot = slot + 1 if slot + 1 < size else 0
                count += 1
                if count >= size:
                    h = rolled
                    h ^= h >> _S33
                    h *= _MIX
                    h ^= h >> _S33
                    h *= _MIX_B
                    h ^= h >> _S33
                    values[used] = h
                    used += 1
                is_open = False
            if kind == BREAK:
                gap = True
                continue
            if not is_open:
                token = _SEED
                t_before, figure_before = t, figure
                is_open = True
                quarters += 2 if kind == SINGLE else (1 if kind == START else 4)
            single = kind == SINGLE
            at_code: Any = 0
            codes: Any = 1
            if kind == SEVERAL:
                at_code = np.int64(code & _LOW)
                codes = np.int64(several[at_code])
            for k in range(codes):
                if kind == SEVERAL:
                    code = several[at_code + 1 + k]
                c = _u(code & _POINT)
                token = (token ^ c) * _STEP
                token ^= token >> _S32
                now = code >> _KIND == DIGIT
                if now and digit and gap:  # "1.5" is not "15"
                    a = (a ^ _GAP) * _STEP_B
                    a ^= a >> _S32
                    b = (b + _GAP) * _STEP
                    b ^= b >> _S29
                a = (a ^ c) * _STEP_B
                a ^= a >> _S32
                b = (b + c) * _STEP
                b ^= b >> _S29
                if not now or not figure:
                    t = (t ^ (_FIGURE if now else c)) * _STEP_C
                    t ^= t >> _S32
                digit = figure = now
                gap = False
            # Most characters are ASCII letters behind another one: of these nothing more is asked.
            while i < end and data[i] < 0x80 and not single:
                code = table[data[i]]
                if code >> _KIND != WORD:
                    break
                c = _u(code & _POINT)
                token = (token ^ c) * _STEP
                token ^= token >> _S32
                a = (a ^ c) * _STEP_B
                a ^= a >> _S32
                b = (b + c) * _STEP
                b ^= b >> _S29
                t = (t ^ c) * _STEP_C
                t ^= t >> _S32
                digit = figure = False
                i += 1
        if 0 < count < size:  # a text shorter than one shingle is one shingle
            h = rolled ^ _u(count)
            h ^= h >> _S33
            h *= _MIX
            h ^= h >> _S33
            values[used] = h
            used += 1
        words[d] = (quarters + 3) // 4
        counts[d] = used - first
        prints[d, 0] = a
        prints[d, 1] = b
        templates[d] = t
    return used
