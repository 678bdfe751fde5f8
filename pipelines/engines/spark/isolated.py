"""A stage over batches of records in a task that may be of a record that kills the Python worker it runs in.

The first time a task is tried, its stage runs in the worker itself, within the time that its records may take. If the
worker dies, Spark tries the task again; then each batch is a shard of the engine of one machine, in a process of its
own, and what kills that is bisected out by the same code.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark import SparkContext, TaskContext

from cleaning.config import Config
from pipelines.engines.shards import Part, Task, rescue, run_task, time_limit
from pipelines.engines.workers import Workers
from pipelines.reading import Piece, Shard, records_of
from pipelines.stages import Side, Stage, Tables

Run = Callable[[pa.Table], Tables]
"""Of RECORDS the tables that a stage gives."""


def tries(context: SparkContext) -> int:
    """How often a task is tried, as the cluster is set."""
    master = context.master
    if master.startswith("local[") or master == "local":
        after = master.partition(",")[2].rstrip("]").strip()
        return int(after) if after else 1
    return int(context.getConf().get("spark.task.maxFailures", "4"))


@contextmanager
def running(stage: Stage, config: Config, side: Side, *, isolated: bool) -> Iterator[Run]:
    """What runs a stage over a batch. `isolated`: in a process of its own from the first try on."""
    context = TaskContext.get()
    if not isolated and context and context.attemptNumber() == 0:
        yield partial(_here, stage=stage, config=config, side=side)
        return
    with Workers(1, isolated=True) as workers:
        yield partial(_apart, stage=stage, config=config, side=side, workers=workers)


def _here(records: pa.Table, stage: Stage, config: Config, side: Side) -> Tables:
    found = records_of(records)
    with time_limit(stage, config, side, len(found)):
        return stage.tables(found, config, side)


def _apart(records: pa.Table, stage: Stage, config: Config, side: Side, workers: Workers) -> Tables:
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
        path = Path(folder) / "records.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, records.schema) as writer:
            writer.write_table(records)
        shard = Shard(0, (Piece("", path, "records", size=records.nbytes),))
        task = Task(stage, Part(shard, ""), config, side, Path(folder) / "tables")
        (finished,) = workers.map(run_task, [task], rescue=partial(rescue, workers=workers))
        tables = {}
        for name in finished.tables:
            with pa.OSFile(str(task.folder / f"{name}.arrow")) as source:
                tables[name] = pa.ipc.open_file(source).read_all()
        return tables
