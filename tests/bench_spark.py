"""What a run on Spark costs beside one on this machine: CPU of the JVM and of its Python workers, bytes between steps.

    python -m tests.bench_spark FILE [setting=value ...]

CPU seconds are read from /proc, so this is for Linux.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cleaning.config import make_config
from pipelines.articles import build
from pipelines.engines.local import Local
from pipelines.engines.spark import Spark
from pipelines.engines.spark.session import _LOCAL, open_session
from pipelines.outputs import Output
from pipelines.sources import find_sources


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()


def _children(process: int) -> list[int]:
    processes = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    found = []
    for one in processes:
        try:
            if int(_stat(one)[1]) == process:
                found += [one, *_children(one)]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _seconds(processes: list[int]) -> float:
    """CPU of processes and of their children that have ended."""
    ticks = 0
    for process in processes:
        try:
            ticks += sum(map(int, _stat(process)[11:15]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _cpu() -> tuple[float, float]:
    """Of the JVM without its children, and of all Python workers."""
    (jvm,) = [one for one in _children(os.getpid()) if "java" in Path(f"/proc/{one}/cmdline").read_text()][:1]
    own = sum(map(int, _stat(jvm)[11:13])) / os.sysconf("SC_CLK_TCK")
    return own, _seconds(_children(jvm))


def _told(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        began, (jvm, python) = time.monotonic(), _cpu()
        found = operation(*arguments)
        after = _cpu()
        what = getattr(arguments[0], "path", getattr(arguments[0], "name", "")) if arguments else ""
        wall = time.monotonic() - began
        print(f"{name:>15} {what:<26} wall {wall:6.1f}  jvm {after[0] - jvm:6.1f}  python {after[1] - python:6.1f}")
        return found

    return call


def _one_by_one(engine: Spark) -> Callable[..., Iterator[Output]]:
    """Files of the audit one after the other, so that it can be told what each takes."""
    told = _told("write", lambda output, *rest: list(write([output], *rest)))
    write = engine.write

    def call(outputs: Sequence[Output], *rest: Any) -> Iterator[Output]:
        for output in outputs:
            yield from told(output, *rest)

    return call


def main(file: str, *settings: str) -> None:
    config = make_config({name: json.loads(value) for name, value in (one.split("=", 1) for one in settings)})
    sources = find_sources([Path(file)])[0]
    with tempfile.TemporaryDirectory() as folder:
        before, local = time.process_time(), Path(folder) / "local"
        local.mkdir()
        with Local(replace(config, workers=1), local / "scratch") as one_machine:
            ledger = build(sources, local, config, one_machine)
        print(f"local engine: {time.process_time() - before:.1f} s CPU for {ledger.records_in:,} records")

        _LOCAL["spark.ui.enabled"] = "true"
        with open_session("local[2,4]") as session:
            print(f"session: jvm {_cpu()[0]:.1f} s CPU")
            spark = Path(folder) / "spark"
            spark.mkdir()
            with Spark(config, spark / "scratch", session=session) as engine:
                for name in ("read", "run", "site_lines", "settle", "total", "write_articles"):
                    setattr(engine, name, _told(name, getattr(engine, name)))
                setattr(engine, "write", _one_by_one(engine))  # noqa: B010
                build(sources, spark, config, engine)
            print("all: jvm {:.1f}, python {:.1f} s CPU".format(*_cpu()))
            for table in sorted((spark / "scratch").glob("tamis-*/*")):
                parts = list(table.glob("*.parquet"))
                size, rows = sum(p.stat().st_size for p in parts), sum(pq.read_metadata(p).num_rows for p in parts)
                print(f"{table.name:>28} {size:>12,} bytes {rows:>9,} rows")
            if session.sparkContext.uiWebUrl:
                address = f"{session.sparkContext.uiWebUrl}/api/v1/applications/{session.sparkContext.applicationId}"
                with urllib.request.urlopen(f"{address}/stages?status=complete") as answer:
                    stages = json.load(answer)
                print(f"{len(stages)} stages; shuffled {sum(one['shuffleWriteBytes'] for one in stages):,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
