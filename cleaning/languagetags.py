"""The language of a text as tamis writes it: its tag, how sure that is, and what decided."""

from __future__ import annotations

import re
from typing import NamedTuple

_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
RENAMED = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
"""langdetect's names that are not BCP 47."""


class Language(NamedTuple):
    """The language of a text."""

    tag: str
    """BCP 47; `und` where it cannot be told."""
    confidence: float | None
    """0-1; null where the tag is `und`. The share of the text's letters that are in its script, times the
    probability of the language among those of the script, times how well the text fits its profile; where words
    decide among neighbours, what they leave of doubt. In slices of 20 to 100 characters of news in 48 languages the
    tag was right for 48, 59, 81, 89 and 92 % of the values of 0.5, 0.6, 0.7, 0.8 and 0.9, and 98.4 % of those from
    0.95 on. Of a text in two scripts it is low because the tag is not the whole answer."""
    method: str
    """What decided: `script`, `profile`, `langdetect`, `words` or `none`."""


UNKNOWN = Language("und", None, "none")


def valid_tag(tag: str) -> bool:
    """Say whether a tag is BCP 47 as tamis writes it: language, then script and region where given.

    >>> [valid_tag(tag) for tag in ("ko", "zh-Hant", "pt-BR", "und", "zh-cn", "english", "")]
    [True, True, True, True, False, False, False]
    """
    return _TAG.fullmatch(tag) is not None


def langdetect_label(tag: str) -> str:
    """Return langdetect's name of a language, whether it knows it or not.

    >>> langdetect_label("zh-Hant"), langdetect_label("ko")
    ('zh-tw', 'ko')
    """
    return next((label for label, renamed in RENAMED.items() if renamed == tag), tag)
