"""Lines that say who: what introduces names, what follows them, and lines that are only an agency.

The words are data (data/bylines.toml). Nothing here looks at the page: whether a line that is only a name
is a byline is for `labelers.fields` to say, which knows where it stands.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from cleaning.fields.desks import desk_at, is_desk
from cleaning.fields.names import TRIM, is_agency, parts_of, split_names
from cleaning.fields.namewords import Byline, byline_words, roles, word_set
from cleaning.fields.uncased import UNCASED, read_arabic, read_han, read_korean, split_waw

# A byline may name ten persons and their roles; a longer line is a paragraph.
MAX_CHARS = 300
_COLON = re.compile(r"\s?[:：=＝/／]\s?")


def read_byline(text: str) -> Byline | None:
    """What a line, or a piece of one, says of its authors; None where nothing on it says that it is a byline.

    >>> read_byline("By Ann Lee, Senior Reporter, and JOHN O'BRIEN in Paris").names
    ('Ann Lee', "John O'Brien")
    >>> read_byline("By the numbers: what the budget holds")
    """
    if len(text) > MAX_CHARS or len(text) < 2:
        return None
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = plain.strip(" \t-–—•·*|▲▶■")
    if len(plain) < 2:
        return None
    if not plain.isascii() and UNCASED.search(plain):
        found = read_korean(plain) or read_han(plain) or read_arabic(plain)
        if found is not None:
            return found
    how, rest = _introduced(plain)
    if how or _openings().get(_first_word(plain[:60].lower())):
        how, rest = _without_pictures(plain, how, rest)
    if how == "by" and plain[-1] == "." and "\u0600" <= plain[0] <= "\u06ff":
        return None  # `wrote` begins a sentence there
    if how:
        if "\u0600" <= plain[0] <= "\u06ff":
            rest = split_waw(rest)
        rest = _EDITED.split(_without_ours(rest), maxsplit=1)[0]
        found = _before_place(rest) if how == "by" else split_names(rest, alone=True)
        if found is not None:
            return found._replace(how=how)
        nobody = rest.strip(TRIM).lower() in word_set("organisations", "vague") or is_desk(rest.strip(TRIM))
        return Byline((), (), how) if nobody or (how == "colon" and _initials(rest)) else None
    return _with_role(plain) or _filed(plain) or _agency(plain)


# `Written by: Ann Lee | Edited by: Bo Ek`
_EDITED = re.compile(r"\s*[|/;,·•-]?\s*\b(?:edited|curated|reviewed|translated|fact[- ]checked) by\b", re.I)


def _without_ours(rest: str) -> str:
    """What follows `our` and roles: `unserer Redakteurin Ann Lee`."""
    words = rest.split()
    if not words or words[0].lower() not in word_set("intro", "ours"):
        return rest
    at = 1
    while at < len(words) and words[at].lower().strip(",:") in roles() | word_set("roles", "inflected"):
        at += 1
    return " ".join(words[at:]) or rest


_DASH = re.compile(r"\s[—–]\s")


def _before_place(rest: str) -> Byline | None:
    """What follows `By`. Behind a dash stands where it was written, or for whom: `Ana Lima, g1 — Rio de Janeiro`."""
    before, *behind = _DASH.split(rest, 1)
    found = split_names(before)
    if found is None or not behind:
        return found
    house = split_names(behind[0])
    return found._replace(organisations=found.organisations + (house.organisations if house else ()))


# `Elif KARA-Murat AY/LİMANKENT, (DHA)`: names, place and agency, as Turkish agencies sign.
_FILED = re.compile(r"([^/()]{5,80}?)\s?/\s?[^\W\d_a-z][^\d()/]{2,40},?\s*\(([^\W\d_]{2,5})\)")


def _filed(plain: str) -> Byline | None:
    if plain[-1] != ")" or "/" not in plain or (match := _FILED.fullmatch(plain)) is None or not is_agency(match[2]):
        return None
    found = split_names(match[1].replace("-", ", "))
    return found._replace(organisations=(match[2],), how="agency") if found is not None and found.names else None


@cache
def _openings() -> dict[str, int]:
    """First words of what introduces names, with the words of the longest such phrase."""
    longest: dict[str, int] = {}
    for phrase in [*byline_words()["intro"]["open"], *byline_words()["intro"]["colon"]]:
        first = _first_word(phrase)
        longest[first] = max(longest.get(first, 0), phrase.count(" ") + 1)
    return longest


@cache
def _pictures() -> re.Pattern[str]:
    """Where those are named who took the pictures."""
    words = "|".join(sorted(map(re.escape, byline_words()["intro"]["pictures"]), key=len, reverse=True))
    either = "|".join((words, words.title(), words.upper()))
    between = "|".join(sorted(word_set("lists", "and")))
    return re.compile(
        rf"[\s,;·/|(・]+(?:(?:{between})\s)?(?:{either})"
        r"(?:\s?[:=/・]|\s(?:by|von|par|por|di|av|af|door|de)\s|\s(?=[A-ZÀ-ÖØ-ÞА-Я가-힣\u3400-\u9fff])|$)"
    )


def _without_pictures(plain: str, how: str, rest: str) -> tuple[str, str]:
    """A line without those who took the pictures; where it names them, `Text` needs no colon behind it."""
    if how:
        cut = _pictures().search(rest)
        return how, rest[: cut.start()] if cut else rest
    first, _, following = plain.partition(" ")
    if first.lower() in word_set("intro", "colon") and (cut := _pictures().search(following)):
        return "colon", following[: cut.start()]
    return how, rest


_SIGNS = ":：=＝/／"
_SIGN = re.compile(f"[{_SIGNS}]")


def _first_word(low: str) -> str:
    """The first word, up to a colon or the like inside it: `text` of `text:ann lee`."""
    word = low.split(None, 1)[0]
    sign = _SIGN.search(word, 1)
    return word[: sign.start()] if sign else word


def _introduced(plain: str) -> tuple[str, str]:
    """Which kind of introduction the line has, `by` or `colon`, and what follows it; '' and the line: none."""
    longest = _openings().get(_first_word(plain[:60].lower()), 0)
    if not longest:
        return "", plain
    words = plain[:60].split()
    for size in range(min(longest, len(words)), 0, -1):
        head = " ".join(words[:size]).lower()
        colon = head[-1] in _SIGNS
        bare = head.rstrip(" " + _SIGNS)
        if bare in word_set("intro", "colon" if colon else "open") or (colon and bare in word_set("intro", "open")):
            following = plain.split(None, size)
            return ("colon" if colon else "by"), following[size] if len(following) > size else ""
    # `Text:Ann Lee`, `文/张三`: the mark stands inside a word
    if (mark := _COLON.search(plain[:24])) and plain[: mark.start()].strip().lower() in word_set("intro", "colon"):
        return "colon", plain[mark.end() :]
    return "", plain


def _initials(text: str) -> bool:
    """`asl, kan`: signs of authors that name nobody."""
    parts = parts_of(text.split(";")[0])
    return 0 < len(parts) <= 4 and all(len(part) <= 4 and part.isalpha() for part in parts)


def _with_role(plain: str) -> Byline | None:
    """`Ann Lee, Staff Writer`, `Ann Lee Redakteurin`, `Ann Lee – Journalist`."""
    if not plain[0].isupper() or plain[-1] in ".!?…":
        return None
    spaced = plain.replace(",", " , ")
    words = spaced.split()
    if not 3 <= len(words) <= 14:
        return None
    if word_set("roles", "nouns").isdisjoint([word.strip(".:,") for word in spaced.lower().split()]):
        return None
    before = roles() | word_set("roles", "beats")
    at = next((i for i, w in enumerate(words) if (i > 1 or w.islower()) and w.lower().strip(".:") in before), 0)
    if at < 2 or f" {' '.join(words[:at])}".lower().endswith(_to_whom()):
        return None
    found = split_names(" ".join(words[: desk_at(words) or at]))
    # the words behind the role belong to it: `Political Editor`, `Journalist i Oslo`
    small = sum(word.islower() for word in words[at:])
    if found is None or not found.names or small > 4:
        return None
    return found._replace(how="role")


@cache
def _to_whom() -> tuple[str, ...]:
    """What stands before a role that something is written to or comes from: `LETTERS TO THE EDITOR`."""
    return tuple(f" {words}" for words in byline_words()["roles"]["to_whom"])


@cache
def _agency_words() -> frozenset[str]:
    """First and last words of the names of agencies."""
    names = byline_words()["organisations"]["agencies"]
    return frozenset(word for name in names for word in (name.split()[0], name.split()[-1]))


_WITH = frozenset(("avec", "mit", "con", "com", "met", "med"))


def _agency(plain: str) -> Byline | None:
    """An agency with or without a place or names: `Associated Press in Rome`, `Ann Lee and AP`."""
    words, known = plain.split(None, 15), _agency_words()
    if words[-1].strip(TRIM).lower() not in known and words[0].strip(TRIM).lower() not in known:
        return None
    if len(words) <= 6 and words[-1][0].isupper() and is_agency(words[-1].strip(TRIM)) and len(words) > 1:
        agency, first = words[-1].strip(TRIM), words[0].lower()
        behind = words[-2].lower() in _WITH and len(words) > 2 and plain[0].isupper()
        if behind or (len(words) == 2 and first in word_set("organisations", "vague")):
            return Byline((), (agency,), "agency")  # `Rédaction avec AFP`, `Redazione ANSA`
    if plain.count(",") == 1 and words[0][-1:] == "," and is_agency(first := words[0][:-1]):
        found = split_names(" ".join(words[1:]))
        if found is not None and found.names and first.lower() not in word_set("organisations", "pictured"):
            return Byline(found.names, (first, *found.organisations), "agency")  # `ČTK, Tereza Malá`
    tails = {" ".join(words[-size:]).strip(TRIM).lower() for size in (1, 2)}
    if "/" not in plain and len(words) > 3 and tails & word_set("organisations", "agencies"):
        found = split_names(plain)
        # `Ann Lee, Associated Press` is as likely under a picture
        pictured = words[-1].strip(TRIM).lower() not in word_set("organisations", "agencies") and plain.count(",") == 1
        if found is not None and len(found.names) > pictured and len(found.organisations) == 1 and len(plain) <= 80:
            return found._replace(how="agency")
    for size in range(min(4, len(words)), 0, -1):
        name = " ".join(words[:size]).strip(TRIM)
        if is_agency(name) and name.lower() not in word_set("organisations", "vague"):
            if "," in words[size - 1] and len(words) <= size + 2 and plain[len(name) :].isupper():
                return Byline((), (name,), "agency")  # `AFP, MANILA`
            rest = [word.lower() for word in words[size : size + 1]]
            if not rest or (rest[0] in ("in", "i", "à", "en") and len(words) <= size + 3):
                return Byline((), (name,), "agency")
    return None


def read_given_authors(value: str) -> Byline:
    """A record's own author field: `A, B and C`, `By A`, a list by `;`, `Lee, Ann`. Only desks are refused.

    >>> read_given_authors("Lee, Ann; Carlos Ruiz; Reuters")[:2]
    (('Ann Lee', 'Carlos Ruiz'), ('Reuters',))
    """
    value = unicodedata.normalize("NFKC", value[: 10 * MAX_CHARS]).strip()
    names: list[str] = []
    organisations: list[str] = []
    listed = ";" in value
    vague = word_set("organisations", "vague")
    for item in value.split(";"):
        pieces = [piece.strip() for piece in item.split(",")]
        if listed and len(pieces) == 2 and all(pieces) and (" " not in pieces[0] or " " not in pieces[1]):
            item = f"{pieces[1]} {pieces[0]}"
        plain = item.strip(TRIM)
        if plain.lower() in vague or is_desk(plain):
            continue
        found = read_byline(item) or split_names(item, alone=True)
        if found is not None and (found.names or found.organisations):
            names += found.names
            organisations += found.organisations
        elif plain and len(item) <= MAX_CHARS and plain.lower().removeprefix("by ") not in vague:
            names.append(plain)
    return Byline(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(organisations)), "given")
