"""The entries of a live blog and of a ticker: an hour on a line of its own, and under it a heading of one entry."""

from __future__ import annotations

from cleaning.fields.batch import Batch
from cleaning.fields.headlinefeatures import HeadLine
from cleaning.fields.heads import Place

# Under one hour alone a page's headline may stand: it is the hour of the page.
LEAST = 2


def shut_posts(head: list[HeadLine], batch: Batch, place: Place) -> None:
    """Close the lines of a head that stand right under hours: headings of entries, none the headline of the page."""
    posts = [at for at in range(1, len(head)) if head[at].open and batch.line(place.head[at - 1]).dated == "time"]
    if len({head[at - 1].text for at in posts}) < LEAST:
        return
    for at in posts:
        head[at] = head[at]._replace(open=False, post=True)
