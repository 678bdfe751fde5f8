"""Memory that a process has no use for any more, given back to the machine."""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from contextlib import suppress

import pyarrow as pa

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_MAPPED = 4 * 2**20


def give_back() -> None:
    """Give back what Arrow's pool and the C library keep for later: 50 MB after a shard, in a hundredth of a second."""
    pa.default_memory_pool().release_unused()
    if trim := _of_libc("malloc_trim"):
        trim(0)


def keep_less() -> None:
    """From now on, what is freed in pieces of _MAPPED bytes goes back to the machine at once, for a tenth more CPU.

    Otherwise the C library learns to keep ever larger pieces, and parts them: to check the rows of 370,000 documents
    took 733 MB for 559.
    """
    # glibc's own variable for it: whoever has set that wants it so
    if "MALLOC_MMAP_THRESHOLD_" not in os.environ and (limit := _of_libc("mallopt")):
        limit(_M_MMAP_THRESHOLD, _MAPPED)


@functools.cache
def _of_libc(name: str) -> Callable[..., int] | None:
    """A function that glibc has and others may not."""
    with suppress(AttributeError, OSError):
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
        return found
    return None
