"""`3 hours ago`, `vor 2 Tagen`, `어제`: a moment for those who know when the page was read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache

from cleaning.fields.datewords import tokens
from cleaning.fields.moments import Moment, words

# Minutes of a unit, and how exactly a moment is known that is stated in it.
_UNITS = {
    "second": (1 / 60, "minute"), "minute": (1, "minute"), "hour": (60, "day"), "day": (60 * 24, "day"),
    "week": (60 * 24 * 7, "month"), "month": (60 * 24 * 30.44, "month"), "year": (60 * 24 * 365.25, "year"),
}  # fmt: skip
# A page says no larger number of a unit; what does counts something else.
_MOST = 1000
_NUMBER = re.compile(r"\d{1,4}")


@cache
def _units() -> dict[str, str]:
    return {word: unit for unit, some in words()["relative"]["units"].items() for word in some}


@cache
def _days() -> dict[str, int]:
    relative = words()["relative"]
    return dict.fromkeys(relative["today"], 0) | dict.fromkeys(relative["yesterday"], 1)


def read_relative(text: str, read_at: datetime) -> Moment | None:
    """When that was what a line says of a moment ago; None where it says nothing of the kind.

    `read_at`: when the page was read, aware. What is stated in hours is known to the day, in weeks to the month.

    >>> from datetime import UTC
    >>> at = datetime(2025, 9, 2, 1, 30, tzinfo=UTC)
    >>> read_relative("Updated 3 hours ago", at).at.isoformat(), read_relative("어제", at).precision
    ('2025-09-01T22:30:00+00:00', 'day')
    """
    line = tokens(text[:300])
    for i in range(line.size):
        if (number := line.short(i, 4)) >= 0 and number <= _MOST:
            unit, behind = _unit(line.text, i + 1, line.size)
            if unit and ("ago" in line.roles[behind] or _ago_before(line.roles, line.behind, i)):
                minutes, precision = _UNITS[unit]
                return _past(read_at, number * minutes, precision)
        if "today" in line.roles[i]:
            phrase = " ".join(line.text[i : line.behind[i]])
            if phrase in _days():
                return _past(read_at, 60 * 24 * _days()[phrase], "day")
    return None


def _unit(text: list[str], i: int, size: int) -> tuple[str, int]:
    """The unit whose name stands at i, and where what follows it begins; it may be run on to a word for `ago`."""
    if i >= size:
        return "", i
    if text[i] in _units():
        return _units()[text[i]], i + 1
    for length in range(len(text[i]) - 1, 0, -1):
        if text[i][:length] in _units() and text[i][length:] in ("전", "前"):
            return _units()[text[i][:length]], i
    return "", i


def _ago_before(roles: list[frozenset[str]], behind: list[int], i: int) -> bool:
    """Whether a word for `ago` ends right before i: `vor`, `il y a`."""
    return any("ago" in roles[at] and behind[at] == i for at in range(max(0, i - 4), i))


def _past(read_at: datetime, minutes: float, precision: str) -> Moment | None:
    try:
        at = read_at - timedelta(minutes=minutes)
    except OverflowError:
        return None
    if precision == "day" and minutes >= 60 * 24:
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
    elif precision == "month":
        at = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    elif precision == "year":
        at = at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    else:
        at = at.replace(second=0, microsecond=0)
    return Moment(at, precision, None)
