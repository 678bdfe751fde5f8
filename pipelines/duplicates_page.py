"""The duplicates of a dataset as one page of HTML: it loads nothing, and what a record says is escaped."""

from __future__ import annotations

from importlib import resources

import jinja2

from cleaning.article import visible
from pipelines.duplicates import Duplicates

DUPLICATES_PAGE = "audit/duplicates.html"
"""Beside the texts that it shows, and no more published than they are."""
# Enough to judge a run by; the rest is in `tamis duplicates`.
_CLUSTERS, _PAIRS = 25, 50


def write_page(duplicates: Duplicates, name: str) -> str:
    """The page: clusters, largest first, and the least similar members beside what stands for them."""
    template = resources.files("pipelines").joinpath("templates/duplicates.html").read_text("utf-8")
    page = jinja2.Environment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=True,
        finalize=lambda value: visible(value) if isinstance(value, str) else value,
    )  # fmt: skip
    return page.from_string(template).render(
        name=name,
        total=len(duplicates.members),
        rules=duplicates.by_rule(),
        largest=duplicates.largest(_CLUSTERS, members=3),
        riskiest=duplicates.compare(duplicates.riskiest(_PAIRS)),
    )
