"""E-mail addresses, phone numbers, IP addresses and Korean resident numbers out of a text, each for a mark.

The patterns are data (`data/redaction.toml`); what they cannot say is tested here: what stands around a hit, whether
its figures can be a date of birth or a phone number. Time is linear in the text.
"""

from __future__ import annotations

import calendar
import ipaddress
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import re2

from cleaning.config import REDACT

KINDS = REDACT
"""What `redact` can name. Resident numbers go with any of the others: nobody means to keep them then."""

# So far before a number a word counts that says what it is.
_REACH = 20


class Pattern(NamedTuple):
    """An entry of data/redaction.toml."""

    kind: str
    mark: str
    rule_id: str
    needs: tuple[str, ...]
    compiled: Any
    test: str
    cue: bool
    """Only where a word before it says that it is a phone number."""
    sure: bool
    """Even where a word before it says that it is something else."""
    why: str


@cache
def _settings() -> tuple[tuple[Pattern, ...], dict[str, tuple[str, ...]]]:
    found = tomllib.loads(resources.files("cleaning").joinpath("data/redaction.toml").read_text("utf-8"))
    patterns = tuple(
        Pattern(
            one["kind"], one["mark"], one["rule"], tuple(one["needs"]), re2.compile(one["text"]),
            one.get("test", ""), one.get("cue", False), one.get("sure", False), one["why"],
        )
        for one in found["pattern"]
    )  # fmt: skip
    return patterns, {name: tuple(words) for name, words in found["cues"].items()}


def patterns() -> tuple[Pattern, ...]:
    """All patterns, in the order in which they are asked: what an earlier one takes is no later one's."""
    return _settings()[0]


class Redacted(NamedTuple):
    """A text with marks, and how many values of each rule it had."""

    text: str
    counts: dict[str, int]


def redact(text: str, kinds: Sequence[str]) -> Redacted:
    """Replace what is of these kinds (of `KINDS`) by its mark.

    >>> redact("Write to kim@example.kr or call 010-1234-5678.", ("emails", "phones"))
    Redacted(text='Write to [email] or call [phone].', counts={'redact.email': 1, 'redact.phone': 1})
    >>> redact("They won 3-2 on 2024-01-15.", ("phones",)).counts
    {}
    """
    found = spans(text, kinds)
    if not found:
        return Redacted(text, {})
    out, last = [], 0
    for start, stop, pattern in found:
        out += [text[last:start], pattern.mark]
        last = stop
    counts = Counter(pattern.rule_id for _, _, pattern in found)
    return Redacted("".join([*out, text[last:]]), dict(sorted(counts.items())))


def spans(text: str, kinds: Sequence[str]) -> list[tuple[int, int, Pattern]]:
    """Where what is of these kinds stands: start, stop and pattern, in order, none inside another."""
    if not kinds:
        return []
    text = _plain(text)
    if not any(map(text.__contains__, "@0123456789")) and not any(map(text.__contains__, _spelled())):
        return []
    found: list[tuple[int, int, Pattern]] = []
    taken = bytearray(len(text))
    for pattern in patterns():
        if pattern.kind not in kinds and pattern.kind != "resident-numbers":
            continue
        if not any(need in text for need in pattern.needs):
            continue
        for hit in pattern.compiled.finditer(text):
            start, stop = _trimmed(text, *hit.span())
            if any(taken[start:stop]):
                continue
            if not _holds(pattern, text, start, stop, joined=start > 1 and bool(taken[start - 2])):
                continue
            taken[start:stop] = b"\1" * (stop - start)
            found.append((start, stop, pattern))
    return sorted(found, key=lambda span: span[:2])


@cache
def _spelled() -> tuple[str, ...]:
    """What stands for the `@` of an address where it is spelled out."""
    return tuple(need for one in patterns() if one.kind == "emails" for need in one.needs)


# Full-width figures and signs as a keyboard of an East Asian language writes them; each for one character.
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
# A dash of another kind, where it parts figures.
_DASH = re.compile("(?<=[0-9])[\u2010\u2011\u2012\u2014\u2015\u2212](?=[0-9])")


def _plain(text: str) -> str:
    """As long as the text, with one form for figures, signs and dashes."""
    return text if text.isascii() else _DASH.sub("-", text.translate(_WIDE))


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    """A bracket that opens or closes something else is no part of the hit."""
    if text[start:stop].count(")") > text[start:stop].count("(") and text[stop - 1] == ")":
        stop -= 1
    if text[start:stop].count("(") > text[start:stop].count(")") and text[start] == "(":
        start += 1
    return start, stop


@cache
def _cue(name: str) -> re.Pattern[str]:
    """A word of `cues`; one in Latin letters begins a word (`tel`, not `hotel`), one of three is a whole one."""
    words = []
    for word in _settings()[1][name]:
        latin = "LATIN" in unicodedata.name(word[0], "")
        start, end = ("(?<![a-zà-ÿ])" if latin else ""), ("(?![a-zà-ÿ])" if latin and len(word) <= 3 else "")
        words.append(start + re.escape(word) + end)
    return re.compile("|".join(words))


def _says(name: str, said: str) -> bool:
    return _cue(name).search(said) is not None


def _before(text: str, start: int) -> str:
    """What stands before a number, as far as words count; a word that the reach cuts does not."""
    said = text[max(0, start - _REACH) : start]
    whole = start <= _REACH or not (text[start - _REACH - 1].isalpha() and said[:1].isascii())
    return (said if whole else said.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")).casefold()


def _holds(pattern: Pattern, text: str, start: int, stop: int, joined: bool) -> bool:
    """Whether a hit is what its pattern looks for. `joined`: another hit stands before the character before it."""
    before, after = text[max(0, start - 2) : start], text[stop : stop + 2]
    if pattern.kind == "emails":
        return before[-1:] != "@"  # a name in a federation of networks: @kim@example.social
    said = _before(text, start)
    if before[-1:] == "," and joined:
        before = ""
    if after[:1] == "," and (pattern.sure or pattern.compiled.match(text[stop + 1 : stop + 41])):
        after = ""
    if pattern.kind == "ips":
        if before[-1:] and before[-1] in "=&?_#/":
            before = ""
        if after[:1] in (":", "/"):  # a port, a path, the size of a network
            after = ""
    elif pattern.kind == "phones":
        if before[-1:] and before[-1] in "=&?_#":
            parted = pattern.sure and not text[start:stop].isdigit()  # else it may be the number of a page
            before = "" if parted or _says("phone", said) else before
        if after[:1] == "/":  # one phone number follows another
            after = ""
    if _goes_on(before, after):
        return False
    if pattern.kind == "phones" and not pattern.sure and _says("not", said):
        return False
    if pattern.cue and not _says("phone", said):
        return False
    if pattern.test == "service":
        bracketed = text[start - 1 : start] == "(" and after[:1] == ")"
        return _says("phone", said) or (bracketed and _no_years(text[start:stop]))
    return not pattern.test or _TESTS[pattern.test](text[start:stop], said)


def _goes_on(before: str, after: str) -> bool:
    """Whether the figures are a part of something longer: a number, a date, an amount, a word, an address.

    `before`, `after`: the two characters on each side, fewer at an end of the text.
    """
    last, earlier = before[-1:], before[:-1]
    if (last.isascii() and last.isalnum()) or (last and last in "_$€£₩+#@=&?%"):
        return True
    if last and last in ",." and earlier.isdigit():
        return True
    if last and last in "-–" and earlier.isalnum():
        return True
    if last == ":" and earlier.isdigit():
        return True
    if last == "/" and not (earlier.isdigit() or earlier.isspace()):
        return True
    if after[:1].isascii() and after[:1].isalnum():
        return True
    return after[:1] in ("-", "–", ".", ",", "/", ":", "%") and after[1:2].isdigit()


def _ipv4(hit: str, said: str) -> bool:
    parts = hit.split(".")
    if any(int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts) or parts[0] == "0":
        return False
    last = re.split(r"[\s(]+", said.strip())[-1].strip(":")
    return last not in _settings()[1]["version"]


def _ipv6(hit: str, said: str) -> bool:
    if not any(map(str.isdigit, hit)) or hit.count(":") < 2 or len(hit.split(":")[0]) != 4:
        # All that are given out begin with four figures (2000::/3, fc00::/7, fe80::/10); `a::b1` is a name.
        return False
    try:
        ipaddress.IPv6Address(hit)
    except ValueError:
        return False
    return True


def _resident(hit: str, said: str) -> bool:
    figures = re.sub(r"[^0-9*●xX]", "", hit)
    month, day, century = int(figures[2:4]), int(figures[4:6]), int(figures[6])
    year = int(figures[:2]) + (2000 if century in (3, 4, 7, 8) else 1900)
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return False
    return _says("resident", said) or not _says("not", said)


def _resident_said(hit: str, said: str) -> bool:
    return _says("resident", said) and _resident(hit, said)


def _figures(hit: str) -> int:
    return sum(map(str.isdigit, hit))


def _international(hit: str, said: str) -> bool:
    # One figure after a point is a fraction, such as a change of temperature; so are up to eight after the only one.
    if re.search(r"\.[0-9](?![0-9])", hit) or re.fullmatch(r"\+[0-9]{1,3}\.[0-9]{1,8}", hit):
        return False
    # `+12 345 678 votes`: an increase in thousands; `+48 123 456 789` has more figures than one has.
    thousands = re.fullmatch(r"\+[0-9]{1,3}(?: [0-9]{3}){2}", hit)
    return 8 <= _figures(hit) <= 15 and (not thousands or _says("phone", said))


def _north_america(hit: str, said: str) -> bool:
    area, exchange = re.findall(r"[0-9]+", hit)[-3:-1]
    # No area code ends with 00 but those of toll-free and special services, none and no exchange with 11 (NANPA).
    return (area[1:] != "00" or area in ("500", "800", "900")) and area[1:] != "11" and exchange[1:] != "11"


def _digits(hit: str, said: str) -> bool:
    # A date where a call is announced: `call on 2024-01-15`, `전화 15.01.2024`.
    if re.fullmatch(r"(19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](19|20)\d\d", hit):
        return False
    if all(re.fullmatch("(?:19|20)[0-9]{2}", group) for group in re.findall("[0-9]+", hit)):
        return False  # years
    if re.fullmatch(r"[1-9][0-9]{0,2}(?: [0-9]{3})+", hit):
        # An amount in thousands has the form of some countries' numbers of nine figures; those stand by their word.
        last = [*_cue("phone").finditer(said)][-1].end()
        return _figures(hit) == 9 and not any(map(str.isalnum, said[last:]))
    return 7 <= _figures(hit) <= 13


def _no_years(hit: str) -> bool:
    first, second = map(int, hit.split("-"))
    return not first < second <= 2100


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "resident": _resident,
    "resident-said": _resident_said,
    "international": _international,
    "digits": _digits,
    "north-america": _north_america,
}


def notes() -> dict[str, str]:
    """Each rule of redaction with what it is for."""
    found: dict[str, str] = {}
    for pattern in patterns():
        found.setdefault(pattern.rule_id, pattern.why)
    return found
