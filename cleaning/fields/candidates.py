"""The lines of a head as candidates for the headline: what is asked of each, and how the best is chosen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import combinations, compress
from operator import mul
from typing import NamedTuple

from cleaning.fields.fieldlines import MARKER, without_marker
from cleaning.fields.headlines import UNSPACED, address_share, fold, long_words
from cleaning.fields.heads import FULL_STOPS, SENTENCE, ends

# A longer or shorter line is never a headline.
MIN_TITLE, MAX_TITLE = 4, 250


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
_BARS = re.compile(r"\s[|>»›→/]\s")
_ARROW = re.compile(r"\s[>»›→]\s")
# Characters: a kicker is shorter, most headlines are longer.
_KICKER = 40
# And a deck is longer than this.
_DECK = 60
# A line is longer than another where it is so many times as long.
_LONGER = 1.25
# So many of the words of two lines are the same where they are twins.
_TWIN_SHARE = 0.5


@cache
def weights() -> tuple[tuple[float, ...], float]:
    """The weight of each of FEATURES, and the score that the headline has at least."""
    table = tomllib.loads(resources.files("cleaning").joinpath("data/headlines.toml").read_text("utf-8"))
    return tuple(float(table["weights"][name]) for name in FEATURES), float(table["least"])


def choose(head: Sequence[HeadLine], body: str, address: frozenset[str]) -> int:
    """Index of the headline among the lines of the head; -1 if none is good enough.

    `body`: the first paragraphs in lower case. `address`: from `headlines.address_words`.
    """
    each, best_score = weights()
    best = -1
    for index, values in candidates(head, body, address):
        score = sum(map(mul, compress(values, values), compress(each, values)))  # most are 0
        if score > best_score:
            best, best_score = index, score
    return best


def candidates(head: Sequence[HeadLine], body: str, address: frozenset[str]) -> list[tuple[int, list[float]]]:
    """Each line that may be the headline: its index and its features."""
    found: list[tuple[int, list[float]]] = []
    bags: list[set[str]] = []
    seen_meta = seen_body = begun = False
    before = 0
    for index, line in enumerate(head):
        if begun and before:
            break
        if line.open and len(line.text) >= MIN_TITLE and not _is_word(line.text):
            bars = _BARS.findall(line.text)
            if len(bars) > 1 and _is_path(line.text):
                continue
            bag = long_words(line.text)
            pairs = [] if line.text.isascii() else UNSPACED.findall(line.text)
            values = _features(head, index, body, address, bag, pairs)
            values[_AFTER_BODY], values[_AFTER_META] = float(seen_body), float(seen_meta)
            values[_LATER], values[_BARRED] = min(before, 3) / 3, float(len(bars) > 1)
            values[_SENTENCE_LATER] = float(before > 0 and values[_SENTENCE])
            found.append((index, values))
            bags.append(set(bag or pairs))
            before += not values[_LISTED] and not values[_SHORT] and not values[_NAME]
        begun = begun or (seen_meta and not line.meta and _is_text(line.text))
        seen_meta = seen_meta or line.meta
        seen_body = seen_body or line.paragraph
    if len(found) > 1:
        _compare(found, [head[index].text for index, _ in found], bags)
    return found


def _compare(found: list[tuple[int, list[float]]], texts: list[str], bags: list[set[str]]) -> None:
    """Note what candidates, with these texts and words, have of each other."""
    ends = [text[-4:].lower() for text in texts]
    if len({*ends}) < len(ends):
        folded = [fold(text) if ends.count(end) > 1 else "" for text, end in zip(texts, ends, strict=True)]
        for said, (_, values) in zip(folded, found, strict=True):
            if said and any(15 <= len(one) < len(said) and said.endswith(one) for one in folded):
                values[_HOLDS_OTHER] = 1.0
    if openings := [text.partition(":")[0] for text in texts if ":" in text]:
        for text, (_, values) in zip(texts, found, strict=True):
            values[_OPENS_OTHER] = float(_is_one_of(text, openings))
    each = zip([values for _, values in found], bags, strict=True)
    for (values, mine), (others, other) in combinations(each, 2):
        shared = len(mine & other)
        if shared and shared >= _TWIN_SHARE * (len(mine) + len(other) - shared):
            values[_TWIN], others[_TWIN] = float(len(mine) > 1), float(len(other) > 1)


_AT = {name: at for at, name in enumerate(FEATURES)}
_AFTER_BODY, _AFTER_META, _LATER, _TWIN = _AT["after_body"], _AT["after_meta"], _AT["later"], _AT["twin"]
_HOLDS_OTHER, _OPENS_OTHER = _AT["holds_other"], _AT["opens_other"]
_LISTED, _SHORT, _NAME = _AT["listed"], _AT["short"], _AT["name"]
_BARRED, _SENTENCE, _SENTENCE_LATER = _AT["barred"], _AT["sentence"], _AT["sentence_later"]


def _is_listed(line: HeadLine) -> bool:
    return not line.text[:1].isalpha() and MARKER.match(line.text) is not None


# Characters of a sentence below a date or a byline with which the text begins: what stands behind is no headline if
# anything over it may be one.
_BEGINS = 60


def _is_text(text: str) -> bool:
    return len(text) >= _BEGINS and text[-1] in FULL_STOPS and ends(text)


def _is_word(text: str) -> bool:
    """Whether a line is one short word: a button that no rule knows, as often as not."""
    return len(text) < 12 and not text[1:].count(" ") and UNSPACED.search(text) is None


def _is_one_of(text: str, openings: list[str]) -> bool:
    """Whether a line says what one of these does, but for marks."""
    near = [one for one in openings if one[-2:].lower() == text[-2:].lower() and abs(len(one) - len(text)) < 12]
    return bool(near) and fold(text) in map(fold, near)


def _is_path(text: str) -> bool:
    """Whether a line leads from one name to the next: `News > Region > The river`."""
    parts = _ARROW.split(text)
    return len(parts) > 2 and all(len(part.split()) <= 3 for part in parts)


def _is_good(line: HeadLine) -> bool:
    """Whether a line has the size of a headline and ends like one."""
    text = line.text.strip()
    size = (len(text) >= 20 and len(text.split()) >= 3) or (len(text) >= 10 and UNSPACED.search(text) is not None)
    return size and not line.name and not line.dated and text[-1] not in ENDED


def _features(
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
