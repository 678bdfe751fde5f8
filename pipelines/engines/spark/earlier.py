"""What earlier datasets already have, found by shuffles: what `against.find_earlier` does on one machine.

Tasks read the datasets' files, a row group each, where they lie. The driver reads their footers and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from cleaning.config import Config
from cleaning.dedupe import TINY
from cleaning.duplicates.candidates import LEAST
from cleaning.duplicates.signatures import sign
from cleaning.shingles import shingle
from pipelines.against import SIGNATURE_FILE, TEXTS_AT_A_TIME, EarlierDataset
from pipelines.engines.spark.nested import cast
from pipelines.engines.spark.saved import Scratch
from pipelines.errors import ReadError, first_line

_GROUPS = "dataset int, piece int, path string, number int, first long, signed boolean"
_SIGNATURES = pa.schema(
    [
        ("dataset", pa.int32()),
        ("row", pa.int64()),
        ("doc_id", pa.string()),
        ("print_a", pa.int64()),
        ("print_b", pa.int64()),
        ("sample", pa.list_(pa.int64())),
    ]
)
_NAMES = pa.schema([("dataset", pa.int32()), ("piece", pa.int32()), ("doc_id", pa.string())])
_TEXTS = pa.schema(
    [
        ("id", pa.int64()),
        ("doc_id", pa.string()),
        ("char_count", pa.int64()),
        # As `Shingles.table` has them.
        ("fingerprint", pa.list_(pa.int64())),
        ("template", pa.int64()),
        ("words", pa.int32()),
        ("values", pa.list_(pa.int64())),
    ]
)
# Rows that a dataset has at most; ids of its texts are below those of the one before.
_MOST_ROWS = 1 << 40


@dataclass(frozen=True)
class Known:
    """What earlier datasets have that a corpus may say again."""

    exact: DataFrame
    """Of records with the very words of an earlier text: id, and `known`, the doc_id of that text."""
    texts: DataFrame
    """Texts that have to be compared: id, which is negative and descends in their order, doc_id, char_count, and what
    `shingles` has of a record."""


def find_earlier(signed: DataFrame, datasets: Sequence[EarlierDataset], config: Config, scratch: Scratch) -> Known:
    """What of `datasets` has to be compared with a corpus' bodies; `signed`: id, print_a, print_b, words and sample.

    The rules are those of `against.find_earlier`. Raises ReadError where a dataset cannot be read.
    """
    groups: list[tuple[object, ...]] = []
    of_texts: list[tuple[object, ...]] = []
    for number, dataset in enumerate(datasets):
        with _reading(str(dataset.folder)):
            data = signatures = dataset.row_groups(dataset.data_files())
            if has := dataset.has_signatures(config):
                signatures = dataset.row_groups([dataset.folder / SIGNATURE_FILE])
        groups += [(number, 0, str(path), at, first, has) for path, at, first in signatures]
        of_texts += [
            (number, len(of_texts) + n, str(path), at, first, False) for n, (path, at, first) in enumerate(data)
        ]
    found = _mapped(scratch, groups, partial(_signatures, size=config.shingle_size), _SIGNATURES)
    found = scratch.save(found, "earlier-signatures")
    own = signed.filter(F.col("words") >= TINY).select("id", "print_a", "print_b")
    copies = own.join(found.select("print_a", "print_b", F.struct("dataset", "row", "doc_id").alias("text")), _PRINT)
    exact = copies.groupBy("id").agg(F.min("text").alias("text")).select("id", F.col("text.doc_id").alias("known"))
    rest = found.join(own.select(*_PRINT).distinct(), _PRINT, "anti")
    alike = _candidates(rest, signed)
    names = _mapped(scratch, of_texts, _names, _NAMES).join(alike, ["dataset", "doc_id"], "semi")
    only = names.groupBy("piece").agg(F.collect_list("doc_id").alias("only"))
    where = scratch.session.createDataFrame(of_texts, _GROUPS).join(only, "piece")
    texts = where.mapInArrow(partial(_texts, size=config.shingle_size), from_arrow_schema(_TEXTS))
    return Known(scratch.save(exact, "earlier-copies"), scratch.save(texts, "earlier-texts"))


_PRINT = ["print_a", "print_b"]


def _candidates(rest: DataFrame, signed: DataFrame) -> DataFrame:
    """dataset and doc_id of texts that may be alike one of the corpus; see `signatures.candidates`."""
    short = (F.size("sample") <= LEAST).alias("short")
    looked_up = (
        signed.select(F.explode("sample").alias("hash"), short).groupBy("hash").agg(F.max("short").alias("short"))
    )
    few = (F.size("sample") <= LEAST).alias("few")
    hashes = rest.select("dataset", "doc_id", few, F.explode("sample").alias("hash")).join(looked_up, "hash")
    shared = hashes.groupBy("dataset", "doc_id").agg(
        F.count("*").alias("shared"), F.max("short").alias("short"), F.max("few").alias("few")
    )
    return shared.filter("shared >= 2 or short or few").select("dataset", "doc_id")


def _mapped(
    scratch: Scratch, groups: list[tuple[object, ...]], function: Callable[..., object], schema: pa.Schema
) -> DataFrame:
    """A function in tasks over row groups, some to each task."""
    frame = scratch.session.createDataFrame(groups, _GROUPS)
    tasks = max(1, min(len(groups), 4 * scratch.session.sparkContext.defaultParallelism))
    return frame.repartition(tasks).mapInArrow(function, from_arrow_schema(schema))


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise ReadError(f"cannot read {name}: {first_line(error)}") from error


def _rows(batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, object]]:
    for batch in batches:
        yield from batch.to_pylist()


def _signatures(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """_SIGNATURES of row groups: those that stand there, or made of their texts."""
    for group in _rows(batches):
        at = int(str(group["first"]))
        for table in _read(group, size):
            prints = table["fingerprint"].combine_chunks().cast(pa.binary(16))
            halves = np.frombuffer(prints.buffers()[1], "<i8").reshape(-1, 2)[prints.offset :][: len(prints)]
            columns = {
                "dataset": pa.array(np.full(len(table), group["dataset"], np.int32)),
                "row": pa.array(np.arange(at, at + len(table))),
                "doc_id": table["doc_id"],
                "print_a": pa.array(np.ascontiguousarray(halves[:, 0])),
                "print_b": pa.array(np.ascontiguousarray(halves[:, 1])),
                "sample": table["sample"],
            }
            at += len(table)
            yield from cast(pa.table(columns), _SIGNATURES).combine_chunks().to_batches()


def _read(group: dict[str, object], size: int) -> Iterator[pa.Table]:
    names = None if group["signed"] else ["doc_id", "text"]
    for rows in _tables(group, names):
        yield rows if group["signed"] else sign(shingle(rows["text"], size), rows["doc_id"])


def _tables(group: dict[str, object], columns: list[str] | None) -> Iterator[pa.Table]:
    with _reading(str(group["path"])):
        batches = pq.ParquetFile(group["path"]).iter_batches(
            TEXTS_AT_A_TIME, row_groups=[group["number"]], columns=columns
        )
        for batch in batches:
            yield pa.Table.from_batches([batch])


def _names(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for group in _rows(batches):
        for rows in _tables(group, ["doc_id"]):
            numbers = [pa.array(np.full(len(rows), group[name], np.int32)) for name in ("dataset", "piece")]
            yield from pa.table([*numbers, rows["doc_id"]], schema=_NAMES).combine_chunks().to_batches()


def _texts(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """_TEXTS of those rows of row groups that are named in `only`."""
    for group in _rows(batches):
        only = pa.array(group["only"], pa.string())
        at = int(str(group["dataset"])) * _MOST_ROWS + int(str(group["first"]))
        for rows in _tables(group, ["doc_id", "text"]):
            chosen = pc.is_in(rows["doc_id"], only)
            numbered = rows.add_column(0, "id", pa.array(-1 - np.arange(at, at + len(rows)))).filter(chosen)
            at += len(rows)
            if len(numbered):
                about = {"id": numbered["id"], "doc_id": numbered["doc_id"]}
                about["char_count"] = pc.utf8_length(numbered["text"])
                shingles = shingle(numbered["text"], size).table()
                columns = about | {name: shingles[name] for name in shingles.column_names}
                yield from cast(pa.table(columns), _TEXTS).combine_chunks().to_batches()
