"""Lines of a head that are the site's and not the page's: they recur, so none of them is the headline."""

from __future__ import annotations

from collections import Counter
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
    likely: set[int] = set()
    for document in np.unique(lines.documents_of(np.flatnonzero(often))).tolist():
        rows = lines.rows(document)
        keys = lines.key[rows.start : rows.stop].tolist()
        said = Counter(keys)
        likely.update(row for row, key in zip(rows, keys, strict=True) if often[row] and said[key] == 1)
    return OfSite(set(np.flatnonzero(sure).tolist()), likely)
