"""`tamis diff`: what became of a dataset from one release to the next.

Rows are told by doc_id and compared by text_sha256 and by a hash of their other columns; distributions by
`drift`; rules by the audit tables of both. All of it is DuckDB queries over both datasets, spilled to disk
where they are larger than memory. Nothing of a text is in the result: doc_ids, counts, names of columns, rules, sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.checks.measures import DatasetError, Files, find_files
from pipelines.dataset import read_manifest
from pipelines.diff.columns_drift import measure_drift
from pipelines.diff.drift import Drift
from pipelines.diff.rows import Reason, RowChanges, compare_rows, reasons
from pipelines.diff.rules import RuleChange, compare_rules
from pipelines.diff.schema_changes import ColumnChange, compare_schemas
from pipelines.diff.version_step import Changes, Step, version_step
from pipelines.errors import first_line
from pipelines.parquet_views import connection
from pipelines.store import MANIFEST, sha256_of
from pipelines.tombstones import read_tombstones


@dataclass(frozen=True)
class Side:
    """One of the two datasets, by its manifest."""

    name: str
    rows: int
    version: str | None
    """The version that the dataset declares of itself."""
    pipeline_version: str | None
    config_sha256: str | None
    manifest_sha256: str


PACK = "rules "
"""What stands before the name of a rule pack of a user's own where it is told of as a setting; its value is a sum."""


@dataclass(frozen=True)
class Setting:
    """A setting that decides what the rows say, and that is another now; None: it was not there."""

    key: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Diff:
    """What is different in the newer of two datasets."""

    old: Side
    new: Side
    increment: bool
    """The newer one was made `--against` the older one, so it holds what the older one has not."""
    rows: RowChanges
    why_removed: tuple[Reason, ...]
    why_added: tuple[Reason, ...]
    schema: tuple[ColumnChange, ...]
    settings: tuple[Setting, ...]
    drift: tuple[Drift, ...]
    rules: tuple[RuleChange, ...]
    rules_apart: int
    """Documents of both that rules were not compared in: their source is not the same line by line."""
    rules_absent: str
    """Why rules and reasons could not be compared (a dataset without its audit); '' where they were."""
    step: Step

    @property
    def same_manifest(self) -> bool:
        """Whether the two are one dataset, or copies of one."""
        return self.old.manifest_sha256 == self.new.manifest_sha256

    @property
    def identical(self) -> bool:
        """Whether a reader finds the same rows in the same columns."""
        return not self.schema and self.rows.same == self.old.rows == self.new.rows


def diff(old: Path, new: Path) -> Diff:
    """Compare two datasets. Raises DatasetError where one is none, or has no doc_id or text_sha256 to compare by."""
    import duckdb

    before, after = read_manifest(old), read_manifest(new)
    old_side, new_side = _side(old, before), _side(new, after)
    old_files = find_files(old, before, audit_wanted=False)
    new_files = find_files(new, after, audit_wanted=False)
    columns = _shared_columns(old_files, new_files)
    for name in ("doc_id", "text_sha256"):
        if name not in columns:
            raise DatasetError(f"cannot compare {old} with {new}: they have no column {name} of one type")
    tombstones = {stone.id for stone in read_tombstones(new)}
    with connection() as db:
        try:
            rows = compare_rows(db, old_files, new_files, columns, tombstones)
            drift = measure_drift(db, columns)
            rules, apart, absent = compare_rules(db, old_files, new_files)
            why_removed, why_added = reasons(db) if not absent else ((), ())
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise DatasetError(f"cannot compare {old} with {new}: {first_line(error)}") from error
    schema = compare_schemas(before["schema"], after["schema"])
    settings = _settings(before.get("config"), after.get("config"))
    increment = any(
        isinstance(one, Mapping) and one.get("manifest_sha256") == old_side.manifest_sha256
        for one in after.get("against") or ()
    )
    changes = Changes(
        breaking=[change.column for change in schema if change.breaking],
        columns=sum(not change.breaking for change in schema),
        old_rows=old_side.rows,
        new_rows=new_side.rows,
        added=rows.added,
        removed=0 if increment else rows.removed,
        texts=rows.changed_text,
        others=rows.changed_other,
        settings=[setting.key for setting in settings],
        taken_down=0 if increment else rows.taken_down,
    )
    step = version_step(changes, old_side.version, new_side.version)
    return Diff(
        old_side, new_side, increment, rows, why_removed, why_added, schema, settings, drift, rules, apart, absent, step
    )


def _side(folder: Path, manifest: Mapping[str, Any]) -> Side:
    def said(key: str) -> str | None:
        value = manifest.get(key)
        return value if isinstance(value, str) else None

    return Side(
        name=manifest["name"],
        rows=manifest["rows"],
        version=said("version"),
        pipeline_version=said("pipeline_version"),
        config_sha256=said("config_sha256"),
        manifest_sha256=sha256_of(folder / MANIFEST),
    )


def _shared_columns(old: Files, new: Files) -> dict[str, pa.DataType]:
    """The columns that every data file of both has in one type, in the order of the newer."""
    schemas = [files.schemas[path] for files in (old, new) for path in files.data]
    if not schemas:
        return {}
    first = next((new.schemas[path] for path in new.data), schemas[0])
    return {
        field.name: field.type
        for field in first
        if all(schema.names.count(field.name) == 1 for schema in schemas)
        and all(schema.field(field.name).type.equals(field.type) for schema in schemas)
    }


def _settings(old: Any, new: Any) -> tuple[Setting, ...]:
    before, after = (_packs_apart(config) if isinstance(config, Mapping) else {} for config in (old, new))
    keys = [*before, *(key for key in after if key not in before)]
    found = (Setting(str(key), before.get(key), after.get(key)) for key in keys)
    return tuple(one for one in found if one.old != one.new)


def _packs_apart(config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with each rule pack of a user's own as one of them, so that it is said which of many is another now."""
    packs = config.get("rules")
    if not isinstance(packs, Mapping):
        return dict(config)
    apart = {key: value for key, value in config.items() if key != "rules"}
    return apart | {f"{PACK}{name}": digest for name, digest in packs.items()}
