"""Finished work in a scratch folder: tables of a stage over a shard, under a name that says all they depend on.

What stands under the name is checked, not merely found, so a run that was killed at any moment goes on with what is
whole, and a change of the code, the settings or the input makes anew what depends on it, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

import cleaning
from cleaning.config import Config
from pipelines.stages import Stage, Tables
from pipelines.staging import DONE
from pipelines.store import sha256_of

# What can change a byte of a stage's tables, beside tamis and Python.
_DEPENDENCIES = (
    "chardetng-py", "ftfy", "google-re2", "langdetect", "llvmlite", "numba", "numpy", "pyarrow", "tldextract",
)  # fmt: skip
# Modules of this package that run in a stage.
_OURS = ("compressed", "file_rows", "files", "reading", "sources", "stages", "streams", "scratch")


@cache
def made_by() -> str:
    """64 hex digits over the code that stages run, its rules and models, and the versions of what it uses."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {pa.cpp_version}".encode())
    for package in _DEPENDENCIES:
        digest.update(f"{package} {version(package)}\n".encode())
    root = Path(cleaning.__file__).parent
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in [*files, *(Path(__file__).with_name(f"{name}.py") for name in _OURS)]:
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def digests(side: Mapping[str, Path]) -> dict[str, str]:
    """sha256 of each side table."""
    return {name: sha256_of(path) for name, path in sorted(side.items())}


def name_of(stage: Stage, config: Config, side: Mapping[str, str], content: str) -> str:
    """Name of the folder with a stage's tables of a shard whose records are `content`, a digest of them.

    `side`: `digests` of the side tables.
    """
    depends = {
        "stage": stage.name,
        "made_by": made_by(),
        "settings": {name: config.deciding().get(name) for name in sorted(stage.settings)},
        "side": dict(side),
        "content": content,
    }
    return f"{stage.name}-{hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()[:32]}"


class Finished(NamedTuple):
    """What stands in a folder."""

    records: int
    """Of the shard."""
    tables: tuple[str, ...]


def keep(folder: Path, tables: Tables, records: int) -> Finished:
    """Write tables as Arrow files into `folder`, which is there only once they are whole."""
    draft = folder.with_name(f"draft-{folder.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        files = {}
        for name, table in tables.items():
            path = draft / f"{name}.arrow"
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
            files[name] = {"rows": len(table), "bytes": path.stat().st_size, "sha256": sha256_of(path)}
        done = json.dumps({"records": records, "files": files}, sort_keys=True)
        digest = hashlib.sha256(done.encode()).hexdigest()
        (draft / DONE).write_text(f"{digest}\n{done}\n", "utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # what is there was found wanting
        draft.rename(folder)
        return Finished(records, tuple(sorted(tables)))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def find(folder: Path) -> Finished | None:
    """What `keep` left there, if all of it is there and is what it wrote."""
    try:
        digest, done = (folder / DONE).read_text("utf-8").splitlines()
        if hashlib.sha256(done.encode()).hexdigest() != digest:
            return None
        about: dict[str, Any] = json.loads(done)
        for name, file in about["files"].items():
            path = folder / f"{name}.arrow"
            if path.stat().st_size != file["bytes"] or sha256_of(path) != file["sha256"]:
                return None
            with pa.memory_map(str(path)) as source:
                opened = pa.ipc.open_file(source)
                if sum(opened.get_batch(n).num_rows for n in range(opened.num_record_batches)) != file["rows"]:
                    return None
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None
    return Finished(about["records"], tuple(sorted(about["files"])))


def sweep(scratch: Path) -> int:
    """Make the folder, and take away what a run that died was in the middle of; says how much is finished there."""
    scratch.mkdir(exist_ok=True)
    for path in scratch.iterdir():
        if not (path / DONE).exists() or path.name.startswith("draft-"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return sum(1 for _ in scratch.iterdir())
