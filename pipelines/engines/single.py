"""One process beside the driver that does one task after another, and is started anew where it is killed."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from pipelines.engines.server import SERVER_DIED, Server, holding_interrupts
from pipelines.journal import Journal
from pipelines.usage import measured

Task = TypeVar("Task")
Result = TypeVar("Result")

TRIES = 5
"""A process that was killed from outside is no sign against its task: so often it is tried again."""
# Signals that somebody sends; what a task does wrong ends its process by others.
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, SERVER_DIED)


class Died(Exception):
    """The process that a task ran in ended in the middle of it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker ended with exit code {code}")
        self.code = code
        """Its exit code; negative: the signal that ended it."""


def start_worker() -> None:
    """What a worker does first. Ctrl-C is the driver's to answer, and a worker outlives no driver."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent

    def leave() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


def _serve(calls: Connection, first: Callable[[], None] | None) -> None:
    start_worker()
    if first:
        with suppress(Exception):  # what fails here fails in a task too, where somebody hears of it
            first()
    while True:
        try:
            function, task = calls.recv()
        except EOFError:
            return
        try:
            calls.send((True, measured(function, task)))
        except Exception as error:
            # A traceback is not sent: where it was raised goes along in words.
            error.add_note(traceback.format_exc())
            calls.send((False, error))


class Single:
    """The process: forked from `server`, or where there is none a new interpreter.

    `first`: what it calls before its first task, each time that it is started. `journal` hears of what it takes, and
    of its death.
    """

    def __init__(self, journal: Journal, server: Server | None = None, first: Callable[[], None] | None = None) -> None:
        self._journal, self._server, self._first = journal, server, first
        self._process: tuple[BaseProcess, Connection] | None = None
        self._given: deque[tuple[Callable[..., Any], Any]] = deque()

    def start(self) -> None:
        """Start it, if it does not run, ahead of its first task; returns at once."""
        if not self._process:
            self._start()

    def later(self, function: Callable[[Task], Result], task: Task) -> Callable[[], Result]:
        """Have `function` of a task done after what was given before; returns at once.

        What it returns waits for the result, and is to be called in the order of the tasks. It raises what `function`
        raises, and Died where the process ends in it: at once if it crashes, when it was killed `TRIES` times.
        """
        self._given.append((function, task))
        if self._process:
            self._send(self._process[1], function, task)
        else:
            self._start()
        return self._take

    def end(self) -> None:
        """End the process, whatever it is at, and so give back its memory: a new one starts with the next task."""
        self._given.clear()
        self._end(kill=True)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn") if self._server is None else self._server.started()
        calls, theirs = multiprocessing.Pipe()
        process: BaseProcess = context.Process(target=_serve, args=(theirs, self._first), daemon=True)
        with holding_interrupts():
            process.start()
        theirs.close()
        self._process = process, calls
        for function, task in self._given:
            self._send(calls, function, task)
        return calls

    def _send(self, calls: Connection, function: Callable[..., Any], task: Any) -> None:
        with suppress(OSError):  # it has ended, which `_take` hears of
            calls.send((function, task))

    def _take(self) -> Any:
        for left in reversed(range(TRIES)):
            calls = self._process[1] if self._process else self._start()
            try:
                fine, value = calls.recv()
            except (EOFError, OSError):
                code = self._end(kill=False)
                self._journal.happened("worker-died", how(code))
                if left and code in _FROM_OUTSIDE:
                    continue
                self._given.clear()
                raise Died(code) from None
            self._given.popleft()
            if not fine:
                raise value
            usage, found = value
            self._journal.meter.heard(usage)
            return found
        raise AssertionError("not reached")

    def _end(self, *, kill: bool) -> int:
        """The exit code; 0 where there was no process."""
        if not self._process:
            return 0
        process, calls = self._process
        self._process = None
        if kill:
            process.kill()
        process.join()
        calls.close()
        self._journal.meter.ended([process.pid] if process.pid else [])
        return process.exitcode or 0


def how(code: int | None) -> str:
    """How a process ended, in a word: the name of its signal, or its exit code."""
    if code is None:
        return "unknown"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"
