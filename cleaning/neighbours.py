"""Languages that langdetect takes for their neighbours, told apart by their common words (data/neighbours.toml)."""

from __future__ import annotations

import functools
import re
import tomllib
from collections import Counter, defaultdict
from importlib import resources
from typing import Any, NamedTuple

_WORD = re.compile(r"\w+")
_READ = 1_500
"""Characters that are looked at."""
_LEAST = 0.08
"""Share of a text's words; news has 0.2 to 0.4, another language that shares some of them less."""

_NO_WORDS = 0.6
"""How likely the language that langdetect knows is, without a word that tells: so often it was right in such slices."""


class Found(NamedTuple):
    """The language whose words a text has."""

    tag: str
    probability: float
    """0.5-1: each word that it leads by halves the doubt."""


class _Neighbours(NamedTuple):
    """An entry of neighbours.toml: words and parts of words, each with the languages that have it."""

    script: str
    among: frozenset[str]
    only_words: bool
    languages: frozenset[str]
    whole: dict[str, set[str]]
    beginnings: dict[str, set[str]]
    endings: dict[str, set[str]]

    def languages_of(self, word: str) -> set[str]:
        found = set(self.whole.get(word, ()))
        for length in range(2, len(word) + 1):
            found |= self.beginnings.get(word[:length], set())
            found |= self.endings.get(word[-length:], set())
        return found


@functools.cache
def _groups() -> tuple[_Neighbours, ...]:
    data = tomllib.loads(resources.files("cleaning").joinpath("data/neighbours.toml").read_text("utf-8"))
    return tuple(_group(entry) for entry in data["neighbours"])


def _group(entry: dict[str, Any]) -> _Neighbours:
    whole: dict[str, set[str]] = defaultdict(set)
    beginnings: dict[str, set[str]] = defaultdict(set)
    endings: dict[str, set[str]] = defaultdict(set)
    for tag, text in entry["words"].items():
        for item in text.split():
            of = beginnings if item.endswith("-") else endings if item.startswith("-") else whole
            of[item.strip("-")].add(tag)
    languages = frozenset(entry["words"])
    return _Neighbours(
        entry["script"],
        frozenset(entry["among"]),
        entry["only_words"],
        languages,
        dict(whole),
        dict(beginnings),
        dict(endings),
    )


def known_tags() -> frozenset[str]:
    """The languages that words tell, of all scripts."""
    return frozenset().union(*(group.languages for group in _groups()))


def told_apart(text: str, script: str, tag: str) -> Found | None:
    """The language among `tag` and its neighbours whose words lead in the text.

    None where nothing speaks against `tag`: it has no neighbours, or no words lead and more than words would tell.

    >>> told_apart("Majlis itu mengumumkan bahawa jambatan baharu akan siap.", "Latn", "id").tag
    'ms'
    """
    for group in _groups():
        if group.script == script and tag in group.among:
            words = _WORD.findall(text[:_READ].lower())
            counts: Counter[str] = Counter()
            for word, times in Counter(words).items():
                for language in group.languages_of(word):
                    counts[language] += times
            (best, most), (_, next_most) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
            if most > next_most and most >= max(2, _LEAST * len(words)):
                return Found(best, 1 - 0.5 ** (most - next_most + 1)) if best != tag or group.only_words else None
            if group.only_words:
                return Found(tag, _NO_WORDS)
    return None


@functools.cache
def near(tag: str) -> frozenset[str]:
    """The languages that `tag` is easily taken for: it may be none of those that are told apart."""
    return frozenset().union(*(group.languages for group in _groups() if tag in group.languages)) - {tag}


def written_in(script: str) -> frozenset[str]:
    """The languages of a script that are told apart here."""
    return frozenset().union(*(group.languages for group in _groups() if group.script == script))
