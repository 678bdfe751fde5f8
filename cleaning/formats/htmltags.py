"""The tags of a text in HTML, one after the other, in linear time, and what their attributes say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from html import unescape
from importlib import resources
from typing import Any, NamedTuple

# A tag up to its `>`; quotes may hold anything. With `_PLAIN_TAG`, what is between `<` and the next of these signs.
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,40}+)((?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)(>?)")
_PLAIN_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,40}+)([^<>]*+)(>?)")
# So many times the length of a text may be read in vain before quotes are read as any other sign.
_WASTE = 4
CDATA = "<![CDATA["
"""Before a part of a feed that is read as text of the page."""
_QUOTES = ("'", '"')


@cache
def elements() -> dict[str, Any]:
    """The file data/html.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/html.toml").read_text("utf-8"))


@cache
def named(kind: str) -> frozenset[str]:
    """The elements of a kind in it."""
    return frozenset(elements()[kind])


# A name of an attribute and its value.
_ATTRIBUTE = re.compile(r"([^\s=/\"'<>]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=<>`]++))")
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
# Characters of a picture that is a sign of the text.
_SIGN_CHARS = 16


def values(attributes: str) -> dict[str, str]:
    """The attributes of a tag that have a value, by their names in lower case; references in values as they are."""
    return {name.lower(): "".join(value) for name, *value in _ATTRIBUTE.findall(attributes)}


def number_of(name: str, attributes: str, default: int) -> int:
    """The number that an attribute has.

    >>> number_of("value", " value='7'", 1), number_of("value", " class=value", 1), number_of("value", " value=-2", 1)
    (7, 1, 1)
    """
    found = values(attributes).get(name, "") if name in attributes.lower() else ""
    return int(found) if _NUMBER.fullmatch(found) else default


def first_number(attributes: str) -> int:
    """The number of the first point of a list; 0 of one that counts down, whose points have no numbers of ours.

    >>> first_number(""), first_number(" start=5"), first_number(" reversed start=5")
    (1, 5, 0)
    """
    return 0 if "reversed" in attributes.lower() else number_of("start", attributes, 1)


def image_says(attributes: str) -> str:
    """The characters for which a picture stands, as blogs have it for emoji; '' of any other picture.

    >>> image_says(" class='emoji' alt='😀' src=a.svg"), image_says(" alt='The river'"), image_says(" alt='-'")
    ('😀', '', '')
    """
    if "emoji" not in attributes.lower():
        return ""
    said = unescape(values(attributes).get("alt", ""))
    return said if len(said) <= _SIGN_CHARS and not said.isascii() and not any(map(str.isalpha, said)) else ""


class Tag(NamedTuple):
    """A tag, a comment or an element that no reader sees."""

    begin: int
    end: int
    closes: bool
    name: str
    """Lower case; '' of what says nothing."""
    attributes: str


def read_tags(text: str) -> Iterator[Tag]:
    """Tags in their order, comments and the contents of hidden elements as tags without a name; of those that state
    something of the page the contents stand for attributes.
    """
    at, tag, wasted = 0, _TAG, 0
    missing: set[str] = set()  # ends that do not come any more
    while (at := text.find("<", at)) >= 0:
        if text.startswith(CDATA, at):
            yield Tag(at, at + len(CDATA), False, "", "")  # what is in it is read as any other
            at += len(CDATA)
            continue
        if text.startswith(("<!", "<?"), at):
            close = "-->" if text.startswith("<!--", at) else ">"
            end = text.find(close, at + 2) if close not in missing else -1
            if end < 0:
                missing.add(close)
                at += 1
            else:
                yield Tag(at, end + len(close), False, "", "")
                at = end + len(close)
            continue
        match = tag.match(text, at)
        if match is not None and not match[4] and tag is _TAG:
            # what is read in vain here may be read again from the next `<` on, and a quote to the end of the text
            wasted += (len(text) if text[match.end() : match.end() + 1] in _QUOTES else match.end()) - at
            if wasted > _WASTE * len(text):
                tag = _PLAIN_TAG
            match = _PLAIN_TAG.match(text, at)
        if match is None or not match[4]:
            at += 1
            continue
        name, end = match[2].lower(), match.end()
        if name in named("hidden") and not match[1] and not match[3].endswith("/") and name not in missing:
            closing = re.compile(rf"</{name}(?=[\s/>])[^<>]*+>", re.IGNORECASE).search(text, end)
            if closing is not None:
                states = name == "title" or (name == "script" and "ld+json" in match[3].lower())
                inside = (name, text[end : closing.start()]) if states else ("", "")
                yield Tag(at, closing.end(), False, *inside)
                at = closing.end()
                continue
            missing.add(name)
        yield Tag(at, end, match[1] == "/", "" if name in named("hidden") else name, match[3])
        at = end
