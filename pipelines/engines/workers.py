"""Tasks over the cores of one machine. A worker may die, and is replaced; a task that kills it is found out."""

from __future__ import annotations

import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from pipelines.engines.server import SERVER_DIED, Server
from pipelines.journal import Journal
from pipelines.usage import Usage, measured

Task = TypeVar("Task")
Result = TypeVar("Result")

# A process that was killed from outside is no sign against its task: so often it is tried again.
_TRIES = 5


class Died(Exception):
    """The process that a task ran in ended in the middle of it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker ended with exit code {code}")
        self.code = code
        """Its exit code; negative: the signal that ended it."""


class _Suspect:
    """Stands for the result of a task that was under way when a worker died."""


def _start() -> None:
    """What a worker does first. Ctrl-C is the driver's to answer, and a worker outlives no driver."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent

    def leave() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


def _serve(calls: Connection) -> None:
    _start()
    while True:
        try:
            function, task = calls.recv()
        except EOFError:
            return
        try:
            calls.send((True, measured(function, task)))
        except Exception as error:
            calls.send((False, error))


class Workers:
    """Processes that tasks are given to. They start when there is something to do, and stay for what comes next.

    `count` 0 means one for each core where there is enough to do. `isolated`: where one process is enough it is one
    of its own all the same, so that what kills it does not kill the caller. `journal` hears of what workers take, and
    of those that die.
    """

    def __init__(self, count: int, *, isolated: bool = False, journal: Journal | None = None) -> None:
        self._count, self._isolated, self._journal = count, isolated, journal or Journal()
        self._server = Server()
        self._size = 1
        self._pool: ProcessPoolExecutor | None = None
        self._children: set[BaseProcess] = set()
        self._alone: tuple[BaseProcess, Connection] | None = None

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
        children = self._children | ({self._alone[0]} if self._alone else set())
        for child in children:
            child.kill()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._ended(children)
        self._pool, self._alone, self._children = None, None, set()

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
        self, function: Callable[[Task], Result], task: Task, running: deque[tuple[Task, Any]]
    ) -> Future[tuple[Usage, Result]]:
        before = set(multiprocessing.active_children())
        try:
            if not self._pool:
                self._server.start()
                self._pool = ProcessPoolExecutor(self._size, mp_context=self._server.context, initializer=_start)
            return self._pool.submit(measured, function, task)
        except BrokenProcessPool:
            self._suspect(running)
            return self._submit(function, task, running)
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
            self._journal.happened("worker-died", _how(code))
        self._pool, self._children = None, set()
        for place, (task, result) in enumerate(running):
            if isinstance(result, Future) and (result.cancelled() or result.exception()):
                broken = result.cancelled() or isinstance(result.exception(), BrokenProcessPool)
                running[place] = (task, _Suspect() if broken else result)

    def alone(self, function: Callable[[Task], Result], task: Task) -> Result:
        """`function` of a task in a process that does nothing else meanwhile.

        Raises Died where the process ends in it: at once if it crashes, when it was killed `_TRIES` times.
        """
        for left in reversed(range(_TRIES)):
            if not self._alone:
                self._server.start()
                calls, theirs = multiprocessing.Pipe()
                process: BaseProcess = self._server.context.Process(target=_serve, args=(theirs,), daemon=True)
                process.start()
                theirs.close()
                self._alone = process, calls
            process, calls = self._alone
            try:
                calls.send((function, task))
                fine, value = calls.recv()
            except (EOFError, OSError):
                self._ended({process})
                self._alone = None
                code = process.exitcode or 0
                self._journal.happened("worker-died", _how(code))
                if left and code in (-signal.SIGKILL, SERVER_DIED):
                    continue
                raise Died(code) from None
            if fine:
                found: Result
                usage, found = value
                self._journal.meter.heard(usage)
                return found
            raise value
        raise AssertionError("not reached")


def _how(code: int | None) -> str:
    """How a process ended, in a word: the name of its signal, or its exit code."""
    if code is None:
        return "unknown"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"
