"""Stages that break on a record which says so, as a fault in compiled code would; sent to workers by name."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import re
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from cleaning.config import Config
from cleaning.records import Record
from pipelines.outputs import Output
from pipelines.stages import CLEAN, COUNT, Side, Stage, Tables


def _fail(records: Sequence[Record]) -> None:
    for record in records:
        text = record.content if isinstance(record.content, str) else record.content.decode()
        if record.problem or "fault:" not in text:
            continue
        if "fault: raise" in text:
            raise ZeroDivisionError("a fault of a stage")
        if "fault: crash" in text:
            ctypes.string_at(0)
        if "fault: exit" in text:
            os._exit(7)
        if "fault: hang" in text:
            re.match(r"(a+)+$", "a" * 40 + "b")  # holds the interpreter's lock, and looks at no signal


def count(records: Sequence[Record], config: Config, side: Side) -> Tables:
    _fail(records)
    return COUNT.function(records, config, side)


def clean(records: Sequence[Record], config: Config, side: Side) -> Tables:
    _fail(records)
    return CLEAN.function(records, config, side)


FAULTY_COUNT = Stage("count", count, COUNT.settings)
FAULTY_CLEAN = Stage("clean", clean, CLEAN.settings)


def _exit(records: Sequence[Record], config: Config, side: Side) -> Tables:
    os._exit(7)


def _raise(records: Sequence[Record], config: Config, side: Side) -> Tables:
    raise ZeroDivisionError("whatever comes")


def broken(how: str) -> Stage:
    """A stage that breaks on everything."""
    return Stage("clean", {"exit": _exit, "raise": _raise}[how], CLEAN.settings)


def die_once(mark: Path) -> None:
    """Kill this process, unless `mark` stands there."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def deadly(stage: Stage, mark: Path) -> Stage:
    """A stage that kills the process it runs in, once."""
    return dataclasses.replace(stage, function=partial(_deadly, stage=stage, mark=mark))


def _deadly(records: Sequence[Record], config: Config, side: Side, stage: Stage, mark: Path) -> Tables:
    if records[0].source_file != "canary":
        die_once(mark)
    return stage.function(records, config, side)


def kills_executor(stage: Stage, mark: Path) -> Stage:
    """A stage that kills the Spark executor it runs in, once."""
    return dataclasses.replace(stage, function=partial(_kill_executor, stage=stage, mark=mark))


def _kill_executor(records: Sequence[Record], config: Config, side: Side, stage: Stage, mark: Path) -> Tables:
    if records[0].source_file != "canary" and not mark.exists():
        mark.touch()
        # The worker's parent is the daemon that forks workers, and its parent the executor.
        executor = Path(f"/proc/{os.getppid()}/stat").read_text().rsplit(")", 1)[1].split()[1]
        os.kill(int(executor), signal.SIGKILL)
        time.sleep(5)
    return stage.function(records, config, side)


def deadly_output(output: Output, mark: Path) -> Output:
    """A file whose writer is killed once, when it has begun."""
    return dataclasses.replace(output, rows=(partial(_deadly_rows, output=output, mark=mark),))


def _deadly_rows(tables: Tables, config: Config, output: Output, mark: Path) -> pa.Table:
    if len(tables["settled"]) < config.shard_records:  # the last rows: the file has been begun
        die_once(mark)
    return output.rows[0](tables, config)
