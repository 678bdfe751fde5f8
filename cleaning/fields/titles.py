"""Which line of a head is the headline, and which say it again."""

from __future__ import annotations

from cleaning.fields.batch import Batch
from cleaning.fields.fieldlines import NOTHING
from cleaning.fields.headlines import ASIDE, MAX_TITLE, HeadLine, address_words, choose, fold, leads, says_address
from cleaning.fields.heads import Place, head_settings


def say_title(batch: Batch, place: Place, rows: range, url: str) -> int:
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
        index = choose(head, opening(batch, place, rows), address_words(url))
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
