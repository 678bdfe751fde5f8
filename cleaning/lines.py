"""Texts into LINES: split once, numbered as an editor numbers them, and never edited afterwards."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.codes import Codes, codes_of
from cleaning.sitelines import SiteLines
from cleaning.sites import registrable_domain


class Label(NamedTuple):
    """One statement about one line of a batch. Labels are appended, never changed or taken back."""

    row: int
    """Which line: a row of the batch's `Lines`, not a line number."""
    label: str
    """What the line is: a name from `labels.toml`, such as `comment-widget`."""
    rule_id: str
    """Which rule says so, such as `en.comments.counter`."""
    evidence: str
    """What the rule saw, in words that a reader of `tamis explain` understands."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of a batch of documents that are not blank, document after document, in page order.

    Half of a crawl's short lines are repeats, so `distinct` holds each trimmed text once: what a labeler
    needs to know of a text alone it asks once for each entry of `distinct` and spreads by `key`.
    """

    starts: npt.NDArray[np.int64]
    """Rows of document d are starts[d] to starts[d + 1]; one longer than the number of documents."""
    line_no: npt.NDArray[np.int32]
    """1-based number of the line in its text; a number left out was a blank line."""
    raw: list[str]
    """The line as it stands in the repaired text, white space at its ends included."""
    key: npt.NDArray[np.int32]
    """Index of the line's trimmed text in `distinct`."""
    distinct: list[str]
    urls: list[str | None]
    """Where each document was found; None where that is not known."""
    sites: list[str | None]
    """Registrable domain of each url."""
    site_lines: SiteLines = field(default_factory=SiteLines)
    """What recurs on the pages of these sites, over the whole corpus; empty where nobody has counted."""

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def documents(self) -> int:
        """How many documents the batch has, those without a line included."""
        return len(self.starts) - 1

    def rows(self, document: int) -> range:
        """Rows of one document, in page order."""
        return range(int(self.starts[document]), int(self.starts[document + 1]))

    @cached_property
    def texts(self) -> list[str]:
        """The trimmed text of each row."""
        return [self.distinct[key] for key in self.key.tolist()]

    @cached_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Characters of each distinct text."""
        return np.fromiter(map(len, self.distinct), np.int64, len(self.distinct))

    @cached_property
    def codes(self) -> Codes:
        """The characters of each distinct text, as compiled loops read them."""
        return codes_of(self.distinct)

    @cached_property
    def lasts(self) -> npt.NDArray[np.uint32]:
        """The code point that each distinct text ends with."""
        codes, starts = self.codes
        return codes[starts[1:] - 1]

    def keys_of(self, rows: npt.NDArray[np.bool_]) -> list[int]:
        """Keys of the rows that are marked, ascending, each once."""
        held = np.zeros(len(self.distinct), np.bool_)
        held[self.key[rows]] = True
        keys: list[int] = np.flatnonzero(held).tolist()
        return keys

    def text(self, row: int) -> str:
        """The trimmed text of a row."""
        return self.texts[row]

    def documents_of(self, rows: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The document that each of the rows belongs to."""
        return self.starts.searchsorted(rows, side="right") - 1


def end_with(lines: Lines, characters: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Whether each distinct text ends with one of some characters.

    >>> end_with(split(["He came.\\nHe came"]), ".!").tolist()
    [True, False]
    """
    found: npt.NDArray[np.bool_] = np.isin(lines.lasts, [*map(ord, characters)])
    return found


def within(rows: list[int], among: range) -> list[int]:
    """Those of ascending rows that are in a range.

    >>> within([2, 3, 5, 8], range(3, 8))
    [3, 5]
    """
    return rows[bisect_left(rows, among.start) : bisect_left(rows, among.stop)]


def split(texts: Sequence[str], urls: Sequence[str | None] | None = None) -> Lines:
    r"""Split repaired texts at LF. A line of nothing but white space is only a gap in the numbers.

    `urls`: where each text was found, as far as that is known.

    >>> lines = split(["Title\n\n 0 comments ", ""])
    >>> lines.line_no.tolist(), lines.starts.tolist(), lines.text(1)
    ([1, 3], [0, 2, 2], '0 comments')
    """
    known: list[str | None] = list(urls) if urls is not None else [None] * len(texts)
    starts: list[int] = [0]
    line_no: list[int] = []
    raw: list[str] = []
    key: list[int] = []
    seen: defaultdict[str, int] = defaultdict()
    seen.default_factory = seen.__len__
    for text in texts:
        every = text.split("\n")
        trimmed = list(map(str.strip, every))
        key += map(seen.__getitem__, filter(None, trimmed))
        raw += compress(every, trimmed)
        line_no += compress(range(1, len(every) + 1), trimmed)
        starts.append(len(raw))
    return Lines(
        starts=np.array(starts, np.int64),
        line_no=np.array(line_no, np.int32),
        raw=raw,
        key=np.array(key, np.int32),
        distinct=list(seen),
        urls=known,
        sites=[registrable_domain(url) for url in known],
    )
