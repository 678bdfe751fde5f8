"""What the steps on a cluster have in common: Arrow in and out of DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from pipelines.engines.spark.nested import plain_schema

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


def map_tables(frame: DataFrame, function: Callable[[pa.Table], pa.Table], schema: pa.Schema) -> DataFrame:
    """A function over the rows of a DataFrame, some at a time. `schema`: of what it gives, with Arrow's types."""
    plain = plain_schema(schema)
    return frame.mapInArrow(partial(_map_batches, function=function, schema=plain), from_arrow_schema(plain))


def _map_batches(
    batches: Iterator[pa.RecordBatch], function: Callable[[pa.Table], pa.Table], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if len(batch):
            yield from function(pa.Table.from_batches([batch])).cast(schema, safe=False).combine_chunks().to_batches()


def from_arrow(session: SparkSession, table: pa.Table) -> DataFrame:
    """A small table as a DataFrame."""
    plain = plain_schema(table.schema)
    return session.createDataFrame(table.cast(plain, safe=False).to_pylist(), from_arrow_schema(plain))


def words(column: pa.ChunkedArray) -> Words:
    """Hashes, which a cluster holds as signed numbers."""
    values: Words = column.to_numpy().view(np.uint64)
    return values


def lists(*columns: pa.ChunkedArray) -> tuple[Words, Rows]:
    """Lists of hashes, one column after the other: all hashes, and where each list begins and ends."""
    arrays = [column.combine_chunks() for column in columns]
    lengths = np.concatenate([array.value_lengths().fill_null(0).to_numpy() for array in arrays])
    values = np.concatenate([array.flatten().to_numpy() for array in arrays]).view(np.uint64)
    return values, np.concatenate([[0], np.cumsum(lengths)])
