"""`tamis rules suggest`: lines that recur in a corpus and that no rule knows, by site and over sites.

A corpus is cleaned as a run would, but for what only recurrence tells. What is left without a label is counted by
the key that rules compare, on distinct pages: copies of an article and readings of one url are one page. Counting is a
query in DuckDB over what the shards left on disk.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from cleaning.config import Config
from cleaning.distinct_pages import page_keys, same_pages
from cleaning.documents import Documents, clean_records
from cleaning.labels import dropping, label_kinds
from cleaning.matching import MAX_CHARS, fold, keys
from cleaning.rules import load_rules
from cleaning.sitelines import SiteLines, site_hashes
from pipelines.engines.workers import Workers
from pipelines.parquet_views import connection
from pipelines.reading import Shard, read_shard
from pipelines.sources import cut_shards, find_sources


@dataclass(frozen=True)
class Thresholds:
    """From when a line is suggested, and how many lines."""

    least_pages: int = 5
    """Distinct pages it stands on, of one site, or in all."""
    share: float = 0.05
    """Share of its site's distinct pages, 0-1."""
    least_sites: int = 3
    """Sites it stands on, for a line over sites."""
    most: int = 50
    """Lines of each site, and over sites of each language, at most."""


class Suggestion(NamedTuple):
    """A line that recurs."""

    site: str | None
    """The site whose line it is; None: it stands on several, and may be a phrase of its language."""
    language: str
    """Language of most of its pages; `und` where it cannot be told."""
    text: str
    """The line, with `{n}` for every number, in its commonest spelling."""
    label: str
    """A guess: the commonest label of the lines beside it."""
    pages: int
    of_pages: int
    """Pages of the site, or of all sites it stands on."""
    sites: int
    examples: tuple[str, ...]
    """Up to three lines as they stand there, the commonest first."""


class Suggested(NamedTuple):
    """What a corpus suggests."""

    lines: list[Suggestion]
    """Over sites first, then by site; the commonest first."""
    pages: int
    """Distinct pages that were counted."""


_FOUND = pa.schema([("page", pa.int64()), ("key", pa.string()), ("text", pa.string()), ("beside", pa.string())])
_NUMBER = re.compile(r"\d(?:[\d.,']*\d)?")

# Of lines over sites the share of their sites' pages says nothing: a phrase may be of one section everywhere.
_QUERY = """
    with page as (select page, same, site, language from pages),
    known as (select site, count(distinct same) as of_pages from page group by site),
    line as (select key, text, beside, same, site, language from found join page using (page)),
    by_site as (select key, site, count(distinct same) as on_pages from line group by key, site),
    over as (
        select key, count(*) as sites, sum(on_pages) as on_pages, sum(of_pages) as of_pages
        from by_site join known using (site) where site <> '' group by key
        having sites >= $least_sites and sum(on_pages) >= $least_pages
    ),
    chosen as (
        select key, null as of_site, on_pages, of_pages, sites from over
        union all
        select key, site, on_pages, of_pages, 1 from by_site join known using (site)
        where on_pages >= $least_pages and on_pages >= $share * of_pages and key not in (select key from over)
    ),
    spelt as (
        select key, of_site, text, count(*) as times from chosen join line using (key)
        where of_site is null or of_site = site group by key, of_site, text
    ),
    spelling as (
        select key, of_site, list(text order by times desc, text)[:3] as texts from spelt group by key, of_site
    ),
    voted as (
        select key, of_site, language, beside, count(*) as times from chosen join line using (key)
        where of_site is null or of_site = site group by key, of_site, language, beside
    ),
    vote as (
        select key, of_site,
               (list(language order by times desc, language) filter (language <> 'und'))[1] as language,
               (list(beside order by times desc, beside) filter (beside <> ''))[1] as beside
        from voted group by key, of_site
    ),
    ranked as (
        select chosen.of_site, coalesce(language, 'und') as language, texts, beside, on_pages, of_pages, sites,
               row_number() over (
                   partition by chosen.of_site, case when chosen.of_site is null then language end
                   order by sites desc, on_pages desc, chosen.key
               ) as place
        from chosen
        join spelling on spelling.key = chosen.key and spelling.of_site is not distinct from chosen.of_site
        join vote on vote.key = chosen.key and vote.of_site is not distinct from chosen.of_site
    )
    select of_site, language, texts, beside, on_pages, of_pages, sites from ranked where place <= $most
    order by of_site nulls first, language, place"""


def suggest(
    inputs: Sequence[Path | str],
    config: Config,
    thresholds: Thresholds,
    *,
    progress: Callable[[str, int], None] = lambda phase, records: None,
) -> Suggested:
    """Lines that recur in what `inputs` hold, over sites first, then by site; the commonest first.

    The same whatever the workers and the order of the inputs. Raises CallError and ReadError as a run does.
    """
    sources, _ = find_sources(inputs)
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder, connection() as db:
        scratch = Path(folder)
        pages: list[pa.Table] = []
        with Workers(config.workers) as workers:
            survey = partial(_survey, config=config, scratch=scratch)
            for number, part in enumerate(workers.map(survey, cut_shards(sources, config, scratch))):
                pages.append(pq.read_table(scratch / f"pages-{number:08d}.parquet"))
                progress("read", part)
        table = pa.concat_tables(pages)
        columns = [table[name].to_numpy() for name in table.column_names if name.startswith("same")]
        same = same_pages([np.stack(columns, axis=1)])
        db.register("pages", table.select(["page", "site", "language"]).append_column("same", pa.array(same)))
        db.register("found", ds.dataset(sorted(scratch.glob("found-*.parquet")), format="parquet", schema=_FOUND))
        rows = db.execute(_QUERY, vars(thresholds)).fetchall()
    book = load_rules(config.rules)
    suggestions = [
        Suggestion(site, language, _NUMBER.sub("{n}", texts[0]), beside or "", on, of, sites, tuple(texts))
        for site, language, texts, beside, on, of, sites in rows
    ]
    # A phrase that waits for its neighbours to confirm it is known too.
    unknown = [one._replace(label=_guess(one)) for one in suggestions if not book.match(one.examples[0], one.site)]
    return Suggested(unknown, len(set(same.tolist())))


def _guess(one: Suggestion) -> str:
    """The commonest label beside it; else a button if it is short, and else the site that speaks of itself."""
    return one.label or ("ui-string" if len(one.text) <= _BUTTON else "promo")


# Longest name of a button, in characters: so are 95 % of the 3,854 whole lines that the packs have for `ui-string`.
_BUTTON = 21


def _survey(shard: Shard, config: Config, scratch: Path) -> int:
    """Leave the unknown short lines of a shard, and its pages, in scratch; says how many records it has."""
    documents = clean_records(read_shard(shard, config), config, SiteLines())
    lines = documents.lines
    page = (np.arange(lines.documents, dtype=np.int64) + (np.int64(shard.number) << 32)).tolist()
    sites = [site or "" for site in lines.sites]
    same = page_keys(lines, site_hashes([f"site {site}" for site in sites]))
    columns = {"page": page, "site": sites, "language": [one.tag for one in documents.languages]}
    columns |= {f"same{column}": same[:, column] for column in range(same.shape[1])}
    pq.write_table(pa.table(columns), scratch / f"pages-{shard.number:08d}.parquet")
    pq.write_table(_unknown(documents, page), scratch / f"found-{shard.number:08d}.parquet")
    return len(documents.records)


# Rules that judge a line by where it stands, and the model: none of them knows the line itself.
_BY_COMPANY = ("context.", "model.")


def _unknown(documents: Documents, page: Sequence[int]) -> pa.Table:
    """The lines that a rule could be written for and that no rule knows, each once a page."""
    lines = documents.lines
    known = [one for one in reversed(documents.labels) if not one.rule_id.startswith(_BY_COMPANY)]
    label_of = {one.row: one.label for one in known}
    short = [key for key, text in enumerate(lines.distinct) if len(text) <= MAX_CHARS and any(map(str.isalpha, text))]
    texts = [lines.distinct[key] for key in short]
    folded = {key: level for key, level in zip(short, keys(fold(texts)), strict=True) if any(map(str.isalpha, level))}
    telling = _neighbours()
    beside_of = {row: name for row, name in label_of.items() if name in telling}
    rows: dict[tuple[int, str], tuple[str, str]] = {}
    for document in range(lines.documents):
        of_page = lines.rows(document)
        for row in of_page:
            key = folded.get(int(lines.key[row]))
            if key is None or row in label_of:
                continue
            beside = next((beside_of[r] for r in (row - 1, row + 1) if r in of_page and r in beside_of), "")
            rows.setdefault((page[document], key), (lines.text(row), beside))
    return pa.table(
        [
            [number for number, _ in rows],
            [key for _, key in rows],
            [text for text, _ in rows.values()],
            [beside for _, beside in rows.values()],
        ],
        schema=_FOUND,
    )


def _neighbours() -> set[str]:
    """Labels that a line may well share with the line beside it."""
    kinds = label_kinds()
    return {
        name for name in dropping("balanced") if kinds[name].family not in ("metadata", "repeats", "layout", "learned")
    }
