"""Files that tasks write: into the run's folder where they see it, else sent to the driver by way of a table.

Sent, a file is rows of a table with some of its bytes each, which Spark writes as it writes any table: of several
attempts at a task one counts. The driver holds some rows at a time.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame

from pipelines.disk import disk_errors
from pipelines.engines.spark.saved import Scratch
from pipelines.errors import ReadError
from pipelines.store import sha256_of

PIECES = pa.schema([("path", pa.string()), ("start", pa.int64()), ("bytes", pa.binary()), ("sha256", pa.string())])
"""Of a file that was sent its bytes from `start` on, and last, with none, its length and checksum; of one that was
written where it belongs the path alone."""

_PIECE = 2**20
# The driver gets as many files of a table as make 128 MB at a time.
_PIECES_TOGETHER = 32


@dataclass(frozen=True)
class Way:
    """How a file of a task gets where it belongs."""

    token: Path
    """A file in the driver's scratch: who sees it may write there."""
    sends: bool
    """Whether it may be sent instead."""


def written(write_to: Callable[[Path], None], path: Path, way: Way) -> Iterator[pa.RecordBatch]:
    """Write a file, under a name of this attempt's own: a task that was given up for lost may still be writing."""
    if way.token.is_file():
        attempt = way.token.parent / f"attempt-{TaskContext.get().taskAttemptId()}"
        draft = attempt / path.name
        write_to(draft)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)
        attempt.rmdir()
        yield _piece(path, None, None, None)
        return
    if not way.sends:
        seen = way.token.parent
        raise ReadError(
            f"a machine of the cluster does not see {seen}: give an -o that all machines see, or --tables, a folder of "
            "a file system that the cluster knows"
        )
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
        draft = Path(folder) / path.name
        write_to(draft)
        digest, start = hashlib.sha256(), 0
        with draft.open("rb") as source:
            while some := source.read(_PIECE):
                yield _piece(path, start, some, None)
                digest.update(some)
                start += len(some)
        yield _piece(path, start, None, digest.hexdigest())


def _piece(path: Path, start: int | None, some: bytes | None, sha256: str | None) -> pa.RecordBatch:
    columns = [[str(path)], [start], [some], [sha256]]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, PIECES, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PIECES)


def fetch(pieces: DataFrame, scratch: Scratch) -> None:
    """Make the files of PIECES on the driver's disk. Raises ReadError where one is not what a task has written."""
    name = f"files-{uuid4().hex}"
    path = f"{scratch.folder}/{name}"
    writer = pieces.write.mode("overwrite").option("maxRecordsPerFile", _PIECES_TOGETHER)
    writer.option("compression", "uncompressed").parquet(path)
    sent = scratch.session.read.schema(pieces.schema).parquet(path)
    with _fetching:
        _make(sent)
    scratch.remove(name)


# One caller at a time, whatever is written at once: so much stands in the driver's memory.
_fetching = threading.Lock()


def _make(sent: DataFrame) -> None:
    ends: dict[Path, tuple[int, str]] = {}
    for row in sent.filter("start is not null").toLocalIterator():
        file = Path(row["path"])
        with disk_errors(file):
            if row["sha256"] is not None:
                ends[file] = row["start"], row["sha256"]
            file.parent.mkdir(parents=True, exist_ok=True)
            with _draft(file).open("r+b" if _draft(file).exists() else "w+b") as sink:
                sink.seek(row["start"])
                sink.write(row["bytes"] or b"")
    for file, (size, sha256) in ends.items():
        if _draft(file).stat().st_size != size or sha256_of(_draft(file)) != sha256:
            raise ReadError(f"{file.name} comes back from the cluster other than it was written")
        _draft(file).replace(file)


def _draft(file: Path) -> Path:
    return file.with_name(f".{file.name}.draft")
