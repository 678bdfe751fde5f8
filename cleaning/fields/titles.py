"""Which line of a head is the headline, and which say it again."""

from __future__ import annotations

from typing import NamedTuple

from cleaning.fields.batch import Batch
from cleaning.fields.candidates import MAX_TITLE, HeadLine, choose, leads
from cleaning.fields.fieldlines import NOTHING
from cleaning.fields.headlines import address_words, fold, says_address
from cleaning.fields.heads import Place, head_settings


class Head(NamedTuple):
    """The lines among which the headline is looked for."""

    lines: list[HeadLine]
    folded: list[str]
    """Each as it is compared with others; '' for those that are none of the candidates."""


def read_head(batch: Batch, place: Place, rows: range) -> Head:
    """The lines from the top of a head on, as far as a headline may stand, once its dates and bylines are known."""
    lines: list[HeadLine] = []
    folded: list[str] = []
    stop = _stop(batch, place)
    opened = place.head.start > rows.start  # whether anything but a section or a button stands before
    for row in range(place.head.start, min(stop, place.head.stop)):
        if row in batch.taken:
            folded.append("")
            lines.append(HeadLine(batch.text(row), open=False, meta=False, paragraph=False, first=False, aside=True))
            continue
        free, text = row not in batch.said, batch.text(row)
        prose = row in place.prose
        title_like = not prose or (row not in place.core and len(text) <= MAX_TITLE)
        line = batch.line(row) if free and title_like else NOTHING
        some = free and title_like and row not in batch.wrapped and not line.section and len(text) <= MAX_TITLE
        folded.append(fold(text) if some else "")
        lines.append(
            HeadLine(
                text=text,
                open=some and row < stop - 1,
                meta=not free and batch.is_any(row, "fields.date", "fields.byline"),
                paragraph=prose,
                first=not opened,
                section=bool(line.section),
                dated=bool(line.stamps) and any(stamp.full for stamp in line.stamps),
                name=bool(line.bare),
            )
        )
        opened = opened or not line.section
    return Head(lines, folded)


def _stop(batch: Batch, place: Place) -> int:
    """The row behind the last that may be a headline.

    Some way into the text; but where the first date or byline stands among its first paragraphs, as far as that:
    what stands before it is a notice.
    """
    if not place.core:
        return place.head.start + 8
    stop = place.core[0] + 2
    metas = [row for row in place.head if batch.is_any(row, "fields.date", "fields.byline")]
    return max(stop, metas[0] + 1) if metas and metas[0] > place.core[0] else stop


def mark_repeated(head: Head, batch: Batch, place: Place, rows: range) -> None:
    """Note of each candidate whether the head or the document says it again."""
    keys = batch.keys[rows.start : rows.stop]
    for at, one in enumerate(head.lines):
        if one.open and (head.folded.count(head.folded[at]) > 1 or keys.count(batch.keys[place.head[at]]) > 1):
            head.lines[at] = one._replace(repeated=True)


def say_title(batch: Batch, place: Place, rows: range, url: str) -> int:
    """Label the headline and its copies; its row, or -1."""
    head = read_head(batch, place, rows)
    if not any(one.open for one in head.lines):
        return -1
    address = address_words(url)
    keys = batch.keys[rows.start : rows.stop]
    index = 0
    if not leads(head.lines):
        mark_repeated(head, batch, place, rows)
        index = choose(head.lines, opening(batch, place, rows), address)
        if index < 0:
            return _say_addressed(batch, place, place.head.start + len(head.lines), address)
    folded = head.folded
    if index and head.lines[index - 1].open and head.lines[index].text.startswith(": "):
        index -= 1
    title = place.head[index]
    if folded.count(folded[index]) < 2 and not _has_head(batch, place, title):
        if says_address(batch.text(title), address):
            batch.say(title, "fields.title.alone", "has the words of the page's address")
            return title
        if all(row in batch.gone for row in range(rows.start, title)):
            batch.say(title, "fields.title.alone", "the first line, with nothing else of a head beside it")
        return -1
    batch.say(title, "fields.title.headline", "the best headline of the head")
    if title + 1 in place.head and batch.free(title + 1) and batch.text(title + 1).startswith(": "):
        batch.say(title + 1, "fields.title.continued", "begins with a colon")
    for other, text in enumerate(folded):
        if other != index and text == folded[index]:
            batch.say(place.head[other], "fields.title.repeated", "says the headline again")
    text = batch.text(title)
    if keys.count(batch.keys[title]) > 1 and (len(text) >= 20 or len(text.split()) >= 4):  # a short one may be common
        for offset, key in enumerate(keys):
            if key == batch.keys[title] and batch.free(rows.start + offset):
                batch.say(rows.start + offset, "fields.title.repeated", "says the headline again")
    return title


def _say_addressed(batch: Batch, place: Place, begin: int, address: frozenset[str]) -> int:
    """Below paragraphs that are notices the address alone can tell the headline; its row, or -1."""
    if not address:
        return -1
    for row in range(begin, place.head.stop):
        if (
            batch.free(row)
            and row not in batch.taken
            and row not in place.prose
            and says_address(batch.text(row), address)
        ):
            batch.say(row, "fields.title.headline", "has the words of the page's address")
            return row
    return -1


def _has_head(batch: Batch, place: Place, title: int) -> bool:
    """Whether anything but the headline says that a page's head stands here: a date, a byline, buttons, a section.

    A clean article has none, and its first lines may be subheads, verses or the first points of a list.
    """
    top = place.core[0] if place.core else min(place.head.stop, title + head_settings()["head"]["near"])
    stop = place.head.stop if place.core else top  # a deck may stand between headline and date
    if any(batch.is_any(row, "fields.date", "fields.byline", "fields.source") for row in range(place.head.start, stop)):
        return True
    if any(row in batch.gone for row in range(place.head.start, max(top, title))):
        return True
    return any(batch.free(row) and batch.line(row).section for row in range(place.head.start, title))


_BODY_CHARS = 2500


def opening(batch: Batch, place: Place, rows: range) -> str:
    """The first paragraphs, or what there is behind the first line, in lower case."""
    some = (*place.early, *place.core) or range(min(rows.start + 1, rows.stop), min(rows.stop, rows.start + 30))
    return "\n".join(batch.text(row)[:_BODY_CHARS] for row in some)[:_BODY_CHARS].lower()
