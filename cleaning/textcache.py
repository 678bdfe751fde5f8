"""What a function says of single texts, kept for the texts met last: short lines of a crawl come again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")

SHORT = 120
"""Longer texts, in characters, are not kept: hardly any comes again."""
_MOST = 1 << 16
"""So many texts are kept at least, and at most twice as many: some 10 MB."""


class TextCache(Generic[_T]):
    """A function of texts, asked for many at once, that is not asked again for those it was asked for lately.

    What it gives for a text must depend on that text alone.

    >>> asked = []
    >>> cache = TextCache(lambda texts: [asked.append(text) or len(text) for text in texts])
    >>> cache(["a", "bc"]), cache(["bc", "def"]), asked
    ([1, 2], [2, 3], ['a', 'bc', 'def'])

    Nor is it for those of the generation before:

    >>> asked, cache = [], TextCache(lambda texts: [asked.append(text) or len(text) for text in texts], most=1)
    >>> cache(["a", "bc"]), cache(["bc", "def"]), asked
    ([1, 2], [2, 3], ['a', 'bc', 'def'])
    """

    def __init__(self, find: Callable[[Sequence[str]], Sequence[_T]], most: int = _MOST) -> None:
        """`most`: texts that are kept at least."""
        self._find, self._most = find, most
        self._young: dict[str, _T] = {}
        self._old: dict[str, _T] = {}

    def __call__(self, texts: Sequence[str]) -> list[_T]:
        """What the function gives for each text."""
        young, old = self._young, self._old
        # A long one is not even looked up, for that takes time with its length.
        found: list[Any] = [young.get(text, _NONE) if len(text) <= SHORT else _NONE for text in texts]
        left = [at for at, value in enumerate(found) if value is _NONE]
        if old:
            for at in left:
                if len(text := texts[at]) <= SHORT and (value := old.get(text, _NONE)) is not _NONE:
                    found[at] = young[text] = value
            left = [at for at in left if found[at] is _NONE]
        asked = [texts[at] for at in left]
        for at, text, value in zip(left, asked, self._find(asked) if asked else (), strict=True):
            found[at] = value
            if len(text) <= SHORT:
                young[text] = value
        if len(young) > self._most:
            self._young, self._old = {}, young
        return found


_NONE: Any = object()


class Recent(dict[str, _T]):
    """Values of single texts, kept for the texts met last. Its own entries are the youngest.

    >>> recent = Recent[str](2)
    >>> [recent.keep(text, text.upper()) for text in "abcde"]
    ['A', 'B', 'C', 'D', 'E']
    >>> recent.get("e"), recent.get("c"), recent.again("c"), recent.again("a")
    ('E', None, 'C', None)
    """

    def __init__(self, most: int) -> None:
        """`most`: texts that are kept at least, and at most twice as many."""
        super().__init__()
        self._most = most
        self._old: dict[str, _T] = {}

    def again(self, text: str) -> _T | None:
        """The value of a text that is not among the youngest, and is from now on; None where it is not kept."""
        found = self._old.get(text)
        return None if found is None else self.keep(text, found)

    def keep(self, text: str, value: _T) -> _T:
        """Keep the value of a text; gives it back."""
        if len(self) >= self._most:
            self._old = dict(self)
            self.clear()
        self[text] = value
        return value
