"""A header that a tool has written over a text, with what it knows of the page: front matter, or `URL Source: https://…`.

trafilatura writes front matter with its metadata, as pandoc and makers of static pages do; Jina's reader writes lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from cleaning.input_fields import fold_name, known_names

PAGE_TITLE = "page-title"
"""The field of a title in a header of lines: a browser shows it, with the name of the site as often as not."""


class HeaderLine(NamedTuple):
    """A line of a header."""

    field: str
    """One of `config.RECORD_FIELDS`, PAGE_TITLE or ''."""
    value: str
    """'' where it has none: the name of a list, a fence."""


_NAME_CHARS = 64
_PAIR = re.compile(r"([A-Za-z][\w .:-]{0,39}?)[ \t]*:(?:[ \t]+(.*))?")
# What stands over front matter of YAML, and of TOML, and below it.
_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_SETTING = re.compile(r"([A-Za-z][\w.-]{0,39})[ \t]*=[ \t]*(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.+)")
# Of a person in YAML: `- name: Ann Lee`, `{name: Ann Lee, url: …}`.
_NAMED = re.compile(r"\{?[ \t]*['\"]?name['\"]?[ \t]*:[ \t]*([^,}]+).*")
_KEYED = re.compile(r"\{.*\}|[A-Za-z_]+:(?:[ \t].*)?")
_PARTS = re.compile(r"[ \t]*(?:'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")|[^,]+")
_QUOTED = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")[ \t]*(?:#.*)?")
_COMMENT = re.compile(r"[ \t]#[ \t].*")
_FOLDED = re.compile(r"[|>][+-]?\d?")
_NOTHING = frozenset(("", "null", "none", "~", "[]", "{}"))
_WEB = ("https://", "http://")
# Fields that a header may state. The text's own id, charset and body are the record's business.
_STATED = ("title", "authors", "published", "updated", "crawled", "publisher", "section", "url")


@cache
def _settings() -> dict[str, Any]:
    return tomllib.loads(resources.files("cleaning").joinpath("data/header.toml").read_text("utf-8"))


@cache
def _names() -> Mapping[str, str]:
    """The field of each folded name."""
    names: dict[str, str] = {}
    for field in _STATED:
        names |= dict.fromkeys(known_names()[field], field)
        names |= dict.fromkeys(map(_fold, _settings()["fields"].get(field, ())), field)
    return names | {_fold(PAGE_TITLE): PAGE_TITLE}


def field_of(name: str) -> str:
    """The field that a name stands for; '' for none.

    >>> field_of("article:published_time"), field_of("og:title"), field_of("theme-color")
    ('published', 'title', '')
    """
    return _names().get(_fold(name), "")


def _fold(name: str) -> str:
    """As `fold_name`, and without the signs of `article:published_time` and `dc.creator`."""
    return fold_name(name.replace(":", "").replace(".", ""))


def may_open(text: str) -> bool:
    """Whether a header may begin with this line."""
    if ":" not in text[:_NAME_CHARS]:
        return text in _FENCES
    return (pair := _PAIR.fullmatch(text)) is not None and _fold(pair[1]) in _names()


def most_lines() -> int:
    """Lines of a header, at most."""
    return int(_settings()["limits"]["lines"])


def read_header(lines: Sequence[str]) -> list[HeaderLine]:
    """The header with which the lines of a document begin, line by line; [] where they begin with none. It has no more
    than `most_lines()`.

    One between two lines of `---` or `+++` may have any names, if one is of a field; another has an address, a title or
    a date, and only known names: the box over the review of a book has a title, an author and a publisher too.
    `lines`: with the white space at their beginning, which says what belongs to the line above.

    >>> [tuple(one) for one in read_header(["---", "title: 'A vote'", "authors:", "  - Ann Lee", "---", "It is open."])]
    [('', ''), ('title', 'A vote'), ('authors', ''), ('authors', 'Ann Lee'), ('', '')]
    >>> [one.field for one in read_header(["Title: Bridge opens", "URL Source: https://a.example/b", "It is open."])]
    ['page-title', 'url']
    >>> read_header(["Title: The Bridge", "Author: Ann Lee", "Publisher: Harbour Press", "A novel of a toll."])
    []
    """
    return _fenced(lines) if lines and lines[0].strip() in _FENCES else _bare(lines)


def _fenced(lines: Sequence[str]) -> list[HeaderLine]:
    found = [HeaderLine("", "")]
    closes = _FENCES[lines[0].strip()]
    pattern = _SETTING if "+++" in closes else _PAIR
    field, folded = "", False
    for line in lines[1 : most_lines()]:
        if line.strip() in closes:
            return [*found, HeaderLine("", "")] if any(one.field for one in found) else []
        if item := _ITEM.fullmatch(line):
            found.append(HeaderLine(field, _value(item[1])))
        elif line[:1] in " \t":
            found.append(HeaderLine(field if folded else "", line.strip() if folded else ""))
        elif pair := pattern.fullmatch(line):
            field, value = _names().get(_fold(pair[1]), ""), (pair[2] or "").strip()
            folded = _FOLDED.fullmatch(value) is not None
            found.append(HeaderLine(field, "" if folded else _value(value)))
        else:
            return []
    return []


def _bare(lines: Sequence[str]) -> list[HeaderLine]:
    found: list[HeaderLine] = []
    bare = {kind: {*map(_fold, names)} for kind, names in _settings()["bare"].items()}
    addressed = False
    for line in lines[: most_lines()]:
        pair = _PAIR.fullmatch(line.strip())
        name = _fold(pair[1]) if pair is not None else ""
        field = _names().get(name, "")
        if pair is None or not (field or name in bare["names"]):
            break
        found.append(HeaderLine(PAGE_TITLE if field == "title" else field, _value(pair[2] or "")))
        addressed = addressed or (name in bare["address"] and found[-1].value.startswith(_WEB))
        if name in bare["ends"]:
            break
    told = addressed and any(one.field in (PAGE_TITLE, "published") and one.value for one in found)
    return found if told else []


# How deep a list may have lists in it, or persons.
_DEEP = 3


def _value(text: str, deep: int = _DEEP) -> str:
    """A scalar of YAML without its quotes, or the items of a list in brackets with `; ` between them; of a person the
    name.
    """
    text = text.strip()
    if len(text) > _settings()["limits"]["chars"]:
        return ""
    if deep and text[:1] == "[" and text[-1:] == "]":
        return "; ".join(filter(None, (_value(part, deep - 1) for part in _PARTS.findall(text[1:-1]))))
    if deep and (named := _NAMED.fullmatch(text)):
        return _value(named[1], deep - 1)
    if quoted := _QUOTED.fullmatch(text):
        quote, text = text[0], quoted[1][1:-1]
        return text.replace("''", "'") if quote == "'" else text.replace('\\"', '"')
    text = _COMMENT.sub("", text)
    return "" if text.lower() in _NOTHING or text[:1] in "*&!" or _KEYED.fullmatch(text) else text
