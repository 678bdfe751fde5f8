"""Whether a page puts the month or the day first, and the day that its address says."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.moments import Stamp, moment, words
from cleaning.metadata.page import Page


def month_first(page: Page, stamps: list[Stamp]) -> bool | None:
    """Whether this page puts the month first: by a date that is sure and the same, by the weekday beside it, by the
    zone of its clock, by the address, by its site; None where nobody can tell.
    """
    sure = {stamp[1:4] for stamp in stamps if stamp.full and not stamp.doubtful}
    if (day := address_day(page.url)) is not None:
        sure.add(day[1:4])
    for stamp in stamps:
        if stamp.doubtful and stamp.full:
            if stamp[1:4] in sure:
                return False
            if (stamp.year, stamp.day, stamp.month) in sure:
                return True
    doubtful = [stamp for stamp in stamps if stamp.doubtful and stamp.full]
    if (found := _by_weekday(page, doubtful)) is not None or (found := _by_month(page.url, doubtful)) is not None:
        return found
    zones = {stamp.zone.lower() for stamp in stamps if stamp.zone}
    if not zones.isdisjoint(_order()["month_first_zones"]):
        return True
    return False if not zones.isdisjoint(_order()["day_first_zones"]) else _by_site(page)


def _by_weekday(page: Page, doubtful: list[Stamp]) -> bool | None:
    """Whether the month stands first where a weekday stands on the line of a date: `Tuesday 10/06/2025`."""
    for label in page.of("date") if doubtful else ():
        text = page.text(label.row)
        if (match := _WEEKDAY.search(text)) is None:
            continue
        named = _WEEKDAYS.index(match[1].lower())
        for stamp in read_field_line(text).stamps:
            if stamp in doubtful and stamp.year and stamp.month and stamp.day:
                day_first = date(stamp.year, stamp.month, stamp.day).weekday() == named
                if day_first != (date(stamp.year, stamp.day, stamp.month).weekday() == named):
                    return not day_first
    return None


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})(?:s|nes|rs|ur|urs)?(?:day)?\b", re.I)


def _by_month(url: str, doubtful: list[Stamp]) -> bool | None:
    """Whether the month stands first, by a year and month in the address: `/2025/06/`, `/2025/june/`."""
    for match in _with_months(_MONTH_IN_ADDRESS).finditer(url[:500]):
        month = int(match[2]) if match[2].isdigit() else _months()[match[2].lower()]
        for stamp in doubtful:
            if stamp.year == int(match[1]) and month in (stamp.month, stamp.day):
                return month == stamp.day
    return None


@cache
def _order() -> dict[str, frozenset[str]]:
    """Zones and domains by which order their clocks and countries have."""
    return {name: frozenset(some) for name, some in words()["order"].items()}


@cache
def _months() -> dict[str, int]:
    """English names of months in small letters, long and short."""
    return {name: number for number, names in enumerate(words()["months"]["en"], 1) for name in names}


@cache
def _with_months(pattern: str) -> re.Pattern[str]:
    """A pattern with the names of months, the longer before the shorter, for MONTHS."""
    return re.compile(pattern.replace("MONTHS", "|".join(sorted(_months(), key=len, reverse=True))), re.I)


_HOST = re.compile(r"^(?:[a-z]+:)?//([^/?#:@]{1,250})", re.I)
# `30 September 2025`, as no American writes; and what stands in American texts alone.
_DAY_BEFORE_MONTH = r"\b(?:[12]?\d|3[01])(?:st|nd|rd|th)? (?:MONTHS) (?:19|20)\d\d\b"
_IN_AMERICA = re.compile(
    r"\b(?:a\.m\.|p\.m\.|am|pm) (?:[ECMP][SD]?T)\b|\((?:NYSE|NASDAQ|Nasdaq)\b"
    r"|, [A-Z][a-z]+\.?(?:--|\s)\(BUSINESS WIRE\)"
)
_ENGLISH = re.compile(r"\b(?:the|of|and|to|in)\b", re.I)


def _by_site(page: Page) -> bool | None:
    """By the country of the address; else text that is not English puts the day first; else nobody can tell."""
    by_country = _month_first_in(page.url)
    if by_country is not None:
        return by_country
    sample = " ".join(page.text(row)[:400] for row in page.rows[:20])[:2000]
    if _with_months(_DAY_BEFORE_MONTH).search(sample):
        return False
    if _IN_AMERICA.search(sample):
        return True
    return None if len(_ENGLISH.findall(sample)) * 40 > len(sample) / 6 else False


def _month_first_in(url: str) -> bool | None:
    """Whether the country of an address puts the month first; None where the address names none."""
    host = _HOST.match(url)
    domain = host[1].rsplit(".", 1)[-1].lower() if host else ""
    if domain in _order()["month_first_domains"]:
        return True
    return False if len(domain) == 2 and domain not in _order()["anybodys_domains"] else None


_YEAR = re.compile(r"[/_\-=](?:19|20)\d\d")
_IN_ADDRESS = re.compile(
    r"[/_\-=]((?:19|20)\d\d)([/\-_]?)(0[1-9]|1[0-2]|[1-9])\2(0[1-9]|[12]\d|3[01]|[1-9])(?:[/_\-.?&]|$)"
)


_MONTH_NAMED = r"/((?:19|20)\d\d)/(MONTHS)/(0[1-9]|[12]\d|3[01]|[1-9])(?:/|$)"
_MONTH_IN_ADDRESS = r"[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2]|MONTHS)(?=[/_-])"
_DAY_FIRST = re.compile(r"/(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/((?:19|20)\d\d)(?:/|$)")


def address_day(url: str) -> Stamp | None:
    """A date in the address of a page: `/2025/09/02/`, `/20250902-`, `/2025/sep/02/`, and `/02/09/2025/` where that is
    sure to be a day.

    >>> address_day("https://example.com/2025/09/02/bridge")[1:4]
    (2025, 9, 2)
    >>> address_day("https://example.com/town/2024/jul/05/bridge")[1:4]
    (2024, 7, 5)
    >>> address_day("https://example.com/23/09/2025/bridge")[1:4], address_day("https://example.com/02/09/2025/bridge")
    ((2025, 9, 23), None)
    """
    if _YEAR.search(url, 0, 500) is None:  # each of the others has one
        return None
    for match in _IN_ADDRESS.finditer(url[:500]):
        year, sign, month, day = match.groups()
        if sign or (len(month) == 2 and len(day) == 2):
            stamp = Stamp("", int(year), int(month), int(day))
            return stamp if moment(stamp) is not None else None
    if (found := _with_months(_MONTH_NAMED).search(url[:500])) is not None:
        stamp = Stamp("", int(found[1]), _months()[found[2].lower()], int(found[3]))
        return stamp if moment(stamp) is not None else None
    if (found := _DAY_FIRST.search(url[:500])) is not None:
        day, month = int(found[1]), int(found[2])
        if day > 12 or day == month or _month_first_in(url) is False:
            stamp = Stamp("", int(found[3]), month, day)
            return stamp if moment(stamp) is not None else None
    return None
