"""A stage over one shard, in a worker: its tables kept in scratch; and which of its records a worker dies of."""

from __future__ import annotations

import faulthandler
import fcntl
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from cleaning.config import Config
from cleaning.records import Problem, Record
from pipelines.engines.memory import give_back
from pipelines.engines.workers import Died, Workers
from pipelines.errors import ReadError
from pipelines.reading import Shard, read_shard
from pipelines.scratch import Finished, find, keep
from pipelines.stages import CANARY, Side, Stage, Tables

# Beside the time that a single record may take, for each of a batch: a hundred times what it takes on average.
_SECONDS_A_RECORD = 0.1
# So many times as long it may take by the clock on the wall: the machine may have other things to do.
_PATIENCE = 10


@dataclass(frozen=True)
class Part:
    """A shard, and the tables that stages have given of it."""

    shard: Shard
    content: str
    """A digest of the records as the next stage sees them."""
    records: int = 0
    folders: Mapping[str, Path] = field(default_factory=dict)
    """Of each table by its name the folder of its file."""

    def table(self, name: str) -> pa.Table:
        """One of its tables, mapped into memory rather than read."""
        return pa.ipc.open_file(pa.memory_map(str(self.folders[name] / f"{name}.arrow"))).read_all()

    def tables(self, names: tuple[str, ...]) -> Tables:
        """Some of its tables."""
        return {name: self.table(name) for name in names}


@dataclass(frozen=True)
class Task:
    """A stage to run over a shard."""

    stage: Stage
    part: Part
    config: Config
    side: Mapping[str, Path]
    folder: Path
    """Where its tables are to stand."""
    culprits: Mapping[int, Problem] = field(default_factory=dict)
    """Records that a worker dies of, by their number in the shard, each with what is said of it."""


def run_task(task: Task) -> Finished:
    """Run a stage over a shard and keep its tables."""
    if finished := find(task.folder):
        return finished  # a worker died between finishing this and saying so
    try:
        with _alone_if_large(task):
            records = _records(task)
            tables = _within_time(task, records)
            return keep(task.folder, tables, len(records))
    finally:
        records, tables = [], {}
        give_back()


# Bytes of a shard's files; others are of SHARD_BYTES and a record more.
_LARGE = 12 * 2**20


@contextmanager
def _alone_if_large(task: Task) -> Iterator[None]:
    """Of shards with a record that large one at a time: a record takes some 30 times its bytes while it is cleaned."""
    try:
        size = sum(piece.path.stat().st_size for piece in task.part.shard.pieces)
    except OSError:
        size = 0  # who reads it says what is wrong with it
    if size < _LARGE:
        yield
        return
    with (task.folder.parent / "large.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it if this process dies
        yield


def _records(task: Task) -> list[Record]:
    records = read_shard(task.part.shard, task.config, keep=True)
    for number, problem in task.culprits.items():
        records[number] = replace(records[number], problem=problem, reading=None)
    return records


@dataclass(frozen=True)
class _Trial:
    task: Task
    first: int
    last: int


def _count(task: Task) -> int:
    return len(read_shard(task.part.shard, task.config, keep=True))


def _try(trial: _Trial) -> None:
    """The stage over some records of a shard, for nothing but to see whether it ends well."""
    records = _records(trial.task)[trial.first : trial.last]
    _within_time(trial.task, records)


def rescue(task: Task, died: Died, workers: Workers) -> Finished:
    """Do a task that kills its worker, without the records that do it: by halves, each in a process by itself.

    Raises ReadError where it is no record's fault.
    """
    try:
        count = workers.alone(_count, task)
    except Died as again:
        raise ReadError(f"a worker process dies whatever it is given ({_at_once(again)})") from again
    try:
        workers.alone(_try, _Trial(task, 0, 0))
    except Died as again:
        raise ReadError(f"a worker process dies whatever it is given ({_cause(again)})") from again
    culprits: dict[int, Problem] = {}
    for number, problem in _culprits(task, workers, 0, count, died):
        culprits[number] = problem
        if len(culprits) > max(_MOST_CULPRITS, count // 10):
            raise ReadError(f"a worker process dies of every other record (record {number}: {problem.evidence})")
    try:
        return workers.alone(run_task, replace(task, culprits=culprits))
    except Died as again:
        raise ReadError(
            f"a worker process dies of {count} records together ({_cause(again)}): try fewer shard_records"
        ) from again


def _culprits(task: Task, workers: Workers, first: int, last: int, died: Died) -> Iterator[tuple[int, Problem]]:
    if last - first == 1:
        if died.code in _TOO_SLOW:
            seconds = f"{task.config.record_seconds:g}"
            yield (
                first,
                Problem("quarantine.too-slow", f"more than record_seconds = {seconds}, in stage {task.stage.name}"),
            )
        else:
            yield first, Problem("quarantine.crash", f"stage {task.stage.name}: {_cause(died)}")
        return
    half = (first + last) // 2
    for begin, end in ((first, half), (half, last)):
        if end > begin:
            try:
                workers.alone(_try, _Trial(task, begin, end))
            except Died as again:
                yield from _culprits(task, workers, begin, end, again)


# More of a shard, and more than a tenth of it, is a fault of the machine: no corpus is as bad.
_MOST_CULPRITS = 10
# Exit codes of a process whose time is over, by either clock.
_TOO_SLOW = (-signal.SIGPROF, 1)


def _at_once(died: Died) -> str:
    """The cause where there is no time limit. A worker imports the script that calls run(), and ends where that calls
    it again."""
    if died.code != 1:
        return _cause(died)
    return "exit code 1 at its start; a script that calls run() has to do so under if __name__ == '__main__':"


def _cause(died: Died) -> str:
    if died.code in _TOO_SLOW:
        return "it took too long"
    if died.code == -signal.SIGKILL:
        return "killed, out of memory?"
    if died.code < 0:
        try:
            return f"{signal.Signals(-died.code).name}"
        except ValueError:
            return f"signal {-died.code}"
    return f"exit code {died.code}"


def _within_time(task: Task, records: Sequence[Record]) -> Tables:
    if not multiprocessing.parent_process():
        return task.stage.tables(records, task.config, task.side)  # nobody is there to go on if this process ends
    with time_limit(task.stage, task.config, task.side, len(records)):
        return task.stage.tables(records, task.config, task.side)


@contextmanager
def time_limit(stage: Stage, config: Config, side: Side, records: int) -> Iterator[None]:
    """Ends this process if the block takes longer than a stage over `records` may, even in compiled code."""
    if stage.name not in _warm:
        # Loads rules and models, and compiles what is not compiled yet: that counts against no record.
        stage.tables([CANARY], config, side)
        _warm.add(stage.name)
    limit = config.record_seconds + _SECONDS_A_RECORD * records
    with Path(os.devnull).open("w") as nowhere:
        # Two clocks that need no interpreter to be heard: of the work done, whose signal ends the process, and of the
        # wall, for what waits and does none.
        faulthandler.dump_traceback_later(_PATIENCE * limit, exit=True, file=nowhere)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()


_warm: set[str] = set()
"""Stages that this process has run."""
