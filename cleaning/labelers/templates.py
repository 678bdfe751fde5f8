"""Lines of a site's template: short ones that stand on many of its pages, each time in the same company.

That a line recurs is not enough: subheads ('Background'), speakers ('Q:'), 'Ingredients' and the name of a column
recur too, and belong to the article. They stand alone before something that is new on each page. A template has its
lines in one order, and ends where the text begins or the page ends. So what decides is the block of recurring
lines, and where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.labels import dropping, label_kinds
from cleaning.lines import Label, Lines
from cleaning.sitelines import thresholds
from cleaning.spoken import find_spoken
from cleaning.templates import Rows, Standing, find_standing, width

RULE = "template.site"


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`site-template` for lines without a label that belong to the template of their document's site.

    Nothing where nobody has counted, or where a site has too few pages (see data/templates.toml).
    """
    standing = find_standing(lines)
    if standing is None:
        return []
    told = _recurring(lines, labels, standing)
    return [
        Label(row, "site-template", RULE, _evidence(lines, told, row))
        for document in np.unique(lines.documents_of(np.flatnonzero(told.recurs))).tolist()
        for row in _document(lines, told, document)
    ]


class _Recurring(NamedTuple):
    """What is known of each row."""

    recurs: npt.NDArray[np.bool_]
    """It has no label and recurs on its site."""
    counter: npt.NDArray[np.bool_]
    """It does but for its numbers: no template by itself, but it interrupts none."""
    known: npt.NDArray[np.bool_]
    """It is labelled as boilerplate."""
    labelled: npt.NDArray[np.bool_]
    """It is labelled as anything that leaves the body."""
    stands: Rows
    """Pages of the site that it stands on."""
    pages: Rows
    """Pages of the site."""
    above: Rows
    """Pages on which the same line stands above; the top of the page counts as one."""
    below: Rows


def _recurring(lines: Lines, labels: Sequence[Label], standing: Standing) -> _Recurring:
    kinds, drops = label_kinds(), dropping("balanced")
    spoken = find_spoken(lines, labels)
    labelled = spoken.has(drops)
    known = spoken.has({name for name in drops if kinds[name].family not in ("metadata", "repeats")})
    return _Recurring(
        recurs=standing.recurs & ~labelled,
        counter=standing.but_numbers & ~labelled,
        known=known,
        labelled=labelled,
        stands=standing.stands,
        pages=standing.pages,
        above=standing.above,
        below=standing.below,
    )


def _document(lines: Lines, told: _Recurring, document: int) -> Iterator[int]:
    rows = lines.rows(document)
    block: list[int] = []
    for row in rows:
        if told.recurs[row] or told.counter[row] or told.known[row]:
            block.append(row)
        if block and (block[-1] != row or row == rows[-1]):
            yield from _template_rows(lines, told, block, rows)
            block = []


def _template_rows(lines: Lines, told: _Recurring, block: list[int], page: range) -> Iterator[int]:
    """The rows of a block of recurring and labelled lines that are a part of the template."""
    limits = thresholds()
    first, last = block[0], block[-1]
    at_end, at_start = last == page[-1], first == page[0]
    fixed = [row for row in block if not told.counter[row]]
    if at_end and not at_start and len(fixed) < limits.block:
        above = first - 1
        if not told.labelled[above] and not _is_text(lines.text(above)):
            return  # the last lines of a list
    if at_end and len(fixed) == 1:
        row = fixed[0]
        if told.recurs[row] and _stands_alone(lines, told, row):
            yield row
        return
    if not at_end:
        # The last line may head what follows, and sentences directly before the text introduce it.
        while fixed and told.recurs[fixed[-1]] and _is_sentence(lines.text(fixed[-1])):
            fixed.pop()
        if len(fixed) < limits.block or any(told.counter[row] for row in block):
            return
        if not at_start and not _is_text(lines.text(last + 1)):
            return
        fixed.pop()
    leading = True
    for row in fixed:
        leading &= bool(told.recurs[row]) and _is_sentence(lines.text(row))
        if not told.recurs[row] or (leading and not (at_end and _everywhere(lines, told, row))):
            continue
        if _in_company(told, row, block, page):
            yield row


def _in_company(told: _Recurring, row: int, block: list[int], page: range) -> bool:
    """Whether a neighbour of this page, in the block or the page's edge, is its neighbour on most of its pages."""
    least = thresholds().beside * told.stands[row]
    above = row > block[0] or row == page[0]
    below = row < block[-1] or row == page[-1]
    return bool((above and told.above[row] >= least) or (below and told.below[row] >= least))


def _stands_alone(lines: Lines, told: _Recurring, row: int) -> bool:
    """Whether a line that ends its page is a part of the template by its share alone."""
    limits = thresholds()
    if told.below[row] < limits.beside * told.stands[row]:
        return False
    if _is_sentence(lines.text(row)):
        return _everywhere(lines, told, row)
    return bool(told.stands[row] >= limits.alone_share * told.pages[row])


def _everywhere(lines: Lines, told: _Recurring, row: int) -> bool:
    limits = thresholds()
    often = told.stands[row] >= max(limits.sentence_count, limits.sentence_share * told.pages[row])
    return bool(often) and width(lines.text(row)) >= limits.sentence_chars


def _is_sentence(text: str) -> bool:
    limits = thresholds()
    return text.rstrip(limits.quotes + ")]）】").endswith(limits.sentence_ends) or text[-1] in limits.quotes


def _is_text(text: str) -> bool:
    """Whether a line is a paragraph; a shorter one may belong to a list or a table."""
    return width(text) >= thresholds().text_chars or _is_sentence(text)


def _evidence(lines: Lines, told: _Recurring, row: int) -> str:
    site = lines.sites[int(lines.documents_of(row))]
    said = f"stands on {told.stands[row]} of {told.pages[row]} pages of {site}"
    document = int(lines.documents_of(row))
    page = lines.rows(document)
    # The neighbour that agrees more often; the same words however the corpus was cut.
    if told.below[row] >= told.above[row]:
        where = f"before '{lines.text(row + 1)[:40]}'" if row != page[-1] else "at the end"
        return f"{said}, on {min(told.below[row], told.stands[row])} {where}"
    where = f"after '{lines.text(row - 1)[:40]}'" if row != page[0] else "at the top"
    return f"{said}, on {min(told.above[row], told.stands[row])} {where}"
