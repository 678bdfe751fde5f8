"""`tamis remove --dry-run`: what a removal would take out, and what it would leave."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.following import next_patch
from pipelines.kept_copies import Kept, kept_as, stand_anew
from pipelines.manifest import version_of
from pipelines.removal_choice import Gone, choose_of_whole
from pipelines.staging import refuse_output
from pipelines.taken_sites import TakenSite


@dataclass(frozen=True)
class Plan:
    """What a removal would do: nothing is done yet."""

    version: str
    """Of the release that it would make."""
    follows: str
    """The version that this would follow."""
    removed: tuple[str, ...]
    """doc_ids of the records that would go, sorted."""
    records: tuple[Gone, ...]
    """The same records, and what people know them by."""
    published: int
    """Of them: rows."""
    duplicates: int
    """Copies that are no rows, whatever stands for them."""
    unpublished: int
    """The others: rejected or quarantined."""
    copies: int
    """As `Removal.copies`."""
    may_return: tuple[str, ...]
    """As `Removal.may_return`."""
    of_sites: tuple[tuple[str | None, int], ...]
    """The records of each site, the most first; None: of no site."""
    rows: int
    """Rows that would be left."""
    also: tuple[str, ...]
    kept: tuple[Kept, ...]
    """As `Removal.kept`."""
    sites: tuple[TakenSite, ...]


def plan(
    dataset: Path,
    *,
    doc_ids: Sequence[str] = (),
    urls: Sequence[str] = (),
    sites: Sequence[str] = (),
    keep_copies: bool = False,
    output: Path | None = None,
) -> Plan:
    """What `remove` would take out. Writes nothing, and raises what `remove` raises before it writes."""
    manifest, chosen = choose_of_whole(dataset, doc_ids, urls, sites, keep_copies)
    refuse_output(output or dataset, force=output is None)
    fates: Counter[str] = Counter()
    of_sites: Counter[str | None] = Counter()
    for entry in manifest["files"]:
        if re.fullmatch(r"audit/fates(-[^/]+)?\.parquet", entry["path"]):
            rows = pq.read_table(dataset / entry["path"], columns=["doc_id", "fate", "site"])
            gone = rows.filter(pc.is_in(rows["doc_id"], pa.array(sorted(chosen.gone), pa.string())))
            fates.update(gone["fate"].to_pylist())
            of_sites.update(gone["site"].to_pylist())
    version = version_of(manifest)
    return Plan(
        version=next_patch(version),
        follows=version,
        removed=tuple(sorted(chosen.gone)),
        records=chosen.records,
        published=fates["published"],
        duplicates=fates["duplicate"],
        unpublished=len(chosen.gone) - fates["published"] - fates["duplicate"],
        copies=chosen.copies,
        may_return=tuple(sorted(chosen.may_return)),
        of_sites=tuple(sorted(of_sites.items(), key=lambda one: (-one[1], one[0] or ""))),
        rows=manifest["rows"] - fates["published"],
        also=chosen.also,
        kept=kept_as(chosen.kept_records, stand_anew(dataset, manifest, chosen.kept)),
        sites=chosen.sites,
    )
