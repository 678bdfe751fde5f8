"""What a run takes over from the dataset that stands where it writes: its version, and the entries of its CHANGELOG."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pipelines.checks.measures import DatasetError
from pipelines.dataset import read_manifest
from pipelines.diff.version_step import parse


class Replaced(NamedTuple):
    """The dataset that a run replaces, as far as the next one goes on from it."""

    version: str
    """As its manifest states it, declared or given by `tamis remove`; '' where it states none or nothing stands."""
    changelog: str
    """Its CHANGELOG.md; '' where it has none."""

    def version_after(self) -> str | None:
        """The version of a run into it that declares none: the next patch; None: none stood there that is stated."""
        return next_patch(self.version) if parse(self.version) else None


def read_replaced(output: Path) -> Replaced:
    """What stands at `output`. Raises nothing for what is no dataset: to refuse that is `staging`'s part."""
    try:
        version = read_manifest(output).get("version", "")
    except DatasetError:
        return Replaced("", "")
    path = output / "CHANGELOG.md"
    changelog = path.read_text("utf-8", "replace") if path.is_file() else ""
    return Replaced(version if isinstance(version, str) else "", changelog)


def next_patch(version: str) -> str:
    """The next patch release.

    >>> next_patch("1.2.9")
    '1.2.10'
    """
    major, minor, patch = version.split("-")[0].split("+")[0].split(".")
    return f"{major}.{minor}.{int(patch) + 1}"
