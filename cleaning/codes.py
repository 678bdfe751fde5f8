"""Texts as the numbers of their characters, one text after the other: what compiled loops read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Codes(NamedTuple):
    """The code points of n texts."""

    codes: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    """(n + 1,): those of text t are codes[starts[t]:starts[t + 1]]."""


def codes_of(texts: Sequence[str]) -> Codes:
    """The code points of texts; halves of surrogate pairs stay what they are.

    >>> two = codes_of(["ab", "다"])
    >>> two.codes.tolist(), two.starts.tolist()
    ([97, 98, 45796], [0, 2, 3])
    """
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=starts[1:])
    return Codes(np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32), starts)
