"""Lines that say nothing of themselves and are told by what stands around them.

Above the headline stands the page and not the article. Behind the last paragraph, once most lines are known to
be boilerplate, so are the few between them. Between two advertisements inside the text a short line is a subhead
as often as not, so nothing is said of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.fields.headlines import is_quotation
from cleaning.fields.heads import ends, find_paragraphs
from cleaning.labels import boilerplate, dropping
from cleaning.lines import Label, Lines
from cleaning.native import native
from cleaning.spoken import find_spoken

# Above the headline: a section, a menu item, a kicker. Longer ones where there are many of them.
SHORT, MEDIUM = 40, 100
MANY = 5
# Rows from the headline on in which something else has to speak of a page, if nothing above does: a byline, a button.
NEAR = 8
# Weights in the tail. A line that is known to be boilerplate speaks for a tail, a line that is not speaks against:
# a few words little, a sentence more, a paragraph a lot and the second in a row twice that.
KNOWN, METADATA, WORDS, SENTENCE, PARAGRAPH = 1.0, 0.25, -0.5, -1.5, -4.0
# A longer line weighs as a paragraph; so does a sentence of so many characters.
LONG, MIDDLING = 160, 50
# So many paragraphs in a row are the article.
BARRIER = 3
# The rule of credits that stand on a line of their own under a line that says what the picture shows.
TITLED = "ko.caption.archive"
# Where the sum has fallen so far below its best, no tail comes any more.
LOST = 40.0
# A tail has so many known lines, and they are this share of it.
LEAST_KNOWN, KNOWN_SHARE = 4, 0.4


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`navigation` above the headline, `ui-string` in a tail of boilerplate, for lines that nobody has labelled.

    >>> from cleaning.lines import split
    >>> lines = split(["Culture\nFerry back in spring\nBy Ann Lee\nThe ferry will sail again, the office said."])
    >>> said = [Label(1, "title", "fields.title.headline", ""), Label(2, "byline", "fields.byline.by", "")]
    >>> label(lines, said)[0][1:]
    ('navigation', 'context.above-headline', "above the headline 'Ferry back in spring'")
    """
    spoken = find_spoken(lines, labels)
    known = spoken.has(boilerplate("balanced"))
    page = _read(lines, spoken.has(dropping("balanced")), known)
    out = {}
    for document, headline in _documents(lines, np.sort(np.array(spoken.headlines, np.int64))).items():
        evidence = f"above the headline '{lines.text(headline)[:40]}'"
        for row in _above(lines, page, lines.rows(document), headline):
            out[row] = ("navigation", "context.above-headline", evidence)
    many = np.bincount(lines.documents_of(np.flatnonzero(known)), minlength=lines.documents)
    starts = lines.starts.tolist()
    tails, counts = np.empty((2, lines.documents), np.int64)
    _find_tails(page.weight, page.is_prose, lines.starts, many, tails, counts)
    for document in np.flatnonzero(counts).tolist():
        first, count = int(tails[document]), int(counts[document])
        evidence = f"after the text, among {count} lines of boilerplate"
        closing = True  # no known line stands below
        for row in range(starts[document + 1] - 1, first - 1, -1):
            closing = closing and not page.known[row]
            # a sentence, and a paragraph below all boilerplate, may be the article's last, behind an insert
            if page.free[row] and not page.sentence[row] and not (closing and page.prose[row]):
                out.setdefault(row, ("ui-string", "context.after-text", evidence))
    said = spoken.columns()
    for credit in said.row[said.ruled(TITLED.__eq__)].tolist():
        # `[예시통신 자료사진. 재판매 및 DB 금지]`: over such a credit stands what the picture shows
        if _is_pictured(lines, page, credit - 1):
            out[credit - 1] = ("caption", "context.over-credit", f"a few words over '{lines.text(credit)[:40]}'")
    return [Label(row, *said) for row, said in sorted(out.items())]


def _is_pictured(lines: Lines, page: _Page, row: int) -> bool:
    """Whether a short line of no sentence stands between a paragraph and a credit."""
    inside = row > int(lines.starts[lines.documents_of([row + 1])[0]])
    return inside and bool(page.free[row] and page.short[row]) and not (page.sentence[row] or page.prose[row])


class _Page(NamedTuple):
    """What is known of each row."""

    weight: npt.NDArray[np.float64]
    """What it says for a tail, PARAGRAPH for the first of several paragraphs."""
    is_prose: npt.NDArray[np.bool_]
    # The others hold a 1 for each row that is such, and are read one by one.
    known: bytes
    """It is known to be boilerplate."""
    free: bytes
    """Nobody has labelled it."""
    prose: bytes
    """It is a paragraph that nobody has labelled."""
    short: bytes
    """It has SHORT characters at most."""
    medium: bytes
    sentence: bytes
    """It ends like one; not asked of paragraphs."""


def _read(lines: Lines, taken: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> _Page:
    is_paragraph = find_paragraphs(lines)
    closed = np.zeros(len(lines.distinct), np.bool_)
    short = lines.keys_of(~taken & ~is_paragraph)
    closed[short] = [ends(lines.distinct[key]) for key in short]
    size, sentence = lines.sizes[lines.key], closed[lines.key]
    weight = np.where(sentence, SENTENCE, WORDS)
    weight[(size > LONG) | is_paragraph | ((size >= MIDDLING) & sentence)] = PARAGRAPH
    weight[taken] = METADATA
    weight[known] = KNOWN
    prose = is_paragraph & ~taken
    columns = (known, ~taken, prose, size <= SHORT, size <= MEDIUM, sentence)
    return _Page(weight, prose, *(column.tobytes() for column in columns))


def _documents(lines: Lines, rows: npt.NDArray[np.int64]) -> dict[int, int]:
    """The documents of ascending rows, in their order, each with the first of its rows."""
    documents, first = np.unique(lines.documents_of(rows), return_index=True)
    return dict(zip(documents.tolist(), rows[first].tolist(), strict=True))


def _above(lines: Lines, page: _Page, document: range, headline: int) -> list[int]:
    """Rows between the top of a document and its headline that are no text; none if a paragraph is among them.

    A line with a full stop inside says more than a menu does: it is a deck, and what is taken for the headline is none.
    So does a quotation: it is the headline, or the kicker over it.
    """
    if any(page.prose[document.start : headline]):
        return []
    head = range(document.start, min(document.stop, headline + NEAR))
    if all(page.free[row] for row in head if row != headline):
        return []  # nothing else speaks of a page
    few = page.medium if headline - document.start >= MANY else page.short
    short = [row for row in range(document.start, headline) if page.free[row] and few[row] and not page.sentence[row]]
    return [row for row in short if "。" not in lines.text(row) and not is_quotation(lines.text(row))]


@native("f8[] b1[] i8[] i8[] i8[] i8[]")
def _find_tails(
    weights: npt.NDArray[np.float64],
    prose: npt.NDArray[np.bool_],
    starts: npt.NDArray[np.int64],
    known: npt.NDArray[np.int64],
    firsts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Compiled: where the tail of each document begins and how many of its lines are known; its end and 0 where it has
    none. Into the last two. `known`: how many lines of each document are.

    It begins where the sum of weights from the end is greatest, which is always a line that is known.
    """
    for document in range(len(known)):
        start, stop = starts[document], starts[document + 1]
        firsts[document], counts[document] = stop, 0
        if known[document] < LEAST_KNOWN:
            continue
        best = total = 0.0
        paragraphs, first, seen, count = 0, stop, 0, 0
        for row in range(stop - 1, start - 1, -1):
            weight = weights[row]
            if weight == PARAGRAPH:
                paragraphs += 1
                if paragraphs == BARRIER:
                    break
                total += PARAGRAPH * paragraphs
            else:
                total += weight
                if weight > 0:
                    paragraphs = 0
            if weight == KNOWN:
                seen += 1
                if total > best and seen >= KNOWN_SHARE * (stop - row):
                    best, first, count = total, row, seen
            if total < best - LOST:
                break
        if count < LEAST_KNOWN:
            continue
        for row in range(start, first):
            if prose[row]:
                firsts[document], counts[document] = first, count
                break
