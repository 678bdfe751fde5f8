"""Lines that hold nothing but names: their place has to confirm that they are bylines."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from cleaning.fields.desks import desk_at, is_desk
from cleaning.fields.names import TRIM, is_agency, is_organisation, parts_of, split_names
from cleaning.fields.namewords import Byline, byline_words, roles, word_set
from cleaning.fields.uncased import ADDRESS, BRACKETS, UNCASED, is_japanese_name, is_spaced_name, split_waw

_CYRILLIC = re.compile(r"(?:[А-ЯЁІЇЄҐ][а-яёіїєґ'’-]+\s?)+")
_DIGIT = re.compile(r"\d")
_SPACED_NAME = re.compile(r"(?=.{4,6}$)[\u3400-\u9fff々]{1,3} [\u3400-\u9fff々\u3040-\u309f]{1,3}")
_OFFICES = "課部室係局署庁省院校"
_HOST = re.compile(r"\w{3}\.[a-z]{2,}")  # `Weather.com Quick Look`
# Its figure comes first, by which a line is searched several times as fast as by the letter before it.
_AFFILIATION = re.compile(r"\d(?<=[^\W\d_]\d)\d?(?=,|$)")


@cache
def _small() -> frozenset[str]:
    """What may stand in lower case on a line of names."""
    return word_set("lists", "and") | word_set("lists", "particles") | roles()


@cache
def _alone() -> frozenset[str]:
    """Single words that introduce names: with one of them before it a line is a byline or nothing."""
    return frozenset(word for word in byline_words()["intro"]["open"] if " " not in word)


# `Ann Lee, Berlin`, `Ann Lee | Berlin`: a name and one more word, in title case.
_TOWN = re.compile(r"[^,|]{3,60}(?:,| \|) [A-ZÀ-ÖØ-Þ][^\W\d_]{2,20}")
_LISTED = re.compile(r"\s?[、・,/]\s?")
_SPACED_LIST = re.compile(r"\s?[,،/]\s?|\sو\s|\sऔर\s|\sו(?=[\u05d0-\u05ea])")


def names_town(text: str) -> bool:
    """Whether a line of names ends with a comma or bar and one more word, as a place does: it says less than names."""
    return _TOWN.fullmatch(text) is not None


def _is_sent(text: str, found: Byline) -> bool:
    """Whether a line of names ends with an agency behind a comma, `Ann Lee, PAP`, but for those that many pictures are
    from: these stand so in credits.
    """
    last = found.organisations[-1]
    if len(found.organisations) > 1 or not text.endswith(last):
        return False
    return (
        text[: -len(last)].rstrip(" ")[-1:] == ","
        and is_agency(last)
        and last.lower() not in word_set("organisations", "pictured")
    )


# What Romanian papers print before a name; elsewhere it is an article, or a part of the name.
_OF = "De"
_BAR = re.compile(r"\s[-–—|/·•]\s")
# `exampleNews`, `EXAMPLE`
_HOUSE = re.compile(r"[^\W\d_]*[^\W\d_A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ][^\W\d_]*|[A-ZÀ-ÖØ-ÞĞİŞ]{5,}")


_OF_HOUSE = re.compile(r", (?:da|do|de|del|della|dal|du|van|von|of) (?:la |el |o |a )?([A-ZÀ-ÖØ-Þ][\w .]{1,24})$")


def _is_house(text: str) -> bool:
    """Whether one word is written as the name of a site or paper is, and is none that pictures are from."""
    return _HOUSE.fullmatch(text) is not None and text.lower() not in word_set("organisations", "pictured")


def _before_house(plain: str) -> str:
    name, bar, outlet = _BAR.sub("\n", plain, count=1).partition("\n")
    return name if bar and (outlet.startswith("The ") or is_organisation(outlet) or _is_house(outlet)) else ""


def signs_for_house(text: str) -> bool:
    """Whether a line is a person's name with the house behind it: `Ann Lee - exampleNews`."""
    return not text.isupper() and bool(_before_house(text)) and len(bare_names(text)) == 1


def bare_names(text: str) -> tuple[str, ...]:
    """The persons of a line that holds nothing but two or three names of two to four words; () for any other.

    Words of headings and menus (`Breaking News`) are no names; the place of the line has to confirm it.

    >>> bare_names("Ann Lee | Carlos de la Cruz"), bare_names("Breaking News"), bare_names("Ann Lee Ann Lee")
    (('Ann Lee', 'Carlos de la Cruz'), (), ('Ann Lee',))
    """
    if _DIGIT.search(text):
        text = _AFFILIATION.sub("", text)
        if _DIGIT.search(text):
            return ()
    if not 3 <= len(text) <= 90 or text[-1] in ".!?:…":
        return ()
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if not plain.isascii() and UNCASED.search(plain):
        stripped = plain.strip()
        if stripped[-1] in _OFFICES and " " in stripped:
            return ()  # `港町 広報課`
        if is_japanese_name(stripped) or _SPACED_NAME.fullmatch(stripped):
            return (stripped,)
        several = tuple(_LISTED.split(stripped))
        if 1 < len(several) <= 4 and all(map(is_japanese_name, several)):
            return several
        several = tuple(_SPACED_LIST.split(split_waw(stripped)))
        return several if len(several) <= 4 and all(map(is_spaced_name, several)) else ()
    if "@" in plain:
        plain = ADDRESS.sub("", plain).strip(TRIM)  # `Ann Lee - ann@example.com`
    if plain[-1:] == ")":
        plain = BRACKETS.sub(",", plain).strip(" ,")  # `Ann Lee (Alderby)`
    if name := _before_house(plain):
        plain = name  # `Ann Lee - The Example Post`
    if (of := _OF_HOUSE.search(plain)) and (is_organisation(of[1]) or _is_house(of[1])):
        plain = plain[: of.start()]  # `Ana Lopes, da CNN`
    words = plain.split()
    if words and words[0] == _OF and len(words) > 2 and words[1].lower() in word_set("names", "given"):
        words = words[1:]  # `De Andreea Munteanu`
        plain = " ".join(words)
    if at := desk_at(words):
        plain = " ".join(words[:at])  # `Ann Lee Gear Team`
        words = words[:at]
    elif is_desk(plain):
        return ()
    if len(words) < 2 or words[0].lower() in _alone():
        return ()
    trails, small = word_set("roles", "trails"), _small()
    for word in words:
        if word.lower() in trails:
            break  # a button, with whatever else it says
        if not word[0].isupper() and word[0].isalpha() and word not in small:
            return ()
    if len(words) > 8 and len(parts_of(plain)) * 5 < len(words):
        return ()
    if len(words) % 2 == 0 and len(words) > 2 and words[: len(words) // 2] == words[len(words) // 2 :]:
        plain = " ".join(words[: len(words) // 2])
    if plain.lower() in word_set("names", "places"):
        return ()
    if len(words) in (4, 6, 8) and _CYRILLIC.fullmatch(plain):  # a given and a family name each
        plain = ", ".join(f"{a} {b}" for a, b in zip(words[::2], words[1::2], strict=True))
    found = split_names(plain)
    if found is None or not found.names or len(found.names) > 6:
        return ()
    if found.organisations and not _is_sent(plain, found):
        return ()
    behind = plain.lower().rpartition(found.names[-1].split()[-1].lower())[2].strip(TRIM).split()
    if (
        behind
        and not (
            found.organisations or behind[0].lower() in roles() or behind[0].lower() in word_set("roles", "trails")
        )
        and not (names_town(plain) and len(found.names) == 1)
    ):
        return ()  # a name with a sentence behind it
    never = word_set("names", "never")
    for name in found.names:
        parts = name.split()
        most = 5 if parts[1].lower() in word_set("names", "second") else 4  # `María José Núñez de Arenas`
        if not 2 <= len(parts) <= most or len(parts[-1]) < 2 or any(p.lower().strip(".") in never for p in parts):
            return ()
        if "." in name and _HOST.search(name):
            return ()
    return found.names
