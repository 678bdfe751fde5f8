"""An input record's own fields: found by name, made into text, and so into a Record."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any

from cleaning.config import Config
from cleaning.records import Problem, Record


@cache
def known_names() -> dict[str, tuple[str, ...]]:
    """Under which names each field may be found, as `fold_name` has them."""
    text = resources.files("cleaning").joinpath("data/input_fields.toml").read_text("utf-8")
    return {name: tuple(map(fold_name, names)) for name, names in tomllib.loads(text).items()}


def fold_name(name: str) -> str:
    """A name without case, `-`, `_` and spaces."""
    return re.sub(r"[-_\s]", "", name).casefold()


def find_fields(names: tuple[str, ...], config: Config) -> dict[str, str]:
    """Which of a record's names holds which field: `{"text": "articleBody", "id": "uid"}`.

    A name that the config gives wins where the record has it; where it has not, the known names are looked for, since
    one config holds for inputs of several kinds.

    >>> find_fields(("articleBody", "UID", "colour"), Config())
    {'id': 'UID', 'text': 'articleBody'}
    """
    folded = {fold_name(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    for field, known in known_names().items():
        name = config.fields.get(field)
        if name not in names:
            name = next((folded[k] for k in known if k in folded), None)
        if name is not None:
            found[field] = name
    return found


def make_record(values: Mapping[str, Any], row: int, source_file: str, names: Iterable[str] = ()) -> Record:
    """A record from what an input says of it, by the names of `config.RECORD_FIELDS`.

    What is no text in the text's place gives the record a problem; it is never made into text by force.
    `names`: what the input calls its fields.
    """
    try:
        return _make_record(values, row, source_file, names)
    except Exception as error:  # a value nested a thousand deep, an object that cannot be shown
        problem = Problem("quarantine.bad-value", f"a field cannot be read: {type(error).__name__}")
        return Record(source_file, row, problem=problem)


def _make_record(values: Mapping[str, Any], row: int, source_file: str, names: Iterable[str]) -> Record:
    given = {name: text for name, value in values.items() if name not in ("text", "id") and (text := as_text(value))}
    source_id = as_text(values.get("id"))
    content = values.get("text")
    if "text" not in values:
        problem = Problem("reject.no-text-field", f"none of its fields is known to hold the text: {_listed(names)}")
        return Record(source_file, row, source_id, given=given, problem=problem)
    if content is None:
        content = ""
    elif not isinstance(content, str | bytes):
        problem = Problem("quarantine.not-text", f"the text is of type {type(content).__name__}, not a string")
        return Record(source_file, row, source_id, given=given, problem=problem)
    return Record(source_file, row, source_id, content, given)


def storable(text: str) -> str:
    """Text with halves of surrogate pairs joined, or replaced by U+FFFD where the other half is missing.

    JSON can say them and no UTF-8 file can hold them.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _listed(names: Iterable[str]) -> str:
    """The first names, of 200 characters together, none cut: a piece of an address would be known for none."""
    found = list(names)
    sizes = accumulate(len(name) + 2 for name in found)
    shown = [name for name, size in zip(found, sizes, strict=True) if size <= 202]
    return storable(", ".join(shown)) or ("names too long to show" if any(found) else "it has none")


def as_text(value: Any) -> str | None:
    """A metadata value as text; None for nothing. Lists are joined with `; `."""
    if type(value) is str:  # as nearly all are
        return storable(value).strip() or None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(as_text, value))) or None
    if isinstance(value, dict):
        return as_text(value.get("name"))
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time():
        return value.date().isoformat()  # a table's way to write a day
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip() or None
    return storable(str(value)).strip() or None
