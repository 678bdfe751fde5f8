"""Many texts searched at once: one run of RE2 over all of them costs a fraction of one look at each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import re2


def find_matching(pattern: re2._Regexp, texts: Sequence[str]) -> list[int]:
    """Numbers of the texts that a pattern of bytes matches somewhere; a text of several matches is given for each.

    The pattern has to be one of `(?m)` that matches no line feed, which no text has.

    >>> find_matching(re2.compile(b"(?m)^b.*"), ["abc", "b", "", "bed"])
    [1, 3]
    """
    joined = "\n".join(texts).encode("utf-8", "replace")
    breaks = np.flatnonzero(np.frombuffer(joined, np.uint8) == ord("\n"))
    numbers: list[int] = breaks.searchsorted([hit.start() for hit in pattern.finditer(joined)]).tolist()
    return numbers
