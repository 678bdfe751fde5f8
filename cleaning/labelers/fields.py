"""The labeler of metadata lines: title, byline, date, section, source credit, caption.

A line is read on its own (`fieldlines`), once for each distinct text; what stands around it decides. Only
the head of a document and its tail are looked at (`heads`); captions may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from cleaning.fields.captions import find_captions
from cleaning.fields.dates import scan
from cleaning.fields.fieldlines import MARKER, NOTHING, FieldLine, read_field_line, without_marker
from cleaning.fields.headlines import ASIDE, MAX_TITLE, HeadLine, address_words, choose, fold, leads, says_address
from cleaning.fields.heads import Place, find_places, find_wrapped, head_settings
from cleaning.fields.names import is_organisation
from cleaning.fields.namewords import byline_words
from cleaning.labels import dropping
from cleaning.linemodel.shapes import find_shapes
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
    spoken = find_spoken(lines, labels)
    taken = spoken.kinds != 0
    buttons, boxes = spoken.has(["navigation", "ui-string"]), spoken.has(["author-box"])
    said = {row: [mark] for row, mark in find_captions(lines, taken).items()}
    batch = _Batch(
        lines=lines,
        keys=lines.key.tolist(),
        taken=set(np.flatnonzero(taken).tolist()),
        gone=spoken.rows(dropping("balanced")),
        wrapped=find_wrapped(lines),
        left=np.flatnonzero(~taken).tolist(),
        left_or_button=np.flatnonzero(~taken | buttons).tolist(),
        left_or_box=np.flatnonzero(~taken | boxes).tolist(),
        numbered=(find_shapes(lines).column("digits") > 0).tolist(),
        said=said,
        read={},
    )
    taken[list(said)] = True
    for document, place in enumerate(find_places(lines, taken)):
        rows = lines.rows(document)
        if len(rows) < 2:
            continue
        _dates(batch, place)
        _bylines(batch, place)
        title = _title(batch, place, rows, lines.urls[document] or "")
        _names(batch, place, title)
        _sections(batch, place)
        _times(batch, place)
        _tail(batch, place, rows.stop)
    rules = head_settings()["rules"]
    return [Label(row, rules[rule]["label"], rule, evidence) for row in sorted(said) for rule, evidence in said[row]]


@dataclass(frozen=True)
class _Batch:
    """The lines of a batch, what has been read of them, and what is said of them."""

    lines: Lines
    keys: list[int]
    taken: set[int]
    """Rows that other rules have spoken of."""
    gone: set[int]
    """Those of them that leave the body."""
    wrapped: set[int]
    """Rows that are pieces of paragraphs."""
    left: list[int]
    """The other rows, ascending."""
    left_or_button: list[int]
    """Those and names of menus and buttons."""
    left_or_box: list[int]
    """Those and what is said about authors."""
    numbered: list[bool]
    """Whether each text has a figure."""
    said: dict[int, list[tuple[str, str]]]
    """Row to (rule_id, evidence): what this labeler says."""
    read: dict[int, FieldLine]
    """What has been read of texts, by their key."""

    def text(self, row: int) -> str:
        return self.lines.distinct[self.keys[row]]

    def line(self, row: int) -> FieldLine:
        key = self.keys[row]
        if key not in self.read:
            self.read[key] = read_field_line(self.lines.distinct[key])
        return self.read[key]

    def free(self, row: int) -> bool:
        return row not in self.taken and row not in self.said

    def open_rows(self, place: Place) -> list[int]:
        """Rows of the head that are no paragraphs and of which nothing has been said."""
        return [row for row in within(self.left, place.head) if row not in place.prose and row not in self.said]

    def say(self, row: int, rule: str, evidence: str) -> None:
        self.said.setdefault(row, []).append((rule, evidence))

    def is_any(self, row: int, *kinds: str) -> bool:
        """Whether a rule of one of these kinds, such as `fields.date`, speaks of the row."""
        said = self.said.get(row)
        return said is not None and any(rule.startswith(kinds) for rule, _ in said)


def _dates(batch: _Batch, place: Place) -> None:
    # behind the first paragraph a date alone may be a heading of a chronicle: there it counts only if it says
    # again what an earlier line says, or is the first, near, and none of several
    begin = place.core[0] if place.core else place.head.stop
    days: set[tuple[int | None, ...]] = set()
    for row in batch.open_rows(place):
        line = batch.line(row)
        if line.dated in ("", "time"):
            continue
        day = {stamp[1:4] for stamp in line.stamps if stamp.full}
        placed = row <= begin or line.dated != "line" or (day & days if days else row <= begin + 6)
        if not placed or (line.dated == "line" and _is_chronicle(batch, place, row)):
            continue
        days |= day
        _say_date(batch, row, line)


def _is_chronicle(batch: _Batch, place: Place, row: int) -> bool:
    """Whether lines that are only dates, each of another day and with text below it, stand above or below.

    One such line is enough behind the first paragraph; before it, where a head may have two dates, two are needed.
    """
    behind = head_settings()["head"]["behind"]
    around = range(max(place.head.start, row - behind), min(max(place.head.stop, place.tail.stop), row + behind))
    days = {batch.line(row).stamps}
    last = row
    for other in around:
        if other in batch.taken or not batch.numbered[batch.keys[other]] or scan(batch.text(other)) is None:
            continue  # most are paragraphs, which need no reading
        if batch.line(other).dated == "line" and abs(other - last) > 1:
            days.add(batch.line(other).stamps)
            last = other
    return len(days) > (1 if place.core and row > place.core[0] else 2)


def _say_date(batch: _Batch, row: int, line: FieldLine) -> None:
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


def _bylines(batch: _Batch, place: Place) -> None:
    for row in batch.open_rows(place):
        if not batch.free(row):
            continue  # a name under `By`
        line = batch.line(row)
        if line.signed:
            batch.say(row, f"fields.byline.{line.signed}", _named(line))
        elif line.source:
            batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif batch.is_any(row - 1, "fields.byline") and row - 1 in place.head and _is_role(batch.text(row)):
            batch.say(row, "fields.byline.role", "a role under a byline")
        elif _opens(batch.text(row)):
            _opened(batch, place, row)


def _opened(batch: _Batch, place: Place, row: int) -> None:
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


def _title(batch: _Batch, place: Place, rows: range, url: str) -> int:
    """Label the headline and its copies; its row, or -1."""
    stop = place.core[0] + 2 if place.core else place.head.start + 8
    head: list[HeadLine] = []
    folded: list[str] = []
    opened = place.head.start > rows.start  # whether anything but a section or a button stands before
    for row in range(place.head.start, min(stop, place.head.stop)):
        if row in batch.taken:
            folded.append("")
            head.append(ASIDE)
            continue
        free, text = row not in batch.said, batch.text(row)
        prose = row in place.prose
        line = batch.line(row) if free and not prose else NOTHING  # prose is never a headline
        some = free and not prose and row not in batch.wrapped and not line.section and len(text) <= MAX_TITLE
        folded.append(fold(text) if some else "")
        head.append(
            HeadLine(
                text=text,
                open=some and row < stop - 1,
                meta=not free and batch.is_any(row, "fields.date", "fields.byline"),
                paragraph=prose,
                first=not opened,
                dated=bool(line.stamps) and any(stamp.full for stamp in line.stamps),
                name=bool(line.bare),
            )
        )
        opened = opened or not line.section
    if not any(one.open for one in head):
        return -1
    keys = batch.keys[rows.start : rows.stop]
    index = 0
    if not leads(head):
        for at, one in enumerate(head):
            if one.open and (folded.count(folded[at]) > 1 or keys.count(batch.keys[place.head[at]]) > 1):
                head[at] = one._replace(repeated=True)
        index = choose(head, _body(batch, place, rows), address_words(url))
        if index < 0:
            return -1
    title = place.head[index]
    if folded.count(folded[index]) < 2 and not _has_head(batch, place, title):
        if says_address(batch.text(title), address_words(url)):
            batch.say(title, "fields.title.alone", "has the words of the page's address")
            return title
        if all(row in batch.gone for row in range(rows.start, title)):
            batch.say(title, "fields.title.alone", "the first line, with nothing else of a head beside it")
        return -1
    batch.say(title, "fields.title.headline", "the best headline of the head")
    for other, text in enumerate(folded):
        if other != index and text == folded[index]:
            batch.say(place.head[other], "fields.title.repeated", "says the headline again")
    text = batch.text(title)
    if keys.count(batch.keys[title]) > 1 and (len(text) >= 20 or len(text.split()) >= 4):  # a short one may be common
        for offset, key in enumerate(keys):
            if key == batch.keys[title] and batch.free(rows.start + offset):
                batch.say(rows.start + offset, "fields.title.repeated", "says the headline again")
    return title


def _has_head(batch: _Batch, place: Place, title: int) -> bool:
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


def _body(batch: _Batch, place: Place, rows: range) -> str:
    """The first paragraphs, or what there is behind the first line, in lower case."""
    some = (*place.early, *place.core) or range(min(rows.start + 1, rows.stop), min(rows.stop, rows.start + 30))
    return "\n".join(batch.text(row)[:_BODY_CHARS] for row in some)[:_BODY_CHARS].lower()


def _names(batch: _Batch, place: Place, title: int) -> None:
    """Lines that are only names: beside a date or a byline, over a role, or between headline and text."""
    last = place.core[1] if len(place.core) > 1 else place.head.stop
    for row in batch.open_rows(place):
        if row < last and batch.free(row) and batch.line(row).bare and _is_placed(batch, place, row, title):
            _say_names(batch, place, row)


def _is_placed(batch: _Batch, place: Place, row: int, title: int) -> bool:
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


def _around(batch: _Batch, place: Place, row: int, step: int) -> list[int]:
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


def _say_names(batch: _Batch, place: Place, row: int) -> None:
    """A name that the text uses is of one who is written about, not of one who writes."""
    body = _body(batch, place, place.head)
    if _is_button_row(batch.text(row)):
        return
    if any(name.lower() in body for name in batch.line(row).bare):
        return
    batch.say(row, "fields.byline.name", _named(batch.line(row)))
    below = row + 1
    if below in place.head and batch.free(below) and _is_role(batch.text(below)):
        batch.say(below, "fields.byline.role", "a role under a byline")


def _sections(batch: _Batch, place: Place) -> None:
    """The name of a section, which may also be known as a word of menus. Behind a sentence it is a subhead."""
    for row in within(batch.left_or_button, range(place.head.start, min([place.head.stop, *place.core[:1]]))):
        if not place.core and batch.free(row) and batch.text(row).endswith((".", "。", "!", "?")):
            break
        if row not in batch.said and (section := batch.line(row).section):
            batch.say(row, "fields.section.line", f"names the section '{section}'")


def _times(batch: _Batch, place: Place) -> None:
    """A time of day on a line of its own belongs to the date next to it."""
    for row in batch.open_rows(place):
        if batch.line(row).dated == "time" and any(batch.is_any(row + step, "fields.date") for step in (-2, -1, 1)):
            batch.say(row, "fields.date.time", "a time of day beside a date")


def _tail(batch: _Batch, place: Place, stop: int) -> None:
    """Credits, and what says by itself that it is a byline, a date of publication or a source.

    `stop`: the row behind the document.
    """
    credits = tuple(byline_words()["intro"]["credits"])
    near = head_settings()["tail"]["near"]
    for row in within(batch.left_or_box, place.tail):
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
