"""Functions that make arrays, as machine code: by numba, whose import and first use take a second.

Those that only fill arrays are better `cleaning.native`, which does without it once they are compiled.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


@cache
def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function compiled, without the GIL; kept beside its module, or in the user's cache folder."""
    import numba

    kept: Any
    try:
        kept = numba.njit(cache=True, nogil=True)(function)
        _distrust(kept)
    except RuntimeError:  # neither can be written: compile in each process
        kept = numba.njit(nogil=True)(function)
    compiled: Callable[_P, _R] = kept
    return compiled


_DIGEST = 32
"""Bytes of SHA-256 before what is kept."""


def _distrust(dispatcher: Any) -> None:
    """Have kept code checked before it is used: what a disk or a crash has damaged is compiled again.

    numba takes what stands in its cache for what it wrote; a damaged index raises, and damaged code is run.
    """
    cache_file = dispatcher._cache._cache_file
    save, load = cache_file.save, cache_file.load

    def save_data(name: str, data: Any) -> None:
        dumped = cache_file._dump(data)
        with cache_file._open_for_write(cache_file._data_path(name)) as sink:
            sink.write(hashlib.sha256(dumped).digest() + dumped)

    def load_data(name: str) -> Any:
        found = Path(cache_file._data_path(name)).read_bytes()
        if hashlib.sha256(found[_DIGEST:]).digest() != found[:_DIGEST]:
            raise OSError(f"{name} is damaged")  # which numba takes for a file that is gone
        return pickle.loads(found[_DIGEST:])

    def safe_load(key: Any) -> Any:
        try:
            return load(key)
        except Exception:
            with suppress(OSError):
                cache_file.flush()
            return None

    def safe_save(key: Any, data: Any) -> None:
        with suppress(Exception):  # where it cannot be kept, each process compiles it
            save(key, data)

    cache_file._save_data, cache_file._load_data = save_data, load_data
    cache_file.save, cache_file.load = safe_save, safe_load
