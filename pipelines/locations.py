"""Where inputs lie: on a disk, or behind a URL that fsspec knows (`s3://`, `hf://`, `memory://`, ...).

A file behind a URL is read from where it is, a block at a time; nothing is copied first. Keys, endpoints and
tokens are those of the file system's own settings and environment, and never part of a source's name.
"""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from pipelines.errors import CallError, ReadError, first_line
from pipelines.secrets import bare, scrub
from pipelines.store import MANIFEST, MOST, is_dataset, is_manifest

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_MAGIC = re.compile(r"[*?\[]")
# In an address of the web `?` begins a query.
_WEB_MAGIC = re.compile(r"[*\[]")
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


@dataclass(frozen=True)
class Place:
    """An input as it was given."""

    files: tuple[tuple[Location, str], ...]
    """Each file with its name: the path from the name of the input on, with `/`."""
    is_many: bool
    """It is a folder or a pattern: files of other kinds are passed over. A file that is named is not."""


def is_url(given: str | Path) -> bool:
    """Whether an input is a URL; a Path never is one."""
    return isinstance(given, str) and _URL.match(given) is not None


def path_of(given: str | Path) -> Path | None:
    """The path of what lies on a disk, `file://` included; None for what is behind another URL.

    >>> path_of("file:///data/a%20b"), path_of("in/a.txt"), path_of("s3://bucket")
    (PosixPath('/data/a b'), PosixPath('in/a.txt'), None)
    """
    if not is_url(given):
        return Path(given)
    return Path(unquote(urlsplit(str(given)).path)) if str(given).lower().startswith("file://") else None


def name_of(given: str | Path) -> str:
    """What a dataset of this input is called where nobody says: the last part of its path up to the first dot.

    >>> name_of("s3://bucket/news/2024.jsonl.gz"), name_of("in/*.txt"), name_of("memory://")
    ('2024', 'in', 'memory')
    """
    text = bare(str(given)) if is_url(given) else str(Path(given).resolve())
    parts = [part for part in re.split(r":?/+", text) if part and not _MAGIC.search(part)]
    return (parts[-1].split(".")[0] if parts else "") or "dataset"


def find_places(given: str | Path) -> list[Place]:
    """What an input stands for: a file or a folder, or all that a pattern names.

    Raises ReadError where there is none.
    """
    path = path_of(given)
    if path is None:
        return _remote(str(given))
    if not path.exists() and _MAGIC.search(str(path)):
        return [_matching(str(path))]
    if not path.exists():
        raise ReadError(f"no such input: {scrub(str(given))}")
    return [_local(path)]


def _matching(pattern: str) -> Place:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  Path.glob takes no absolute patterns
    if not found:
        raise ReadError(f"no such input: nothing is called {pattern}")
    resolve = cache(lambda folder: Path(folder).resolve())
    files: dict[Location, str] = {}
    for one in found:
        if not os.path.isdir(one):  # noqa: PTH112  the pattern may have matched many thousands
            folder, name = os.path.split(one)
            files[resolve(folder) / name] = _name(name)
    for one in found:
        if os.path.isdir(one):  # noqa: PTH112
            for file, name in _local(Path(one)).files:
                files.setdefault(file, name)  # `data/**` names a folder and what lies in it
    return Place(tuple(files.items()), True)


def _local(given: Path) -> Place:
    path = given.resolve()
    if not path.is_dir():
        return Place(((path, _name(path.name)),), False)
    return Place(tuple(_walk(str(path), path.name)), True)


def _walk(folder: str, name: str) -> Iterator[tuple[Location, str]]:
    """The files below a folder, but for what is hidden. Faster than `Path.rglob` by what that asks of each file.

    Of a dataset of tamis those with its rows: its card is no article, and its audit holds what was dropped.
    """
    with os.scandir(folder) as found:
        entries = [entry for entry in found if not entry.name.startswith(".")]
    own = any(entry.name == MANIFEST for entry in entries) and is_dataset(Path(folder))
    for entry in entries:
        if not own or entry.name == "data":
            inside = f"{name}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, inside)
            elif not entry.is_dir():
                yield Path(entry.path), _name(inside)


def _name(path: str) -> str:
    r"""A path as a table can hold it: bytes that are not UTF-8 are written as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_pattern(url: str) -> bool:
    magic = _WEB_MAGIC if url.lower().startswith(("http://", "https://")) else _MAGIC
    return magic.search(bare(url)) is not None


def _remote(url: str) -> list[Place]:
    system, path = file_system(url)
    try:
        if _is_pattern(url):
            found = system.glob(path, detail=True)
            infos = [found[one] for one in sorted(found) if found[one]["type"] == "file"]
            if not infos:
                raise ReadError(f"no such input: nothing is called {scrub(url)}")
            return [Place(tuple(file for info in infos for file in _files(system, [info], info["name"])), True)]
        info = system.info(path)
        if info["type"] == "file":
            return [Place(tuple(_files(system, [info], path)), False)]
        found = system.find(path, detail=True)
        own = [
            one.removesuffix(MANIFEST)
            for one in found
            if one.endswith(f"/{MANIFEST}") and is_manifest(system.cat_file(one, end=MOST))
        ]
        for folder in own:  # as `_walk` has it
            found = {
                one: info
                for one, info in found.items()
                if not one.startswith(folder) or one.startswith(f"{folder}data/")
            }
        return [Place(tuple(_files(system, [found[one] for one in sorted(found)], path or url.split("://")[0])), True)]
    except ReadError:
        raise
    except FileNotFoundError as error:
        raise ReadError(f"no such input: {scrub(url)}") from error
    except Exception as error:
        raise ReadError(f"cannot read {scrub(url)}: {first_line(error)}") from error


def _files(system: Any, infos: Sequence[dict[str, Any]], base: str) -> Iterator[tuple[Location, str]]:
    """The files of a file system below `base`, or that file itself, but for what is hidden."""
    base = bare(base).strip("/")
    for info in infos:
        path = bare(info["name"]).strip("/")
        inside = path.removeprefix(base).strip("/")
        name = base.rpartition("/")[2] + (f"/{inside}" if inside else "")
        if not any(part.startswith(".") for part in inside.split("/")):
            yield Remote(system.unstrip_protocol(info["name"]), int(info.get("size") or 0)), _name(name)


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
        system, inside = file_system(str(path))
        return f"{path} {system.ukey(inside)}"
    except Exception:  # each library has its own; who reads it says what is wrong
        return uuid4().hex


def read_together(files: Sequence[Remote]) -> list[bytes | Exception]:
    """The bytes of files of one file system, in their order, asked for at once where it can."""
    system, _ = file_system(files[0].url)
    paths = [file_system(file.url)[1] for file in files]
    found = system.cat(paths, on_error="return")
    return [found] if isinstance(found, bytes) else [found[path] for path in paths]
