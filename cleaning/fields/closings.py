"""Who signs a text at the end of its last paragraph, in a script without capitals: `…と話した。【佐藤花子】`."""

from __future__ import annotations

import re
import unicodedata

from cleaning.fields.uncased import read_han, read_korean

CLOSING = "】）)〕］]"
"""What such a paragraph ends with."""
# A sentence has ended, and what stands in brackets behind it is all that is left.
_SIGNED = re.compile(r"[。.!?！？」』”\"]\s?([【（(〔［\[][^【】（）()〔〕［］\[\]]{2,40}[】）)〕］\]])$")


def read_closing(text: str) -> tuple[str, ...]:
    """The names at the end of a paragraph; () where it is not signed.

    >>> read_closing("「また来たい」と話した。【佐藤花子】"), read_closing("「また来たい」と話した（前回は三月）")
    (('佐藤花子',), ())
    """
    match = _SIGNED.search(text[-60:])
    if match is None:
        return ()
    plain = unicodedata.normalize("NFKC", match[1])
    found = read_han(plain) or read_korean(plain[1:-1])
    return found.names if found is not None else ()
