"""Parquet files as views in DuckDB, which reads them itself: a column at a time, in bounded memory.

(The scanner of Arrow reads ahead whole row groups of text: 1.6 million lines took 1,300 MB through it and take 310.)
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

MEMORY = "384MB"
"""What DuckDB may take."""


def open_parquet(db: duckdb.DuckDBPyConnection, view: str, paths: Iterable[Path], empty: pa.Schema) -> None:
    """Make a view of the rows of these files; of no files, an empty table of that schema."""
    # Absolute, so that no name is taken for an address; with its wildcards taken for letters.
    names = [re.sub(r"([\[*?])", r"[\1]", str(path.resolve())).replace("'", "''") for path in paths]
    if not names:
        db.register(view, empty.empty_table())
        return
    listed = ", ".join(f"'{name}'" for name in names)
    # Folders named like `a=b` are no columns; a file may have its columns in another order.
    db.execute(
        f"create view {view} as from read_parquet([{listed}], hive_partitioning=false, union_by_name=true)"
    ).fetchall()


@contextmanager
def connection(memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own in bounded memory, which spills to a scratch folder and fetches nothing."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="tamis-") as scratch:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": scratch,
            # Nothing is fetched: what is needed is built in.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(config=settings) as db:
            yield db
