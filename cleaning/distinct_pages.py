"""Which records are one page: copies of an article, readings of one url, editions that differ in a few words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cleaning.linehashes import Hashes, hash_spans
from cleaning.lines import Lines
from cleaning.native import native
from cleaning.sitelines import EDGE, mix, site_hashes, thresholds

Rows = npt.NDArray[np.int64]

# A pair of ends, one of each of two lines (0 to 2) of the three longest: a line's head is its end 0, its tail 1.
_PAIRS = [((0, 0), (0, 1))] + [
    ((one, here), (other, there)) for one, other in ((0, 1), (0, 2), (1, 2)) for here in (0, 1) for there in (0, 1)
]


def page_keys(lines: Lines, site: Hashes) -> Hashes:
    """By what pages are told to be one, as `Counted.same` holds it: 0 where `site`, of each document, is 0.

    The url; both ends of the longest line, if it is half of the page; and pairs of ends of two of the three longest
    lines, if they are together as long as the longest. Ends, so that a word changed here and there changes not all.
    """
    limits = thresholds()
    size = lines.sizes[lines.key]
    document_of = np.repeat(np.arange(lines.documents), np.diff(lines.starts))
    longest = np.full((lines.documents, 3), -1, np.int64)
    _find_longest(lines.key, lines.sizes, lines.starts, longest)
    document, rank = np.nonzero((longest >= 0) & (site[:, None] > 0))
    keys = longest[document, rank]
    # (documents, 3): of lines that there are not 0.
    length, ends = np.zeros((lines.documents, 3), np.int64), np.zeros((lines.documents, 3, 2), np.uint64)
    length[document, rank] = lines.sizes[keys]
    wanted, of = np.unique(keys, return_inverse=True)
    texts = lines.codes.some(wanted)
    ends[document, rank, 0] = hash_spans(texts.first(limits.end_chars)).exact[of]
    ends[document, rank, 1] = hash_spans(texts.last(limits.end_chars)).exact[of]
    halves = np.bincount(document_of, size, lines.documents) / 2
    first, second = np.zeros((2, lines.documents, 1 + len(_PAIRS)), np.uint64)
    first[:, 0] = site_hashes(lines.urls)
    second[:, 0] = EDGE
    for column, ((one, here), (other, there)) in enumerate(_PAIRS, 1):
        enough = length[:, 0] >= halves
        if one != other:
            enough = (length[:, other] > 0) & (length[:, one] + length[:, other] >= length[:, 0])
        first[enough, column], second[enough, column] = ends[enough, one, here], ends[enough, other, there]
    same = mix(mix(np.broadcast_to(site[:, None], first.shape), first), second)
    return np.where((first > 0) & (site[:, None] > 0), same, 0)


@native("i4[] i8[] i8[] i8[,]")
def _find_longest(key: npt.NDArray[np.int32], sizes: Rows, starts: Rows, longest: Rows) -> None:
    """Compiled: for each document the keys of its three longest lines, of equals the first on the page."""
    for document in range(len(longest)):
        best = longest[document]
        for row in range(starts[document], starts[document + 1]):
            one = np.int64(key[row])
            size = sizes[one]
            if best[0] == one or best[1] == one or best[2] == one:
                continue
            place = 3
            while place > 0 and (best[place - 1] < 0 or sizes[best[place - 1]] < size):
                place -= 1
            if place < 3:
                for later in range(2, place, -1):
                    best[later] = best[later - 1]
                best[place] = one


def same_pages(same: Sequence[Hashes]) -> Rows:
    """For each record the first record of its page: records that share a value in a column are one page.

    `same`: `page_keys` of all records, in parts, at least one.
    """
    page = np.arange(sum(map(len, same)))
    for column in range(same[0].shape[1]):
        values = np.concatenate([part[:, column] for part in same])
        order = np.argsort(values, kind="stable")
        value = values[order]
        linked = (value[1:] == value[:-1]) & (value[1:] > 0)
        _join(page, order[:-1][linked], order[1:][linked])
    return page


def _join(page: Rows, one: Rows, other: Rows) -> None:
    """Make one page of the pages of one[k] and other[k], called by the lowest record of both."""
    while True:
        low = np.minimum(page[one], page[other])
        before = page.copy()
        np.minimum.at(page, page[one], low)
        np.minimum.at(page, page[other], low)
        while (page[page] != page).any():
            page[:] = page[page]
        if (page == before).all():
            return
