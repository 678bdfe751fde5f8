"""The engine of a cluster: shards as batches of Spark's tasks, tables as DataFrames, corpus-wide steps as shuffles."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from cleaning.config import Config
from cleaning.corpus import SETTLED, STANDING
from cleaning.tables import ARTICLES
from pipelines.against import EarlierDataset
from pipelines.engines.spark import tasks
from pipelines.engines.spark.failures import told
from pipelines.engines.spark.frames import Scratch, from_arrow, map_tables
from pipelines.engines.spark.isolated import tries
from pipelines.engines.spark.nested import Layout
from pipelines.engines.spark.reading import read_records
from pipelines.engines.spark.session import SparkSession, of_run, open_session
from pipelines.engines.spark.sites import find_site_lines
from pipelines.engines.spark.standing import find_standing
from pipelines.outputs import Output, data_file
from pipelines.sources import Source
from pipelines.stages import CANARY, Stage
from pipelines.store import ROW_GROUP, write_rows


@dataclass(frozen=True)
class Frames:
    """The tables of a corpus: a row for each document, a column for each table."""

    tables: DataFrame
    layout: Layout
    settled: DataFrame = None
    """id, and `settled` as a column; None: not known yet."""

    def joined(self, names: Sequence[str]) -> tuple[DataFrame, Layout]:
        """Some of the tables and `settled`."""
        layout = Layout({**self.layout.schemas, "settled": SETTLED})
        return self.tables.select("id", *names).join(self.settled, "id"), layout


class Spark:
    """See `Engine`. `session`: the caller's; its settings are left as they are. `scratch`: a folder of this run's
    that all machines see, as they see the folder that is written to. `tables`: a folder of any file system that the
    cluster knows (hdfs://, s3a://), for tables between steps; else they are in `scratch`. `progress` hears of each
    stage and its records when it is done.
    """

    def __init__(
        self,
        config: Config,
        scratch: Path,
        progress: Callable[[str, int], None] = lambda phase, records: None,
        *,
        session: SparkSession,
        tables: str | None = None,
    ) -> None:
        self._config, self._scratch, self._progress = config, scratch.resolve(), progress
        self._session = of_run(session, config.shard_records)
        self._tables = f"{tables.rstrip('/')}/tamis-{uuid4().hex}" if tables else (self._scratch / "tables").as_uri()

    def __enter__(self) -> Spark:
        # What a run left that was killed: on a cluster a run starts over.
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        self._saved = Scratch(self._session, self._tables)
        return self

    def __exit__(self, *args: object) -> None:
        self._saved.remove()

    def read(self, stage: Stage, sources: Sequence[Source], limit: int | None) -> Frames:
        """See `Engine`."""
        with told():
            records = read_records(self._session, sources, self._config, limit)
            # Which number a record has is chance; once it is written it stays the same.
            numbered = records.select(F.monotonically_increasing_id().alias("id"), F.struct("*").alias("records"))
            return self._run(stage, numbered, {})

    def run(self, stage: Stage, parts: Frames, side: Mapping[str, Path]) -> Frames:
        """See `Engine`."""
        with told():
            return self._run(stage, parts.tables.select("id", "records"), side)

    def _run(self, stage: Stage, records: DataFrame, side: Mapping[str, Path]) -> Frames:
        layout = _layout(stage, self._config, side)
        files = {}
        for name, path in side.items():
            self._session.sparkContext.addFile(str(path))
            files[name] = path.name
        isolated = tries(self._session.sparkContext) == 1
        function = partial(
            tasks.run_stage, stage=stage, config=self._config, side=files, layout=layout, isolated=isolated
        )
        schema = layout.schema.insert(0, pa.field("id", pa.int64()))
        found = self._saved.save(records.mapInArrow(function, from_arrow_schema(schema)), stage.name)
        self._progress(stage.name, found.count())
        return Frames(found, layout)

    def site_lines(self, parts: Frames) -> Path:
        """See `Engine`."""
        # A name that no other run on this cluster has sent.
        path = self._scratch / f"site-lines-{uuid4().hex}.npz"
        with told():
            find_site_lines(parts.tables, self._saved).save(path)
        return path

    def settle(self, parts: Frames, earlier: Sequence[EarlierDataset]) -> Frames:
        """See `Engine`. All machines see the earlier datasets under one path."""
        with told():
            standing = find_standing(parts.tables, earlier, self._config, self._saved)
            standing = standing.select("id", F.struct(*STANDING.names).alias("standing"))
            rows = parts.tables.select("id", "fates").join(standing, "id")
            schema = SETTLED.insert(0, pa.field("id", pa.int64()))
            function = partial(tasks.settle, schema=parts.layout.schemas["fates"], config=self._config)
            settled = self._saved.save(map_tables(rows, function, schema), "settled")
        return replace(parts, settled=settled.select("id", F.struct(*SETTLED.names).alias("settled")))

    def total(self, parts: Frames, table: str) -> dict[str, int]:
        """See `Engine`."""
        names = parts.layout.schemas[table].names
        with told():
            sums = parts.tables.agg(*(F.sum(f"{table}.{name}") for name in names)).first()
        return {name: total or 0 for name, total in zip(names, sums, strict=True)}

    def write(self, output: Output, parts: Frames, folder: Path) -> None:
        """See `Engine`."""
        rows, layout = parts.joined(output.reads)
        turns = F.explode(F.array(*map(F.lit, range(len(output.rows))))).alias("turn")
        order = ["turn", "settled.source_file", "settled.source_row"]
        rows = rows.select("*", turns).repartition(1).sortWithinPartitions(*order)
        folder = folder.resolve()
        function = partial(tasks.write, output=output, layout=layout, config=self._config, folder=folder)
        self._write(rows, partial(function, scratch=self._scratch), folder / output.path, output.schema)

    def write_articles(self, parts: Frames, folder: Path) -> None:
        """See `Engine`."""
        with told():
            places, count = self._places(parts)
            files = max(1, -(-count // self._config.rows_per_file))
            file = F.floor(F.col("place") / self._config.rows_per_file).cast("int")
            rows, layout = parts.joined(["articles"])
            rows = rows.join(places.select("id", "place", file.alias("file")), "id")
            rows = rows.repartitionById(files, "file").sortWithinPartitions("place")
        folder = folder.resolve()
        function = partial(tasks.write_articles, layout=layout, config=self._config, files=files, folder=folder)
        self._write(rows, partial(function, scratch=self._scratch), folder / data_file(0, files), ARTICLES)

    def _write(self, rows: DataFrame, function: Callable[..., object], path: Path, schema: pa.Schema) -> None:
        with told():
            rows.mapInArrow(function, "path string").collect()
        if not path.exists():  # a task without a row is none
            write_rows(path, [], schema, ROW_GROUP)

    def _places(self, parts: Frames) -> tuple[DataFrame, int]:
        """id and place of the published records in the order of the corpus, and how many there are.

        The driver gets a number for each partition.
        """
        dates = parts.tables.select("id", "fates.published_at")
        published = parts.settled.filter("settled.fate = 'published'").select("id", "settled.doc_id")
        ordered = published.join(dates, "id").orderBy(F.asc_nulls_last("published_at"), "doc_id")
        ordered = self._saved.save(ordered.select("id", F.monotonically_increasing_id().alias("at")), "order")
        part = F.shiftright("at", _PLACE_BITS).alias("part")
        counts = sorted(ordered.groupBy(part).count().collect())
        starts, total = [], 0
        for number, count in counts:
            starts.append({"part": number, "start": total})
            total += count
        schema = pa.schema([("part", pa.int64()), ("start", pa.int64())])
        before = from_arrow(self._session, pa.Table.from_pylist(starts, schema))
        place = F.col("start") + F.col("at").bitwiseAND((1 << _PLACE_BITS) - 1)
        return ordered.select("id", "at", part).join(F.broadcast(before), "part").select(
            "id", place.alias("place")
        ), total


# Of a number of monotonically_increasing_id: below stands the row in its partition, above the partition.
_PLACE_BITS = 33

# Of a site, so that there is something to count.
_CANARY = replace(CANARY, given={"url": "http://example.com/"})


def _layout(stage: Stage, config: Config, side: Mapping[str, Path]) -> Layout:
    """What tables a stage gives, seen from one that it gives."""
    tables = stage.function([_CANARY], config, side)
    return Layout({name: table.schema for name, table in tables.items()})


@contextmanager
def on(master: str | None, tables: str | None = None) -> Iterator[Callable[..., Spark]]:
    """What makes an engine of a session of our own; the session ends with the block."""
    with open_session(master) as session:
        yield partial(Spark, session=session, tables=tables)
