"""Which line of a head is the headline, and which say it again."""

from __future__ import annotations

from collections.abc import Iterable

from cleaning.fields.batch import Batch
from cleaning.fields.candidates import MAX_TITLE, choose
from cleaning.fields.fieldlines import MARKER
from cleaning.fields.headlinefeatures import ENDED, HeadLine
from cleaning.fields.headlines import (
    address_name,
    address_words,
    as_address,
    is_under_quotation,
    say_same,
    says_address,
)
from cleaning.fields.headrows import SENTENCE_CHARS, find_stop, is_again, mark_repeated, read_head
from cleaning.fields.heads import FULL_STOPS, Place, ends, head_settings
from cleaning.fields.kickers import under_dash
from cleaning.fields.recipes import recipe_name
from cleaning.lines import within


def say_title(batch: Batch, place: Place, rows: range, url: str, signed: bool) -> int:
    """Label the headline and its copies; its row, or -1. `signed`: the head has a date, a byline or a source."""
    title = batch.lines.headlines.get(rows.start, -1)
    if title >= 0 and batch.free(title):
        _say_headline(batch, place, rows, title, _copies(batch, place, title), "the only heading of the first level")
        return title
    title = place.head.start
    if signed and title == rows.start and _leads(batch, place):
        _say_headline(batch, place, rows, title, _copies(batch, place, title))
        return title
    clean = not (signed or _is_framed(batch, place))
    # the headline of a clean article can only stand before its text
    before = place.core[:1] if clean else ()
    address = address_words(url)
    head, index = _choose(batch, place, rows, read_head(batch, place, rows, before), address)
    if url and (name := address_name(url)):  # a short headline over its deck looks like a kicker
        index = next((at for at, one in enumerate(head) if one.open and as_address(one.text) == name), index)
    if index < 0 and any(row in batch.of_site.likely for some in (place.head, place.tail) for row in some):
        # What stands right over the byline among lines of the site is the headline, whatever it looks like; where
        # nothing does, it may be one that the site's lists have.
        signed_at = [batch.is_any(row, "fields.date", "fields.byline") for row in place.head[1 : len(head)]]
        index = next(
            (at for at, (one, below) in enumerate(zip(head, signed_at, strict=False)) if one.open and below), -1
        )
        if index < 0:
            head, index = _choose(batch, place, rows, read_head(batch, place, rows, before, likely=True), address)
    if not any(one.open for one in head):
        return -1
    if index < 0 and signed:
        index = _only(batch, place, head)
    if index < 0:
        index = recipe_name(head)
    if index < 0:
        return _say_addressed(batch, place, title + len(head), address)
    index = under_dash(head, index, address)
    if index and head[index - 1].open and head[index].text.startswith(": "):
        index -= 1
    if index > 0 and head[index - 1].open and not head[index].repeated:
        index -= is_under_quotation(head[index].text, head[index - 1].text, address)
    title = place.head[index]
    if clean and index and _is_refrain(batch, title, rows) and not says_address(batch.text(title), address):
        return -1
    copies = _copies(batch, place, title) if head[index].repeated else []
    if copies or any(one.post for one in head[index:]) or _has_head(batch, place, title):
        _say_headline(batch, place, rows, title, copies)
        return title
    if says_address(batch.text(title), address):
        batch.say(title, "fields.title.alone", "has the words of the page's address")
        return title
    if all(batch.is_gone[row] for row in range(rows.start, title)):
        batch.say(title, "fields.title.alone", "the first line, with nothing else of a head beside it")
    return -1


def _is_refrain(batch: Batch, row: int, rows: range) -> bool:
    """Whether a line comes again in a text that has begun right above it, with a sentence that does not."""
    above = batch.text(row - 1)
    begun = len(above) >= SENTENCE_CHARS and above[-1] in FULL_STOPS and ends(above)
    return begun and is_again(batch, row, rows) and not is_again(batch, row - 1, rows)


def _choose(
    batch: Batch, place: Place, rows: range, head: list[HeadLine], address: frozenset[str]
) -> tuple[list[HeadLine], int]:
    """The head with what is repeated marked, and the index of its headline; -1 for none."""
    if not any(one.open for one in head):
        return head, -1
    mark_repeated(head, batch, place, rows)
    return head, choose(head, opening(batch, place, rows), address)


def _is_framed(batch: Batch, place: Place) -> bool:
    """Whether anything in a head but a date or byline is a page's: what leaves the body, or the name of a section."""
    if within(batch.gone, place.head):
        return True
    return any(batch.free(row) and batch.line(row).section for row in within(batch.sections, place.head))


def _may_lead(batch: Batch, place: Place, row: int) -> bool:
    """Whether nobody has said anything of a row, the site included, and it is no paragraph and no piece of one."""
    sure, likely = batch.of_site
    if row in batch.taken or row in batch.said or row in sure or row in likely:
        return False
    return row not in place.prose and not batch.is_piece(row)


def _leads(batch: Batch, place: Place) -> bool:
    """Whether the first line of a text, with a date or byline right under it, has the looks of a headline.

    It needs no weighing then.
    """
    row = place.head.start
    if not batch.is_any(row + 1, "fields.date", "fields.byline") or not _may_lead(batch, place, row):
        return False
    text = batch.text(row)
    if not 20 <= len(text) <= MAX_TITLE or text[-1] in ENDED or text.count(" ") < 2 or MARKER.match(text):
        return False
    line = batch.line(row)
    return not (line.section or line.bare or (line.stamps and any(stamp.full for stamp in line.stamps)))


# The headline of a page in small letters or in a language whose words its text bends: nothing else may be it.
_ONLY_CHARS, _ONLY_WORDS = 25, 4


def _only(batch: Batch, place: Place, head: list[HeadLine]) -> int:
    """Index of the only line of a signed head that may be a headline at all, between it and the text; -1 for none."""
    some = [at for at, one in enumerate(head) if one.open]
    if len(some) != 1 or not place.core or place.head[some[0]] >= place.core[0]:
        return -1
    text = head[some[0]].text
    plain = _ONLY_CHARS <= len(text) <= MAX_TITLE and text.count(" ") >= _ONLY_WORDS - 1 and not MARKER.match(text)
    return some[0] if plain and text[-1] not in ENDED and _may_lead(batch, place, place.head[some[0]]) else -1


_BEST = "the best headline of the head"


def _say_headline(batch: Batch, place: Place, rows: range, title: int, copies: list[int], why: str = _BEST) -> None:
    batch.say(title, "fields.title.headline", why)
    if title + 1 in place.head and batch.free(title + 1) and batch.text(title + 1).startswith(": "):
        batch.say(title + 1, "fields.title.continued", "begins with a colon")
    for other in copies:
        batch.say(other, "fields.title.repeated", "says the headline again")
    text, key = batch.text(title), batch.keys[title]
    if is_again(batch, title, rows) and (len(text) >= 20 or len(text.split()) >= 4):  # a short one may be common
        for row in rows:
            if batch.keys[row] == key and batch.free(row):
                batch.say(row, "fields.title.repeated", "says the headline again")


# Characters by which a line and its copy with other marks, a bullet or a number before it may differ in length.
_MARKS = 12


def _copies(batch: Batch, place: Place, title: int) -> list[int]:
    """Other rows of the head that say the same but for marks."""
    stop = place.core[0] + 2 if place.core and place.core[0] > title else find_stop(batch, place)
    begin, text = place.head.start, batch.text(title)
    least, most = len(text) - _MARKS, len(text) + _MARKS
    return [
        row
        for row, other in enumerate(batch.texts[begin : min(stop, place.head.stop)], begin)
        if least <= len(other) <= most and row != title and say_same(other, text) and _may_lead(batch, place, row)
    ]


def _say_addressed(batch: Batch, place: Place, begin: int, address: frozenset[str]) -> int:
    """Below paragraphs that are notices the address alone can tell the headline; its row, or -1."""
    if not address:
        return -1
    for row in range(begin, place.head.stop):
        if (
            batch.free(row)
            and row not in batch.of_site.sure
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
    if any(batch.is_gone[row] for row in range(place.head.start, max(top, title))):
        return True
    return any(batch.free(row) and batch.line(row).section for row in range(place.head.start, title))


_BODY_CHARS = 2500


def opening(batch: Batch, place: Place, rows: range, lower: bool = True, but: int = -1) -> str:
    """The first paragraphs, or what there is behind the first line but for credits of pictures, in lower case unless
    told otherwise.

    `but`: a row that is not among them.
    """
    some: Iterable[int] = (*place.early, *place.core)
    if not some:
        begin = range(min(rows.start + 1, rows.stop), min(rows.stop, rows.start + 30))
        some = (row for row in begin if not batch.is_any(row, "fields.caption.only"))
    text = "\n".join([batch.texts[row][:_BODY_CHARS] for row in some if row != but])[:_BODY_CHARS]
    return text.lower() if lower else text
