"""Texts as the numbers of their characters, one text after the other: what compiled loops read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Codes(NamedTuple):
    """The code points of n texts."""

    codes: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    """(n + 1,): those of text t are codes[starts[t]:starts[t + 1]]."""


class Spans(NamedTuple):
    """n texts, or pieces of texts, among those of a batch, so that nobody copies what a loop is to read."""

    codes: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    """(n,): span t is codes[starts[t]:stops[t]]."""

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Characters of each."""
        return self.stops - self.starts

    def some(self, spans: npt.NDArray[np.integer[Any]]) -> Spans:
        """Those with these numbers."""
        return Spans(self.codes, self.starts[spans], self.stops[spans])

    def first(self, chars: int) -> Spans:
        """The first characters of each."""
        return self._replace(stops=np.minimum(self.stops, self.starts + chars))

    def last(self, chars: int) -> Spans:
        """The last characters of each."""
        return self._replace(starts=np.maximum(self.starts, self.stops - chars))


def codes_of(texts: Sequence[str]) -> Codes:
    """The code points of texts; halves of surrogate pairs stay what they are.

    >>> two = codes_of(["ab", "다"])
    >>> two.codes.tolist(), two.starts.tolist()
    ([97, 98, 45796], [0, 2, 3])
    """
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=starts[1:])
    return Codes(np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32), starts)


def spans_of(texts: Sequence[str]) -> Spans:
    """Whole texts as spans.

    >>> [found.tolist() for found in spans_of(["ab", "cde"]).last(2)]
    [[97, 98, 99, 100, 101], [0, 3], [2, 5]]
    """
    codes, starts = codes_of(texts)
    return Spans(codes, starts[:-1], starts[1:])
