"""Places that files are published to: a folder and a bucket. Nothing that is there is ever written over."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pipelines.errors import CallError, ReadError, first_line

_BLOCK = 1 << 22


class Found(NamedTuple):
    """A file that was read back."""

    bytes: int
    sha256: str


class Place(Protocol):
    """Where the files of one version go. Paths are relative, with `/`."""

    name: str
    """For a person: the folder, or the address of the prefix."""

    def create(self, path: str, source: Path) -> bool:
        """Put a file there, whole or not at all; False where one is there already, which stays as it is."""

    def blocks(self, path: str) -> Iterator[bytes]:
        """What stands there, some megabytes at a time. Raises FileNotFoundError."""

    def delete(self, path: str) -> None:
        """Take a file away, if it is there."""

    def strangers(self, known: Collection[str]) -> list[str]:
        """Paths of what stands there beside the known files, sorted; a link is never a known file."""


def read_back(place: Place, path: str) -> Found | None:
    """Size and checksum of a file as the place gives it back; None where it has none."""
    digest, size = hashlib.sha256(), 0
    try:
        for block in place.blocks(path):
            digest.update(block)
            size += len(block)
    except FileNotFoundError:
        return None
    return Found(size, digest.hexdigest())


# As `Folder.create` names them.
_DRAFT = re.compile(r"\..+\.[0-9a-f]{16}\.draft", re.S)


class Folder:
    """A folder on a disk that others see."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def create(self, path: str, source: Path) -> bool:
        """See `Place`. The file gets its name by a hard link, which fails where the name is taken."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            return False
        draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}.draft")
        try:
            with source.open("rb") as bytes_in, draft.open("xb") as out:
                shutil.copyfileobj(bytes_in, out, _BLOCK)
                out.flush()
                os.fsync(out.fileno())
            try:
                target.hardlink_to(draft)
            except FileExistsError:
                return False
            except OSError as error:
                raise ReadError(f"cannot publish to {self.name}: its file system has no hard links") from error
        finally:
            draft.unlink(missing_ok=True)
        return True

    def blocks(self, path: str) -> Iterator[bytes]:
        """See `Place`."""
        with (self._folder / path).open("rb") as file:
            while block := file.read(_BLOCK):
                yield block

    def delete(self, path: str) -> None:
        """See `Place`."""
        (self._folder / path).unlink(missing_ok=True)

    def strangers(self, known: Collection[str]) -> list[str]:
        """See `Place`. A draft is none: it is being written, or was left by a process that was killed."""
        if self._folder.is_symlink():
            return ["."]
        found = []
        for root, folders, files in os.walk(self._folder):
            for path in (Path(root, name) for name in [*folders, *files]):
                name = path.relative_to(self._folder).as_posix()
                if path.is_symlink() or (name not in known and not path.is_dir() and not _DRAFT.fullmatch(path.name)):
                    found.append(name)
        return sorted(found)


# What S3 answers where a conditional create finds the name taken, or being taken.
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class Bucket:
    """A prefix of a bucket that speaks S3. Credentials and endpoint are where its own clients look for them."""

    def __init__(self, address: str) -> None:
        """`address`: `s3://bucket/prefix`. Raises CallError without the extra `s3`."""
        try:
            import s3fs
        except ImportError as error:
            raise CallError("s3:// needs more than is installed: pip install 'tamis[s3]'") from error
        # A shared instance would keep listings of what others have changed since.
        self._files: Any = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
        self._root = address.removeprefix("s3://").rstrip("/")
        self.name = address.rstrip("/")

    def create(self, path: str, source: Path) -> bool:
        """See `Place`. S3's conditional write: `If-None-Match: *`, for uploads in parts as well."""
        try:
            self._files.put_file(str(source), f"{self._root}/{path}", mode="create")
        except OSError as error:
            if _code(error) in _TAKEN:
                return False
            raise
        return True

    def blocks(self, path: str) -> Iterator[bytes]:
        """See `Place`."""
        with self._files.open(f"{self._root}/{path}", "rb", block_size=_BLOCK, cache_type="readahead") as file:
            while block := file.read(_BLOCK):
                yield block

    def delete(self, path: str) -> None:
        """See `Place`."""
        if self._files.exists(f"{self._root}/{path}"):
            self._files.rm_file(f"{self._root}/{path}")

    def strangers(self, known: Collection[str]) -> list[str]:
        """See `Place`."""
        keys = (key.removeprefix(f"{self._root}/") for key in self._files.find(self._root))
        return sorted(key for key in keys if key not in known)


def _code(error: BaseException) -> str:
    """The code of S3's answer behind an error; '' where there was none."""
    while error.__cause__ is not None and not hasattr(error, "response"):
        error = error.__cause__
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


_CLIENTS = ("botocore", "aiobotocore", "aiohttp", "huggingface_hub", "httpx", "httpx2")


@contextmanager
def place_errors(name: str) -> Iterator[None]:
    """Turns what a disk, a network or a server answers into a ReadError of one line."""
    try:
        yield
    except OSError as error:
        raise ReadError(f"cannot publish to {name}: {first_line(error)}") from error
    except Exception as error:
        # botocore's and huggingface_hub's errors have no common ancestor; ours and faults of the code go on.
        # huggingface_hub wraps some of its own in RuntimeError and ValueError.
        if type(error).__module__.split(".")[0] in _CLIENTS or (
            name.startswith("hf://") and isinstance(error, RuntimeError | ValueError)
        ):
            raise ReadError(f"cannot publish to {name}: {first_line(error)}") from error
        raise
