"""A dataset behind a URL (`s3://`, `hdfs://`, what fsspec knows), whole or not there.

It is made in a folder of this machine and put there when it is whole and checked: a mark first, then every file, each
read back, and last the manifest, under another name and then its own. What has no manifest is no dataset; a run that
is killed while it uploads leaves files and the mark, and the next one puts its own in their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pipelines.errors import CallError, ReadError, TamisError, first_line
from pipelines.files import file_system
from pipelines.locations import is_url, name_of, path_of
from pipelines.staging import SCRATCH
from pipelines.store import MANIFEST, sha256_of

MARK = ".tamis-run"
"""Stands there from the first file on until the manifest is there; it holds a word of the run that writes."""
_BLOCK = 4 * 2**20


class Upload:
    """A dataset that is to be put behind `url`. `folder`: where it is made, beside what else is made in this folder."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.name = name_of(self.url)
        self.folder = Path("output") / f".{self.name}-{hashlib.sha256(self.url.encode()).hexdigest()[:8]}"
        self._word = uuid4().hex.encode()
        self._system, path = file_system(self.url)
        self._path = str(path).rstrip("/")

    def check(self) -> None:
        """Raises CallError where something is in the way: a dataset that is there is not replaced. ReadError."""
        with self._writing():
            found = self._found()
        if MANIFEST in found:
            raise CallError(f"{self.url} exists already, and behind a URL nothing is replaced: give another -o")
        if found and MARK not in found:
            raise CallError(f"{self.url} is in the way, and of no run of tamis: give another -o")

    def put(self, stage: Path) -> None:
        """Put the dataset in `stage` there. Raises CallError as `check` does, and ReadError."""
        self.check()
        files = [path for path in sorted(stage.rglob("*")) if path.is_file()]
        names = {path.relative_to(stage).as_posix(): path for path in files}
        names = {name: path for name, path in names.items() if not name.startswith((f"{SCRATCH}/", "."))}
        manifest = names.pop(MANIFEST)
        with self._writing():
            self._system.pipe_file(self._at(MARK), self._word)
            for name in self._found() - names.keys() - {MARK}:
                self._system.rm_file(self._at(name))  # an interrupted run has left it
            for name, path in names.items():
                self._put(path, name)
            draft = f".{MANIFEST}.draft"
            self._put(manifest, draft)
            self._still_ours()
            self._system.mv(self._at(draft), self._at(MANIFEST))
            self._system.rm_file(self._at(MARK))

    def _put(self, path: Path, name: str) -> None:
        self._still_ours()
        at = self._at(name)
        self._system.makedirs(at.rpartition("/")[0], exist_ok=True)
        self._system.put_file(str(path), at)
        digest = hashlib.sha256()
        with self._system.open(at, "rb", block_size=_BLOCK) as there:
            while block := there.read(_BLOCK):
                digest.update(block)
        if digest.hexdigest() != sha256_of(path):
            raise ReadError(f"{self.url}/{name} reads back other than it was written")

    def _still_ours(self) -> None:
        """Of two runs at once the later goes on."""
        self._system.invalidate_cache()
        if self._system.cat_file(self._at(MARK)) != self._word:
            raise ReadError(f"another run is writing to {self.url}")

    def _found(self) -> set[str]:
        self._system.invalidate_cache()
        return {str(path).rstrip("/").removeprefix(f"{self._path}/") for path in self._system.find(self._path)}

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except TamisError:
            raise
        except Exception as error:  # each library has its own, for keys and for networks
            raise ReadError(f"cannot write {self.url}: {first_line(error)}") from error


def upload_to(output: Path | str) -> Upload | None:
    """What puts a dataset at `output`; None for a folder of this machine, `file://` included."""
    return Upload(str(output)) if is_url(output) and path_of(output) is None else None


def folder_of(output: Path | str) -> Path:
    """Where on this machine a run into `output` makes its dataset."""
    upload = upload_to(output)
    return upload.folder if upload else path_of(output) or Path(output)
