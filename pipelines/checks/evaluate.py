"""Great Expectations over frames: in memory, without telemetry, and with doc_ids for what fails.

Rows are read in frames of at most SHARD_ROWS; what an expectation finds in them is added up by the caller.
great_expectations is imported inside the functions: it costs about 3 s.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.checks.measures import DatasetError, Files, Measure
from pipelines.errors import ReadError, first_line

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.checks.suites import Item

SHARD_ROWS = 6_000
SHARD_BYTES = 32 * 2**20
"""A frame closes at either: memory follows bytes, and Great Expectations takes a few times as many."""

# The column by which Great Expectations names a row: its doc_id, or where it stands if that is not one.
RECORD = "record"
_RESULTS = {
    "result_format": "SUMMARY",
    "exclude_unexpected_values": True,
    "unexpected_index_column_names": [RECORD],
}

Key = tuple[str, str]
"""A suite's name and an item's."""


class NotEvaluated(ReadError):
    """A check could not be evaluated, so the dataset was neither passed nor failed."""


class Found(NamedTuple):
    """What one expectation found in one frame."""

    rows: int
    missing: int
    failed: int
    failing: tuple[str, ...]


@contextmanager
def quiet() -> Iterator[None]:
    """Great Expectations without telemetry, and without the warnings of its own imports."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def make_context() -> Any:
    """A context in memory that writes nowhere and draws no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults())
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


def evaluate_rows(
    context: Any, files: Files, items: Mapping[Key, Item], parameters: Mapping[str, str]
) -> dict[Key, list[Found]]:
    """What each expectation found in each shard whose columns it can read."""
    found: dict[Key, list[Found]] = {key: [] for key in items}
    batch = _batch_definition(context, "articles")
    columns = sorted({name for item in items.values() for name in item.columns} | {"doc_id"})
    if any(item.expectation.row_condition for item in items.values()):
        columns = sorted(name for table in files.schemas for name in files.schemas[table].names)
    for frame in _frames(files, columns):
        readable = {key: item for key, item in items.items() if set(item.columns) <= set(frame.columns)}
        for key, one in _evaluate(batch, frame, readable, parameters).items():
            found[key].append(one)
    return found


def evaluate_release(
    context: Any, items: Mapping[Key, Item], measures: Mapping[str, Measure], parameters: Mapping[str, str]
) -> dict[Key, Found]:
    """What each expectation found in the one row of the release table; none where it was not measured."""
    import pandas as pd

    frame = pd.DataFrame({name: [measure.value] for name, measure in measures.items()} | {RECORD: ["dataset"]})
    known = {key: item for key, item in items.items() if all(name in measures for name in item.columns)}
    return _evaluate(_batch_definition(context, "release"), frame, known, parameters)


def _batch_definition(context: Any, table: str) -> Any:
    asset = context.data_sources.add_pandas(table).add_dataframe_asset(table)
    return asset.add_batch_definition_whole_dataframe("shard")


def _evaluate(
    definition: Any, frame: pd.DataFrame, items: Mapping[Key, Item], parameters: Mapping[str, str]
) -> dict[Key, Found]:
    """Great Expectations over one frame. Raises NotEvaluated where it raises, or leaves one out."""
    from great_expectations.core import ExpectationSuite

    if not items:
        return {}
    expectations = []
    for (suite, name), item in items.items():
        item.expectation.meta = {"suite": suite, "id": name}
        expectations.append(item.expectation)
    try:
        batch = definition.get_batch({"dataframe": frame})
        outcome = batch.validate(
            ExpectationSuite(name="shard", expectations=expectations),
            result_format=_RESULTS,
            expectation_parameters=dict(parameters),
        )
    except Exception as error:  # whatever it raises, the dataset was not evaluated
        raise NotEvaluated(f"Great Expectations failed: {first_line(error)}") from error
    found = {}
    for one in outcome.results:
        meta = one.expectation_config.meta
        key = (meta["suite"], meta["id"])
        if reason := _raised(one.exception_info):
            raise NotEvaluated(f"check {key[1]} of suite {key[0]} could not be evaluated: {reason}")
        result = one.result
        failing = [who for part in result["partial_unexpected_index_list"] for who in part[RECORD]]
        found[key] = Found(
            result["element_count"], result.get("missing_count") or 0, result["unexpected_count"], tuple(failing)
        )
    if left_out := items.keys() - found.keys():
        raise NotEvaluated(f"Great Expectations left out {', '.join(sorted(name for _, name in left_out))}")
    return found


def _raised(info: Mapping[str, Any]) -> str:
    """The message of an exception in a result; '' if there is none."""
    for one in (info, *info.values()):
        if isinstance(one, Mapping) and one.get("raised_exception"):
            return str(one.get("exception_message")).splitlines()[0][:200]
    return ""


def _frames(files: Files, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """The rows of all data files as frames of at most SHARD_ROWS rows and about SHARD_BYTES.

    A frame has those of the columns that its file has as declared, and RECORD.
    """
    for path in files.data:
        readable = [name for name in columns if not files.missing([path], [name])]
        at = 0
        try:
            file = pq.ParquetFile(files.folder / path, pre_buffer=False)  # which would hold a whole group
            for group in range(file.num_row_groups):
                meta = file.metadata.row_group(group)
                size = max(1, min(SHARD_ROWS, SHARD_BYTES * max(meta.num_rows, 1) // max(meta.total_byte_size, 1)))
                for batch in file.iter_batches(size, row_groups=[group], columns=readable):
                    yield _frame(pa.Table.from_batches([batch]), path, at)
                    at += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"cannot read {path}: {first_line(error)}") from error


def _frame(table: pa.Table, path: str, at: int) -> pd.DataFrame:
    """Rows as Great Expectations wants them; `at` is the number of the first in its file, from 0."""
    import pandas as pd

    ids = table["doc_id"].to_pylist() if "doc_id" in table.column_names else [None] * len(table)
    records = [
        who if who is not None and re.fullmatch("[0-9a-f]{32}", who) else f"row {row} of {path}"
        for row, who in enumerate(ids, at)
    ]
    columns = {name: _series(table[name]) for name in table.column_names}
    return pd.DataFrame(columns | {RECORD: pd.Series(records, dtype="str")})


def _series(column: pa.ChunkedArray) -> pd.Series:
    import pandas as pd

    if pa.types.is_list(column.type):
        return pd.Series(column.to_pylist(), dtype=object)
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    # Great Expectations compares these two as whole columns, others value by value.
    if pa.types.is_int32(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_float32(column.type):
        column = column.cast(pa.float64())
    return column.to_pandas()
