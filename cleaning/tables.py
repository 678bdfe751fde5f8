"""The Arrow schemas that carry everything: LINES, LABELS, FATES, FLAGS, VALUES, and ARTICLES.

Lines are never edited and labels only appended, so the audit trail *is* the data: a dropped line is a
line whose deciding label the policy drops, and nothing else in the project removes text.
"""

from __future__ import annotations

import tomllib
from importlib import resources

import pyarrow as pa

LINES = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        # 1-based, as an editor counts; a number that is missing was a blank line.
        pa.field("line_no", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)

LABELS = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("line_no", pa.int32(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("rule_id", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
        # True on the one label that took the line out of the body; a line with none is in the body.
        pa.field("decides", pa.bool_(), nullable=False),
    ]
)

FATES = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("fate", pa.string(), nullable=False),
        # Null for a published record; else why it is not published.
        pa.field("rule_id", pa.string()),
        pa.field("evidence", pa.string()),
        # For a duplicate: Jaccard similarity to the row that stands for it, or the share of it found there.
        pa.field("similarity", pa.float32()),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
        # The site of its url, as ARTICLES has it, so that a site can be taken down; null: no url, or taken down.
        pa.field("site", pa.string()),
    ]
)

# Of records that are not published, for `explain`: what ARTICLES would say of them.
UNPUBLISHED = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
    ]
)

FLAGS = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("flag", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)

VALUES = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        # A column of ARTICLES that holds metadata; captions have a row each.
        pa.field("field", pa.string(), nullable=False),
        # 0: the record's own field, or its address.
        pa.field("line_no", pa.int32(), nullable=False),
        pa.field("rule_id", pa.string(), nullable=False),
    ]
)

FATE_NAMES = ("published", "duplicate", "rejected", "quarantined")


_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "list<string>": pa.list_(pa.string()),
    "shares": pa.list_(pa.struct([("language", pa.string()), ("share", pa.float32())])),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    # A few distinct values over the whole dataset.
    "name": pa.dictionary(pa.int32(), pa.string()),
}


def _articles() -> pa.Schema:
    text = resources.files("cleaning").joinpath("columns.toml").read_text("utf-8")
    return pa.schema(
        [
            pa.field(
                name,
                _TYPES[column["type"]],
                nullable=not column.get("never_null", False),
                metadata={"description": column["meaning"]},
            )
            for name, column in tomllib.loads(text).items()
        ]
    )


ARTICLES = _articles()
"""The published columns; each field's metadata has its `description`."""
