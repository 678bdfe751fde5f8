"""What a headline says: as its line gives it, as it is compared with others, and as the page's address has it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote

from cleaning.fields.fieldlines import without_marker

_WORD, _ASCII_WORD = re.compile(r"[^\W\d_]{4,}|\d{2,}"), re.compile(r"[a-z]{4,}|[0-9]{2,}")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[\uac00-\ud7af]{2}")
_ADDRESS_WORD = re.compile(r"[a-z]{3,}|(?<!\d)\d{2,4}(?!\d)")  # a longer number is the page's own
# From this share of words in common on, the address alone tells the headline.
SAYS_ADDRESS = 0.6
_SUFFIX = re.compile(r"\s+[|–—\-»·]\s+([^|–—»·]{2,40})$")
_BAR = re.compile("[|–—»·-]")  # one of which it has
# A kicker run on to the headline: `City and country:Council …`, `“It is done”Council …`.
_RUN_ON = re.compile(
    r"(?:[^:\d]{3,60}[^\W\d]:|[\"“„”«»][^\"“”„«»]{4,60}[\"“”«»])(?=[A-ZÀ-ÖØ-ÞА-ЯΑ-Ω][^\W\d]\S*\s\S+\s\S)"
)
# The way to a headline, of two names or more: `Home > News > Council …`.
_ARROWS = re.compile(r"[>»›→].{2,40}[>»›→]")
_PATH = re.compile(r"(?:[^>»›→«‹]{2,30}\s?[>»›→]\s?){2,6}(?=[^>»›→«‹]{15,}$)")
_SEAM = re.compile(r"\s?[:–—|-]\s")
# Signs of which each of these has one: most headlines begin with a letter and have none, and say what their line says.
_CUT_AT = re.compile("[|–—»·:>›→\u00ad-]")
_SEAMS = frozenset(":–—|-")


@lru_cache(maxsize=1024)  # the few lines of a head are compared in several places
def fold(text: str) -> str:
    """A line as it is compared with others: its words in lower case, no marks between them.

    >>> fold("- The  ‘Best’ Week: a look") == fold("The best week, a look")
    True
    """
    text = without_marker(text)
    if text.isascii():
        if "'" not in text:
            return " ".join(text.translate(_ASCII_WORDS).split())
    else:
        text = unicodedata.normalize("NFKC", text).replace("\u00ad", "").replace("’", "'")
    return " ".join(_WORDS.findall(text.casefold()))


_WORDS = re.compile(r"\w+(?:'\w+)*")
# The same for ASCII: what is no part of a word is a space.
_ASCII_WORDS = {code: chr(code).lower() if _WORDS.match(chr(code)) else " " for code in range(128)}
# Marks that end a line but do not change what they stand behind.
_MARKS = "".join(chr(code) for code, char in _ASCII_WORDS.items() if char == " ") + "‘’“”«»–—…"


def say_same(text: str, other: str) -> bool:
    """Whether two lines say the same but for marks.

    >>> say_same("2. Council votes on bridge", "Council votes on bridge:"), say_same("Council votes", "Council voted")
    (True, False)
    """
    last, others = _last_letter(text), _last_letter(other)
    if last and others and last != others:
        return False
    return fold(text) == fold(other)


def find_repeated(texts: Sequence[str]) -> list[bool]:
    """Whether another of a few lines says the same as each of them but for marks.

    >>> find_repeated(["2. Council votes on bridge", "Ferry is back", "Council votes on bridge:"])
    [True, False, True]
    >>> find_repeated(["“It’s the bridge”", "Café opens …", "It's the bridge", "CAFÉ OPENS", "Le café"])
    [True, True, True, True, False]
    """
    ends = [*map(_last_letter, texts)]
    every = "" in ends  # such a line may say the same as any
    folded = [fold(text) if every or ends.count(end) > 1 else None for text, end in zip(texts, ends, strict=True)]
    return [
        folded.count(said) > 1 if said else said == "" and sum(say_same(text, other) for other in texts) > 1
        for text, said in zip(texts, folded, strict=True)
    ]


def _last_letter(text: str) -> str:
    """The last letter or figure of a line, as `fold` has it, if it is an ASCII one; else ''. To fold takes longer."""
    last = text.rstrip(_MARKS)[-1:]
    return last.lower() if last.isascii() else ""


def headline(text: str, site: str = "") -> str:
    """The title that a headline line gives: without list marker, ` | Site` behind it and a kicker run on to it.

    `site`: the domain of the page; its name is cut off behind any sign.

    >>> headline("  3. Council votes on bridge | The Daily Example")
    'Council votes on bridge'
    >>> headline("Council votes on bridge - Daily Example", "daily-example.com")
    'Council votes on bridge'
    >>> headline("Home > News > Council votes on bridge")
    'Council votes on bridge'
    >>> headline("City and country:Council votes on bridge"), headline("“It is done”Council votes on bridge")
    ('Council votes on bridge', 'Council votes on bridge')
    """
    if text[:1].isalpha() and _CUT_AT.search(text) is None:
        return text.strip()
    text = without_marker(text).strip().lstrip("·•").strip().replace("\u00ad", "")
    if (">" in text or not text.isascii()) and _ARROWS.search(text) and (path := _PATH.match(text)):
        text = text[path.end() :]
    if _BAR.search(text, 15) and (match := _SUFFIX.search(text)) and match.start() >= 15:
        name = "".join(_WORDS.findall(match[1].casefold()))
        if "|" in match[0] or (site and len(name) > 2 and name in (_host_name(site), _host_name(site, whole=True))):
            text = text[: match.start()]
    kicker = _RUN_ON.match(text) if ":" in text or not text[:1].isalpha() else None
    return text[kicker.end() :] if kicker else text


def _host_name(site: str, whole: bool = False) -> str:
    name = site if whole else site.split(".", 1)[0]
    return "".join(_WORDS.findall(name.replace("www.", "").casefold()))


def without_kicker(text: str, copies: list[str]) -> str:
    """A headline without the kicker before it, where copies of it have another mark at the seam.

    A copy that has none there tells nothing: breadcrumbs and addresses lose the colon of a headline.

    >>> without_kicker("New school: Lybke, a man of art", ["New school – Lybke, a man of art"])
    'Lybke, a man of art'
    >>> without_kicker("New school: Lybke, a man of art", ["New school Lybke, a man of art"])
    'New school: Lybke, a man of art'
    """
    for seam in _SEAM.finditer(text):
        before, after = text[: seam.start()], text[seam.end() :]
        if len(after) < 15 or len(before) < 4:
            continue
        for copy in copies:
            between = copy[len(before) : len(copy) - len(after)]
            apart = copy.startswith(before) and copy.endswith(after) and len(copy) >= len(before) + len(after)
            if apart and between.strip() != seam[0].strip() and between.strip() in _SEAMS:
                return after
    return text


def address_words(url: str) -> frozenset[str]:
    """Words of the part of a page's address that has most of them; empty for fewer than three.

    >>> sorted(address_words("https://example.com/2025/09/council-votes-on-bridge-1234.html"))
    ['1234', 'bridge', 'council', 'votes']
    """
    path = unquote(url[:500]).split("://", 1)[-1].partition("/")[2].partition("?")[0].lower()
    best: list[str] = []
    for part in path.split("/"):
        words = _ADDRESS_WORD.findall(plain_letters(part))
        if len(words) > len(best):
            best = words
    return frozenset(best) - {"html", "php"} if sum(len(word) > 3 for word in best) >= 3 else frozenset()


def address_name(url: str) -> str:
    """What a page's address ends with, as `as_address` has it; '' for less than two words.

    >>> address_name("https://example.com/news/the-last-ferry-out-1234567.html"), address_name("https://example.com/news")
    ('the-last-ferry-out', '')
    """
    path = unquote(url[:500]).split("://", 1)[-1].partition("/")[2].partition("?")[0].lower()
    name = _NUMBERED.sub("", _FILE.sub("", plain_letters(path.rstrip("/").rpartition("/")[2])))
    return name if "-" in name else ""


# The kind of file; the number of a page, or what stands for one: `-5d2f1a`.
_FILE, _NUMBERED = re.compile(r"\.[a-z]{2,5}$"), re.compile(r"^(?:\d+-)+|(?:-(?=[a-z]*\d)[a-z0-9]+)+$")


def as_address(text: str) -> str:
    """A line as the last folder of its page's address has it: words and dashes.

    >>> as_address("Die letzte Fähre"), as_address("That's it, for now")
    ('die-letzte-fahre', 'thats-it-for-now')
    """
    return "-".join(re.findall(r"[^\W_]+", plain_letters(text.lower().replace("'", "").replace("’", ""))))


def plain_letters(text: str) -> str:
    """A text as addresses have it: letters without their marks.

    >>> plain_letters("brücke, außen")
    'brucke, aussen'
    """
    if text.isascii():
        return text
    text = text.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("ı", "i")
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


# Marks that open a quotation, each with those that close it, in any language.
_QUOTES = {
    '"': '"”', "“": "”\"", "„": "“”\"", "«": "»", "»": "«", "‘": "’", "'": "'’", "‚": "‘’", "”": "”", "’": "’",
    "「": "」", "『": "』", "《": "》", "‹": "›", "›": "‹",
}  # fmt: skip


# A quotation of a word or two over a headline is a kicker; a line shorter than this under one is a headline itself.
_QUOTED_WORDS, _DECK_CHARS = 3, 60


def is_quotation(text: str) -> bool:
    """Whether a line is one quotation of three words and more, and nothing else: a headline, or the kicker over it.

    >>> is_quotation("«Scrivo solo quando piove»"), is_quotation('"Yes" or "No"'), is_quotation('"Yes and no", he said')
    (True, False, False)
    """
    closing = _QUOTES.get(text[:1])
    if closing is None or text[-1] not in closing or text.count(" ") < _QUOTED_WORDS - 1:
        return False
    return not any(mark in text[1:-1] for mark in (text[0], text[-1]) if mark not in "'’")


def is_under_quotation(text: str, above: str, address: frozenset[str]) -> bool:
    """Whether a line is the deck under a headline that is one whole quotation; not if it has the address' words.

    >>> deck = "An interview with Una Marsh, who has sold lamps in Tallow Lane since 1988"
    >>> is_under_quotation(deck, '"We were never asked"', frozenset()), is_under_quotation(deck, "Lamps", frozenset())
    (True, False)
    """
    return len(text) >= max(_DECK_CHARS, len(above) + 1) and is_quotation(above) and not says_address(text, address)


def says_address(text: str, address: frozenset[str]) -> bool:
    """Whether a line has most of the words of the page's address, and the address most of the line's.

    >>> says_address("Council votes on bridge", address_words("https://example.com/council-votes-on-bridge-1234.html"))
    True
    """
    words = long_words(text)
    return bool(address) and bool(words) and address_share(words, address) >= SAYS_ADDRESS


def long_words(text: str) -> list[str]:
    """Words of four letters or more and numbers, in lower case; none of a script without spaces.

    >>> long_words("The bridge of 1961")
    ['bridge', '1961']
    """
    low = text.lower()
    if text.isascii():
        return _ASCII_WORD.findall(low)
    return [word for word in _WORD.findall(low) if not UNSPACED.match(word)]


def address_share(words: list[str], address: frozenset[str]) -> float:
    """Twice the words in common over the words of both, 0-1."""
    joined = " ".join(words)
    if joined.isascii():
        return 2 * sum(word in address for word in words) / (len(words) + len(address))
    plain = plain_letters(joined).split()
    umlaut = plain_letters(joined.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")).split()
    hits = sum(a in address or b in address for a, b in zip(plain, umlaut, strict=True))
    return 2 * hits / (len(words) + len(address))
