"""What a model may know of a line besides its shape: its page, its place, its neighbours, what rules took beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.linemodel.counts import UNIT, Floats, Ints, count_keys, count_overlap, find_first, sum_weights, sums_of
from cleaning.linemodel.moulds import MOULDS, find_moulds
from cleaning.linemodel.shapes import BUCKETS, SHAPES, Shapes
from cleaning.lines import Lines
from cleaning.rules import find_headings, find_phrases

FAMILIES = ("metadata", "widgets", "prompts", "navigation", "notices", "layout", "repeats")

# Prose: a sentence of at least so many letters.
_PROSE = np.log1p(80)
# The shortest sentence that is one.
_SENTENCE = np.log1p(25)


def score_words(every: Shapes, words: npt.NDArray[np.int16]) -> Floats:
    """(n,): the grams of each text weighed, 0 for one without; divided by the root of their number."""
    many = np.diff(every.starts)
    summed = sum_weights(every.grams, every.starts, words) / UNIT
    score: Floats = (summed / np.sqrt(np.maximum(many, 1))).astype(np.float32)
    return score


class Features:
    """The columns, built one group after the other."""

    def __init__(self, lines: Lines, page: Ints, family: npt.NDArray[np.int8], every: Shapes, spoken: Floats) -> None:
        """`page`: rows of the lines that count; `family`: what rules say of each, -1: nothing."""
        self.columns: dict[str, npt.NDArray[Any]] = {}
        self.lines, self.family = lines, family
        self.starts = np.searchsorted(page, lines.starts)
        self.line_no = lines.line_no[page]
        self.rows = np.flatnonzero(family < 0)
        self.page_key = lines.key[page]
        self.key = self.page_key[self.rows]
        self.document = np.searchsorted(self.starts, self.rows, "right") - 1
        self.first = np.searchsorted(self.document, self.document, "left")
        self.last = np.searchsorted(self.document, self.document, "right") - 1
        self.at = np.arange(len(self.rows))
        own = every.values[self.key]
        for column, name in enumerate(SHAPES):
            self.columns[name] = own[:, column]
        self.columns["words of boilerplate"] = spoken[self.key]
        self._rules()
        length = self.columns["length"].astype(np.float64)
        self.much = np.rint(np.expm1(length))
        self.prose = (length >= _PROSE) & (self.columns["ends a sentence"] > 0)
        self._overlap(every)
        self._page()
        self._place()
        self._dropped()
        self._alike(every)
        self._neighbours()

    def _rules(self) -> None:
        """Phrases that count only where more speaks for them, and headings of lists."""
        for name, keys in (
            ("heading of links", find_headings(self.lines).keys()),
            ("weak phrase", find_phrases(self.lines).keys()),
        ):
            is_hit = np.zeros(len(self.lines.distinct), np.float32)
            is_hit[list(keys)] = 1
            self.columns[name] = is_hit[self.key]

    def _overlap(self, every: Shapes) -> None:
        size = len(self.key)
        shared, common = np.full((2, size), -1.0, np.float32)
        number = np.zeros(size, np.float32)
        prose, counted = self.prose.view(np.uint8), np.zeros((BUCKETS, 2), np.int32)
        count_overlap(every.grams, every.starts, self.key, self.document, prose, counted, shared, common, number)
        self.columns["shared words"] = shared
        self.columns["common words"] = common
        self.columns["words of the article"] = number

    def _page(self) -> None:
        count = self.last - self.first + 1
        total = self._sum(self.much)
        lines_in = np.diff(self.starts)[self.document]
        self.columns["page: lines"] = np.log1p(count)
        self.columns["page: letters"] = np.log1p(total)
        self.columns["page: share dropped by rules"] = 1 - count / lines_in
        self.columns["page: share of prose"] = self._sum(self.much * self.prose) / np.maximum(total, 1)
        self.columns["page: prose lines"] = np.log1p(self._sum(self.prose))
        for name in ("length", "shared words", "words of boilerplate"):
            self.columns[f"page: mean {name}"] = self._sum(self.columns[name]) / count
        starts = np.searchsorted(self.rows, self.starts)
        often = count_keys(self.key, starts, len(self.lines.distinct))
        self.copy_of = find_first(self.key, starts, len(self.lines.distinct))
        self.columns["times on page"] = np.minimum(often, 5)

    def _place(self) -> None:
        before, after = self.at - self.first, self.last - self.at
        self.columns["lines before"] = np.minimum(before, 40)
        self.columns["lines after"] = np.minimum(after, 60)
        self.columns["place by lines"] = (before + 0.5) / (before + after + 1)
        through = self._until(self.much)
        total = np.maximum(self._sum(self.much), 1)
        self.columns["place by letters"] = (through - self.much / 2) / total
        prose = self.much * self.prose
        reached, whole = self._until(prose), self._sum(prose)
        self.columns["share of prose above"] = (reached - prose) / np.maximum(whole, 1)
        self.columns["share of prose below"] = (whole - reached) / np.maximum(whole, 1)
        sentence = (self.columns["length"] >= _SENTENCE) & (self.columns["ends a sentence"] > 0)
        reached, whole = self._until(sentence), self._sum(sentence)
        self.columns["sentences before"] = np.minimum(reached - sentence, 20)
        self.columns["sentences after"] = np.minimum(whole - reached, 20)
        self._distances("prose", self.prose)
        self._distances("a sentence", sentence)
        gap = np.diff(self.line_no, prepend=0, append=0)
        self.columns["blank lines above"] = np.where(before > 0, np.clip(gap[self.rows], 0, 3), 0)
        self.columns["blank lines below"] = np.where(after > 0, np.clip(gap[self.rows + 1], 0, 3), 0)
        short = ~self.prose
        begin = self._begin(short)
        sizes = np.bincount(begin, minlength=len(begin))[begin]
        self.columns["run of short lines"] = np.where(short, np.minimum(sizes, 30), 0)
        bullet = self.columns["begins with a bullet"] > 0
        begin = self._begin(bullet)
        self.list_of = np.where(bullet, begin, self.at)
        over = begin - 1
        opened = (over >= self.first) & (self.columns["ends with a colon"][np.maximum(over, 0)] > 0)
        self.columns["bullet under a colon"] = bullet & opened
        self._openers(bullet)

    def _openers(self, bullet: npt.NDArray[np.bool_]) -> None:
        """The lines that end with a colon over lists: bullets, or two short lines and more that begin alike."""
        form = np.where(bullet, MOULDS, find_moulds(self.lines)[1][self.key].astype(np.int64))
        begin = self._begin(form)
        many = np.bincount(begin, minlength=len(begin))[begin]
        listed = bullet | ((form > 0) & (many > 1) & ~self.prose)
        over = begin - 1
        opened = (over >= self.first) & (self.columns["ends with a colon"][np.maximum(over, 0)] > 0)
        self.opened_by = np.where(listed & opened & (self.columns["sentences after"] > 0), over, -1)

    def _distances(self, name: str, mark: npt.NDArray[np.bool_]) -> None:
        """To the next marked lines above and below, in lines; 31 where there is none so near."""
        if not len(mark):
            self.columns[f"lines since {name}"] = self.columns[f"lines until {name}"] = np.zeros(0)
            return
        numbers = np.where(mark, self.at, -1)
        above = np.maximum.accumulate(np.concatenate([[-1], numbers[:-1]]))
        self.columns[f"lines since {name}"] = np.where(above >= self.first, np.minimum(self.at - above, 31), 31)
        numbers = np.where(mark, self.at, len(self.at) + 99)
        below = np.minimum.accumulate(np.concatenate([numbers[1:], [len(self.at) + 99]])[::-1])[::-1]
        self.columns[f"lines until {name}"] = np.where(below <= self.last, np.minimum(below - self.at, 31), 31)

    def _dropped(self) -> None:
        """Lines that rules have taken: directly above and below, and of what kind."""
        family = self.family
        taken = np.concatenate([[0], np.cumsum(family >= 0)])
        begin, end = self.starts[self.document], self.starts[self.document + 1]
        previous = np.concatenate([[-1], self.rows[:-1]])
        following = np.concatenate([self.rows[1:], [len(family)]])
        above = self.rows - np.maximum(previous + 1, begin)
        below = np.minimum(following, end) - self.rows - 1
        self.columns["dropped directly above"] = np.minimum(above, 10)
        self.columns["dropped directly below"] = np.minimum(below, 10)
        for name, near, some in (("above", self.rows - 1, above > 0), ("below", self.rows + 1, below > 0)):
            kind = np.where(some, family[np.clip(near, 0, len(family) - 1)], -1)
            for number, what in enumerate(FAMILIES):
                self.columns[f"{what} {name}"] = kind == number
        place = np.arange(len(family))
        last = np.maximum.accumulate(np.where(family >= 0, place, -1))[self.rows]
        following = np.minimum.accumulate(np.where(family >= 0, place, len(family))[::-1])[::-1][self.rows]
        for name, near, there in (("last", last, last >= begin), ("next", following, following < end)):
            self.columns[f"lines from the {name} dropped"] = np.where(there, np.minimum(abs(near - self.rows), 31), 31)
            self.columns[f"kind of the {name} dropped"] = np.where(there, family[np.where(there, near, 0)], -1)
        for reach in (3, 8):
            low, high = np.maximum(self.rows - reach, begin), np.minimum(self.rows + reach + 1, end)
            lines_above, lines_below = np.maximum(self.rows - low, 1), np.maximum(high - self.rows - 1, 1)
            self.columns[f"dropped among {reach} above"] = (taken[self.rows] - taken[low]) / lines_above
            self.columns[f"dropped among {reach} below"] = (taken[high] - taken[self.rows + 1]) / lines_below
        self.columns["dropped above"] = (taken[self.rows] - taken[begin]) / np.maximum(self.rows - begin, 1)
        self.columns["dropped below"] = (taken[end] - taken[self.rows + 1]) / np.maximum(end - self.rows - 1, 1)

    def _alike(self, every: Shapes) -> None:
        """How many lines of the page are of the same form, or begin alike, and which share of them rules have taken."""
        taken = self.family >= 0
        for name, moulds in zip(("of the same form", "with the same beginning"), find_moulds(self.lines), strict=True):
            own = moulds[self.page_key]
            many, dropped = (count_keys(own, self.starts, MOULDS, some)[self.rows] for some in (None, taken))
            has_one = own[self.rows] > 0
            self.columns[f"lines {name}"] = np.where(has_one, np.minimum(many, 12), 0)
            self.columns[f"dropped among lines {name}"] = np.where(has_one, dropped / many, -1)
        has_one = every.starts[1:] > every.starts[:-1]
        first = np.zeros(len(has_one), np.uint16)
        first[has_one] = every.grams[every.starts[:-1][has_one]]
        many = count_keys(first[self.page_key], self.starts, 1 << 16)[self.rows]
        self.columns["lines with the same first word"] = np.minimum(many, 10)

    def _neighbours(self) -> None:
        """The same of the lines around, and means over the nearest."""
        near = (
            "length", "ends a sentence", "capitals", "first letter is a capital", "ends with a colon",
            "begins with a bullet", "year", "clock time", "long words with capitals", "quotation marks",
            "heading of links", "weak phrase", "words of boilerplate", "shared words", "common words",
        )  # fmt: skip
        own = np.stack([self.columns[name] for name in near], dtype=np.float32)
        for step in (-2, -1, 1, 2):
            place = self.at + step
            there = (place >= self.first) & (place <= self.last)
            beside = np.where(there, np.roll(own, -step, axis=1), np.float32(-2))
            self.columns |= {f"{name} ({step:+d})": column for name, column in zip(near, beside, strict=True)}
        bounds = []
        for reach in (3, 8):
            low, high = np.maximum(self.at - reach, self.first), np.minimum(self.at + reach, self.last)
            bounds.append((reach, low, high, np.maximum(self.at - low, 1), np.maximum(high - self.at, 1)))
        wide = ("length", "ends a sentence", "words of boilerplate", "shared words", "times on page", "clock time")
        for name, values in [(name, self.columns[name]) for name in wide] + [("prose", self.prose)]:
            sums = sums_of(values)
            for reach, low, high, above, below in bounds:
                self.columns[f"{name} (of {reach} above)"] = (sums[:-1] - sums[low]) / above
                self.columns[f"{name} (of {reach} below)"] = (sums[high + 1] - sums[1:]) / below

    def _begin(self, mark: npt.NDArray[Any]) -> Ints:
        """For each line where the run of equal marks that it is in begins."""
        new = np.ones(len(mark), np.bool_)
        new[1:] = (mark[1:] != mark[:-1]) | (self.first[1:] == self.at[1:])
        begin: Ints = np.maximum.accumulate(np.where(new, self.at, 0))
        return begin

    def _until(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """For each line the sum over its document up to and with it."""
        sums = sums_of(values)
        until: npt.NDArray[np.float64] = sums[self.at + 1] - sums[self.first]
        return until

    def _sum(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """For each line the sum over its document."""
        sums = sums_of(values)
        whole: npt.NDArray[np.float64] = sums[self.last + 1] - sums[self.first]
        return whole
