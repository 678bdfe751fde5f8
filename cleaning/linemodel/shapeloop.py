"""The compiled loop of `shapes`, and the kinds of grams that it makes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleaning.linemodel.letters import (
    BAR,
    BRACKET,
    BULLET,
    CASELESS,
    CLOSES,
    COMMA,
    DIGIT,
    END,
    HAN,
    HANGUL,
    KIND,
    LOWER,
    MARK,
    QUOTE,
    SPACE,
    UPPER,
)  # fmt: skip
from cleaning.native import native

BUCKETS = 1 << 14
"""How many different grams are told apart; the lower 14 bits of a gram."""
SHORT_WORD, LONG_WORD, PIECE, PAIR = range(4)
"""Kinds of grams, the upper two bits: a word of up to three letters; a longer one, or two characters of Chinese,
Japanese or Korean; the beginning or end of a long word; two words that follow each other, first or last word."""
KIND_SHIFT = 14

# A character of Chinese, Japanese or Korean says as much as 2.2 letters (FINDINGS on lengths: headlines of 70
# against 150 characters).
_CJK_LETTERS = 2.2


@native("u4[] i8[] i8[] u2[] u4[] f4[,] u2[] i8[] -> i8")
def scan(
    codes: npt.NDArray[np.uint32],
    text_starts: npt.NDArray[np.int64],
    text_stops: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint16],
    lower: npt.NDArray[np.uint32],
    values: npt.NDArray[np.float32],
    grams: npt.NDArray[np.uint16],
    starts: npt.NDArray[np.int64],
) -> int:
    """Compiled: fills `values`, `grams` and `starts`; how many grams there are."""
    count = 0
    for text in range(len(values)):
        begin, end = text_starts[text], text_stops[text]
        letters = upper = digits = marks = spaces = cjk = commas = inner = quotes = bars = brackets = 0
        words = cased_words = long_words = long_upper = word_upper = 0
        address = copyright_sign = clock = year = False
        ended = False  # a sentence has ended just before, but for closing marks and a space
        first_letter = 0
        # of the word that is being read
        size = 0
        whole = piece4 = piece5 = np.uint64(0)
        before = np.uint64(1)  # the word before
        han1 = han2 = np.uint64(0)  # the two characters before
        word_first = 0
        digit_run = 0
        run_value = 0
        following = begin
        while following <= end:
            at = following
            following += 1
            code = codes[at] if at < end else np.uint32(10)
            known = kinds[code] if code < 0x20000 else (HAN if code < 0x40000 else 0)
            kind = known & KIND if at < end else SPACE
            small = np.uint64(lower[code]) if code < 0x20000 else np.uint64(code)
            inside = CASELESS <= kind <= DIGIT

            # words that are written with spaces
            if inside:
                if size == 0:
                    whole = np.uint64(0xCBF29CE484222325)
                    word_first = kind
                whole = (whole ^ small) * np.uint64(0x9E3779B97F4A7C15)
                whole ^= whole >> np.uint64(29)
                size += 1
                if size == 4:
                    piece4 = whole
                elif size == 5:
                    piece5 = whole
            elif size > 0:
                words += 1
                if word_first != DIGIT:
                    cased_words += 1
                    word_upper += word_first == UPPER
                    if size >= 4:
                        long_words += 1
                        long_upper += word_first == UPPER
                grams[count] = (whole >> np.uint64(50)) | np.uint64((LONG_WORD if size >= 4 else SHORT_WORD) << 14)
                count += 1
                if size > 5:
                    grams[count] = ((piece4 * np.uint64(3)) >> np.uint64(50)) | np.uint64(PIECE << 14)
                    grams[count + 1] = ((piece5 * np.uint64(5)) >> np.uint64(50)) | np.uint64(PIECE << 14)
                    count += 2
                pair = (before ^ whole * np.uint64(0xD6E8FEB86659FD93)) * np.uint64(0x9E3779B97F4A7C15)
                grams[count] = (pair >> np.uint64(50)) | np.uint64(PAIR << 14)
                count += 1
                before = whole
                size = 0
            if kind in (HAN, HANGUL):
                cjk += 1
                if han1:
                    two = (han1 * np.uint64(0xD6E8FEB86659FD93) ^ small) * np.uint64(0x9E3779B97F4A7C15)
                    grams[count] = (two >> np.uint64(50)) | np.uint64(LONG_WORD << 14)
                    count += 1
                    if han2:
                        two = ((two ^ han2) * np.uint64(0xD6E8FEB86659FD93)) * np.uint64(0x9E3779B97F4A7C15)
                        grams[count] = (two >> np.uint64(50)) | np.uint64(PAIR << 14)
                        count += 1
                elif at == begin:
                    whole = small * np.uint64(0x9E3779B97F4A7C15)
                    grams[count] = (whole >> np.uint64(50)) | np.uint64(PAIR << 14)
                    count += 1
                han2 = han1
                han1 = small
            else:
                han1 = han2 = np.uint64(0)

            # times and years
            if kind == DIGIT:
                digit_run += 1
                run_value = run_value * 10 + (int(code) - 48 if 48 <= code < 58 else 0)
                if digit_run == 2 and at - 3 >= begin and codes[at - 2] in (58, 46, 104):
                    clock = clock or bool(kinds[min(codes[at - 3], 0x1FFFF)] & KIND == DIGIT)
            else:
                year |= digit_run == 4 and 1900 <= run_value < 2100
                digit_run = run_value = 0
            if at == end:
                break

            if kind == SPACE:
                spaces += 1
                continue
            if kind != MARK:
                if kind != DIGIT:
                    letters += 1
                    upper += kind == UPPER
                    if first_letter == 0:
                        first_letter = kind
                    # The letters of a word behind its first change nothing but what is counted here.
                    while inside and following < end:
                        code = codes[following]
                        if code >= 0x20000:
                            break
                        other = kinds[code] & KIND
                        if other < CASELESS or other > UPPER:
                            break
                        whole = (whole ^ np.uint64(lower[code])) * np.uint64(0x9E3779B97F4A7C15)
                        whole ^= whole >> np.uint64(29)
                        size += 1
                        if size == 4:
                            piece4 = whole
                        elif size == 5:
                            piece5 = whole
                        letters += 1
                        upper += other == UPPER
                        following += 1
                else:
                    digits += 1
                if ended and kind in (UPPER, HAN, HANGUL, CASELESS):
                    inner += 1
                ended = False
            else:
                marks += 1
                if known & END:
                    # a full stop ends a sentence where a space or a quotation mark follows; a Han one always
                    follows = kinds[min(codes[at + 1], 0x1FFFF)] if at + 1 < end else 0
                    ended = bool(code >= 0x3000 or follows & KIND == SPACE or follows & CLOSES != 0)
                elif not known & CLOSES:
                    ended = False
                commas += known & COMMA != 0
                quotes += known & QUOTE != 0
                bars += known & BAR != 0
                brackets += known & BRACKET != 0
                address = address or bool(code == 64)
                copyright_sign = copyright_sign or bool(code == 169)
                if code == 47 and at - 1 >= begin and codes[at - 1] == 47:
                    address = True
                if code == 46 and at - begin >= 3 and (codes[at - 1] | 32) == (codes[at - 2] | 32) == 119:
                    address = True

        # the last word of the line, marked as such
        if before != np.uint64(1):
            last = (before ^ np.uint64(0x5BD1E995)) * np.uint64(0x9E3779B97F4A7C15)
            grams[count] = (last >> np.uint64(50)) | np.uint64(PAIR << 14)
            count += 1
        starts[text + 1] = count

        size = end - begin
        if size > 0:
            tail = end - 1
            while tail > begin and codes[tail] < 0x20000 and kinds[codes[tail]] & CLOSES:
                tail -= 1
            sign = codes[tail]
            last_known = kinds[codes[end - 1]] if codes[end - 1] < 0x20000 else 0
            first_known = kinds[codes[begin]] if codes[begin] < 0x20000 else 0
            much = size + (_CJK_LETTERS - 1) * cjk
            row = values[text]
            row[0] = np.log1p(much)
            row[1] = np.log1p(spaces + 1)
            row[2] = letters / max(1, cased_words + cjk // 2)
            row[3] = upper / max(1, letters)
            row[4] = digits / size
            row[5] = marks / size
            row[6] = cjk / size
            row[7] = letters / size
            row[8] = sign < 0x20000 and kinds[sign] & END != 0
            row[9] = sign == 58 or sign == 0xFF1A
            row[10] = sign == 63 or sign == 0xFF1F or sign == 0x61F
            row[11] = sign == 33 or sign == 0xFF01
            row[12] = sign == 0x2026 or (tail - begin > 2 and sign == codes[tail - 1] == codes[tail - 2] == 46)
            row[13] = last_known & KIND >= CASELESS
            row[14] = first_known & BULLET != 0 and first_known & KIND == MARK
            row[15] = first_known & KIND == DIGIT
            row[16] = first_letter == LOWER
            row[17] = first_letter == UPPER
            row[18] = first_known & QUOTE != 0
            row[19] = first_known & BRACKET != 0
            row[20] = commas / max(1.0, much / 50)
            row[21] = np.log1p(inner)
            row[22] = quotes > 0
            row[23] = bars > 0
            row[24] = address
            row[25] = copyright_sign
            row[26] = clock
            row[27] = year
            row[28] = letters > 2 and upper > 0.8 * letters
            row[29] = long_upper / max(1, long_words)
            row[30] = word_upper / max(1, cased_words)
            row[31] = brackets > 0
    return count
