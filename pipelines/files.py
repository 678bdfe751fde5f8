"""One file where it lies: on a disk, or behind a URL that fsspec knows (`s3://`, `hf://`, `memory://`, ...).

A file behind a URL is read from where it is, a block at a time; nothing is copied first. Keys, endpoints and
tokens are those of the file system's own settings and environment, and never part of a source's name.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from uuid import uuid4

from pipelines.errors import CallError, ReadError, first_line
from pipelines.secrets import bare, scrub

_EXTRAS = {"s3": "s3", "s3a": "s3", "hf": "hub"}


@dataclass(frozen=True)
class Remote:
    """A file behind a URL. It has what readers ask of a `Path`."""

    url: str
    """As its file system takes it, with what secrets it has: never to be printed."""
    size: int
    """Bytes; 0 where the file system does not say."""

    @property
    def _path(self) -> PurePosixPath:
        return PurePosixPath(bare(self.url).split("://", 1)[1])

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._path.name

    @property
    def parts(self) -> tuple[str, ...]:
        """Bucket or host, folders, and name."""
        return self._path.parts

    @property
    def suffix(self) -> str:
        """Such as `.gz`."""
        return self._path.suffix

    @property
    def suffixes(self) -> list[str]:
        """Such as `.jsonl`, `.gz`."""
        return self._path.suffixes

    def open(self, mode: str = "rb") -> IO[bytes]:
        """The file for reading. Raises OSError, also for what its library raises of its own."""
        system, path = file_system(self.url)
        try:
            opened: IO[bytes] = system.open(path, mode)
            return opened
        except OSError:
            raise
        except Exception as error:  # each library has its own, for keys and for networks
            raise OSError(first_line(error)) from error

    def __str__(self) -> str:
        return scrub(self.url)

    def __repr__(self) -> str:
        return f"Remote({scrub(self.url)!r}, {self.size})"


@dataclass(frozen=True)
class Stretch:
    """Some bytes of a file, of whole lines. It has what readers ask of a `Path`."""

    path: Path | Remote
    start: int
    stop: int
    """Before it the stretch ends."""

    @property
    def size(self) -> int:
        """Bytes."""
        return self.stop - self.start

    @property
    def name(self) -> str:
        """That of the file."""
        return self.path.name

    @property
    def parts(self) -> tuple[str, ...]:
        """Those of the file."""
        return self.path.parts

    @property
    def suffix(self) -> str:
        """That of the file."""
        return self.path.suffix

    def open(self, mode: str = "rb") -> IO[bytes]:
        """The bytes for reading, from the first on. Raises OSError as that of the file does."""
        file = self.path.open("rb")
        file.seek(self.start)
        return cast("IO[bytes]", _Bounded(file, self.size))

    def __str__(self) -> str:
        return str(self.path)


class _Bounded(io.RawIOBase):
    """So many bytes of a file, from where it stands."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(found)
        return found

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


Location = Path | Remote | Stretch


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it. Raises CallError for one that nobody knows."""
    import fsspec

    scheme = url.split("://", 1)[0].lower()
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        how = f"pip install 'tamis[{extra}]'" if extra else first_line(error)
        raise CallError(f"to read {scheme}:// takes a library that is not there: {how}") from error
    except OSError as error:
        raise ReadError(f"cannot read {scrub(url)}: {first_line(error)}") from error
    except Exception as error:  # of file systems that are made of other ones, and need to be told of which
        raise CallError(f"{scrub(url)} cannot be opened by its address alone: {first_line(error)}") from error
    return system, path


def state_of(path: Location) -> str:
    """What changes when a file is written again: for a disk its size and time, else what its file system says.

    Something new each time where there is no such file, or nothing is said.
    """
    try:
        if isinstance(path, Path):
            about = path.stat()
            return f"{path} {about.st_size} {about.st_mtime_ns}"
        whole = path.path if isinstance(path, Stretch) else path
        if isinstance(whole, Path):
            return state_of(whole)
        # By its address as it is: what is printed of it opens nothing.
        system, inside = file_system(whole.url)
        return f"{path} {system.ukey(inside)}"
    except Exception:  # each library has its own; who reads it says what is wrong
        return uuid4().hex


def read_together(files: Sequence[Remote]) -> list[bytes | Exception]:
    """The bytes of files of one file system, in their order, asked for at once where it can."""
    system, _ = file_system(files[0].url)
    paths = [file_system(file.url)[1] for file in files]
    found = system.cat(paths, on_error="return")
    return [found] if isinstance(found, bytes) else [found[path] for path in paths]
