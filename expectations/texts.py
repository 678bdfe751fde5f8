"""Expectations about bodies of text. A failing row is named by its doc_id; no text enters a result.

Importing this module registers them with Great Expectations, so it is imported before a suite is read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
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

from cleaning.matching import LONGEST
from cleaning.repair import mojibake_left
from cleaning.rules import load_rules


class NfcMetric(ColumnMapMetricProvider):
    """Is the text in Unicode's normalization form C?"""

    condition_metric_name = "column_values.nfc"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls: Any, column: pd.Series, **_: Any) -> pd.Series:
        return _rows([unicodedata.is_normalized("NFC", text) for text in column.tolist()], column)


class ExpectColumnValuesToBeNfc(ColumnMapExpectation):
    """Texts are in Unicode's normalization form C."""

    map_metric = "column_values.nfc"


class BoilerplateLineMetric(ColumnMapMetricProvider):
    """Is no line of the text one that a rule with one of these labels knows as a whole?"""

    condition_metric_name = "column_values.no_boilerplate_line"
    condition_value_keys = ("labels",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls: Any, column: pd.Series, labels: Sequence[str], **_: Any) -> pd.Series:
        lines = [{line for line in text.split("\n") if len(line) <= LONGEST} for text in column.tolist()]
        distinct = sorted(set[str]().union(*lines))
        known = {
            distinct[number]
            for number, matches in load_rules().match_distinct(distinct).items()
            if any(_is_certain(match.rule, labels) for match in matches)
        }
        return _rows([known.isdisjoint(some) for some in lines], column)


def _is_certain(rule: Any, labels: Sequence[str]) -> bool:
    """A rule for whole lines that asks nothing of the lines around: such a line never belongs to a body."""
    return rule.label in labels and rule.match == "line" and not rule.confirm


class ExpectColumnValuesToHaveNoBoilerplateLine(ColumnMapExpectation):
    """No line of a text equals a phrase of the rule packs under one of `labels`."""

    labels: list[str]
    map_metric = "column_values.no_boilerplate_line"
    success_keys = ("labels", "mostly")


class MojibakeMetric(ColumnPairMapMetricProvider):
    """Is the text free of mojibake, or does the row say by a flag that it is not?"""

    condition_metric_name = "column_pair_values.no_unflagged_mojibake"
    condition_value_keys = ("flag",)

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls: Any, column_A: pd.Series, column_B: pd.Series, flag: str, **_: Any) -> pd.Series:
        flagged = [isinstance(flags, list) and flag in flags for flags in column_B.tolist()]
        texts = column_A.fillna("").tolist()
        met = [known or not mojibake_left(text) for text, known in zip(texts, flagged, strict=True)]
        return _rows(met, column_A)


class ExpectColumnPairValuesToHaveNoUnflaggedMojibake(ColumnPairMapExpectation):
    """Texts (`column_A`) hold no mojibake, save where the row's flags (`column_B`) have `flag`."""

    flag: str
    ignore_row_if: Literal["neither"] = "neither"
    map_metric = "column_pair_values.no_unflagged_mojibake"
    success_keys = ("flag", "ignore_row_if", "mostly")


def _rows(met: list[bool], column: pd.Series) -> pd.Series:
    """Booleans as a Series along `column`."""
    return pd.Series(met, index=column.index, dtype=bool)
