"""The numbers of the report: sums and counts over the tables of a dataset, never a piece of a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cleaning.labels import label_kinds
from cleaning.rule_ids import rule_notes
from cleaning.tables import FATE_NAMES
from pipelines.ledger import most_first
from pipelines.report.tables import Tables

MOST = 40
"""Rows of a table at most: sites, languages, rules. What is left over is counted, not listed."""
LENGTHS = (0, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 50_000)
"""Lower bounds of the classes of length, in characters."""
# Shares lost are counted in classes of so many percent.
_STEP = 5
# Up to so many days are shown by day, up to so many months by month.
_DAYS, _MONTHS = 62, 120
# A year outside these was misread; the checks say so, and one of them would flatten the chart.
_YEARS = (1900, 2100)

Rows = list[dict[str, Any]]


class Removed(NamedTuple):
    """Lines that left the bodies, by family; with what they are counted by."""

    families: dict[str, int]
    """Of the whole corpus, most first."""
    by_language: Rows
    """language, family, lines; published documents alone have a language."""
    by_site: Rows
    """site, family, lines; of the sites that lost most."""


class Numbers(NamedTuple):
    """What is counted of a dataset. A row is a dict with the keys named here."""

    totals: dict[str, Any]
    """documents, chars, source_chars, dropped_chars, repeated_chars, dropped_lines, untouched, median_chars, dated."""
    languages: Rows
    """language, documents, chars_lost (share, 0-1), median_chars."""
    sites: Rows
    """site, documents, chars_lost; the largest MOST."""
    other_sites: int
    """Sites that are not listed."""
    lengths: Rows
    """at_least (characters), documents."""
    losses: Rows
    """at_least (percent of the source's characters), documents."""
    dates: Rows
    """start (an ISO date), documents."""
    date_unit: str
    """`day`, `month` or `year`."""
    undated: int
    encodings: Rows
    """encoding, method, documents; encoding is null where the record carried text."""
    repairs: Rows
    """repair, documents."""
    flags: Rows
    """flag, documents."""
    columns: Rows
    """column, filled (documents); of those that may be empty."""
    fates: Rows
    """fate, rule_id, why, records; empty without the audit."""
    removed: Removed | None
    """None without the audit."""


def count(tables: Tables) -> Numbers:
    """All numbers of a dataset. Raises DatasetError where a file cannot be read."""
    unit, dates = _dates(tables)
    totals = tables.row(
        """select count(*) as documents, coalesce(sum(char_count), 0)::bigint as chars,
                  coalesce(sum(source_char_count), 0)::bigint as source_chars,
                  coalesce(sum(dropped_chars), 0)::bigint as dropped_chars,
                  coalesce(sum(repeated_chars), 0)::bigint as repeated_chars,
                  coalesce(sum(dropped_lines), 0)::bigint as dropped_lines,
                  count(*) filter (dropped_lines = 0) as untouched,
                  coalesce(quantile_disc(char_count, .5), 0) as median_chars, count(published_at) as dated,
                  count(distinct site) as sites, count(distinct language) as languages
           from articles"""
    )
    sites = tables.rows(
        f"""select site, count(*) as documents, {_LOST} as chars_lost from articles where site is not null
            group by site order by documents desc, site limit {MOST}"""
    )
    return Numbers(
        totals=totals,
        languages=tables.rows(
            f"""select language, count(*) as documents, {_LOST} as chars_lost,
                       quantile_disc(char_count, .5) as median_chars
                from articles group by language order by documents desc, language limit {MOST}"""
        ),
        sites=sites,
        other_sites=totals["sites"] - len(sites),
        lengths=_lengths(tables),
        losses=_losses(tables),
        dates=dates,
        date_unit=unit,
        undated=totals["documents"] - totals["dated"],
        encodings=tables.rows(
            f"""select encoding, encoding_method as method, count(*) as documents from articles
                group by all order by documents desc, encoding, method limit {MOST}"""
        ),
        repairs=_listed(tables, "repairs", "repair"),
        flags=_listed(tables, "flags", "flag"),
        columns=_filled(tables),
        fates=_fates(tables) if tables.has_audit else [],
        removed=_removed(tables) if tables.has_audit else None,
    )


_LOST = "coalesce(sum(dropped_chars) / nullif(sum(source_char_count), 0), 0)"
_FILLABLE = (
    "title", "authors", "published_at", "updated_at", "publisher", "section", "dateline", "source_credit", "captions",
    "url", "site",
)  # fmt: skip


def _lengths(tables: Tables) -> Rows:
    bounds = ", ".join(map(str, LENGTHS))
    found = tables.rows(
        f"""select list_max(list_filter([{bounds}], lambda bound: bound <= char_count)) as at_least,
                   count(*) as documents
            from articles group by at_least"""
    )
    counts = {row["at_least"]: row["documents"] for row in found}
    return [{"at_least": bound, "documents": counts.get(bound, 0)} for bound in LENGTHS] if found else []


def _losses(tables: Tables) -> Rows:
    found = tables.rows(
        f"""select least(floor(100.0 * dropped_chars / greatest(source_char_count, 1) / {_STEP}) * {_STEP},
                   {100 - _STEP})::int as at_least, count(*) as documents
            from articles group by at_least"""
    )
    counts = {row["at_least"]: row["documents"] for row in found}
    return [{"at_least": bound, "documents": counts.get(bound, 0)} for bound in range(0, 100, _STEP)] if found else []


def _dates(tables: Tables) -> tuple[str, Rows]:
    """The unit that suits the span of the dates, and the documents of each."""
    within = f"year(stamp) between {_YEARS[0]} and {_YEARS[1]}"
    # In UTC, without DuckDB's zones, which are an extension.
    stamps = "(select make_timestamp(epoch_us(published_at)) as stamp from articles where published_at is not null)"
    span = tables.row(f"select date_diff('day', min(stamp), max(stamp)) as days from {stamps} where {within}")["days"]
    unit = "day" if (span or 0) <= _DAYS else "month" if span <= _MONTHS * 30 else "year"
    rows = tables.rows(
        f"""select strftime(date_trunc('{unit}', stamp), '%Y-%m-%d') as start, count(*) as documents
            from {stamps} where {within} group by start order by start"""
    )
    return unit, rows


def _listed(tables: Tables, column: str, name: str) -> Rows:
    """How many documents have each value of a column of lists."""
    return tables.rows(
        f"""select {name}, count(*) as documents from (select unnest(list_distinct({column})) as {name} from articles)
            group by {name} order by documents desc, {name} limit {MOST}"""
    )


def _filled(tables: Tables) -> Rows:
    filled = {name: f"count({name})" for name in _FILLABLE}
    filled |= {name: f"count(*) filter (len({name}) > 0)" for name in ("authors", "captions")}
    counted = ", ".join(f"{count} as {name}" for name, count in filled.items())
    row = tables.row(f"select {counted} from articles")
    return [{"column": name, "filled": row[name]} for name in _FILLABLE]


def _fates(tables: Tables) -> Rows:
    notes = rule_notes()
    rows = tables.rows(
        f"""select fate, rule_id, count(*) as records from fates
            group by all order by records desc, fate, rule_id limit {MOST}"""
    )
    return [row | {"why": notes[row["rule_id"]].why if row["rule_id"] in notes else ""} for row in rows]


def _removed(tables: Tables) -> Removed:
    """A line is charged to the family of the label that took it out."""
    families = ", ".join(f"'{kind.name}': '{kind.family}'" for kind in label_kinds().values())
    charged = f"select doc_id, coalesce(map {{{families}}}[label], 'other') as family from labels where decides"
    # One scan and join for all: what is counted together is few rows, which are added up.
    rows = tables.rows(
        f"""with counted as materialized (
                select language, site, family, count(*) as lines
                from ({charged}) left join (select doc_id, language, site from articles) using (doc_id) group by all)
            select 'family' as "column", null as name, family, sum(lines)::bigint as lines from counted group by family
            union all {_MOST_BY.format("language")} union all {_MOST_BY.format("site")}
            order by "column", name, family""",
        language=15,
        site=20,
    )
    lines = {row["family"]: row["lines"] for row in rows if row["column"] == "family"}

    def by(column: str) -> Rows:
        mine = [row for row in rows if row["column"] == column]
        return [{column: row["name"], "family": row["family"], "lines": row["lines"]} for row in mine]

    return Removed(most_first(lines), by("language"), by("site"))


# Of the languages, or sites, that lost most.
_MOST_BY = """
    select '{0}', {0}, family, sum(lines)::bigint from counted where {0} in (
        select {0} from counted where {0} is not null group by {0} order by sum(lines) desc, {0} limit ${0})
    group by {0}, family"""


def share(part: float, whole: float) -> float:
    """Part of a whole, 0-1; 0 of nothing."""
    return part / whole if whole else 0.0


def ledger_of(manifest: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """The records and the lines of the ledger, as the manifest states them; 0 where it says nothing."""
    stated = manifest["ledger"]
    records, lines = (
        {name: _whole(stated.get(what, {}).get(name)) for name in names}
        for what, names in (("records", ("in", *FATE_NAMES)), ("lines", ("in", "kept", "dropped")))
    )
    return records, lines


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
