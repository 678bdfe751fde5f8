"""The engine of one machine: shards in worker processes, tables in files of a scratch folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, tee
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.config import Config
from cleaning.corpus import find_standing, settle_rows
from cleaning.shingles import Shingles, join, load
from cleaning.tables import ARTICLES
from cleaning.templates import Counted, merge_counts
from pipelines.against import EarlierDataset, Found, find_earlier
from pipelines.engines.memory import give_back
from pipelines.engines.shards import Part, Task, rescue, run_task
from pipelines.engines.workers import Workers
from pipelines.file_rows import Source
from pipelines.journal import Journal
from pipelines.outputs import ORDER, Output, data_file, published_rows
from pipelines.reading import Piece, Shard
from pipelines.scratch import Finished, digests, find, keep, made_by, name_of, sweep
from pipelines.sources import cut_shards
from pipelines.stages import COUNT, Stage
from pipelines.store import ROW_GROUP, write_rows


class Local:
    """See `Engine`. `progress` hears of each shard's stage, records and bytes, and of what goes wrong."""

    def __init__(
        self,
        config: Config,
        scratch: Path,
        progress: Journal | None = None,
        *,
        isolated: bool = False,
    ) -> None:
        self._config, self._scratch, self._journal = config, scratch, progress or Journal()
        self._workers = Workers(config.workers, isolated=isolated, journal=self._journal)

    def __enter__(self) -> Local:
        if left := sweep(self._scratch):
            self._journal.happened("resumes", finished=left)
        return self

    def __exit__(self, *args: object) -> None:
        self._workers.close()

    def read(self, stage: Stage, sources: Sequence[Source], limit: int | None) -> list[Part]:
        """See `Engine`."""
        shards = cut_shards(sources, self._config, self._scratch, limit)
        return list(self._map(stage, (Part(shard, shard.digest()) for shard in shards), {}))

    def run(self, stage: Stage, parts: Sequence[Part], side: Mapping[str, Path]) -> list[Part]:
        """See `Engine`."""
        ran = []
        for part in self._map(stage, parts, side):
            self._drop_spool(part.shard)
            ran.append(part)
        return ran

    def _map(self, stage: Stage, parts: Iterable[Part], side: Mapping[str, Path]) -> Iterator[Part]:
        name = partial(name_of, stage, self._config, digests(side))
        tasks, given = tee(Task(stage, part, self._config, side, self._scratch / name(part.content)) for part in parts)
        found: set[Path] = set()
        ready = partial(_ready, found=found)
        done = self._workers.map(run_task, tasks, ready=ready, rescue=partial(rescue, workers=self._workers))
        for task, (records, names) in zip(given, done, strict=True):
            again = task.folder not in found
            part = self._after(task.part, task.folder, records, names)
            yield part
            if again and "fates" in names:
                self._tell_quarantined(part)
            self._journal(stage.name, records, task.part.shard.size, found=not again)

    def _tell_quarantined(self, part: Part) -> None:
        """Which records are quarantined: where each stands and by which rule, and nothing of what it says."""
        fates = part.table("fates").select(["fate", "rule_id", "source_file", "source_row"])
        for row in fates.filter(pc.equal(fates["fate"], "quarantined")).to_pylist():
            about = {"source_file": row["source_file"], "source_row": row["source_row"]}
            self._journal.happened("record-quarantined", row["rule_id"], **about)

    def _after(self, part: Part, folder: Path, records: int, names: Sequence[str]) -> Part:
        part = replace(part, records=records, folders={**part.folders, **dict.fromkeys(names, folder)})
        if "records" in names:
            self._drop_spool(part.shard)
            shard = Shard(part.shard.number, (Piece("", folder / "records.arrow", "records", size=part.shard.size),))
            part = replace(part, shard=shard, content=folder.name)
        return part

    def _drop_spool(self, shard: Shard) -> None:
        for piece in shard.pieces:
            if piece.path.parent == self._scratch:  # else it is the user's, or a table that is kept
                piece.path.unlink(missing_ok=True)

    def site_lines(self, parts: Sequence[Part]) -> Path:
        """See `Engine`."""
        path = self._scratch / "site-lines.npz"
        self._workers.rest()  # their memory is needed, and they are not
        opened = [partial(_counted, part) for part in parts if "pages" in part.folders]
        merge_counts(opened).save(path)
        give_back()
        return path

    def settle(self, parts: Sequence[Part], earlier: Sequence[EarlierDataset]) -> list[Part]:
        """See `Engine`."""
        of = [part.folders["fates"].name for part in parts]
        depends = [made_by(), self._config.deciding(), of, [dataset.as_json() for dataset in earlier]]
        digest = hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()[:32]
        folders = [self._scratch / f"settled-{digest}-{number:08d}" for number in range(len(parts))]
        self._workers.close()  # their memory is needed, and they are not
        found = all(map(find, folders))
        if not found:
            self._settle(parts, earlier, folders)
        self._journal("settle", sum(part.records for part in parts), found=found)
        return [
            replace(part, folders={**part.folders, "settled": folder})
            for part, folder in zip(parts, folders, strict=True)
        ]

    def _settle(self, parts: Sequence[Part], earlier: Sequence[EarlierDataset], folders: Sequence[Path]) -> None:
        rows = _named(parts)
        shingles, found = None, Found()
        if self._config.duplicates != "off":
            own = [partial(_shingled, part, self._config.shingle_size) for part in parts]
            if earlier:
                found = find_earlier(earlier, own, self._config, self._scratch)
            each = chain((part() for part in own), map(load, found.shingles))
            shingles = join(each, self._scratch / "shingles.u8")
        standing = find_standing(rows, shingles, self._config, found.earlier)
        del rows, shingles, found
        give_back()
        start = 0
        for part, folder in zip(parts, folders, strict=True):
            here = standing.slice(start, part.records)
            keep(folder, {"settled": settle_rows(part.table("fates"), here, self._config)}, part.records)
            start += part.records

    def total(self, parts: Sequence[Part], table: str) -> dict[str, int]:
        """See `Engine`."""
        numbers = pa.concat_tables([part.table(table) for part in parts])
        return {name: pc.sum(numbers[name]).as_py() or 0 for name in numbers.column_names}

    def write(self, outputs: Sequence[Output], parts: Sequence[Part], folder: Path) -> Iterator[Output]:
        """See `Engine`."""
        for output in outputs:
            self._write(output, parts, folder)
            give_back()
            yield output

    def _write(self, output: Output, parts: Sequence[Part], folder: Path) -> None:
        names = (*output.reads, "settled")
        tables = (rows(part.tables(names), self._config) for rows in output.rows for part in parts)
        write_rows(folder / output.path, tables, output.schema, output.row_group)

    def write_articles(self, parts: Sequence[Part], folder: Path) -> None:
        """See `Engine`."""
        bounds = np.cumsum([0] + [part.records for part in parts])
        found = []
        for part, start in zip(parts, bounds, strict=False):
            settled = part.table("settled").select(["doc_id", "fate"])
            fates = part.table("fates")
            columns = [np.arange(start, start + part.records), *fates.select(["published_at", "char_count"]).columns]
            named = pa.table([*columns, settled["doc_id"]], names=["row", "published_at", "chars", "doc_id"])
            found.append(named.filter(pc.equal(settled["fate"], "published")))
        # Nulls sort last, which is Arrow's default.
        keys = pa.concat_tables(found).combine_chunks().sort_by(ORDER)
        order, chars = keys["row"].to_numpy(), keys["chars"].to_numpy().astype(np.int64)
        del keys
        most = self._config.rows_per_file
        files = max(1, -(-len(order) // most))
        for number in range(files):
            here = slice(number * most, (number + 1) * most)
            tables = (self._gather(parts, bounds, order[here][piece]) for piece in _pieces(chars[here]))
            write_rows(folder / data_file(number, files), tables, ARTICLES, ROW_GROUP)
            give_back()

    def _gather(self, parts: Sequence[Part], bounds: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> pa.Table:
        """The published rows of the corpus that are asked for, in the order asked for."""
        ascending = np.sort(rows)
        cuts = np.searchsorted(ascending, bounds)
        pieces = []
        for part, first, start, stop in zip(parts, bounds, cuts, cuts[1:], strict=False):
            if stop > start:
                at = pa.array(ascending[start:stop] - first)
                pieces.append((_taken(part.table("articles"), at), _taken(part.table("settled"), at)))
        articles, settled = (pa.concat_tables(some, promote_options="none") for some in zip(*pieces, strict=True))
        gathered = published_rows(articles, settled, self._config)
        return gathered.take(pa.array(np.searchsorted(ascending, rows)))


def _taken(table: pa.Table, rows: pa.Array) -> pa.Table:
    """Rows of a mapped table, with nothing of it: as they are, they would have its dictionaries, and with these all
    of the file that has been looked at, of every shard.
    """
    taken = table.take(rows)
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            chunk = taken.column(at).combine_chunks()
            words = chunk.dictionary.take(pa.array(np.arange(len(chunk.dictionary))))
            taken = taken.set_column(at, field, pa.DictionaryArray.from_arrays(chunk.indices, words))
    return taken


# So much text is gathered at a time, from wherever it stands: each shard is opened for each piece.
_CHARS = 32 * 2**20


def _pieces(chars: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Rows of so many characters each, some at a time."""
    ends = np.cumsum(chars)
    start = 0
    while start < len(chars):
        before = int(ends[start - 1]) if start else 0
        full = int(np.searchsorted(ends, before + _CHARS, "right"))
        end = min(max(full, start + 1), start + ROW_GROUP)
        yield slice(start, end)
        start = end


def _named(parts: Sequence[Part]) -> pa.Table:
    """What `find_standing` asks of all records. Copied, for what is looked at where it is mapped stays in memory by
    whole pages; but identities, of which it looks at a few.
    """
    tables = [part.table("fates") for part in parts]
    names = ("doc_id", "fate", "published_at", "char_count", "capitals", "cited")
    copied = {name: pa.chunked_array([_copied(table[name]) for table in tables]) for name in names}
    return pa.table(
        copied | {"identity": pa.concat_tables([table.select(["identity"]) for table in tables])["identity"]}
    )


def _copied(column: pa.ChunkedArray) -> pa.Array:
    return column.take(pa.array(np.arange(len(column)))).combine_chunks()


def _shingled(part: Part, size: int) -> Shingles:
    return Shingles.from_table(part.table("shingles"), size)


def _counted(part: Part) -> Counted:
    return Counted.of(part.tables(("pages", "page_lines")))


def _untouched(task: Task) -> bool:
    """Whether a shard has nothing to be counted before it is read: a text file says nothing of a site."""
    return task.stage is COUNT and all(piece.kind == "text" for piece in task.part.shard.pieces)


def _ready(task: Task, found: set[Path]) -> Finished | None:
    if _untouched(task):
        return Finished(len(task.part.shard.pieces), ())
    done = find(task.folder)
    if done:
        found.add(task.folder)
    return done
