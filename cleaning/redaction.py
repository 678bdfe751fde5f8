"""E-mail addresses, phone numbers, IP addresses and Korean resident numbers out of a text, each for a mark.

The patterns are data (`data/redaction.toml`); what they cannot say is tested here: what stands around a hit, whether
its figures can be a date of birth or a phone number. Time is linear in the text.
"""

from __future__ import annotations

import calendar
import ipaddress
import re
import tomllib
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
    if not kinds or not any(map(text.__contains__, "@＠0123456789")):
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
            if any(taken[start:stop]) or not _holds(pattern, text, start, stop):
                continue
            taken[start:stop] = b"\1" * (stop - start)
            found.append((start, stop, pattern))
    return sorted(found, key=lambda span: span[:2])


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    """A bracket that opens or closes something else is no part of the hit."""
    if text[start:stop].count(")") > text[start:stop].count("(") and text[stop - 1] == ")":
        stop -= 1
    return start, stop


def _holds(pattern: Pattern, text: str, start: int, stop: int) -> bool:
    """Whether a hit is what its pattern looks for."""
    before, after = text[max(0, start - 2) : start], text[stop : stop + 2]
    if pattern.kind == "emails":
        last = before[-1:]
        return not (last.isascii() and last and (last.isalnum() or last in "._%+-@"))
    # An address has a port, and one phone number follows another.
    follows = {"ips": ":", "phones": "/"}.get(pattern.kind, "")
    if _goes_on(before, "" if after[:1] and after[:1] == follows else after, pattern.kind):
        return False
    cues = _settings()[1]
    said = text[max(0, start - _REACH) : start].casefold()
    if pattern.test and not _TESTS[pattern.test](text[start:stop], said):
        return False
    if pattern.kind == "phones":
        if pattern.cue and not any(word in said for word in cues["phone"]):
            return False
        return pattern.sure or not any(word in said for word in cues["not"])
    return True


def _goes_on(before: str, after: str, kind: str) -> bool:
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
    if last == "/" and not (kind == "phones" and (earlier.isdigit() or earlier.isspace())):
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
    if not any(map(str.isdigit, hit)) or hit.count(":") < 2 or len(hit) < 6:
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
    cues = _settings()[1]
    if any(word in said for word in cues["resident"]):
        return True
    return not any(word in said for word in cues["not"])


def _resident_said(hit: str, said: str) -> bool:
    return any(word in said for word in _settings()[1]["resident"]) and _resident(hit, said)


def _figures(hit: str) -> int:
    return sum(map(str.isdigit, hit))


def _international(hit: str, said: str) -> bool:
    # One figure after a point is a fraction, such as a change of temperature.
    return 8 <= _figures(hit) <= 15 and not re.search(r"\.[0-9](?![0-9])", hit)


def _digits(hit: str, said: str) -> bool:
    # A date where a call is announced: `call on 2024-01-15`, `전화 15.01.2024`.
    dated = re.fullmatch(r"(19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](19|20)\d\d", hit)
    return 7 <= _figures(hit) <= 13 and not dated


def _service(hit: str, said: str) -> bool:
    first, second = map(int, hit.split("-"))
    if any(word in said for word in _settings()[1]["phone"]):
        return True
    return not first < second <= 2100


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "resident": _resident,
    "resident-said": _resident_said,
    "international": _international,
    "digits": _digits,
    "service": _service,
}


def notes() -> dict[str, str]:
    """Each rule of redaction with what it is for."""
    found: dict[str, str] = {}
    for pattern in patterns():
        found.setdefault(pattern.rule_id, pattern.why)
    return found
