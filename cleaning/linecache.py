"""What a function says of single lines, kept for those met last: short lines of a crawl come again and again.

All that keep something share one table, which numbers the short lines of a process, so that a batch's lines are looked
up in it once, by one compiled loop over their characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans
from cleaning.lines import Lines
from cleaning.native import native
from cleaning.once import once
from cleaning.textcache import SHORT

_T = TypeVar("_T")
Numbers = npt.NDArray[np.int32]

_MOST = 1 << 16
"""So many lines are numbered, and those of one batch more; then all are forgotten. Some 15 MB, with what is kept."""


class Known(NamedTuple):
    """The numbers of a batch's distinct lines."""

    table: int
    """Which table they are of: numbers of another say nothing."""
    numbers: Numbers
    """(n,): the same for the same text, from 0 on; -1 for one of more than SHORT characters."""


class _Table:
    """Texts by their hash, with their characters, by which they are known for certain."""

    def __init__(self, table: int) -> None:
        self.table, self.count = table, 0
        # Empty, so that all compiled code is loaded with the first line: what workers are forked from has it then.
        self._slots = np.zeros(0, np.int32)
        self._hashes = np.empty(0, np.uint64)
        self._places = np.zeros(1, np.int64)
        self._codes = np.empty(0, np.uint32)

    def find(self, texts: Spans, hashes: npt.NDArray[np.uint64]) -> Numbers:
        """The number of each text, those of new ones given now."""
        sizes = texts.sizes
        most = self.count + len(sizes)
        self._hashes = _with_room(self._hashes, most)
        self._places = _with_room(self._places, most + 1)
        self._codes = _with_room(self._codes, int(self._places[self.count] + sizes[sizes <= SHORT].sum()))
        if 2 * most > len(self._slots):
            self._slots = np.zeros(1 << (2 * most).bit_length(), np.int32)
            _enter(self._hashes[: self.count], self._slots)
        numbers = np.empty(len(sizes), np.int32)
        self.count = _number(
            *texts, hashes, SHORT, self.count, self._slots, self._hashes, self._places, self._codes, numbers
        )
        return numbers


def _with_room(array: npt.NDArray[_N], most: int) -> npt.NDArray[_N]:
    """An array that has room for `most` values, and begins as it did."""
    if most <= len(array):
        return array
    larger = np.zeros(1 << (most - 1).bit_length(), array.dtype)
    larger[: len(array)] = array
    return larger


_N = TypeVar("_N", np.uint64, np.int64, np.uint32, np.uint8, np.bool_)
_tables = [_Table(0)]


@once
def find_known(lines: Lines) -> Known:
    """The numbers of the distinct lines of a batch.

    >>> from cleaning.lines import split
    >>> one, other = find_known(split(["Share\\nPrint"])), find_known(split(["Print\\nMail\\n" + "long" * 40]))
    >>> bool(one.numbers[1] == other.numbers[0]), int(other.numbers[2])
    (True, -1)
    """
    table = _tables[0]
    if table.count >= _MOST:
        table = _tables[0] = _Table(table.table + 1)
    return Known(table.table, table.find(lines.codes, lines.hashes))


class LineCache(Generic[_T]):
    """A function of texts, asked for the distinct lines of a batch, that is not asked again for those met lately.

    What it gives for a text must depend on that text alone.

    >>> from cleaning.lines import split
    >>> asked = []
    >>> cache = LineCache(lambda texts: [asked.append(text) or len(text) for text in texts], lambda size: size > 1)
    >>> cache.ask(split(["a\\nbc"])).telling, cache.ask(split(["bc\\nd\\nefg"])).telling, asked
    ({1: 2}, {0: 2, 2: 3}, ['a', 'bc', 'd', 'efg'])
    """

    def __init__(
        self,
        find: Callable[[Sequence[str]], Sequence[_T]],
        tells: Callable[[_T], object] = bool,
        name: Callable[[_T], str] | None = None,
        longest: int = SHORT,
    ) -> None:
        """`tells`: true of a value that says something. `name`: by what a text is found again; '': not at all.
        `longest`: `find` is asked for no text of more characters. Those of more than SHORT have no name.
        """
        self._find, self._tells, self._name, self._longest = find, tells, name, longest
        self._forget(-1)

    def _forget(self, table: int) -> None:
        self._table = table
        self._values: dict[int, _T] = {}
        self._asked, self._telling = np.zeros(0, np.bool_), np.zeros(0, np.bool_)
        self._named = _Named({}, {})

    def ask(self, lines: Lines) -> Answers[_T]:
        """What the function says of the distinct lines of a batch."""
        known, sizes = find_known(lines), lines.sizes
        if known.table != self._table:
            self._forget(known.table)
        numbers = known.numbers
        most = int(numbers.max(initial=-1)) + 1
        self._asked, self._telling = _with_room(self._asked, most), _with_room(self._telling, most)
        short = numbers >= 0
        asked = short.copy()
        asked[short] = self._asked[numbers[short]]
        new = np.flatnonzero(~asked & (sizes <= self._longest))
        texts = [*map(lines.distinct.__getitem__, new.tolist())]
        values = self._find(texts) if texts else ()
        tells, is_short, own = np.array([*map(bool, map(self._tells, values))], np.bool_), short[new], numbers[new]
        self._values.update((int(own[place]), values[place]) for place in np.flatnonzero(tells & is_short).tolist())
        self._asked[own[is_short]], self._telling[own[is_short]] = True, tells[is_short]
        first, more = self._named
        for number, name in zip(own.tolist(), map(self._name, values), strict=True) if self._name else ():
            if name and number >= 0:
                if name in first:
                    more.setdefault(name, []).append(number)
                else:
                    first[name] = number
        told = short.copy()
        told[short] = self._telling[numbers[short]]
        at = np.flatnonzero(told)
        telling = dict(zip(at.tolist(), map(self._values.__getitem__, numbers[at].tolist()), strict=True))
        if long := np.flatnonzero(tells & ~is_short).tolist():
            telling.update((int(new[place]), values[place]) for place in long)
            telling = dict(sorted(telling.items()))
        return Answers(numbers, telling, self._named)


class MarkCache:
    """A compiled function that gives a mark for each text, 0-254, not asked again for short lines met lately.

    >>> from cleaning.lines import split
    >>> cache = MarkCache(lambda texts: texts.sizes.astype(np.uint8))
    >>> cache.ask(split(["a\\nbc"]), np.array([0, 1])).tolist(), cache.ask(split(["bc\\nd"]), np.array([0])).tolist()
    ([1, 2], [2])
    """

    def __init__(self, find: Callable[[Spans], npt.NDArray[np.uint8]]) -> None:
        self._find, self._table = find, -1
        self._marks = np.zeros(0, np.uint8)
        """Of each number its mark and 1; 0 for one that was not asked for."""

    def ask(self, lines: Lines, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """What the function says of some of the distinct lines of a batch, each given once."""
        known = find_known(lines)
        if known.table != self._table:
            self._table, self._marks = known.table, np.zeros(0, np.uint8)
        numbers = known.numbers[keys]
        self._marks = _with_room(self._marks, int(numbers.max(initial=0)) + 1)
        marks = np.where(numbers < 0, np.uint8(0), self._marks[numbers])
        new = np.flatnonzero(marks == 0)
        marks[new] = self._find(lines.codes.some(keys[new])) + np.uint8(1)
        short = new[numbers[new] >= 0]
        self._marks[numbers[short]] = marks[short]
        return marks - np.uint8(1)


class _Named(NamedTuple):
    """Numbers of lines by the name of their value; hardly any name is of several."""

    first: dict[str, int]
    more: dict[str, list[int]]


class Answers(NamedTuple, Generic[_T]):
    """What a function says of the distinct lines of a batch."""

    numbers: Numbers
    telling: dict[int, _T]
    """Those that say something, by the key of the line, ascending."""
    named: _Named

    def names(self, names: Iterable[str]) -> dict[int, str]:
        """Of the lines whose value has one of some names the name, by the key of the line, ascending."""
        first, more = self.named
        found = {first[name]: name for name in names if name in first}
        found |= {number: name for name in [*found.values()] for number in more.get(name, ())}
        at = np.flatnonzero(np.isin(self.numbers, [*found])).tolist()
        return {key: found[number] for key, number in zip(at, self.numbers[at].tolist(), strict=True)}


@native("u8[] i4[]")
def _enter(hashes: npt.NDArray[np.uint64], slots: Numbers) -> None:
    """Compiled: fills `slots`, which are zeros."""
    mask = len(slots) - 1
    for number in range(len(hashes)):
        slot = np.int64(hashes[number] & np.uint64(mask))
        while slots[slot] != 0:
            slot = (slot + 1) & mask
        slots[slot] = number + 1


@native("u4[] i8[] i8[] u8[] i8 i8 i4[] u8[] i8[] u4[] i4[] -> i8")
def _number(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    longest: int,
    count: int,
    slots: Numbers,
    known: npt.NDArray[np.uint64],
    places: npt.NDArray[np.int64],
    kept: npt.NDArray[np.uint32],
    numbers: Numbers,
) -> int:
    """Compiled: fills `numbers`, and the four before it with what is new; how many texts are known then."""
    mask = len(slots) - 1
    for text in range(len(numbers)):
        begin, size = starts[text], stops[text] - starts[text]
        if size > longest:
            numbers[text] = -1
            continue
        value = hashes[text]
        slot = np.int64(value & np.uint64(mask))
        while slots[slot] != 0:
            other = slots[slot] - 1
            if known[other] == value and places[other + 1] - places[other] == size:
                at = places[other]
                same = True
                for place in range(size):
                    if kept[at + place] != codes[begin + place]:
                        same = False
                        break
                if same:
                    break
            slot = (slot + 1) & mask
        if slots[slot] == 0:
            known[count] = value
            at = places[count]
            for place in range(size):
                kept[at + place] = codes[begin + place]
            places[count + 1] = at + size
            count += 1
            slots[slot] = count
        numbers[text] = slots[slot] - 1
    return count
