"""The whole flow on one screen: inputs in, a validated dataset out.

    inputs → shards → [read, count lines: in workers] → what recurs on each site
                    → [clean, shingle: in workers] → duplicates → fates → write → ledger → validate → swap

What only the whole corpus knows (lines that recur, twins of an identity, duplicates, the order of the rows) is
decided here, from small columns; texts stay on disk until they are written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.collector import seldom_collected
from cleaning.config import Config
from cleaning.corpus import Settled, settle
from cleaning.documents import clean_records, read_texts, split_records
from cleaning.duplicates.signatures import SIGNATURES, sign, signature_algorithm
from cleaning.records import Record
from cleaning.rows import (
    article_rows,
    complete_rows,
    corpus_flag_rows,
    fate_rows,
    flag_rows,
    label_rows,
    line_rows,
    with_doc_ids,
)
from cleaning.shingles import load, save, shingle
from cleaning.sitelines import SiteLines
from cleaning.sites import registrable_domain
from cleaning.tables import ARTICLES, FATES, FLAGS, LABELS, LINES
from cleaning.templates import count_lines, merge_counts
from pipelines.against import SIGNATURE_FILE, EarlierDataset, Found, find_earlier
from pipelines.engines.local import Workers
from pipelines.ledger import Ledger, read_ledger
from pipelines.reading import Shard, read_shard, save_records
from pipelines.sources import Source, cut_shards
from pipelines.store import AUDIT_ROW_GROUP, ROW_GROUP, write_bytes, write_parquet


@dataclass(frozen=True)
class Part:
    """A shard that has been cleaned: a folder in scratch with its tables."""

    folder: Path
    records: int
    lines_kept: int

    def table(self, name: str) -> pa.Table:
        """One of its tables, mapped into memory rather than read."""
        return pa.ipc.open_file(pa.memory_map(str(self.folder / f"{name}.arrow"))).read_all()


def build(
    sources: Sequence[Source],
    stage: Path,
    config: Config,
    *,
    limit: int | None = None,
    against: Sequence[EarlierDataset] = (),
    progress: Callable[[str, int], None] = lambda phase, records: None,
) -> Ledger:
    """Write data/ and audit/ of a dataset into `stage`; `progress` hears of each shard's phase and records.

    What a dataset in `against` has already is a duplicate of it. The same sources and deciding settings give
    the same bytes, whatever the workers and the shards. Raises LedgerError where the books do not balance,
    ReadError where a disk or an input fails.
    """
    scratch = stage / "scratch"
    scratch.mkdir()
    parts: list[Part] = []
    with Workers(config.workers) as workers:
        shards: list[Shard] = []
        counted: list[Path] = []
        cut = cut_shards(sources, config, scratch, limit)
        for read in workers.map(partial(read_and_count, config=config, scratch=scratch), cut):
            shards.append(read.shard)
            counted += [read.counts] if read.counts else []
            progress("read", read.records)
        recurrent = scratch / "site-lines.npz"
        merge_counts(counted).save(recurrent)
        for part in workers.map(partial(clean_shard, config=config, scratch=scratch, recurrent=recurrent), shards):
            parts.append(part)
            progress("clean", part.records)
    rows = pa.concat_tables([part.table("fates") for part in parts])
    shingles, found = None, Found()
    if config.duplicates != "off":
        folders = [part.folder / "shingles" for part in parts]
        if against:
            found = find_earlier(against, folders, config, scratch)
        shingles = load(*folders, *found.shingles)
    corpus = settle(rows, shingles, config, found.earlier)
    del shingles
    _write_audit(parts, corpus, stage / "audit")
    _write_articles(parts, corpus, stage / "data", config)
    if config.duplicates != "off":
        _write_signatures(parts, corpus, stage / SIGNATURE_FILE, config)
    return read_ledger(
        stage / "audit",
        records_in=sum(part.records for part in parts),
        lines_kept=sum(part.lines_kept for part in parts),
    )


@dataclass(frozen=True)
class Read:
    """A shard after the first pass."""

    shard: Shard
    """Where its records are now."""
    records: int
    counts: Path | None
    """Folder with its `Counted`; None where no record has a site."""


@seldom_collected()
def read_and_count(shard: Shard, config: Config, scratch: Path) -> Read:
    """The first pass over a shard, for what recurs on the pages of a site. Runs in a worker.

    What it had to decode and repair for that is kept for the second pass. A shard without a site is left as it is.
    """
    if all(piece.kind == "text" for piece in shard.pieces):
        return Read(shard, len(shard.pieces), None)
    records = read_shard(shard, config, keep=True)
    if not any(registrable_domain(record.given.get("url")) for record in records):
        return Read(shard, len(records), None)
    records = read_texts(records)
    counts = scratch / f"counts-{shard.number:08d}"
    count_lines(split_records(records)).save(counts)
    return Read(save_records(shard, records, scratch / f"read-{shard.number:08d}.arrow"), len(records), counts)


@seldom_collected()
def clean_shard(shard: Shard, config: Config, scratch: Path, recurrent: Path) -> Part:
    """Clean one shard and leave its tables in a folder of scratch. Runs in a worker.

    `recurrent`: the corpus' `SiteLines`.
    """
    records = read_shard(shard, config)
    documents = clean_records(records, config, SiteLines.load(recurrent))
    articles = article_rows(documents, config)
    fates = fate_rows(documents, articles)
    folder = scratch / f"part-{shard.number:08d}"
    folder.mkdir()
    tables = {
        "articles": articles,
        "lines": line_rows(documents),
        "labels": label_rows(documents),
        "flags": flag_rows(documents),
        "fates": fates,
        "quarantine": _quarantine(records, fates),
    }
    for name, table in tables.items():
        with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    if config.duplicates != "off":
        published = pc.equal(fates["fate"], "published")
        save(shingle(articles["text"].filter(published), config.shingle_size), folder / "shingles")
    return Part(folder, len(records), int(np.count_nonzero(documents.bodies.kept)))


# So much of a quarantined record is kept to see what it was; the whole of it stands in its source.
_EXCERPT = 500


def _quarantine(records: Sequence[Record], fates: pa.Table) -> pa.Table:
    """The excerpts of a shard's quarantined records, by their row in it."""
    rows = np.flatnonzero(pc.equal(fates["fate"], "quarantined"))
    excerpts = []
    for row in rows.tolist():
        content = records[row].content[:_EXCERPT]
        excerpts.append(content if isinstance(content, str) else content.decode("utf-8", "backslashreplace"))
    text = [excerpt.encode("utf-8", "replace").decode() for excerpt in excerpts]
    return pa.table({"document": pa.array(rows, pa.int64()), "excerpt": pa.array(text, pa.string())})


def _write_audit(parts: Sequence[Part], corpus: Settled, audit: Path) -> None:
    bounds = np.cumsum([0] + [part.records for part in parts])

    def tables(name: str, schema: pa.Schema) -> Iterator[pa.Table]:
        for part, start in zip(parts, bounds, strict=False):
            yield with_doc_ids(part.table(name), corpus.doc_ids.slice(int(start), part.records), schema)

    write_parquet(audit / "lines.parquet", tables("lines", LINES), LINES, AUDIT_ROW_GROUP)
    write_parquet(audit / "labels.parquet", tables("labels", LABELS), LABELS, AUDIT_ROW_GROUP)
    corpus_flags = with_doc_ids(corpus_flag_rows(corpus), corpus.doc_ids, FLAGS)
    write_parquet(audit / "flags.parquet", chain(tables("flags", FLAGS), [corpus_flags]), FLAGS, AUDIT_ROW_GROUP)
    write_parquet(audit / "fates.parquet", [corpus.fates], FATES, AUDIT_ROW_GROUP)
    lines = []
    for part, start in zip(parts, bounds, strict=False):
        excerpts = part.table("quarantine")
        fates = corpus.fates.take(pa.array(excerpts["document"].to_numpy() + start)).to_pylist()
        for fate, excerpt in zip(fates, excerpts["excerpt"].to_pylist(), strict=True):
            names = ("doc_id", "source_id", "source_file", "source_row", "rule_id", "evidence")
            lines.append(json.dumps({name: fate[name] for name in names} | {"excerpt": excerpt}, ensure_ascii=False))
    write_bytes(audit / "quarantine.jsonl", "".join(f"{line}\n" for line in lines).encode())


def _write_articles(parts: Sequence[Part], corpus: Settled, data: Path, config: Config) -> None:
    """The published rows, sorted by published_at (none last) and doc_id, in files of rows_per_file."""
    tables = [part.table("articles") for part in parts]
    bounds = np.cumsum([0] + [part.records for part in parts])
    keys = pa.table(
        {
            "row": np.arange(bounds[-1]),
            "published_at": pa.concat_tables([table.select(["published_at"]) for table in tables])["published_at"],
            "doc_id": corpus.doc_ids,
        }
    ).filter(pc.equal(corpus.fates["fate"], "published"))
    # Nulls sort last, which is Arrow's default.
    order = keys.sort_by([("published_at", "ascending"), ("doc_id", "ascending")])["row"].to_numpy()
    files = max(1, -(-len(order) // config.rows_per_file))
    for number in range(files):
        rows = order[number * config.rows_per_file : (number + 1) * config.rows_per_file]
        path = data / f"train-{number:05d}-of-{files:05d}.parquet"
        groups = (rows[start : start + ROW_GROUP] for start in range(0, len(rows), ROW_GROUP))
        write_parquet(path, (_gather(tables, bounds, group, corpus) for group in groups), ARTICLES, ROW_GROUP)


def _write_signatures(parts: Sequence[Part], corpus: Settled, path: Path, config: Config) -> None:
    """SIGNATURES of the published rows, in source order."""
    schema = SIGNATURES.with_metadata({"algorithm": signature_algorithm(config.shingle_size)})
    bounds = np.cumsum([0] + [part.records for part in parts])

    def tables() -> Iterator[pa.Table]:
        for part, start in zip(parts, bounds, strict=False):
            fates = corpus.fates.slice(int(start), part.records).filter(
                pc.equal(part.table("fates")["fate"], "published")
            )
            yield sign(load(part.folder / "shingles"), fates["doc_id"]).filter(pc.equal(fates["fate"], "published"))

    write_parquet(path, tables(), schema, ROW_GROUP)


def _gather(
    tables: Sequence[pa.Table], bounds: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], corpus: Settled
) -> pa.Table:
    """The rows of the corpus that are asked for, in the order asked for, complete."""
    ascending = np.sort(rows)
    cuts = np.searchsorted(ascending, bounds)
    pieces = [
        table.take(pa.array(ascending[start:stop] - first))
        for table, first, start, stop in zip(tables, bounds, cuts, cuts[1:], strict=False)
        if stop > start
    ]
    complete = complete_rows(pa.concat_tables(pieces, promote_options="none"), ascending, corpus)
    return complete.take(pa.array(np.searchsorted(ascending, rows)))
