"""When an article was published and when updated: as its record says, else its lines, its address, its dateline."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from cleaning.fields.datelines import dateline_day
from cleaning.fields.dates import scan
from cleaning.fields.datewords import vocabulary
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.moments import FIRST_YEAR, LAST_YEAR, Moment, Stamp, moment, read_exact
from cleaning.fields.relative import read_relative
from cleaning.metadata.dayorder import address_day, month_first
from cleaning.metadata.page import Page, who_says


class Timed(NamedTuple):
    """A moment with where it is from."""

    moment: Moment
    line_no: int
    rule: str


class Times(NamedTuple):
    """When an article was published and updated, and what its reader should know of that."""

    published: Timed | None
    updated: Timed | None
    flags: tuple[tuple[str, str], ...] = ()
    """Names of flags with their evidence."""


class _Stated(NamedTuple):
    stamp: Stamp
    line_no: int
    rule: str


_GIVEN = frozenset(("crawled", "published", "updated"))
# A date later than this after its page was read is not the page's.
_AHEAD = timedelta(days=1)
# Two dates further apart than this are of different days in every zone.
_APART = timedelta(hours=38)


def read_times(page: Page) -> Times:
    """When it was published and when updated: as the record says, else the page, the address, the dateline.

    What is stated only as `3 hours ago` counts where the record says when the page was read (`crawled`); what lies
    more than a day after that does not. A day that could be another with its month is kept to the year.
    """
    flags: dict[str, str] = {}
    crawled = given = updated = latest = None
    if not _GIVEN.isdisjoint(page.given):
        crawled = _given_time(page, "crawled", None, flags)
        latest = crawled.moment.at + _AHEAD if crawled else None
        given = _given_time(page, "published", latest, flags)
        updated = _given_time(page, "updated", latest, flags)
    if given is not None and not page.of("date") and not page.of("byline"):
        return Times(given, updated, tuple(flags.items()))
    stated, doubtful = _stamps(page)
    own, on_update = _moments(stated, latest, flags) if stated else (None, None)
    if own is None and crawled is not None:
        own = _ago(page, crawled.moment.at)
    if own is None and doubtful:
        own = _to_the_year(doubtful, latest, flags if given is None else {})
    sure = own is not None and own.moment.precision not in ("month", "year")
    if sure and given is not None and own is not None and abs(given.moment.at - own.moment.at) > _APART:
        said = f"{who_says(given.line_no)} says {_day(given)}, line {own.line_no} says {_day(own)}"
        flags["contradicts-page"] = f"published: {said}"
    published = given or own
    if published is None and (day := address_day(page.url)) is not None:
        published = _timed(_Stated(day, 0, "fields.date.address"), latest, flags)
    if published is None:
        published = _of_dateline(page, latest, flags)
    return Times(published, updated or on_update, tuple(flags.items()))


def _of_dateline(page: Page, latest: datetime | None, flags: dict[str, str]) -> Timed | None:
    """The day with its year that the head of the text states: `STRASBOURG, 23 Oct 2026. A bell`."""
    for row in page.opening:
        if (stamp := dateline_day(page.texts[row])) is not None:
            return _timed(_Stated(stamp, page.numbers[row], "fields.dateline"), latest, flags)
    return None


def _day(timed: Timed) -> str:
    return timed.moment.at.date().isoformat()


def _timed(stated: _Stated, latest: datetime | None, flags: dict[str, str]) -> Timed | None:
    if (found := moment(stated.stamp)) is None:
        return None
    if latest is not None and found.at > latest:
        where = f"line {stated.line_no}" if stated.line_no else "the record or its address"
        flags["date-in-future"] = f"{where} says {found.at.date()}, after the page was read"
        return None
    return Timed(found, stated.line_no, stated.rule)


def _given_time(page: Page, field: str, latest: datetime | None, flags: dict[str, str]) -> Timed | None:
    """A date of the record. What cannot be read is as if it were not given, and flagged."""
    own = page.given.get(field)
    if own is None:
        return None
    value, found = own.value, read_exact(own.value)
    if found is None and (line := scan(value[:200])):
        full = next((stamp for stamp in line.stamps if stamp.full), None)
        if full is not None and full.doubtful:
            order = month_first(page, [full])
            if order is None:
                return _to_the_year([_Stated(full, own.line_no, own.rule)], latest, flags)
            full = _sure(full, order)
        found = moment(full) if full is not None else None
    if found is None or not FIRST_YEAR <= found.at.year <= LAST_YEAR:
        flags["date-unreadable"] = f"{field}: no date can be read from '{value[:60]}'"
        return None
    if latest is not None and found.at > latest:
        flags["date-in-future"] = f"{who_says(own.line_no)}: {field} is {found.at.date()}, after the page was read"
        return None
    return Timed(found, own.line_no, own.rule)


def _ago(page: Page, crawled: datetime) -> Timed | None:
    """`3 hours ago`, on a line of which a rule says that it tells when."""
    for label in page.of("date"):
        if (found := read_relative(page.text(label.row), crawled)) is not None:
            return Timed(found, page.no(label.row), label.rule_id)
    return None


def _to_the_year(doubtful: list[_Stated], latest: datetime | None, flags: dict[str, str]) -> Timed | None:
    """Of a day that could be another with its month only the year is sure."""
    stamp = doubtful[0].stamp
    if stamp.year is None:
        return None
    flags["date-ambiguous"] = f"{stamp.year}: {stamp.day}/{stamp.month} could be a day and its month either way round"
    found = _timed(doubtful[0]._replace(stamp=Stamp(stamp.kind, stamp.year, 1, 1)), latest, flags)
    return found._replace(moment=found.moment._replace(precision="year")) if found is not None else None


def _stamps(page: Page) -> tuple[list[_Stated], list[_Stated]]:
    """Every date that the labelled lines state, in page order, with what is left out filled in from beside it; and
    those whose day could be another with its month.
    """
    stated: list[_Stated] = []
    labels = page.by_kind.get("date", [])
    if bylines := page.by_kind.get("byline"):  # most date lines have no other label, and most bylines are no date lines
        labels = sorted([*labels, *bylines], key=_row) if labels else bylines
    before = -1
    for row, _, rule, _ in labels:
        if row != before and (stamps := read_field_line(page.texts[row]).stamps):
            if len(stamps) == 1 and not stamps[0].kind and row > page.rows.start:
                stamps = (stamps[0]._replace(kind=_kind_above(page.texts[row - 1])),)
            stated += [_Stated(stamp, page.numbers[row], rule) for stamp in stamps]
        before = row
    if not stated:
        return [], []
    if len(stated) == 1 and stated[0].stamp.full and not stated[0].stamp.doubtful:
        return stated, []
    order, doubtful = None, list[_Stated]()
    if any(one.stamp.doubtful for one in stated):
        order = month_first(page, [one.stamp for one in stated])
        if order is None:
            doubtful = [one for one in stated if one.stamp.doubtful and one.stamp.full]
            stated = [one for one in stated if not one.stamp.doubtful]
    stated = [one._replace(stamp=_sure(one.stamp, order) or one.stamp) for one in stated]
    base = next((one.stamp for one in stated if one.stamp.full), None) or address_day(page.url)
    if base is None:
        return [], doubtful
    return [_filled(one, base, stated) for one in stated if one.stamp.full or one.stamp.kind], doubtful


def _kind_above(text: str) -> str:
    """What a line of nothing else says of the date under it: `Last updated`, `수정일 :`."""
    if len(text) > _KIND:
        return ""
    roles = vocabulary()[0].get(text.strip(" \t:：").lower(), _NO_WORD)[0]
    return next((kind for kind in ("published", "updated") if kind in roles), "")


# Characters of a word for what happened then, at most.
_KIND = 30
_NO_WORD: tuple[frozenset[str], int] = (frozenset(), 0)
_row = itemgetter(0)


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


def _moments(
    stated: list[_Stated], latest: datetime | None, flags: dict[str, str]
) -> tuple[Timed | None, Timed | None]:
    """The first moment of publication, else the first of which no word says what happened; the first of an update."""
    if len(stated) == 1:  # of most pages
        one = stated[0]
        found = _timed(one, latest, flags) if one.stamp.full else None
        return (None, found) if one.stamp.kind == "updated" else (found, None)
    published = any_kind = updated = None
    if full := [one for one in stated if one.stamp.full]:
        published, any_kind, updated = (_first(full, kind, latest, flags) for kind in ("published", "", "updated"))
    return published or any_kind, updated


def _first(stated: list[_Stated], kind: str, latest: datetime | None, flags: dict[str, str]) -> Timed | None:
    for one in stated:
        if one.stamp.kind == kind and (found := _timed(one, latest, flags)) is not None:
            return found
    return None


def _sure(stamp: Stamp, is_month_first: bool | None) -> Stamp | None:
    """The stamp with day and month the right way round; None where nobody can tell."""
    if not stamp.doubtful:
        return stamp
    if is_month_first is None:
        return None
    if is_month_first:
        return stamp._replace(month=stamp.day, day=stamp.month, doubtful=False)
    return stamp._replace(doubtful=False)
