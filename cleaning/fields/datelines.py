"""The head of a first paragraph: where a text is from and who sends it. `SEOUL, Sept. 2 (Reuters) - …`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import re2

from cleaning.fields.bylines import read_byline
from cleaning.fields.names import is_agency
from cleaning.fields.namewords import byline_words, word_set
from cleaning.fields.uncased import is_chinese_name, is_japanese_name


class Dateline(NamedTuple):
    """What stands before the dash."""

    place: str
    agency: str
    """As printed in the brackets; '' where none is."""
    names: tuple[str, ...]
    """Persons named there, as East Asian papers do."""


# Nothing is looked for behind so many characters.
_WITHIN = 120
# A place: up to four words that begin with a capital. Behind it a region, a day; then who sends it, and a dash.
_LARGE = r"[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁІЇЄҐ]"
_WORD = rf"{_LARGE}[\w.'’\-]{{0,24}}"
_DAY = r",? ?(?:\d{1,2}\.? )?[^\W\d_]{3,10}\.? ?(?:\d{1,2})?"
_WESTERN = re.compile(
    rf"(?P<place>{_WORD}(?:[ /]{_WORD}){{0,3}})"
    rf"(?:(?:, [^\W\d_][\w.' ]{{1,20}}){{0,2}}(?:{_DAY})?)?"
    r"\s?(?:\((?P<agency>[^()]{2,30})\)|/(?P<slash>[A-Z]{2,10})/)?\s?(?P<dash>--|[-–—:]|,\s[-–—])\s"
)
# `(서울=연합뉴스) 홍길동 기자 = `, `【ソウル＝山田太郎】`
_OPEN, _CLOSED = r"[\[(【〔（［]", r"[\])】〕）］]"
_INSIDE = r"[^\[\]()（）【】=＝]"
_BRACKETED = re.compile(
    rf"{_OPEN}(?P<place>{_INSIDE}{{2,20}}?)\s?[=＝]\s?(?P<who>{_INSIDE}{{2,30}}){_CLOSED}"
    r"(?:\s?(?P<reporter>[^=＝]{2,40}?)\s?[=＝])?"
)


# One of which stands behind every place that no bracket opens.
_DASH = re.compile(r"[-–—:]\s")


@cache
def _chinese() -> re.Pattern[str]:
    """`新华社北京9月2日电`, with the agencies of the word lists."""
    agencies = "|".join(name for name in byline_words()["organisations"]["agencies"] if "\u3400" <= name[0] <= "\u9fff")
    place = r"(?P<place>[\u3400-\u9fff]{2,8}?)(?:\d{1,2}月)?\d{1,2}日[电電訊讯]"
    who = r"(?:[)）]?\s?[(（](?:记者|記者)\s?(?P<who>[\u3400-\u9fff、，,\s]{2,24})[)）])?"
    names = r"(?P<signed>(?:[\u3400-\u9fff]{2,4}、){0,3}[\u3400-\u9fff]{4,9}?)"
    signed = rf"(?:记者|記者){names}(?:\d{{1,2}}月)?\d{{1,2}}日[电電訊讯]"
    return re.compile(rf"[(（]?(?P<agency>{agencies})(?:{signed}|{place}{who})")


# `〔記者王小明／台北報導〕`
_TAIWANESE = re.compile(
    rf"{_OPEN}(?:记者|記者)(?P<who>[\u3400-\u9fff、]{{2,24}})\s?[/／]\s?(?P<place>[\u3400-\u9fff]{{2,8}}?)"
    rf"(?:综合|綜合)?(?:报道|報導|報道|专访|專訪|特稿|攝影|[电電訊讯])?{_CLOSED}"
)


@cache
def _signs() -> re2._Regexp:
    """What stands at the head of a line, cut to _WITHIN, wherever `read_dateline` gives anything."""
    return re2.compile("(?m)^(?:[A-Z].*[-–—:](?:[^!-~]|$)|[^ -~]|[\\[(])".encode())


def may_have_dateline(texts: Sequence[str]) -> list[int]:
    """Which texts are worth a look of `read_dateline`: one search through the heads of all costs a fraction of it.

    >>> may_have_dateline(["The council met.", "OSLO, September 02 (Reuters) - The council met."])
    [1]
    """
    starts = "\n".join([text[:_WITHIN] for text in texts]).encode("utf-8", "replace")
    breaks = np.flatnonzero(np.frombuffer(starts, np.uint8) == ord("\n"))
    numbers: list[int] = breaks.searchsorted([hit.start() for hit in _signs().finditer(starts)]).tolist()
    return numbers


def read_dateline(text: str) -> Dateline | None:
    """The dateline that a paragraph begins with, or None.

    >>> read_dateline("OSLO, September 02 (Reuters) - The council met.")
    Dateline(place='OSLO', agency='Reuters', names=())
    >>> read_dateline("(서울=연합뉴스) 홍길동 기자 = 정부가 12일")
    Dateline(place='서울', agency='연합뉴스', names=('홍길동',))
    >>> read_dateline("〔記者王小明／台北報導〕台北市政府")
    Dateline(place='台北', agency='', names=('王小明',))
    >>> read_dateline("Berlin - a city that never sleeps - has a new mayor.")
    """
    start = text[:_WITHIN]
    first = start[0]
    if "A" <= first <= "Z":
        return _placed(start) if _DASH.search(start) else None
    if first <= "~" and first not in "[(":
        return None
    if match := _BRACKETED.match(start):
        return _bracketed(match["place"].strip(), match["who"].strip(), (match["reporter"] or "").strip())
    if match := _TAIWANESE.match(start):
        names = tuple(filter(is_chinese_name, match["who"].split("、")))
        return Dateline(match["place"], "", names) if names else None
    if match := _chinese().match(start):
        return _signed(match["agency"], match["signed"]) if match["signed"] else _listed(match)
    return _placed(start)


def _listed(match: re.Match[str]) -> Dateline:
    """`新华社北京9月2日电（记者张三、李四）`."""
    names = [name for name in re.split(r"[、，,\s]+", match["who"] or "") if is_chinese_name(name)]
    return Dateline(match["place"], match["agency"], tuple(names))


def _signed(agency: str, who: str) -> Dateline:
    """`中央社記者王小明台北2日電`: the last name and the place are run together."""
    *names, last = who.split("、")
    size = 3 if len(last) > 4 else 2
    if not is_chinese_name(last[:size]):
        return Dateline("", agency, ())
    return Dateline(last[size:], agency, (*filter(is_chinese_name, names), last[:size]))


def _placed(start: str) -> Dateline | None:
    if match := _WESTERN.match(start):
        dash = ".-" if match["place"][-1] == "." else match["dash"]  # `MADRID.- El agua`
        return _western(match["place"].strip(" ."), (match["agency"] or match["slash"] or "").strip(), dash)
    return None


def _bracketed(place: str, who: str, reporter: str) -> Dateline:
    first = who.split(",", 1)[0].strip()
    if first in word_set("korean", "places") and not place.startswith(tuple(word_set("korean", "places"))):
        place, who, agency = first, who[len(first) :].strip(" ,"), place  # `[예시스포츠=잠실, 홍길동 기자]`
        inside = read_byline(who) if who else None
        return Dateline(place, agency, inside.names if inside is not None else ())
    inside = read_byline(who)
    if is_japanese_name(who):
        return Dateline(place, "", (who,))
    if inside is not None and inside.names:
        return Dateline(place, "", inside.names)
    outside = read_byline(reporter) if reporter else None
    return Dateline(place, who, outside.names if outside is not None else ())


def _western(place: str, agency: str, dash: str) -> Dateline | None:
    """With an agency in brackets any place will do; else it stands in capitals before a dash, not a hyphen."""
    if not agency:
        return Dateline(place, "", ()) if place.isupper() and len(place) > 3 and dash not in "-:" else None
    named = is_agency(agency) or (agency[0].isupper() and (place.isupper() or (agency.isupper() and len(agency) <= 6)))
    return Dateline(place, agency, ()) if named else None
