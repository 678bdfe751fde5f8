"""Which lines of a head say when the article was published, and which only when something happened."""

from __future__ import annotations

import re
from functools import cache

from cleaning.fields.batch import Batch
from cleaning.fields.fieldlines import FieldLine
from cleaning.fields.heads import Place, head_settings
from cleaning.fields.moments import words
from cleaning.fields.signed import named
from cleaning.lines import within


def say_dates(batch: Batch, place: Place, rows: list[int]) -> list[int]:
    """Label the date lines of a head, of those of its rows that may be one. Gives the rows that are only a time of day:
    see `say_times`.
    """
    # behind the first paragraph a date alone may be a heading of a chronicle: there it counts only if it says
    # again what an earlier line says, or is the first, near, and none of several
    begin = place.core[0] if place.core else place.head.stop
    days: set[tuple[int | None, ...]] = set()
    clocks: list[int] = []
    for row in batch.open_rows(place, rows):
        line = batch.line(row)
        if line.dated in ("", "time"):
            if line.dated:
                clocks.append(row)
            continue
        day = {stamp[1:4] for stamp in line.stamps if stamp.full}
        if _is_of_event(batch, place, row):
            continue
        placed = row <= begin or line.dated != "line" or (day & days if days else row <= begin + 6)
        if not placed or (line.dated == "line" and _is_chronicle(batch, place, row)):
            continue
        days |= day
        say_date(batch, row, line)
    return clocks


def say_times(batch: Batch, clocks: list[int], rows: range) -> None:
    """A time of day on a line of its own belongs to the date next to it, of the rows of its document."""
    for row in clocks:
        near = (row + step for step in (-2, -1, 1) if row + step in rows)
        if row not in batch.said and any(batch.is_any(other, "fields.date") for other in near):
            batch.say(row, "fields.date.time", "a time of day beside a date")


@cache
def _event_words(key: str) -> frozenset[str]:
    return frozenset(words()["event"][key])


def _is_of_event(batch: Batch, place: Place, row: int) -> bool:
    """`Date: 3 August` in a box with `Venue: …` a line or two on: when something happens, not when it was written."""
    if not _begins_with(batch.text(row), "when"):
        return False
    around = range(max(place.head.start, row - 3), min(place.head.stop, row + 4))
    return any(other != row and _begins_with(batch.text(other), "where") for other in around)


def _begins_with(text: str, key: str) -> bool:
    """Whether a line begins with a word of a box on an event and a sign or a space behind it."""
    if (first := text[0]).isalnum() and first.lower() not in _event_letters(key):
        return False
    label = _BOX.match(text[:40])
    return label is not None and label[1].strip().lower() in _event_words(key)


@cache
def _event_letters(key: str) -> frozenset[str]:
    return frozenset(word[0] for word in _event_words(key))


_BOX = re.compile(r"[\s•·・◆◇■□▶▷●○*※【\[-]{0,4}([^\W\d_]+(?: [^\W\d_]+)?)\s?[】\]]?\s?[:：=＝・/|　 -]")


def _is_chronicle(batch: Batch, place: Place, row: int) -> bool:
    """Whether lines that are only dates, each of another day and with text below it, stand above or below.

    One such line is enough behind the first paragraph; before it, where a head may have two dates, two are needed.
    """
    behind = head_settings()["head"]["behind"]
    around = range(max(place.head.start, row - behind), min(max(place.head.stop, place.tail.stop), row + behind))
    others, least = within(batch.when, around), 1 if place.core and row > place.core[0] else 2
    if len(others) <= least:  # this one is among them
        return False
    days = {batch.line(row).stamps}
    last = row
    for other in others:
        if abs(other - last) > 1 and batch.line(other).dated == "line":
            days.add(batch.line(other).stamps)
            last = other
    return len(days) > least


def say_date(batch: Batch, row: int, line: FieldLine) -> None:
    """Label a date line, and what else it says."""
    kinds = sorted({stamp.kind for stamp in line.stamps if stamp.kind})
    stated = f"says when it was {' and '.join(kinds)}" if kinds else "a line of date and time"
    batch.say(row, f"fields.date.{line.dated}", stated)
    if line.signed:
        batch.say(row, f"fields.byline.{line.signed}", named(line))
    if line.section:
        batch.say(row, "fields.section.beside-date", f"names the section '{line.section}'")
    if line.source:
        batch.say(row, "fields.source.beside-date", f"names the source '{line.source[:60]}'")
