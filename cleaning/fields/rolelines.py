"""Lines that say what an author is: `Northern Correspondent`."""

from __future__ import annotations

import re
from functools import cache

from cleaning.fields.namewords import byline_words, roles, word_set

# Characters of a role; in Korean, Japanese and Chinese; a word with its joints, or a comma.
_MOST_ROLE, _MOST_CLOSED, _WORD = 60, 14, re.compile(r"[^\W\d_][\w\u0900-\u0dff'’-]*|,")
# Words of a role, and those before the one that tells it: `Chief Political Correspondent`.
_MOST_WORDS, _MOST_BEFORE = 9, 3


def is_role(text: str) -> bool:
    """Whether a line begins with a role, or with a word that stands before one and has one.

    >>> is_role("Senior Reporter, Trending"), is_role("Northern Correspondent")
    (True, False)
    """
    if len(text) > _MOST_ROLE or text[-1] in ".?!:":
        return False
    words = byline_words()["roles"]
    parts = text.lower().split()
    if not 0 < len(parts) <= 6:
        return False
    first = parts[0].strip(",.")
    return first in words["nouns"] or (
        first in words["modifiers"] and any(p.strip(",.") in words["nouns"] for p in parts)
    )


def is_role_under(text: str) -> bool:
    """Whether a line right under a byline says what the author is. Anywhere else it may be a headline.

    >>> is_role_under("Northern Correspondent"), is_role_under("Political Editor, in Brussels")
    (True, True)
    >>> is_role_under("Police arrest editor"), is_role_under("社会部記者")
    (False, True)
    """
    if len(text) > _MOST_ROLE or text[-1] in ".?!:。？！：":
        return False
    plain = text.strip("()[] ")
    if (len(plain) <= _MOST_CLOSED and plain.endswith(_closes())) or plain.lower().startswith(_role_opens()):
        return True
    words = _WORD.findall(plain)
    low = [word.lower() for word in words]
    at = next((at for at, word in enumerate(low) if word in _under() or word.endswith(_under_ends())), -1)
    if at < 0 or len(words) > _MOST_WORDS or at > _MOST_BEFORE or low[0] in word_set("roles", "articles"):
        return False
    if len(words) > at + 1 and not (low[at + 1] in _behind() or _is_name(words[at + 1 :])):
        return False
    known = _before_roles()
    return len(words) <= 2 or all(word[0].isupper() or word in known for word in words[:at])


def _is_name(words: list[str]) -> bool:
    """Whether what stands behind a role is one word with a capital, `Reporter Husum`, or in a script without them."""
    return words[0].lower() == words[0].upper() or (len(words) == 1 and words[0][0].isupper())


@cache
def _before_roles() -> frozenset[str]:
    return roles() | word_set("roles", "beats") | word_set("lists", "and") | word_set("lists", "particles")


@cache
def _under() -> frozenset[str]:
    return word_set("roles", "nouns") | word_set("roles", "under")


@cache
def _under_ends() -> tuple[str, ...]:
    return tuple(word_set("roles", "under_ends"))


@cache
def _role_opens() -> tuple[str, ...]:
    return tuple(word_set("roles", "under_opens"))


@cache
def _behind() -> frozenset[str]:
    return _under() | word_set("roles", "cuts") | word_set("lists", "particles") | {",", "of"}


@cache
def _closes() -> tuple[str, ...]:
    return tuple(word_set("roles", "under_closes"))
