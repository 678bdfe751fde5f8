"""Counting the short lines of a corpus by site, so that a line of a site's template is told from one of an article.

A shard is counted where it is read (`count_lines`), the counts are put together once (`merge_counts`), and what
comes out is the same however the corpus was cut and in whatever order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleaning.distinct_pages import page_keys, same_pages
from cleaning.linehashes import Hashes, hash_spans
from cleaning.lines import Lines
from cleaning.once import once
from cleaning.sitelines import EDGE, SiteLines, mix, site_hashes, thresholds

Rows = npt.NDArray[np.int64]
_Int = TypeVar("_Int", np.int32, np.int64)

# So many rows of counts are sorted at a time, which takes 180 MB.
_ROWS_AT_A_TIME = 1 << 21


# Han, kana and Hangul: half as many characters say as much.
_CJK = re.compile("[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff]")


def width(text: str) -> int:
    """Characters, Chinese, Japanese and Korean ones as two.

    >>> width("Share"), width("공유하기")
    (5, 8)
    """
    return len(text) if text.isascii() else len(text) + len(_CJK.findall(text))


class LineHashes(NamedTuple):
    """For each row of a batch its line's hash; 0 for lines that are too long or have no two letters."""

    exact: Hashes
    folded: Hashes
    """With numbers folded; the same as `exact` where there is none."""


def line_hashes(lines: Lines) -> LineHashes:
    """Hash the short lines of a batch, each distinct text once."""
    most = thresholds().line_chars
    short = np.flatnonzero(lines.sizes <= most)
    hashed = hash_spans(lines.codes.some(short))
    counts = (hashed.letters >= 2) & (hashed.width <= most)
    exact, folded = np.zeros((2, len(lines.distinct)), np.uint64)
    exact[short[counts]], folded[short[counts]] = hashed.exact[counts], hashed.folded[counts]
    return LineHashes(exact[lines.key], folded[lines.key])


def pairs(
    site: Hashes, folded: Hashes, starts: Rows, rows: npt.NDArray[np.bool_] | None = None
) -> tuple[Hashes, Hashes]:
    """For each row the hash of it and the row above, and of it and the row below, a page's edges being rows too.

    `site`: of each row. `rows`: which are asked for, where not all are. 0 where either line has no hash.
    """
    edge = np.concatenate([EDGE, folded, EDGE])
    above, below = edge[:-2].copy(), edge[2:].copy()
    first, last = starts[:-1][np.diff(starts) > 0], starts[1:][np.diff(starts) > 0] - 1
    above[first], below[last] = EDGE, EDGE
    if rows is not None:
        site, folded, above, below = site[rows], folded[rows], above[rows], below[rows]
    with_above = np.where((above > 0) & (folded > 0), mix(mix(site, above), folded), 0)
    with_below = np.where((below > 0) & (folded > 0), mix(mix(site, folded), below), 0)
    return with_above, with_below


class Standing(NamedTuple):
    """How each row of a batch stands on its site, by the counts of the whole corpus."""

    stands: Rows
    """Pages of the site that the line stands on; 0 for one that is too long or recurs too seldom."""
    pages: Rows
    """Pages of the site."""
    above: Rows
    """Pages on which the same line stands above one that recurs; the top of the page counts as one."""
    below: Rows
    recurs: npt.NDArray[np.bool_]
    """It stands on as many pages as a line of a template does."""
    but_numbers: npt.NDArray[np.bool_]
    """It does not, but it would if its numbers were the same."""


@once
def find_standing(lines: Lines) -> Standing | None:
    """The Standing of a batch; None where nobody has counted, or no site of it has enough pages."""
    limits, told, site = thresholds(), lines.site_lines, site_hashes(lines.sites)
    pages = told.pages_of(site)
    if not len(told.line) or not pages.any():
        return None
    document = np.repeat(np.arange(lines.documents), np.diff(lines.starts))
    row_pages = pages[document]
    exact, folded = line_hashes(lines)
    least = np.maximum(limits.least_count, np.ceil(limits.share * row_pages))
    stands, folded_stands, above, below = np.zeros((4, len(lines)), np.int64)
    short = np.flatnonzero((exact > 0) & (row_pages > 0))
    stands[short] = told.counts_of(mix(site[document[short]], exact[short]))
    numbered = short[exact[short] != folded[short]]
    folded_stands[numbered] = told.counts_of(mix(site[document[numbered]], folded[numbered]))
    recurs = stands >= np.maximum(least, 1)
    if recurs.any():
        for counts, hashes in zip((above, below), pairs(site[document], folded, lines.starts, recurs), strict=True):
            counts[recurs] = told.counts_of(hashes)
    but_numbers = ~recurs & (folded_stands >= np.maximum(least, 1))
    return Standing(stands, row_pages, above, below, recurs, but_numbers)


@dataclass(frozen=True)
class Counted:
    """What a shard says of the pages of sites, in rows."""

    site: Hashes
    """Of each page."""
    same: Hashes
    """(pages, 14): pages that share a value in a column are one page; 0: nothing to compare. See `page_keys`."""
    line: Hashes
    """Hashes of lines and of neighbouring lines, ascending, with ..."""
    page: npt.NDArray[np.int32]
    """... the page they stand on."""

    def tables(self) -> dict[str, pa.Table]:
        """`pages` (site, same: a list of 14) and `page_lines` (line, document), which `of` takes."""
        same = pa.FixedSizeListArray.from_arrays(pa.array(self.same.ravel()), self.same.shape[1])
        return {
            "pages": pa.table({"site": self.site, "same": same}),
            "page_lines": pa.table({"line": self.line, "document": self.page}),
        }

    @staticmethod
    def of(tables: Mapping[str, pa.Table]) -> Counted:
        """What `tables` gave. Where the tables are mapped files, the rows are mapped too."""
        pages, lines = tables["pages"], tables["page_lines"]
        same = pages["same"].combine_chunks()
        return Counted(
            pages["site"].to_numpy(),
            same.flatten().to_numpy().reshape(len(same), same.type.list_size),
            lines["line"].to_numpy(),
            lines["document"].to_numpy(),
        )


Part = Counted | Callable[[], Counted]


def _opened(part: Part) -> Counted:
    return part() if callable(part) else part


def count_lines(lines: Lines) -> Counted:
    """Which short lines stand on which pages of a batch. Documents without a site are left out."""
    site = site_hashes(lines.sites)
    page_of = np.repeat(np.arange(lines.documents), np.diff(lines.starts))
    row_site = site[page_of]
    exact, folded = line_hashes(lines)
    above, below = pairs(row_site, folded, lines.starts)
    is_first = np.zeros(len(lines), np.bool_)
    is_first[lines.starts[:-1][np.diff(lines.starts) > 0]] = True
    # Each pair once: with the line below, and at the top with the page's edge.
    kept = [
        (mix(row_site, exact), exact > 0),
        (mix(row_site, folded), (folded > 0) & (folded != exact)),
        (below, below > 0),
        (above, (above > 0) & is_first),
    ]
    key = np.concatenate([hashes[mask & (row_site > 0)] for hashes, mask in kept])
    page = np.concatenate([page_of[mask & (row_site > 0)] for _, mask in kept]).astype(np.int32)
    key, page = _distinct(key, page)
    return Counted(site, page_keys(lines, site), key, page)


def _distinct(key: Hashes, page: npt.NDArray[_Int]) -> tuple[Hashes, npt.NDArray[_Int]]:
    order = np.lexsort((page, key))
    key, page = key[order], page[order]
    first = _is_new(key) | _is_new(page)
    return key[first], page[first]


def _is_new(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each value is another than the one before it."""
    is_new = np.ones(len(values), np.bool_)
    is_new[1:] = values[1:] != values[:-1]
    return is_new


def merge_pages(parts: Sequence[Counted]) -> Counted:
    """Parts of a shard as one, at least one: the pages of the later ones are numbered on."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part.site) for part in parts)])
    line = np.concatenate([part.line for part in parts])
    page = np.concatenate([part.page + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32)
    order = np.argsort(line, kind="stable")  # so pages stay ascending; no two parts share one
    return Counted(
        np.concatenate([part.site for part in parts]),
        np.concatenate([part.same for part in parts]),
        line[order],
        page[order],
    )


def merge_counts(parts: Sequence[Part]) -> SiteLines:
    """The lines that recur, of a corpus counted in parts; a part may be a function that gives it.

    Memory: some 200 bytes a page, and a fixed room for lines. Of parts that are functions one is open at a time.
    """
    limits = thresholds()
    if not parts:
        return SiteLines()
    # Copied, so that what is mapped can go.
    pages_of = [(np.array(part.site), np.array(part.same)) for part in map(_opened, parts)]
    bounds = np.cumsum([0, *(len(one) for one, _ in pages_of)])
    site = np.concatenate([one for one, _ in pages_of])
    known, site_of, records = np.unique(site, return_inverse=True, return_counts=True)
    wanted = (known > 0) & (records >= limits.least_pages)
    if not wanted.any():
        return SiteLines()
    page = same_pages([same for _, same in pages_of])
    del pages_of, records
    pages = np.bincount(site_of[np.unique(page)], minlength=len(known))
    wanted &= pages >= limits.least_pages
    least = np.where(wanted, np.maximum(limits.least_count, np.ceil(limits.share * pages)), np.inf)
    found = [_recurrent(key, page[at], site_of, least * limits.beside) for key, at in _slices(parts, bounds)]
    return SiteLines(
        site=known[wanted],
        pages=pages[wanted],
        line=np.concatenate([key for key, _ in found]),
        count=np.concatenate([count for _, count in found]),
    )


def _slices(parts: Sequence[Part], bounds: Rows) -> Iterator[tuple[Hashes, Rows]]:
    """The rows of all parts by ranges of their hash, so that all rows of one hash come together."""
    total = sum(len(part.line) for part in map(_opened, parts))
    ranges = max(1, -(-total // _ROWS_AT_A_TIME))
    edges = np.array([(number << 64) // ranges for number in range(1, ranges)], np.uint64)
    for number in range(ranges):
        keys, pages = [], []
        for part, start in zip(map(_opened, parts), bounds, strict=False):
            low = part.line.searchsorted(edges[number - 1]) if number else 0
            high = part.line.searchsorted(edges[number]) if number + 1 < ranges else len(part.line)
            keys.append(np.array(part.line[low:high]))
            pages.append(part.page[low:high].astype(np.int64) + start)
        yield np.concatenate(keys), np.concatenate(pages)


def _recurrent(
    key: Hashes, page: Rows, site_of: Rows, least: npt.NDArray[np.float64]
) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Hashes on at least `least` pages of their site, and on how many. `page` names pages by their first record."""
    order = np.argsort(key, kind="stable")
    key, page = key[order], page[order]
    starts = np.flatnonzero(_is_new(key))
    rows = np.diff(starts, append=len(key))
    # Most lines stand in fewer rows than they would need pages: only of the others are the pages counted.
    may = np.repeat(rows >= least[site_of[page[starts]]], rows)
    key, page = _distinct(key[may], page[may])
    starts = np.flatnonzero(_is_new(key))
    count = np.diff(starts, append=len(key))
    kept = count >= least[site_of[page[starts]]]
    return key[starts][kept], count[kept]
