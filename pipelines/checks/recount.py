"""The ledger, counted again from the data files and the audit tables: a few DuckDB queries over all of them.

Tables larger than memory are spilled to a temporary folder. What a query lists as failing are doc_ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cleaning.labels import label_kinds
from cleaning.tables import ARTICLES, FATE_NAMES, FATES, FLAGS, LABELS, LINES
from cleaning.tombstones import RULE
from pipelines.audit_lines import read_lines
from pipelines.checks.document_sums import SUMS, DocumentSums
from pipelines.checks.measures import SHOWN, DatasetError, Files, Measure, count_rows, name_of
from pipelines.errors import first_line
from pipelines.parquet_views import MEMORY, connection, open_parquet

if TYPE_CHECKING:
    import duckdb

_COUNTS = ("char_count", "line_count", "dropped_lines", "dropped_chars", "repeated_chars")
_ROW_COLUMNS = ("doc_id", "duplicates", "duplicate_of", *_COUNTS)

_BY_DOCUMENT = f"""
create temp table by_document as
select doc_id, {", ".join(f"sum({name}) as {name}" for name in SUMS)} from sums group by doc_id"""

# What an earlier dataset stands for, where the manifest names one: its doc_ids are not to be found here.
_ELSEWHERE = """
create temp table elsewhere as
select doc_id from fates where $against and starts_with(rule_id, 'against.')
union all select doc_id from flags where $against and flag = 'duplicate' and starts_with(evidence, 'against.')
"""

_KNOWN_BEFORE = """
select count(*) from fates where $against and fate = 'duplicate' and starts_with(rule_id, 'against.')
"""

# Each query gives the doc_ids of what is wrong, one row for each case.
_WRONG_FATES = {
    "fates_unknown": f"select doc_id from fates where fate not in {FATE_NAMES}",
    "fates_unexplained": "select doc_id from fates where (fate = 'published') <> (coalesce(rule_id, '') = '')",
    "records_repeated": """
        select min(doc_id) as doc_id from fates group by source_file, source_row having count(*) > 1
        union all select doc_id from fates group by doc_id
        having count(*) > 1 and count(distinct (source_file, source_row)) > 1""",
    "duplicates_astray": """
        select doc_id from fates where fate = 'duplicate' and doc_id not in (from elsewhere) and not exists (
            from fates as other where other.doc_id = fates.evidence and other.fate = 'published')""",
}
_WRONG_ROWS = {
    "doc_ids_repeated": "select doc_id from articles group by doc_id having count(*) > 1",
    "published_without_row": """
        select doc_id from fates where fate = 'published' and not exists (
            from articles where articles.doc_id = fates.doc_id)""",
    "rows_without_fate": """
        select doc_id from articles where not exists (
            from fates where fates.doc_id = articles.doc_id and fate = 'published')""",
    # With `--duplicates flag` the records that a row stands for are rows as well.
    "duplicates_miscounted": """
        select doc_id from articles
        left join (
            select evidence as doc_id, count(*) as gone from fates
            where fate = 'duplicate' and doc_id not in (from elsewhere) group by evidence) using (doc_id)
        left join (
            select duplicate_of as doc_id, count(*) as flagged from articles
            where doc_id not in (from elsewhere) group by duplicate_of) using (doc_id)
        where duplicates <> coalesce(gone, 0) + coalesce(flagged, 0)""",
}
_WRONG_LINES = {
    "lines_repeated": "select doc_id from by_document where repeated > 0",
    "lines_decided_twice": "select doc_id from by_document where decided_twice > 0",
    "labels_without_line": "select doc_id from by_document where without_line > 0",
    "lines_without_record": "select doc_id from by_document where doc_id not in (select doc_id from fates)",
}
_WRONG_TEXTS = {
    # The text is the kept lines, trimmed, with a line feed between them.
    "texts_astray": """
        select doc_id from articles left join by_document using (doc_id)
        where line_count <> coalesce(kept, 0)
           or char_count <> coalesce(kept_chars, 0) + greatest(coalesce(kept, 0) - 1, 0)""",
    "dropped_astray": """
        select doc_id from articles as row left join by_document as audit using (doc_id)
        where row.dropped_lines <> coalesce(audit.dropped, 0)
           or row.dropped_chars <> coalesce(audit.dropped_chars, 0)
           or row.repeated_chars <> coalesce(audit.repeated_chars, 0)""",
}


def recount(
    files: Files, manifest: Mapping[str, Any], memory: str = MEMORY, sums: DocumentSums | None = None
) -> tuple[dict[str, Measure], dict[str, str]]:
    """The measures of the ledger, and why others could not be taken (a column that is missing).

    `sums`: those of all lines, where somebody has read them. Raises DatasetError where a file breaks off or cannot be
    read.
    """
    import duckdb

    measures: dict[str, Measure] = {}
    absent: dict[str, str] = {}
    with connection(memory) as db:
        try:
            _recount(db, files, manifest, measures, absent, memory, sums)
        except duckdb.Error as error:
            raise DatasetError(f"cannot count the ledger again: {first_line(error)}") from error
    return measures, absent


def _recount(
    db: duckdb.DuckDBPyConnection,
    files: Files,
    manifest: Mapping[str, Any],
    measures: dict[str, Measure],
    absent: dict[str, str],
    memory: str,
    sums: DocumentSums | None,
) -> None:
    audit = files.audit
    no_rows = files.missing(files.data, _ROW_COLUMNS)
    no_fates = files.missing([*audit["fates"], *audit["flags"]], [*FATES.names, *FLAGS.names])
    no_lines = files.missing([*audit["lines"], *audit["labels"]], [*LINES.names, *LABELS.names])
    if not no_rows:
        _open(db, "articles_files", files, files.data, ARTICLES)
        db.execute(f"create temp table articles as select {', '.join(_ROW_COLUMNS)} from articles_files")
    if not no_fates:
        _open(db, "fates_files", files, audit["fates"], FATES)
        db.execute("create temp table fates as select * from fates_files")
        _open(db, "flags", files, audit["flags"], FLAGS)
        db.execute(_ELSEWHERE, {"against": bool(manifest.get("against"))})
    if not no_lines:
        if sums is None:
            sums = DocumentSums()
            lines, labels = ([files.folder / path for path in audit[name]] for name in ("lines", "labels"))
            read_lines(lines, labels, [sums.take], memory)
        db.register("sums", sums.table())
        db.execute(_BY_DOCUMENT)
        db.unregister("sums")

    for queries, reason in (
        (_WRONG_FATES, no_fates),
        (_WRONG_ROWS, no_rows or no_fates),
        (_WRONG_LINES, no_lines or no_fates),
        (_WRONG_TEXTS, no_rows or no_lines),
    ):
        for name, query in queries.items():
            if reason:
                absent[name] = reason
            else:
                measures[name] = _wrong(db, query)
    counts: dict[str, dict[str, int]] = {}
    rows = count_rows(files)
    if no_fates:
        measures["rows_or_known"] = Measure(rows)
        absent |= dict.fromkeys(
            ("records_in", "known_before", *FATE_NAMES, *(f"{name}_share" for name in FATE_NAMES[1:])), no_fates
        )
    else:
        counts["records"] = _count_records(db)
        total = counts["records"]["in"]
        known, *_ = db.execute(_KNOWN_BEFORE, {"against": bool(manifest.get("against"))}).fetchone() or (0,)
        measures |= {"known_before": Measure(known), "rows_or_known": Measure(rows + known)}
        measures |= {"records_in": Measure(total)} | {name: Measure(counts["records"][name]) for name in FATE_NAMES}
        for name in FATE_NAMES[1:]:
            taken_down = _count_taken_down(db) if name == "rejected" else 0
            measures[f"{name}_share"] = Measure((counts["records"][name] - taken_down) / total if total else 0.0)
    if no_lines or sums is None:
        absent |= dict.fromkeys(("lines_in", "lines_kept", "lines_dropped", "labels_unknown"), no_lines)
    else:
        row = db.execute("select sum(lines), sum(kept), sum(dropped) from by_document").fetchone() or (0, 0, 0)
        counts["lines"] = {name: int(count or 0) for name, count in zip(("in", "kept", "dropped"), row, strict=True)}
        measures |= {f"lines_{name}": Measure(count) for name, count in counts["lines"].items()}
        measures["labels_unknown"] = Measure(len(sums.labels - label_kinds().keys()))
    if no_fates or no_lines:
        absent["ledger_astray"] = no_fates or no_lines
    else:
        measures["ledger_astray"] = _compare_ledger(counts, manifest["ledger"])
    _count_values(db, files, measures, absent)


def _open(db: duckdb.DuckDBPyConnection, view: str, files: Files, paths: Sequence[str], schema: pa.Schema) -> None:
    open_parquet(db, view, [files.folder / path for path in paths], schema)


def _wrong(db: duckdb.DuckDBPyConnection, query: str) -> Measure:
    """How many rows a query gives, with the first doc_ids of them."""
    found = db.execute(
        f"with wrong as materialized ({query}) select count(*), "
        f"(select list(doc_id) from (select doc_id from wrong order by doc_id limit {SHOWN})) from wrong"
    ).fetchone()
    count, shown = found or (0, None)
    return Measure(int(count), tuple(name_of(who) for who in shown or ()))


def _count_records(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    found = dict(db.execute("select fate, count(*) from fates group by fate").fetchall())
    return {"in": sum(found.values())} | {name: found.get(name, 0) for name in FATE_NAMES}


def _count_taken_down(db: duckdb.DuckDBPyConnection) -> int:
    query = "select count(*) from fates where fate = 'rejected' and rule_id = ?"
    (count,) = db.execute(query, [RULE]).fetchone() or (0,)
    return int(count)


def _compare_ledger(counts: Mapping[str, Mapping[str, int]], stated: Mapping[str, Any]) -> Measure:
    """Where the manifest's ledger is not what was counted; a number that it leaves out counts as wrong."""
    wrong = [
        f"{what} {name}: {stated.get(what, {}).get(name)} in the manifest, {count} counted"
        for what, numbers in counts.items()
        for name, count in numbers.items()
        if stated.get(what, {}).get(name) != count
    ]
    return Measure(len(wrong), (), "; ".join(wrong))


def _count_values(
    db: duckdb.DuckDBPyConnection, files: Files, measures: dict[str, Measure], absent: dict[str, str]
) -> None:
    """Shares of nulls, nulls where none may be, and numbers that are none."""
    counts: dict[str, str] = {}
    for field in ARTICLES:
        name = field.name
        if reason := files.missing(files.data, (name,)):
            absent[f"null_share_{name}" if field.nullable else "nulls_forbidden"] = reason
            if pa.types.is_floating(field.type):
                absent["numbers_broken"] = reason
            continue
        # Parquet has no null in a column that does not allow them.
        if field.nullable or files.nullable(name):
            counts[name] = f'count(*) - count("{name}")'
        if pa.types.is_floating(field.type):
            counts[f"{name} broken"] = f'count(*) filter (not isfinite("{name}"))'
    found = dict.fromkeys(["rows", *counts], 0)
    if files.data:
        _open(db, "rows_files", files, files.data, ARTICLES)
        row = db.execute(f"select {', '.join(['count(*)', *counts.values()])} from rows_files").fetchone()
        found = dict(zip(found, row or (), strict=True))
    names = [name for name in counts if not name.endswith(" broken")]
    nullable = [name for name in names if ARTICLES.field(name).nullable]
    for name in nullable:
        measures[f"null_share_{name}"] = Measure(found[name] / found["rows"] if found["rows"] else 0.0)
    forbidden = {name: found[name] for name in names if name not in nullable and found[name]}
    broken = {name: found[f"{name} broken"] for name in ARTICLES.names if found.get(f"{name} broken")}
    for measure, wrong in (("nulls_forbidden", forbidden), ("numbers_broken", broken)):
        if measure not in absent:
            measures[measure] = Measure(sum(wrong.values()), (), ", ".join(wrong))
