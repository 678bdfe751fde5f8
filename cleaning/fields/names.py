"""Lists of names: persons told from organisations, roles and addresses cut off."""

from __future__ import annotations

import re
from functools import cache

from cleaning.fields.desks import desk_at, is_desk
from cleaning.fields.namewords import Byline, byline_words, roles, word_set
from cleaning.fields.uncased import ADDRESS, BRACKETS, UNCASED, is_uncased_name

_BETWEEN = re.compile(r"\s?[,;/&|·•、，／＋+ㆍ]\s?|\s[-–—]\s|(?<=[^\W\d_])[-–—]\s|\s{3,}")
_WORD = re.compile(r"[^\W\d_][\w'’.\-]*")
_NICKNAME = '"“”'
_CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
TRIM = ' \t\u3000.,:;|&/\\-–—•·*>»_=~(){}[]<>"“”'


def split_names(text: str, alone: bool = False) -> Byline | None:
    """A list of names: persons and organisations. None if a piece of it is neither, or nothing is left.

    `alone`: a person may have a single name, as in `Author: Maria`.
    """
    if "@" in text or "www." in text or "://" in text:
        text = ADDRESS.sub(" , ", text)
    text = BRACKETS.sub(" ", text)
    names: list[str] = []
    organisations: list[str] = []
    for index, part in enumerate(parts_of(text)):
        words = part.split()
        first = words[0].lower().strip(".,")
        if index and (first in word_set("roles", "cuts") or first in word_set("roles", "trails")):
            if is_agency(part):
                organisations.append(part)  # `Ann Lee, The Associated Press`
            break
        last = words[-1].lower().strip(".,")
        if index and last in word_set("roles", "nouns") and (part.islower() or first in word_set("roles", "beats")):
            break  # `Ann Lee, local democracy reporter`, `Ann Lee, Local Government Correspondent`
        if names and part[0].islower() and any(map(str.isdigit, words[0])):
            break  # `Ann Lee, k3 Alderby`, a channel and its region
        if at := _role_before(words):
            words, part = words[at:], " ".join(words[at:])
        if len(words) > 1 and words[-1].lower() == "staff":
            organisations.append(" ".join(words[:-1]))  # `The Example Staff`
            continue
        if is_desk(part):
            continue
        kept, agency = _cut(words)
        if agency:
            organisations.append(agency)
        if not kept:
            if not (names or organisations):
                return None
            continue
        if len(kept) > 2 and kept[0].lower().strip(".") in _HONORIFICS:
            kept = kept[1:]  # `Ms Ann Lee`
        name = " ".join(kept)
        if is_organisation(name) or name in word_set("organisations", "vague"):
            organisations.append(name)
        elif index and names and kept[0].lower() in word_set("names", "towns"):
            break  # `Ann Lee, San Telmo`
        elif _is_name(kept, alone):
            names += [_set_case(" ".join(one)) for one in _apart(kept)]
        elif not (index and len(kept) == 1 and (kept[0][0].isupper() or len(kept[0]) <= 4)):
            return None  # `Ann Lee, Nairobi` and `dpa, abc` are lists with a place and a sign behind them
    vague = word_set("organisations", "vague")
    organisations = [o for o in organisations if o.lower() not in vague]
    if not names and not organisations:
        return None
    return Byline(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(organisations)), "names")


def _role_before(words: list[str]) -> int:
    """Index of the name behind a role in lower case, `state political reporter Ann Lee`; 0 where none stands there."""
    at = next((at for at, word in enumerate(words) if not word.islower()), 0)
    return at if at and len(words) - at > 1 and words[at - 1] in word_set("roles", "nouns") else 0


_HONORIFICS = frozenset(("mr", "ms", "mrs", "miss", "sr", "sra", "herr", "frau", "mme"))


def _apart(words: list[str]) -> list[list[str]]:
    """Names that stand behind each other with nothing between them, told by the given name that the next begins with.

    >>> _apart("Linus Persson Elin Strand".split()), _apart("Anna Maria Lund Berg".split())
    ([['Linus', 'Persson'], ['Elin', 'Strand']], [['Anna', 'Maria', 'Lund', 'Berg']])
    """
    if len(words) < 4 or words[0].lower() not in (given := word_set("names", "given")):
        return [words]
    found: list[list[str]] = [[words[0]]]
    for at in range(1, len(words)):
        ended = len(found[-1]) > 1 and words[at - 1].lower() not in given and words[at - 1][0].isupper()
        family = at + 1 if at + 1 < len(words) and words[at + 1].lower() not in given else at + 2
        if ended and family < len(words) and words[at].lower() in given:
            found.append([])
        found[-1].append(words[at])
    return found


def parts_of(text: str) -> list[str]:
    """Pieces between commas, slashes, dashes and words for `and`, none of them empty."""
    parts = []
    capitals = text.isupper()
    for piece in _BETWEEN.split(text):
        run: list[str] = []
        for word in piece.split():
            # a conjunction stands in lower case between two names, or all is in capitals
            if word in word_set("lists", "and") or (run and capitals and _is_and(word)):
                parts.append(" ".join(run))
                run = []
            else:
                run.append(word)
        parts.append(" ".join(run))
    return [part for part in (part.strip(TRIM) for part in parts) if part]


def _is_and(word: str) -> bool:
    """Whether a word in capitals is a conjunction and neither an initial nor a given name."""
    low = word.lower()
    return len(word) > 1 and low in word_set("lists", "and") and low not in word_set("lists", "and_named")


def _cut(words: list[str]) -> tuple[list[str], str]:
    """The words of a name without the role or place behind it; and the agency that stood there, or ''."""
    agency = ""
    if at := desk_at(words):
        words = words[:at]
    for at, word in enumerate(words):
        low = word.lower().strip(".,:")
        # `Ann LeeLifestyle Writer`: a scraper ran the role on to the name
        if at and not word[1:].islower() and len(glued := _CAMEL.split(word)) > 1 and glued[-1].lower() in roles():
            words = [*words[:at], "".join(glued[:-1])]
            break
        if at == len(words) - 1 and at > 2 and low in word_set("organisations", "outlets"):
            return words[: at - 1], " ".join(words[at - 1 :])  # `Ann Lee Fox News`
        if low in roles() and (at != 1 or len(words) > 2 or not word[0].isupper() or low in word_set("roles", "nouns")):
            words = words[:at]
            break
        if low in word_set("roles", "trails") and at > 1:
            words = words[:at]
            break
        if (
            low in word_set("roles", "cuts")
            and at > 1
            and " ".join(words[at:]).lower() not in word_set("organisations", "agencies")
        ):
            following = " ".join(words[at:]).lower().removeprefix("the ")
            if following in word_set("organisations", "agencies"):
                agency = " ".join(words[at:])
            words = words[:at]
            break
    for size in range(min(4, len(words) - 1), 0, -1):
        tail = " ".join(words[-size:])
        if tail.lower() in word_set("organisations", "agencies"):
            return ([] if len(words) - size == 1 and words[0].lower() == "the" else words[:-size]), tail
        if tail.lower().startswith("the ") and size > 1 and tail.lower()[4:] in word_set("organisations", "agencies"):
            return words[:-size], tail
    return words, agency


def is_agency(name: str) -> bool:
    """Whether a name is that of an agency, or a word such as `Agencies` that stands for some."""
    low = name.lower()
    known = word_set("organisations", "agencies")
    return low in known or low.removeprefix("the ") in known


@cache
def _outlet_ends() -> tuple[tuple[str, ...], frozenset[str]]:
    """What the names of Chinese and Korean papers end with, and the last characters of that."""
    ends = tuple(byline_words()["organisations"]["ends"])
    return ends, frozenset(end[-1] for end in ends)


@cache
def _endings() -> tuple[str, ...]:
    return tuple(byline_words()["organisations"]["endings"])


def is_organisation(name: str) -> bool:
    """Whether a name is that of an agency, a paper or a desk, by the lists or by a word such as `News` in it."""
    if is_agency(name):
        return True
    ends, last = _outlet_ends()
    if name[-1] in last and 3 <= len(name) <= 12 and name.endswith(ends):
        return True
    low = name.lower()
    words = low.replace("-", " ").split()
    if low == name and len(words) > 3 and UNCASED.search(name) is None:
        return False  # `midnight the post had been shared`
    if any(word in word_set("organisations", "words") or word.endswith(_endings()) for word in words):
        return True
    if len(words) > 1 and name.startswith(("L'", "L’")):
        return True  # `L'Écho du Bocage`
    if len(words) > 1 and name[0].isupper() and words[0] in word_set("organisations", "articles"):
        return True
    # `TPN`, `BELGA`, `example.org`
    return len(words) == 1 and (
        (name.isupper() and name.isalpha() and len(name) <= 5)
        or ("." in name[1:-1] and low == name and not name[0].isdigit())
    )


def is_outlet(text: str) -> bool:
    """Whether a line is two or three words, the last of which outlets end with: `Example Nieuws`, `City News`."""
    if text.rpartition(" ")[2].lower() not in word_set("organisations", "outlets"):
        return False
    return 1 <= text.count(" ") <= 2 and text[0].isupper()


def _is_name(words: list[str], alone: bool) -> bool:
    """2 to 6 words in capitals or title case, particles aside; one word only if `alone`."""
    text = " ".join(words)
    if not 2 <= len(text) <= 60 or any(char.isdigit() for char in text):
        return False
    if UNCASED.search(text):
        return is_uncased_name(text) and (alone or " " in text or not "\u0600" <= text[0] <= "\u06ff")
    if all(len(word.strip(".")) < 2 for word in words):
        return False  # `A. L.`
    large = 0
    for index, word in enumerate(words):
        bare = word.strip(_NICKNAME) or word  # `Amanda “Tania Mae” Tan`
        if bare[0].isupper():
            if not _WORD.fullmatch(bare):
                return False
            large += 1
        elif word.lower() not in word_set("lists", "particles") or index == len(words) - 1:
            return False
    return (large >= 2 and (len(words) <= 6 or len(_apart(words)) > 2)) or (
        alone and large == 1 and len(words) <= 2 and len(text) > 2
    )


def _set_case(name: str) -> str:
    """Words in capitals set in title case, `Mc` and `O'` as they are written; particles in lower case, initials stay.

    >>> _set_case("BILL MCCARTHY"), _set_case("J.R. O'NEIL-SMITH")
    ('Bill McCarthy', "J.R. O'Neil-Smith")
    >>> _set_case("ANA DE LA CRUZ"), _set_case("Anne LE GOFF")
    ('Ana de la Cruz', 'Anne Le Goff')
    """
    if not any(word.isupper() and len(word) > 2 for word in name.split()):
        return name
    found: list[str] = []
    particle = False
    for word in name.split():
        low = word.lower()
        article = low in word_set("lists", "leading") and not particle
        particle = bool(found) and low in word_set("lists", "particles") and not article
        if not word.isupper():
            found.append(word)
        elif particle and len(word) > 1:
            found.append(low)
        else:
            found.append(word.title() if article and found else _titled(word))
    return " ".join(found)


_NUMERALS = frozenset(("II", "III", "IV", "VI", "VII", "IX", "XI"))
# `BO`, `EK`; but `JD` and `AJ` are initials.
_SHORT = re.compile(r"[A-ZÀ-ÖØ-Þ][AEIOUYÀ-ÖØ-Þ]|[AEIOUYÀ-ÖØ-Þ][B-DF-HK-NP-TV-XZ]")


def _titled(word: str) -> str:
    if not word.isupper() or "." in word[:-1] or word in _NUMERALS or (len(word) < 3 and not _SHORT.fullmatch(word)):
        return word
    word = word.title().replace("’S", "’s").replace("i\u0307", "i")  # `DEMİR` is `Demir`
    if word.startswith("Mc") and len(word) > 3:
        word = "Mc" + word[2].upper() + word[3:]
    return word
