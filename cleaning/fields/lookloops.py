"""The compiled loops of `looks`, and what they may say of a line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleaning.fields.lookwords import (
    AGENCY,
    ANY_NUMBER,
    BETWEEN,
    CLOCK,
    DATE,
    FIRST,
    GIVEN,
    LISTED,
    MONTH,
    NEVER,
    ROLE,
    SMALL,
    TIME,
    TODAY,
    TRAIL,
)
from cleaning.linemodel.letters import CASELESS, DIGIT, HAN, KIND, LOWER, MARK, SPACE, UPPER
from cleaning.native import native

WHEN, OPENS, WHO, NAMES, TELLS = 1, 2, 4, 8, 16
"""What a line may say: a date or time and not much else; what begins with a certain word, as bylines, sources and
sections do; a role or an agency, or a byline in a script without capitals; nothing but names; a date or time, whatever
else. No NAMES is a judgement, for its place has to confirm a line of names: `barenames.bare_names` alone finds more."""
ANYTHING = WHEN | OPENS | WHO | NAMES | TELLS
TIMES = 64
"""What `look_whole` says besides: a date or time, if nothing else. Without it `dates.scan` finds none."""
LATER = 32
"""Stands for what nobody has looked at yet."""
MAX_CHARS = 300
"""A longer line says nothing of the kind."""

# More words without anything between them are no names, but for one said twice, or in letters other than Latin; twice
# as many where two of them are given names.
_NAME_WORDS = 4
# A line with more words in lower case that no list has is a sentence, whatever dates it names.
_STRANGE = 6

# Characters of a line of names in a script without capitals, but with spaces.
_SPACED_NAMES = 48


def _known(value: np.uint64, slots: npt.NDArray[np.uint64], flags: npt.NDArray[np.uint16]) -> int:
    """Compiled: what the word with this hash is; 0 for one of no list."""
    last = len(slots) - 1
    at = np.int64(value & np.uint64(last))
    while slots[at] != np.uint64(0):
        if slots[at] == value:
            return int(flags[at])
        at = (at + 1) & last
    return 0


@native("u4[] i8[] i8[] u2[] u4[] u8[] u2[] u1[]")
def see(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint16],
    lower: npt.NDArray[np.uint32],
    slots: npt.NDArray[np.uint64],
    flags: npt.NDArray[np.uint16],
    out: npt.NDArray[np.uint8],
) -> None:
    """Compiled: fills `out`."""
    for text in range(len(out)):
        begin, end = starts[text], stops[text]
        if end - begin > MAX_CHARS:
            continue
        when = opens = who = uncased = spaced = strange = False
        names = 3 <= end - begin <= 90
        trailed = lower_case = numbered = False
        given = 0  # words that are common given names
        address = False  # a word in lower case stands before a full stop and another
        sent = False  # a dash, a bar or a dot stands behind a space
        tokens = words = last_what = odd = 0
        doubled = False  # the first word stands there again, or a letter is not Latin
        first_word = np.uint64(0)
        apart = 1  # pieces between commas, bars and words such as `and`
        last_kind = SPACE
        # of the run of letters that is being read, and of its last piece: `Lesezeit` of `UhrLesezeit`
        size = 0
        whole = piece = np.uint64(0)
        small_first = at_token = False
        word_end = -100  # where the last word that tells time ended
        # of the run of digits that is being read
        digits = 0
        number_end = -100
        word_begin = 0
        dated = False  # a digit and one of ./- stand right before it
        for at in range(begin, end + 1):
            code = codes[at] if at < end else np.uint32(10)
            known = kinds[code] if code < 0x20000 else np.uint16(HAN)
            kind = int(known & KIND) if at < end else SPACE
            letter = CASELESS <= kind <= UPPER or kind >= HAN
            if code >= 0x590:
                if kind >= HAN or code < 0x700 or 0x900 <= code < 0x980:
                    uncased = True
                    spaced = kind < HAN
                # what NFKC would turn into other letters or signs: read in full
                if (
                    0xFF01 <= code <= 0xFF5E
                    or 0x2100 <= code < 0x2150
                    or 0x3200 <= code < 0x3400
                    or 0xFB00 <= code < 0xFB50
                ):
                    strange = True

            if letter:
                if size == 0:
                    whole = piece = np.uint64(0xCBF29CE484222325)
                    word_begin = at
                    at_token = last_kind == SPACE
                    small_first = kind != UPPER
                    lower_case = kind == LOWER
                elif kind == UPPER and (
                    last_kind != UPPER or (at + 1 < end and kinds[min(codes[at + 1], 0x1FFFF)] & KIND == LOWER)
                ):
                    piece = np.uint64(0xCBF29CE484222325)
                if code > 0x250:
                    doubled = True
                one = np.uint64(lower[code]) if code < 0x20000 else np.uint64(code)
                whole = (whole ^ one) * np.uint64(0x9E3779B97F4A7C15)
                whole ^= whole >> np.uint64(29)
                piece = (piece ^ one) * np.uint64(0x9E3779B97F4A7C15)
                piece ^= piece >> np.uint64(29)
                size += 1
                if size > 1:
                    last_kind = kind
                    continue  # within a word nothing else can change
            elif size > 0:
                what = _known(whole, slots, flags)
                words += 1
                if words == 1:
                    first_word = whole
                elif whole == first_word:
                    doubled = True
                if words == 1 and what & FIRST:
                    opens = True
                if what & ROLE or (words == 1 and what & AGENCY):
                    who = True
                last_what = what
                odd += lower_case and what & LISTED == 0
                given += what & GIVEN != 0
                if word_begin - number_end <= 2 and what & TIME:
                    when = True
                if what & TIME or (piece != whole and _known(piece, slots, flags) & TIME):
                    word_end = at
                if what & TRAIL:
                    trailed = True
                if what & SMALL:
                    apart += 1
                elif what & NEVER and not (trailed or sent):
                    names = False
                if code == 64 and words > 2:
                    trailed = True  # `Ann Lee ann@example.com`
                if at_token and small_first and not (trailed or sent) and not what & (SMALL | AGENCY):
                    if code == 46 and at + 1 < end and kinds[min(codes[at + 1], 0x1FFFF)] & KIND == LOWER:
                        address = True  # `ann.lee@example.com`, if a sign follows that says so
                    else:
                        names = False
                size = 0

            if kind == DIGIT:
                if digits == 0:
                    if at - word_end <= 18:
                        when = True
                    back = at - 1
                    if back > begin and kinds[min(codes[back], 0x1FFFF)] & KIND == SPACE:
                        back -= 1
                    dated = (
                        back > begin
                        and codes[back] in (45, 46, 47)
                        and kinds[min(codes[back - 1], 0x1FFFF)] & KIND == DIGIT
                    )
                    if (
                        at - 2 >= begin
                        and codes[at - 1] in (47, 58)
                        and kinds[min(codes[at - 2], 0x1FFFF)] & KIND == DIGIT
                    ):
                        when = True
                    if words and not CASELESS <= last_kind <= UPPER:
                        numbered = trailed = True  # but `1. Ann Lee` and `Ann Lee1,` may be names
                digits += 1
            else:
                if digits > 0:
                    number_end = at
                    if digits <= 2 and dated and code in (45, 46, 47):
                        when = True
                    numbered = numbered or digits > 2
                digits = 0
            if kind == MARK and code not in (39, 0x2019, 46):
                apart += 1
                if last_kind == SPACE and words > 1 and code in (45, 47, 124, 0xB7, 0x2013, 0x2014, 0x2022):
                    sent = True
            if address and (kind == SPACE or trailed):
                names, address = names and trailed, False
            if kind != SPACE and last_kind == SPACE and not trailed:
                tokens += 1
            last_kind = kind
        if end > begin:
            last = codes[end - 1]
            if (
                last in (46, 33, 63, 58, 0x2026)
                or words < 2
                or not 2 <= tokens <= _NAME_WORDS * (apart + doubled + (given > 1))
            ):
                names = False
            tells = when
            when = when and odd <= _STRANGE
            if numbered and not when:
                names = False  # but `Ann Lee 2 minutes read`
            who = who or last_what & AGENCY != 0
            if uncased:
                who = who or end - begin <= 90
                # `ליאת בן דוד, עומרי כהן`
                names = end - begin <= (_SPACED_NAMES if spaced else 12)
            flag = when * WHEN + opens * OPENS + who * WHO + names * NAMES
            if tells:
                flag |= TELLS | TIMES if flag else TIMES
            out[text] = ANYTHING | TIMES if strange else flag


@native("u4[] i8[] i8[] u2[] u4[] u8[] u2[] u1[]")
def rule_out(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint16],
    lower: npt.NDArray[np.uint32],
    slots: npt.NDArray[np.uint64],
    flags: npt.NDArray[np.uint16],
    out: npt.NDArray[np.uint8],
) -> None:
    """Compiled: takes TELLS and TIMES from lines without a number where the grammar of `dates` may have one."""
    for text in range(len(out)):
        if out[text] & TIMES == 0:
            continue
        begin, end = starts[text], stops[text]
        told = timed = slashed = False  # timed: a word stands there behind which `15.59` is a time; slashed: `11/4`
        near = 0  # what the last word says of a number beside it, until one follows
        number = 0  # digits of the last number, until a word follows that says nothing of it
        marks = mark = 9  # how many signs stand behind the last number, and the last of them; 9: a word does
        links = 0  # numbers in a row with one sign between each two
        size = digits = 0  # of the run of letters or digits that is being read
        word = np.uint64(0)
        glued = False
        last_kind = SPACE
        for at in range(begin, end + 1):
            code = codes[at] if at < end else np.uint32(10)
            if 0x7F < code < 0xC0 or (code > 0xFF and not 0x2013 <= code <= 0x201D):
                told = True  # another script, or what NFKC makes something else of
            if told:
                break
            kind = int(kinds[code] & KIND) if at < end else SPACE
            following = int(kinds[min(codes[at + 1], 0x1FFFF)] & KIND) if at + 1 < end else SPACE
            if CASELESS <= kind <= UPPER or kind >= HAN:
                if size == 0:
                    word = np.uint64(0xCBF29CE484222325)
                    glued = False
                elif kind == UPPER and (last_kind != UPPER or following == LOWER):
                    glued = True
                word = (word ^ np.uint64(lower[code])) * np.uint64(0x9E3779B97F4A7C15)
                word ^= word >> np.uint64(29)
                size += 1
            elif size > 0:
                what = _known(word, slots, flags)
                quoted = (code == 39 or code == 0x2019) and (last_kind == UPPER or following == UPPER)
                if quoted or what & TODAY or (glued and what & DATE == 0):
                    told = True  # needs no number, or is run together of any words
                beside = what & (ANY_NUMBER | MONTH)
                if size == 1 and (code == 46 or code == 32) and codes[at - 1] | 32 in (97, 112):
                    beside = ANY_NUMBER  # `5 a.m.`
                if beside:
                    told = told or (number > 0 and (beside & ANY_NUMBER != 0 or number < 3 or number > 4))
                    near, number = beside, 0
                elif what & BETWEEN == 0:
                    near = number = 0
                timed = timed or what & CLOCK != 0
                marks = 9
                size = 0
            if kind == DIGIT:
                if digits == 0:
                    links = links + 1 if marks == 1 else 0
                    told = told or links > 1 or (marks == 1 and mark == 58)
                    slashed = slashed or (marks == 1 and mark == 47)
                digits += 1
            elif digits > 0:
                sign = codes[at - digits - 1] if at - digits > begin else np.uint32(0)
                told = (
                    told
                    or near & ANY_NUMBER != 0
                    or (near & MONTH != 0 and (digits < 3 or digits > 4))
                    or (timed and marks == 1 and mark == 46 and digits == 2)
                    or (marks < 9 and digits > 1 and (sign == 43 or sign == 45))  # `15+09`: a zone
                )
                near, number, marks, digits = 0, digits, 0, 0
            if marks < 9 and size == 0 and kind != SPACE and kind != DIGIT:
                marks += 1
                mark = int(code)
                told = told or (slashed and mark == 58)
            last_kind = kind
        if not told:
            out[text] &= ANYTHING - TELLS
