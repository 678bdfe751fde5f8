"""Patterns of rules as sets of RE2, which tell in one pass which of them a text matches, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import re2

from cleaning.matching import PackError, Rule, quoted

_MEGABYTE = 1 << 20


class Memory(NamedTuple):
    """What RE2 may take for a set of patterns, in bytes: their programs, and the states that lines make of them."""

    least: int
    """It is tried first."""
    most: int
    """It is doubled up to this while the set does not compile; then the set is parted."""


OF_SHIPPED = Memory(64 * _MEGABYTE, 64 * _MEGABYTE)
# Each set may fill what it has, and each has some lines to do so with: 48 of 64 MB took 1.8 GB. Of the patterns that
# tamis ships each compiles in 8 MB, and 98 of 100 in the half of one.
OF_OWN = Memory(_MEGABYTE // 2, 16 * _MEGABYTE)
ALL_OWN = 512 * _MEGABYTE
"""What all sets of a user's own rules may take together."""


class Patterns:
    """Patterns of rules as RE2 sets, one if it compiles, which are made when they are asked for the first time."""

    def __init__(self, memory: Memory = OF_SHIPPED) -> None:
        self._memory = memory
        self._added: list[tuple[str, Rule]] = []
        self._first: Any = _new_set(memory.least)  # the set of all, as it is tried first
        self.held: list[int] = []
        """The places of the patterns, in the order in which they were added."""
        self.size = 0
        """Bytes that the sets may take, once they are compiled."""

    def add(self, pattern: str, place: int, rule: Rule) -> None:
        """Add a pattern of a rule. Raises PackError for one that RE2 does not know."""
        try:
            self._first.Add(pattern)
        except re2.error as error:
            why = f"{quoted(pattern)} is not an RE2 pattern"
            raise PackError(f"{rule.place}, rule {quoted(rule.id)}: {why}") from error
        self._added.append((pattern, rule))
        self.held.append(place)

    def __bool__(self) -> bool:
        return bool(self.held)

    def places(self, text: bytes) -> list[int]:
        """The places of the patterns that a text in UTF-8 matches."""
        return [self.held[hit] for hit in found] if (found := self.match(text)) else found

    def find(self, texts: Iterable[bytes]) -> Iterator[tuple[int, list[int]]]:
        """Numbers of the texts that match, each with the places of the patterns that it matches."""
        for number, hits in enumerate(map(self.match, texts)):
            if hits:
                yield number, [self.held[hit] for hit in hits]

    @cached_property
    def match(self) -> Callable[[bytes], list[int]]:
        """Gives the numbers of the patterns that a text in UTF-8 matches. Raises PackError where one is too large."""
        parts = [*self._compile(0, len(self._added))]
        if len(parts) == 1:
            return parts[0][1]

        def match(text: bytes) -> list[int]:
            return [first + hit for first, found in parts for hit in found(text)]

        return match

    def _compile(self, begin: int, end: int) -> Iterator[tuple[int, Callable[[bytes], list[int]]]]:
        """Some of the patterns in as few sets as it takes: of each the number of its first pattern, and its match."""
        size = self._memory.least
        while size <= self._memory.most:
            some, self._first = self._first or self._set_of(begin, end, size), None
            try:
                some.Compile()
            except re2.error:
                size *= 2
                continue
            self.size += size
            # The set behind re2's wrapper, whose Match only encodes what is encoded already.
            yield begin, some._set.Match
            return
        pattern, rule = self._added[begin]
        if end - begin == 1:
            why = f"{quoted(pattern)} takes more than {self._memory.most // _MEGABYTE} MB: repeat less in it"
            raise PackError(f"{rule.place}, rule {quoted(rule.id)}: {why}")
        refuse_large(self.size, rule)
        middle = (begin + end) // 2
        yield from self._compile(begin, middle)
        yield from self._compile(middle, end)

    def _set_of(self, begin: int, end: int, size: int) -> Any:
        made = _new_set(size)
        for pattern, _ in self._added[begin:end]:
            made.Add(pattern)
        return made


def refuse_large(size: int, rule: Rule) -> None:
    """Raises PackError where patterns of own rules take more bytes than ALL_OWN, `rule` being the next of them."""
    if size > ALL_OWN:
        why = f"the patterns up to here take more than {ALL_OWN // _MEGABYTE} MB: repeat less in them, or have fewer"
        raise PackError(f"{rule.place}, rule {quoted(rule.id)}: {why}")


def _new_set(max_mem: int) -> Any:
    options = re2.Options()
    options.max_mem = max_mem
    options.log_errors = False
    return re2.Set.SearchSet(options)
