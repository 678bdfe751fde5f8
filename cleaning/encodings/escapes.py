r"""Texts that were escaped once more than they were read: one line with `\n` for its line ends, `\"` and `\u00e9`."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[nrt\"'/\\])")
_MEANS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "/": "/", "\\": "\\"}
# A line end behind a sentence or another: `C:\new` and LaTeX's `\newblock` have none.
_LINE_END = re.compile(r"(?:[.!?…。！？:](?:\\?[\"”’)\]])?|\\n)[ ]?(?:\\r)?\\n(?![a-z])")
_LEAST = 2


def unescaped(text: str) -> str:
    r"""A text without line ends, all of whose backslashes are escapes, and so many of them line ends, as it was meant.

    Any other text as it is. Time is linear in its length.

    >>> unescaped(r"It is open.\n\n\"At last\", said Ren\u00e9.\n") == 'It is open.\n\n"At last", said René.\n'
    True
    >>> unescaped(r"Copy C:\new.txt to D:\news.\n") == r"Copy C:\new.txt to D:\news.\n"
    True
    """
    if "\\n" not in text or "\n" in text or sum(1 for _ in _LINE_END.finditer(text)) < _LEAST:
        return text
    if "\\" in _ESCAPE.sub("", text):
        return text
    said = _ESCAPE.sub(lambda match: _MEANS.get(match[1]) or chr(int(match[1][1:], 16)), text)
    return said.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    )  # a character beyond U+FFFF is two escapes
