"""What a run takes: CPU seconds and peak memory of its process and of its workers."""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Kilobytes, but bytes on a Mac: getrusage(2) of each.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Usage(NamedTuple):
    """What a process has taken since it began."""

    pid: int
    cpu_seconds: float
    """User and system, of all its threads."""
    peak_bytes: int
    """Resident memory at its highest; pages shared with other processes count."""


def usage_here() -> Usage:
    """Of this process."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(os.getpid(), spent.ru_utime + spent.ru_stime, _peak() or spent.ru_maxrss * _MAXRSS_UNIT)


def _peak() -> int:
    """VmHWM of proc(5); 0 where there is none. ru_maxrss of a worker begins at that of the process which made it."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"), re.M)
    except (OSError, UnicodeDecodeError):
        return 0
    return int(found[1]) * 1024 if found else 0


def measured(function: Callable[[Task], Result], task: Task) -> tuple[Usage, Result]:
    """`function` of a task, and what its process has taken until then."""
    result = function(task)
    return usage_here(), result


class Meter:
    """Adds up what this process and its workers take."""

    def __init__(self) -> None:
        self._running: dict[int, float] = {}
        self._before = self._reaped()
        self.peaks: dict[int, int] = {}
        """Peak memory in bytes of each worker that has been heard of, by its process id."""

    def heard(self, usage: Usage) -> None:
        """A worker says what it has taken."""
        self._running[usage.pid] = usage.cpu_seconds
        self.peaks[usage.pid] = max(usage.peak_bytes, self.peaks.get(usage.pid, 0))

    def ended(self, pids: Iterable[int]) -> None:
        """Workers ended and were waited for: the kernel has added them to what this process's children took."""
        for pid in pids:
            self._running.pop(pid, None)

    def cpu_seconds(self) -> float:
        """CPU seconds since this was made, of this process and its workers; of a worker as far as it was heard of."""
        return self._reaped() - self._before + sum(self._running.values())

    def _reaped(self) -> float:
        """CPU seconds of this process and of those that it has waited for."""
        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(spent.ru_utime + spent.ru_stime for spent in both)
