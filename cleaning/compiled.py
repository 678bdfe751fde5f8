"""Functions that make arrays, as machine code: by numba, whose import and first use take a second.

Those that only fill arrays are better `cleaning.native`, which does without it once they are compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


@cache
def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function compiled, without the GIL; kept beside its module, or in the user's cache folder."""
    import numba

    kept: Callable[_P, _R]
    try:
        kept = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither can be written: compile in each process
        kept = numba.njit(nogil=True)(function)
    return kept
