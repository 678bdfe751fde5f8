"""The head of a first paragraph: where a text is from and who sends it. `SEOUL, Sept. 2 (Reuters) - …`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import re2

from cleaning.fields.asiandatelines import Dateline, read_asian
from cleaning.fields.dates import scan
from cleaning.fields.moments import Stamp
from cleaning.fields.names import is_agency
from cleaning.fields.namewords import dateline_words
from cleaning.searching import find_matching

__all__ = ["Dateline", "dateline_day", "is_sender", "may_have_dateline", "read_dateline"]

# Nothing is looked for behind so many characters.
_WITHIN = 120
# What stands in lower case before the capital of a place: `'s-Hertogenbosch`, `l'Aquila`.
_ELIDED = re.compile(r"(?:['’]s-|['’]t |[ld]['’])(?=[^\W\d_a-zà-öø-ÿ])")
# Letters that are no small ones of Latin; whether they are capitals is asked of what is found.
_WORD = r"[^\W\d_a-zà-öø-ÿ][\w.'’\-]{0,24}"
_SMALL = frozenset(" ".join(dateline_words()["particles"]).split())
_PARTICLES = "|".join(dateline_words()["particles"])
# A place: up to four words that begin with a capital. Behind it a region, a day; then who sends it, and a dash.
_PLACE = rf"(?P<place>{_WORD}(?:[ /](?:(?:{_PARTICLES}) )?{_WORD}){{0,3}})(?!\w)"
_DAY = r"[,.]? ?(?:\d{1,2}(?:\.|º|er|st|nd|rd|th)? ?(?:de )?)?[^\W\d_]{3,12}\.?(?: \d{1,2}(?!\d))?"
_WHEN = rf"(?:, [^\W\d_][\w.' ]{{1,20}}){{0,2}}(?:{_DAY})?(?:,? (?:de )?(?:19|20)\d\d\.?)?"
_WHO = r"(?:\((?P<agency>[^()]{2,30})\)|/(?P<slash>[^/\s]{2,20})/)"
_DASHED = re.compile(rf"{_PLACE}{_WHEN},?\s?{_WHO}?\s?(?P<dash>(?:--|[-–—:_]|,\s[-–—]|\.-)(?=\s)|(?<!\s)—(?=[^\W\d_]))")
# `NEW DELHI, Sept 2 (PTI) The train`, `MOSCOW, September 2. /TASS/. The train`
_UNDASHED = re.compile(rf"{_PLACE}{_WHEN},?\.?\s?{_WHO}(?P<dash>\.?)\s(?=\S)")
# `DUBAI, United Arab Emirates--(BUSINESS WIRE)--The company`
_WIRED = re.compile(rf"{_PLACE}(?:, [^\W\d_][\w.' ]{{1,24}}){{0,2}}\s?--\s?\((?P<agency>[^()]{{2,30}})\)\s?--")
# `(ANSA) - ROMA, 02 SET - Il ponte`, `(EFE).- El agua`, `Sept 2 (Reuters) - The company`
_CAPITALS = r"[^\W\d_a-zà-öø-ÿ]{2,20}"
_SENT_FIRST = re.compile(
    rf"(?:[^\W\d_]{{3,9}}\.? \d{{1,2}} |\d{{1,2}} [^\W\d_]{{3,9}}\.? )?"
    rf"\((?P<agency>[^()]{{2,30}})\)\s?(?:\.-|--|[-–—])\s"
    rf"(?:(?P<place>{_CAPITALS}(?:[ /]{_CAPITALS}){{0,2}})(?:, \d{{1,2}} [^\W\d_]{{3,9}}\.?)?\s[-–—]\s)?"
)
# `Москва. 2 сентября. INTERFAX.RU - Поезд`
_STOPPED = re.compile(rf"{_PLACE}\. \d{{1,2}} [^\W\d_]{{3,10}}\. (?P<agency>[\w.]{{2,15}}?)(?:\.| [-–—])\s")
# `STRASBOURG, 23 Oct 2026. A bell`, and the day of any dateline that has its year
_FULL_DAY = r"(?:\d{1,2} [^\W\d_]{3,12}\.?|[^\W\d_]{3,12}\.? \d{1,2},?) (?:19|20)\d\d"
_FULL = re.compile(rf"{_PLACE}(?:, [^\W\d_][\w.' ]{{1,20}})?, (?P<day>{_FULL_DAY})(?P<stop>\.\s|)")
# `LEEUWARDEN - Drie jaar`, `Berlin – Der Stadtrat`
_SPACED = re.compile(rf"{_PLACE} (?P<dash>[-–—]) (?P<behind>[^\W\d_][^\W_]*)")
# `TASS, September 2. The train`
_DAY_ONLY = re.compile(r"(?P<agency>[^\W\d_]{3,12}), (?:\d{1,2} )?[^\W\d_]{3,10}\.?(?: \d{1,2})?\.\s")
# `JAKARTA, EXAMPLE.com - Pemerintah`, `Example6.com, Jakarta - Pemerintah`
_HOST = r"[^\W_][\w ]{1,20}\.(?i:com|co\.id|id|net|co|tv)"
_HOUSE = re.compile(
    rf"(?:(?P<first>{_HOST}), {_PLACE}|(?P<there>{_WORD}(?: {_WORD}){{0,2}}), (?P<last>{_HOST}))\s?(?:--|[-–—])\s"
)
# `МОСКВА, 2 сен — РИА Новости. Поезд`
_BEHIND = re.compile(r"\s(?P<agency>[^\W\d_][^.,:;]{1,18})\.\s")
# `ราชบุรี - ลุงพายเรือ`, `नई दिल्ली। सरकार ने`
# `القاهرة 2 سبتمبر (رويترز) - قال`, `नई दिल्ली, 2 सितंबर (भाषा) ट्रेन`, `الرياض - واس : قال`, `دبي، 2 سبتمبر 2025 - قالت`
_LETTERS = r"[^\s\d()،,.:/A-Za-z\-–—]{2,15}"
_UNCASED = re.compile(
    rf"(?P<place>{_LETTERS}(?: {_LETTERS}){{0,2}}?)(?P<when>[,،]? \d{{1,2}} {_LETTERS}(?:[,،]? (?:19|20)\d\d)?)?\s?"
    rf"(?:\((?P<agency>[^()]{{2,20}})\)\s?[-–—:]?\s"
    rf"|[-–—]\s(?P<named>{_LETTERS}(?: {_LETTERS})?)\s?:\s|(?P<dash>[-–—:।])\s)"
)


# How RE2 reads the same patterns: without what stands around, and with any sign beyond ASCII as any letter, figure or
# space. It finds all that they find and hardly more.
_BEYOND = "\x7f-\U0010ffff"
_LOOSER = (
    *((around, "") for around in (r"(?!\w)", r"(?!\d)", r"(?<!\s)", r"(?=[^\W\d_])", r"(?=\S)")),
    (r"(?=\s)", r"(?:\s|$)"),
    (r"[^\W\d_a-zà-öø-ÿ]", f"[A-Z{_BEYOND}]"),
    (r"[^\W\d_]", f"[A-Za-z{_BEYOND}]"),
    (r"[^\W_]", f"[A-Za-z0-9{_BEYOND}]"),
    (r"[\w", f"[A-Za-z0-9_{_BEYOND}"),
    (r"[^/\s]", r"[^/\n]"),
    ("[^()]", r"[^()\n]"),
    (r"\s", rf"[\t\v-\r {_BEYOND}]"),
    (r"\d", f"[0-9{_BEYOND}]"),
)
# Counts of ten or more take RE2 longer than none.
_COUNTED, _NAMED = re.compile(r"\{\d+,\d\d\}\??"), re.compile(r"\?P<\w+>")


def _loosely(pattern: str) -> str:
    for strict, loose in _LOOSER:
        pattern = pattern.replace(strict, loose)
    return _COUNTED.sub("*", _NAMED.sub("?:", pattern))


@cache
def _signs() -> re2._Regexp:
    """What stands at the head of a line, cut to _WITHIN, wherever `read_dateline` gives anything: one of the patterns
    for Latin; a figure, a bracket, or a letter that is neither Latin nor Korean.
    """
    latin = (_HOUSE, _DASHED, _UNDASHED, _WIRED, _STOPPED, _FULL, _DAY_ONLY, _SENT_FIRST)
    either = "|".join(_loosely(one.pattern) for one in latin)
    either = f"(?:{_loosely(_ELIDED.pattern.partition('(?=')[0])})?(?:{either})"
    return re2.compile(f"(?m)^(?:{either}|\\d.*\\)|[^ -~\u2000-\u206f\uac00-\ud7af]|[\\[(])".encode())


def may_have_dateline(texts: Sequence[str]) -> list[int]:
    """Which texts are worth a look of `read_dateline`: one search through the heads of all costs a fraction of it.

    >>> may_have_dateline(["The council met.", "OSLO, September 02 (Reuters) - The council met."])
    [1]
    """
    return find_matching(_signs(), [text[:_WITHIN] for text in texts])


def read_dateline(text: str) -> Dateline | None:
    """The dateline that a paragraph begins with, or None.

    >>> read_dateline("OSLO, September 02 (Reuters) - The council met.")
    Dateline(place='OSLO', agency='Reuters', names=())
    >>> read_dateline("(서울=연합뉴스) 홍길동 기자 = 정부가 12일")
    Dateline(place='서울', agency='연합뉴스', names=('홍길동',))
    >>> read_dateline("〔記者王小明／台北報導〕台北市政府")
    Dateline(place='台北', agency='', names=('王小明',))
    >>> read_dateline("'s-Hertogenbosch – Het carillon speelt weer.").place
    "'s-Hertogenbosch"
    >>> read_dateline("Berlin - a city that never sleeps - has a new mayor.")
    """
    start = text[:_WITHIN]
    first = start[0]
    if first > "~" or first in "[(":
        if (found := read_asian(start)) is not None:
            return found
        if "\u0590" <= first <= "\u0e7f":
            return _uncased(start)
    if first == "(" or first.isdigit():
        return _sent_first(start)
    if first in _LOWER and (elided := _ELIDED.match(start)):
        behind = _placed(start[elided.end() :])
        return behind._replace(place=elided[0] + behind.place) if behind and behind.place else None
    return _placed(start) if first.isupper() else None


_LOWER = "'’ld"


def dateline_day(text: str) -> Stamp | None:
    """The day that the dateline of a paragraph states, with its year; None where it has no dateline or no year.

    >>> dateline_day("OSLO, 2 September 2025 (Reuters) - The council met.")[:4]
    ('', 2025, 9, 2)
    """
    if (match := _FULL.match(text[:_WITHIN])) is None or read_dateline(text) is None:
        return None
    found = scan(match["day"])
    return next((stamp for stamp in found.stamps if stamp.full), None) if found is not None else None


def is_sender(name: str) -> bool:
    """Whether a name is that of an agency, or of one that sends out what companies say."""
    low = name.lower()
    return is_agency(name) or low in _agencies() or is_agency(low.split("/")[0]) or low.split("/")[0] in _agencies()


@cache
def _agencies() -> frozenset[str]:
    return frozenset(dateline_words()["agencies"])


@cache
def _cities() -> frozenset[str]:
    return frozenset(dateline_words()["cities"])


def _tells_day(text: str) -> bool:
    """Whether a text of few characters has a day or year with the name of a month."""
    found = scan(text.strip(" ,،.")) if any(map(str.isdigit, text)) else None
    return found is not None and any(stamp.month for stamp in found.stamps)


def _sent_first(start: str) -> Dateline | None:
    match = _SENT_FIRST.match(start)
    return Dateline(match["place"] or "", match["agency"], ()) if match and is_sender(match["agency"]) else None


def _placed(start: str) -> Dateline | None:
    if (match := _HOUSE.match(start)) and _is_place(place := match["place"] or match["there"]):
        return Dateline(place, match["first"] or match["last"], ())
    if (match := _DASHED.match(start)) and (found := _western(match, start)):
        return found
    if (match := _UNDASHED.match(start)) and is_sender(agency := match["agency"] or match["slash"]):
        place = match["place"].strip(" .")
        between = start[match.end("place") : match.end()]
        sure = place.isupper() or match["dash"] or _tells_day(between)
        return Dateline(place, agency, ()) if sure and _is_place(place) else None
    if (match := _WIRED.match(start)) and _is_place(match["place"]):
        return Dateline(match["place"], match["agency"], ())
    if (match := _STOPPED.match(start)) and is_sender(match["agency"]):
        return Dateline(match["place"], match["agency"], ())
    if (match := _FULL.match(start)) and match["stop"] and _is_known(match["place"]) and _tells_day(match["day"]):
        return Dateline(match["place"], "", ())
    if (match := _SPACED.match(start)) and _is_spaced(match, start):
        return Dateline(match["place"], "", ())
    if (match := _DAY_ONLY.match(start)) and is_agency(match["agency"]) and _tells_day(start[: match.end()]):
        return Dateline("", match["agency"], ())
    return _sent_first(start)


@cache
def _notices() -> frozenset[str]:
    return frozenset(dateline_words()["notices"])


@cache
def _articles() -> frozenset[str]:
    return frozenset(dateline_words()["articles"])


@cache
def _before_any() -> frozenset[str]:
    return frozenset(dateline_words()["before_any"])


def _is_known(place: str) -> bool:
    """Whether a place is a city that is known, or one in capitals that is no notice's word: `UPDATE`, `SUNDAY`."""
    low = place.lower()
    named = place.isupper() and len(place) > 3 and not any(map(str.isdigit, place))
    return low in _cities() or (named and low not in _notices())


def _is_spaced(match: re.Match[str], start: str) -> bool:
    """Whether a place stands before a dash and the first word of a sentence, and no such dash comes again.

    In capitals it is one word, which another in capitals does not follow; else it is a city that is known, before an
    article: `Paris - Roubaix` is a race. Where papers print every text so, any word but another city may follow.
    """
    place, behind = match["place"], match["behind"]
    if not behind[0].isupper() or not _is_place(place):
        return False
    if f" {match['dash']} " in start[match.end("dash") :]:
        return False
    if place.isupper():
        return " " not in place and _is_known(place) and not (behind.isupper() and len(behind) > 1)
    if place.lower() in _before_any():
        return behind.lower() not in _cities() and behind.lower() not in _before_any()
    return place.lower() in _cities() and behind.lower() in _articles()


def _is_place(place: str) -> bool:
    """Whether each word begins with a capital, but for such as `de`."""
    return all(word[0].isupper() or word in _SMALL for word in re.split("[ /]", place) if word)


def _western(match: re.Match[str], start: str) -> Dateline | None:
    """With an agency in brackets any place will do; else it stands in capitals before a dash, or a day behind it.

    Before a colon or a hyphen stand many words in capitals: there it has to be a city that is known.
    """
    place = match["place"].strip(" .")
    if not _is_place(place):
        return None
    dash = ".-" if match["place"][-1] == "." else match["dash"]  # `MADRID.- El agua`
    if agency := (match["agency"] or match["slash"] or "").strip():
        if place.startswith("By "):
            return _signed(place, agency)
        capital = agency[0].isupper() and place.isupper()
        # beside a place in small letters an abbreviation may be anything: `Gould Inc (GLD) - The company`
        dated = agency.isupper() and len(agency) <= 6 and _tells_day(start[match.end("place") : match.start("dash")])
        return Dateline(place, agency, ()) if capital or dated or is_sender(agency) else None
    if start[match.end("dash") :].lstrip()[:1].isdigit():
        return None  # from one day to another
    behind = _BEHIND.match(start, match.end("dash"))
    agency = behind["agency"] if behind and is_agency(behind["agency"]) else ""
    if place.isupper() and len(place) > 3 and (dash not in "-:" or place.lower() in _cities()):
        return Dateline(place, agency, ())
    dated = dash != ":" and _tells_day(start[match.end("place") : match.start("dash")])
    return Dateline(place, agency, ()) if dated else None


def _signed(place: str, agency: str) -> Dateline | None:
    """`By Ann Lee LONDON (Reuters) -`: a byline and the place run together."""
    words = place.split()[1:]
    capitals = next((at for at, word in enumerate(words) if word.isupper() and len(word) > 2), 0)
    return Dateline(" ".join(words[capitals:]), agency, (" ".join(words[:capitals]),)) if capitals > 1 else None


def _uncased(start: str) -> Dateline | None:
    """In a script without capitals: with an agency that is known, or a day; or a city that is known."""
    if (match := _UNCASED.match(start)) is None:
        return None
    agency = match["agency"] or match["named"] or ""
    if agency:
        return Dateline(match["place"], agency, ()) if is_sender(agency) else None
    if match["when"]:
        known = _tells_day(match["when"])
    else:  # and no other city behind it: from one to another
        behind = start[match.end() :].split(None, 1)[:1]
        known = match["place"] in _cities() and bool(behind) and behind[0].strip(":،,") not in _cities()
    return Dateline(match["place"], "", ()) if known else None
