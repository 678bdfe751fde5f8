r"""Texts that were escaped once more than they were read: one line with `\n` for its line ends, `\"` and `\u00e9`."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[nrt\"'/\\])")
_MEANS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "/": "/", "\\": "\\"}
_LINE_END = re.compile(r"(?:\\r)?\\n")
# So many lines are as long as a sentence, and end like one. A sentence about `\n` has shorter ones, paths none.
_LEAST, _CHARS = 2, 40
_STOPPED = re.compile(r"[.!?…。！？:](?:\\?[\"”’)\]])?[ ]?$")


def unescaped(text: str) -> str:
    r"""A text without line ends, all of whose backslashes are escapes, and some of them line ends, as it was meant.

    Any other text as it is. Time is linear in its length.

    >>> text = 'The bridge over the Wend is open for all who pay.\n"At last", said René, who had waited for a year.\n'
    >>> unescaped(text.replace('"', '\\"').replace("\n", "\\n").replace("é", "\\u00e9")) == text
    True
    >>> unescaped(r"Copy C:\new.txt to D:\news.\n") == r"Copy C:\new.txt to D:\news.\n"
    True
    """
    if "\\n" not in text or "\n" in text:
        return text
    lines = _LINE_END.split(text)[:-1]
    if sum(len(line) >= _CHARS and _STOPPED.search(line[-4:]) is not None for line in lines) < _LEAST:
        return text
    if "\\" in _ESCAPE.sub("", text):
        return text
    said = _ESCAPE.sub(lambda match: _MEANS.get(match[1]) or chr(int(match[1][1:], 16)), text)
    # a character beyond U+FFFF is two escapes
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
