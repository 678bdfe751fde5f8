"""Python's garbage collector while a batch is cleaned: it has little to find, and looks at all there is to do so."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# New objects between two looks. A batch of 2,000 documents makes half a million that stay until it is done, and
# none of them in circles; by default there is a look after every 700, and some of them are at everything.
OBJECTS = 100_000

_lock = Lock()
_inside = 0
_usual = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """The collector looks seldom until the block is left, in all threads; one that is switched off stays so.

    >>> before = gc.get_threshold()
    >>> with seldom_collected():
    ...     within = gc.get_threshold()
    >>> within[0] >= before[0], gc.get_threshold() == before
    (True, True)
    """
    global _inside, _usual
    with _lock:
        if not _inside:
            _usual = gc.get_threshold()
            if _usual[0]:
                gc.set_threshold(max(OBJECTS, _usual[0]), *_usual[1:])
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                gc.set_threshold(*_usual)
