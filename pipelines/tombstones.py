"""tombstones.jsonl: the ids of what was taken down, so that no later run brings it back. Ids only, never a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cleaning.tombstones import SITE, site_of
from pipelines.dataset import is_version
from pipelines.errors import ReadError, first_line
from pipelines.manifest import TOMBSTONES
from pipelines.store import json_lines, write_bytes


class Tombstone(NamedTuple):
    """One record or one site that was taken down."""

    id: str
    """A doc_id, or `site:` and a registrable domain: as `Config.tombstones` has it."""
    version: str
    """The version of the dataset from which on it is gone."""

    def as_json(self) -> dict[str, str]:
        """As a line of the file has it."""
        if self.id.startswith(SITE):
            return {"site": self.id.removeprefix(SITE), "version": self.version}
        return {"doc_id": self.id, "version": self.version}


def read_tombstones(path: Path) -> list[Tombstone]:
    """The tombstones of a file, or of a dataset's folder; none where the folder has no such file.

    Raises ReadError for a file that is not there or a line that is no tombstone: one left out would bring it back.
    """
    if path.is_dir():
        path = path / TOMBSTONES
        if not path.exists():
            return []
    try:
        lines = [line.decode("utf-8") for line in json_lines(path)]
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {path}: {first_line(error)}") from error
    return [_read(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _read(line: str, where: str) -> Tombstone:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{where} is no JSON: {first_line(error)}") from error
    if isinstance(said, dict) and ("doc_id" in said) != ("site" in said):
        doc_id, site, version = said.get("doc_id"), said.get("site"), said.get("version", "")
        if version != "" and not is_version(version):
            raise ReadError(f"{where}: the version {ascii(version)[:64]} is not MAJOR.MINOR.PATCH, such as 1.2.1")
        if isinstance(doc_id, str) and re.fullmatch(r"[0-9a-f]{32}", doc_id):
            return Tombstone(doc_id, version)
        if isinstance(site, str):
            if not (domain := site_of(site)):
                raise ReadError(f"{where}: {ascii(site)[:64]} is not the domain of a site, such as example.com")
            return Tombstone(f"{SITE}{domain}", version)
    raise ReadError(f'{where} is no tombstone: {{"doc_id": …, "version": …}} or {{"site": …, "version": …}}')


def write_tombstones(folder: Path, tombstones: Iterable[Tombstone]) -> None:
    """Write the file of a dataset, by id, each once with the version that was first; none where there is nothing."""
    first: dict[str, Tombstone] = {}
    for one in tombstones:
        held = first.setdefault(one.id, one)
        if _key(one.version) < _key(held.version):
            first[one.id] = one
    if first:
        lines = [json.dumps(first[name].as_json(), ensure_ascii=False) for name in sorted(first)]
        write_bytes(folder / TOMBSTONES, "".join(f"{line}\n" for line in lines).encode())


def _key(version: str) -> tuple[list[int], str]:
    return [int(part) for part in re.findall(r"\d+", version)], version
