"""Who took a picture, as the end of its caption says."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources

from cleaning.fields.names import is_agency
from cleaning.fields.namewords import copyright_words, word_set

MAX_CHARS = 500
END_CHARS = 90
"""A credit stands in so many characters at the end of a line."""
SIGNED_END = re.compile(r"\.[\"”']? [A-ZÀ-ÖØ-Þ][\w.&'’-]*(?: [A-ZÀ-ÖØ-Þ][\w.&'’-]*){0,4}$")
"""A full stop and then a name or two: 'The harbour at dawn. Harbour Office'. Only a twin makes it a credit."""
CLOSED = '.!?。…"”'
"""How prose ends."""
# What the patterns for brackets end with: one that closes, the last letter of `기자`, or the word for taking a picture.
_BRACKETED = ")]】）>자摄攝"
# Characters with which a paper's own people sign.
_SIGN = 6
# `(dpa/amü)`, `amü/dpa`: an agency and the signs of those who edited its text.
_DESK = re.compile(r"(?:^|[(\[])([\w.-]{2,12}(?:[/,] ?[\w.-]{2,12}){1,4})[)\]]?$")


@cache
def caption_words() -> dict[str, list[str]]:
    """The lists of data/captions.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/captions.toml").read_text("utf-8"))


def _either(key: str) -> str:
    """A pattern of the words of a list, the longest first."""
    return "|".join(re.escape(word) for word in sorted(caption_words()[key], key=len, reverse=True))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A cheap look for anything that a credit needs; then the mark, the brackets, the agency at the end.

    The first two are for text in small letters: to search without regard to case takes three to ten times as long.
    """
    mark = rf"(?:^|[\s(\[【（<|▲/.,;])(?:(?:{_either('marks')})\s?[:=：＝/／]|(?:{_either('by')})\s)|©|ⓒ|\bcopyright\b"
    # `(AP Photo/Ann Lee)`, `(AFP / ANN LEE)`, `(山田太郎撮影)`, `[사진=…]`
    brackets = (
        rf"[(\[【（<]\s?(?:(?:{_either('houses')})\s?(?:{_either('bracketed')})?\s?[/=-][^()\[\]]{{2,60}}"
        rf"|(?:{_either('houses')})\s(?:{_either('bracketed')})"
        rf"|[^()\[\]]{{2,30}}(?:{_either('taken')})|(?:{_either('alone')}))[)\]】）>]$"
        rf"|[(\[【（<]\s?(?:{_either('parted')})\s?[・:=：＝]\s?[^()（）\[\]]{{2,20}}[)\]】）>]$"
        r"|\.\s[가-힣]{2,4}\s기자$"  # `배가 선착장에 닿았다. 홍길동 기자`
        r"|(?:记者|記者)\s?[\u4e00-\u9fff]{2,4}\s?(?<!拍)[摄攝]$"
    )
    houses = _either("houses")
    house = rf"(?:^|[\s/|.(\[=,–—-])(?P<house>(?:{houses})(?: via (?:{houses}))?)[)\]】）>]?$"
    first_words = sorted({re.escape(phrase.split()[0]) for phrase in caption_words()["by"]})
    # alternatives that each begin with a character of their own are looked for by those characters
    hint = "|".join([*":=：＝/／©ⓒ", r"[)\]】）>摄攝]$", "기자$", *first_words, "copyright"])
    return re.compile(hint), re.compile(mark), re.compile(brackets, re.I), re.compile(house)


@cache
def _named() -> re.Pattern[str]:
    """A name that nothing but brackets, or an agency before a slash, shows to be who took the picture; or who has it,
    behind words that elsewhere say where a text is from."""
    inside, houses, sources = map(_either, ("inside", "houses", "sources"))
    return re.compile(
        rf"[(\[【（<]\s?(?i:{inside})\s+(?P<inside>[^()\[\]]{{2,40}})[)\]】）>]$"
        rf"|(?<![^\s.(])(?:{houses})\s?/\s?(?P<behind>[^\s/()]+(?: [^\s/()]+){{1,3}})$"
        rf"|(?<![^\s(])(?i:{sources})\s?[:：]\s?(?P<source>[^:()]{{2,40}})$"
    )


# Characters of a line behind which a source is the picture's, at most.
_SOURCED = 160


def _find_name(text: str, end: str) -> int:
    """Where in the end of a line such a name begins; -1: nowhere."""
    found = _named().search(end)
    if found is None:
        return -1
    name = found[found.lastgroup or 0]
    words = name.split()
    if not _names_somebody(name) or (not found["source"] and any(word[0].islower() for word in (words[0], words[-1]))):
        return -1
    before = text[: len(text) - len(end) + found.start()].rstrip()
    if found["source"] and (len(before) <= 12 or before[-1] in CLOSED or len(text) > _SOURCED):
        return -1
    if found["source"] and not (len(words) > 1 or is_agency(name) or name in caption_words()["houses"]):
        return -1  # `Am Ende blieb nur eine Quelle: Angst`
    return found.start()


@cache
def _last_words() -> frozenset[str]:
    return frozenset(name.split()[-1] for name in caption_words()["houses"])


# Characters of the words before who wrote, at most.
_INTRO = 24


@lru_cache(4096)  # most that end like a credit and have none are lines of the site
def credit(text: str) -> str:
    """How a line names who took a picture: `only` (nothing else on it), `named`, `house`, `ends`, or ''.

    `named`: a word for picture stands before the name; `house`: an agency behind a slash or a full stop;
    `ends`: the line merely ends with an agency, as a sentence may, or with a name behind its full stop.

    >>> credit("The harbour at dawn. Photo: Ann Lee"), credit("Photo: Ann Lee"), credit("The harbour at dawn / AP")
    ('named', 'only', 'house')
    >>> credit("He told the paper that he had read it on Reuters."), credit("Ann Lee, of the AP")
    ('', 'ends')
    """
    if not 2 <= len(text) <= MAX_CHARS or text.startswith(tuple(caption_words()["avatars"])):
        return ""
    if ":" in text[:_INTRO] and text.partition(":")[0].strip().lower() in word_set("intro", "colon"):
        return ""  # who wrote stands first: `Text: Ann Lee, Fotos: Bo Ek`
    hint, mark, brackets, house = _patterns()
    end = text[-END_CHARS:]
    low = end.replace("İ", "i").lower()  # as long as it was
    hinted = hint.search(low)
    if hinted is None and end.rsplit(None, 1)[-1] not in _last_words():
        return "ends" if SIGNED_END.search(end) else ""
    if ("©" in low or "ⓒ" in low) and any(word in text.lower() for word in copyright_words()["rights"]):
        return ""  # a copyright line
    start = -1
    # a mark has its name behind it: what is found first at the very end is none
    for found in mark.finditer(low) if hinted is not None and hinted.end() < len(low) else ():
        if _names_somebody(end[found.end() :]):
            start = found.start()
            if found[0].startswith(("©", "ⓒ", "copyright")) and len(text) - len(end) + start <= 12:
                rest = text[1:].lstrip()  # `© Foto: Ann Lee` is none of a copyright
                return "only" if text[0] in "©ⓒ" and credit(rest) == "only" else ""
            break
    if start < 0 and _is_desk(end):
        return ""
    if start < 0 and end[-1] in _BRACKETED and (bracket := brackets.search(end)):
        start = bracket.start()
    if start < 0:
        start = _find_name(text, end)
    if start >= 0:
        return "named" if len(text) - len(end) + start > 12 else "only"
    if len(text) < 60 and (first := house.match(text.split("/", 1)[0].rstrip())) and "/" in text:
        return "only" if first.end() else ""  # `Imago/Ann Lee`
    named = house.search(end)
    if named is None:
        return "ends" if SIGNED_END.search(end) else ""
    before = end[: named.start("house")].rstrip()
    if before and before[-1] in "([" and end[-1] in ")]":
        before = before[:-1].rstrip()  # `The bridge in 1961. (Getty Images)`
    if before and before[-1] in "/.!?":
        return "house" if len(before) > 12 else "only"
    if not before:
        return "only" if text in caption_words()["pictures"] else ""  # of the others it may be a byline
    return "only" if before[-1] == "|" and len(text) < 60 else "ends"


def _is_desk(end: str) -> bool:
    """Whether a line ends with whose text it is: agencies and signs in small letters, and no name."""
    match = _DESK.search(end)
    parts = re.split(r"[/,] ?", match[1]) if match else []
    agencies = [*map(is_agency, parts)]
    return any(agencies) and all(
        agency or (len(part) <= _SIGN and part.islower()) for agency, part in zip(agencies, parts, strict=True)
    )


def _names_somebody(text: str) -> bool:
    """Whether what follows a mark is a name or two and not the rest of a sentence."""
    words = text.strip(" )]】）>.").replace("/", " ").split()
    if not 0 < len(words) <= 8:
        return False
    if len(words) == 1 and len(text) <= _SIGN and text.strip(" )]】>").isalpha():
        return True  # `Foto: uls`: the sign of one of the paper's own
    if words[0].lower().strip(",") in caption_words()["givers"] and words[-1][-1] not in ".!?":
        return True
    small = sum(word[0].islower() and word not in _last_words() for word in words)
    return small * 3 <= len(words) and not words[0][0].isdigit()
