"""Suites of expectations: read the files, refuse what is wrong in them, and build them.

A suite is a JSON file in the format of Great Expectations, with two keys of ours in `meta`: the suite's `table`
(`articles`: the published rows; `release`: one row of numbers about the whole dataset, see `measures`; `baseline`: one
row about what changed since an earlier release, see `baseline`) and each expectation's `id`.
Great Expectations itself drops an expectation that it cannot build and leaves a line in a log, so everything is
checked here first.

Only expectations about single values are allowed: rows are read in shards, and one about a whole column (a
mean, uniqueness) would hold for each shard and say nothing of the dataset. The release table is for those.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from importlib import resources
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from cleaning.config import POLICIES
from cleaning.tables import ARTICLES
from expectations import load_great_expectations
from pipelines.checks.baseline import BASELINE_MEASURES
from pipelines.checks.measures import MEASURES
from pipelines.errors import CallError, first_line

TABLES: dict[str, tuple[str, ...]] = {
    "articles": tuple(ARTICLES.names),
    "release": tuple(MEASURES),
    "baseline": tuple(BASELINE_MEASURES),
}
"""The tables a suite can be about, and their columns."""

LEVELS = ("critical", "warning")

PARAMETERS = ("latest",)
"""What `{"$PARAMETER": ...}` can stand for: `latest`, the last moment that a record may be dated."""

_SUITE_KEYS = ("name", "meta", "notes", "expectations")
_KEYS = ("type", "kwargs", "severity", "description", "notes", "meta")
_META_KEYS = ("id", "expected", "not_under")
# Arguments that name columns of the table.
_COLUMN_KEYS = ("column", "column_A", "column_B", "column_list")
# Fields that every expectation has and a suite file has no business with.
_NOT_ARGUMENTS = frozenset(
    {"id", "meta", "notes", "description", "severity", "rendered_content"}
    | {"catch_exceptions", "result_format", "windows", "batch_id"}
)
# They ask of each value how it stands to the others.
_WHOLE_COLUMN = frozenset(
    {
        "expect_column_values_to_be_unique",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_decreasing",
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_not_be_outliers",
        "expect_compound_columns_to_be_unique",
        "expect_multicolumn_values_to_be_unique",
    }
)


class SuiteError(CallError):
    """A suite file that is wrong, with what to write instead."""


@dataclass(frozen=True)
class Item:
    """One expectation of a suite, as the reports speak of it."""

    name: str
    """Its `meta.id`, such as `text-not-blank`."""
    columns: tuple[str, ...]
    level: str
    expected: str
    """The limit, in words."""
    meaning: str
    mostly: float
    """Share of the values that must meet it, 0-1."""
    expectation: Any
    """Great Expectations' own object."""
    not_under: str = ""
    """The policy under which a run promises nothing of the kind; '': there is none. `meta.not_under`."""


@dataclass(frozen=True)
class Suite:
    """A suite file, read and found good."""

    name: str
    table: str
    """`articles`, `release` or `baseline`."""
    items: tuple[Item, ...]


def load_suites(extra: Path | None = None, *, ours: Sequence[str] = ("articles", "release")) -> tuple[Suite, ...]:
    """Our suites of those names, then those of a file or of a folder's `*.json`, by name of file.

    Imports great_expectations (about 3 s). Raises SuiteError for a file that is wrong or not there, and for one
    about a baseline where there is none.
    """
    load_great_expectations()
    import expectations.columns
    import expectations.texts  # noqa: F401  (importing them registers what they define)

    shipped = resources.files("expectations")
    suites = [read_suite(shipped.joinpath(f"{name}.json").read_text("utf-8"), f"{name}.json") for name in ours]
    for path in _suite_files(extra) if extra else ():
        try:
            content = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SuiteError(f"cannot read the suite {path}: {error}") from error
        suites.append(read_suite(content, path.name, folder=path.parent))
        if suites[-1].name in (suite.name for suite in suites[:-1]):
            raise SuiteError(f"{path.name}: another suite is called {suites[-1].name!r} already")
        if suites[-1].table == "baseline" and "baseline" not in ours:
            raise SuiteError(f"{path.name} is about what changed since a baseline: give one, --baseline DATASET")
    return tuple(suites)


def _suite_files(extra: Path) -> list[Path]:
    if not extra.is_dir():
        return [extra]
    found = sorted(extra.glob("*.json"))
    if not found:
        raise SuiteError(f"no suite in {extra}: a suite is a .json file")
    return found


def read_suite(content: str, file: str, *, folder: Path | None = None) -> Suite:
    """A suite from the text of its file; `file` is its name in errors.

    `meta.module` names a Python file in `folder` that defines expectations; it is run. Raises SuiteError for broken
    JSON, for a module that cannot be imported, and for a key, an expectation, an argument, a column, a severity or a
    table that does not exist, naming the nearest one that does.
    """
    try:
        suite = json.loads(content, object_pairs_hook=_unrepeated)
    except ValueError as error:
        raise SuiteError(f"{file}: {error}") from error
    _shape(suite, dict, file, "the suite")
    _known(suite, _SUITE_KEYS, file, "key")
    name, meta, listed = suite.get("name"), suite.get("meta"), suite.get("expectations")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise SuiteError(f"{file}: 'name' has to be lower-case letters, digits and dashes, not {name!r}")
    _shape(meta, dict, file, "'meta'")
    _known(meta, ("table", "module"), file, "key of meta")
    _known((meta.get("table"),), tuple(TABLES), file, "table")
    _shape(listed, list, file, "'expectations'")
    if "module" in meta:
        _import(meta["module"], folder, file)
    if not listed:
        raise SuiteError(f"{file}: 'expectations' is empty, and a suite that asks nothing always passes")
    numbered = enumerate(listed, 1)
    items = [_read_item(entry, f"{file}, expectation {number}", meta["table"]) for number, entry in numbered]
    names = [item.name for item in items]
    for item_name in names:
        if names.count(item_name) > 1:
            raise SuiteError(f"{file}: the id {item_name!r} is given twice")
    return Suite(name, meta["table"], tuple(items))


def _read_item(entry: Any, where: str, table: str) -> Item:
    _shape(entry, dict, where, "an expectation")
    _known(entry, _KEYS, where, "key")
    kind, kwargs, meta = entry.get("type"), entry.get("kwargs", {}), entry.get("meta", {})
    _shape(kwargs, dict, where, "'kwargs'")
    _shape(meta, dict, where, "'meta'")
    _known(meta, _META_KEYS, where, "key of meta")
    name = meta.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise SuiteError(f"{where}: 'meta' needs an 'id' of lower-case letters, digits and dashes, not {name!r}")
    where = f"{where} ({name})"
    _known((entry.get("severity", "critical"),), LEVELS, where, "severity")
    made = _find_expectation(kind, where)
    _known(kwargs, tuple(sorted(set(made.__fields__) - _NOT_ARGUMENTS)), where, f"argument of {kind}")
    columns = _columns(kwargs, where, table)
    given = [value["$PARAMETER"] for value in kwargs.values() if isinstance(value, dict) and "$PARAMETER" in value]
    _known(given, PARAMETERS, where, "parameter")
    meaning = entry.get("description", "")
    not_under = meta.get("not_under", "")
    if not_under:
        _known((not_under,), POLICIES, where, "policy")
    expected = meta.get("expected") or _in_words(kind, kwargs)
    return Item(
        name=name,
        columns=columns,
        level=entry.get("severity", "critical"),
        expected=expected,
        meaning=meaning,
        mostly=float(kwargs.get("mostly", 1)),
        expectation=_build(made, entry, where),
        not_under=not_under,
    )


def _import(module: Any, folder: Path | None, where: str) -> None:
    """Run the Python file that stands beside a suite: what it defines is known to Great Expectations then."""
    if folder is None or not isinstance(module, str) or not re.fullmatch(r"\w[\w-]*\.py", module):
        raise SuiteError(f"{where}: 'module' has to be the name of a Python file beside the suite, not {module!r}")
    path = (folder / module).resolve()
    name = f"tamis_suite_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SuiteError(f"{where}: there is no {module} beside it")
    found = module_from_spec(spec)
    sys.modules[name] = found  # decorators and dataclasses look a module up by its name
    try:
        spec.loader.exec_module(found)
    except Exception as error:
        del sys.modules[name]
        raise SuiteError(
            f"{where}: {module} cannot be imported: {type(error).__name__}: {first_line(error)}"
        ) from error


def _find_expectation(kind: Any, where: str) -> Any:
    from great_expectations.expectations import expectation, registry

    known = tuple(sorted(registry.list_registered_expectation_implementations()))
    _known((kind,), known, where, "expectation")
    found = registry.get_expectation_impl(kind)
    single = (
        expectation.ColumnMapExpectation,
        expectation.ColumnPairMapExpectation,
        expectation.MulticolumnMapExpectation,
    )
    if kind in _WHOLE_COLUMN or not issubclass(found, single):
        raise SuiteError(
            f"{where}: {kind} looks at more than a row at a time, and rows are read in shards; "
            "ask it of a column of the release table with expect_column_values_to_be_between"
        )
    return found


def _columns(kwargs: Mapping[str, Any], where: str, table: str) -> tuple[str, ...]:
    columns: list[str] = []
    for key in _COLUMN_KEYS:
        given = kwargs.get(key, [])
        columns += given if isinstance(given, list) else [given]
    _known(columns, TABLES[table], where, f"column of {table}")
    return tuple(columns)


def _build(made: Any, entry: Mapping[str, Any], where: str) -> Any:
    from great_expectations.compatibility.pydantic import ValidationError

    try:
        return made(
            **entry.get("kwargs", {}),
            severity=entry.get("severity", "critical"),
            description=entry.get("description"),
            meta=entry["meta"],
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise SuiteError(f"{where}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error
    except (TypeError, ValueError) as error:
        raise SuiteError(f"{where}: {str(error).splitlines()[0]}") from error


def _in_words(kind: str, kwargs: Mapping[str, Any]) -> str:
    """What an expectation asks, for a reader who does not know Great Expectations."""
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    words = ", ".join(f"{key} {value}" for key, value in kwargs.items() if key not in (*_COLUMN_KEYS, "mostly"))
    if kind == "expect_column_values_to_be_between" and least is not None and most is not None:
        words = f"{least}" if least == most else f"from {least} to {most}"
    elif kind == "expect_column_values_to_be_between":
        words = f"{least} or more" if most is None else f"at most {most}"
    elif kind == "expect_column_values_to_be_in_set":
        words = "one of " + ", ".join(map(str, kwargs.get("value_set", ())))
    elif kind == "expect_column_values_to_not_be_null":
        words = "a value"
    elif not words:
        words = kind.removeprefix("expect_column_").replace("_", " ")
    return words if kwargs.get("mostly", 1) == 1 else f"{words}, in {kwargs['mostly']:.4g} of the values at least"


def _known(given: Any, known: tuple[str, ...], where: str, what: str) -> None:
    for word in given:
        if word not in known:
            near = get_close_matches(str(word), known, 1, 0)
            raise SuiteError(f"{where}: there is no {what} {word!r}; did you mean {near[0]!r}?")


def _shape(value: Any, kind: type, where: str, what: str) -> None:
    if not isinstance(value, kind):
        raise SuiteError(f"{where}: {what} has to be a JSON {'object' if kind is dict else 'list'}")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
    return found
