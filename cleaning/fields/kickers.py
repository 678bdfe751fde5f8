"""A kicker that is run on to a headline, or stands over it: where it ends, and whether the title has it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from urllib.parse import unquote

from cleaning.fields.fieldlines import without_marker
from cleaning.fields.headlinefeatures import ENDED, HeadLine
from cleaning.fields.headlines import plain_letters, says_address

# Characters of a kicker, at most. What another line says alone is no topic from so many words and characters on.
_LONGEST, _WORDS, _CHARS = 60, 5, 30
_MARKS = frozenset(":–—|?!.…")
# Characters of an address that are looked at.
_ADDRESS = 500
_NO_WORD = re.compile(r"[\W_]+")


@cache
def _first_words() -> frozenset[str]:
    table = tomllib.loads(resources.files("cleaning").joinpath("data/kickers.toml").read_text("utf-8"))
    return frozenset(table["words"])


@cache
def _seam() -> re.Pattern[str]:
    """A kicker and a word that begins a headline, with three more behind it."""
    words = "|".join(sorted(_first_words()))
    return re.compile(rf"(.{{3,{_LONGEST}}}?[^\W_][”“\"»«)]?) (?=(?:{words}) \S+ \S+ \S)")


def run_on_kicker(text: str, others: Iterable[str]) -> str:
    """The kicker that is run on to a headline without a mark between them; '' where nothing tells it.

    Told by one of the other lines of the page that says the rest alone, or by a word that has no reason for its
    capital but that the headline begins with it (data/kickers.toml).

    >>> run_on_kicker("After the Dispute Council votes to build a bridge", ["4. Council votes to build a bridge"])
    'After the Dispute'
    >>> run_on_kicker("Streit am Fluss Warum der Rat eine Brücke baut", [])
    'Streit am Fluss'
    """
    words, end = text.split(), text[-_WORDS:]
    for other in [one for one in others if one.endswith(end)] if len(words) > _WORDS and len(text) > _CHARS else ():
        if _CHARS <= len(rest := without_marker(other)) < len(text):
            before = text[: -len(rest)]
            last = before.split()[-1:]
            if text.endswith(rest) and before.endswith(" ") and len(rest.split()) >= _WORDS and _is_kicker(before):
                # `What we know about the ferry at the old bridge`, over the name of a topic
                return before.strip() if last and not last[0][:1].islower() else ""
    if _first_words().isdisjoint(words):
        return ""
    match = _seam().match(text)
    return match[1] if match and _is_kicker(match[1]) else ""


def _is_kicker(text: str) -> bool:
    return 4 <= len(text.strip()) <= _LONGEST and not _MARKS.intersection(text)


# `Umbau des Bahnhofs –`; a hyphen may be a bullet's, or part of a word that is broken.
_DASHED = re.compile(r".{4,60}[^\W_][”“\"»«)]? [–—]")


def _is_dashed(text: str) -> bool:
    return text[-1:] in "–—" and _DASHED.fullmatch(text) is not None


# So many rows below what looks like the headline, or right over it, may stand one that a kicker leads to.
_DASH_BELOW = 4


def under_dash(head: Sequence[HeadLine], index: int, address: frozenset[str]) -> int:
    """Index of the line right under a kicker that ends with a dash, which it goes on from: not what stands over the
    kicker, or under the headline; else `index`, as where the page says that line again, or its address does.
    """
    first, last = max(1, index - 1), min(index + _DASH_BELOW, len(head))
    for at in range(first, last):
        kicker, below = head[at - 1], head[at]
        if below.open and _is_dashed(kicker.text) and below.text[-1] not in ENDED:
            stays = head[index].repeated or says_address(head[index].text, address)
            return index if stays else at
    return index


def address_has(url: str, *parts: str) -> bool:
    """Whether a page's address has the words of these, one behind the other, with no other between them.

    >>> address_has("https://example.com/a/474.am-fluss-rat-baut-bruecke.html", "Am Fluss", "Rat baut Brücke")
    True
    >>> address_has("https://example.com/am-fluss/rat-baut-bruecke", "Am Fluss", "Rat baut Brücke")
    False
    """
    url = url[:_ADDRESS]
    if parts[0].isascii() and _NO_WORD.sub("", parts[0].split()[0]).lower() not in url.lower():
        return False
    path = unquote(url).split("://", 1)[-1].partition("/")[2].partition("?")[0].lower()
    joined = " ".join(parts).lower().replace("’", "").replace("'", "")
    for umlauts in (False, True):
        words = f"-{_dashed(joined, umlauts).strip('-')}-"
        if len(words) > 2 and any(words in f"-{_dashed(piece, umlauts)}-" for piece in path.split("/")):
            return True
    return False


def _dashed(text: str, umlauts: bool) -> str:
    if umlauts:
        text = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return _NO_WORD.sub("-", plain_letters(text))
