"""What the head of a page in HTML states of it, as front matter over its text, which is read as any other header.

`<meta>`, `<title>`, the canonical address and what is stated for search engines (JSON-LD of schema.org).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from typing import Any

from cleaning.fields.header import PAGE_TITLE, field_of
from cleaning.formats.htmltags import values
from cleaning.formats.pagelines import OWN

_TITLE = "page_title"
_WEB = ("https://", "http://")
# Characters of a name and of a value, at most.
_NAME_CHARS, _VALUE_CHARS = 40, 1000
# What JSON-LD states of an article, and how deep in lists and graphs it is looked for.
_LINKED = ("headline", "datePublished", "dateModified", "author", "publisher", "articleSection")
_DEEP = 6


class Head:
    """What has been stated so far: of a field the first, of authors each.

    >>> head = Head()
    >>> head.meta("name=author content='Ann Lee'")
    >>> head.linked_data('{"@type": "NewsArticle", "datePublished": "2025-03-04", "author": [{"name": "Bo Ek"}]}')
    >>> [*head.lines()]
    ['---', "author: 'Ann Lee; Bo Ek'", "datePublished: '2025-03-04'", '---']
    """

    def __init__(self) -> None:
        self._stated: dict[str, tuple[str, str]] = {}

    def title(self, text: str) -> None:
        """What stands in `<title>`."""
        self._state(PAGE_TITLE, _TITLE, text)

    def meta(self, attributes: str) -> None:
        """The attributes of a `<meta>`."""
        said = values(attributes)
        name = said.get("property") or said.get("name") or said.get("itemprop") or ""
        field = field_of(name) if len(name) <= _NAME_CHARS else ""
        if field == "title":
            self._entitle(said.get("content", ""))
        elif field:
            self._state(field, name, said.get("content", ""))

    def link(self, attributes: str) -> None:
        """The attributes of a `<link>`."""
        said = values(attributes)
        if said.get("rel", "").lower() == "canonical":
            self._state("url", "canonical", said.get("href", ""))

    def linked_data(self, text: str) -> None:
        """What stands in a script of JSON-LD."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return
        article = next(_articles(found, _DEEP), {})
        for name in _LINKED:
            value = article.get(name)
            for one in value if isinstance(value, list) else [value]:
                said = one.get("name") if isinstance(one, dict) else one
                for words in said if isinstance(said, list) else [said]:
                    if isinstance(words, str) and name == "headline":
                        self._entitle(words)
                    elif isinstance(words, str):
                        self._state(field_of(name), name, words)

    def _entitle(self, value: str) -> None:
        """A title for others: it has no name of a site as `<title>` has, and gives way to what the page prints too."""
        if value:
            self._stated.pop(PAGE_TITLE, None)
        self._state(PAGE_TITLE, _TITLE, value)

    def _state(self, field: str, name: str, value: str) -> None:
        value = " ".join(unescape(value[:_VALUE_CHARS]).translate(OWN).split())  # JSON may spell what stands for a mark
        if not value or (field != "url" and value.startswith(_WEB)):
            return
        first, before = self._stated.setdefault(field, (name, value))
        if field == "authors" and value not in before.split("; ") and len(before) < _VALUE_CHARS:
            self._stated[field] = first, f"{before}; {value}"

    def lines(self) -> Iterator[str]:
        """Front matter; none where nothing is stated."""
        if self._stated:
            yield "---"
            for name, value in self._stated.values():
                yield f"{name}: '{value[:_VALUE_CHARS].replace(chr(39), chr(39) * 2)}'"
            yield "---"


def _articles(found: Any, deep: int) -> Iterator[dict[str, Any]]:
    """Objects that state when an article was published."""
    if isinstance(found, list) and deep:
        for one in found[:100]:
            yield from _articles(one, deep - 1)
    elif isinstance(found, dict):
        if "datePublished" in found and "Page" not in str(found.get("@type")):
            yield found
        elif deep:
            yield from _articles([found[name] for name in ("@graph", "mainEntity") if name in found], deep - 1)
