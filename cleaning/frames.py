"""A pandas frame through the stages that a run takes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from cleaning.config import make_config
from cleaning.corpus import settle
from cleaning.documents import clean_records
from cleaning.input_fields import find_fields, make_record
from cleaning.rows import article_rows, complete_rows, fate_rows
from cleaning.shingles import shingle


def clean_rows(df: pd.DataFrame, text: str, settings: Mapping[str, Any]) -> pd.DataFrame:
    """See `cleaning.clean_frame`."""
    if not isinstance(df, pd.DataFrame):
        raise TypeError(f"clean_frame() takes a DataFrame, not {type(df).__name__}")
    if not df.columns.is_unique or df.columns.nlevels > 1:
        raise ValueError("clean_frame() takes a frame whose columns have one name each")
    if text not in df.columns:
        raise KeyError(f"the frame has no column {text!r}: name the one with the articles, text=…")
    config = make_config({"duplicates": "flag", **settings})
    names = find_fields(tuple(name for name in df.columns if isinstance(name, str)), config) | {"text": text}
    values = zip(*(df[name].tolist() for name in names.values()), strict=True)
    records = [
        make_record({field: _no_nan(value) for field, value in zip(names, row, strict=True)}, number, "frame")
        for number, row in enumerate(values)
    ]
    documents = clean_records(records, config)
    articles = article_rows(documents, config)
    rows = fate_rows(documents, articles)
    bodies = articles["text"].filter(pc.equal(rows["fate"], "published"))
    shingles = None if config.duplicates == "off" else shingle(bodies, config.shingle_size)
    settled = settle(rows, shingles, config)
    out = complete_rows(articles, settled).to_pandas()
    fates = settled.select(["fate", "rule_id", "evidence"]).to_pandas()
    out["fate"] = fates["fate"]
    out["fate_reason"] = (fates["rule_id"] + ": " + fates["evidence"]).where(fates["fate"] != "published", None)
    return out.set_index(df.index)


def _no_nan(value: Any) -> Any:
    return None if value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)) else value
