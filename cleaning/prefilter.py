"""Which of many patterns a text may match at all: those with an atom in it, found in one compiled pass over a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cleaning.atoms import LONGEST, lower_case
from cleaning.codes import codes_of
from cleaning.native import native


class Prefilter:
    """The atoms of many patterns, made ready to be looked for.

    >>> some = Prefilter([frozenset({"\\nread more"}), frozenset({"다음", "more"})])
    >>> some.find(["Read  more", "READ MORE!", "그 다음"])
    ([0, 1, 1, 2], [1, 0, 1, 1])
    """

    def __init__(self, patterns: Sequence[frozenset[str]]) -> None:
        """`patterns`: of each its atoms, as `atoms_of` gives them."""
        of: dict[str, list[int]] = {}
        for number, atoms in enumerate(patterns):
            for atom in atoms:
                of.setdefault(atom[:LONGEST], []).append(number)
        self._sizes = np.array([len(some) for some in of.values()], np.int64)
        self._firsts = np.cumsum(self._sizes) - self._sizes
        self._patterns = np.array([number for some in of.values() for number in some], np.int64)
        self._count = len(patterns)
        bits = max(8, (8 * len(of)).bit_length())
        self._shift = 64 - bits
        # Of thousands of sites' packs hardly one has a pattern.
        self._short = np.zeros(0x110000 if of else 0, np.uint8)
        self._begins = np.zeros((3, 1 << (_BITS - 3)), np.uint8)
        self._lengths, self._longer = np.zeros((2, 1 << bits), np.uint16)
        self._known, self._numbers = np.zeros(1 << bits, np.uint64), np.zeros(1 << bits, np.int32)
        for number, atom in enumerate(of):
            *_, value = hashes = list(_hashes(atom))
            if len(atom) < _START:
                self._short[ord(atom[0])] |= len(atom)
            else:
                self._lengths[hashes[_START - 1] >> self._shift] |= 1 << len(atom)
                which, bit = _beginning(atom)
                self._begins[which, bit >> 3] |= 1 << (bit & 7)
            if len(atom) >= _AGAIN:
                self._longer[hashes[_AGAIN - 1] >> self._shift] |= 1 << len(atom)
            slot = value >> self._shift
            while self._known[slot]:
                slot = (slot + 1) & ((1 << bits) - 1)
            self._known[slot], self._numbers[slot] = value, number

    def find(self, texts: Sequence[str]) -> tuple[list[int], list[int]]:
        """Numbers of texts, ascending, and of the patterns that each may match: they have an atom in it, in any case.

        `texts`: without a line feed.
        """
        if not texts or not self._count:
            return [], []
        codes = codes_of(["\n" + "\n".join(texts) + "\n"]).codes
        starts = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=starts[1:])
        room = len(codes) // 8 + 64
        while True:
            held, atoms = np.empty((2, room), np.int32)
            tables = (
                lower_case(),
                self._short,
                self._begins,
                self._lengths,
                self._longer,
                self._known,
                self._numbers,
                self._shift,
            )
            count = _find(codes, starts, *tables, held, atoms)
            if count <= room:
                break
            room = count
        held, atoms = held[:count], atoms[:count]
        sizes = self._sizes[atoms]
        first = self._firsts[atoms] - (np.cumsum(sizes) - sizes)
        pairs = (
            np.repeat(held.astype(np.int64), sizes) * self._count
            + self._patterns[np.repeat(first, sizes) + np.arange(sizes.sum())]
        )
        pairs.sort()  # `np.unique` takes several times as long for so few
        is_first = np.ones(len(pairs), np.bool_)
        is_first[1:] = pairs[1:] != pairs[:-1]
        texts_of, patterns = np.divmod(pairs[is_first], self._count)
        return texts_of.tolist(), patterns.tolist()


_FACTOR, _LOW = 0x9E3779B97F4A7C15, (1 << 64) - 1
# An atom is first looked for by so many of its characters, or by all if it has fewer.
_START = 3
# Most that begin like an atom are not one: what is longer is looked for again by so many.
_AGAIN = 5
# At every third place of an English text some atom begins alike. So a place is first asked by five characters, or all
# that an atom of three or four has: a bit for each hash, few enough for the fastest cache.
_BITS = 16


def _hashes(atom: str) -> Iterator[int]:
    """The hash of the first character, of the first two, and so on.

    The first three are hashed together, for a loop over texts does that at every place.
    """
    value = 0
    for place, char in enumerate(atom):
        value = (((value << 5 | value >> 59) & _LOW) ^ ord(char)) * _FACTOR & _LOW
        if place == _START - 1:
            value = (ord(atom[0]) | ord(atom[1]) << 21 | ord(atom[2]) << 42) * _FACTOR & _LOW
        yield value


def _beginning(atom: str) -> tuple[int, int]:
    """Which of three tables of bits an atom of three characters and more has its bit in, and which bit."""
    start = (ord(atom[0]) | ord(atom[1]) << 21 | ord(atom[2]) << 42) * _FACTOR & _LOW
    more = atom[3:_AGAIN]
    if more:
        start = (start ^ (ord(more[0]) | (ord(more[1]) << 21 if len(more) > 1 else 0))) * _FACTOR & _LOW
    return len(more), start >> (64 - _BITS)


@native("u4[] i8[] u4[] u1[] u1[,] u2[] u2[] u8[] i4[] i8 i4[] i4[] -> i8")
def _find(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    lower: npt.NDArray[np.uint32],
    short: npt.NDArray[np.uint8],
    begins: npt.NDArray[np.uint8],
    lengths: npt.NDArray[np.uint16],
    longer: npt.NDArray[np.uint16],
    known: npt.NDArray[np.uint64],
    numbers: npt.NDArray[np.int32],
    shift: int,
    held: npt.NDArray[np.int32],
    atoms: npt.NDArray[np.int32],
) -> int:
    """Compiled: fills `held` and `atoms` as far as they reach; how many there are."""
    factor, down = np.uint64(0x9E3779B97F4A7C15), np.uint64(shift)
    five, rest, half, twice = np.uint64(5), np.uint64(59), np.uint64(21), np.uint64(42)
    bits, eighth, low = np.uint64(64 - _BITS), np.uint64(3), np.uint64(7)
    last = len(known) - 1
    found = 0
    for text in range(len(starts) - 1):
        begin, end = starts[text], starts[text + 1] + 1  # from the edge before it to the one behind, both included
        # The characters from `at` on, in lower case.
        one, two, three, four, fifth = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(10)
        for at in range(begin - 3, end):
            one, two, three, four, fifth = two, three, four, fifth, np.uint64(0)
            if at + 4 < end:
                code = codes[at + 4]
                fifth = np.uint64(lower[code] if code < 0x20000 else code)
            start = value = (one | two << half | three << twice) * factor
            some = (start ^ four) * factor
            more = (start ^ (four | fifth << half)) * factor
            found_any = (
                (begins[0, start >> bits >> eighth] >> (start >> bits & low))
                | (begins[1, some >> bits >> eighth] >> (some >> bits & low))
                | (begins[2, more >> bits >> eighth] >> (more >> bits & low))
            ) & np.uint64(1)
            if at < begin or not (found_any or short[one]):
                continue
            size = _START
            mask = lengths[value >> down] if at + 2 < end else np.uint16(0)
            if short[one]:
                mask = mask | np.uint16(short[one]) << 1
                size, value = 1, one * factor
            while mask >> size:
                if (mask >> size) & 1:
                    slot = np.int64(value >> down)
                    while known[slot] != np.uint64(0) and known[slot] != value:
                        slot = (slot + 1) & last
                    if known[slot] == value:
                        if found < len(held):
                            held[found] = text
                            atoms[found] = numbers[slot]
                        found += 1
                if at + size >= end:
                    break
                code = codes[at + size]
                value = (
                    ((value << five) | (value >> rest)) ^ np.uint64(lower[code] if code < 0x20000 else code)
                ) * factor
                size += 1
                if size == _START:
                    value = start
                if size == _AGAIN:
                    mask = mask & longer[value >> down]
    return found
