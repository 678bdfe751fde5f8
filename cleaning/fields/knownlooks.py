"""What the lines of a batch may say, as `looks` tells it: of short ones that were met lately it is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning.fields.looks import TIMES, look_whole
from cleaning.linecache import MarkCache
from cleaning.lines import Lines


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
