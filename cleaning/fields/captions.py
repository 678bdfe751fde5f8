"""Picture captions in plain text: told by who took the picture, or by saying twice what the picture shows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cleaning.fields.bylines import read_byline
from cleaning.fields.creditsigns import MAY_CREDIT, SIGNED, may_credit
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.names import is_agency
from cleaning.fields.namewords import copyright_words, word_set
from cleaning.linecache import MarkCache
from cleaning.lines import Lines, end_with

MAX_CHARS = 500
# A caption says a sentence or two. From shared measurements: 8-60 words, 0.88 of them the same.
MIN_WORDS, MAX_WORDS = 8, 60
SIMILARITY = 0.88
# A credit stands in so many characters at the end of a line.
_END = 90
# How far apart the two copies of a caption stand.
WITHIN = 3

# A full stop and then a name or two: 'The harbour at dawn. Harbour Office'. Only a twin makes it a credit.
_SIGNED = re.compile(r"\.[\"”']? [A-ZÀ-ÖØ-Þ][\w.&'’-]*(?: [A-ZÀ-ÖØ-Þ][\w.&'’-]*){0,4}$")

# How prose ends.
_CLOSED = '.!?。…"”'
# Characters. A shorter line that a caption begins with may be a name.
_SHORTEST = 12
# What the patterns for brackets end with: one that closes, or the last letter of `기자`.
_BRACKETED = ")]】）>자"
# Share of a caption that is not its credit, at least.
_MOST = 0.5
# Characters with which a paper's own people sign.
_SIGN = 6
_QUOTED = "\"“„«»'‘「『"
# `(dpa/amü)`, `amü/dpa`: an agency and the signs of those who edited its text.
_DESK = re.compile(r"(?:^|[(\[])([\w.-]{2,12}(?:[/,] ?[\w.-]{2,12}){1,4})[)\]]?$")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


@cache
def caption_words() -> dict[str, list[str]]:
    """The lists of data/captions.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/captions.toml").read_text("utf-8"))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A cheap look for anything that a credit needs; then the mark, the brackets, the agency at the end.

    The first two are for text in small letters: to search without regard to case takes three to ten times as long.
    """
    tables = caption_words()

    def either(key: str) -> str:
        return "|".join(re.escape(word) for word in sorted(tables[key], key=len, reverse=True))

    mark = rf"(?:^|[\s(\[【（<|▲/.,;])(?:(?:{either('marks')})\s?[:=：＝/]|(?:{either('by')})\s)|©|ⓒ|\bcopyright\b"
    # `(AP Photo/Ann Lee)`, `(AFP / ANN LEE)`, `(山田太郎撮影)`, `[사진=…]`
    brackets = (
        rf"[(\[【（<]\s?(?:(?:{either('houses')})\s?(?:{either('bracketed')})?\s?[/=-][^()\[\]]{{2,60}}"
        rf"|(?:{either('houses')})\s(?:{either('bracketed')})"
        rf"|[^()\[\]]{{2,30}}(?:{either('taken')})|(?:{either('alone')}))[)\]】）>]$"
        r"|\.\s[가-힣]{2,4}\s기자$"  # `배가 선착장에 닿았다. 홍길동 기자`
    )
    house = rf"(?:^|[\s/|.(\[=,–—-])(?P<house>{either('houses')})[)\]】）>]?$"
    first_words = sorted({re.escape(phrase.split()[0]) for phrase in tables["by"]})
    # alternatives that each begin with a character of their own are looked for by those characters
    hint = "|".join([*":=：＝/©ⓒ", r"[)\]】）>]$", "기자$", *first_words, "copyright"])
    return re.compile(hint), re.compile(mark), re.compile(brackets, re.I), re.compile(house)


@cache
def _last_words() -> frozenset[str]:
    return frozenset(name.split()[-1] for name in caption_words()["houses"])


# Characters of the words before who wrote, at most.
_INTRO = 24


def credit(text: str) -> str:
    """How a line names who took a picture: `only` (nothing else on it), `named`, `house`, `ends`, or ''.

    `named`: a word for picture stands before the name; `house`: an agency behind a slash or a full stop;
    `ends`: the line merely ends with an agency, as a sentence may, or with a name behind its full stop.

    >>> credit("The harbour at dawn. Photo: Ann Lee"), credit("Photo: Ann Lee"), credit("The harbour at dawn / AP")
    ('named', 'only', 'house')
    >>> credit("He told the paper that he had read it on Reuters."), credit("Ann Lee, of the AP")
    ('', 'ends')
    """
    if not 2 <= len(text) <= MAX_CHARS or text.startswith(tuple(caption_words()["avatars"])):
        return ""
    if ":" in text[:_INTRO] and text.partition(":")[0].strip().lower() in word_set("intro", "colon"):
        return ""  # who wrote stands first: `Text: Ann Lee, Fotos: Bo Ek`
    hint, mark, brackets, house = _patterns()
    end = text[-_END:]
    low = end.replace("İ", "i").lower()  # as long as it was
    hinted = hint.search(low)
    if hinted is None and end.rsplit(None, 1)[-1] not in _last_words():
        return "ends" if _SIGNED.search(end) else ""
    if ("©" in low or "ⓒ" in low) and any(word in text.lower() for word in copyright_words()["rights"]):
        return ""  # a copyright line
    start = -1
    # a mark has its name behind it: what is found first at the very end is none
    for found in mark.finditer(low) if hinted is not None and hinted.end() < len(low) else ():
        if _names_somebody(end[found.end() :]):
            start = found.start()
            if found[0].startswith(("©", "ⓒ", "copyright")) and len(text) - len(end) + start <= 12:
                rest = text[1:].lstrip()  # `© Foto: Ann Lee` is none of a copyright
                return "only" if text[0] in "©ⓒ" and credit(rest) == "only" else ""
            break
    if start < 0 and _is_desk(end):
        return ""
    if start < 0 and end[-1] in _BRACKETED and (bracket := brackets.search(end)):
        start = bracket.start()
    if start >= 0:
        return "named" if len(text) - len(end) + start > 12 else "only"
    if len(text) < 60 and (first := house.match(text.split("/", 1)[0].rstrip())) and "/" in text:
        return "only" if first.end() else ""  # `Imago/Ann Lee`
    named = house.search(end)
    if named is None:
        return "ends" if _SIGNED.search(end) else ""
    before = end[: named.start("house")].rstrip()
    if before and before[-1] in "([" and end[-1] in ")]":
        before = before[:-1].rstrip()  # `The bridge in 1961. (Getty Images)`
    if before and before[-1] in "/.!?":
        return "house" if len(before) > 12 else "only"
    if not before:
        return "only" if text in caption_words()["pictures"] else ""  # of the others it may be a byline
    return "only" if before[-1] == "|" and len(text) < 60 else "ends"


def _is_desk(end: str) -> bool:
    """Whether a line ends with whose text it is: agencies and signs in small letters, and no name."""
    match = _DESK.search(end)
    parts = re.split(r"[/,] ?", match[1]) if match else []
    agencies = [*map(is_agency, parts)]
    return any(agencies) and all(
        agency or (len(part) <= _SIGN and part.islower()) for agency, part in zip(agencies, parts, strict=True)
    )


def _names_somebody(text: str) -> bool:
    """Whether what follows a mark is a name or two and not the rest of a sentence."""
    words = text.strip(" )]】）>.").replace("/", " ").split()
    if not 0 < len(words) <= 8:
        return False
    if len(words) == 1 and len(text) <= _SIGN and text.strip(" )]】>").isalpha():
        return True  # `Foto: uls`: the sign of one of the paper's own
    if words[0].lower().strip(",") in caption_words()["givers"] and words[-1][-1] not in ".!?":
        return True
    small = sum(word[0].islower() and word not in _last_words() for word in words)
    return small * 3 <= len(words) and not words[0][0].isdigit()


def quoted(text: str) -> bool:
    """Whether the line begins with a quotation mark: what someone said twice is no caption."""
    return text[0] in _QUOTED


def bag(text: str) -> frozenset[str]:
    """Words of a line that may be a caption; empty where it is too short or too long to be one."""
    if len(text) > MAX_CHARS:
        return frozenset()
    tokens = _WORD.findall(text.lower())
    return frozenset(tokens) if MIN_WORDS <= len(tokens) <= MAX_WORDS else frozenset()


def similar(a: frozenset[str], b: frozenset[str]) -> float:
    """Twice the words in common over the words of both, 0-1.

    >>> similar(frozenset("abc"), frozenset("abd"))
    0.6666666666666666
    """
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


# The share of one line's words that another has where they are similar: at least SIMILARITY / (2 - SIMILARITY), which
# it is where the other has no word beside those. A little less, for rounding.
_SHARED = 0.78


def may_be_similar(words: frozenset[str], text: str) -> bool:
    """Whether a line may have so many of these words that `similar` reaches SIMILARITY: a look before its own `bag`."""
    low, missing = text.lower(), (1 - _SHARED) * len(words)
    for word in words:
        if word not in low:
            missing -= 1
            if missing < 0:
                return False
    return True


def one_in_other(a: str, b: str) -> bool:
    """Whether one of two captions is the other with its credit behind it.

    >>> one_in_other("The harbour at dawn. Photo: Ann Lee", "The harbour at dawn.")
    True
    """
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if long[:_SHORTEST] != short[:_SHORTEST]:
        return False
    bare = short.rstrip(_CLOSED)
    return len(bare) >= _SHORTEST and len(bare) >= _MOST * len(long) and long.startswith(bare)


_CREDITED = {
    "named": "ends with who took the picture",
    "house": "ends with a picture agency",
    "only": "says only who took the picture",
}


def find_captions(lines: Lines, taken: npt.NDArray[np.bool_]) -> dict[int, tuple[str, str]]:
    """Captions wherever they stand: row to rule_id and evidence. Rows in `taken` are left alone.

    A credit is enough where a word for picture, a slash or a full stop stands before it. A line that merely
    ends with an agency is a caption where a line nearby has the same words. That line is one itself if it
    stands beside it or has the credit too, and does not end as prose does: a deck that the caption repeats is text.
    """
    free = np.zeros(len(lines.distinct), np.bool_)
    free[lines.key[~taken]] = True
    free &= (lines.sizes > 1) & (lines.sizes <= MAX_CHARS) & ~end_with(lines, _CLOSED)
    open_ended = np.flatnonzero(free)
    may = _known_credits().ask(lines, open_ended)
    credits = {key: how for key in open_ended[may == MAY_CREDIT].tolist() if (how := credit(lines.distinct[key]))}
    signed = open_ended[may == SIGNED].tolist()
    credits |= {key: "ends" for key in signed if _SIGNED.search(lines.distinct[key][-_END:])}
    if not credits:
        return {}
    held = np.zeros(len(lines.distinct), np.bool_)
    held[list(credits)] = True
    rows = np.flatnonzero(held[lines.key] & ~taken)
    documents = lines.documents_of(rows)
    found = {}
    each = zip(rows.tolist(), documents.tolist(), _alike_nearby(lines, rows, documents), strict=True)
    for row, document, alike in each:
        text, how = lines.text(row), credits[int(lines.key[row])]
        if quoted(text):
            continue
        if alike and (other := _said_nearby(lines.texts, row, alike)) is not None:
            if read_field_line(text).dated:
                continue  # `Published 4 March 2025, 3:05 p.m. ET` over the same day
            found[row] = ("fields.caption.repeats-line", f"has a credit and the words of line {lines.line_no[other]}")
            beside = abs(other - row) == 1 or text.split()[-1] == lines.text(other).split()[-1]
            twin = text.startswith(lines.text(other).rstrip(_CLOSED)) and abs(other - row) == 1
            open_end = beside and lines.text(other)[-1] not in _CLOSED
            if other not in found and not taken[other] and (twin or open_end):
                found[other] = ("fields.caption.repeats-line", f"has the words of line {lines.line_no[row]}")
        elif how == "house" and _is_senders(lines, row, lines.rows(document)):
            continue
        elif how != "ends" and not (len(text) <= _END and _says_who_wrote(text)):
            found[row] = (f"fields.caption.{how}", _CREDITED[how])
    return found


@cache
def _known_credits() -> MarkCache:
    return MarkCache(lambda texts: may_credit(texts.last(_END), caption_words()))


# Lines of a text, and characters of each, in which its sender signs.
_OPENING, _DATELINE = 12, 60


def _is_senders(lines: Lines, row: int, document: range) -> bool:
    """Whether a sentence ends with the agency that sends the text, `… en el que llegó. EFE`, as its first line says."""
    sentence, _, last = lines.text(row).rpartition(" ")
    if not sentence.endswith(_FULL_STOPS) or not is_agency(last.strip("()")):
        return False
    sign = f"({last.strip('()')})"
    return any(
        sign in lines.text(above)[:_DATELINE] for above in range(document.start, min(row, document.start + _OPENING))
    )


_FULL_STOPS = (".", "!", "?", "”", "»", '"')


def _says_who_wrote(text: str) -> bool:
    """Whether a line with a credit names the author before: `Text: Ann Lee, Fotos: Bo Ek`."""
    byline = read_byline(text)
    return byline is not None and bool(byline.names) and byline.how in ("colon", "by", "japanese", "chinese")


def _alike_nearby(lines: Lines, rows: npt.NDArray[np.int64], documents: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    """For each of the rows, of these documents, the rows near it whose size a line with nearly the same words has."""
    sizes = lines.sizes[lines.key]
    size = sizes[rows][:, None]
    least, most = np.maximum(_SHORTEST, _MOST * size), size / _MOST
    near = rows[:, None] + np.array([*range(-WITHIN, 0), *range(1, WITHIN + 1)])
    there = (near >= lines.starts[documents][:, None]) & (near < lines.starts[documents + 1][:, None])
    near_size = sizes[np.where(there, near, rows[:, None])]
    there &= (near_size >= least) & (near_size <= most)
    alike = near[there].tolist()
    return (alike[low:high] for low, high in pairwise([0, *np.cumsum(there.sum(1)).tolist()]))


def _said_nearby(texts: Sequence[str], row: int, others: Sequence[int]) -> int | None:
    """The first of some other rows with nearly the same words."""
    text, words = texts[row], None
    for other in others:
        copy = texts[other]
        if one_in_other(text, copy):
            return other
        if words is None:
            words = bag(text)
        if words and may_be_similar(words, copy) and similar(words, bag(copy)) >= SIMILARITY:
            return other
    return None
