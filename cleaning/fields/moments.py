"""When: what a stamp on a page states, as a moment in UTC with how exactly and in which zone it is stated."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

FIRST_YEAR, LAST_YEAR = 1900, 2099


class Stamp(NamedTuple):
    """A date or a time of day as a line prints it. What is None stands elsewhere on the page, or nowhere."""

    kind: str = ""
    """`published`, `updated`, or '' where no word says which."""
    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    zone: str = ""
    """As printed, such as `KST` or `GMT+9`; '' where none is."""
    doubtful: bool = False
    """Day and month could be the other way round: `03/04/2025`, read here as 3 April."""

    @property
    def full(self) -> bool:
        """Whether it names a day and its year."""
        return self.year is not None and self.month is not None and self.day is not None


class Moment(NamedTuple):
    """A point in time and how it was stated."""

    at: datetime
    """Aware, in UTC. Midnight where only the day is stated; read as UTC where no zone is."""
    precision: str
    """`second`, `minute` or `day`; `month` or `year`, where no more is sure: the first day of it."""
    zone: str | None
    """As stated, such as `KST` or `+09:00`; None: none stated."""


@cache
def words() -> dict[str, Any]:
    """The tables of data/dates.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/dates.toml").read_text("utf-8"))


# `GMT+9`, `UTC+05:30`, `+0900`, `-05:00`
_OFFSET = re.compile(r"(?:GMT|UTC)?\s?([+\-\u2212])(\d{1,2}):?(\d{2})?", re.I)


def offset(zone: str, year: int, month: int, day: int) -> int | None:
    """Minutes east of Greenwich; None for a zone that is not known.

    `ET`, `CT`, `MT`, `PT` follow the rule of the United States since 2007 (summer time from the second
    Sunday in March to the first in November), to the day.

    >>> offset("KST", 2025, 9, 2), offset("GMT+5:30", 2025, 9, 2), offset("ET", 2025, 1, 2)
    (540, 330, -300)
    """
    name = zone.lower()
    tables = words()
    if name in tables["zones"]:
        return int(tables["zones"][name])
    if name in tables["zones_us"]:
        spring = 14 - date(year, 3, 14).isoweekday() % 7
        autumn = 7 - date(year, 11, 7).isoweekday() % 7
        summer = (3, spring) <= (month, day) < (11, autumn)
        return int(tables["zones_us"][name]) + 60 * summer
    if match := _OFFSET.fullmatch(zone):
        sign, hours, minutes = match.groups()
        east = int(hours) * 60 + int(minutes or 0)
        return (-east if sign != "+" else east) if east <= 14 * 60 else None
    return None


@lru_cache(8192)  # asked of a date when it is read, and again for its value; other pages have the same
def moment(stamp: Stamp) -> Moment | None:
    """A stamp that names a day, as a Moment; None where it does not, or where no such day exists.

    A zone that is not known is kept in `zone`, and the time read as UTC.

    >>> moment(Stamp("", 2025, 9, 2, 13, 45, zone="KST")).at.isoformat()
    '2025-09-02T04:45:00+00:00'
    """
    if stamp.year is None or stamp.month is None or stamp.day is None:
        return None
    if not FIRST_YEAR <= stamp.year <= LAST_YEAR:
        return None
    try:
        if stamp.hour is None:
            return Moment(datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC), "day", None)
        at = datetime(stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second or 0, tzinfo=UTC)
    except ValueError:
        return None
    east = offset(stamp.zone, stamp.year, stamp.month, stamp.day) if stamp.zone else None
    precision = "minute" if stamp.second is None else "second"
    return Moment(at - timedelta(minutes=east) if east else at, precision, stamp.zone or None)


_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:(?:T| |T )(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?\s?(Z|z|UTC|GMT|[+\-]\d{2}(?::?\d{2})?)?)?"
)
_RFC_2822 = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d{2}):(\d{2})(?::(\d{2}))?\s*([A-Z]{1,4}|[+\-]\d{4})?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Seconds since 1970 have 9 or 10 digits from 1973 to 2286; 13 digits are milliseconds.
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{13})")


def read_exact(value: str) -> Moment | None:
    """A moment written for machines: ISO 8601, RFC 2822, or seconds or milliseconds since 1970.

    >>> read_exact("2025-09-02T13:45:00+09:00").at.isoformat(), read_exact("2025-09-02").precision
    ('2025-09-02T04:45:00+00:00', 'day')
    >>> read_exact("Tue, 02 Sep 2025 13:45:00 GMT") == read_exact("2025-09-02 13:45:00 GMT")
    True
    """
    text = unicodedata.normalize("NFKC", value[:64]).strip()
    if match := _ISO.fullmatch(text):
        year, month, day, hour, minute, second, zone = match.groups()
        return _exact(int(year), int(month), int(day), hour, minute, second, zone)
    if match := _RFC_2822.fullmatch(text):
        day, name, year, hour, minute, second, zone = match.groups()
        if name.lower() in _MONTHS:
            return _exact(int(year), _MONTHS.index(name.lower()) + 1, int(day), hour, minute, second, zone)
        return None
    if match := _EPOCH.fullmatch(text):
        seconds = int(match[1]) if match[1] else int(match[2]) // 1000
        return Moment(datetime.fromtimestamp(seconds, UTC), "second", "UTC")
    return None


def _exact(
    year: int, month: int, day: int, hour: str | None, minute: str | None, second: str | None, zone: str | None
) -> Moment | None:
    return moment(
        Stamp(
            "", year, month, day, None if hour is None else int(hour), int(minute or 0),
            None if second is None else int(second), zone or "",
        )
    )  # fmt: skip
