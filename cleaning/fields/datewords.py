"""The words and numbers of a short line, each with what it may be in a date: vocabulary for `dates`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cleaning.fields.moments import FIRST_YEAR, LAST_YEAR, words

# How far the grammar looks ahead without asking whether the line goes on.
_BEYOND = 12
BUDDHIST = 543
"""Years that the Buddhist era is ahead, as it is counted in Thailand."""
_NO_ROLES: frozenset[str] = frozenset()


@dataclass(slots=True)
class Tokens:
    """A line as tokens, in parallel lists that go on with empty ones behind `size`."""

    size: int
    text: list[str]
    """Lower case."""
    start: list[int]
    end: list[int]
    number: list[int]
    """-1: not a number, or one of more than 14 digits."""
    digits: list[int]
    """How many digits a number has; 0 for a word."""
    roles: list[frozenset[str]]
    """What the longest known phrase that begins here may be: `published`, `unit`, `weekday`, `zone`, ..."""
    behind: list[int]
    """Index behind that phrase; the token itself where none is known."""
    month: list[int]
    """1-12 where that phrase is the name of a month, else 0."""
    korean: bool
    """Whether the line has a letter of that script."""
    thai: bool
    """Whether it has one of that script: years may be those of the Buddhist era."""
    day_first: bool
    """Whether it has a word of a language that prints `31-01-25` with the day first."""

    def short(self, i: int, digits: int) -> int:
        """The number at i if it has at most so many digits, else -1."""
        return self.number[i] if self.digits[i] <= digits else -1

    def joined(self, i: int) -> bool:
        """Whether no space stands between token i and the one before it."""
        return self.start[i] == self.end[i - 1]

    def has(self, i: int, role: str) -> int:
        """The index behind the phrase at i if it has the role, else 0."""
        return self.behind[i] if role in self.roles[i] else 0

    def year(self, i: int) -> int:
        """A year of four digits at i, or -1."""
        if self.digits[i] != 4:
            return -1
        year = self.number[i]
        if self.thai and year > LAST_YEAR:
            year -= BUDDHIST
        return year if FIRST_YEAR <= year <= LAST_YEAR else -1

    def skip(self, i: int, among: tuple[str, ...]) -> int:
        """The first index from i on whose token is not among these."""
        while self.text[i] in among:
            i += 1
        return i


# Behind these `15.59` is a time.
CLOCK_WORDS = (
    "kl", "klokken", "klockan", "um", "at", "om", "às", "alle", "godz", "pukul", "pkl", "saat", "στις", "ore", "klo",
)  # fmt: skip
_HANGUL = re.compile(r"[\u3131-\u318e\uac00-\ud7a3]")
_THAI = re.compile(r"[\u0e01-\u0e2e]")
# Letters, in Arabic, Devanagari, Bengali and Thai with their signs of vowels and tones, which no word ends at.
_WORD = (
    r"[^\W\d_]+(?:[\u064b-\u065f\u0670\u0900-\u0903\u093a\u093c\u093e-\u094f\u0951-\u0957\u0962\u0963"
    r"\u0981-\u0983\u09bc\u09be-\u09cd\u09d7\u09e2\u09e3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]+[^\W\d_]*)*"
)
_TOKEN = re.compile(rf"\d+|{_WORD}(?:['’][^\W\d_]+)*|[^\w\s]|_")
# Pieces of words that a scraper has run together: `UTCUpdated`, `UhrLesezeit`.
_GLUED = re.compile(r"[^\W\d_][a-zß-öø-ÿ]+|[^\W\d_]+?(?=[A-ZÀ-Þ][a-zß-öø-ÿ]|$)")


@cache
def vocabulary() -> tuple[dict[str, tuple[frozenset[str], int]], dict[str, int]]:
    """Phrases, tokens joined by spaces, with roles and month; and the longest phrase for each first token."""
    tables = words()
    roles: dict[str, set[str]] = {}
    months: dict[str, int] = {}
    lists = tables["words"] | tables["kinds"]
    lists["zone"] = [*tables["zones"], *tables["zones_us"]]
    lists["era"] = list(tables["eras"])
    for role, phrases in lists.items():
        for phrase in phrases:
            roles.setdefault(" ".join(_TOKEN.findall(phrase.lower())), set()).add(role)
    for names in tables["months"].values():
        for number, spellings in enumerate(names, 1):
            months |= {" ".join(_TOKEN.findall(spelling.lower())): number for spelling in spellings}
    known = {key: (frozenset(roles.get(key, ())), months.get(key, 0)) for key in roles | months}
    longest: dict[str, int] = {}
    for key in known:
        first, size = key.split(" ", 1)[0], key.count(" ") + 1
        longest[first] = max(longest.get(first, 0), size)
    return known, longest


# A clock, or a date in figures.
_FIGURES = re.compile(r"\d(?:[:：/]\d|[./-]\s?\d{1,2}[./-])")
_NUMBER = re.compile(r"\d+")
_BEHIND = re.compile(rf"[\s.,-]{{0,2}}({_WORD})")
_LETTERS = re.compile(_WORD)
# These too stand beside the number of a date or a time.
_SMALL = ("of", "de", "tháng", "st", "nd", "rd", "th", "uhr", "uur", "kl", "klokken", "klockan", "godz", "pukul")


@cache
def telling_words() -> frozenset[str]:
    """First tokens of phrases that are more than small words, and the few small words that date lines need."""
    known, _ = vocabulary()
    large = (key for key, (roles, month) in known.items() if month or roles - {"fill", "weekday"})
    return frozenset([*_SMALL, *(key.split(" ", 1)[0] for key in large)])


@cache
def beside_numbers() -> dict[str, frozenset[str]]:
    """Words by what a number beside them may be, of phrases the first and the last.

    `any`: the number of a count, an hour or a year of an era; `month`: a day, and no number of three or four digits;
    `between`: the number of what stands behind them; `clock`: a time such as `15.59`; `today`: none is needed.
    """
    known, _ = vocabulary()
    found: dict[str, set[str]] = {name: set() for name in ("any", "month", "between", "clock", "today")}
    for key, (roles, month) in known.items():
        ends = {key.split(" ", 1)[0], key.rsplit(" ", 1)[-1]}
        if roles & {"published", "updated"}:
            found["clock"] |= ends
        if "today" in roles:
            found["today"] |= ends
        if month:
            found["month"] |= ends
        if roles - {"fill", "weekday", "published", "updated", "today"}:
            found["any"] |= ends
    found["any"] |= {"uhr", "tháng"}
    found["between"] = {"st", "nd", "rd", "th", "er", "of", "de", "del"}
    found["clock"] |= {*CLOCK_WORDS}
    return {name: frozenset(some) for name, some in found.items()}


def may_tell_time(plain: str) -> bool:
    """Whether a line can have a date or time at all: a cheap look before `tokens`."""
    if _FIGURES.search(plain):
        return True
    telling = telling_words()
    for number in _NUMBER.finditer(plain):
        behind = _BEHIND.match(plain, number.end())
        if behind and behind[1].lower() in telling:
            return True
        before = _LETTERS.findall(plain, max(0, number.start() - 18), number.start())
        if before and not telling.isdisjoint(map(str.lower, [before[-1], *_GLUED.findall(before[-1])[-1:]])):
            return True
    return False


@cache
def known_words() -> frozenset[str]:
    """First tokens of all phrases of data/dates.toml."""
    return frozenset(vocabulary()[1])


def strange_words(plain: str) -> int:
    """How many words of a line no date line has."""
    longest = vocabulary()[1]
    return sum(word.strip(".,:;()[]|") not in longest and word[0].isalpha() for word in plain.lower().split())


def _pieces(word: str) -> list[tuple[str, int]]:
    """What a scraper has run together, with where each piece begins: `20247` is a year and an hour.

    A word of which all but the first letter is small is one piece: it is not asked for here.
    """
    known, longest = vocabulary()
    if word[0].isdecimal():
        if 5 <= len(word) <= 9 and len(word) != 8 and FIRST_YEAR <= int(word[:4]) <= LAST_YEAR:
            return [(word[:4], 0), (word[4:], 4)]
    elif word.lower() not in longest:
        parts = list(_GLUED.finditer(word))
        if len(parts) > 1 and any(part[0].lower() in known for part in parts):
            return [(part[0], part.start()) for part in parts]
    return [(word, 0)]


def tokens(plain: str) -> Tokens:
    """A line in NFKC as tokens.

    >>> some = tokens("Posted May 3, 20247:55")
    >>> some.text[: some.size], some.month[1], sorted(some.roles[0])
    (['posted', 'may', '3', ',', '2024', '7', ':', '55'], 5, ['published'])
    """
    known, longest = vocabulary()
    text: list[str] = []
    start: list[int] = []
    end: list[int] = []
    for match in _TOKEN.finditer(plain.replace("İ", "i")):
        word, (at, behind_it) = match[0], match.span()
        if behind_it - at <= 3 or word[1:].islower():
            text.append(word.lower())
            start.append(at)
            end.append(behind_it)
            continue
        for piece, offset in _pieces(word):
            text.append(piece.lower())
            start.append(at + offset)
            end.append(at + offset + len(piece))
    size = len(text)
    digits, number = [0] * size, [-1] * size
    roles, behind, month = [_NO_ROLES] * size, list(range(size)), [0] * size
    for i, first in enumerate(text):
        if first.isdecimal():
            digits[i] = len(first)
            number[i] = int(first) if len(first) <= 14 else -1
        if first not in longest:
            continue
        for length in range(min(longest[first], size - i), 0, -1):
            found = known.get(" ".join(text[i : i + length]) if length > 1 else first)
            if found is not None:
                roles[i], month[i] = found
                behind[i] = i + length
                break
    last = end[-1] if end else 0
    text += [""] * _BEYOND
    start += [last + 1] * _BEYOND
    end += [last + 1] * _BEYOND
    number += [-1] * _BEYOND
    digits += [0] * _BEYOND
    roles += [_NO_ROLES] * _BEYOND
    behind += range(size, size + _BEYOND)
    month += [0] * _BEYOND
    korean, thai = _HANGUL.search(plain) is not None, _THAI.search(plain) is not None
    day_first = not _day_first().isdisjoint(text)
    return Tokens(size, text, start, end, number, digits, roles, behind, month, korean, thai, day_first)


@cache
def _day_first() -> frozenset[str]:
    return frozenset(words()["day_first"]["words"])
