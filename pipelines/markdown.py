"""Markdown that says what it is given and obeys nothing in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

# Control characters and those that turn the direction of writing: a name must not rearrange the page.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "#": "&#35;"})
_MARKUP = re.compile(r"([\\`*_\[\]|~$])")


def escaped(value: Any) -> str:
    """For HTML in Markdown: on one line, with nothing in it that is markup, a link or a mention.

    >>> escaped("a <b> http://x www.x #1")
    'a &lt;b&gt; http&#58;//x www&#46;x &#35;1'
    """
    text = _UNSEEN.sub(" ", str(value)).translate(_HTML)
    # The word joiner keeps GitHub from telling a person that the page speaks of them.
    return text.replace("://", "&#58;//").replace("www.", "www&#46;").replace("@", "@\u2060")


def plain(value: Any) -> str:
    r"""For Markdown: as `escaped`, and every sign that Markdown could read as markup made a letter.

    >>> plain("a|b *c* doc_id")
    'a\\|b \\*c\\* doc\\_id'
    """
    return _MARKUP.sub(r"\\\1", escaped(value))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """A table of cells that are Markdown already; `align` is the line under its head, such as `-|--:`."""
    lines = [" | ".join(head), align, *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)
