"""The duplicates of a dataset as one page of HTML: it loads nothing, and what a record says is escaped."""

from __future__ import annotations

from pipelines.duplicates import Overview
from pipelines.report.page import render

DUPLICATES_PAGE = "audit/duplicates.html"
"""Beside the texts that it shows, and no more published than they are."""
CLUSTERS, PAIRS = 25, 50
"""Enough to judge a run by; the rest is in `tamis duplicates`."""


def write_page(overview: Overview, name: str) -> str:
    """The page: clusters, largest first, and the least similar members beside what stands for them."""
    return render(
        "duplicates.html",
        text=True,
        name=name,
        total=overview.total,
        rules=overview.rules,
        largest=overview.largest,
        riskiest=overview.riskiest,
        known=overview.known,
    )
