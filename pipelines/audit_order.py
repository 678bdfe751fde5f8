"""In what order the tables of an audit stand: they are read some rows at a time, numbered, and sorted if need be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.tables import LABELS, LINES
from pipelines.checks.measures import DatasetError
from pipelines.errors import first_line
from pipelines.parquet_views import connection, open_parquet

Ints = npt.NDArray[np.int64]

# Rows of either table that are read at a time: their texts are some 5 MB, a writer's row group of them 64 at most.
BATCH = 65_536
# Above the number of a line in its key stands that of its document.
LINE_BITS = 32


def sort_tables(
    scratch: Path, lines: Sequence[Path], labels: Sequence[Path], memory: str
) -> tuple[list[Path], list[Path]]:
    """Copies of the tables by document and line, in the folder `scratch`. `memory`: DuckDB's."""
    import duckdb

    with connection(memory) as db:
        for name, paths, schema in (("lines", lines, LINES), ("labels", labels, LABELS)):
            copy = str(scratch / f"{name}.parquet").replace("'", "''")
            try:
                open_parquet(db, name, paths, schema)
                columns = ", ".join(schema.names)
                rows = f"select {columns} from {name} order by coalesce(doc_id, ''), coalesce(line_no, 0)"
                db.execute(f"copy ({rows}) to '{copy}' (format parquet)")
            except duckdb.Error as error:
                raise DatasetError(f"cannot sort the lines of the audit: {first_line(error)}") from error
    return [scratch / "lines.parquet"], [scratch / "labels.parquet"]


def read_batches(paths: Sequence[Path], schema: pa.Schema, words: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Columns of files as declared, those named by `words` as dictionaries; what has no value reads as none at all.

    Raises DatasetError, naming the file, for one that cannot be read.
    """
    for path in paths:
        try:
            # Without reading ahead, which holds the whole file: 340 MB of lines took 340 MB and take 16.
            file = pq.ParquetFile(path, read_dictionary=list(words), pre_buffer=False)
            for batch in file.iter_batches(BATCH, columns=schema.names, use_threads=False):
                if len(batch):
                    yield pa.RecordBatch.from_arrays([_column(batch, one, words) for one in schema], schema.names)
        except (pa.ArrowException, OSError, KeyError, UnicodeError) as error:
            raise DatasetError(f"cannot read {path}: {_why(error)}") from error


def _column(batch: pa.RecordBatch, field: pa.Field, words: Sequence[str]) -> pa.Array:
    column = batch[field.name]
    if field.name not in words:
        column = column.cast(field.type)
        return column.fill_null(_NOTHING[field.type]) if column.null_count else column
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    column = pa.DictionaryArray.from_arrays(column.indices.cast(pa.int64()), column.dictionary.cast(field.type))
    return column.cast(field.type).fill_null("").dictionary_encode() if column.null_count else column


def _why(error: Exception) -> str:
    """What is wrong with a file, in the words of the system where it says anything."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, KeyError):
        return f"{first_line(error)}: another version of tamis wrote it"
    return f"it is damaged, or no table of tamis ({first_line(error)})"


_NOTHING = {pa.string(): "", pa.int32(): 0, pa.bool_(): False}


class Runs:
    """Documents as they follow each other in a table, numbered from 0."""

    def __init__(self) -> None:
        self.count = 0
        self._last: str | None = None

    def number(self, batch: pa.RecordBatch) -> tuple[Ints, pa.Array]:
        """The number of each row's document, and the doc_ids of those that begin in this batch."""
        codes = batch["doc_id"].indices.to_numpy()
        begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
        named = batch["doc_id"].dictionary.take(pa.array(codes[begins]))
        on = int(named[0].as_py() == self._last)
        numbers = self.count - on + np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(codes))))
        self.count += len(begins) - on
        self._last = named[-1].as_py()
        return numbers, named.slice(on)


def find_places(lines: Sequence[Path], labels: Sequence[Path]) -> Ints | None:
    """Of each document with labels its number among those with lines, -1 where it has none.

    None where the two tables are not in one order, or a document's rows do not stand together.
    """
    found = []
    for paths, schema in ((lines, LINES), (labels, LABELS)):
        runs, named, last = Runs(), [], -1
        keys = pa.schema([schema.field("doc_id"), schema.field("line_no")])
        for batch in read_batches(paths, keys, ["doc_id"]):
            numbers, begun = runs.number(batch)
            key = keys_of(numbers, batch["line_no"])
            if key[0] < last or (key[1:] < key[:-1]).any():
                return None
            last = int(key[-1])
            named.append(begun)
        found.append(pa.chunked_array(named, pa.string()).combine_chunks())
    with_lines, with_labels = found
    if pc.count_distinct(with_lines).as_py() < len(with_lines):
        return None
    if pc.count_distinct(with_labels).as_py() < len(with_labels):
        return None
    places = pc.index_in(with_labels, with_lines).fill_null(-1).to_numpy().astype(np.int64)
    known = places[places >= 0]
    return None if (known[1:] < known[:-1]).any() else places


def keys_of(document: Ints, line_no: pa.Array) -> Ints:
    """Numbers in the order of documents and of lines in them; equal for the same line of the same document."""
    keys: Ints = (document << LINE_BITS) + (line_no.to_numpy().astype(np.int64) + 2 ** (LINE_BITS - 1))
    return keys
