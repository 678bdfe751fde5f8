"""The lines of a head as candidates for the headline: how they are compared, and how the best is chosen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import combinations, compress
from operator import mul

from cleaning.fields.headlinefeatures import FEATURES, HeadLine, read_features
from cleaning.fields.headlines import UNSPACED, fold, long_words
from cleaning.fields.heads import FULL_STOPS, ends

# A longer or shorter line is never a headline.
MIN_TITLE, MAX_TITLE = 4, 250
_BARS = re.compile(r"\s[|>»›→/]\s")
_ARROW = re.compile(r"\s[>»›→]\s")
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
            values = read_features(head, index, body, address, bag, pairs)
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
