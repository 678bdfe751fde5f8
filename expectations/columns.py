"""Expectations about columns that restate the text, and about lists and language tags.

Importing this module registers them with Great Expectations, so it is imported before a suite is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pandas as pd
import re2
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_condition_partial import (
    column_pair_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_metric_provider import (
    ColumnPairMapMetricProvider,
)

from cleaning.languagetags import valid_tag
from cleaning.signals import word_counts


class Sha256Metric(ColumnPairMapMetricProvider):
    """Is the second column the SHA-256 of the first, in UTF-8, as hex digits?"""

    condition_metric_name = "column_pair_values.sha256"

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls: Any, column_A: pd.Series, column_B: pd.Series, **_: Any) -> pd.Series:
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in column_A.fillna("").tolist()]
        return column_B == pd.Series(digests, index=column_B.index, dtype="str")


class ExpectColumnPairValuesToBeTextAndSha256(ColumnPairMapExpectation):
    """`column_B` is the SHA-256 of `column_A` in UTF-8, 64 hex digits."""

    ignore_row_if: Literal["neither"] = "neither"
    map_metric = "column_pair_values.sha256"
    success_keys = ("ignore_row_if", "mostly")


def _characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def _lines(texts: Sequence[str]) -> list[int]:
    return [text.count("\n") + 1 if text else 0 for text in texts]


_COUNTS: dict[str, Callable[[Sequence[str]], Sequence[int]]] = {
    "characters": _characters,
    "words": lambda texts: [int(count) for count in word_counts(texts)],
    "lines": _lines,
}


class TextCountMetric(ColumnPairMapMetricProvider):
    """Is the second column the number of characters, words or lines of the first?"""

    condition_metric_name = "column_pair_values.text_count"
    condition_value_keys = ("unit",)

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls: Any, column_A: pd.Series, column_B: pd.Series, unit: str, **_: Any) -> pd.Series:
        return column_B == pd.Series(_COUNTS[unit](column_A.fillna("").tolist()), index=column_B.index)


class ExpectColumnPairValuesToBeTextAndCount(ColumnPairMapExpectation):
    """`column_B` is how many characters, words or lines (`unit`) `column_A` has."""

    unit: Literal["characters", "words", "lines"]
    ignore_row_if: Literal["neither"] = "neither"
    map_metric = "column_pair_values.text_count"
    success_keys = ("unit", "ignore_row_if", "mostly")


class LanguageTagMetric(ColumnMapMetricProvider):
    """Is the value a valid BCP 47 tag?"""

    condition_metric_name = "column_values.language_tag"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls: Any, column: pd.Series, **_: Any) -> pd.Series:
        return column.isin([tag for tag in column.unique().tolist() if valid_tag(tag)])


class ExpectColumnValuesToBeLanguageTags(ColumnMapExpectation):
    """Values are valid BCP 47 language tags."""

    map_metric = "column_values.language_tag"


class ListItemsMetric(ColumnMapMetricProvider):
    """Does the pattern match in none of the list's items?"""

    condition_metric_name = "column_values.no_item_matches_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls: Any, column: pd.Series, regex: str, **_: Any) -> pd.Series:
        pattern = re2.compile(regex)
        met = [not any(pattern.search(item) for item in items if item) for items in column.tolist()]
        return pd.Series(met, index=column.index, dtype=bool)


class ExpectColumnListItemsToNotMatchRegex(ColumnMapExpectation):
    """No item of a row's list has a match of the RE2 pattern `regex`."""

    regex: str
    map_metric = "column_values.no_item_matches_regex"
    success_keys = ("regex", "mostly")
