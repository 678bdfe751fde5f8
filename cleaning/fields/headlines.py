"""Which line of the head is the headline, and what of it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple
from urllib.parse import unquote

from cleaning.fields.fieldlines import MARKER, without_marker
from cleaning.fields.heads import SENTENCE

# A longer or shorter line is never a headline.
MIN_TITLE, MAX_TITLE = 4, 200


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
    repeated: bool = False
    """The document says it again, or the head does in other dress."""
    dated: bool = False
    """It holds a date, though it is no date line."""
    name: bool = False
    """It is only a name."""


ASIDE = HeadLine("", open=False, meta=False, paragraph=False, first=False)
"""A line of which another rule has said that it is a button, a banner or the like: as if it were not there."""


@cache
def _weights() -> dict[str, Any]:
    return tomllib.loads(resources.files("cleaning").joinpath("data/headlines.toml").read_text("utf-8"))


_WORD = re.compile(r"[^\W\d_]{4,}|\d{2,}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[\uac00-\ud7af]{2}")
_ADDRESS_WORD = re.compile(r"[a-z]{3,}|\d{2,}")
_SUFFIX = re.compile(r"\s+[|–—\-»·]\s+[^|–—»·]{2,40}$")


def fold(text: str) -> str:
    """A line as it is compared with others: its words in lower case, no marks between them.

    >>> fold("- The  ‘Best’ Week: a look") == fold("The best week, a look")
    True
    """
    text = without_marker(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u00ad", "").replace("’", "'")
    return " ".join(_WORDS.findall(text.casefold()))


_WORDS = re.compile(r"\w+(?:'\w+)*")


def headline(text: str) -> str:
    """The title that a headline line gives: without list marker and without ` | Site` behind it.

    >>> headline("  3. Council votes on bridge | The Daily Example")
    'Council votes on bridge'
    """
    text = without_marker(text).strip().replace("\u00ad", "")
    if (match := _SUFFIX.search(text)) and "|" in match[0] and match.start() >= 15:
        return text[: match.start()]
    return text


def address_words(url: str) -> frozenset[str]:
    """Words of the part of a page's address that has most of them; empty for fewer than three.

    >>> sorted(address_words("https://example.com/2025/09/council-votes-on-bridge-1234.html"))
    ['1234', 'bridge', 'council', 'votes']
    """
    path = unquote(url[:500]).split("://", 1)[-1].partition("/")[2].partition("?")[0].lower()
    best: list[str] = []
    for part in path.split("/"):
        words = _ADDRESS_WORD.findall(_ascii(part))
        if len(words) > len(best):
            best = words
    return frozenset(best) - {"html", "php"} if sum(len(word) > 3 for word in best) >= 3 else frozenset()


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    text = text.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("ı", "i")
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


_OPEN_ENDS = ":：,;–—-.。"


def says_address(text: str, address: frozenset[str]) -> bool:
    """Whether a line has most of the words of the page's address, and the address most of the line's.

    >>> says_address("Council votes on bridge", address_words("https://example.com/council-votes-on-bridge-1234.html"))
    True
    """
    words = [word for word in _WORD.findall(text.lower()) if not _UNSPACED.match(word)]
    return bool(address) and bool(words) and _address_share(words, address) >= _weights()["says_address"]


def _address_share(words: list[str], address: frozenset[str]) -> float:
    """Twice the words in common over the words of both, 0-1."""
    plain = _ascii(" ".join(words)).split()
    umlaut = _ascii(" ".join(words).replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")).split()
    hits = sum(a in address or b in address for a, b in zip(plain, umlaut, strict=True))
    return 2 * hits / (len(words) + len(address))


def choose(head: Sequence[HeadLine], body: str, address: frozenset[str]) -> int:
    """Index of the headline among the lines of the head; -1 if none is good enough.

    `body`: the first paragraphs in lower case. `address`: from `address_words`.
    """
    weights = _weights()
    least = float(weights["least" if address else "least_without"])
    best, best_score, good, seen_meta, seen_body = -1, least, False, False, False
    for index, line in enumerate(head):
        if line.open and len(line.text) >= MIN_TITLE:
            score = _score(head, index, body, address)
            score += weights["after_body"] * seen_body + weights["after_meta"] * seen_meta
            score += weights["later"] * good
            good = good or score >= least
            if score > best_score or (best < 0 and score >= best_score):
                best, best_score = index, score
        seen_meta = seen_meta or line.meta
        seen_body = seen_body or line.paragraph
    return best


def leads(head: Sequence[HeadLine]) -> bool:
    """Whether the first line of a text, with a date or byline right under it, has the looks of a headline.

    It needs no weighing then.
    """
    if len(head) < 2 or not (head[0].open and head[0].first and head[1].meta) or head[0].dated or head[0].name:
        return False
    text = head[0].text.strip()
    return len(text) >= 20 and len(text.split()) >= 3 and text[-1] not in _OPEN_ENDS and MARKER.match(text) is None


def _score(head: Sequence[HeadLine], index: int, body: str, address: frozenset[str]) -> float:
    weights = _weights()
    line = head[index]
    text = line.text.strip()
    score = weights["dated"] * line.dated + weights["name"] * line.name + weights["first"] * line.first
    score += weights["repeated"] * (line.repeated and len(text) >= 15)
    if MARKER.match(text):
        score += weights["listed"]
        text = without_marker(text)
    if not text:
        return -9.0
    words = [word for word in _WORD.findall(text.lower()) if not _UNSPACED.match(word)]
    pairs = _UNSPACED.findall(text)
    units = words + pairs
    if units:
        score += weights["in_body"] * sum(unit in body for unit in units) / max(4, len(units))
    if address and words:
        share = _address_share(words, address)
        plain = _ascii(words[0]).isascii()
        score += weights["in_address"] * share if share else weights["not_address"] * (not pairs and plain)
    following = [other for other in head[index + 1 : index + 12] if other is not ASIDE][:6]
    score += weights["before_meta"] * (bool(following) and following[0].meta)
    score += weights["above_meta"] * (len(following) > 1 and following[1].meta and not following[0].meta)
    score += weights["near_meta"] * (any(other.meta for other in following) and not any(o.meta for o in following[:2]))
    score += weights["before_body"] * any(other.paragraph for other in following[:2])
    score += weights["first_meta"] * (line.first and bool(following) and following[0].meta)
    size = len(text.split())
    if len(text) < 8 or (not pairs and (size < 2 or len(text) < 10)):
        score += weights["short"]
    elif not pairs and (size < 4 or len(text) < 20):
        score += weights["shortish"]
    if len(text) > 130:
        score += weights["long"]
    if text[-1] in ".。" and not text.endswith(("...", "U.S.", "..")):
        score += weights["sentence"]
    if SENTENCE.search(text[:-1]):
        score += weights["two"]
    if text[-1] in _OPEN_ENDS[:-2]:
        score += weights["open_end"]
    return float(score)
