"""The books: every record has one fate, every line is kept or charged to one rule, or the run stops.

Everything here is read from the audit tables as they were written, never from counters kept on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.tables import FATE_NAMES
from pipelines.errors import TamisError


class LedgerError(TamisError):
    """The books do not balance; the message says by how much."""

    exit_code = 3


@dataclass(frozen=True)
class Ledger:
    """What went in and what became of it."""

    records_in: int
    published: int
    duplicate: int
    rejected: int
    quarantined: int
    lines_in: int
    lines_kept: int
    lines_dropped: int

    def as_json(self) -> dict[str, dict[str, int]]:
        """The ledger as the manifest holds it."""
        records = {"in": self.records_in} | {name: asdict(self)[name] for name in FATE_NAMES}
        lines = {"in": self.lines_in, "kept": self.lines_kept, "dropped": self.lines_dropped}
        return {"records": records, "lines": lines}


def read_ledger(audit: Path, *, records_in: int, lines_kept: int) -> Ledger:
    """The ledger of the tables in `audit`.

    `records_in` is what the readers read and `lines_kept` what stands in the assembled bodies: counted
    elsewhere than in the tables, so that a row that is lost shows. Raises LedgerError.
    """
    fates = count_by(audit / "fates.parquet", "fate")
    lines_dropped, twice = _deciding(audit / "labels.parquet")
    ledger = Ledger(
        records_in=records_in,
        lines_in=pq.read_metadata(audit / "lines.parquet").num_rows,
        lines_kept=lines_kept,
        lines_dropped=lines_dropped,
        **{name: fates.pop(name, 0) for name in FATE_NAMES},
    )
    ended = ledger.published + ledger.duplicate + ledger.rejected + ledger.quarantined
    if fates:
        raise LedgerError(f"the ledger knows no fate called {', '.join(map(repr, fates))}")
    if ended != records_in:
        raise LedgerError(f"the ledger does not balance: {records_in} records in, {ended} with a fate")
    if ledger.lines_kept + ledger.lines_dropped != ledger.lines_in:
        raise LedgerError(
            f"the ledger does not balance: {ledger.lines_in} lines in, {ledger.lines_kept} kept and "
            f"{ledger.lines_dropped} dropped"
        )
    if twice:
        raise LedgerError("the ledger does not balance: a dropped line is charged to more than one rule")
    return ledger


def _deciding(path: Path) -> tuple[int, bool]:
    """How many labels decide, and whether two do of one line. The labels of a line stand together."""
    count, twice = 0, False
    last: tuple[object, object] | None = None
    for batch in pq.ParquetFile(path).iter_batches(columns=["doc_id", "line_no", "decides"]):
        found = batch.filter(batch["decides"])
        if not len(found):
            continue
        doc_id, line_no = found["doc_id"], found["line_no"]
        same = pc.and_(pc.equal(doc_id[1:], doc_id[:-1]), pc.equal(line_no[1:], line_no[:-1]))
        first = (doc_id[0].as_py(), line_no[0].as_py())
        twice = twice or first == last or bool(pc.any(same).as_py())
        last = (doc_id[-1].as_py(), line_no[-1].as_py())
        count += len(found)
    return count, twice


def count_by(path: Path, column: str) -> dict[str, int]:
    """How often each value of a column of a Parquet file stands there; most frequent first, then by name."""
    return counts(pq.read_table(path, columns=[column], read_dictionary=[column])[column])


def counts(values: pa.ChunkedArray) -> dict[str, int]:
    """How often each value occurs; most frequent first, then by name. Nulls are left out."""
    if pa.types.is_dictionary(values.type):
        values = values.unify_dictionaries()
    pairs: list[dict[str, Any]] = pc.value_counts(values.drop_null()).to_pylist()
    return most_first({pair["values"]: pair["counts"] for pair in pairs})


def most_first(counted: Mapping[str, int]) -> dict[str, int]:
    """The same, most frequent first, then by name."""
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
