"""The process that workers are forked from: it has loaded all they need, once, and they share its memory.

A fork of the driver would copy locks and threads in use (Arrow's, the progress bar's). This process does nothing
but to wait, and has no thread of ours. Linux only; elsewhere each worker is started anew and loads by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, SpawnContext

from cleaning.native import is_kept
from pipelines.journal import Journal
from pipelines.scratch import made_by

_LOADS = "pipelines.engines.loaded"

SERVER_DIED = 255
"""Exit code of a worker whose end nobody could see, for the process that it was forked from had ended."""


class Server:
    """Starts and stops it. One that the caller of this process has started himself is used as it is, and left.

    `journal` hears where it has to compile first, which takes half a minute once.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal or Journal()
        self._context: ForkServerContext | SpawnContext = multiprocessing.get_context("spawn")
        if sys.platform == "linux":
            self._context = multiprocessing.get_context("forkserver")
        self._started: int | None = None

    def started(self) -> ForkServerContext | SpawnContext:
        """Start it, if it does not run, and give what makes processes of it; returns before it has loaded anything."""
        if isinstance(self._context, ForkServerContext):
            before = _running()
            self._context.set_forkserver_preload([_LOADS])
            with holding_interrupts():
                forkserver.ensure_running()
            if _running() != before:
                self._started = _running()
                if not is_kept(_LOADS, "compiled", made_by()):
                    self._journal.happened("compiles")
        return self._context

    def stop(self) -> None:
        """End it, if `start` started it: it holds as much memory as a worker that has nothing to do.

        Its workers have to have ended. Waits for it, so that what they all took is among the times of this process.
        """
        if self._started and self._started == _running():
            with suppress(ProcessLookupError):
                os.kill(self._started, signal.SIGKILL)  # it would wait for all who were forked from it, ours or not
            # In a thread, for Ctrl-C is raised in the main one: what is stopped by half cannot be stopped again.
            stopping = threading.Thread(target=forkserver._forkserver._stop)  # type: ignore[attr-defined]
            stopping.start()
            stopping.join()
        self._started = None


@contextmanager
def holding_interrupts() -> Iterator[None]:
    """Processes that are started in the block never hear of Ctrl-C: it is the driver's to answer, from the first moment
    on, and reaches the driver after the block."""
    # The first process that is started brings this one with it, which lets interrupts through once it runs.
    resource_tracker.ensure_running()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _running() -> int | None:
    """The module tells nobody, but it is the only one that knows."""
    found: int | None = getattr(forkserver._forkserver, "_forkserver_pid", None)
    return found
