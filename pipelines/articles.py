"""The whole flow on one screen: inputs in, a validated dataset out.

    inputs → shards → [read, count lines: in workers] → what recurs on each site
                    → [clean, shingle: in workers] → duplicates → fates → write → ledger → validate → swap

What only the whole corpus knows (lines that recur, twins of an identity, duplicates, the order of the rows) is
decided by the engine, from small columns; texts stay where they are until they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cleaning.config import Config
from pipelines.against import EarlierDataset
from pipelines.engines import Engine
from pipelines.file_rows import Source, bytes_of
from pipelines.journal import Journal
from pipelines.ledger import Ledger, read_ledger
from pipelines.outputs import outputs
from pipelines.stages import CLEAN, COUNT


def build(
    sources: Sequence[Source],
    stage: Path,
    config: Config,
    engine: Engine[Any],
    *,
    limit: int | None = None,
    against: Sequence[EarlierDataset] = (),
    journal: Journal | None = None,
    cleaned: Callable[[Mapping[str, int]], None] = lambda totals: None,
    published: Callable[[], None] = lambda: None,
) -> Ledger:
    """Write data/ and audit/ of a dataset into `stage`.

    What a dataset in `against` has already is a duplicate of it. The same sources and deciding settings give
    the same bytes, whatever the engine, the workers and the shards. `journal` hears of the phases; what is done in
    one the engine says. `cleaned` hears how many `records` and `lines_kept` there are when workers are done,
    `published` when data/ is whole and audit/ is not yet.
    Raises LedgerError where the books do not balance, ReadError where a disk or an input fails.
    """
    journal = journal or Journal()
    journal.begins("count", size=bytes_of(sources), most=limit)
    counted = engine.read(COUNT, sources, limit)
    read = journal.phases[-1]
    journal.begins("clean", documents=read.documents, size=read.size)
    parts = engine.run(CLEAN, counted, {"site-lines": engine.site_lines(counted)})
    totals = engine.total(parts, "totals")
    cleaned(totals)
    journal.begins("settle")
    settled = engine.settle(parts, against)
    journal.begins("write")
    engine.write_articles(settled, stage)
    journal("write", read.documents, sum(path.stat().st_size for path in (stage / "data").iterdir()))
    published()
    for output in engine.write(outputs(config), settled, stage):
        journal("write", 0, (stage / output.path).stat().st_size)
    return read_ledger(stage / "audit", records_in=totals["records"], lines_kept=totals["lines_kept"])
