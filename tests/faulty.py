"""Stages that break on a record which says so, as a fault in compiled code would; sent to workers by name."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Sequence

from cleaning.config import Config
from cleaning.records import Record
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
