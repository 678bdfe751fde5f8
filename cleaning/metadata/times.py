"""When an article was published and when updated: as its record says, else its lines, else its address."""

from __future__ import annotations

import re
from typing import NamedTuple

from cleaning.fields.dates import scan
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.moments import Moment, Stamp, moment, read_exact
from cleaning.metadata.page import Page


class Timed(NamedTuple):
    """A moment with where it is from."""

    moment: Moment
    line_no: int
    rule: str


class _Stated(NamedTuple):
    stamp: Stamp
    line_no: int
    rule: str


def read_times(page: Page) -> tuple[Timed | None, Timed | None]:
    """When it was published and when updated: as the record says, else the page, else the address."""
    published, updated = _given_time(page, "published"), _given_time(page, "updated")
    if published is not None:
        return published, updated
    stated = _stamps(page)
    published = _timed(_first(stated, "published") or _first(stated, ""))
    if updated is None:
        updated = _timed(_first(stated, "updated"))
    if published is None and (day := address_day(page.url)) is not None:
        published = _timed(_Stated(day, 0, "fields.date.address"))
    return published, updated


def _timed(stated: _Stated | None) -> Timed | None:
    if stated is None or (found := moment(stated.stamp)) is None:
        return None
    return Timed(found, stated.line_no, stated.rule)


def _given_time(page: Page, field: str) -> Timed | None:
    """A date of the record. What cannot be read, or could be two days, is as if it were not given."""
    value = page.given.get(field, "")
    found = read_exact(value) if value else None
    if found is None and value and (line := scan(value[:200])):
        full = next((stamp for stamp in line.stamps if stamp.full), None)
        sure = _sure(full, _month_first(page)) if full is not None else None
        found = moment(sure) if sure is not None else None
    return Timed(found, 0, f"record.{field}") if found is not None else None


def _stamps(page: Page) -> list[_Stated]:
    """Every date that the labelled lines state, in page order, with what is left out filled in from beside it."""
    stated: list[_Stated] = []
    seen: set[int] = set()
    for label in sorted([*page.of("date"), *page.of("byline")], key=lambda one: one.row):
        if label.row in seen:
            continue
        seen.add(label.row)
        stated += [
            _Stated(stamp, page.no(label.row), label.rule_id)
            for stamp in read_field_line(page.lines.text(label.row)).stamps
        ]
    if not stated:
        return []
    order = None
    if any(one.stamp.doubtful for one in stated):
        order = _order(page, [one.stamp for one in stated])
        if order is None:
            stated = [one for one in stated if not one.stamp.doubtful]
    stated = [one._replace(stamp=_sure(one.stamp, order) or one.stamp) for one in stated]
    base = next((one.stamp for one in stated if one.stamp.full), None) or address_day(page.url)
    if base is None:
        return []
    return [_filled(one, base, stated) for one in stated if one.stamp.full or one.stamp.kind]


def _filled(one: _Stated, base: Stamp, stated: list[_Stated]) -> _Stated:
    """A date without a year or a time without a date takes it from the page's first date; a day, its time."""
    stamp = one.stamp
    if not stamp.full:
        same_day = (
            stamp._replace(year=base.year)
            if stamp.month
            else stamp._replace(year=base.year, month=base.month, day=base.day)
        )
        return one._replace(stamp=same_day)
    if stamp.hour is not None:
        return one
    for other in stated:
        beside = abs(other.line_no - one.line_no) <= 3 and other.stamp.kind in ("", stamp.kind)
        if beside and other.stamp.hour is not None and (other.stamp.month is None or other.stamp[1:4] == stamp[1:4]):
            clock = other.stamp
            return one._replace(
                stamp=stamp._replace(hour=clock.hour, minute=clock.minute, second=clock.second, zone=clock.zone)
            )
    return one


def _first(stated: list[_Stated], kind: str) -> _Stated | None:
    return next((one for one in stated if one.stamp.kind == kind and one.stamp.full), None)


def _sure(stamp: Stamp, month_first: bool | None) -> Stamp | None:
    """The stamp with day and month the right way round; None where nobody can tell."""
    if not stamp.doubtful:
        return stamp
    if month_first is None:
        return None
    if month_first:
        return stamp._replace(month=stamp.day, day=stamp.month, doubtful=False)
    return stamp._replace(doubtful=False)


def _order(page: Page, stamps: list[Stamp]) -> bool | None:
    """Whether this page puts the month first: by a date that is sure and the same, by its address, by its site."""
    sure = {stamp[1:4] for stamp in stamps if stamp.full and not stamp.doubtful}
    if (day := address_day(page.url)) is not None:
        sure.add(day[1:4])
    for stamp in stamps:
        if stamp.doubtful and stamp.full:
            if stamp[1:4] in sure:
                return False
            if (stamp.year, stamp.day, stamp.month) in sure:
                return True
    return any(stamp.zone in _AMERICAN for stamp in stamps) or _month_first(page)


_AMERICAN = frozenset(("ET", "CT", "MT", "PT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"))
_HOST = re.compile(r"^(?:[a-z]+:)?//([^/?#:@]{1,250})", re.I)
_MONTH_FIRST_DOMAINS = frozenset(("us", "gov", "edu", "mil"))
_ENGLISH = re.compile(r"\b(?:the|of|and|to|in)\b", re.I)


def _month_first(page: Page) -> bool | None:
    """By the country of the address; else text that is not English puts the day first; else nobody can tell."""
    host = _HOST.match(page.url)
    domain = host[1].rsplit(".", 1)[-1].lower() if host else ""
    if domain in _MONTH_FIRST_DOMAINS:
        return True
    if len(domain) == 2 and domain not in ("io", "tv", "co", "me", "ai"):
        return False
    sample = " ".join(page.lines.text(row)[:400] for row in page.rows[:20])[:2000]
    return None if len(_ENGLISH.findall(sample)) * 40 > len(sample) / 6 else False


_IN_ADDRESS = re.compile(
    r"[/_\-=]((?:19|20)\d\d)([/\-_]?)(0[1-9]|1[0-2]|[1-9])\2(0[1-9]|[12]\d|3[01]|[1-9])(?:[/_\-.?&]|$)"
)


def address_day(url: str) -> Stamp | None:
    """A date in the address of a page: `/2025/09/02/`, `/20250902-`.

    >>> address_day("https://example.com/2025/09/02/bridge")[1:4]
    (2025, 9, 2)
    """
    for match in _IN_ADDRESS.finditer(url[:500]):
        year, sign, month, day = match.groups()
        if sign or (len(month) == 2 and len(day) == 2):
            stamp = Stamp("", int(year), int(month), int(day))
            return stamp if moment(stamp) is not None else None
    return None
