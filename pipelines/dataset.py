"""A dataset opened by its manifest: read, and found to say what it must."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.checks.measures import DatasetError
from pipelines.manifest import FORMAT
from pipelines.store import MANIFEST

_FIELDS: dict[str, type] = {"name": str, "schema": list, "files": list, "rows": int, "ledger": dict}
_FILE_FIELDS: dict[str, type] = {"path": str, "bytes": int, "sha256": str}
# As `cleaning.config` has it; so that no number is too long for int().
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.(?:0|[1-9][0-9]{0,17})){2}")
# In what is printed or becomes part of a path: C0, DEL, C1, line and paragraph separators, bidi, lone surrogates.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a dataset. Raises DatasetError, in one line, where the folder has none that holds."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise DatasetError(f"no such folder: {folder}")
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DatasetError(f"{folder} is no dataset: it has no {MANIFEST}, which a run writes last") from error
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is not JSON: {error}") from error
    check_manifest(manifest)
    return dict(manifest)


def check_manifest(manifest: Any) -> None:
    """Raises DatasetError where a manifest lacks what it must say, or names files outside its folder.

    Name and version become parts of paths, keys and tags where the dataset is published: they have to be plain.
    """
    if not isinstance(manifest, Mapping):
        raise DatasetError(f"{MANIFEST} has to be a JSON object")
    if manifest.get("format") != FORMAT:
        raise DatasetError(f"{MANIFEST} has format {manifest.get('format')!r}; this version of tamis reads {FORMAT}")
    _check_fields(manifest, _FIELDS, MANIFEST)
    name = manifest["name"]
    if not name.strip() or name in (".", "..") or re.search(r"[/\\]", name) or UNPRINTABLE.search(name):
        raise DatasetError(f"{MANIFEST}: the name {name[:64]!a} is not that of a folder")
    if manifest.get("version") is not None and not is_version(manifest["version"]):
        raise DatasetError(
            f"{MANIFEST}: the version {ascii(manifest['version'])[:64]} is not MAJOR.MINOR.PATCH, such as 1.2.0"
        )
    _check_count(manifest, "rows", MANIFEST)
    seen = set()
    for number, entry in enumerate(manifest["files"]):
        where = f"{MANIFEST}, files[{number}]"
        _check_object(entry, where)
        _check_fields(entry, _FILE_FIELDS, where)
        _check_count(entry, "bytes", where)
        _check_count(entry, "rows", where)
        path = PurePosixPath(entry["path"])
        if path.is_absolute() or ".." in path.parts or str(path) != entry["path"] or "\\" in entry["path"]:
            raise DatasetError(f"{where}: {entry['path']!r} is not a path inside the dataset")
        if UNPRINTABLE.search(entry["path"]):
            raise DatasetError(f"{where}: {entry['path'][:200]!a} has characters that no path of a dataset has")
        if entry["path"] in seen:
            raise DatasetError(f"{where}: {entry['path']!r} is listed twice")
        seen.add(entry["path"])
    for number, column in enumerate(manifest["schema"]):
        _check_object(column, f"{MANIFEST}, schema[{number}]")
    for part, numbers in manifest["ledger"].items():
        _check_object(numbers, f"{MANIFEST}, ledger.{part}")


def is_version(value: Any) -> bool:
    """Whether it is a version of a dataset: MAJOR.MINOR.PATCH.

    >>> is_version("1.2.0"), is_version("1.2"), is_version("/../../1.2.0")
    (True, False, False)
    """
    return isinstance(value, str) and _VERSION.fullmatch(value) is not None


def _check_count(entry: Mapping[str, Any], field: str, where: str) -> None:
    value = entry.get(field, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DatasetError(f"{where}: {field!r} is no count: {ascii(value)[:64]}")


def _check_object(value: Any, where: str) -> None:
    if not isinstance(value, Mapping):
        raise DatasetError(f"{where} has to be a JSON object")


def _check_fields(entry: Mapping[str, Any], fields: Mapping[str, type], where: str) -> None:
    for name, kind in fields.items():
        if not isinstance(entry.get(name), kind) or isinstance(entry.get(name), bool):
            raise DatasetError(f"{where}: {name!r} is missing or not {kind.__name__}")
