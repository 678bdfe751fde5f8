"""Tags of HTML in a text: a body that nobody has extracted from its page."""

from __future__ import annotations

import re

# Tags that make up a page. What ends a name follows it, and no tag is longer than this, so the search is linear.
_TAG = re.compile(
    r"</?(p|br|div|span|li|ul|ol|h[1-6]|table|tbody|tr|t[dh]|blockquote|article|section|header|footer|nav|aside|main"
    r"|fig(?:ure|caption)|img|iframe|script|style|a(?=\s+[a-z-]{1,20}=)|(?<=/)a)(?=[\s/>])[^<>]{0,1000}>",
    re.IGNORECASE,
)
_LEAST_TAGS = 5
# Of fewer tags, so many and such a share of the lines that open with one: `<p>One paragraph.</p>`.
_FEW_TAGS, _SHARE = 2, 0.5


def markup_left(text: str) -> str | None:
    """What says that a text is HTML still: how many tags it has, and the first; None if it is not.

    An article may show a tag or two in an example. Time is linear in the length of the text.

    >>> markup_left("<p>The bridge is open.</p>")
    "2 tags of HTML, the first 'p'"
    >>> markup_left("A <br> ends a line, she said, and a <p> a paragraph.")
    """
    if "<" not in text:
        return None
    tags = [match[1].lower() for match in _TAG.finditer(text)]
    if len(tags) < _FEW_TAGS:
        return None
    if len(tags) < _LEAST_TAGS:
        lines = [line for line in text.split("\n") if line.strip()]
        if sum(_TAG.match(line.lstrip()) is not None for line in lines) < _SHARE * len(lines):
            return None
    return f"{len(tags):,} tags of HTML, the first '{tags[0]}'"
