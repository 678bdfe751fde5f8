"""The engine of a cluster: shards as batches of Spark's tasks, tables as DataFrames, corpus-wide steps as shuffles."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from cleaning.config import Config
from cleaning.corpus import SETTLED, STANDING
from cleaning.tables import ARTICLES
from pipelines.against import EarlierDataset
from pipelines.engines.spark import tasks
from pipelines.engines.spark.failures import told
from pipelines.engines.spark.files import PIECES, Way, fetch
from pipelines.engines.spark.frames import from_arrow, map_tables
from pipelines.engines.spark.isolated import tries
from pipelines.engines.spark.nested import Layout
from pipelines.engines.spark.reading import read_records
from pipelines.engines.spark.saved import Scratch, find_folder, run_key
from pipelines.engines.spark.session import SparkSession, of_run, open_session
from pipelines.engines.spark.sites import find_site_lines
from pipelines.engines.spark.standing import find_standing
from pipelines.file_rows import Source
from pipelines.journal import Journal
from pipelines.outputs import Output, data_file
from pipelines.stages import CANARY, Stage
from pipelines.staging import DONE
from pipelines.store import ROW_GROUP, write_rows


@dataclass(frozen=True)
class Frames:
    """The tables of a corpus: a row for each document, a column for each table."""

    tables: DataFrame
    layout: Layout
    settled: DataFrame = None
    """id, `at`, its place in source order, and `settled` as a column; None: not known yet."""

    def joined(self, names: Sequence[str]) -> tuple[DataFrame, Layout]:
        """Some of the tables and `settled`."""
        layout = Layout({**self.layout.schemas, "settled": SETTLED})
        return self.tables.select("id", *names).join(self.settled, "id"), layout


class Spark:
    """See `Engine`. `session`: the caller's; its settings are left as they are. `scratch`: a folder of this run's, that
    what an interrupted one has left is looked for in. `tables`: a folder of any file system that the cluster knows
    (hdfs://, s3a://), for tables between steps; else they are in `scratch`, which all machines then have to see, as
    they see the folder that is written to. `progress` hears of each stage and its records when it is done.
    """

    def __init__(
        self,
        config: Config,
        scratch: Path,
        progress: Journal | None = None,
        *,
        session: SparkSession,
        tables: str | None = None,
    ) -> None:
        self._config, self._scratch, self._journal = config, scratch.resolve(), progress or Journal()
        self._session = of_run(session, config.shard_records)
        self._tables = tables
        self._way = Way(self._scratch / f"token-{uuid4().hex}", sends=tables is not None)

    def __enter__(self) -> Spark:
        self._scratch.mkdir(exist_ok=True)
        for left in chain.from_iterable(map(self._scratch.glob, ("token-*", "site-lines-*.npz", "attempt-*"))):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self._way.token.touch()
        within = self._tables.rstrip("/") if self._tables else self._scratch.as_uri()
        self._saved = Scratch(self._session, find_folder(within, self._scratch), self._scratch)
        return self

    def __exit__(self, kind: type[BaseException] | None, *args: object) -> None:
        self._way.token.unlink(missing_ok=True)
        # In scratch they are whoever's that scratch is: a run that is stopped while it validates goes on from them.
        if self._tables and (kind is None or not any(self._scratch.glob(f"*/{DONE}"))):
            with suppress(Py4JError) if kind else nullcontext():  # the JVM may be what has died
                self._saved.clear()

    def read(self, stage: Stage, sources: Sequence[Source], limit: int | None) -> Frames:
        """See `Engine`."""
        with told():
            self._saved.depends(run_key(sources, self._config, limit))
            if left := self._saved.noted():
                self._journal.happened("resumes", finished=left)
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
        before = self._saved.found
        found = self._saved.save(records.mapInArrow(function, from_arrow_schema(schema)), stage.name)
        self._journal(stage.name, found.count(), found=self._saved.found > before)
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
            self._saved.depends([dataset.as_json() for dataset in earlier])
            standing = find_standing(parts.tables, earlier, self._config, self._saved)
            standing = standing.select("id", F.struct(*STANDING.names).alias("standing"))
            rows = parts.tables.select("id", "fates").join(standing, "id")
            schema = SETTLED.insert(0, pa.field("id", pa.int64()))
            function = partial(tasks.settle, schema=parts.layout.schemas["fates"], config=self._config)
            settled = self._saved.save(map_tables(rows, function, schema), "settled")
            in_order = settled.orderBy("source_file", "source_row").withColumn("at", F.monotonically_increasing_id())
            settled = self._saved.save(in_order, "in-order")
        return replace(parts, settled=settled.select("id", "at", F.struct(*SETTLED.names).alias("settled")))

    def total(self, parts: Frames, table: str) -> dict[str, int]:
        """See `Engine`."""
        names = parts.layout.schemas[table].names
        with told():
            sums = parts.tables.agg(*(F.sum(f"{table}.{name}") for name in names)).first()
        return {name: total or 0 for name, total in zip(names, sums, strict=True)}

    def write(self, outputs: Sequence[Output], parts: Frames, folder: Path) -> Iterator[Output]:
        """See `Engine`. All at once: a file is written by one task, and there are few of them."""
        write = partial(self._write_output, parts=parts, folder=folder.resolve())
        with ThreadPoolExecutor(len(outputs)) as threads:
            yield from threads.map(write, outputs)

    def _write_output(self, output: Output, parts: Frames, folder: Path) -> Output:
        rows, layout = parts.joined(output.reads)
        rows = rows.withColumn("part", F.shiftright("at", _PLACE_BITS)).repartition("part").sortWithinPartitions("at")
        pack = partial(tasks.pack, output=output, layout=layout, config=self._config)
        packed = rows.mapInArrow(pack, from_arrow_schema(tasks.PACKED))
        packed = packed.repartition(1).sortWithinPartitions("turn", "at", "start")
        function = partial(tasks.write, output=output, folder=folder, way=self._way)
        self._write(packed, function, folder / output.path, output.schema)
        return output

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
        self._write(rows, partial(function, way=self._way), folder / data_file(0, files), ARTICLES)

    def _write(self, rows: DataFrame, function: Callable[..., object], path: Path, schema: pa.Schema) -> None:
        with told():
            pieces = rows.mapInArrow(function, from_arrow_schema(PIECES))
            if self._way.sends:
                fetch(pieces, self._saved)
            else:
                pieces.collect()
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
