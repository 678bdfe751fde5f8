"""Rows added, removed and changed between two datasets, and why: the SQL of `pipelines.diff.compare`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cleaning.tombstones import SITE, spelled
from pipelines.checks.measures import SHOWN, Files, name_of
from pipelines.parquet_views import open_parquet

if TYPE_CHECKING:
    import duckdb

# Columns that say who made a row and not what it says, and those that stand for themselves below.
_APART = ("doc_id", "text", "text_sha256", "pipeline_version", "config_sha256")

# A doc_id that stands twice in a dataset is one row here: that it does is for the release suite to say.
_COMPARED = """
create temp table compared as
select doc_id, case
    when old_rows.doc_id is null then 'added' when new_rows.doc_id is null then 'removed'
    when old_rows.text <> new_rows.text then 'text' when old_rows.other <> new_rows.other then 'other' else 'same'
    end as what
from (select doc_id, min(hash(text_sha256)) as text, min({hashed}) as other from old_articles group by doc_id) old_rows
full join (select doc_id, min(hash(text_sha256)) as text, min({hashed}) as other from new_articles group by doc_id)
    new_rows using (doc_id)"""

_REASONS = """
with why as (
    select doc_id, coalesce(min(rule_id), min(fate)) as rule_id from {fates} where fate <> 'published' group by doc_id
)
select coalesce(rule_id, ''), count(*), min(doc_id, $shown)
from (select doc_id from compared where what = $what) left join why using (doc_id)
group by all order by count(*) desc, 1 limit 50"""


@dataclass(frozen=True)
class RowChanges:
    """How many rows are new, gone, and other than they were; of each kind up to 20 doc_ids."""

    added: int
    removed: int
    taken_down: int
    """Of the removed: those that a tombstone of the newer dataset names, or their site."""
    changed_text: int
    changed_other: int
    """The text is the same, and something else in the row is not."""
    same: int
    added_ids: tuple[str, ...]
    removed_ids: tuple[str, ...]
    changed_ids: tuple[str, ...]
    """Of rows whose text changed, then of others that changed."""
    changed_text_ids: tuple[str, ...]
    """Of rows whose text changed alone."""
    columns: Mapping[str, int]
    """Of the rows of both, whether their text is the same or not, how many changed in which column but the text;
    most first."""

    @property
    def changed(self) -> int:
        """Rows in both of which something changed."""
        return self.changed_text + self.changed_other


@dataclass(frozen=True)
class Reason:
    """Why rows are gone, by the fate that their records have in the newer dataset; or were not there before."""

    rule_id: str
    """The rule that left them out; '' where the other input did not have them."""
    rows: int
    doc_ids: tuple[str, ...]


def compare_rows(
    db: duckdb.DuckDBPyConnection,
    old: Files,
    new: Files,
    columns: Mapping[str, pa.DataType],
    tombstones: Collection[str] = (),
) -> RowChanges:
    """The rows of both held against each other. Leaves `old_articles`, `new_articles` and `compared` behind.

    `tombstones`: those of the newer one, as `Config.tombstones` has them.
    """
    for view, files in (("old_articles", old), ("new_articles", new)):
        open_parquet(db, view, [files.folder / path for path in files.data], pa.schema(list(columns.items())))
    others = [_quoted(name) for name in columns if name not in _APART]
    db.execute(_COMPARED.format(hashed=f"hash({', '.join(others)})" if others else "0"))
    counts: dict[str, int] = dict(db.execute("select what, count(*) from compared group by what").fetchall())
    ids = {what: _ids(db, what) for what in ("added", "removed", "text", "other")}
    return RowChanges(
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        taken_down=_taken_down(db, tombstones, sites="site" in columns) if counts.get("removed") else 0,
        changed_text=counts.get("text", 0),
        changed_other=counts.get("other", 0),
        same=counts.get("same", 0),
        added_ids=ids["added"],
        removed_ids=ids["removed"],
        changed_ids=(*ids["text"], *ids["other"])[:SHOWN],
        changed_text_ids=ids["text"],
        columns=_changed_columns(db, others) if counts.get("other") or counts.get("text") else {},
    )


def _taken_down(db: duckdb.DuckDBPyConnection, tombstones: Collection[str], *, sites: bool) -> int:
    """How many of the removed rows have a tombstone; `sites`: the rows have a column that says their site."""
    db.register("tombstones", pa.table({"doc_id": pa.array(sorted(tombstones), pa.string())}))
    named = "select doc_id from compared join tombstones using (doc_id) where what = 'removed'"
    db.execute(f"create temp table buried as {named}")
    if sites:
        of_sites = "from compared join old_articles using (doc_id) where what = 'removed' and site"
        names = [name for (name,) in db.execute(f"select distinct site {of_sites} is not null").fetchall()]
        names = [name for name in names if f"{SITE}{spelled(name)}" in tombstones]
        db.execute(f"insert into buried select doc_id {of_sites} in (select unnest($names))", {"names": names})
    (count,) = db.execute("select count(distinct doc_id) from buried").fetchone() or (0,)
    return int(count)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _ids(db: duckdb.DuckDBPyConnection, what: str) -> tuple[str, ...]:
    query = f"select doc_id from compared where what = ? order by doc_id limit {SHOWN}"
    return tuple(name_of(who) for (who,) in db.execute(query, [what]).fetchall())


def _changed_columns(db: duckdb.DuckDBPyConnection, columns: list[str]) -> dict[str, int]:
    if not columns:
        return {}
    counted = ", ".join(
        f"count(*) filter (old_row.{name} is distinct from new_row.{name}) as {name}" for name in columns
    )
    query = f"""
        select {counted} from (select doc_id from compared where what in ('other', 'text'))
        join old_articles old_row using (doc_id) join new_articles new_row using (doc_id)"""
    found = db.execute(query)
    names = [column[0] for column in found.description or ()]
    counts: dict[str, Any] = dict(zip(names, found.fetchall()[0], strict=True))
    return {name: count for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if count}


def reasons(db: duckdb.DuckDBPyConnection) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Why rows were removed and why others are new. `old_fates` and `new_fates` are in the database."""
    found = []
    for what, fates in (("removed", "new_fates"), ("added", "old_fates")):
        rows = db.execute(_REASONS.format(fates=fates), {"what": what, "shown": SHOWN}).fetchall()
        found.append(
            tuple(
                Reason(known_name(rule_id), count, tuple(name_of(who) for who in whos or ()))
                for rule_id, count, whos in rows
            )
        )
    return found[0], found[1]


def known_name(name: Any) -> str:
    """A name of a rule, a label, a flag, a language or a site, as it is; anything else may be a piece of a page."""
    good = isinstance(name, str) and len(name) <= 100 and (name == "" or re.fullmatch(r"[\w-]+([./][\w-]+)*", name))
    return name if good else "(no name)"
