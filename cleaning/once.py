"""What several labelers ask of a batch is found once, and kept for as long as the batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from cleaning.lines import Lines

_T = TypeVar("_T")


def once(find: Callable[[Lines], _T]) -> Callable[[Lines], _T]:
    """The function, which looks at each batch a single time. What it gives depends on the lines alone."""
    found: WeakKeyDictionary[Lines, _T] = WeakKeyDictionary()

    @wraps(find)
    def ask(lines: Lines) -> _T:
        if lines not in found:
            found[lines] = find(lines)
        return found[lines]

    return ask
