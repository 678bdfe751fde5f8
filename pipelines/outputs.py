"""The files of a dataset: which rows of a shard go into which of them, in what order. The same for every engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.config import Config
from cleaning.duplicates.signatures import SIGNATURES, sign, signature_algorithm
from cleaning.rows import complete_rows, corpus_flag_rows, with_doc_ids
from cleaning.shingles import Shingles
from cleaning.tables import ARTICLES, FATES, FLAGS, LABELS, LINES, UNPUBLISHED, VALUES
from pipelines.against import SIGNATURE_FILE
from pipelines.stages import Tables
from pipelines.store import AUDIT_ROW_GROUP, ROW_GROUP

Rows = Callable[[Tables, Config], pa.Table]
"""Of the tables of a shard, `settled` (SETTLED of its records) among them, the rows that go into a file."""


@dataclass(frozen=True)
class Output:
    """A file whose rows stand in source order."""

    path: str
    schema: pa.Schema
    row_group: int
    rows: tuple[Rows, ...]
    """Functions of this module. The rows that the first gives of all shards come first."""
    reads: tuple[str, ...]
    """The tables of a shard that they look at, beside `settled`."""


def _lines(tables: Tables, config: Config) -> pa.Table:
    return with_doc_ids(tables["lines"], tables["settled"]["doc_id"], LINES)


def _labels(tables: Tables, config: Config) -> pa.Table:
    return with_doc_ids(tables["labels"], tables["settled"]["doc_id"], LABELS)


def _flags(tables: Tables, config: Config) -> pa.Table:
    return with_doc_ids(tables["flags"], tables["settled"]["doc_id"], FLAGS)


def _values(tables: Tables, config: Config) -> pa.Table:
    return with_doc_ids(tables["values"], tables["settled"]["doc_id"], VALUES)


def _corpus_flags(tables: Tables, config: Config) -> pa.Table:
    return corpus_flag_rows(tables["settled"])


def _fates(tables: Tables, config: Config) -> pa.Table:
    return tables["settled"].select(FATES.names).cast(FATES)


def _unpublished(tables: Tables, config: Config) -> pa.Table:
    settled, known = tables["settled"], tables["fates"]
    rows = pa.table([settled["doc_id"], known["url"], known["title"]], schema=UNPUBLISHED)
    said = pc.or_(rows["url"].is_valid(), rows["title"].is_valid())
    # Of what was taken down nothing is kept but that it was.
    removed = pc.fill_null(pc.equal(settled["rule_id"], "reject.removed"), False)
    return rows.filter(pc.and_(pc.and_not(pc.not_equal(settled["fate"], "published"), removed), said))


_LINE = pa.schema([pa.field("line", pa.string(), nullable=False)])


def _quarantine(tables: Tables, config: Config) -> pa.Table:
    """Lines of quarantine.jsonl."""
    names = ("doc_id", "source_id", "source_file", "source_row", "rule_id", "evidence")
    fates = tables["settled"].select(names).take(tables["quarantine"]["document"]).to_pylist()
    excerpts = tables["quarantine"]["excerpt"].to_pylist()
    lines = [
        json.dumps(fate | {"excerpt": excerpt}, ensure_ascii=False)
        for fate, excerpt in zip(fates, excerpts, strict=True)
    ]
    return pa.table([pa.array(lines, pa.string())], schema=_LINE)


def _signatures(tables: Tables, config: Config) -> pa.Table:
    """SIGNATURES of the published rows: of those that stood in `shingles` before duplicates were known."""
    before = pc.equal(tables["fates"]["fate"], "published")
    settled = tables["settled"].select(["doc_id", "fate"]).filter(before)
    published = pc.equal(settled["fate"], "published")
    return sign(Shingles.from_table(tables["shingles"], config.shingle_size), settled["doc_id"]).filter(published)


def outputs(config: Config) -> tuple[Output, ...]:
    """The files of audit/, in the order in which they are written."""
    audit = (
        Output("audit/lines.parquet", LINES, AUDIT_ROW_GROUP, (_lines,), ("lines",)),
        Output("audit/labels.parquet", LABELS, AUDIT_ROW_GROUP, (_labels,), ("labels",)),
        Output("audit/flags.parquet", FLAGS, AUDIT_ROW_GROUP, (_flags, _corpus_flags), ("flags",)),
        Output("audit/values.parquet", VALUES, AUDIT_ROW_GROUP, (_values,), ("values",)),
        Output("audit/fates.parquet", FATES, AUDIT_ROW_GROUP, (_fates,), ()),
        Output("audit/unpublished.parquet", UNPUBLISHED, AUDIT_ROW_GROUP, (_unpublished,), ("fates",)),
        Output("audit/quarantine.jsonl", _LINE, AUDIT_ROW_GROUP, (_quarantine,), ("quarantine",)),
    )
    if config.duplicates == "off":
        return audit
    schema = SIGNATURES.with_metadata({"algorithm": signature_algorithm(config.shingle_size)})
    return (*audit, Output(SIGNATURE_FILE, schema, ROW_GROUP, (_signatures,), ("fates", "shingles")))


ORDER = [("published_at", "ascending"), ("doc_id", "ascending")]
"""Of the published rows; those without a date last. doc_id is compared by its bytes."""


def published_rows(articles: pa.Table, settled: pa.Table, config: Config) -> pa.Table:
    """ARTICLES of those records that are published, complete; `settled` has the row of SETTLED for each article."""
    published = np.asarray(pc.equal(settled["fate"], "published"))
    if not published.all():
        articles, settled = articles.filter(pa.array(published)), settled.filter(pa.array(published))
    rows = complete_rows(articles, settled)
    at = ARTICLES.get_field_index("config_sha256")
    # Filled here: a setting that a stage does not look at must not make it run again.
    sha256 = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), [config.sha256()])
    return rows.set_column(at, ARTICLES.field(at), sha256)


def data_file(number: int, files: int) -> str:
    """Path of the data file of that number, from 0, of so many."""
    return f"data/train-{number:05d}-of-{files:05d}.parquet"
