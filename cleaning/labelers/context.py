"""Lines that say nothing of themselves and are told by what stands around them.

Above the headline stands the page and not the article. Behind the last paragraph, once most lines are known to
be boilerplate, so are the few between them. Between two advertisements inside the text a short line is a subhead
as often as not, so nothing is said of those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from cleaning.fields.heads import is_paragraph
from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines

# Above the headline: a section, a menu item, a kicker. Longer ones where there are many of them.
SHORT, MEDIUM = 40, 100
MANY = 5
# Rows from the headline on in which something else has to speak of a page, if nothing above does: a byline, a button.
NEAR = 8
# Weights in the tail. A line that is known to be boilerplate speaks for a tail, a line that is not speaks against:
# a few words little, a sentence more, a paragraph a lot and the second in a row twice that.
KNOWN, METADATA, WORDS, SENTENCE, PARAGRAPH = 1.0, 0.25, -0.5, -1.5, -4.0
# So many paragraphs in a row are the article.
BARRIER = 3
# Where the sum has fallen so far below its best, no tail comes any more.
LOST = 40.0
# A tail has so many known lines, and they are this share of it.
LEAST_KNOWN, KNOWN_SHARE = 4, 0.4

_ENDS = re.compile(r"(?:[.!?…。！？।؟۔][\"'”’»」』)\] ]*|[다요])$")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`navigation` above the headline, `ui-string` in a tail of boilerplate, for lines that nobody has labelled.

    >>> from cleaning.lines import split
    >>> lines = split(["Culture\nFerry back in spring\nBy Ann Lee\nThe ferry will sail again, the office said."])
    >>> said = [Label(1, "title", "fields.title.headline", ""), Label(2, "byline", "fields.byline.by", "")]
    >>> label(lines, said)[0][1:]
    ('navigation', 'context.above-headline', "above the headline 'Ferry back in spring'")
    """
    drops, boilerplate = _dropped()
    taken, known, headlines = set(), set(), set()
    for row, name, rule_id, _ in labels:
        if name in boilerplate:
            known.add(row)
        if name in drops:
            taken.add(row)
            if rule_id == "fields.title.headline":
                headlines.add(row)
    out = {}
    for document, headline in _documents(lines, headlines).items():
        evidence = f"above the headline '{lines.text(headline)[:40]}'"
        for row in _above(lines, taken, lines.rows(document), headline):
            out[row] = ("navigation", "context.above-headline", evidence)
    for document in _documents(lines, known):
        first, count = _tail(lines, taken, known, lines.rows(document))
        evidence = f"after the text, among {count} lines of boilerplate"
        for row in range(first, int(lines.starts[document + 1])):
            if row not in taken:
                out.setdefault(row, ("ui-string", "context.after-text", evidence))
    return [Label(row, *said) for row, said in sorted(out.items())]


@cache
def _dropped() -> tuple[frozenset[str], frozenset[str]]:
    """Labels whose lines are left out, and those of them that speak of boilerplate: no metadata, no copy."""
    drops = dropping("balanced")
    return drops, frozenset(
        name for name in drops if label_kinds()[name].family not in ("metadata", "repeats", "layout")
    )


def _documents(lines: Lines, rows: set[int]) -> dict[int, int]:
    """The documents of rows, in their order, each with the first of its rows."""
    if not rows:
        return {}
    some = np.sort(np.fromiter(rows, np.int64, len(rows)))
    documents, first = np.unique(lines.documents_of(some), return_index=True)
    return dict(zip(documents.tolist(), some[first].tolist(), strict=True))


def _above(lines: Lines, taken: set[int], document: range, headline: int) -> list[int]:
    """Rows between the top of a document and its headline that are no text; none if a paragraph is among them."""
    rows = [row for row in range(document.start, headline) if row not in taken]
    if any(is_paragraph(lines.text(row)) for row in rows):
        return []
    head = range(document.start, min(document.stop, headline + NEAR))
    if not any(row in taken for row in head if row != headline):
        return []  # nothing else speaks of a page
    most = MEDIUM if headline - document.start >= MANY else SHORT
    return [row for row in rows if len(lines.text(row)) <= most and not _ends(lines.text(row))]


def _tail(lines: Lines, taken: set[int], known: set[int], rows: range) -> tuple[int, int]:
    """Where the tail of a document begins and how many of its lines are known; its end and 0 where it has none.

    It begins where the sum of weights from the end is greatest, which is always a line that is known.
    """
    best, total, paragraphs, first, seen, count = 0.0, 0.0, 0, rows.stop, 0, 0
    for row in reversed(rows):
        if row in known:
            paragraphs = 0
            total += KNOWN
            seen += 1
            if total > best and seen >= KNOWN_SHARE * (rows.stop - row):
                best, first, count = total, row, seen
        elif row in taken:
            paragraphs = 0
            total += METADATA
        elif _is_paragraph(lines.text(row)):
            paragraphs += 1
            total += PARAGRAPH * paragraphs
            if paragraphs == BARRIER:
                break
        else:
            total += SENTENCE if _ends(lines.text(row)) else WORDS
        if total < best - LOST:
            break
    if count < LEAST_KNOWN:
        return rows.stop, 0
    if not any(row not in taken and is_paragraph(lines.text(row)) for row in range(rows.start, first)):
        return rows.stop, 0
    return first, count


def _is_paragraph(text: str) -> bool:
    return len(text) > 160 or is_paragraph(text) or (len(text) >= 50 and _ends(text))


def _ends(text: str) -> bool:
    """Whether a line ends like a sentence."""
    return _ENDS.search(text[-12:]) is not None
