"""Datelines in brackets or run together, in Korean, Japanese and Chinese: `(서울=연합뉴스)`, `【北京共同】`."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from cleaning.fields.bylines import read_byline
from cleaning.fields.namewords import byline_words, dateline_words, word_set
from cleaning.fields.uncased import is_chinese_name, is_japanese_name


class Dateline(NamedTuple):
    """What stands before a text."""

    place: str
    """'' where only an agency is named."""
    agency: str
    """As printed in the brackets; '' where none is."""
    names: tuple[str, ...]
    """Persons named there, as East Asian papers do."""


# `(서울=연합뉴스) 홍길동 기자 = `, `【ソウル＝山田太郎】`
_OPEN, _CLOSED = r"[\[(【〔（［]", r"[\])】〕）］]"
_INSIDE = r"[^\[\]()（）【】=＝]"
_BRACKETED = re.compile(
    rf"{_OPEN}(?P<place>{_INSIDE}{{2,20}}?)\s?[=＝]\s?(?P<who>{_INSIDE}{{2,30}}){_CLOSED}"
    r"(?:\s?(?P<reporter>[^=＝]{2,40}?)\s?[=＝])?"
)
_DAY = r"(?:\d{1,2}月)?\d{1,2}日"
_SENT, _JOURNALIST = r"[电電訊讯]", r"(?:记者|記者)"
_REPORTS = r"(?:综合|綜合)?(?:报道|報導|報道|专访|專訪|特稿|攝影|[电電訊讯])"
# `〔記者王小明／台北報導〕`, `【記者王小明台北報導】`
_TAIWANESE = re.compile(
    rf"{_OPEN}{_JOURNALIST}(?P<who>[\u3400-\u9fff、]{{2,24}})\s?[/／]\s?(?P<place>[\u3400-\u9fff]{{2,8}}?)"
    rf"(?:{_REPORTS})?{_CLOSED}"
)
_RUN_TOGETHER = re.compile(rf"{_OPEN}{_JOURNALIST}(?P<signed>[\u3400-\u9fff、]{{4,24}}?){_REPORTS}{_CLOSED}")
_WHO = r"[(（](?:本报|本報)?(?:记者|記者)\s?(?P<who>[\u3400-\u9fff、，,\s]{2,24})[)）]"


@cache
def _chinese() -> re.Pattern[str]:
    """`新华社北京9月2日电`, `本报北京9月2日电`, with the agencies and outlets of the word lists."""
    agencies = [name for name in byline_words()["organisations"]["agencies"] if "\u3400" <= name[0] <= "\u9fff"]
    known = "|".join([*agencies, *dateline_words()["chinese"]])
    ours = "|".join(dateline_words()["this_paper"])
    place = rf"(?P<place>[\u3400-\u9fff]{{2,8}}?){_DAY}{_SENT}(?:[)）]?\s?{_WHO})?"
    signed = rf"{_JOURNALIST}(?P<signed>(?:[\u3400-\u9fff]{{2,4}}、){{0,3}}[\u3400-\u9fff]{{4,9}}?){_DAY}{_SENT}"
    return re.compile(rf"[(（]?(?:(?P<agency>{known})|{ours})(?:{signed}|{place})")


@cache
def _of_this_paper() -> re.Pattern[str]:
    """`本报讯（记者 王明）`."""
    return re.compile(rf"(?:{'|'.join(dateline_words()['this_paper'])})[讯訊]\s?{_WHO}")


@cache
def _japanese() -> re.Pattern[str]:
    """`【北京共同】`, `【北京9月2日電】`, `［東京　２日　ロイター］`, `【9月2日 AFP】`."""
    agencies = [*byline_words()["organisations"]["agencies"], *dateline_words()["agencies"]]
    japanese = [re.escape(name) for name in agencies if "\u3040" <= name[0] <= "\u9fff"]
    either = "|".join(sorted((*japanese, "AFP", "AP", "CNN", "UPI", "DPA"), key=len, reverse=True))
    place = r"[\u3040-\u30ff\u3400-\u9fff・／/]{2,14}?"
    return re.compile(
        rf"{_OPEN}(?P<place>{place})?\s?(?P<day>{_DAY}(?P<sent>{_SENT})?)?\s?(?P<agency>{either})?{_SENT}?{_CLOSED}"
    )


def read_asian(start: str) -> Dateline | None:
    """The dateline at the start of a text that begins with a bracket or in Chinese, or None."""
    if match := _BRACKETED.match(start):
        return _bracketed(match["place"].strip(), match["who"].strip(), (match["reporter"] or "").strip())
    if match := _TAIWANESE.match(start):
        names = _names(match["who"])
        return Dateline(match["place"], "", names) if names else None
    if match := _RUN_TOGETHER.match(start):
        found = _signed("", match["signed"])
        return found if found.names else None
    # What each needs is asked first, for their patterns take 3 to 10 ms to be made.
    if "日" in start and (match := _chinese().match(start)):
        if match["signed"]:
            return _signed(match["agency"] or "", match["signed"])
        return Dateline(match["place"], match["agency"] or "", _names(match["who"] or ""))
    if "者" in start and (match := _of_this_paper().match(start)):
        return Dateline("", "", names) if (names := _names(match["who"])) else None
    if (match := _japanese().match(start)) and (match["agency"] or (match["place"] and match["sent"])):
        return Dateline(match["place"] or "", match["agency"] or "", ())
    return None


# `記者林怡君／台南即時報導`, `안동=서윤아 기자`: a line of its own.
_SIGNED_FROM = re.compile(
    rf"[^/／]{{0,12}}{_JOURNALIST}[\u3400-\u9fff、]{{2,24}}\s?[/／]\s?(?P<place>[\u3400-\u9fff]{{2,4}}?)(?:即時)?{_REPORTS}$"
    r"|(?P<town>[가-힣]{2,4})\s?[=＝]\s?[가-힣]"
)


def signed_from(text: str) -> str:
    """Where the reporter of a byline writes from, in Chinese or Korean; '' where it does not say.

    >>> signed_from("記者林怡君／台南即時報導"), signed_from("안동=서윤아 기자"), signed_from("작성=서윤아 기자")
    ('台南', '안동', '')
    """
    match = _SIGNED_FROM.match(text)
    if match is None:
        return ""
    return match["place"] or (match["town"] if match["town"] in word_set("korean", "places") else "")


_LISTED = re.compile(r"[、，,\s]+")


def _names(who: str) -> tuple[str, ...]:
    return tuple(filter(is_chinese_name, _LISTED.split(who)))


def _signed(agency: str, who: str) -> Dateline:
    """`中央社記者王小明台北2日電`: the last name and the place are run together."""
    *names, last = who.split("、")
    size = 3 if len(last) > 4 else 2
    if not is_chinese_name(last[:size]):
        return Dateline("", agency, ())
    return Dateline(last[size:], agency, (*filter(is_chinese_name, names), last[:size]))


def _bracketed(place: str, who: str, reporter: str) -> Dateline:
    first = who.split(",", 1)[0].strip()
    if first in word_set("korean", "places") and not place.startswith(tuple(word_set("korean", "places"))):
        place, who, agency = first, who[len(first) :].strip(" ,"), place  # `[예시스포츠=잠실, 홍길동 기자]`
        inside = read_byline(who) if who else None
        return Dateline(place, agency, inside.names if inside is not None else ())
    inside = read_byline(who)
    outlet, _, place = (part.strip() for part in place.rpartition("|"))  # `[한강스포츠 | 잠실 = 정하늘 기자]`
    if is_japanese_name(who):
        return Dateline(place, outlet, (who,))
    if inside is not None and inside.names:
        return Dateline(place, outlet, inside.names)
    outside = read_byline(reporter) if reporter else None
    return Dateline(place, who, outside.names if outside is not None else ())
