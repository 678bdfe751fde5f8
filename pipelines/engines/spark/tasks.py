"""What runs in the tasks of a cluster: stages over batches of records, and the one writer over ordered rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark import SparkFiles

from cleaning.config import Config
from cleaning.corpus import STANDING, settle_rows
from cleaning.tables import ARTICLES
from pipelines.engines.spark.files import Way, written
from pipelines.engines.spark.isolated import running
from pipelines.engines.spark.nested import Layout
from pipelines.outputs import Output, data_file, published_rows
from pipelines.reading import RECORDS
from pipelines.stages import Stage, Tables
from pipelines.store import ROW_GROUP, write_rows

Batches = Iterator[pa.RecordBatch]


def run_stage(
    batches: Batches, stage: Stage, config: Config, side: dict[str, str], layout: Layout, *, isolated: bool
) -> Batches:
    """A stage over id and `records`: id and the tables that it gives. `side`: files that the driver has sent."""
    paths = {name: Path(SparkFiles.get(file)) for name, file in side.items()}
    given = Layout({"records": RECORDS})
    with running(stage, config, paths, isolated=isolated) as run:
        for batch in batches:
            if not len(batch):
                continue
            rows = pa.Table.from_batches([batch])
            records = given.tables(rows, ["records"])["records"]
            tables: Tables = {"records": records} if "records" in layout.schemas else {}
            tables |= run(records)
            found = layout.rows(tables, len(rows)).add_column(0, "id", rows["id"])
            yield from found.combine_chunks().to_batches()


def settle(rows: pa.Table, schema: pa.Schema, config: Config) -> pa.Table:
    """SETTLED and the id of records, from their `fates` and STANDING, which are columns of structs."""
    layout = Layout({"fates": schema, "standing": STANDING})
    tables = layout.tables(rows, ["fates", "standing"])
    return settle_rows(tables["fates"], tables["standing"], config).add_column(0, "id", rows["id"])


def pack(batches: Batches, output: Output, layout: Layout, config: Config) -> Batches:
    """PACKED of documents by `part`, each part in source order: the rows that they have in a file."""
    # Of two parts in one task there may be others between them.
    for rows, _ in _runs(batches, "part"):
        first = rows["at"][0].as_py()
        tables = layout.tables(rows, [*output.reads, "settled"])
        for turn, function in enumerate(output.rows):
            found = function(tables, config).cast(output.schema)
            step = max(1, len(found) * _PACK_BYTES // max(1, found.nbytes))
            for start in range(0, len(found), step):
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, output.schema) as writer:
                    writer.write_table(found.slice(start, step))
                columns = [[turn], [first], [start], [sink.getvalue().to_pybytes()]]
                arrays = [pa.array(one, field.type) for one, field in zip(columns, PACKED, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=PACKED)


PACKED = pa.schema([("turn", pa.int32()), ("at", pa.int64()), ("start", pa.int64()), ("rows", pa.binary())])
"""Rows of a file as Arrow's stream: of which function, of documents from which place on, from which row on."""
_PACK_BYTES = 4 * 2**20


def write(batches: Batches, output: Output, folder: Path, way: Way) -> Batches:
    """The one task that writes a file, of PACKED in order."""

    def tables() -> Iterator[pa.Table]:
        for batch in batches:
            for packed in batch.column("rows"):
                yield pa.ipc.open_stream(packed.as_buffer()).read_all()

    def write_to(path: Path) -> None:
        write_rows(path, tables(), output.schema, output.row_group)

    yield from written(write_to, folder / output.path, way)


def write_articles(batches: Batches, layout: Layout, config: Config, files: int, folder: Path, way: Way) -> Batches:
    """The one task that writes a data file, or one after the other: published records in order, by `file`."""
    for number, runs in groupby(_runs(batches, "file"), key=itemgetter(1)):
        path = folder / data_file(number, files)
        tables = map(partial(_published, layout=layout, config=config), runs)
        yield from written(partial(_write_articles, tables=tables), path, way)


def _published(run: tuple[pa.Table, int], layout: Layout, config: Config) -> pa.Table:
    found = layout.tables(run[0], ["articles", "settled"])
    return published_rows(found["articles"], found["settled"], config)


def _write_articles(path: Path, tables: Iterator[pa.Table]) -> None:
    write_rows(path, tables, ARTICLES, ROW_GROUP)


def _runs(batches: Batches, column: str) -> Iterator[tuple[pa.Table, int]]:
    """Rows that stand together and have one number in a column, and the number."""
    for batch in batches:
        if not len(batch):
            continue
        rows = pa.Table.from_batches([batch])
        numbers = rows[column].to_numpy()
        cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(rows)]
        for start, stop in pairwise(cuts):
            yield rows.slice(start, stop - start), int(numbers[start])
