"""The engine of one machine: shards in worker processes, tables in files of a scratch folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.config import Config
from cleaning.corpus import find_standing, settle_rows
from cleaning.shingles import Shingles, concatenate, load
from cleaning.tables import ARTICLES
from cleaning.templates import Counted, merge_counts
from pipelines.against import EarlierDataset, Found, find_earlier
from pipelines.engines.workers import Workers
from pipelines.outputs import ORDER, Output, data_file, published_rows
from pipelines.reading import Piece, Shard, read_shard
from pipelines.sources import Source, cut_shards
from pipelines.stages import Stage, Tables
from pipelines.store import ROW_GROUP, write_rows


@dataclass(frozen=True)
class Part:
    """A shard, and the tables that stages have given of it."""

    shard: Shard
    records: int
    folders: Mapping[str, Path] = field(default_factory=dict)
    """Of each table by its name the folder of its file."""

    def table(self, name: str) -> pa.Table:
        """One of its tables, mapped into memory rather than read."""
        return pa.ipc.open_file(pa.memory_map(str(self.folders[name] / f"{name}.arrow"))).read_all()

    def tables(self, names: Sequence[str]) -> Tables:
        """Some of its tables."""
        return {name: self.table(name) for name in names}


class Local:
    """See `Engine`. `progress` hears of each shard's stage and records."""

    def __init__(
        self,
        config: Config,
        scratch: Path,
        progress: Callable[[str, int], None] = lambda phase, records: None,
    ) -> None:
        self._config, self._scratch, self._progress = config, scratch, progress
        self._workers = Workers(config.workers)

    def __enter__(self) -> Local:
        self._scratch.mkdir(exist_ok=True)
        return self

    def __exit__(self, *args: object) -> None:
        self._workers.close()

    def read(self, stage: Stage, sources: Sequence[Source], limit: int | None) -> list[Part]:
        """See `Engine`."""
        shards = cut_shards(sources, self._config, self._scratch, limit)
        return list(self._map(stage, (Part(shard, 0) for shard in shards), {}, keep=True))

    def run(self, stage: Stage, parts: Sequence[Part], side: Mapping[str, Path]) -> list[Part]:
        """See `Engine`."""
        return list(self._map(stage, parts, side))

    def _map(
        self, stage: Stage, parts: Sequence[Part] | Iterator[Part], side: Mapping[str, Path], keep: bool = False
    ) -> Iterator[Part]:
        function = partial(_run, stage=stage, config=self._config, side=dict(side), scratch=self._scratch, keep=keep)
        for part in self._workers.map(function, parts):
            self._progress(stage.name, part.records)
            yield part

    def site_lines(self, parts: Sequence[Part]) -> Path:
        """See `Engine`."""
        path = self._scratch / "site-lines.npz"
        opened = [partial(_counted, part) for part in parts if "pages" in part.folders]
        merge_counts(opened).save(path)
        return path

    def settle(self, parts: Sequence[Part], earlier: Sequence[EarlierDataset]) -> list[Part]:
        """See `Engine`."""
        rows = pa.concat_tables([part.table("fates") for part in parts])
        shingles, found = None, Found()
        if self._config.duplicates != "off":
            own = [Shingles.from_table(part.table("shingles"), self._config.shingle_size) for part in parts]
            if earlier:
                found = find_earlier(earlier, own, self._config, self._scratch)
            shingles = concatenate([*own, *map(load, found.shingles)])
        standing = find_standing(rows, shingles, self._config, found.earlier)
        settled = []
        start = 0
        for part in parts:
            here = rows.slice(start, part.records), standing.slice(start, part.records)
            folder = part.folders["fates"]
            _save({"settled": settle_rows(*here, self._config)}, folder)
            settled.append(replace(part, folders={**part.folders, "settled": folder}))
            start += part.records
        return settled

    def total(self, parts: Sequence[Part], table: str) -> dict[str, int]:
        """See `Engine`."""
        numbers = pa.concat_tables([part.table(table) for part in parts])
        return {name: pc.sum(numbers[name]).as_py() or 0 for name in numbers.column_names}

    def write(self, output: Output, parts: Sequence[Part], folder: Path) -> None:
        """See `Engine`."""
        names = (*output.reads, "settled")
        tables = (rows(part.tables(names), self._config) for rows in output.rows for part in parts)
        write_rows(folder / output.path, tables, output.schema, output.row_group)

    def write_articles(self, parts: Sequence[Part], folder: Path) -> None:
        """See `Engine`."""
        bounds = np.cumsum([0] + [part.records for part in parts])
        keys = []
        for part, start in zip(parts, bounds, strict=False):
            settled = part.table("settled").select(["doc_id", "fate"])
            columns = [np.arange(start, start + part.records), part.table("fates")["published_at"], settled["doc_id"]]
            named = pa.table(columns, names=["row", "published_at", "doc_id"])
            keys.append(named.filter(pc.equal(settled["fate"], "published")))
        # Nulls sort last, which is Arrow's default.
        order = pa.concat_tables(keys).sort_by(ORDER)["row"].to_numpy()
        most = self._config.rows_per_file
        files = max(1, -(-len(order) // most))
        for number in range(files):
            rows = order[number * most : (number + 1) * most]
            groups = (rows[start : start + ROW_GROUP] for start in range(0, len(rows), ROW_GROUP))
            tables = (self._gather(parts, bounds, group) for group in groups)
            write_rows(folder / data_file(number, files), tables, ARTICLES, ROW_GROUP)

    def _gather(self, parts: Sequence[Part], bounds: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> pa.Table:
        """The published rows of the corpus that are asked for, in the order asked for."""
        ascending = np.sort(rows)
        cuts = np.searchsorted(ascending, bounds)
        pieces = []
        for part, first, start, stop in zip(parts, bounds, cuts, cuts[1:], strict=False):
            if stop > start:
                at = pa.array(ascending[start:stop] - first)
                settled = part.table("settled").take(at)
                pieces.append(published_rows(part.table("articles").take(at), settled, self._config))
        gathered = pa.concat_tables(pieces, promote_options="none")
        return gathered.take(pa.array(np.searchsorted(ascending, rows)))


def _counted(part: Part) -> Counted:
    return Counted.of(part.tables(("pages", "page_lines")))


def _run(part: Part, stage: Stage, config: Config, side: Mapping[str, Path], scratch: Path, keep: bool = False) -> Part:
    """A stage over a shard, its tables left in a folder of scratch. Runs in a worker."""
    shard = part.shard
    if stage.name == "count" and all(piece.kind == "text" for piece in shard.pieces):
        return Part(shard, len(shard.pieces))  # a text file says nothing of a site
    records = read_shard(shard, config, keep=keep)
    tables = stage.function(records, config, side)
    folder = scratch / f"{stage.name}-{shard.number:08d}"
    folder.mkdir()
    _save(tables, folder)
    if "records" in tables:
        for piece in shard.pieces:
            if piece.path.parent == scratch:  # a text file is the user's
                piece.path.unlink()
        shard = Shard(shard.number, (Piece("", folder / "records.arrow", "records"),))
    return Part(shard, len(records), {**part.folders, **dict.fromkeys(tables, folder)})


def _save(tables: Tables, folder: Path) -> None:
    for name, table in tables.items():
        with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
