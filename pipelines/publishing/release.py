"""What of a dataset is published, file by file, and what stays at home."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.dataset import is_version
from pipelines.errors import TamisError
from pipelines.finish import PAPERS
from pipelines.manifest import version_of
from pipelines.report.quality import QUALITY_PAGE, quality_html, read_report
from pipelines.store import MANIFEST, describe_file, sha256_of, write_bytes, write_json

SUMS = "SHA256SUMS"
# Reports without a piece of a record's text, the same bytes for the same dataset. Data Docs are dated and stay.
_REPORTS = ("report.json", "quality.md", "junit.xml", "badge.json")


class PublishError(TamisError):
    """It is not published, and why: a check fails, another content has this version, somebody else was first."""

    exit_code = 1


@dataclass(frozen=True)
class Asset:
    """A file to publish."""

    path: str
    """In the published dataset, with `/`."""
    source: Path
    bytes: int
    sha256: str
    """64 hex digits."""


@dataclass(frozen=True)
class Release:
    """A version of a dataset, ready to be published. The same dataset gives the same release."""

    name: str
    version: str
    assets: tuple[Asset, ...]
    """Everything but the manifest; data first."""
    manifest: Asset
    """It comes last, and names the content: two releases with the same manifest are the same."""

    @property
    def tag(self) -> str:
        """How the version is called where it is published, such as `v1.2.0`."""
        return f"v{self.version}"


def make_release(dataset: Path, manifest: Mapping[str, Any], scratch: Path, *, audit: bool) -> Release:
    """The files of a dataset that are to be published; `scratch` holds those that differ from the ones at home.

    Without `audit` the published manifest and SHA256SUMS name neither audit/ nor what is in it. Raises PublishError for
    a file that is a link or lies outside the dataset, and for a paper that SHA256SUMS does not have with its sum.
    """
    entries = [entry for entry in manifest["files"] if audit or not entry["path"].startswith("audit/")]
    for entry in entries:
        _check_own(dataset, entry["path"])
    _check_own(dataset, SUMS)
    lines = (dataset / SUMS).read_text("utf-8").split("\n")
    papers = _papers(dataset, dict(line.split("  ", 1)[::-1] for line in lines if "  " in line))
    said = dict(manifest) | {"files": entries, "papers": papers, "withheld": [] if audit else ["audit"]}
    write_json(scratch / MANIFEST, said)
    kept = {entry["path"] for entry in [*entries, *papers]}
    named = [line for line in lines if line.split("  ", 1)[-1] in kept]
    write_bytes(scratch / SUMS, "".join(f"{line}\n" for line in named).encode())
    reports = [dataset / "reports" / name for name in _REPORTS if _has(dataset, f"reports/{name}")]
    # At home the page may show a sample of lines that were dropped: it goes with the audit, and without texts else.
    page = dataset / QUALITY_PAGE if audit else scratch / QUALITY_PAGE
    if not audit:
        write_bytes(page, quality_html(dataset, manifest, read_report(dataset), text=False))
    assets = [
        *(Asset(entry["path"], dataset / entry["path"], entry["bytes"], entry["sha256"]) for entry in entries),
        *(Asset(paper["path"], dataset / paper["path"], paper["bytes"], paper["sha256"]) for paper in papers),
        *(_asset(path.relative_to(dataset).as_posix(), path) for path in reports),
        *([_asset(QUALITY_PAGE, page)] if not audit or _has(dataset, QUALITY_PAGE) else []),
        _asset(SUMS, scratch / SUMS),
    ]
    assets.sort(key=lambda asset: (not asset.path.startswith("data/"), asset.path))
    return Release(str(manifest["name"]), version_of(manifest), tuple(assets), _asset(MANIFEST, scratch / MANIFEST))


def _papers(dataset: Path, sums: Mapping[str, str]) -> list[dict[str, Any]]:
    papers = [describe_file(dataset, dataset / name) for name in PAPERS if _has(dataset, name)]
    for paper in papers:
        if sums.get(paper["path"]) != paper["sha256"]:
            raise PublishError(
                f"{paper['path']} is not published: {SUMS} does not have it as it is. A run writes both anew"
            )
    return papers


def _has(dataset: Path, path: str) -> bool:
    """Whether the dataset has the file. Raises PublishError where it is a link, or no file."""
    if not os.path.lexists(dataset / path):
        return False
    _check_own(dataset, path)
    return True


def _check_own(dataset: Path, path: str) -> None:
    """A dataset may come from somebody else: a link in it would publish a file of ours."""
    whole = dataset / path
    steps = [whole, *whole.parents][: len(PurePosixPath(path).parts)]
    if any(step.is_symlink() for step in steps):
        raise PublishError(f"{path} is not published: it is a link, or lies behind one. A dataset has its files itself")
    if not whole.is_file() or not whole.resolve().is_relative_to(dataset.resolve()):
        raise PublishError(f"{path} is not published: it is no file of the dataset")


def _asset(path: str, source: Path) -> Asset:
    return Asset(path, source, source.stat().st_size, sha256_of(source))


def version_in(manifest: bytes) -> str:
    """The version that a published manifest states; '' where it is none, or states none that is one."""
    try:
        found = json.loads(manifest)
    except (ValueError, RecursionError):
        return ""
    stated = version_of(found) if isinstance(found, dict) else ""
    return stated if is_version(stated) else ""
