"""run.json: how a run went. It stands beside manifest.json, is in no checksum, and is never published.

It differs from run to run: the dataset's bytes do not.
"""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from pipelines.journal import Journal
from pipelines.store import write_json
from pipelines.usage import usage_here

RUN_RECORD = "run.json"
_FORMAT = 1


def write_run_record(folder: Path, command: str, journal: Journal) -> None:
    """Write run.json: phases, seconds, CPU, peak memory, what happened, versions and the machine.

    `command` is `run` or `remove`. Seconds by the clock; CPU seconds are user and system of all processes, from when
    the journal began, so without the start of Python. Bytes of the inputs as they lie on the disk; in the phase
    `write`, bytes written. Memory is resident memory at its highest, of this process since it began.
    """
    journal.ends()
    peaks = sorted(journal.meter.peaks.values())
    record = {
        "format": _FORMAT,
        "command": command,
        "started": journal.began.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(sum(phase.seconds or 0.0 for phase in journal.phases), 3),
        "cpu_seconds": round(journal.meter.cpu_seconds(), 3),
        "phases": [_phase(phase.as_json(0.0), phase.cpu_seconds) for phase in journal.phases],
        "memory": {
            "driver_peak_bytes": usage_here().peak_bytes,
            "worker_peak_bytes": peaks[-1] if peaks else None,
            "workers": len(peaks),
        },
        "events": dict(sorted(journal.events.items())),
        "versions": {"python": platform.python_version()} | versions(),
        "machine": {
            "cores": os.cpu_count(),
            "cores_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": platform.system(),
            "kernel": platform.release(),
            "architecture": platform.machine(),
        },
    }
    write_json(folder / RUN_RECORD, record)


def _phase(said: dict[str, Any], cpu_seconds: float) -> dict[str, Any]:
    kept = {key: value for key, value in said.items() if not key.endswith("_total")}
    return kept | {"cpu_seconds": round(cpu_seconds, 3)}


def versions() -> dict[str, str]:
    """Versions of tamis and of what it requires, as installed, with extras that a run may use where they are there."""
    lines = [line for line in requires("tamis") or () if not re.search(r"extra == .(test|train)\b", line)]
    names = {"tamis"} | {match[0] for line in lines if (match := re.match(r"[\w.-]+", line))}
    found = {}
    for name in sorted(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
