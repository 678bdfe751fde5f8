"""What every match of a pattern has to contain: its atoms.

RE2 is linear in the text, but eight hundred patterns leave so many states behind that a line of prose takes
microseconds. Nearly every pattern needs one of a few literal strings, as RE2's own FilteredRE2 has it: `prefilter`
looks for those of all patterns at once, and a line without any is not given to RE2.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from cleaning.linemodel.letters import characters
from cleaning.native import kept

LONGEST = 12
"""Characters of an atom that are looked for, its first ones."""
_LEAST = 3.0
# So many strings are still told one by one; what has more is taken in parts.
_MOST = 64
# `(?i)` of RE2 takes these for one, and lower case does not.
_FOLDED = dict(zip("ſςϐϑϕϖϰϱϵẛµ\u1fbe", "sσβθφπκρεṡμι", strict=True))


def atoms_of(pattern: str) -> frozenset[str] | None:
    """Strings in lower case of which each match of an RE2 pattern has one at least; None where no such are known.

    A line feed in them is an edge of the text. Of a conjunction the part that says most is taken. Syntax that is not
    understood has no atoms: that is slower, and never wrong.

    >>> sorted(atoms_of("(?i)^read (?:more|on)\\\\b.*")), atoms_of("^\\\\d+ ?[a-z]$")
    (['\\nread more', '\\nread on'], None)
    """
    try:
        found = _Reader(re.sub(r"^\(\?i\)", "", pattern)).alternatives()
    except (ValueError, IndexError, RecursionError):
        return None
    best = found.best()
    return frozenset(text[:LONGEST] for text in best) if _weight(best) else None


def atoms_of_all(patterns: Sequence[str]) -> dict[str, frozenset[str] | None]:
    """`atoms_of` each of the patterns, which are the same in every process of a version: kept on disk for the next.

    >>> atoms_of_all(["^read more$"])
    {'^read more$': frozenset({'\\nread more\\n'})}
    """

    def read() -> bytes:
        return json.dumps([sorted(atoms_of(pattern) or ()) for pattern in patterns]).encode()

    depends = "\n".join([hashlib.sha256(lower_case().tobytes()).hexdigest(), *patterns])
    saved = json.loads(kept(__name__, "atoms", depends, read))
    return {pattern: frozenset(atoms) or None for pattern, atoms in zip(patterns, saved, strict=True)}


def atom_of(text: str) -> str:
    """A text as an atom: in lower case, its first LONGEST characters."""
    return "".join(chr(lower_case()[ord(char)]) if ord(char) < 0x20000 else char for char in text[:LONGEST])


# Letters of these say nothing, and marks of a sentence hardly anything.
_COMMON = re.compile(r"\b(?:an?|and|at|by|days?|for|from|in|of|on|the|to|years?)\b")
# A letter alone in brackets is a sign: `(c)`.
_SIGN = re.compile(r"\(\w\)")
_USUAL = frozenset(" .,:;?!'’\"“”()-–—0123456789")


def _weight(texts: Iterable[str]) -> float:
    """How much it says that a text has one of some strings; 0 where that is too little."""
    least = min(map(_weight_of, texts), default=0.0)
    return least if least >= _LEAST else 0.0


@cache
def _weight_of(text: str) -> float:
    weight = sum(map(_says, _COMMON.sub("", text[:LONGEST])))
    return max(weight, _LEAST) if _SIGN.search(text[:LONGEST]) else weight


@cache
def _says(char: str) -> float:
    if char in _USUAL:
        return 0.5
    if char.isalpha():
        return 2.0 if char >= "\u2e80" else 1.0
    return 1.0 if char == "\n" else 3.0


@dataclass
class _Part:
    """What is known of the matches of a part of a pattern."""

    exact: frozenset[str] | None
    """All of them; None where they are too many."""
    needs: frozenset[str] = frozenset({""})
    """Strings of which each has one at least."""

    def best(self) -> frozenset[str]:
        """`exact` or `needs`, whichever is known."""
        return self.needs if self.exact is None else self.exact


_EMPTY = _Part(frozenset({""}))
_EDGE = _Part(frozenset({"\n"}))
_ANY = _Part(None)


class _Reader:
    """A recursive descent through a pattern. Raises ValueError or IndexError for what it does not understand."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def alternatives(self) -> _Part:
        some = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            some.append(self._sequence())
        if self.at < len(self.pattern) and self._peek() != ")":
            raise ValueError
        if all(one.exact is not None for one in some):
            union = frozenset().union(*(one.best() for one in some))
            if len(union) <= _MOST:
                return _Part(union)
        return _Part(None, frozenset().union(*(one.best() for one in some)))

    def _sequence(self) -> _Part:
        exact, best, whole = frozenset({""}), frozenset({""}), True
        while self._peek() not in ("", "|", ")"):
            part = self._repeated(self._one())
            if part.exact is not None and len(exact) * len(part.exact) <= _MOST:
                # one edge may be asked for twice, as in `(?:more|$)$`
                exact = frozenset("".join(pair).replace("\n\n", "\n") for pair in product(exact, part.exact))
                continue
            whole = False
            best = max(best, exact, part.best(), key=_weight)
            exact = frozenset({""}) if part.exact is None else part.exact
        return _Part(exact) if whole else _Part(None, max(best, exact, key=_weight))

    def _repeated(self, part: _Part) -> _Part:
        sign = self._peek()
        if sign in ("*", "+", "?"):
            self.at += 1
            least, most = (1 if sign == "+" else 0), (1 if sign == "?" else None)
        elif match := re.compile(r"\{(\d+)(,(\d*))?\}").match(self.pattern, self.at):
            self.at = match.end()
            least = int(match[1])
            most = least if not match[2] else None
        else:
            return part
        if self._peek() == "?":
            self.at += 1
        if most == least == 1:
            return part
        if most == 1 and part.exact is not None:
            return _Part(part.exact | {""})
        return _Part(None, part.best()) if least else _ANY

    def _one(self) -> _Part:
        sign = self._take()
        if sign == "(":
            if self._peek() == "?":
                match = re.compile(r"\?(?:i?:|P<\w+>)").match(self.pattern, self.at)
                if not match:
                    raise ValueError
                self.at = match.end()
            part = self.alternatives()
            if self._take() != ")":
                raise ValueError
            return part
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape()
        if sign in "^$":
            return _EDGE
        if sign in "*+?{":
            raise ValueError
        return _ANY if sign == "." else _literal(sign)

    def _escape(self) -> _Part:
        sign = self._take()
        if sign in "pP":
            if self._take() == "{":
                self.at = self.pattern.index("}", self.at) + 1
            return _ANY
        if sign in "dDsSwW":
            return _ANY
        if sign in "bBAz":
            return _EMPTY
        if sign == "x":
            if self._peek() == "{":
                end = self.pattern.index("}", self.at)
                code, self.at = self.pattern[self.at + 1 : end], end + 1
            else:
                code, self.at = self.pattern[self.at : self.at + 2], self.at + 2
            return _literal(chr(int(code, 16)))
        if sign.isalnum():
            known = {"t": "\t", "n": "\n"}
            if sign not in known:
                raise ValueError
            sign = known[sign]
        return _literal(sign)

    def _class(self) -> _Part:
        """A class of a few characters, each told by itself, is so many alternatives."""
        several = self._peek() == "^"
        self.at += several
        found: set[str] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            sign = self._take()
            if sign == "[" and self._peek() == ":":
                raise ValueError
            part = self._escape() if sign == "\\" else _literal(sign)
            if self._peek() == "-" and self.pattern[self.at + 1] != "]":
                several = True
                self.at += 1
                if self._take() == "\\":
                    self._escape()
            several = several or part.exact is None
            found |= part.exact or set()
        self.at += 1
        return _ANY if several or len(found) > 4 else _Part(frozenset(found))


@cache
def lower_case() -> npt.NDArray[np.uint32]:
    """The lower case of each character below U+20000, and what `(?i)` of RE2 takes for the same; any digit is `0`."""
    lower = characters()[1].copy()
    for char, other in _FOLDED.items():
        lower[ord(char)] = ord(other)
    lower[[ord("\n"), ord("\t")]] = ord("\n"), ord("\t")  # an edge, and what is rarer than a space
    return lower


@cache
def _literal(char: str) -> _Part:
    return _Part(frozenset([chr(int(lower_case()[ord(char)]))])) if ord(char) < 0x20000 else _ANY
