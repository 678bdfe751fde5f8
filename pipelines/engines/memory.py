"""Memory that a process has no use for any more, given back to the machine."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from contextlib import suppress

import pyarrow as pa


def give_back() -> None:
    """Give back what Arrow's pool and the C library keep for later: 50 MB after a shard, in a hundredth of a second."""
    pa.default_memory_pool().release_unused()
    if trim := _trim():
        trim(0)


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """malloc_trim, which glibc has and others do not."""
    with suppress(AttributeError, OSError):
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None
