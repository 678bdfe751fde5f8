"""How rules meet a line: whole lines are looked up in a dict, and RE2 says of few which patterns they match.

Each step runs once over a whole batch. `line` rules are one look-up of the folded line; a phrase of `starts`, `ends`
and `contains` is compared where the folded line has its first characters, and of `regex` rules only those are asked
that have an atom in the line (`prefilter`). The time of all of them is linear in the line, whatever it holds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

import re2

from cleaning.atoms import atom_of, atoms_of
from cleaning.matching import (
    LONGEST,
    MAX_CHARS,
    VOICE,
    Match,
    PackError,
    Rule,
    fold,
    fold_phrases,
    keys,
    match_of,
    quoted,
)
from cleaning.prefilter import Prefilter


def _unspaced(character: str) -> bool:
    """Chinese, Japanese and Korean, which say in six characters what takes twelve in other scripts."""
    return "\u2e80" <= character <= "\ud7ff"


def _spellings(key: str) -> set[str]:
    """Keys that a `line` phrase is met by; one as long as a sentence with and without its full stop."""
    bare = key.rstrip(".!。")
    sentence = len(bare) >= (6 if _unspaced(bare[:1]) else 12)
    return {key, bare, bare + ".", bare + "!", bare + "。"} if sentence else {key}


def _says(line: str, match: str, phrase: str) -> bool:
    """Whether a folded line holds a folded phrase of a `starts`, `ends` or `contains` rule where it has to be."""
    if match == "starts":
        return line.startswith(phrase) and _ends_at(line, len(phrase))
    if match == "ends":
        return line.endswith(phrase) and _begins_at(line, len(line) - len(phrase))
    at = line.find(phrase)
    while at >= 0 and not (_begins_at(line, at) and _ends_at(line, at + len(phrase))):
        at = line.find(phrase, at + 1)
    return at >= 0


# A word is met whole, but Chinese, Japanese and Korean leave no space after one.
def _begins_at(line: str, at: int) -> bool:
    return not at or _unspaced(line[at]) or not _in_word(line[at - 1])


def _ends_at(line: str, end: int) -> bool:
    return end == len(line) or _unspaced(line[end - 1]) or not _in_word(line[end])


def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


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


_ANCHORED = re.compile(r"(?:\(\?i\))?\^")


class Index:
    """Rules made ready for look-up."""

    def __init__(self, rules: Iterable[Rule], memory: Memory = OF_SHIPPED) -> None:
        """Raises PackError for a `regex` that RE2 does not know. `memory`: of each set of patterns."""
        self.found = tuple(match_of(rule, text) for rule in rules if not rule.retired for text in rule.text)
        """In the order of the packs; a place is one in here."""
        self.lines: dict[str, tuple[int, ...]] = {}
        """Places by what a folded line is as a key."""
        self.phrases: list[list[tuple[int, str, str]]] = []
        """`starts`, `ends` and `contains`, those together that begin alike: place, kind, and folded phrase."""
        self.always = Patterns(memory)
        """Each `regex` that may match whatever a line holds: rows of marks, numbers."""
        self.others: list[Patterns] = []
        """Every other `regex`, those of the same atoms together: a dozen end with a bracket and have no other."""
        self.searching: set[int] = set()
        """Places of each `regex` that reads every character: it sees no line longer than MAX_CHARS."""
        folded = fold_phrases([one.phrase for one in self.found])
        of_atoms: dict[frozenset[str], Patterns] = {}
        beginnings: dict[frozenset[str], list[tuple[int, str, str]]] = {}
        for place, (one, phrase, key) in enumerate(zip(self.found, folded, keys(folded), strict=True)):
            if one.rule.match == "line":
                for spelling in _spellings(key):
                    self.lines[spelling] = (*self.lines.get(spelling, ()), place)
                continue
            if one.rule.match != "regex":
                atoms = frozenset([atom_of(f"\n{phrase}" if one.rule.match == "starts" else phrase)])
                beginnings.setdefault(atoms, []).append((place, one.rule.match, phrase))
                continue
            if not _ANCHORED.match(one.phrase):
                self.searching.add(place)
            if found := atoms_of(one.phrase):
                of_atoms.setdefault(found, Patterns(memory)).add(one.phrase, place, one.rule)
            else:
                self.always.add(one.phrase, place, one.rule)
        self.others = [*of_atoms.values()]
        self.prefilter = Prefilter([*of_atoms])
        self.phrases = [*beginnings.values()]
        self.beginnings = Prefilter([*beginnings])

    def compile(self, size: int) -> int:
        """Make all sets now: the bytes that they may take, and `size` more, which is what others take.

        Raises PackError where that is more than own rules may.
        """
        for some in filter(None, (self.always, *self.others)):
            some.match  # noqa: B018
            size += some.size
            refuse_large(size, self.found[some.held[0]].rule)
        return size


class Prepared(NamedTuple):
    """The texts of a batch that are short enough for a rule: their numbers, and what rules look at.

    Those of MAX_CHARS at most come first, and `folded` and `keys` hold only them.
    """

    rows: list[int]
    texts: list[str]
    """Trimmed."""
    raw: list[bytes]
    """The same as RE2 reads it: UTF-8, a lone surrogate as `?`."""
    folded: list[str]
    keys: list[str]


def prepare(texts: Sequence[str]) -> Prepared:
    """What `look_up` needs of texts, whatever the index."""
    trimmed = [text.strip() for text in texts]
    short = [row for row, text in enumerate(trimmed) if len(text) <= MAX_CHARS]
    rows = short + [row for row, text in enumerate(trimmed) if MAX_CHARS < len(text) <= LONGEST]
    folded = fold([trimmed[row] for row in short])
    some = [trimmed[row] for row in rows]
    return Prepared(
        rows=rows,
        texts=some,
        raw=[text.encode("utf-8", "replace") for text in some],
        folded=folded,
        keys=keys(folded),
    )


def look_up(indexes: Sequence[Index], lines: Prepared) -> dict[int, tuple[Match, ...]]:
    """Which rules catch each text, by its number, in the order of the packs; texts that none catches left out."""
    found = _look_up(indexes[0], lines)
    for index in indexes[1:]:
        for row, matches in _look_up(index, lines).items():
            found[row] = (*found.get(row, ()), *matches)
    return found


def _look_up(index: Index, lines: Prepared) -> dict[int, tuple[Match, ...]]:
    places: dict[int, list[int]] = {}
    for at, key in enumerate(lines.keys):
        if key in index.lines:
            places[at] = list(index.lines[key])
    for at, number in zip(*index.beginnings.find(lines.folded), strict=True):
        line = lines.folded[at]
        if some := [place for place, match, text in index.phrases[number] if text in line and _says(line, match, text)]:
            places.setdefault(at, []).extend(some)
    for at, some in index.always.find(lines.raw) if index.always else ():
        places.setdefault(at, []).extend(some)
    for at, number in zip(*index.prefilter.find(lines.texts), strict=True):
        if some := index.others[number].places(lines.raw[at]):
            places.setdefault(at, []).extend(some)
    out = {}
    for at, found in places.items():
        first: dict[str, Match] = {}  # of the phrases of one rule, the first says it
        for place in sorted(found):
            one = index.found[place]
            limit = MAX_CHARS if place in index.searching else LONGEST
            if len(lines.texts[at]) <= min(one.rule.max_chars, limit):
                first.setdefault(one.rule.id, one)
        if any(_is_voice(one.rule) for one in first.values()) and _is_quoted(lines.raw[at]):
            first = {rule: one for rule, one in first.items() if not _is_voice(one.rule)}
        if first:
            out[lines.rows[at]] = tuple(first.values())
    return out


def _is_voice(rule: Rule) -> bool:
    """Whether a rule knows sentences of a site by their form."""
    return rule.match != "line" and rule.label in VOICE and rule.site is None


def _is_quoted(raw: bytes) -> bool:
    """Whether a line ends with who says it."""
    return bool(_speech()._set.Match(raw))


@cache
def _speech() -> Any:
    patterns = re2.Set.SearchSet()
    for text in tomllib.loads(resources.files("cleaning").joinpath("data/speech.toml").read_text("utf-8"))["sentences"]:
        patterns.Add(f"(?i){text}")
    patterns.Compile()
    return patterns
