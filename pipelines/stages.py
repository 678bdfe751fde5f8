"""The stages as every engine runs them: the records of a shard and side tables in, Arrow tables out.

Nothing here knows which engine runs it, where its tables go, or how large a shard is: the same records give the
same rows however they are cut.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.collector import seldom_collected
from cleaning.config import Config
from cleaning.documents import clean_records, find_culprits, read_texts, split_records
from cleaning.records import Record
from cleaning.redacting import redacted_excerpt
from cleaning.rows import article_rows, fate_rows, flag_rows, label_rows, line_rows, value_rows
from cleaning.shingles import shingle
from cleaning.sitelines import SiteLines
from cleaning.sites import registrable_domain
from cleaning.templates import count_lines, merge_pages
from pipelines.reading import records_table

Tables = dict[str, pa.Table]
Side = Mapping[str, Path]
"""Tables of the whole corpus that a stage looks things up in, by name."""


@dataclass(frozen=True)
class Stage:
    """A function over the records of a shard, and what its result depends on beside them."""

    name: str
    function: Callable[[Sequence[Record], Config, Side], Tables]
    """Of a module, so that it can be sent to another process.

    Each of its tables has a row for each record, or names the record by its number in the shard: `document`.
    """
    settings: tuple[str, ...]
    """The settings that can change a byte of what it gives."""

    def tables(self, records: Sequence[Record], config: Config, side: Side) -> Tables:
        """What the function gives. A record that makes it raise is quarantined, the others are not.

        Raises what the machine raises: what it cannot do for any record is no record's fault.
        """
        try:
            return self.function(records, config, side)
        except Exception:
            self.function([CANARY], config, side)
            culprits = find_culprits(lambda some: self.function(some, config, side), records, f"stage {self.name}")
            if not culprits:
                raise  # only together do they fail
            records = [culprits.get(number, record) for number, record in enumerate(records)]
            return self.function(records, config, side)


CANARY = Record(
    "canary",
    0,
    content="A line of text is read here, and there is nothing wrong with it at all.\n" * 4,
    given={"url": "https://www.site.example/canary"},
)
"""What a stage fails on too is no record's fault."""


@seldom_collected()
def _count(records: Sequence[Record], config: Config, side: Side) -> Tables:
    """What recurs on the pages of a site: `pages` and `page_lines`, see `Counted`; and `records` as far as they had
    to be read for that, so that it is done once. Nothing for records without a site: there is nothing to count.
    """
    if not any(registrable_domain(record.given.get("url")) for record in records):
        return {}
    records = read_texts(records, config)
    counted = merge_pages([count_lines(split_records(batch)) for batch in _batches(records)])
    return {"records": records_table(records)} | counted.tables()


@seldom_collected()
def _clean(records: Sequence[Record], config: Config, side: Side) -> Tables:
    """All that can be known of each record by itself.

    `articles`, `fates` and `totals` have a row for each record. `lines`, `labels`, `flags`, `values` and `quarantine`
    name a record by its number in the shard, as does `shingles`, which has a row for each published one, unless
    duplicates are not looked for. `side`: `site-lines`, the corpus' `SiteLines`.
    """
    site_lines = SiteLines.load(side["site-lines"])
    found: list[Tables] = []
    start = 0
    for batch in _batches(read_texts(records, config)):
        tables = _clean_batch(batch, config, site_lines)
        for name, table in tables.items():
            if start and table.column_names[0] == "document":
                tables[name] = table.set_column(0, "document", pc.add(table["document"], start))
        found.append(tables)
        start += len(batch)
    return {name: pa.concat_tables([tables[name] for tables in found]) for name in found[0]}


def _clean_batch(records: Sequence[Record], config: Config, site_lines: SiteLines) -> Tables:
    documents = clean_records(records, config, site_lines)
    articles = article_rows(documents, config)
    fates = fate_rows(documents, articles)
    kept = documents.lines.documents_of(np.flatnonzero(documents.bodies.kept))
    lines_kept = np.bincount(kept, minlength=len(records))
    tables = {
        "articles": articles,
        "lines": line_rows(documents),
        "labels": label_rows(documents),
        "flags": flag_rows(documents),
        "values": value_rows(documents),
        "fates": fates,
        "quarantine": _quarantine(records, fates, config),
        "totals": pa.table({"records": np.ones(len(records), np.int64), "lines_kept": lines_kept.astype(np.int64)}),
    }
    if config.duplicates != "off":
        published = pc.equal(fates["fate"], "published")
        shingles = shingle(articles["text"].filter(published), config.shingle_size).table()
        tables["shingles"] = shingles.add_column(0, "document", [np.flatnonzero(published)])
    return tables


# A batch closes before it has more of either: a line takes some 1 kB while it is cleaned. Half as many lines take a
# twentieth more of the CPU of cleaning, and 24 MB less of each worker.
_BATCH_LINES, _BATCH_CHARS = 50_000, 4 * 2**20


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records some at a time, at least once; which are together makes no difference to what comes out."""
    start = lines = chars = 0
    for number, record in enumerate(records):
        content = record.content
        more = 1 + (content.count("\n") if isinstance(content, str) else content.count(b"\n"))
        if number > start and (lines + more > _BATCH_LINES or chars + len(record.content) > _BATCH_CHARS):
            yield records[start:number]
            start, lines, chars = number, 0, 0
        lines, chars = lines + more, chars + len(record.content)
    yield records[start:]


# So much of a quarantined record is kept to see what it was; the whole of it stands in its source.
_EXCERPT = 500


def _quarantine(records: Sequence[Record], fates: pa.Table, config: Config) -> pa.Table:
    """The excerpts of a shard's quarantined records, by their row in it."""
    rows = np.flatnonzero(pc.equal(fates["fate"], "quarantined"))
    excerpts = []
    for row in rows.tolist():
        content = records[row].content[: 8 * _EXCERPT]
        decoded = content if isinstance(content, str) else content.decode("utf-8", "backslashreplace")
        excerpts.append(redacted_excerpt(decoded, _EXCERPT, config.redact))
    text = [excerpt.encode("utf-8", "replace").decode() for excerpt in excerpts]
    return pa.table({"document": pa.array(rows, pa.int64()), "excerpt": pa.array(text, pa.string())})


_READ = ("fields", "html", "markdown", "max_record_bytes", "max_record_lines")
# What is decided when the whole corpus is known, or how it is written.
_LATER = ("about", "near_threshold", "containment", "same_template", "rows_per_file", *_READ)

COUNT = Stage("count", _count, _READ)
CLEAN = Stage(
    "clean",
    _clean,
    tuple(f.name for f in dataclasses.fields(Config) if not f.metadata.get("how") and f.name not in _LATER) + _READ,
)
