"""What earlier datasets already have: looked up by the signatures that stand with them, verified on their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.config import Config
from cleaning.corpus import Earlier
from cleaning.dedupe import TINY
from cleaning.duplicates.signatures import candidates, sign, signature_algorithm, wanted
from cleaning.shingles import Shingles, save, shingle
from pipelines.dataset import read_manifest
from pipelines.errors import CallError, ReadError, first_line
from pipelines.store import MANIFEST, sha256_of

SIGNATURE_FILE = "audit/signatures.parquet"
TEXTS_AT_A_TIME = 2_000
"""Texts of an earlier dataset that are in memory at a time."""


class RowGroup(NamedTuple):
    """A row group of a file of an earlier dataset."""

    path: Path
    number: int
    """In the file, from 0."""
    first: int
    """Rows that stand before it, in this file and in those before."""


@dataclass(frozen=True)
class EarlierDataset:
    """A dataset that a new one is held against."""

    folder: Path
    manifest: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As the manifest of the new dataset names it: it is part of what decides its rows."""
        sha256 = sha256_of(self.folder / MANIFEST)
        return {"name": self.manifest["name"], "rows": self.manifest["rows"], "manifest_sha256": sha256}

    def data_files(self) -> list[Path]:
        """Its data files, in the order of the manifest."""
        return [self.folder / each["path"] for each in self.manifest["files"] if each["path"].startswith("data/")]

    def has_signatures(self, config: Config) -> bool:
        """Whether it has signatures that can be compared with those of a run with `config`.

        Those of another algorithm or shingle size say nothing here, and a dataset that was published
        without its audit has none: then the texts are read and signed again.
        """
        stated = [each for each in self.manifest["files"] if each["path"] == SIGNATURE_FILE]
        if not stated:
            return False
        try:
            metadata = pq.read_schema(self.folder / SIGNATURE_FILE).metadata or {}
        except (OSError, pa.ArrowException) as error:
            raise ReadError(f"cannot read {self.folder / SIGNATURE_FILE}: {first_line(error)}") from error
        if metadata.get(b"algorithm") != signature_algorithm(config.shingle_size).encode():
            return False
        if sha256_of(self.folder / SIGNATURE_FILE) != stated[0].get("sha256"):
            raise ReadError(f"cannot read {self.folder / SIGNATURE_FILE}: it is not the file that its manifest names")
        return True

    def signatures(self, config: Config) -> Iterator[pa.Table]:
        """SIGNATURES of its rows, some at a time."""
        if self.has_signatures(config):
            for batch in pq.ParquetFile(self.folder / SIGNATURE_FILE).iter_batches(50 * TEXTS_AT_A_TIME):
                yield pa.Table.from_batches([batch])
        else:
            for rows in self.texts():
                yield sign(shingle(rows["text"], config.shingle_size), rows["doc_id"])

    def row_groups(self, files: Sequence[Path]) -> list[RowGroup]:
        """Of some of its files, in order. Raises ReadError where its data files have not the rows that it names."""
        found: list[RowGroup] = []
        row = 0
        for path in files:
            metadata = pq.read_metadata(path)
            for number in range(metadata.num_row_groups):
                found.append(RowGroup(path, number, row))
                row += metadata.row_group(number).num_rows
        if row != self.manifest["rows"] and files == self.data_files():
            raise ReadError(f"{self.folder} has {row} rows, and its manifest names {self.manifest['rows']}")
        return found

    def texts(self, only: pa.Array | None = None) -> Iterator[pa.Table]:
        """doc_id and text of its rows, of those in `only` if given; row groups without any of them are not read."""
        for path, groups in groupby(self.row_groups(self.data_files()), key=attrgetter("path")):
            file = pq.ParquetFile(path)
            for group in groups:
                if only is not None:
                    ids = file.read_row_group(group.number, columns=["doc_id"])["doc_id"]
                    if not pc.any(pc.is_in(ids, only)).as_py():
                        continue
                for batch in file.iter_batches(TEXTS_AT_A_TIME, row_groups=[group.number], columns=["doc_id", "text"]):
                    rows = pa.Table.from_batches([batch])
                    yield rows if only is None else rows.filter(pc.is_in(rows["doc_id"], only))


@dataclass(frozen=True)
class Found:
    """What earlier datasets have that a run may say again."""

    earlier: Earlier = field(default_factory=Earlier)
    shingles: tuple[Path, ...] = ()
    """Folders with the shingles of the texts that `earlier` names."""


def open_earlier(folders: Sequence[Path], config: Config) -> list[EarlierDataset]:
    """The datasets by their manifests. Raises CallError where duplicates are not looked for, DatasetError."""
    if folders and config.duplicates == "off":
        raise CallError("--against looks for duplicates, and duplicates is off: one of the two has to go")
    return [EarlierDataset(folder, read_manifest(folder)) for folder in folders]


def find_earlier(
    datasets: Sequence[EarlierDataset], parts: Sequence[Callable[[], Shingles]], config: Config, scratch: Path
) -> Found:
    """What of `datasets` has to be compared with a run's bodies, whose shingles are given in parts, each by a function.

    Exact copies are proved by their fingerprints; of other candidates the texts are read, and their shingles
    left in `scratch`. Raises ReadError where a dataset cannot be read.
    """
    looked_up = wanted(part() for part in parts)
    prints: dict[bytes, list[int]] = {}
    row = 0
    for part in (part() for part in parts):
        for fingerprint, words in zip(np.ascontiguousarray(part.fingerprint, "<u8"), part.words, strict=True):
            if words >= TINY:
                prints.setdefault(fingerprint.tobytes(), []).append(row)
            row += 1
    known = pa.array(list(prints), pa.binary(16))
    exact: dict[int, str] = {}
    doc_ids: list[str] = []
    chars: list[int] = []
    folders: list[Path] = []
    for dataset in datasets:
        try:
            alike: list[str] = []
            for signatures in dataset.signatures(config):
                same = pc.is_in(signatures["fingerprint"], known)
                for one in signatures.select(["doc_id", "fingerprint"]).filter(same).to_pylist():
                    for copy in prints[one["fingerprint"]]:
                        exact.setdefault(copy, one["doc_id"])
                rest = np.setdiff1d(candidates(signatures, looked_up), np.flatnonzero(same))
                alike += signatures["doc_id"].take(pa.array(rest)).to_pylist()
            for rows in dataset.texts(pa.array(alike, pa.string())) if alike else ():
                if not len(rows):
                    continue
                folders.append(scratch / f"earlier-{len(folders):08d}")
                save(shingle(rows["text"], config.shingle_size), folders[-1])
                doc_ids += rows["doc_id"].to_pylist()
                chars += pc.utf8_length(rows["text"]).to_pylist()
        except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
            raise ReadError(f"cannot read {dataset.folder}: {first_line(error)}") from error
    return Found(Earlier(doc_ids, np.array(chars, np.int64), exact), tuple(folders))
