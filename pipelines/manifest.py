"""manifest.json: what a dataset is made of. It is written last, so a folder without one is no dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from cleaning.config import Config
from cleaning.tables import ARTICLES
from pipelines.ledger import Ledger
from pipelines.store import describe_file

FORMAT = 1
FIRST_VERSION = "1.0.0"
TOMBSTONES = "tombstones.jsonl"
"""The ids of what was taken down, at the dataset's root, where there are any."""
# What can change a byte of the data from one version to the next.
_DEPENDENCIES = ("ftfy", "google-re2", "langdetect", "numpy", "pyarrow", "tldextract")


def make_manifest(
    folder: Path,
    name: str,
    config: Config,
    ledger: Ledger,
    against: Sequence[dict[str, Any]] = (),
    following: str | None = None,
) -> dict[str, Any]:
    """The manifest of the data and audit files that stand in `folder`.

    `against`: datasets that it leaves out; `following`: its version where the settings declare none.
    """
    version_stated = config.about.get("version", following)
    return {
        "format": FORMAT,
        "name": name,
        **({"version": version_stated} if version_stated else {}),
        "about": dict(config.about),
        "pipeline_version": version("tamis"),
        "config": config.deciding(),
        "config_sha256": config.sha256(),
        "against": list(against),
        "versions": {package: version(package) for package in _DEPENDENCIES},
        "schema": describe_schema(ARTICLES),
        "files": describe_files(folder),
        "rows": ledger.published,
        "ledger": ledger.as_json(),
    }


def describe_files(folder: Path) -> list[dict[str, Any]]:
    """The data and audit files, and the tombstones where there are any, as the manifest names them."""
    files = [path for part in ("data", "audit") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    tombstones = folder / TOMBSTONES
    return [describe_file(folder, path) for path in [*files, *([tombstones] if tombstones.exists() else [])]]


def version_of(manifest: Mapping[str, Any]) -> str:
    """The version of a dataset: as declared; a dataset that declares none is its first."""
    stated = manifest.get("version")
    return FIRST_VERSION if stated is None else str(stated)


def describe_schema(schema: pa.Schema) -> list[dict[str, Any]]:
    """A schema as JSON holds it: name, type and nullable of each column."""
    return [{"name": field.name, "type": str(field.type), "nullable": field.nullable} for field in schema]
