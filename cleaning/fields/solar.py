"""Days of the solar calendar of Iran, as Persian pages print them, in that of Gregory."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from cleaning.fields.moments import words

# Leap days of a cycle of years, as the arithmetic calendar has them: right to the day in the years that are read here.
_CYCLE, _LEAP = 33, 8
_FIRST, _LAST = 1300, 1499
_DAYS = 365
# From this count of days to that of Python: 1 Farvardin 1404 is 21 March 2025.
_SHIFT = 356_033


@cache
def _written() -> re.Pattern[str]:
    """`۲۱ اردیبهشت ۱۴۰۴`, `۱۴۰۴/۰۲/۲۱`."""
    months = "|".join(words()["words"]["solar"])
    named, figures = rf"(\d{{1,2}}) ({months})(?: ماه)? (\d{{4}})", r"([1۱١][34۳۴٣٤]\d\d)([/-])(\d{1,2})\5(\d{1,2})"
    return re.compile(rf"(?<![\d/-])(?:{named}|{figures})(?![\d/-])")


def in_gregorian(text: str) -> str:
    """A text with each day of the solar calendar as `2025-05-11`; such as cannot be are left alone.

    >>> in_gregorian("تاریخ انتشار: ۲۱ اردیبهشت ۱۴۰۴ - ۱۰:۳۵")
    'تاریخ انتشار: 2025-05-11 - ۱۰:۳۵'
    """
    return _written().sub(_turned, text)


def _turned(found: re.Match[str]) -> str:
    if found[2]:
        year, month, day = int(found[3]), words()["words"]["solar"].index(found[2]) + 1, int(found[1])
    else:
        year, month, day = int(found[4]), int(found[6]), int(found[7])
    if not (_FIRST <= year <= _LAST and 1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
        return found[0]
    if (month, day) == (12, 30) and gregorian(year, 12, 30) == gregorian(year + 1, 1, 1):
        return found[0]  # no leap year
    return gregorian(year, month, day).isoformat()


def gregorian(year: int, month: int, day: int) -> date:
    """The day of a year from 1300 to 1499.

    >>> gregorian(1404, 1, 1), gregorian(1399, 12, 30)
    (datetime.date(2025, 3, 21), datetime.date(2021, 3, 20))
    """
    past = year + 1595
    days = _DAYS * past + past // _CYCLE * _LEAP + (past % _CYCLE + 3) // 4
    within = (month - 1) * 31 if month < 7 else (month - 7) * 30 + 186
    return date.fromordinal(days + within + day - _SHIFT)
