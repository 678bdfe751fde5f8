"""The labeler of metadata lines: title, byline, date, section, source credit, caption.

A line is read on its own (`fieldlines`), once for each distinct text; what stands around it decides. Only
the head of a document and its tail are looked at (`heads`); captions may stand anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.fields.batch import Batch
from cleaning.fields.captions import find_captions
from cleaning.fields.fieldlines import MARKER, FieldLine, without_marker
from cleaning.fields.heads import Place, find_places, find_wrapped, head_settings
from cleaning.fields.looks import MAX_CHARS, NAMES, OPENS, WHEN, WHO, look
from cleaning.fields.moments import words
from cleaning.fields.names import is_organisation
from cleaning.fields.namewords import byline_words
from cleaning.fields.sitetitles import find_of_site
from cleaning.fields.titles import opening, say_title
from cleaning.labels import dropping
from cleaning.lines import Label, Lines, within
from cleaning.rules import load_rules
from cleaning.spoken import find_spoken


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """Label the lines that are metadata and leave alone those that `labels` has spoken of.

    >>> from cleaning.lines import split
    >>> body = "\\n".join(["The council has voted on the bridge, after years of dispute over who pays for it all."] * 3)
    >>> lines = split([f"Council votes on the bridge at last\\nBy Ann Lee\\n2 September 2025\\n{body}"])
    >>> [(one.row, one.rule_id) for one in label(lines, [])]
    [(0, 'fields.title.headline'), (1, 'fields.byline.by'), (2, 'fields.date.line')]
    """
    batch, places = open_batch(lines, labels)
    for document, place in enumerate(places):
        rows = lines.rows(document)
        if len(rows) < 2:
            continue
        before = len(batch.said)
        say_dates(batch, place)
        say_bylines(batch, place)
        title = say_title(batch, place, rows, lines.urls[document] or "", signed=len(batch.said) > before)
        _names(batch, place, title)
        _sections(batch, place)
        _times(batch, place)
        _tail(batch, place, rows.stop)
    said, rules = batch.said, head_settings()["rules"]
    return [Label(row, rules[rule]["label"], rule, evidence) for row in sorted(said) for rule, evidence in said[row]]


def open_batch(lines: Lines, labels: Sequence[Label]) -> tuple[Batch, list[Place]]:
    """A batch of which only the captions have been said, and the head and tail of each of its documents."""
    spoken = find_spoken(lines, labels)
    taken = spoken.kinds != 0
    gone = spoken.has(dropping("balanced"))
    buttons, boxes = spoken.has(["navigation", "ui-string"]), spoken.has(["author-box"])
    said = {row: [mark] for row, mark in find_captions(lines, taken).items()}
    with_captions = taken.copy()
    with_captions[list(said)] = True
    places = list(find_places(lines, with_captions))
    looks, placed = _looks(lines, places)
    seen = np.where(placed, looks[lines.key], 0)
    left = placed & ~taken

    def rows(some: npt.NDArray[np.bool_], what: int) -> list[int]:
        found: list[int] = np.flatnonzero(some & (seen & what != 0)).tolist()
        return found

    batch = Batch(
        lines=lines,
        keys=lines.key.tolist(),
        taken=set(np.flatnonzero(taken).tolist()),
        gone=np.flatnonzero(gone).tolist(),
        is_gone=gone.tolist(),
        wrapped=find_wrapped(lines),
        of_site=find_of_site(lines),
        looks=looks.tolist(),
        often=np.bincount(lines.key, minlength=len(lines.distinct)).tolist(),
        left=np.flatnonzero(left).tolist(),
        when=rows(left, WHEN),
        signed=rows(left, WHEN | OPENS | WHO),
        named=rows(left, NAMES),
        sections=rows(placed & (~taken | buttons), WHEN | OPENS),
        credits=rows(placed & (~taken | boxes), WHEN | OPENS | WHO),
        said=said,
        read={},
    )
    return batch, places


def _looks(lines: Lines, places: Sequence[Place]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """What the texts of heads and tails may say, by their key; and which rows are of those."""
    placed = np.zeros(len(lines), np.bool_)
    for place in places:
        placed[place.head.start : place.head.stop] = True
        placed[place.tail.start : place.tail.stop] = True
    keys = lines.keys_of(placed & (lines.sizes[lines.key] <= MAX_CHARS))
    looks = np.zeros(len(lines.distinct), np.uint8)
    looks[keys] = look([lines.distinct[key] for key in keys])
    return looks, placed


def say_dates(batch: Batch, place: Place) -> None:
    """Label the date lines of a head."""
    # behind the first paragraph a date alone may be a heading of a chronicle: there it counts only if it says
    # again what an earlier line says, or is the first, near, and none of several
    begin = place.core[0] if place.core else place.head.stop
    days: set[tuple[int | None, ...]] = set()
    for row in batch.open_rows(place, batch.when):
        line = batch.line(row)
        if line.dated in ("", "time"):
            continue
        day = {stamp[1:4] for stamp in line.stamps if stamp.full}
        if _is_of_event(batch, place, row):
            continue
        placed = row <= begin or line.dated != "line" or (day & days if days else row <= begin + 6)
        if not placed or (line.dated == "line" and _is_chronicle(batch, place, row)):
            continue
        days |= day
        _say_date(batch, row, line)


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
    label = _BOX.match(text[:40])
    return label is not None and label[1].strip().lower() in _event_words(key)


_BOX = re.compile(r"[\s•·・◆◇■□▶▷●○*※【\[-]{0,4}([^\W\d_]+(?: [^\W\d_]+)?)\s?[】\]]?\s?[:：=＝・/|　 -]")


def _is_chronicle(batch: Batch, place: Place, row: int) -> bool:
    """Whether lines that are only dates, each of another day and with text below it, stand above or below.

    One such line is enough behind the first paragraph; before it, where a head may have two dates, two are needed.
    """
    behind = head_settings()["head"]["behind"]
    around = range(max(place.head.start, row - behind), min(max(place.head.stop, place.tail.stop), row + behind))
    days = {batch.line(row).stamps}
    last = row
    for other in around:
        if other in batch.taken or not batch.looks[batch.keys[other]] & WHEN:
            continue
        if batch.line(other).dated == "line" and abs(other - last) > 1:
            days.add(batch.line(other).stamps)
            last = other
    return len(days) > (1 if place.core and row > place.core[0] else 2)


def _say_date(batch: Batch, row: int, line: FieldLine) -> None:
    kinds = sorted({stamp.kind for stamp in line.stamps if stamp.kind})
    stated = f"says when it was {' and '.join(kinds)}" if kinds else "a line of date and time"
    batch.say(row, f"fields.date.{line.dated}", stated)
    if line.signed:
        batch.say(row, f"fields.byline.{line.signed}", _named(line))
    if line.section:
        batch.say(row, "fields.section.beside-date", f"names the section '{line.section}'")
    if line.source:
        batch.say(row, "fields.source.beside-date", f"names the source '{line.source[:60]}'")


def _named(line: FieldLine) -> str:
    who = ", ".join([*line.names, *line.organisations, *line.bare])
    return f"names {who}"[:120] if who else "a byline that names nobody"


def say_bylines(batch: Batch, place: Place) -> None:
    """Label what says by itself that it is a byline or a source."""
    for row in batch.open_rows(place, batch.signed):
        if not batch.free(row):
            continue  # a name under `By`
        line = batch.line(row)
        if line.signed:
            batch.say(row, f"fields.byline.{line.signed}", _named(line))
            if line.source:
                batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif line.source:
            batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif batch.is_any(row - 1, "fields.byline") and row - 1 in place.head and _is_role(batch.text(row)):
            batch.say(row, "fields.byline.role", "a role under a byline")
        elif _opens(batch.text(row)):
            _opened(batch, place, row)


def _opened(batch: Batch, place: Place, row: int) -> None:
    """`By` alone on its line, and the names below it, each on a line of its own."""
    below = row + 1
    while below < place.head.stop and below - row <= 12 and batch.free(below):
        line, text = batch.line(below), without_marker(batch.text(below))
        if len(text) > 80 or not (line.bare or line.signed or is_organisation(text)):
            break
        batch.say(below, "fields.byline.opens", _named(line))
        below += 1
        if MARKER.match(batch.text(below - 1)) is None:
            break
    if below > row + 1:
        batch.say(row, "fields.byline.opens", "stands before names")


@cache
def _openings(table: str) -> frozenset[str]:
    return frozenset(byline_words()["intro"][table])


def _opens(text: str) -> bool:
    if len(text) > 40:
        return False
    low = without_marker(text).lower()
    return low.strip(" :：") in _openings("open") or (low[-1:] in ":：" and low.strip(" :：") in _openings("colon"))


def _is_role(text: str) -> bool:
    words = byline_words()["roles"]
    parts = text.lower().split()
    if not 0 < len(parts) <= 6 or text[-1] in ".?!:":
        return False
    first = parts[0].strip(",.")
    return first in words["nouns"] or (first in words["modifiers"] and any(p in words["nouns"] for p in parts))


def _names(batch: Batch, place: Place, title: int) -> None:
    """Lines that are only names: beside a date or a byline, over a role, or between headline and text."""
    last = place.core[1] if len(place.core) > 1 else place.head.stop
    for row in batch.open_rows(place, batch.named):
        if row < last and batch.free(row) and batch.line(row).bare and _is_placed(batch, place, row, title):
            _say_names(batch, place, row)


def _is_placed(batch: Batch, place: Place, row: int, title: int) -> bool:
    above, below = _around(batch, place, row, -1), _around(batch, place, row, 1)
    if batch.is_any(row + 1, "fields.caption.only") and row + 1 in place.head:
        return False  # who is in the picture
    text = batch.text(row)
    listed = MARKER.match(text) is not None
    dated = [batch.is_any(other, "fields.date") for other in (above[:1] + below[:1])]
    if row < title or listed or text.isupper():
        return any(dated) and not (listed and text.isupper())
    if any(batch.is_any(other, "fields.date", "fields.byline") for other in above + below):
        return True
    if below and batch.free(below[0]) and _is_role(batch.text(below[0])):
        return True
    if place.core and row > place.core[0]:
        return False  # a subhead
    if title < 0 or row - title <= 2 or row + 1 in place.core:
        return title >= 0
    return row - title <= 5 and bool(below) and batch.free(below[0]) and len(batch.text(below[0])) >= 40


def _around(batch: Batch, place: Place, row: int, step: int) -> list[int]:
    """The two nearest rows of the head that no other rule has spoken of and that are no captions."""
    found: list[int] = []
    while (row := row + step) in place.head and len(found) < 2:
        if row not in batch.taken and not batch.is_any(row, "fields.caption"):
            found.append(row)
    return found


def _is_button_row(text: str) -> bool:
    """`Teilen Merken Drucken`: each word is a button's."""
    words = text.split()
    return len(words) <= 8 and all(load_rules().match(word) for word in words)


def _say_names(batch: Batch, place: Place, row: int) -> None:
    """A name that the text uses is of one who is written about, not of one who writes."""
    body = opening(batch, place, place.head)
    if batch.is_any(row + 1, "fields.byline.by", "fields.byline.colon") and row + 1 in place.head:
        named = batch.line(row + 1).names
        if named and not set(batch.line(row).bare) & set(named):
            return  # a button over `By Ann Lee`
    if _is_button_row(batch.text(row)):
        return
    if any(name.lower() in body for name in batch.line(row).bare):
        return
    batch.say(row, "fields.byline.name", _named(batch.line(row)))
    below = row + 1
    if below in place.head and batch.free(below) and _is_role(batch.text(below)):
        batch.say(below, "fields.byline.role", "a role under a byline")


def _sections(batch: Batch, place: Place) -> None:
    """The name of a section, which may also be known as a word of menus. Behind a sentence it is a subhead."""
    stop = min([place.head.stop, *place.core[:1]])
    if not place.core:
        ended = (row for row in within(batch.left, place.head) if batch.free(row) and batch.text(row)[-1] in ".。!?")
        stop = next(ended, stop)
    for row in within(batch.sections, range(place.head.start, stop)):
        if row not in batch.said and (section := batch.line(row).section):
            batch.say(row, "fields.section.line", f"names the section '{section}'")


def _times(batch: Batch, place: Place) -> None:
    """A time of day on a line of its own belongs to the date next to it."""
    for row in batch.open_rows(place, batch.when):
        if batch.line(row).dated == "time" and any(batch.is_any(row + step, "fields.date") for step in (-2, -1, 1)):
            batch.say(row, "fields.date.time", "a time of day beside a date")


def _tail(batch: Batch, place: Place, stop: int) -> None:
    """Credits, and what says by itself that it is a byline, a date of publication or a source.

    `stop`: the row behind the document.
    """
    credits = tuple(byline_words()["intro"]["credits"])
    near = head_settings()["tail"]["near"]
    for row in within(batch.credits, place.tail):
        if row in batch.said:
            continue
        text = batch.text(row)
        if len(text) <= 400 and text[:60].lower().lstrip(" (—–-[").startswith(credits):
            batch.say(row, "fields.byline.credits", "says who reported, wrote or edited")
            continue
        line = batch.line(row)
        if line.source:
            batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif row - place.tail.start >= near and (row + 1 == stop or row + 1 not in batch.taken):
            continue  # of other articles
        elif line.dated == "posted" or (line.dated and line.signed):
            _say_date(batch, row, line)
        elif line.signed and line.signed != "role":
            batch.say(row, f"fields.byline.{line.signed}", _named(line))
