"""Shards over the cores of one machine."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pipelines.errors import ReadError

Task = TypeVar("Task")
Result = TypeVar("Result")


def _leave_quietly() -> None:
    """Ctrl-C reaches every process of a terminal; what to say of it is the driver's to say."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


class Workers:
    """Processes that shards are given to. They start where there is enough to do, and stay for the next pass.

    `count` 0 means one for each core where there is enough to do.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the processes end, once they are done with what they are at."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Task], Result], shards: Iterable[Task]) -> Iterator[Result]:
        """`function` of each shard, in order.

        Shards are taken from the iterable as workers become free, so what is not yet cut waits on disk, not
        in memory. Raises ReadError when a worker dies, and whatever `function` raises.
        """
        waiting = iter(shards)
        cores = os.cpu_count() or 1
        # A worker takes about as long to start as to clean one and a half shards.
        enough = 2 if self._count else 2 * cores + 1
        first = list(itertools.islice(waiting, enough))
        workers = self._count or cores
        if workers == 1 or len(first) < enough:
            yield from map(function, itertools.chain(first, waiting))
            return
        if not self._pool:
            # spawn: a fork would copy Arrow's and numba's threads in whatever state they are.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_quietly)
        running: deque[Future[Result]] = deque()
        try:
            for shard in itertools.chain(first, waiting):
                running.append(self._pool.submit(function, shard))
                if len(running) > 2 * workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        except BrokenProcessPool as error:
            raise ReadError("a worker process died (out of memory?): try fewer --workers") from error
        finally:
            for future in running:
                future.cancel()
