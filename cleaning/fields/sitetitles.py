"""Lines of a head that are the site's and not the page's: they recur, so none of them is the headline."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cleaning.lines import Lines
from cleaning.once import once
from cleaning.sitelines import thresholds
from cleaning.templates import find_standing


class OfSite(NamedTuple):
    """Rows that recur on the pages of their site."""

    sure: set[int]
    """In the same company: a part of the site."""
    likely: set[int]
    """On most pages, but beside something else on each."""


@once
def find_of_site(lines: Lines) -> OfSite:
    """Rows that are of the site: `Follow Big Wave Media`, the title of a column.

    An article's own headline recurs too, in the site's lists of what is read most. But its neighbours there are not
    those that it has over its text, and the page that it heads may say it again where such a list has it.
    """
    told = find_standing(lines)
    if told is None:
        return OfSite(set(), set())
    sure = told.recurs & ((told.above > 0) | (told.below > 0))
    often = told.recurs & ~sure & (told.stands >= thresholds().alone_share * told.pages)
    held = np.zeros(len(lines.distinct), np.bool_)
    held[lines.key[often]] = True
    rows = np.flatnonzero(held[lines.key])  # with those that say the same
    page_line = lines.documents_of(rows) * len(held) + lines.key[rows]
    _, number, said = np.unique(page_line, return_inverse=True, return_counts=True)
    likely = rows[often[rows] & (said[number] == 1)]
    return OfSite(set(np.flatnonzero(sure).tolist()), set(likely.tolist()))
