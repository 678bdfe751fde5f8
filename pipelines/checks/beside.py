"""Great Expectations in a process beside a run's: imported while the run reads, and gone with its memory.

To import it takes three seconds, for which a core is idle while a run of several workers starts. Of a small dataset the
rows are checked there while the run counts the ledger again and takes the numbers of its report. Of a large one that
would be more memory than either, so it is all done in the run's process, one after the other; and so it is where one
process at a time is asked for.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from pipelines.checks.evaluate import quiet
from pipelines.engines.single import Died, Single, how
from pipelines.errors import ReadError
from pipelines.journal import Journal
from pipelines.parquet_views import MEMORY

Task = TypeVar("Task")
Result = TypeVar("Result")

# Inputs, in bytes as they lie there, of which a dataset may be small; and one that is, at most.
_SMALL_INPUT = 150_000_000
_SMALL = {"records": 50_000, "lines_kept": 1_000_000}
# DuckDB's memory while rows are checked beside it: of twice as many it did with that.
_LESS_MEMORY = "256MB"


def is_small(totals: Mapping[str, int]) -> bool:
    """Whether a dataset of so many `records` and `lines_kept` may be checked beside what else is done with it."""
    return all(totals[name] <= most for name, most in _SMALL.items())


class Beside:
    """The process, if there is to be one. `workers` is that of the settings; `journal` hears of what it takes."""

    def __init__(self, workers: int, journal: Journal) -> None:
        self._wanted = (workers or os.cpu_count() or 1) > 1
        self._process = Single(journal, first=_load)
        self._begun = False
        self.memory = MEMORY
        """What DuckDB may take in the run's own process meanwhile."""

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *args: object) -> None:
        self.end()

    def end(self) -> None:
        """End it, whatever it is at: nothing more is done there."""
        self._process.end()
        self._begun, self.memory = False, MEMORY

    def begin(self, size: int) -> None:
        """Start it, if that may gain anything for inputs of so many bytes; returns at once."""
        if self._wanted and size <= _SMALL_INPUT and "great_expectations" not in sys.modules:
            self._process.start()
            self._begun, self.memory = True, _LESS_MEMORY

    def reconsider(self, totals: Mapping[str, int]) -> None:
        """End it where the dataset is not small: it has so many `records` and `lines_kept`."""
        if not is_small(totals):
            self.end()

    def later(self, function: Callable[[Task], Result], task: Task) -> Callable[[], Result]:
        """Have `function` of a task done there, else when its result is asked for, which is what this gives.

        Results are to be asked for in the order of the tasks. Raises ReadError where the process ends in it.
        """
        if not self._begun:
            return partial(function, task)
        return partial(self._wait, self._process.later(function, task))

    def _wait(self, result: Callable[[], Result]) -> Result:
        try:
            return result()
        except Died as died:
            raise ReadError(f"the process that checks the rows died ({how(died.code)}): out of memory?") from died


def _load() -> None:
    """All that the checks import and load where they are first used."""
    with quiet():
        from tqdm import tqdm

        from cleaning.rules import load_rules
        from pipelines.checks.suites import load_suites

        # Its bars, which nobody sees, are locked against other processes by a semaphore, which would be said to leak
        # when this process is ended.
        tqdm.set_lock(threading.RLock())
        load_suites()
        load_rules()
