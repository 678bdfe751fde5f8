"""Inputs read by the tasks of a cluster, where they lie: a file, or a part of a large one, by one task."""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from cleaning.config import Config
from pipelines.engines.spark.nested import cast, plain_schema
from pipelines.engines.spark.parts import cut
from pipelines.file_rows import Source, bytes_of
from pipelines.reading import RECORDS, read_shard, records_table
from pipelines.sources import cut_shards

# Records that stay together when they are dealt out to tasks.
_TOGETHER = 100
# Bytes of input for a task.
_TASK_BYTES = 32 * 2**20


def read_records(session: SparkSession, sources: Sequence[Source], config: Config, limit: int | None) -> DataFrame:
    """RECORDS of the sources, the first `limit` in their order if given, dealt out evenly."""
    alone = len(sources) == 1
    names = [source.name for source in sources]
    sizes = [bytes_of([source]) for source in sources]  # what cannot be read says so where it is read
    if limit is None:
        sources, sizes = cut(session, sources, sizes)
    cores = session.sparkContext.defaultParallelism
    tasks = min(len(sources), max(4 * cores, sum(sizes) // _TASK_BYTES))
    dealt = zip(_dealt(sizes, tasks), range(len(sources)), map(pickle.dumps, sources), strict=True)
    frame = session.createDataFrame(list(dealt), "task int, number int, source binary")
    frame = frame.repartitionById(tasks, "task").sortWithinPartitions("number")
    plain = plain_schema(RECORDS)
    records = frame.mapInArrow(partial(_read, config=config, limit=limit, alone=alone), from_arrow_schema(plain))
    if limit is not None:
        records = _first(records, session, names, limit)
    parts = max(cores, sum(sizes) // _TASK_BYTES)
    return records.repartition(parts, "source_file", F.floor(F.col("source_row") / _TOGETHER))


def _dealt(sizes: Sequence[int], tasks: int) -> list[int]:
    """For each file the task that reads it: the largest first, each to the task that has the least to do.

    >>> _dealt([5, 9, 4, 1], 2)
    [1, 0, 1, 0]
    """
    least = [(0, task) for task in range(tasks)]
    dealt = [0] * len(sizes)
    for file in sorted(range(len(sizes)), key=lambda file: -sizes[file]):
        size, dealt[file] = least[0]
        heapq.heapreplace(least, (size + sizes[file] + 1, dealt[file]))
    return dealt


def _read(
    batches: Iterator[pa.RecordBatch], config: Config, limit: int | None, *, alone: bool
) -> Iterator[pa.RecordBatch]:
    """The very cutting and reading of one machine, over the files of a task; at most `limit` records of each."""
    plain = plain_schema(RECORDS)
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
        for batch in batches:
            sources = [pickle.loads(row) for row in batch.column("source").to_pylist()]
            for some in [sources] if limit is None else [[source] for source in sources]:
                for shard in cut_shards(some, config, Path(folder), limit, alone=alone):
                    table = cast(records_table(read_shard(shard, config)), plain)
                    for start in range(0, len(table), config.shard_records):
                        yield from table.slice(start, config.shard_records).combine_chunks().to_batches()
                    for piece in shard.pieces:
                        if isinstance(piece.path, Path) and piece.path.parent == Path(folder):  # not the user's
                            piece.path.unlink(missing_ok=True)


def _first(records: DataFrame, session: SparkSession, names: list[str], limit: int) -> DataFrame:
    """The first records in source order. The driver gets a number for each file."""
    counts = {row[0]: row[1] for row in records.groupBy("source_file").count().collect()}
    before = accumulate((counts.get(name, 0) for name in names), initial=0)
    left = [(name, max(0, limit - so_far)) for name, so_far in zip(names, before, strict=False)]
    frame = session.createDataFrame(left, "source_file string, left long")
    place = F.row_number().over(Window.partitionBy("source_file").orderBy("source_row"))
    chosen = records.join(frame, "source_file").withColumn("place", place).filter("place <= left")
    return chosen.select(*RECORDS.names)
