"""Imported by the process that workers are forked from (`server`), and nowhere else: what a worker needs, loaded."""

from __future__ import annotations

import gc
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cleaning.config import Config
from cleaning.native import kept
from cleaning.sitelines import SiteLines
from pipelines.engines import shards, workers  # noqa: F401  # so that they are there
from pipelines.engines.memory import give_back
from pipelines.scratch import made_by
from pipelines.stages import CANARY, CLEAN, COUNT


def _load() -> None:
    """Rules, models and compiled code are loaded where they are first used: on a record."""
    # A file without a name: this process is killed whenever its run ends, and would leave one that has.
    with tempfile.TemporaryFile() as file:
        site_lines = Path(f"/dev/fd/{file.fileno()}")
        SiteLines().save(site_lines)
        COUNT.function([CANARY], Config(), {})
        CLEAN.function([CANARY], Config(), {"site-lines": site_lines})
    give_back()
    # What is there stays: the collector of a worker need not write to its pages.
    gc.collect()
    gc.freeze()


def _compile() -> bytes:
    """Load all in a process of its own, so that compiled code is kept: numba takes 180 MB, which all would keep."""
    if not (child := os.fork()):
        with suppress(Exception):
            _load()
        os._exit(0)
    os.waitpid(child, 0)
    return b"compiled"


# What fails here fails in the worker too, where somebody hears of it.
with suppress(Exception):
    kept(__name__, "compiled", made_by(), _compile)
    _load()
