"""Texts into LINES: split once, numbered as an editor numbers them, and never edited afterwards."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans, codes_of
from cleaning.linespans import cut, number_equal
from cleaning.packs import PackTexts
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


def labels_of(parts: Iterable[tuple[int, str, str, str]]) -> list[Label]:
    """Many labels, each of its four parts: in a third of the time that `Label` takes for one after the other.

    >>> labels_of([(0, "title", "fields.title.headline", "")])[0].label
    'title'
    """
    return [*map(_label_of, parts)]


_label_of: Callable[[tuple[int, str, str, str]], Label] = partial(tuple.__new__, Label)


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
    key: npt.NDArray[np.int32]
    """Number of the line's trimmed text in `distinct`, in the order in which they are met."""
    codes: Spans
    """The characters of each distinct text, as compiled loops read them."""
    urls: list[str | None]
    """Where each document was found; None where that is not known."""
    sites: list[str | None]
    """Registrable domain of each url."""
    sources: Sequence[str]
    """The text of each document."""
    whole: Spans
    """Each row in its source, white space at its ends included."""
    begins: npt.NDArray[np.int64]
    """Of each source the place in the characters."""
    first: npt.NDArray[np.int64]
    """Of each distinct text the first row that has it."""
    hashes: npt.NDArray[np.uint64]
    """Of each distinct text, the same for as long as the process lives; another's may be equal."""
    site_lines: SiteLines = field(default_factory=SiteLines)
    """What recurs on the pages of these sites, over the whole corpus; empty where nobody has counted."""
    own_packs: PackTexts = ()
    """Rule packs beside those that tamis ships."""
    links: Mapping[int, int] = field(default_factory=dict)
    """Of each row that was nothing but links in its source how many: only Markdown says so."""
    headlines: Mapping[int, int] = field(default_factory=dict)
    """By the first row of a document the row that its source marks as its heading: only Markdown does."""

    def __len__(self) -> int:
        return len(self.key)

    @property
    def documents(self) -> int:
        """How many documents the batch has, those without a line included."""
        return len(self.starts) - 1

    def rows(self, document: int) -> range:
        """Rows of one document, in page order."""
        return range(int(self.starts[document]), int(self.starts[document + 1]))

    @cached_property
    def distinct(self) -> list[str]:
        """Each trimmed text once."""
        return self._strings(self.first, self.codes)

    @cached_property
    def texts(self) -> list[str]:
        """The trimmed text of each row."""
        return [*map(self.distinct.__getitem__, self.key.tolist())]

    @cached_property
    def raw(self) -> list[str]:
        """Each line as it stands in the repaired text, white space at its ends included."""
        raw = self.texts.copy()
        padded = np.flatnonzero(self.whole.sizes > self.sizes[self.key])
        for row, line in zip(padded.tolist(), self._strings(padded, self.whole.some(padded)), strict=True):
            raw[row] = line
        return raw

    def _strings(self, rows: npt.NDArray[np.int64], spans: Spans) -> list[str]:
        """What is in spans, each of which is of a row, as strings."""
        documents = self.documents_of(rows)
        begins, sources = self.begins[documents], self.sources
        columns = (documents, spans.starts - begins, spans.stops - begins)
        each = zip(*(column.tolist() for column in columns), strict=True)
        return [sources[document][start:stop] for document, start, stop in each]

    def with_texts(self, texts: Mapping[int, str]) -> Lines:
        """The same rows, some of them with another trimmed text, which is neither blank nor of several lines."""
        sources = [source.split("\n") for source in self.sources]
        rows = np.array([*texts], np.int64)
        each = zip(self.documents_of(rows).tolist(), self.line_no[rows].tolist(), texts.items(), strict=True)
        for document, line_no, (row, text) in each:
            line = sources[document][line_no - 1]
            sources[document][line_no - 1] = line.replace(self.text(row), text)
        return replace(
            split(["\n".join(source) for source in sources], self.urls),
            site_lines=self.site_lines,
            own_packs=self.own_packs,
        )

    @cached_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Characters of each distinct text."""
        return self.codes.sizes

    @cached_property
    def lasts(self) -> npt.NDArray[np.uint32]:
        """The code point that each distinct text ends with."""
        return self.codes.codes[self.codes.stops - 1]

    def keys_of(self, rows: npt.NDArray[np.bool_]) -> list[int]:
        """Keys of the rows that are marked, ascending, each once."""
        held = np.zeros(len(self.first), np.bool_)
        held[self.key[rows]] = True
        keys: list[int] = np.flatnonzero(held).tolist()
        return keys

    def text(self, row: int) -> str:
        """The trimmed text of a row."""
        return self.texts[row]

    def documents_of(self, rows: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The document that each of the rows belongs to."""
        return self.starts.searchsorted(rows, side="right") - 1


def with_marks(lines: Lines, marks: Sequence[tuple[Sequence[int], int]]) -> Lines:
    """The lines with `links` and `headlines`. `marks`: of each document `Plain.linked` and `Plain.headline`.

    >>> lines = with_marks(split(["A line\\n\\n- Home", "News | Sport\\nBridge opens"]), [((3,), 0), ((1, 1), 2)])
    >>> lines.links, lines.headlines
    ({1: 1, 2: 2}, {2: 3})
    """
    links: dict[int, int] = {}
    headlines: dict[int, int] = {}
    for document, (linked, headline) in enumerate(marks):
        if linked or headline:
            first, stop = int(lines.starts[document]), int(lines.starts[document + 1])
            rows = {number: row for row, number in enumerate(lines.line_no[first:stop].tolist(), first)}
            for number in linked:
                links[rows[number]] = links.get(rows[number], 0) + 1
            if headline:
                headlines[first] = rows[headline]
    return replace(lines, links=links, headlines=headlines) if links or headlines else lines


def end_with(lines: Lines, characters: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Whether each distinct text ends with one of some characters.

    >>> end_with(split(["He came.\\nHe came"]), ".!").tolist()
    [True, False]
    """
    found: npt.NDArray[np.bool_] = _among("".join(characters))[np.minimum(lines.lasts, 0xFFFF)]
    return found


@cache
def _among(characters: str) -> npt.NDArray[np.bool_]:
    """Whether each code point up to U+FFFF, itself no character, is one of these, all of which are below it."""
    table = np.zeros(1 << 16, np.bool_)
    table[[*map(ord, characters)]] = True
    return table


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
    codes = codes_of(texts)
    found = cut(codes)
    key, first, hashes = number_equal(found.trimmed)
    return Lines(
        starts=found.starts,
        line_no=found.line_no,
        key=key,
        codes=found.trimmed.some(first),
        urls=known,
        sites=[registrable_domain(url) for url in known],
        sources=texts,
        whole=found.whole,
        begins=codes.starts,
        first=first,
        hashes=hashes,
    )
