"""A first, compiled look at lines: which of them can say when, who or where in the paper at all.

To read a line takes twenty microseconds, and most lines have no word and no sign that a date, a byline or the name of a
section needs. What is said here is never that a line is one, only that it is none.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans
from cleaning.fields.lookloops import (
    ANYTHING,
    LATER,
    MAX_CHARS,
    NAMES,
    OPENS,
    TELLS,
    TIMES,
    WHEN,
    WHO,
    rule_out,
    see,
)
from cleaning.fields.lookwords import tables
from cleaning.linecache import MarkCache
from cleaning.lines import Lines

__all__ = [
    "ANYTHING", "LATER", "MAX_CHARS", "NAMES", "OPENS", "TELLS", "TIMES", "WHEN", "WHO", "find_looks", "find_timeless",
    "look", "look_whole",
]  # fmt: skip


def look(texts: Spans) -> npt.NDArray[np.uint8]:
    """What each trimmed text may say, as a sum of WHEN, OPENS, WHO, NAMES and, beside one of those, TELLS.

    >>> from cleaning.codes import spans_of
    >>> texts = ["By Ann Lee", "2 May 2025", "Ann Lee", "It was a dull day, he said, and they were late."]
    >>> look(spans_of(texts)).tolist()
    [10, 17, 8, 0]
    """
    return look_whole(texts) & np.uint8(ANYTHING)


def look_whole(texts: Spans) -> npt.NDArray[np.uint8]:
    """The same, and TIMES."""
    out = np.zeros(len(texts.starts), np.uint8)
    see(texts.codes, texts.starts, texts.stops, *tables(), out)
    rule_out(texts.codes, texts.starts, texts.stops, *tables(), out)
    return out


def find_looks(lines: Lines, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """What each of some distinct lines of a batch may say, as `look_whole` has it; each is given once."""
    return _known().ask(lines, keys)


def find_timeless(lines: Lines, rows: list[int]) -> set[int]:
    """Keys of those of some rows in which no date or time is seen; `dates.scan` finds one in hardly any of them.

    >>> from cleaning.lines import split
    >>> find_timeless(split(["2 May 2024\\n40 ways to 3 homes\\n3 hours ago"]), [0, 1, 2])
    {1}
    """
    keys = np.unique(lines.key[rows]).astype(np.int64)
    return {*keys[find_looks(lines, keys) & TIMES == 0].tolist()}


@cache
def _known() -> MarkCache:
    return MarkCache(look_whole)
