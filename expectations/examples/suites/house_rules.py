"""An expectation of one's own for `house.json`: titles that are not all in capitals."""

from typing import Any

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)


def capitals(title: str) -> float:
    """Share of capitals among the letters that have case, 0-1; 0 where there are none."""
    cased = [letter for letter in title if letter.lower() != letter.upper()]
    return sum(letter.isupper() for letter in cased) / len(cased) if cased else 0.0


class CapitalsMetric(ColumnMapMetricProvider):
    """Are at most `most` of the letters capitals?"""

    condition_metric_name = "column_values.few_capitals"
    condition_value_keys = ("most",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls: Any, column: pd.Series, most: float, **_: Any) -> pd.Series:
        return pd.Series([capitals(title) <= most for title in column.tolist()], index=column.index, dtype=bool)


class ExpectColumnValuesToHaveFewCapitals(ColumnMapExpectation):
    """At most `most` of a value's letters are capitals."""

    most: float
    map_metric = "column_values.few_capitals"
    success_keys = ("most", "mostly")
