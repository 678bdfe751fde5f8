"""How rules meet a line: whole lines are looked up in a dict, and RE2 says of few which patterns they match.

Each step runs once over a whole batch. `line` rules are one look-up of the folded line; a phrase of `starts`, `ends`
and `contains` is compared where the folded line has its first characters, and of `regex` rules only those are asked
that have an atom in the line (`prefilter`). The time of all of them is linear in the line, whatever it holds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import re2

from cleaning.atoms import atom_of, atoms_of
from cleaning.matching import LONGEST, MAX_CHARS, VOICE, Match, Rule, fold, fold_phrases, keys, match_of
from cleaning.patterns import OF_SHIPPED, Memory, Patterns, refuse_large
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


_ANCHORED = re.compile(r"(?:\(\?i\))?\^")


class Index:
    """Rules made ready for look-up."""

    def __init__(
        self,
        rules: Iterable[Rule],
        memory: Memory = OF_SHIPPED,
        known: Mapping[str, frozenset[str] | None] = MappingProxyType({}),
    ) -> None:
        """Raises PackError for a `regex` that RE2 does not know. `memory`: of each set of patterns. `known`: `atoms_of`
        patterns, where somebody knows them.
        """
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
        self.reaching: list[int] = []
        """Numbers of `others` of which one is not, and may match a longer line."""
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
            found = known[one.phrase] if one.phrase in known else atoms_of(one.phrase)
            if found:
                of_atoms.setdefault(found, Patterns(memory)).add(one.phrase, place, one.rule)
            else:
                self.always.add(one.phrase, place, one.rule)
        self.others = [*of_atoms.values()]
        every = [*of_atoms]
        self.prefilter = Prefilter(every)
        self.reaching = [number for number, some in enumerate(self.others) if self._reaches(some)]
        self.far = Prefilter([every[number] for number in self.reaching])
        self.is_always_far = self._reaches(self.always)
        self.phrases = [*beginnings.values()]
        self.beginnings = Prefilter([*beginnings])

    def _reaches(self, some: Patterns) -> bool:
        """Whether one of the patterns may match a line of more than MAX_CHARS."""
        return any(self.longest(place) > MAX_CHARS for place in some.held)

    def longest(self, place: int) -> int:
        """Characters of the longest line that a rule's phrase or pattern may match."""
        return min(self.found[place].rule.max_chars, MAX_CHARS if place in self.searching else LONGEST)

    def ask(self, lines: Prepared) -> Iterator[tuple[int, list[int]]]:
        """Which `regex` match: numbers in `lines`, some twice, each with places of patterns."""
        short = len(lines.folded)
        if self.always:
            # of many a line that is too long for each of the patterns is the most of what there would be to read
            yield from self.always.find(map(lines.raw, range(len(lines.texts) if self.is_always_far else short)))
        pairs = [*zip(*self.prefilter.find(lines.texts[:short]), strict=True)]
        for at, number in zip(*self.far.find(lines.texts[short:]), strict=True):
            pairs.append((short + at, self.reaching[number]))
        for at, number in pairs:
            if some := self.others[number].places(lines.raw(at)):
                yield at, some

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
    folded: list[str]
    keys: list[str]

    def raw(self, at: int) -> bytes:
        """A text as RE2 reads it: UTF-8, a lone surrogate as `?`."""
        return self.texts[at].encode("utf-8", "replace")


def prepare(texts: Sequence[str]) -> Prepared:
    """What `look_up` needs of texts, whatever the index."""
    trimmed = [text.strip() for text in texts]
    sizes = [*map(len, trimmed)]
    short = [row for row, size in enumerate(sizes) if size <= MAX_CHARS]
    rows = short + [row for row, size in enumerate(sizes) if MAX_CHARS < size <= LONGEST]
    some = [trimmed[row] for row in rows]
    folded = fold(some[: len(short)])
    return Prepared(rows=rows, texts=some, folded=folded, keys=keys(folded))


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
    for at, some in index.ask(lines):
        places.setdefault(at, []).extend(some)
    out = {}
    for at, found in places.items():
        first: dict[str, Match] = {}  # of the phrases of one rule, the first says it
        for place in sorted(found):
            one = index.found[place]
            if len(lines.texts[at]) <= index.longest(place):
                first.setdefault(one.rule.id, one)
        if any(_is_voice(one.rule) for one in first.values()) and _is_quoted(lines.raw(at)):
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
