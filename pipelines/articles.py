"""The whole flow on one screen: inputs in, a validated dataset out.

    inputs → shards → [read, count lines: in workers] → what recurs on each site
                    → [clean, shingle: in workers] → duplicates → fates → write → ledger → validate → swap

What only the whole corpus knows (lines that recur, twins of an identity, duplicates, the order of the rows) is
decided by the engine, from small columns; texts stay where they are until they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cleaning.config import Config
from pipelines.against import EarlierDataset
from pipelines.engines import Engine
from pipelines.ledger import Ledger, read_ledger
from pipelines.outputs import outputs
from pipelines.sources import Source
from pipelines.stages import CLEAN, COUNT


def build(
    sources: Sequence[Source],
    stage: Path,
    config: Config,
    engine: Engine[Any],
    *,
    limit: int | None = None,
    against: Sequence[EarlierDataset] = (),
) -> Ledger:
    """Write data/ and audit/ of a dataset into `stage`.

    What a dataset in `against` has already is a duplicate of it. The same sources and deciding settings give
    the same bytes, whatever the engine, the workers and the shards. Raises LedgerError where the books do not
    balance, ReadError where a disk or an input fails.
    """
    counted = engine.read(COUNT, sources, limit)
    cleaned = engine.run(CLEAN, counted, {"site-lines": engine.site_lines(counted)})
    settled = engine.settle(cleaned, against)
    for output in outputs(config):
        engine.write(output, settled, stage)
    engine.write_articles(settled, stage)
    totals = engine.total(settled, "totals")
    return read_ledger(stage / "audit", records_in=totals["records"], lines_kept=totals["lines_kept"])
