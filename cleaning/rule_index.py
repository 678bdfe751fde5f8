"""How rules meet a line: whole lines are looked up in a dict, and RE2 says of few which patterns they match.

Each step runs once over a whole batch. `line` rules are one look-up of the folded line; `starts`, `ends` and `contains`
are one RE2 set over folded lines; of `regex` rules only those are asked that have an atom in the line (`prefilter`).
The time of all of them is linear in the line, whatever it holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

import re2

from cleaning.atoms import atoms_of
from cleaning.matching import LONGEST, MAX_CHARS, VOICE, Match, PackError, Rule, fold, fold_phrases, keys, match_of
from cleaning.prefilter import Prefilter


def _unspaced(character: str) -> bool:
    """Chinese, Japanese and Korean, which say in six characters what takes twelve in other scripts."""
    return "\u2e80" <= character <= "\ud7ff"


def _spellings(key: str) -> set[str]:
    """Keys that a `line` phrase is met by; one as long as a sentence with and without its full stop."""
    bare = key.rstrip(".!。")
    sentence = len(bare) >= (6 if _unspaced(bare[:1]) else 12)
    return {key, bare, bare + ".", bare + "!", bare + "。"} if sentence else {key}


def _pattern(match: str, phrase: str) -> str:
    """RE2 pattern of a folded phrase of a `starts`, `ends` or `contains` rule."""

    def border(character: str) -> str:
        # A word is met whole, but Chinese, Japanese and Korean leave no space after one.
        return "" if _unspaced(character) else r"[^\pL\pN]"

    left = "^" if match == "starts" else f"(?:^|{border(phrase[0])})"
    right = "$" if match == "ends" else f"(?:{border(phrase[-1])}|$)"
    return f"{left}{re2.escape(phrase)}{right}"


class Patterns:
    """Patterns of rules as one RE2 set, which is compiled when it is asked for the first time."""

    def __init__(self) -> None:
        options = re2.Options()
        options.max_mem = 64 << 20  # the default, 8 MB, holds about a hundred patterns with classes of letters
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self.held: list[int] = []
        """The places of the patterns, in the order in which they were added."""

    def add(self, pattern: str, place: int, rule: Rule) -> None:
        """Add a pattern of a rule. Raises PackError for one that RE2 does not know."""
        try:
            self._set.Add(pattern)
        except re2.error as error:
            why = f"{pattern!r} is not an RE2 pattern"
            raise PackError(f"{rule.place}, rule {rule.id!r}: {why}") from error
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
        """Gives the numbers of the patterns that a text in UTF-8 matches."""
        self._set.Compile()
        # The set behind re2's wrapper, whose Match only encodes what is encoded already.
        found: Callable[[bytes], list[int]] = self._set._set.Match
        return found


_ANCHORED = re.compile(r"(?:\(\?i\))?\^")


class Index:
    """Rules made ready for look-up."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Raises PackError for a `regex` that RE2 does not know."""
        self.found = tuple(match_of(rule, text) for rule in rules if not rule.retired for text in rule.text)
        """In the order of the packs; a place is one in here."""
        self.lines: dict[str, tuple[int, ...]] = {}
        """Places by what a folded line is as a key."""
        self.folded = Patterns()
        """`starts`, `ends` and `contains`, over folded lines."""
        self.always = Patterns()
        """Each `regex` that may match whatever a line holds: rows of marks, numbers."""
        self.others: list[Patterns] = []
        """Every other `regex`, those of the same atoms together: a dozen end with a bracket and have no other."""
        self.searching: set[int] = set()
        """Places of each `regex` that reads every character: it sees no line longer than MAX_CHARS."""
        folded = fold_phrases([one.phrase for one in self.found])
        of_atoms: dict[frozenset[str], Patterns] = {}
        for place, (one, phrase, key) in enumerate(zip(self.found, folded, keys(folded), strict=True)):
            if one.rule.match == "line":
                for spelling in _spellings(key):
                    self.lines[spelling] = (*self.lines.get(spelling, ()), place)
                continue
            if one.rule.match != "regex":
                self.folded.add(_pattern(one.rule.match, phrase), place, one.rule)
                continue
            if not _ANCHORED.match(one.phrase):
                self.searching.add(place)
            if found := atoms_of(one.phrase):
                of_atoms.setdefault(found, Patterns()).add(one.phrase, place, one.rule)
            else:
                self.always.add(one.phrase, place, one.rule)
        self.others = [*of_atoms.values()]
        self.prefilter = Prefilter([*of_atoms])


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
    if index.folded:
        for at, some in index.folded.find([text.encode("utf-8", "replace") for text in lines.folded]):
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
