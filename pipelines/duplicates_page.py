"""The duplicates of a dataset as one page of HTML: it loads nothing, and what a record says is escaped."""

from __future__ import annotations

from pipelines.duplicates import Duplicates
from pipelines.report.page import render

DUPLICATES_PAGE = "audit/duplicates.html"
"""Beside the texts that it shows, and no more published than they are."""
# Enough to judge a run by; the rest is in `tamis duplicates`.
_CLUSTERS, _PAIRS = 25, 50


def write_page(duplicates: Duplicates, name: str) -> str:
    """The page: clusters, largest first, and the least similar members beside what stands for them."""
    largest, riskiest = duplicates.overview(_CLUSTERS, _PAIRS, members=3)
    return render(
        "duplicates.html",
        text=True,
        name=name,
        total=len(duplicates.members),
        rules=duplicates.by_rule(),
        largest=largest,
        riskiest=riskiest,
    )
