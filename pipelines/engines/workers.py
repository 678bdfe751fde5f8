"""Tasks over the cores of one machine. A worker may die, and is replaced; a task that kills it is found out."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from pipelines.engines.server import Server
from pipelines.engines.single import TRIES, Died, Single, how, start_worker
from pipelines.journal import Journal
from pipelines.usage import Usage, measured

__all__ = ["Died", "Workers"]

# Seconds that what was killed may take to give its memory back: until it is gone nobody can take its place.
_MOMENT = 0.2

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Suspect:
    """Stands for the result of a task that was under way when a worker died."""


class Workers:
    """Processes that tasks are given to. They start when there is something to do, and stay for what comes next.

    `count` 0 means one for each core where there is enough to do. `isolated`: where one process is enough it is one
    of its own all the same, so that what kills it does not kill the caller. `journal` hears of what workers take, and
    of those that die.
    """

    def __init__(self, count: int, *, isolated: bool = False, journal: Journal | None = None) -> None:
        self._count, self._isolated, self._journal = count, isolated, journal or Journal()
        self._server = Server(self._journal)
        self._size = 1
        self._pool: ProcessPoolExecutor | None = None
        self._children: set[BaseProcess] = set()
        self._alone = Single(self._journal, self._server)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        self.rest()
        self._server.stop()

    def rest(self) -> None:
        """End the workers, whatever they are at, and so give back their memory: new ones start at once."""
        self._alone.end()
        for child in self._children:
            child.kill()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._ended(self._children)
        self._pool, self._children = None, set()

    def _ended(self, children: set[BaseProcess]) -> None:
        for child in children:
            child.join()
        self._journal.meter.ended(child.pid for child in children if child.pid)

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        ready: Callable[[Task], Result | None] = lambda task: None,
        rescue: Callable[[Task, Died], Result] | None = None,
    ) -> Iterator[Result]:
        """`function` of each task, in order.

        Tasks are taken from the iterable as workers become free. `ready`: the result of a task that needs no work,
        else None. Tasks that were under way when a worker died are done again, each in a process by itself; one that
        dies there too is left to `rescue`. Raises what `function` and `rescue` raise, and Died where there is none.
        """
        waiting = iter(tasks)
        cores = os.cpu_count() or 1
        # A worker takes about as long to start as to clean one and a half shards.
        enough = 2 if self._count else 2 * cores + 1
        first = list(itertools.islice(waiting, enough))
        self._size = (self._count or cores) if len(first) >= enough else 1
        in_process = self._size == 1 and not self._isolated
        running: deque[tuple[Task, Any]] = deque()
        try:
            for task in itertools.chain(first, waiting):
                done = ready(task)
                if done is None and in_process:
                    done = function(task)
                running.append((task, self._submit(function, task, running) if done is None else done))
                if len(running) > 2 * self._size:
                    yield self._next(function, running, rescue)
            while running:
                yield self._next(function, running, rescue)
        finally:
            for _, result in running:
                if isinstance(result, Future):
                    result.cancel()

    def _submit(
        self, function: Callable[[Task], Result], task: Task, running: deque[tuple[Task, Any]], tries: int = TRIES
    ) -> Future[tuple[Usage, Result]]:
        """Raises EOFError or ConnectionError where what workers are forked from ends again and again."""
        before = set(multiprocessing.active_children())
        try:
            if not self._pool:
                context = self._server.started()
                self._pool = ProcessPoolExecutor(self._size, mp_context=context, initializer=start_worker)
            return self._pool.submit(measured, function, task)
        except BrokenProcessPool:
            self._suspect(running)
            return self._submit(function, task, running)
        except (EOFError, ConnectionError):  # what they are forked from was killed while it loaded
            if not tries:
                raise
            time.sleep(_MOMENT)
            self._suspect(running)
            return self._submit(function, task, running, tries - 1)
        finally:
            self._children |= set(multiprocessing.active_children()) - before

    def _next(
        self,
        function: Callable[[Task], Result],
        running: deque[tuple[Task, Any]],
        rescue: Callable[[Task, Died], Result] | None,
    ) -> Result:
        task, result = running[0]
        try:
            if isinstance(result, Future):
                usage, result = result.result()
                self._journal.meter.heard(usage)
        except BrokenProcessPool:
            self._suspect(running)
            task, result = running[0]
        if isinstance(result, _Suspect):
            try:
                result = self.alone(function, task)
            except Died as died:
                if not rescue:
                    raise
                result = rescue(task, died)
        running.popleft()
        found: Result = result
        return found

    def _suspect(self, running: deque[tuple[Task, Any]]) -> None:
        """Drop a broken pool. Which of the tasks broke it is not known: those without a result are suspects."""
        if self._pool:
            self._pool.shutdown()
        self._ended(self._children)
        # The pool itself ends the others by SIGTERM.
        codes = {child.exitcode for child in self._children} - {None, 0, -signal.SIGTERM} or {None}
        for code in codes:
            self._journal.happened("worker-died", how(code))
        self._pool, self._children = None, set()
        for place, (task, result) in enumerate(running):
            if isinstance(result, Future) and (result.cancelled() or result.exception()):
                broken = result.cancelled() or isinstance(result.exception(), BrokenProcessPool)
                running[place] = (task, _Suspect() if broken else result)

    def alone(self, function: Callable[[Task], Result], task: Task) -> Result:
        """`function` of a task in a process that does nothing else meanwhile. Raises as what `Single.later` gives."""
        return self._alone.later(function, task)()
