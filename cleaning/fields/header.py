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


class HeaderLine(NamedTuple):
    """A line of a header."""

    field: str
    """One of `config.RECORD_FIELDS`, or ''."""
    value: str
    """'' where it has none: the name of a list, a fence."""


_PAIR = re.compile(r"([A-Za-z][\w .:-]{0,39}?)[ \t]*:(?:[ \t]+(.*))?")
_FENCE, _CLOSES = "---", ("---", "...")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.+)")
_NOTHING = frozenset(("", "null", "none", "~", "[]", "{}", "|", ">", "|-", ">-"))
_WEB = ("https://", "http://")
# Fields that a header may state. The text's own id, charset and body are the record's business.
_STATED = ("title", "authors", "published", "updated", "crawled", "publisher", "section", "url")


@cache
def _settings() -> dict[str, Any]:
    return tomllib.loads(resources.files("cleaning").joinpath("data/header.toml").read_text("utf-8"))


@cache
def _names() -> Mapping[str, str]:
    """The field of each folded name; '' of one that is known and of no field."""
    settings = _settings()
    names = dict.fromkeys(map(_fold, settings["other"]["names"]), "")
    for field in _STATED:
        names |= dict.fromkeys(known_names()[field], field)
        names |= dict.fromkeys(map(_fold, settings["fields"].get(field, ())), field)
    return names


def _fold(name: str) -> str:
    """As `fold_name`, and without the signs of `article:published_time` and `dc.creator`."""
    return fold_name(name.replace(":", "").replace(".", ""))


def may_open(text: str) -> bool:
    """Whether a header may begin with this line."""
    return text == _FENCE or ((pair := _PAIR.fullmatch(text)) is not None and bool(_names().get(_fold(pair[1]))))


def read_header(lines: Sequence[str]) -> list[HeaderLine]:
    """The header with which the lines of a document begin, line by line; [] where they begin with none.

    One between two lines of `---` may have any names, if one is of a field; another has only known names, one of them
    that of an address: the box over the review of a book has a title, an author and a publisher too.
    `lines`: with the white space at their beginning, which says what belongs to the line above.

    >>> [tuple(one) for one in read_header(["---", "title: 'A vote'", "authors:", "  - Ann Lee", "---", "It is open."])]
    [('', ''), ('title', 'A vote'), ('authors', ''), ('authors', 'Ann Lee'), ('', '')]
    >>> [one.field for one in read_header(["Title: Bridge opens", "URL Source: https://a.example/b", "It is open."])]
    ['title', 'url']
    >>> read_header(["Title: The Bridge", "Author: Ann Lee", "Publisher: Harbour Press", "A novel of a toll."])
    []
    """
    return _fenced(lines) if lines and lines[0].strip() == _FENCE else _bare(lines)


def _fenced(lines: Sequence[str]) -> list[HeaderLine]:
    found = [HeaderLine("", "")]
    keys, field = 0, ""
    for line in lines[1 : _settings()["limits"]["lines"]]:
        if line.strip() in _CLOSES:
            is_header = keys >= _settings()["limits"]["keys"] and any(one.field for one in found)
            return [*found, HeaderLine("", "")] if is_header else []
        if item := _ITEM.fullmatch(line):
            found.append(HeaderLine(field, _value(item[1])))
        elif keys and line[:1] in " \t":
            found.append(HeaderLine("", ""))
        elif pair := _PAIR.fullmatch(line):
            keys += 1
            field = _names().get(_fold(pair[1]), "")
            found.append(HeaderLine(field, _value(pair[2] or "")))
        else:
            return []
    return []


def _bare(lines: Sequence[str]) -> list[HeaderLine]:
    found: list[HeaderLine] = []
    ends = {*map(_fold, _settings()["other"]["ends"])}
    for line in lines[: _settings()["limits"]["lines"]]:
        pair = _PAIR.fullmatch(line.strip())
        if pair is None or (field := _names().get(name := _fold(pair[1]))) is None:
            break
        found.append(HeaderLine(field, _value(pair[2] or "")))
        if name in ends:
            break
    addressed = any(one.field == "url" and one.value.startswith(_WEB) for one in found)
    return found if addressed and len(found) >= _settings()["limits"]["keys"] else []


def _value(text: str) -> str:
    """A scalar of YAML without its quotes, or the items of a list in brackets with `; ` between them."""
    text = text.strip()
    if text[:1] == "[" and text[-1:] == "]":
        return "; ".join(filter(None, map(_value, text[1:-1].split(","))))
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        quote, text = text[0], text[1:-1]
        text = text.replace("''", "'") if quote == "'" else text.replace('\\"', '"')
    return "" if text.lower() in _NOTHING else text
