"""Tables between two steps, in a file system of the cluster: checked, not merely found, by a driver that starts again.

The driver notes of each table that is whole what it depends on and which files it has, in its own scratch, as
`pipelines.scratch` does. Its name says what made it: the steps before it are a chain, from the inputs, the settings and
the code on. Only the first tables of that chain that are all there as they were written are gone on with, for numbers
that a step gives to its rows are chance until they are written.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyspark
from pyspark.sql import DataFrame, SparkSession

from cleaning.config import Config
from pipelines.file_rows import Source
from pipelines.files import state_of
from pipelines.scratch import made_by
from pipelines.staging import DONE
from pipelines.store import write_json


def run_key(sources: Sequence[Source], config: Config, limit: int | None) -> str:
    """A digest of all that the tables of a run depend on, but for earlier datasets."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    read = [[source.name, source.kind, state_of(source.path)] for source in sources]
    depends = [made_by(), code.hexdigest(), pyspark.__version__, config.deciding(), limit, read]
    return hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()


def find_folder(within: str, records: Path) -> str:
    """A folder for the tables of a run: the one that an interrupted run has noted tables of, or a new one."""
    for record in sorted(records.glob(f"*/{DONE}")):
        try:
            folder = json.loads(record.read_text("utf-8"))["folder"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # of another engine
        if str(folder).startswith(f"{within}/tamis-"):
            return str(folder)
    return f"{within}/tamis-{uuid4().hex}"


class Scratch:
    """A folder of a file system that the cluster knows, for tables between two steps.

    What is written here is not made again when an executor is lost, and each step reads only the columns it needs.
    `records`: where the driver notes what is whole; None: it does not, and finds nothing.
    """

    def __init__(self, session: SparkSession, folder: str, records: Path | None = None, key: str = "") -> None:
        self.session, self.folder = session, folder.rstrip("/")
        self._records, self._key = records, key
        self._number = 0
        self._going_on = records is not None
        self.found = 0
        """Tables that an interrupted run had made."""

    def noted(self) -> int:
        """How many tables an interrupted run has noted, whether they can be gone on with or not."""
        return len(list(self._records.glob(f"[0-9]*/{DONE}"))) if self._records else 0

    def depends(self, on: object) -> None:
        """Tables from here on depend on this too; as JSON has it."""
        self._key = hashlib.sha256(f"{self._key} {json.dumps(on, sort_keys=True)}".encode()).hexdigest()

    def save(self, frame: DataFrame, name: str) -> DataFrame:
        """Make a table now, unless it is there. The result reads it from scratch."""
        self._number += 1
        self.depends(name)
        name = f"{self._number:03d}-{name}-{self._key[:16]}"
        path = f"{self.folder}/{name}"
        if self._going_on and self._is_whole(name, path):
            self.found += 1
        else:
            self._begin()
            frame.write.mode("overwrite").parquet(path)
            if self._records:
                write_json(self._records / name / DONE, {"folder": self.folder, "files": self._files(path)})
        return self.session.read.schema(frame.schema).parquet(path)

    def _begin(self) -> None:
        """From here on all is made anew: what was made after this table was made of another."""
        if self._records and self._going_on:
            for record in self._records.glob(f"[0-9]*/{DONE}"):
                if int(record.parent.name.split("-")[0]) >= self._number:
                    shutil.rmtree(record.parent)
                    self.remove(record.parent.name)
        self._going_on = False

    def _is_whole(self, name: str, path: str) -> bool:
        assert self._records
        try:
            noted: dict[str, Any] = json.loads((self._records / name / DONE).read_text("utf-8"))
            return bool(noted == {"folder": self.folder, "files": self._files(path)})
        except (OSError, ValueError):
            return False

    def _files(self, path: str) -> dict[str, int]:
        """Bytes of each file of a table, by its name; nothing where there is none."""
        where = self._path(path)
        system = self._system(where)
        if not system.exists(where):
            return {}
        found = {one.getPath().getName(): int(one.getLen()) for one in system.listStatus(where)}
        return {name: found[name] for name in sorted(found) if not name.startswith((".", "_"))}

    def clear(self) -> None:
        """Delete the folder and the notes of what was in it."""
        self.remove()
        for record in self._records.glob(f"[0-9]*/{DONE}") if self._records else ():
            shutil.rmtree(record.parent)

    def remove(self, name: str = "") -> None:
        """Delete a folder in it, or the folder itself."""
        where = self._path(f"{self.folder}/{name}")
        self._system(where).delete(where, True)

    def _path(self, path: str) -> Any:
        return self.session._jvm.org.apache.hadoop.fs.Path(path)

    def _system(self, path: Any) -> Any:
        return path.getFileSystem(self.session._jsc.hadoopConfiguration())
