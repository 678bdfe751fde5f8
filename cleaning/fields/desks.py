"""Desks and teams of a paper, which are no persons: `Gear Team`, `Sportredaktion`, `Redacción Deportes`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from cleaning.fields.namewords import byline_words, section_words, word_set


class _Words(NamedTuple):
    """What a desk's name has in it: nearly every other name has none of these."""

    whole: frozenset[str]
    first: frozenset[str]
    last: frozenset[str]
    endings: tuple[str, ...]
    topics: frozenset[str]
    """What a desk may be for, in one word."""
    telling: frozenset[str]
    """Topics that stand in no person's name, as `de` and `and` do."""


@cache
def _words() -> _Words:
    whole, first, last = (word_set("desks", name) for name in ("whole", "first", "last"))
    topics = word_set("desks", "topics") | frozenset(name for name in section_words()["names"] if " " not in name)
    telling = topics - word_set("lists", "and") - word_set("lists", "particles")
    return _Words(whole, first, last, tuple(byline_words()["desks"]["endings"]), topics, telling)


# Words of a topic behind `Redacción`, at most.
_BEHIND = 2


def is_desk(text: str) -> bool:
    """Whether a text is the name of a desk and of nothing else.

    >>> [is_desk(name) for name in ("News Desk", "Politik-Team", "Redazione Sport", "Redazione ANSA", "Rowan Desk")]
    [True, True, True, False, False]
    """
    words = text.lower().split()
    return bool(words) and (" ".join(words) in _words().whole or _begins(words, _words()) == 0)


def desk_at(words: Sequence[str]) -> int:
    """Index of the word with which a desk begins behind a person's name of two words and more; 0 for none.

    A topic that is in no list is told by the given name that the words begin with.

    >>> [desk_at(name.split()) for name in ("Ann Berg Gear Team", "Ann Berg Kite Team", "Middle East Desk")]
    [2, 2, 0]
    """
    if len(words) < 3:
        return 0
    low = [word.lower().strip(".,:") for word in words]
    known = _words()
    at = _begins(low, known)
    if low[-1] in known.last and at >= len(low) - 1:
        if low[0] not in word_set("names", "given"):
            return 0
        at = max(2, len(low) - 2)
    if not 2 <= at < len(low) or not words[at][0].isupper() or not known.telling.isdisjoint(low[:at]):
        return 0
    return at


def _begins(low: Sequence[str], known: _Words) -> int:
    """Index of the first word of a desk that stands at the end of some; as many as there are where none does."""
    last = len(low) - 1
    if low[last] in known.last:
        at = last
        while at and low[at - 1] in known.topics:
            at -= 1
        return at
    for at in range(last, max(-1, last - _BEHIND - 1), -1):
        if low[at] in known.first:
            return at if known.topics.issuperset(low[at + 1 :]) else len(low)
    if not low[last].endswith(known.endings):
        return len(low)
    while last and low[last - 1] in known.topics:
        last -= 1
    return last
