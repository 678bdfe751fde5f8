"""The tables of a dataset for the report's queries: DuckDB over its Parquet files, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cleaning.tables import ARTICLES, FATES, FLAGS, LABELS, LINES
from pipelines.checks.measures import DatasetError
from pipelines.errors import first_line
from pipelines.parquet_views import MEMORY, connection, open_parquet

if TYPE_CHECKING:
    import duckdb

_AUDIT = {"fates": FATES, "flags": FLAGS, "labels": LABELS, "lines": LINES}


class Tables:
    """Queries over `articles` and, where the audit is at hand, `fates`, `flags`, `labels` and `lines`."""

    def __init__(
        self, db: duckdb.DuckDBPyConnection, folder: Path, audit: Mapping[str, Sequence[Path]], has_audit: bool
    ) -> None:
        self._db = db
        self.folder = folder
        self.audit = audit
        """The files of each table of the audit."""
        self.has_audit = has_audit
        """False where the dataset came without its audit tables, as a published one does."""

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """What a query gives, a dict for each row. Raises DatasetError where a file cannot be read."""
        import duckdb

        try:
            found = self._db.execute(query, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        except duckdb.Error as error:
            raise DatasetError(f"cannot read the tables of {self.folder}: {first_line(error)}") from error

    def row(self, query: str, **values: Any) -> dict[str, Any]:
        """The only row of a query."""
        (row,) = self.rows(query, **values)
        return row

    def draw(self, schema: str, doc_ids: Sequence[str]) -> None:
        """Copy the rows of some documents to tables of a schema, in one scan of each: to read them some at a time.

        Articles without their text where the lines are at hand. What the schema held before goes. Raises DatasetError
        where a file cannot be read.
        """
        self.rows(f"drop schema if exists {schema} cascade")
        self.rows(f"create schema {schema}")
        for name in ("articles", *(_AUDIT if self.has_audit else ())):
            columns = "* exclude (text)" if name == "articles" and self.has_audit else "*"
            self.rows(
                f"create table {schema}.{name} as select {columns} from {name} where doc_id in (select unnest($ids))",
                ids=list(doc_ids),
            )


@contextmanager
def open_tables(folder: Path, manifest: Mapping[str, Any], memory: str = MEMORY) -> Iterator[Tables]:
    """The tables of the files that the manifest lists. Raises DatasetError where a column is missing."""
    paths = sorted(entry["path"] for entry in manifest["files"])
    data = [path for path in paths if re.fullmatch(r"data/[^/]+\.parquet", path)]
    audit = {
        name: [path for path in paths if re.fullmatch(rf"audit/{name}(-[^/]+)?\.parquet", path)] for name in _AUDIT
    }
    has_audit = all(some and all((folder / path).is_file() for path in some) for some in audit.values())
    with connection(memory) as db:
        _register(db, "articles", folder, data, ARTICLES)
        for name, some in audit.items() if has_audit else ():
            _register(db, name, folder, some, _AUDIT[name])
        yield Tables(db, folder, {name: [folder / path for path in some] for name, some in audit.items()}, has_audit)


def _register(db: duckdb.DuckDBPyConnection, name: str, folder: Path, paths: list[str], schema: pa.Schema) -> None:
    import duckdb

    try:
        open_parquet(db, name, [folder / path for path in paths], schema)
        found = {column for column, *_ in db.execute(f"describe {name}").fetchall()}
    except duckdb.Error as error:
        raise DatasetError(f"cannot read {folder / paths[0]}: {first_line(error)}") from error
    missing = [column for column in schema.names if column not in found]
    if missing:
        raise DatasetError(f"{folder / paths[0]} has no column {missing[0]}: another version of tamis wrote it")
