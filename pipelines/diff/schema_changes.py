"""What became of the columns from one dataset to the next, and what of it breaks those who read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What a reader of the older type reads without loss: the promotions of Iceberg (Table Spec, Schema Evolution).
_WIDER = {("int32", "int64"), ("float", "double")}


@dataclass(frozen=True)
class ColumnChange:
    """One column that is another now. Parquet is read by names, so one that only moved breaks nobody."""

    column: str
    change: str
    """`added`, `removed`, `type`, `nullable` or `moved`."""
    old: str | None
    new: str | None
    breaking: bool


def compare_schemas(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> tuple[ColumnChange, ...]:
    """The changes from one `schema` of a manifest to another, those that break a reader first."""
    before, after = ({str(column.get("name")): column for column in side} for side in (old, new))
    changes = [ColumnChange(name, "removed", _type(before[name]), None, True) for name in before if name not in after]
    for name, column in after.items():
        if name not in before:
            changes.append(ColumnChange(name, "added", None, _type(column), False))
            continue
        types = _type(before[name]), _type(column)
        if types[0] != types[1]:
            changes.append(ColumnChange(name, "type", *types, types not in _WIDER))
        nulls = bool(before[name].get("nullable")), bool(column.get("nullable"))
        if nulls[0] != nulls[1]:
            words = ("never null", "may be null")
            changes.append(ColumnChange(name, "nullable", words[nulls[0]], words[nulls[1]], nulls[1]))
    places = [[name for name in side if name in before and name in after] for side in (before, after)]
    if places[0] != places[1]:
        moved = next(name for name, other in zip(*reversed(places), strict=True) if name != other)
        changes.append(ColumnChange(moved, "moved", None, None, False))
    return tuple(sorted(changes, key=lambda change: not change.breaking))


def _type(column: Mapping[str, Any]) -> str:
    # Arrow and other writers call the items of a list differently.
    return str(column.get("type")).replace("<element:", "<item:")
