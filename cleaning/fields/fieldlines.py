"""One short line read for all that a head or a tail of an article may say: when, who, where in the paper."""

from __future__ import annotations

import re
from typing import NamedTuple

from cleaning.codes import spans_of
from cleaning.fields.barenames import bare_names
from cleaning.fields.bylines import read_byline
from cleaning.fields.dates import scan
from cleaning.fields.looks import ANYTHING, MAX_CHARS, OPENS, TELLS, WHO, look
from cleaning.fields.moments import Stamp, words
from cleaning.fields.names import is_agency, is_organisation
from cleaning.fields.namewords import Byline, roles, section_words
from cleaning.textcache import Recent

# What may stand on a date line that no rule reads: `Issue of 2 May 2025, page 3`. In words; CJK in characters.
UNREAD_WORDS, UNREAD_CHARS = 3, 12


class FieldLine(NamedTuple):
    """What a line says of its article. Its parts are empty where it says nothing of the kind."""

    stamps: tuple[Stamp, ...] = ()
    """The dates and times it names; whether they are the article's, `dated` tells."""
    dated: str = ""
    """Why it is a date line, `posted`, `line`, `time`, `ago` or `beside`; '': it is none, whatever dates it names."""
    names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    signed: str = ""
    """Why it is a byline, as `Byline.how`; '': it is none."""
    section: str = ""
    source: str = ""
    """Who the text is from, where the line says `Source: …`."""
    bare: tuple[str, ...] = ()
    """The names of a line that is nothing but names; its place has to confirm that it is a byline."""


NOTHING = FieldLine()


# A bullet, a number, or the marks of a heading in Markdown.
MARKER = re.compile(r"(?:[-–—•*·▪►▶>|]+\s+|#{1,6}\s+|\d{1,2}[.)]\s+)+")
_CRUMBS = re.compile(r"\s*(?:>|»|›|→|/|\||•|·|\s-\s|::)\s*")
_SIGN = re.compile(r"[>»›→/|•·:-]")  # one of which each of them has
_LEADS = re.compile(r"[>»›→/-]|::")  # of a path, not of a menu
_MENU, _MENU_AT_HOME = 3, 2
_PIECES = re.compile(r"\s+[|·•–—-]\s+|\s*[|•]\s*|\t+")
_SOURCE = re.compile(r"[\[(【<]?\s?([^\W\d_]+(?: [^\W\d_]+)?)\s?[:：=＝]\s?(\S.{0,118})")
# `来源：江城日报 作者：王明`: each piece says what it is.
_LABELLED = re.compile(r"[\s|]+(?=(?:[\u3400-\u9fff]{2,5}|文)\s?[:：])")
# `王明 编辑：李华`: of no use
_DESK = re.compile(r"(?:责编|責編|责任编辑|責任編輯|编辑|編輯|校对|校對|审核|審核)\s?[:：].*")
_CAPITALS = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]{4,20}")
# `PARIS, June 4 (AFP) - The train was late.`: behind its dateline stands a sentence.
_SENT = re.compile(r"[^()]{0,60}\([^()]{2,30}\)\s?(?:--|[-–—])\s\S+ .*\w[.!?][\"”»“]?$")
_CLOSED = tuple('.!?"”»“')
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def without_marker(text: str) -> str:
    """The line without the bullet or number of a list before it.

    >>> without_marker("  2. Home"), without_marker("- Home"), without_marker("-40 degrees")
    ('Home', 'Home', '-40 degrees')
    """
    match = MARKER.match(text.lstrip())
    return text.lstrip()[match.end() :] if match else text.strip()


def read_field_line(text: str, may: int = 0) -> FieldLine:
    """Read one line on its own; a line longer than MAX_CHARS says nothing.

    `may`: what `looks.look` says of it; 0: it is asked here, and if it says 0 too, the line is read for anything.

    >>> line = read_field_line(" date 2025-09-02 WORLD")
    >>> line.stamps[0].day, line.dated, line.section
    (2, 'beside', 'WORLD')
    >>> read_field_line("The flood of 2 September 2025 was the worst in the history of the town.").dated
    ''
    """
    found = _READ.get(text)
    if found is None and (found := _READ.again(text)) is None:
        if not 2 <= len(text) <= MAX_CHARS:
            return NOTHING
        found = _READ.keep(text, read_anew(text, may or int(look(spans_of([text.strip()]))[0]) or ANYTHING))
    return found


# The same few lines stand in many documents of a site, and each is read twice: to label it and for its value.
_READ: Recent[FieldLine] = Recent(8192)


def read_anew(text: str, may: int) -> FieldLine:
    """Read one line for what it may say, a sum of the bits of `looks`; for names whatever that is."""
    text = text.strip().removeprefix("Avatar photo ")  # what a screen reader hears of the picture
    if text[-1:] in _CLOSED and _SENT.match(text):
        return NOTHING
    when = scan(text) if may & TELLS else None  # before a marker is cut off: `3. Mai 2024` is no list
    if when is None:
        return _undated(without_marker(text), may)
    if not when.stamps and not when.relative:  # `Ann Lee 4 min read`
        return _undated(when.rest[0]) if len(when.rest) == 1 else NOTHING
    stamps = when.stamps
    if not when.rest and len(stamps) == 1 and "~" not in text:  # most date lines: only `Posted 2 May 2025`
        (stamp,) = stamps
        dated = "posted" if stamp.kind else "line" if stamp.full or (stamp.month and stamp.hour is not None) else ""
        if dated:
            return FieldLine(stamps, dated)
    found = _pieces(when.rest)
    dated = ""
    full = any(stamp.full for stamp in stamps)
    told = any(stamp.kind for stamp in stamps)
    timed = any(stamp.hour is not None for stamp in stamps)
    day = any(stamp.month for stamp in stamps)
    if "~" in text or "(@" in text:
        pass  # from one day to another; the signature of a post
    elif not found.unread:
        dated = "posted" if told else "line" if full or (day and timed) else "ago" if when.relative else ""
        if not dated and timed and not day:
            dated = "time"
        if dated in ("posted", "line") and (found.line.signed or found.line.section or found.line.source):
            dated = "beside"
    elif (full or told) and _small(found.unread, len(text)) and len([s for s in stamps if not s.kind]) <= 2:
        dated = "beside" if told or timed or found.line.signed or found.line.section else ""
    if (dated in ("", "time") and found.line.signed == "beside-date") or (not dated and not found.line.signed):
        # no byline: a programme says an hour and what is on then, `21:00 Concert Hall`
        return _undated(without_marker(text), may)._replace(stamps=tuple(stamp for stamp in stamps if stamp.full))
    return found.line._replace(stamps=stamps, dated=dated)


def _small(unread: list[str], chars: int) -> bool:
    if chars > 110:
        return False
    words = [word for piece in unread for word in piece.split()]
    return len(words) <= UNREAD_WORDS and sum(len(_CJK.findall(word)) for word in words) <= UNREAD_CHARS


class _Found(NamedTuple):
    line: FieldLine
    unread: list[str]


def _pieces(rest: tuple[str, ...]) -> _Found:
    """The pieces of a date line that are not date: byline, section, agency, or unread."""
    names: list[str] = []
    organisations: list[str] = []
    signed = section = source = ""
    unread = []
    waiting = [(piece, True) for piece in reversed(rest)]
    while waiting:
        piece, whole = waiting.pop()
        low = piece.lower()
        if _DESK.fullmatch(piece):
            continue
        if not piece.isascii() and len(parts := _LABELLED.split(piece)) > 1:
            waiting += [(part, False) for part in reversed(parts)]
            continue
        byline = read_byline(piece)
        if byline is None and (bare := bare_names(piece)):
            byline = Byline(bare, (), "beside-date")
        if byline is not None:
            names += byline.names
            organisations += byline.organisations
            signed = signed or byline.how
        elif credit := read_source(piece):
            source = source or credit
        elif crumb := read_section(piece.removeprefix("in: ").removeprefix("in ").removeprefix("In ")):
            section = section or crumb
        elif (whole and len(parts := [part for part in _PIECES.split(piece) if part.strip()]) > 1) or len(
            parts := piece.split(" / ")
        ) > 1:
            waiting += [(part.strip(), False) for part in reversed(parts)]
        elif len(piece) <= 40 and is_organisation(piece) and not _is_said(piece):
            if _CJK.search(piece) and not is_agency(piece):
                source = source or piece  # `2025年9月2日 13:45 江城晚报`
            else:
                organisations.append(piece)
        elif low not in section_words()["home"] and low.strip(" .") not in words()["beside"]["disclosures"]:
            unread.append(piece)
    if not section and len(unread) == 1 and _CAPITALS.fullmatch(unread[0]):
        section = unread.pop()  # `2025-09-02 REGION`
    line = FieldLine((), "", tuple(names), tuple(organisations), signed, section, source)
    return _Found(line, unread)


def _is_said(piece: str) -> bool:
    """Whether a piece with an organisation in it is a part of a sentence: `The company will host a call at`; or of a
    headline: `Police log for`."""
    words = piece.split()
    if len(words) > 1 and words[-1] == "for":
        return True
    return len(words) > 3 and sum(word[0].islower() for word in words) * 2 > len(words)


# `ByAnn LeeSenior reporter`: the word, the name and the role run together.
_GLUED = re.compile(r"By(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ’'-]+[ -][A-ZÀ-ÖØ-Þ])")
_GLUED_ROLE = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-Z][a-z]+)")


def _unglued(text: str) -> str:
    """A byline with spaces between its word, the name and the role.

    >>> _unglued("ByAnn LeeSenior reporter"), _unglued("ByAnn McDonald")
    ('By Ann Lee, Senior reporter', 'By Ann McDonald')
    """
    name = text[2:]
    for seam in _GLUED_ROLE.finditer(name):
        behind = name[seam.end() :]
        if behind.split()[0].lower() in roles():
            return f"By {name[: seam.start()]}, {behind}"
    return f"By {name}"


def _undated(text: str, may: int = ANYTHING) -> FieldLine:
    if text[:2] == "By" and _GLUED.match(text):
        text, may = _unglued(text), may | OPENS
    if not text.isascii() and len(parts := _LABELLED.split(text)) > 1:
        found = _pieces(tuple(parts)).line
        return found if found.signed or found.source else NOTHING
    byline = read_byline(text) if may & (OPENS | WHO) else None
    if byline is not None:
        return FieldLine(names=byline.names, organisations=byline.organisations, signed=byline.how)
    if may & OPENS:
        if source := read_source(text):
            return FieldLine(source=source)
        if section := read_section(text):
            return FieldLine(section=section)
    if bare := bare_names(text):
        return FieldLine(bare=bare)
    return NOTHING


# A sign behind the word for it, or a letter of a script in which a paper's name alone is one; what is none of these
# does not become one in NFKC either.
_SOURCE_SIGN = re.compile("[:=\u1100-\u11ff\u2070-\U0010ffff]")


def may_name_source(text: str) -> bool:
    """Whether `read_field_line` may find a source in a line at all.

    >>> may_name_source("Source: City World"), may_name_source("江城晚报"), may_name_source("2 May 2025, Ann Lee")
    (True, True, False)
    """
    return _SOURCE_SIGN.search(text) is not None


def read_source(text: str) -> str:
    """What `SOURCE: …` names; '' for a line that does not begin so.

    >>> read_source("SOURCE:City World & Agencies"), read_source("Source of the trouble: money")
    ('City World & Agencies', '')
    >>> read_source("Source: https://example.com/1")
    ''
    """
    if text.isascii() and ":" not in text and "=" not in text:
        return ""
    match = _SOURCE.fullmatch(text.strip(" -–•*()[]"))
    if match is None or match[1].lower() not in section_words()["source"]:
        return ""
    if len(match[2].split()) > 10 or match[2].startswith(("https://", "http://")):
        return ""
    return _LABELLED.split(match[2], maxsplit=1)[0].strip(" .()[]】>")


def read_section(text: str) -> str:
    """The section that a line of nothing else names, the last of a breadcrumb; '' for any other line.

    Signs that lead nowhere, such as `|`, between three sections or more are of a menu, as between two behind `Home`:
    none of them is the article's.

    >>> read_section("Home > World > Asia"), read_section("Sport | Football"), read_section("Sport is fun")
    ('Asia', 'Football', '')
    >>> read_section("Yaşam Haberleri"), read_section("Haberleri")
    ('Yaşam', '')
    >>> read_section("Home | News | Sport | Weather"), read_section("Home | News | Sport"), read_section("Home | Sport")
    ('', '', 'Sport')
    """
    if len(text) > 80:
        return ""
    words = section_words()
    whole = without_behind(text.strip(" |:>»›·•/-"))
    if whole.lower() in words["names"]:
        return whole
    if _SIGN.search(whole) is None:
        return ""
    parts = [without_behind(part) for part in _CRUMBS.split(whole) if part]
    if not 2 <= len(parts) <= 6 or any(len(part.split()) > 3 for part in parts):
        return ""
    known = [part.lower() in words["names"] for part in parts]
    if _is_menu(parts, whole):
        return ""
    if parts[0].lower() in words["home"]:
        return parts[-1] if len(parts) > 1 and parts[-1].lower() not in words["home"] else ""
    return parts[-1] if known[0] and len(parts[-1]) <= 30 else ""


def without_behind(name: str) -> str:
    """The name of a section without a word that stands behind such names."""
    first, _, last = name.rpartition(" ")
    return first if first and last.lower() in section_words()["behind"] else name


def _is_menu(parts: list[str], text: str) -> bool:
    """Whether the parts of a line of sections stand beside each other, and none within the one before it."""
    at_home = parts[0].lower() in section_words()["home"]
    return len(parts) - at_home >= (_MENU_AT_HOME if at_home else _MENU) and _LEADS.search(text) is None
