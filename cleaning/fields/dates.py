"""Lines that say when: a small grammar over the words of data/dates.toml, for 22 languages.

It reads short lines only, and leaves it to its caller to look at what else stands on the line: a date
inside a sentence is never a date line, because the rest of the sentence is left over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from typing import NamedTuple

from cleaning.fields.dategrammar import read_date, read_time, says_nothing
from cleaning.fields.datewords import CLOCK_WORDS, Tokens, may_tell_time, strange_words, tokens, vocabulary
from cleaning.fields.moments import Stamp, words
from cleaning.fields.plaindates import read_plain
from cleaning.fields.solar import in_gregorian

# A longer line is a paragraph or a menu: never a date line. So is one with more words that are strange to
# dates than a byline with five names has.
MAX_CHARS, MAX_STRANGE = 220, 12


class DateLine(NamedTuple):
    """What a line says of time, and what else it says."""

    stamps: tuple[Stamp, ...]
    """In the order of the line."""
    relative: bool
    """It says `3 hours ago` or `today`: when, but only to who knows when it was read."""
    rest: tuple[str, ...]
    """The pieces of the line between and around the dates, as printed."""


_DIGIT = re.compile(r"\d")
# Figures of the Persian and Arabic pages that may have days of the solar calendar.
_ARABIC = re.compile("[\u0660-\u0669\u06f0-\u06f9]")


# Several labelers ask this of the same short lines, and so does who reads their values.
@lru_cache(maxsize=16_384)
def scan(text: str) -> DateLine | None:
    """Read a short line for dates, times and counts; None for one that has none, and for a long one.

    >>> line = scan("By Ann Lee Posted : September 2, 2025, 13:45 KST")
    >>> line.rest, line.stamps[0][:6], line.stamps[0].zone
    (('By Ann Lee',), ('published', 2025, 9, 2, 13, 45), 'KST')
    >>> scan("Ten years after the flood")
    """
    if len(text) > MAX_CHARS or not _DIGIT.search(text):
        return None
    if (stamp := read_plain(text)) is not None:
        return DateLine((stamp,), False, ())
    return scan_words(text)


# `Di 02.09.25`, `mar 02 septiembre 2025`: a weekday that is a small word or a month elsewhere.
_WEEKDAY_FIRST = re.compile(r"(?:di|mar)[.,]?\s+(\d{1,2})(?:\.\s?\d|\s+(?:de\s+)?([^\W\d_]{3,12}))", re.I)


def _without_weekday(plain: str) -> str:
    match = _WEEKDAY_FIRST.match(plain)
    if match is None:
        return plain
    known = vocabulary()[0].get((match[2] or "").lower())
    return plain[match.start(1) :] if match[2] is None or (known is not None and known[1]) else plain


@cache
def _signs() -> re.Pattern[str]:
    """The sign of a day, an hour or a minute before a word that says what happened then."""
    told = [word for some in words()["kinds"].values() for word in some if word[0] > "\u3400" and " " not in word]
    return re.compile(rf"(?<=\d)([日時时点點分秒일분])(?={'|'.join(sorted(told, key=len, reverse=True))})")


def _run_on(plain: str) -> str:
    """A line with a space between such a sign and such a word, which are printed without: they are one token else.

    >>> _run_on("2025年3月4日18時40分配信"), _run_on("3日前")
    ('2025年3月4日18時40分 配信', '3日前')
    """
    return _signs().sub(r"\1 ", plain)


def scan_words(text: str) -> DateLine | None:
    """The same by the grammar alone, for any line with a digit of no more than MAX_CHARS characters."""
    plain = text if text.isascii() else _run_on(unicodedata.normalize("NFKC", text).replace("元年", "1年"))
    if _ARABIC.search(plain):
        plain = in_gregorian(plain)
    plain = _without_weekday(plain)
    if not may_tell_time(plain) or (len(plain) > 60 and strange_words(plain) > MAX_STRANGE):
        return None
    items = list(_items(tokens(plain)))
    kinds = {item.what for item in items}
    if not kinds & {"date", "time", "ago", "today", "count"}:
        return None
    return DateLine(tuple(_stamps(items)), bool(kinds & {"ago", "today"}), tuple(_rest(items, plain)))


class _Item(NamedTuple):
    what: str
    """`date`, `time`, `kind`, `ago`, `today`, `count`, `fill`, `mark` or `rest`."""
    stamp: Stamp
    start: int
    end: int


_item: Callable[[tuple[str, Stamp, int, int]], _Item] = partial(tuple.__new__, _Item)
"""An item of its four parts, in a third of the time: of most lines there are many, and nothing comes of them."""
_NONE = Stamp()
_FILLS = frozenset(("fill", "weekday", "zone", "counted", "am", "pm"))


def _items(line: Tokens) -> Iterator[_Item]:
    i, before = 0, ""
    size, text, roles, number, month = line.size, line.text, line.roles, line.number, line.month
    start, ends = line.start, line.end
    while i < size:
        what, end, stamp = "rest", i + 1, _NONE
        word, some = text[i], roles[i]
        if not some and not month[i] and (number[i] < 0 or says_nothing(line, i)):
            if len(word) == 1 and not word.isalnum():
                what = "mark"
            elif word == "t" and before == "date" and line.joined(i) and number[i + 1] >= 0:
                what = "fill"  # of ISO 8601
            else:  # with the words behind it that mean nothing either
                while end < size and len(text[end]) > 1 and number[end] < 0 and not roles[end] and not month[end]:
                    end += 1
        elif dated := read_date(line, i):
            what, (stamp, end) = "date", dated
        elif timed := read_time(line, i, before in ("date", "kind") or (i > 0 and text[i - 1] in CLOCK_WORDS)):
            what, (stamp, end) = "time", timed
        elif passed := _passed(line, i):
            what, end = passed
        elif "published" in some or "updated" in some:
            what, end = "kind", line.behind[i]
            stamp = Stamp("published" if "published" in some else "updated")
        elif "today" in some:
            what, end = "today", line.behind[i]
        elif some & _FILLS:
            what, end = "fill", line.behind[i]
        if what not in ("mark", "fill", "count"):
            before = what
        yield _item((what, stamp, start[i], ends[end - 1]))
        i = end


def _passed(line: Tokens, i: int) -> tuple[str, int] | None:
    """`3 hours ago`, `vor 3 Stunden`; or a count such as `2 min`, `12 comments`, `views: 40`."""
    if (end := line.has(i, "counted")) and line.short(line.skip(end, (":",)), 6) >= 0:
        number = line.skip(end, (":",))
        if read_date(line, number) is None:  # `Published time: 2025-03-04`
            return "count", line.has(number + 1, "unit") or number + 1
    first = line.has(i, "ago")
    number = first or i
    if line.short(number, 6) < 0:
        return None
    unit = line.has(number + 1, "unit")
    last = line.has(unit or number + 1, "ago")
    if (first and unit) or last:
        return "ago", last or unit
    end = unit or line.has(number + 1, "counted")
    return ("count", line.has(end + (line.text[end] in (".", "-")), "counted") or end) if end else None


def _stamps(items: list[_Item]) -> Iterator[Stamp]:
    """Dates with the times beside them, and the kind that the word before them (or behind them) gives."""
    told = [item for item in items if item.what in ("date", "time", "kind", "ago", "today")]
    if len(told) == 1 and told[0].what in ("date", "time"):
        yield told[0].stamp
        return
    if len(told) == 2 and told[0].what == "kind" and told[1].what in ("date", "time"):
        yield told[1].stamp._replace(kind=told[0].stamp.kind)
        return
    if any(item.what == "today" for item in told) and any(item.what == "date" for item in told):
        # `Updated: today, 11 July 2025, 09:20`; but `was published today (Nov. 18) in`
        told = [item for item in told if item.what != "today" or any(other.what == "rest" for other in items)]
    said = [item.what for item in items if item.what not in ("mark", "fill", "count")]
    first = next((what for what in said if what != "rest"), "")  # `佐藤美和 10月5日 7時（10月5日 9時更新）`
    if said.count("date") > 1 and said[-1] == "rest":
        said.pop()  # `2025年3月4日 15:05 (2025年3月4日 17:10更新) [会員限定記事]`
    behind = first in ("date", "time") and said[-1] == "kind"
    if behind:
        told.reverse()
    kind, date, time = "", None, None
    stamps: list[Stamp] = []
    for item in [*told, _Item("end", _NONE, 0, 0)]:
        closes = item.what in ("kind", "end") or (item.what == "date" and date is not None)
        closes = closes or (item.what == "time" and time is not None)
        if closes and (date is not None or time is not None):
            stamps.append(_joined(kind, date, time))
            date = time = None
        if item.what == "kind":
            kind = item.stamp.kind
        elif item.what == "date":
            date = item.stamp
        elif item.what == "time":
            time = item.stamp
        elif item.what in ("ago", "today"):
            kind = ""
    if behind:
        stamps.reverse()
        if said.count("kind") == 1 and said.count("date") > 1:  # `2025/11/4 10:25 (11/4 11:02 更新)`
            stamps = [*(stamp._replace(kind="") for stamp in stamps[:-1]), stamps[-1]]
    full = [stamp for stamp in stamps if stamp.full]
    yield from (_dated(stamp, full) for stamp in stamps)


def _joined(kind: str, date: Stamp | None, time: Stamp | None) -> Stamp:
    if date is None or time is None:
        return (date or time or _NONE)._replace(kind=kind)
    return time._replace(kind=kind, year=date.year, month=date.month, day=date.day, doubtful=date.doubtful)


def _dated(stamp: Stamp, full: list[Stamp]) -> Stamp:
    """What a stamp leaves out, another on its line may say: `14 May 2025 10:05 Updated 14:20`."""
    if stamp.full or not full:
        return stamp
    of = full[0]
    if stamp.month is None:
        return stamp._replace(year=of.year, month=of.month, day=of.day, doubtful=of.doubtful)
    return stamp._replace(year=of.year)


@cache
def _weekdays() -> frozenset[str]:
    """Those that are no short words of other meaning too."""
    return frozenset(word for word in words()["words"]["weekday"] if len(word) > 2 or word[0] in "周週")


_EDGE = " \t\u3000:;,.|/\\-–—•·∙>»<«()[]{}~*+_▲▼■●▶⏱"


def _rest(items: list[_Item], plain: str) -> Iterator[str]:
    """What stands between the dates, without marks and small words at its ends."""
    run: list[_Item] = []
    for item in [*items, _Item("date", _NONE, 0, 0)]:
        if item.what in ("rest", "fill", "mark"):
            run.append(item)
            continue
        # `By Ann Lee on`; but the `D` of `Ann D` is a name
        while run and run[-1].what != "rest" and not plain[run[-1].start : run[-1].end].isupper():
            run.pop()
        while run and run[0].what != "rest" and plain[run[0].start : run[0].end].lower() in _weekdays():
            del run[0]
        if any(part.what == "rest" for part in run):
            piece = plain[run[0].start : run[-1].end].strip(_EDGE)
            if piece:
                yield piece
        run = []
