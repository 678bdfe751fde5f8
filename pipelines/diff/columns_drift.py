"""The drift of languages, lengths, sites, flags and null rates between two datasets, counted by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cleaning.tables import ARTICLES
from pipelines.diff.drift import EXPECTED, OTHERS, Drift, compare_categories, compare_numbers, compare_share
from pipelines.diff.rows import known_name

if TYPE_CHECKING:
    import duckdb

FLAGS_COMPARED = 1_000
NONE = "(none)"

# What is too rare for a bin of its own is added up here: names of sites may be many.
_CATEGORIES = f"""
with counted as (
    select coalesce(nullif({{column}}, ''), $none) as value, count(*) as old_rows, 0 as new_rows
    from old_articles group by 1
    union all
    select coalesce(nullif({{column}}, ''), $none), 0, count(*) from new_articles group by 1
), values_ as (select value, sum(old_rows) as old_rows, sum(new_rows) as new_rows from counted group by value)
select case when old_rows + new_rows < {2 * EXPECTED} then $others else value end, sum(old_rows), sum(new_rows)
from values_ group by 1"""

_LENGTHS = """
select char_count, count(*) filter (side = 0), count(*) filter (side = 1) from (
    select char_count, 0 as side from old_articles union all select char_count, 1 from new_articles
) where char_count is not null group by 1 order by 1"""

_FLAGS = """
select flag, count(*) from (select unnest(list_distinct(flags)) as flag from {articles})
group by flag order by count(*) desc, flag limit $most"""


def measure_drift(db: duckdb.DuckDBPyConnection, columns: Mapping[str, pa.DataType]) -> tuple[Drift, ...]:
    """Every drift that can be told from the columns that both have, over `old_articles` and `new_articles`."""
    old_total, new_total = (
        int(db.execute(f"select count(*) from {side}_articles").fetchall()[0][0]) for side in ("old", "new")
    )
    usable = {name for name in columns if name in ARTICLES.names and columns[name].equals(ARTICLES.field(name).type)}
    found = []
    for column, name in (("language", "languages"), ("site", "sites")):
        if column in usable:
            rows = db.execute(_CATEGORIES.format(column=column), {"none": NONE, "others": OTHERS}).fetchall()
            counts: dict[str, tuple[int, int]] = {}
            for value, old, new in rows:
                known = value if value in (NONE, OTHERS) else known_name(value)
                before = counts.get(known, (0, 0))
                counts[known] = (before[0] + int(old), before[1] + int(new))
            found.append(compare_categories(name, f"drift_{name}", dict(sorted(counts.items()))))
    if "char_count" in usable:
        table = np.array(db.execute(_LENGTHS).fetchall(), np.int64).reshape(-1, 3)
        found.append(compare_numbers("lengths", "drift_lengths", table[:, 0].tolist(), table[:, 1], table[:, 2]))
    if "flags" in usable:
        sides = [_flags(db, f"{side}_articles") for side in ("old", "new")]
        names = sorted(sides[0] | sides[1])
        found += [
            compare_share(
                f"flag {flag}",
                "drift_flags",
                (sides[0].get(flag, 0), old_total),
                (sides[1].get(flag, 0), new_total),
                comparisons=len(names),
            )
            for flag in names
        ]
    return tuple(found + _null_rates(db, [name for name in columns if name in usable], old_total, new_total))


def _flags(db: duckdb.DuckDBPyConnection, articles: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for flag, count in db.execute(_FLAGS.format(articles=articles), {"most": FLAGS_COMPARED}).fetchall():
        counts[known_name(flag)] = counts.get(known_name(flag), 0) + int(count)
    return counts


def _null_rates(db: duckdb.DuckDBPyConnection, columns: list[str], old_total: int, new_total: int) -> list[Drift]:
    nullable = [name for name in columns if ARTICLES.field(name).nullable]
    if not nullable:
        return []
    counted = ", ".join(f'count(*) - count("{name}")' for name in nullable)
    sides = [db.execute(f"select {counted} from {side}_articles").fetchall()[0] for side in ("old", "new")]
    nulls = [(name, int(old), int(new)) for name, old, new in zip(nullable, *sides, strict=True) if old or new]
    return [
        compare_share(f"null rate of {name}", "drift_nulls", (old, old_total), (new, new_total), comparisons=len(nulls))
        for name, old, new in nulls
    ]
