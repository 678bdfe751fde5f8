"""Picture captions in plain text: told by who took the picture, or by saying twice what the picture shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cleaning.fields.bylines import read_byline
from cleaning.fields.creditsigns import MAY_CREDIT, SIGNED, may_credit
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.names import is_agency
from cleaning.fields.picturecredits import CLOSED, END_CHARS, MAX_CHARS, SIGNED_END, caption_words, credit
from cleaning.linecache import MarkCache
from cleaning.lines import Lines, end_with

# A caption says a sentence or two. From shared measurements: 8-60 words, 0.88 of them the same.
MIN_WORDS, MAX_WORDS = 8, 60
SIMILARITY = 0.88
# How far apart the two copies of a caption stand.
WITHIN = 3

# Characters. A shorter line that a caption begins with may be a name.
_SHORTEST = 12
# Share of a caption that is not its credit, at least.
_MOST = 0.5
_QUOTED = "\"“„«»'‘「『"
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


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
    """Whether one of two captions is the other with its credit behind it, whatever marks stand between the words.

    >>> one_in_other("The harbour at dawn. Photo: Ann Lee", "The harbour at dawn.")
    True
    >>> one_in_other("The old harbour, at dawn. / Photo: Ann Lee", "The old harbour at dawn")
    True
    """
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if long[:_SHORTEST] != short[:_SHORTEST]:
        return False
    bare = short.rstrip(CLOSED)
    if len(bare) < _SHORTEST or len(bare) < _MOST * len(long):
        return False
    return long.startswith(bare) or _letters(long).startswith(_letters(bare))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


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
    free &= (lines.sizes > 1) & (lines.sizes <= MAX_CHARS) & ~end_with(lines, CLOSED)
    open_ended = np.flatnonzero(free)
    may = _known_credits().ask(lines, open_ended)
    credits = {key: how for key in open_ended[may == MAY_CREDIT].tolist() if (how := credit(lines.distinct[key]))}
    signed = open_ended[may == SIGNED].tolist()
    credits |= {key: "ends" for key in signed if SIGNED_END.search(lines.distinct[key][-END_CHARS:])}
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
            twin = text.startswith(lines.text(other).rstrip(CLOSED)) and abs(other - row) == 1
            open_end = beside and lines.text(other)[-1] not in CLOSED
            if other not in found and not taken[other] and (twin or open_end):
                found[other] = ("fields.caption.repeats-line", f"has the words of line {lines.line_no[row]}")
        elif how == "house" and _is_senders(lines, row, lines.rows(document)):
            continue
        elif how != "ends" and not (len(text) <= END_CHARS and _says_who_wrote(text)):
            found[row] = (f"fields.caption.{how}", _CREDITED[how])
    return found


@cache
def _known_credits() -> MarkCache:
    return MarkCache(lambda texts: may_credit(texts.last(END_CHARS), caption_words()))


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
