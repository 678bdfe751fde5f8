"""Ctrl-C, answered in time."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 130
"""What a shell makes of Ctrl-C."""
# Python hears of a signal when compiled code returns, which may be late: a sort of many rows, a query.
_SECONDS = 1.5
# Shows the cursor, which a progress bar hides, on a line of its own (DECTCEM of ECMA-48 terminals).
_CURSOR = "\x1b[?25h\n"
# Within so many seconds a second Ctrl-C is the same: raised, it would end what cleans up after the first.
_SAME = 2.0


def answer_once() -> None:
    """From now on Ctrl-C and SIGTERM, a batch system's way to say it, raise KeyboardInterrupt; pressed twice, once."""
    last = -_SAME

    def answer(number: int, frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last >= _SAME:
            last = time.monotonic()
            # When Python ends it would let the next one kill the process, whatever its exit code was to be.
            atexit.register(_ignore)
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, answer)


def _ignore() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def ends_soon(says: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C or SIGTERM ends the block as KeyboardInterrupt, or ends the process if that takes too long.

    Then what `says` gives goes to stderr. Only for blocks that may be killed at any moment without harm. Does nothing
    outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, bell = os.pipe()
    os.set_blocking(bell, False)
    left = threading.Event()

    def watch() -> None:
        while number := os.read(heard, 1):
            if number[0] in (signal.SIGINT, signal.SIGTERM) and not left.wait(_SECONDS):
                # Not sys.stderr: while bars are drawn that is theirs, and they may be in the middle of it.
                stderr = sys.__stderr__ or sys.stderr
                if stderr.isatty():
                    print(_CURSOR, end="", file=stderr)
                print(says(), file=stderr, flush=True)
                os._exit(EXIT_CODE)
            if left.is_set():
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    try:
        yield
    finally:
        left.set()
        signal.set_wakeup_fd(before)
        os.close(bell)
        thread.join()
        os.close(heard)
