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

from cleaning.fields.heads import ends, find_paragraphs
from cleaning.labels import boilerplate, dropping
from cleaning.lines import Label, Lines
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
    for document in np.flatnonzero(many >= LEAST_KNOWN).tolist():
        first, count = _tail(page, lines.rows(document))
        evidence = f"after the text, among {count} lines of boilerplate"
        closing = True  # no known line stands below
        for row in range(int(lines.starts[document + 1]) - 1, first - 1, -1):
            closing = closing and page.weight[row] != KNOWN
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
    return inside and page.free[row] and page.chars[row] <= SHORT and not page.sentence[row] and not page.prose[row]


class _Page(NamedTuple):
    """What is known of each row."""

    free: list[bool]
    """Nobody has labelled it."""
    weight: list[float]
    """What it says for a tail, PARAGRAPH for the first of several paragraphs."""
    prose: list[bool]
    """It is a paragraph that nobody has labelled."""
    chars: list[int]
    sentence: list[bool]
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
    return _Page((~taken).tolist(), weight.tolist(), (is_paragraph & ~taken).tolist(), size.tolist(), sentence.tolist())


def _documents(lines: Lines, rows: npt.NDArray[np.int64]) -> dict[int, int]:
    """The documents of ascending rows, in their order, each with the first of its rows."""
    documents, first = np.unique(lines.documents_of(rows), return_index=True)
    return dict(zip(documents.tolist(), rows[first].tolist(), strict=True))


def _above(lines: Lines, page: _Page, document: range, headline: int) -> list[int]:
    """Rows between the top of a document and its headline that are no text; none if a paragraph is among them.

    A line with a full stop inside says more than a menu does: it is a deck, and what is taken for the headline is none.
    """
    if any(page.prose[document.start : headline]):
        return []
    head = range(document.start, min(document.stop, headline + NEAR))
    if all(page.free[row] for row in head if row != headline):
        return []  # nothing else speaks of a page
    most = MEDIUM if headline - document.start >= MANY else SHORT
    return [
        row
        for row in range(document.start, headline)
        if page.free[row] and page.chars[row] <= most and not page.sentence[row] and "。" not in lines.text(row)
    ]


def _tail(page: _Page, rows: range) -> tuple[int, int]:
    """Where the tail of a document begins and how many of its lines are known; its end and 0 where it has none.

    It begins where the sum of weights from the end is greatest, which is always a line that is known.
    """
    best, total, paragraphs, first, seen, count = 0.0, 0.0, 0, rows.stop, 0, 0
    for row in reversed(rows):
        weight = page.weight[row]
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
            if total > best and seen >= KNOWN_SHARE * (rows.stop - row):
                best, first, count = total, row, seen
        if total < best - LOST:
            break
    if count < LEAST_KNOWN or not any(page.prose[rows.start : first]):
        return rows.stop, 0
    return first, count
