"""What a run asks of what it runs on: a handful of operations, the same for one machine and for many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pipelines.against import EarlierDataset
from pipelines.file_rows import Source
from pipelines.outputs import Output
from pipelines.stages import Stage

Parts = TypeVar("Parts")
"""The tables that stages gave of all shards, wherever the engine keeps them: files of one machine, DataFrames of a
cluster. Each operation gives its own new ones, which have those of the parts that they were made from too."""


class Engine(Protocol[Parts]):
    """The operations. No stage knows which engine runs it, and every engine gives the same bytes.

    *Source order* is that of (source_file, source_row), by code points. A shard is a run of records in source order;
    how many are in one is the engine's to choose. What an engine holds by itself, outside of its parts, does not grow
    with the corpus. All raise ReadError where a disk or an input fails.
    """

    def read(self, stage: Stage, sources: Sequence[Source], limit: int | None) -> Parts:
        """Read the records of the sources, the first `limit` of them if given, and run a stage over each shard.

        Where the stage gives a table `records`, that is what the next stage sees of the shard.
        """
        ...

    def run(self, stage: Stage, parts: Parts, side: Mapping[str, Path]) -> Parts:
        """Run a stage over each shard, with side tables of the whole corpus."""
        ...

    def site_lines(self, parts: Parts) -> Path:
        """The side table `site-lines` (`SiteLines.save`): `pages` and `page_lines` of all shards, merged."""
        ...

    def settle(self, parts: Parts, earlier: Sequence[EarlierDataset]) -> Parts:
        """Give each shard its table `settled`, SETTLED of its records: see `cleaning.corpus`.

        Identities that recur are told apart in source order, the texts in `shingles` and those of earlier
        datasets compared, and each record's fate decided (`find_standing`, then `settle_rows`).
        """
        ...

    def total(self, parts: Parts, table: str) -> dict[str, int]:
        """The sum of each column of a table of numbers over all shards."""
        ...

    def write(self, outputs: Sequence[Output], parts: Parts, folder: Path) -> Iterator[Output]:
        """Write files under `folder`, each of the rows of all shards in source order, by `store.write_rows`.

        Gives each when it is there, in the order of `outputs`.
        """
        ...

    def write_articles(self, parts: Parts, folder: Path) -> None:
        """Write `outputs.published_rows` of all shards into files of at most `rows_per_file` rows under `folder`.

        Sorted over the whole corpus by `outputs.ORDER`; at least one file; names by `outputs.data_file`.
        """
        ...


__all__ = ["Engine", "Parts"]
