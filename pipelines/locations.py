"""What an input stands for: a file, a folder or a pattern, on a disk or behind a URL, and the files that it names."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipelines.errors import ReadError, first_line
from pipelines.files import Location, Remote, file_system
from pipelines.secrets import bare, scrub
from pipelines.store import MANIFEST, MOST, is_dataset, is_manifest

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_MAGIC = re.compile(r"[*?\[]")
# In an address of the web `?` begins a query.
_WEB_MAGIC = re.compile(r"[*\[]")


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
