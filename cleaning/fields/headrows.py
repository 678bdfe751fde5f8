"""The rows of a head as lines that may be its headline: as far as one may stand, with what is known of each."""

from __future__ import annotations

from cleaning.fields.barenames import signs_for_house
from cleaning.fields.batch import Batch
from cleaning.fields.candidates import MAX_TITLE
from cleaning.fields.headlinefeatures import HeadLine
from cleaning.fields.headlines import find_repeated
from cleaning.fields.heads import FULL_STOPS, Place, ends
from cleaning.fields.looks import NAMES
from cleaning.fields.names import is_outlet
from cleaning.fields.posts import shut_posts
from cleaning.fields.recipes import is_ingredients, is_recipe_fact
from cleaning.fields.rolelines import is_role_under


def read_head(
    batch: Batch, place: Place, rows: range, before: tuple[int, ...] = (), likely: bool = False
) -> list[HeadLine]:
    """The lines from the top of a head on, as far as a headline may stand, once its dates and bylines are known.

    `before`: a row before which it stands, if that is known. `likely`: lines that are likely the site's may be it too.
    """
    lines: list[HeadLine] = []
    stop = before[0] + 1 if before else find_stop(batch, place)
    listed = False  # the ingredients of a recipe
    opened = place.head.start > rows.start  # whether anything but a section or a button stands before
    for row in range(place.head.start, min(stop, place.head.stop)):
        if row in batch.taken or row in batch.of_site.sure or (row in batch.of_site.likely and not likely):
            fact = is_recipe_fact(batch.text(row))  # a rule says so too
            lines.append(HeadLine(batch.text(row), open=False, meta=fact, paragraph=False, first=False, aside=not fact))
            continue
        text, prose = batch.text(row), row in place.prose
        if row in batch.said or (prose and (row in place.core or len(text) > MAX_TITLE)):
            lines.append(
                HeadLine(
                    text,
                    open=False,
                    meta=batch.is_any(row, "fields.date", "fields.byline"),
                    paragraph=prose,
                    first=not opened,
                    caption=batch.is_any(row, "fields.caption"),
                    credit=batch.is_any(row, "fields.caption.only"),
                )
            )
            opened = True
            continue
        line = batch.line(row)
        other = line.section or text.startswith(_ASKED) or (line.bare and signs_for_house(text))
        if row > place.head.start and batch.looks[batch.keys[row - 1]] & NAMES and batch.line(row - 1).bare:
            other = other or is_role_under(text)
        some = not batch.is_piece(row) and not other and len(text) <= MAX_TITLE
        fact = some and is_recipe_fact(text)
        listed = listed or (some and is_ingredients(text))
        lines.append(
            HeadLine(
                text,
                open=some and not fact and not listed and row < stop - 1,
                meta=fact,
                paragraph=prose,
                first=not opened,
                section=bool(line.section),
                dated=bool(line.stamps) and any(stamp.full for stamp in line.stamps),
                name=(bool(line.bare) and not _is_over_name(batch, place, row))
                or (len(text) <= _OUTLET and is_outlet(text)),
            )
        )
        opened = opened or not line.section
    shut_posts(lines, batch, place)
    return lines


def _is_over_name(batch: Batch, place: Place, row: int) -> bool:
    """Whether the line below names the author and the house: a headline of three words looks like a name too."""
    return row + 1 in place.head and signs_for_house(batch.text(row + 1)) and bool(batch.line(row + 1).bare)


# What an interviewer asks, as Japanese and Chinese papers print it.
_ASKED = ("――", "──", "——", "―")
# Characters of the name of an outlet over a headline, at most.
_OUTLET = 24


def find_stop(batch: Batch, place: Place) -> int:
    """The row behind the last that may be a headline.

    Some way into the text; but where the first date or byline stands among its first paragraphs, as far as that:
    what stands before it is a notice.
    """
    meta = next((row for row in place.head if batch.is_any(row, "fields.date", "fields.byline")), -1)
    if not place.core:  # below a menu it stands right over the first date or byline
        menu = sum(row not in batch.taken for row in range(place.head.start, meta)) <= _WITHOUT
        return min(max(place.head.start + _WITHOUT, meta + 1 if menu else 0), _begun(batch, place))
    stop = place.core[0] + 2
    return max(stop, meta + 1) if meta > place.core[0] else stop


# Rows of a text without paragraphs that may be its headline, where no date or byline stands below them.
_WITHOUT = 8
# Two sentences below each other, one of them so long, are the text.
SENTENCE_CHARS = 40


def _begun(batch: Batch, place: Place) -> int:
    """The row behind the first sentence of a text that is no paragraph, or the end of the head."""
    for row in range(place.head.start, place.head.stop - 1):
        texts = [batch.text(one) for one in (row, row + 1) if batch.free(one) and batch.text(one)[-1] in FULL_STOPS]
        if len(texts) == 2 and max(map(len, texts)) >= SENTENCE_CHARS and all(map(ends, texts)):
            return row + 1
    return place.head.stop


def mark_repeated(lines: list[HeadLine], batch: Batch, place: Place, rows: range) -> None:
    """Note of each candidate whether the head or the document says it again."""
    opened = [(at, one.text) for at, one in enumerate(lines) if one.open]
    for (at, _), again in zip(opened, find_repeated([text for _, text in opened]), strict=True):
        if again or is_again(batch, place.head[at], rows):
            lines[at] = lines[at]._replace(repeated=True)


def is_again(batch: Batch, row: int, rows: range) -> bool:
    """Whether another row of the document has the same text."""
    key = batch.keys[row]
    return batch.often[key] > 1 and batch.keys[rows.start : rows.stop].count(key) > 1
