"""Words of a line by language and kind, out of lists in data/: notes about authors, what sites say of themselves."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from operator import attrgetter
from typing import NamedTuple

import re2

# Punctuation that parts words, and dashes, which some languages have for `is`.
_DASHES = "–—―−"
_SPACES = (
    " \t\u00a0\u3000-‐‑.,;:!?¿¡()[]{}<>«»‹›„“”‟\"'’‘`´·•|/\\*_~。、，．：；！？（）［］【】「」『』《》〈〉・،؛؟।۔׳״"
)
_FOLDING = str.maketrans({**dict.fromkeys(_SPACES, " "), **dict.fromkeys(_DASHES, " — ")})
# So many letters of the beginning of a word are looked up; there are none shorter.
_KEY = 3
# What matches nothing.
_NEVER = [r"[^\s\S]"]
# What RE2 may take for words of all languages, in bytes: 8 MB are too few for the states that a crawl makes of them.
_MEMORY = 64 << 20
# What `folded` has spaces for, for RE2, whose \s knows ASCII alone.
ANY_SPACE = f"[{re.escape(_SPACES + _DASHES)}\v\f\r\x1c-\x1f\x85\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]"

_BEHIND = ((False, ""), (True, f"(?:{ANY_SPACE}|$)"))

# Scripts of which a text has none more often than not: Thai, Chinese, Japanese, Korean.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af]")


def folded(text: str) -> str:
    """Lower case, words parted by single spaces, one at each end; a dash is a word.

    >>> folded("Ann Lee – a “Reporter”.")
    ' ann lee — a reporter '
    """
    return f" {' '.join(text.translate(_FOLDING).lower().split())} "


class Word(NamedTuple):
    """A word or phrase of a list that stands in a text."""

    language: str
    kind: str
    """The list's name."""
    at: int
    """Where it begins in the folded text."""
    text: str


_AT = attrgetter("at")


class WordLists:
    """The lists of a file of data/: a table for each language, lists of words by kind in each.

    `word` is a whole one, `word-` the beginning of one, `-word` its end, `-word-` any part; in the languages of
    `unspaced` all are parts, and one that ends with a space stands before punctuation. Finding takes time linear in
    the text.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Sequence[str]]], unspaced: Sequence[str] = ()) -> None:
        # What begins with a whole word is looked up by it, what begins with the beginning of one by a few letters;
        # parts are searched for, of scripts that the text has.
        self._wholes: dict[str, list[tuple[str, str, str]]] = {}
        self._stems: dict[str, list[tuple[str, str, str]]] = {}
        self._parts: list[tuple[str, str, str]] = []
        self._dense: list[tuple[str, str, str]] = []
        for language, lists in tables.items():
            for kind, words in lists.items():
                for word in words:
                    part = _bounded(word, language in unspaced)
                    entry = language, kind, part
                    first, space, _ = part[1:].partition(" ")
                    if part[0] == " " and space:
                        self._wholes.setdefault(first, []).append(entry)
                    elif part[0] == " ":
                        self._stems.setdefault(first[:_KEY], []).append(entry)
                    else:
                        (self._dense if _DENSE.search(part) else self._parts).append(entry)

    def find(self, text: str) -> tuple[Word, ...]:
        """The words of a folded text in the order in which they stand.

        >>> lists = WordLists({"en": {"is": ["is a"], "roles": ["report-"]}})
        >>> [(word.kind, word.text) for word in lists.find(folded("Ann is a reporter"))]
        [('is', 'is a'), ('roles', 'report')]
        """
        found = []
        at = 0
        for word in text.split():
            begun = word[:_KEY]
            if word in self._wholes or begun in self._stems:
                for language, kind, part in (*self._wholes.get(word, ()), *self._stems.get(begun, ())):
                    if text.startswith(part, at):
                        found.append(Word(language, kind, at, part.strip()))
            at += len(word) + 1
        for some in (self._parts, self._dense if _DENSE.search(text) else ()):
            for language, kind, part in some:
                at = text.find(part)
                while at >= 0:
                    found.append(Word(language, kind, at, part.strip()))
                    at = text.find(part, at + 1)
        return tuple(sorted(found, key=_AT))


def _bounded(word: str, is_part: bool) -> str:
    if is_part:
        return folded(word).strip() + " " * word.endswith(" ")
    return " " * (word[0] != "-") + folded(word.strip("-")).strip() + " " * (word[-1] != "-")


class Lists(NamedTuple):
    """A file of data/ with its words."""

    tables: dict[str, dict[str, list[str]]]
    settings: dict[str, list[str]]
    words: WordLists


@cache
def read_lists(name: str) -> Lists:
    """data/`name`.toml."""
    entries = tomllib.loads(resources.files("cleaning").joinpath(f"data/{name}.toml").read_text("utf-8"))
    tables = {key: value for key, value in entries.items() if isinstance(value, dict)}
    settings = {key: value for key, value in entries.items() if key not in tables}
    return Lists(tables, settings, WordLists(tables, settings.get("unspaced", ())))


def either(name: str, kinds: Collection[str]) -> tuple[str, str]:
    """RE2 for the words of some lists of data/`name`.toml in a line as it is: at the beginning of a word, and anywhere.

    >>> bool(re2.search("|".join(either("bios", ["does"])), "ANN LEE “writes  about” rivers"))
    True
    """
    lists = read_lists(name)
    # by whether a word may begin anywhere, and whether it has to end
    some: dict[tuple[bool, bool], set[str]] = {}
    for language, table in lists.tables.items():
        for word in (word for kind in kinds for word in table.get(kind, ())):
            part = _bounded(word, language in lists.settings["unspaced"])
            # `İ` is no capital of `i` to RE2, but Python has it begin with one
            pieces = [re.escape(piece).replace("i", "[iİ]") for piece in part.split()]
            some.setdefault((part[0] != " ", part[-1] == " "), set()).add(f"{ANY_SPACE}+".join(pieces))
    # all that have to end together, which makes a small automaton
    begin, within = (
        "|".join(f"(?:{'|'.join(sorted(some.get((at, ends), _NEVER)))}){behind}" for ends, behind in _BEHIND)
        for at in (False, True)
    )
    return f"(?i:{begin})", f"(?i:{within})"


def compiled(pattern: str) -> re2._Regexp:
    """An RE2 pattern of many words, for bytes."""
    options = re2.Options()
    options.max_mem = _MEMORY
    return re2.compile(pattern.encode(), options)


@lru_cache(4_000)
def words_of(name: str, text: str) -> tuple[Word, ...]:
    """The words of data/`name`.toml in a line."""
    return read_lists(name).words.find(folded(text))


def reported(words: Sequence[Word]) -> set[str]:
    """Languages in which words of data/bios.toml are a report's: by their own `not`, or by a likelier language's.

    >>> sorted({'cs', 'sk'} & reported(words_of("bios", "Ann Lee je redaktorka, uvedla v pondělí.")))
    ['cs', 'sk']
    """
    counts = Counter(word.language for word in words)
    own = {word.language for word in words if word.kind == "not"}
    most = max((counts[language] for language in own), default=0)
    return own | {language for language, count in counts.items() if 1 < most >= count}
