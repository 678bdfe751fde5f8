"""A first, compiled look at lines: which of them can say when, who or where in the paper at all.

To read a line takes twenty microseconds, and most lines have no word and no sign that a date, a byline or the name of a
section needs. What is said here is never that a line is one, only that it is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans
from cleaning.fields.datewords import beside_numbers, known_words, telling_words
from cleaning.fields.namewords import byline_words, roles, section_words, word_set
from cleaning.linemodel.letters import CASELESS, DIGIT, HAN, HANGUL, KIND, LOWER, MARK, SPACE, UPPER, characters
from cleaning.native import native

WHEN, OPENS, WHO, NAMES, TELLS = 1, 2, 4, 8, 16
"""What a line may say: a date or time and not much else; what begins with a certain word, as bylines, sources and
sections do; a role or an agency, or a byline in a script without capitals; nothing but names; a date or time, whatever
else. No NAMES is a judgement, for its place has to confirm a line of names: `barenames.bare_names` alone finds more."""
ANYTHING = WHEN | OPENS | WHO | NAMES | TELLS
MAX_CHARS = 300
"""A longer line says nothing of the kind."""

# More words without anything between them are no names, but for one said twice, or in letters other than Latin; twice
# as many where two of them are given names.
_NAME_WORDS = 4
# A line with more words in lower case that no list has is a sentence, whatever dates it names.
_STRANGE = 6

# What a word of the lists is, in the table that the compiled look goes by.
_TELLS, _FIRST, _ROLE, _AGENCY, _SMALL, _TRAIL, _DATE, _NEVER, _GIVEN = (1 << bit for bit in range(9))
# And what it says of a number beside it: see `datewords.beside_numbers`.
_ANY, _MONTH, _BETWEEN, _CLOCK, _TODAY = (1 << bit for bit in range(9, 14))
_LISTED = _ANY - 1


def look(texts: Spans) -> npt.NDArray[np.uint8]:
    """What each trimmed text may say, as a sum of WHEN, OPENS, WHO, NAMES and, beside one of those, TELLS.

    >>> from cleaning.codes import spans_of
    >>> texts = ["By Ann Lee", "2 May 2025", "Ann Lee", "It was a dull day, he said, and they were late."]
    >>> look(spans_of(texts)).tolist()
    [10, 17, 8, 0]
    """
    out = np.zeros(len(texts.starts), np.uint8)
    _look(texts.codes, texts.starts, texts.stops, *_tables(), out)
    return out


def _words() -> Iterator[tuple[int, Iterable[str]]]:
    """The lists whose words are looked for, with what a word of each is."""
    words = byline_words()
    yield _TELLS, telling_words()
    yield _DATE, known_words()
    beside = beside_numbers()
    for what, name in ((_ANY, "any"), (_MONTH, "month"), (_BETWEEN, "between"), (_CLOCK, "clock"), (_TODAY, "today")):
        yield what, beside[name]
    for table in ("open", "colon", "credits"):
        yield _FIRST, words["intro"][table]
    for names in section_words().values():
        yield _FIRST, names
    yield _ROLE, words["roles"]["nouns"]
    agencies = words["organisations"]["agencies"]
    # `The Associated Press` is told by its last word
    yield _AGENCY, [part for name in agencies for part in (name.split()[0], name.split()[-1]) if part != "the"]
    yield _SMALL, word_set("lists", "and") | word_set("lists", "particles") | roles()
    yield _TRAIL, words["roles"]["trails"]
    yield _NEVER, words["names"]["never"]
    yield _NEVER, words["names"]["titles"]
    yield _GIVEN, words["names"]["given"]


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
def _tables() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32], npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
    """Kinds and lower case of characters; words each hash in the first free slot from its own on; their kinds."""
    kinds, lower = characters()
    lower = lower.copy()
    lower[ord("İ")] = ord("i")
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
def _look(
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
        when = opens = who = uncased = strange = False
        names = 3 <= end - begin <= 90
        trailed = lower_case = numbered = False
        given = 0  # words that are common given names
        sent = False  # a dash or bar stands behind a space
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
        # whether a number stands where the grammar of `dates` may have one
        told = False
        timed = slashed = False  # there is a word behind which `15.59` is a time; a number such as `11/4`
        near = 0  # what the last word says of a number beside it, until one follows
        number = 0  # digits of the last number, until a word follows that says nothing of it
        marks = mark = 9  # how many signs stand behind the last number, and the last of them; 9: a word does
        links = 0  # numbers in a row with one sign between each two
        for at in range(begin, end + 1):
            code = codes[at] if at < end else np.uint32(10)
            known = kinds[code] if code < 0x20000 else np.uint16(HAN)
            kind = int(known & KIND) if at < end else SPACE
            letter = CASELESS <= kind <= UPPER or kind >= HAN
            if 0x7F < code < 0xC0 or (code > 0xFF and not 0x2013 <= code <= 0x201D):
                told = True  # another script, or what NFKC makes something else of
            if code >= 0x600:
                if kind >= HAN or code < 0x700:
                    uncased = True
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
                if words == 1 and what & _FIRST:
                    opens = True
                if what & _ROLE or (words == 1 and what & _AGENCY):
                    who = True
                last_what = what
                marks = 9
                timed = timed or what & _CLOCK != 0
                beside = what & (_ANY | _MONTH)
                quote = code == 39 or code == 0x2019
                if (piece != whole and what & _DATE == 0) or (
                    quote
                    and (last_kind == UPPER or (at + 1 < end and kinds[min(codes[at + 1], 0x1FFFF)] & KIND == UPPER))
                ):
                    told = True  # run together of any words
                elif size == 1 and (code == 46 or code == 32) and codes[at - 1] | 32 in (97, 112):
                    beside = _ANY  # `5 a.m.`
                if beside:
                    told = told or (number > 0 and (beside & _ANY != 0 or number < 3 or number > 4))
                    near, number = beside, 0
                elif what & _BETWEEN == 0:
                    near = number = 0
                told = told or what & _TODAY != 0
                odd += lower_case and what & _LISTED == 0
                given += what & _GIVEN != 0
                if word_begin - number_end <= 2 and what & _TELLS:
                    when = True
                if what & _TELLS or (piece != whole and _known(piece, slots, flags) & _TELLS):
                    word_end = at
                if what & _TRAIL:
                    trailed = True
                if what & _SMALL:
                    apart += 1
                elif what & _NEVER and not (trailed or sent):
                    names = False
                if at_token and small_first and not trailed and not what & (_SMALL | _AGENCY):
                    names = False
                size = 0

            if kind == DIGIT:
                if digits == 0:
                    links = links + 1 if marks == 1 else 0
                    told = told or links > 1 or (marks == 1 and mark == 58)
                    slashed = slashed or (marks == 1 and mark == 47)
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
                    sign = codes[at - digits - 1] if at - digits > begin else np.uint32(0)
                    told = (
                        told
                        or near & _ANY != 0
                        or (near & _MONTH != 0 and (digits < 3 or digits > 4))
                        or (timed and marks == 1 and mark == 46 and digits == 2)
                        or (marks < 9 and digits > 1 and (sign == 43 or sign == 45))  # `15+09`: a zone
                    )
                    near, number, marks = 0, digits, 0
                    if digits <= 2 and dated and code in (45, 46, 47):
                        when = True
                    numbered = numbered or digits > 2
                digits = 0
            if marks < 9 and not letter and kind != SPACE and kind != DIGIT and at < end:
                marks += 1
                mark = int(code)
                told = told or (slashed and mark == 58)
            if kind == MARK and code not in (39, 0x2019, 46):
                apart += 1
                sent = sent or (last_kind == SPACE and words > 1 and code in (45, 0x2013, 0x2014, 124))
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
            who = who or last_what & _AGENCY != 0
            if uncased:
                who = who or end - begin <= 90
                names = end - begin <= 12
            flag = when * WHEN + opens * OPENS + who * WHO + names * NAMES
            if flag and tells and told:
                flag |= TELLS
            out[text] = ANYTHING if strange else flag
