"""Which lines of a head say who wrote the article: by their words, or as names that stand where a byline does."""

from __future__ import annotations

import re
from functools import cache

from cleaning.fields.barenames import names_town, signs_for_house
from cleaning.fields.batch import Batch
from cleaning.fields.fieldlines import MARKER, FieldLine, without_marker
from cleaning.fields.heads import Place, ends
from cleaning.fields.looks import OPENS, WHO
from cleaning.fields.names import is_organisation
from cleaning.fields.namewords import byline_words, word_set
from cleaning.fields.rolelines import is_role, is_role_under
from cleaning.fields.titles import opening
from cleaning.fields.uncased import is_chinese_name
from cleaning.rules import load_rules

_FIGURE = re.compile(r"[-+−±]?\d[\d.,]{0,12} ?(?:%|[-+−]\d[\d.,]*%?)?")


_BOXED = ("korean", "chinese", "japanese")


def named(line: FieldLine) -> str:
    """Whom a byline names, in words for evidence."""
    who = ", ".join([*line.names, *line.organisations, *line.bare])
    return f"names {who}"[:120] if who else "a byline that names nobody"


def say_bylines(batch: Batch, place: Place, rows: list[int]) -> None:
    """Label what says by itself that it is a byline or a source, of those rows of a head that may."""
    for row in batch.open_rows(place, rows):
        if row in batch.said:
            continue  # a name under `By`
        line = batch.line(row)
        if row in batch.taken and line.signed not in _BOXED:
            continue  # a reporter's box is a byline where it names the reporter: `홍길동 기자 hong@example.com`
        if line.signed == "role" and _is_under_name(batch, place, row):
            _say_role(batch, place, row)
            continue
        if line.signed == "agency" and row + 1 in place.head and _FIGURE.fullmatch(batch.text(row + 1)):
            continue  # `Dow Jones` over its points
        if line.signed:
            batch.say(row, f"fields.byline.{line.signed}", named(line))
            _say_role_under(batch, place, row)
            above = row - 1
            if above in place.head and batch.free(above) and batch.text(above) in line.names:
                batch.say(above, "fields.byline.name", f"the name that the next line signs with: {batch.text(above)}")
            if line.source:
                batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif line.source:
            batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif batch.looks[batch.keys[row]] & WHO and (is_role(batch.text(row)) or is_role_under(batch.text(row))):
            _say_role(batch, place, row)
        elif batch.looks[batch.keys[row]] & OPENS and _opens(batch.text(row)):
            _opened(batch, place, row)


def _is_under_name(batch: Batch, place: Place, row: int) -> bool:
    """Whether what looks like a name with a role, `City Hall reporter`, is the role of who stands above it."""
    above = row - 1
    if above not in place.head or not is_role_under(batch.text(row)):
        return False
    named, line = batch.line(above), batch.line(row)
    if named.signed == "role" or any(map(_begins_like_name, line.names)):
        return False  # `Ann Lee, reporter` over `Bo Ek, reporter`
    return batch.is_any(above, "fields.byline.name", "fields.byline.by") or bool(named.bare)


def _say_role(batch: Batch, place: Place, row: int) -> None:
    """A role on a line of its own under a byline; or under a line of names, or over one, which are one then."""
    if batch.is_any(row - 1, "fields.byline") and row - 1 in place.head:
        batch.say(row, "fields.byline.role-alone", "a role under a byline")
        return
    above = row - 1
    if above in place.head and batch.free(above) and is_chinese_name(name := batch.text(above)):
        batch.say(above, "fields.byline.name", f"names {name}")
        batch.say(row, "fields.byline.role-alone", "a role under a byline")
        return
    if batch.text(row).lower().split()[-1] not in word_set("roles", "nouns"):
        return
    for other in (row - 1, row + 1):
        if other in place.head and batch.free(other) and batch.line(other).bare:
            _say_names(batch, place, other)
            if not batch.free(other):
                if batch.free(row):
                    batch.say(row, "fields.byline.role-alone", "a role beside a byline")
                return


def _opened(batch: Batch, place: Place, row: int) -> None:
    """`By` alone on its line, and the names below it, each on a line of its own."""
    below = row + 1
    while below < place.head.stop and below - row <= 12 and batch.free(below):
        line, text = batch.line(below), without_marker(batch.text(below))
        chinese = "\u3400" <= batch.text(row)[0] <= "\u9fff" and is_chinese_name(text)  # `原创` over `陈小鹿`
        if len(text) > 80 or not (line.bare or line.signed or chinese or is_organisation(text)):
            break
        batch.say(below, "fields.byline.opens", named(line))
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


def say_names(batch: Batch, place: Place, rows: list[int], title: int) -> None:
    """Lines that are only names: beside a date or a byline, over a role, or between headline and text.

    `rows`: those of the head that may be such. `title`: that of the headline, or -1.
    """
    last = place.core[1] if len(place.core) > 1 else place.head.stop
    for row in batch.open_rows(place, rows):
        if row < last and batch.free(row) and batch.line(row).bare and _is_placed(batch, place, row, title):
            _say_names(batch, place, row)


def say_signature(batch: Batch, place: Place, row: int, rows: range) -> None:
    """The names right behind a text that has no byline above it and says them nowhere else: who wrote it.

    Buttons, closing sentences and a word such as `Author` may stand between. `row`: the first of the tail that may be
    names, of the `rows` of the document.
    """
    text = batch.text(row)
    if not batch.free(row) or names_town(text) or MARKER.match(text):
        return
    # Vietnamese papers sign in capitals
    capitals = text.isupper() and len(_VIETNAMESE.findall(batch.text(place.tail.start - 1)[:_SAMPLE])) >= _LETTERS
    if text.isupper() and not capitals:
        return
    if any(batch.is_any(other, "fields.byline") for some in (place.head, place.tail) for other in some):
        return  # of most texts: to read the line takes longer
    introduced = False
    for above in range(place.tail.start, row):
        text = batch.text(above)
        introduced = _opens(f"{text}:") or is_role(text)
        if not (introduced or above in batch.taken or ends(text)):
            return
    line = batch.line(row)
    if not line.bare or not (introduced or capitals or all(map(_begins_like_name, line.bare))):
        return
    if _RUN_ON.search(batch.text(row)):
        return  # tags
    # who took the pictures may well have written too
    rows_of_text = (
        other
        for other in range(rows.start, row)
        if other not in batch.taken and not batch.is_any(other, "fields.caption")
    )
    body = "\n".join(map(batch.text, rows_of_text))[:_WHOLE]
    if not any((name if capitals else name.split()[-1]) in body for name in line.bare):
        batch.say(row, "fields.byline.name", named(line))


def _begins_like_name(name: str) -> bool:
    """Whether a name begins as persons' do, and no heading does: with a common given or family name, or in Cyrillic."""
    first = name.split()[0].lower()
    known = first in word_set("names", "given") or first in word_set("names", "first")
    return known or "\u0400" <= first[0] <= "\u04ff"


# Letters that no other language has so many of: in so many characters so many.
_VIETNAMESE = re.compile("[ơưđạảấầẩậắằặẹẻẽếềểệỉịọỏốồổộớờởợụủứừửữựỳỷỹ]")
_SAMPLE, _LETTERS = 400, 5
# `HarbourAnn Lee`; but `Ann McDonald`.
_RUN_ON = re.compile(r"[^\W\d_]{3,}(?<=[a-zß-öø-ÿ])(?<!Mac)(?<!Fitz)[A-ZÀ-ÖØ-Þ]")
# Characters of a text in which a name is looked for.
_WHOLE = 200_000


def _is_placed(batch: Batch, place: Place, row: int, title: int) -> bool:
    above, below = _around(batch, place, row, -1), _around(batch, place, row, 1)
    if batch.is_any(row + 1, "fields.caption.only") and row + 1 in place.head:
        return False  # who is in the picture
    text = batch.text(row)
    if row + 1 in place.head and signs_for_house(batch.text(row + 1)) and batch.line(row + 1).bare:
        return False  # a headline in title case
    if text.split(" ", 1)[0].lower() in word_set("names", "streets"):
        return False
    if _is_town(text) and any(batch.is_any(at, "fields.byline") or batch.line(at).bare for at in above[:1]):
        return False  # where who stands above it writes from
    if len(below) > 1 and _is_town(batch.text(below[0])) and batch.is_any(below[1], "fields.date"):
        below = below[1:]
    listed = MARKER.match(text) is not None
    dated = [batch.is_any(other, "fields.date") for other in (above[:1] + below[:1])]
    if text.isupper() and len(below) > 1 and _is_word(batch.text(below[0])):
        dated.append(batch.is_any(below[1], "fields.date"))  # where it was written stands between
    if names_town(text) and not any(dated):
        return False  # of one who is written about, as likely
    if row < title and any(batch.is_any(other, "fields.byline") for other in range(title + 1, place.head.stop)):
        return False  # a kicker: the byline is below
    under = row == title + 1 and row + 1 in place.core and not batch.text(title).isupper()
    if text.isupper() and under and all(map(_begins_like_name, batch.line(row).bare)):
        return True
    if row < title or listed or text.isupper():
        return any(dated) and not (listed and text.isupper())
    if any(batch.is_any(other, "fields.date", "fields.byline") for other in above + below):
        return True
    if below and batch.free(below[0]) and is_role(batch.text(below[0])):
        return True
    if place.core and row > place.core[0]:
        return False  # a subhead
    if title < 0 or row - title <= 2 or row + 1 in place.core:
        return title >= 0
    if row - title > 5 or not below:
        return False
    # under a deck, over the text or over a player that says the headline again
    again = batch.is_any(below[0], "fields.title.repeated")
    return again or (batch.free(below[0]) and len(batch.text(below[0])) >= 40)


# `Rui Gaspar (fotografia)`
_ROLE = re.compile(r"\(([^()]{3,20})\)$")


def _is_town(text: str) -> bool:
    """Whether a line of names begins as towns do: `Puerto Viejo`."""
    return text.split(" ", 1)[0].lower() in word_set("names", "towns")


def _is_word(text: str) -> bool:
    """Whether a line is one word that begins like the name of a place."""
    return text.isalpha() and text[0].isupper()


def _around(batch: Batch, place: Place, row: int, step: int) -> list[int]:
    """The two nearest rows of the head that no other rule has spoken of and that are no captions."""
    found: list[int] = []
    while (row := row + step) in place.head and len(found) < 2:
        if row not in batch.taken and not batch.is_any(row, "fields.caption"):
            found.append(row)
    return found


def _is_button_row(batch: Batch, row: int) -> bool:
    """`Teilen Merken Drucken`: each word is a button's."""
    words = batch.text(row).split()
    return len(words) <= 8 and all(said.matches for said in load_rules(batch.lines.own_packs).said(words))


def _took_pictures(batch: Batch, place: Place, below: int) -> bool:
    """Whether the line under a name says that it is a photographer's."""
    return below in place.head and batch.text(below).lower() in word_set("intro", "pictures")


def _are_words(batch: Batch, place: Place, row: int) -> bool:
    """Whether the text has half of the words of a line of names, and two at least, in lower case: a headline has them
    in title case.
    """
    words = [word for name in batch.line(row).bare for word in name.split() if len(word) > 3 and word[1:].islower()]
    if len(words) < 2:
        return False
    text = opening(batch, place, place.head, lower=False, but=row)
    small = [low for word in words if (low := word.lower()) in text]
    said = sum(re.search(rf"\b{re.escape(low)}\b", text) is not None for low in small)
    return said > 1 and said * 2 >= len(words)


def _say_names(batch: Batch, place: Place, row: int) -> None:
    """A name that the text uses is of one who is written about, not of one who writes."""
    body = opening(batch, place, place.head, but=row)
    if batch.is_any(row + 1, "fields.byline.by", "fields.byline.colon") and row + 1 in place.head:
        signed = batch.line(row + 1).names
        if signed and not set(batch.line(row).bare) & set(signed):
            return  # a button over `By Ann Lee`
    if any(name.lower() in body for name in batch.line(row).bare) or _took_pictures(batch, place, row + 1):
        return
    if _are_words(batch, place, row) or _is_button_row(batch, row):
        return
    if (role := _ROLE.search(batch.text(row))) and role[1].lower() in word_set("intro", "pictures"):
        batch.say(row, "fields.caption.only", f"names who took the pictures: {batch.text(row)[:60]}")
        return
    batch.say(row, "fields.byline.name", named(batch.line(row)))
    _say_role_under(batch, place, row)


def _say_role_under(batch: Batch, place: Place, byline: int) -> None:
    row = byline + 1
    if row not in place.head or not batch.free(row) or not (is_role(batch.text(row)) or is_role_under(batch.text(row))):
        return
    if not batch.line(row).names:  # asked last: most lines under a byline are paragraphs, and take long to read
        batch.say(row, "fields.byline.role-alone", "a role under a byline")
