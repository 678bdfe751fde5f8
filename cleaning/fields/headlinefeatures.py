"""What is asked of one line of a head, before it may be the headline: see `candidates`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cleaning.fields.fieldlines import MARKER, without_marker
from cleaning.fields.headlines import UNSPACED, address_share
from cleaning.fields.heads import FULL_STOPS, SENTENCE


class HeadLine(NamedTuple):
    """A line of the head, as the choice needs to know it."""

    text: str
    open: bool
    """Nothing has said yet what the line is, so it may be the headline."""
    meta: bool
    """It is a date or a byline."""
    paragraph: bool
    first: bool
    """Nothing stands before it but the name of a section, or buttons."""
    section: bool = False
    """It names a section, or is a breadcrumb."""
    repeated: bool = False
    """The document says it again, or the head does in other dress."""
    dated: bool = False
    """It holds a date, though it is no date line."""
    name: bool = False
    """It is only a name."""
    aside: bool = False
    """Another rule has said that it is a button, a banner or the like: as if it were not there."""
    caption: bool = False
    """It is the caption of a picture, which may stand between a headline and what belongs to it."""
    credit: bool = False
    """It only says who took a picture."""
    post: bool = False
    """It stands under an hour, as headings of a live blog's entries do."""


_NO_LINE = HeadLine("", open=False, meta=False, paragraph=False, first=False)


FEATURES = (
    "first",
    "repeated",
    "in_address",
    "not_address",
    "in_body",
    "before_meta",
    "above_meta",
    "near_meta",
    "first_meta",
    "before_body",
    "above_body",
    "short",
    "shortish",
    "long",
    "very_long",
    "listed",
    "listed_run",
    "crumb",
    "trail",
    "sentence",
    "two",
    "open_end",
    "small",
    "dated",
    "name",
    "after_body",
    "after_meta",
    "later",
    "continues",
    "under_short",
    "under_long",
    "under_equal",
    "over_long",
    "over_short",
    "middle",
    "holds_other",
    "twin",
    "aside_above",
    "aside_below",
    "sentence_later",
    "under_kicker",
    "under_meta",
    "barred",
    "capitals",
    "over_credit",
    "over_deck",
    "deck",
    "top_over_deck",
    "top_deck",
    "opens_other",
    "under_section",
)
"""What is asked of a candidate, in the order of `features`; data/headlines.toml says what each weighs and means."""

_OPEN_ENDS = ":：,;–—-"
ENDED = FULL_STOPS | frozenset(_OPEN_ENDS)
"""What hardly a headline ends with."""
_TRAIL = "|>»›/→·"
# Characters: a kicker is shorter, most headlines are longer.
_KICKER = 40
# And a deck is longer than this.
_DECK = 60
# A line is longer than another where it is so many times as long.
_LONGER = 1.25


def _is_listed(line: HeadLine) -> bool:
    return not line.text[:1].isalpha() and MARKER.match(line.text) is not None


def _is_good(line: HeadLine) -> bool:
    """Whether a line has the size of a headline and ends like one."""
    text = line.text.strip()
    size = (len(text) >= 20 and len(text.split()) >= 3) or (len(text) >= 10 and UNSPACED.search(text) is not None)
    return size and not line.name and not line.dated and text[-1] not in ENDED


def read_features(
    head: Sequence[HeadLine], index: int, body: str, address: frozenset[str], words: list[str], pairs: list[str]
) -> list[float]:
    """All but those for which the other candidates have to be known. `words`, `pairs`: long words, pairs of CJK."""
    line = head[index]
    text = line.text.strip()
    above = head[index - 1] if index else _NO_LINE
    below = head[index + 1] if index + 1 < len(head) else _NO_LINE
    listed_above, listed_below = _is_listed(above), _is_listed(below)
    # a dash that no other follows opens what somebody says
    listed = _is_listed(line) and (text[0] not in "-–—" or listed_above or listed_below or line.name)
    if not text[0].isalpha():
        text = without_marker(text) or text
    units = words + pairs
    if line.paragraph:  # over the text it is part of it, and is not to speak for itself
        body = body.replace(line.text.lower(), "", 1)
    in_body = sum(map(body.__contains__, units)) / max(4, len(units)) if units else 0.0
    share = address_share(words, address) if address and words else 0.0
    size, chars = len(text.split()), len(text)
    short = chars < 8 or (not pairs and (size < 2 or chars < 10))
    following = [other for other in head[index + 1 : index + 12] if not (other.aside or other.caption)][:6]
    one, two = [*following, _NO_LINE, _NO_LINE][:2]
    plain_above = above if above.open and not listed_above else None
    plain_below = below if below.open and not listed_below else None
    longer_than_above = plain_above is not None and chars > _LONGER * len(plain_above.text)
    longer_below = plain_below is not None and len(plain_below.text) > _LONGER * chars
    last = text[-1]
    over = index - 1
    while over >= 0 and (head[over].aside or head[over].caption):
        over -= 1
    under_meta = over >= 0 and head[over].meta
    return [
        line.first,
        line.repeated and chars >= 15,
        share,
        bool(address and words and not share and not pairs and words[0].isascii()),
        in_body,
        one.meta,
        two.meta and not one.meta,
        not (one.meta or two.meta) and any(other.meta for other in following),
        line.first and one.meta,
        one.paragraph,
        two.paragraph and not one.paragraph,
        short,
        not short and not pairs and (size < 4 or chars < 20),
        chars > 130,
        chars > 180,
        listed,
        listed and (listed_above or listed_below),
        listed and any(o.open and not _is_listed(o) and len(o.text) >= 15 for o in head[index + 1 : index + 4]),
        above.section and above.text.rstrip()[-1:] in _TRAIL,
        last in FULL_STOPS and not text.endswith(("...", "U.S.", "..")),
        SENTENCE.search(text, 0, chars - 1) is not None,
        last in _OPEN_ENDS,
        text[0].islower(),
        line.dated,
        line.name,
        0.0,
        0.0,
        0.0,
        above.open and above.text.rstrip()[-1:] in _OPEN_ENDS,
        longer_than_above and plain_above is not None and len(plain_above.text) < _KICKER,
        longer_than_above and plain_above is not None and len(plain_above.text) >= _KICKER,
        plain_above is not None and not longer_than_above and _is_good(plain_above),
        longer_below and chars >= _KICKER,
        longer_below and chars < _KICKER,
        longer_below and plain_above is not None,
        0.0,
        0.0,
        above.aside,
        below.aside,
        0.0,
        plain_above is not None
        and not longer_than_above
        and chars < _DECK
        and _LONGER * chars >= len(plain_above.text)
        and len(plain_above.text) < _KICKER
        and (one.meta or one.paragraph),
        under_meta,
        0.0,
        text.isupper() and not pairs,
        below.credit,
        under_meta and plain_below is not None and two.paragraph,
        plain_above is not None and index > 1 and head[index - 2].meta and one.paragraph,
        over < 0 and longer_below and two.paragraph,
        longer_than_above and index == 1 and one.paragraph,
        0.0,
        above.section,
    ]
