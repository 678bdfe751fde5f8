"""tamis in a notebook: `clean` for one article, `clean_frame` for a table of them.

Both take the same stages as `tamis run`: nothing here cleans anything itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cleaning.article import Article

__all__ = ["clean", "clean_frame"]


def clean(text: str | bytes, url: str | None = None, *, encoding: str | None = None, **settings: Any) -> Article:
    """Clean one article and say what was done to every line of it.

    `text`: the article as scraped; bytes are decoded, in `encoding` where that fits. `url` brings the rules
    of its site. `settings`: any of `Config`, such as `policy="strict"`; an unknown one raises ConfigError.

    >>> article = clean("The bridge is open again.\\n0 comments\\nView more comments")
    >>> article.text
    'The bridge is open again.'
    >>> article.lines[1].dropped_by.rule_id
    'en.comments.counter'
    """
    from cleaning.article import explain
    from cleaning.config import make_config
    from cleaning.documents import clean_records
    from cleaning.records import Record

    if not isinstance(text, str | bytes):
        raise TypeError(f"clean() takes a str or bytes, not {type(text).__name__}")
    for name, value in (("url", url), ("encoding", encoding)):
        if not isinstance(value, str | None):
            raise TypeError(f"clean() takes {name} as a str, not {type(value).__name__}")
    given = {name: value for name, value in (("url", url), ("encoding", encoding)) if value}
    return explain(clean_records([Record("text", 0, content=text, given=given)], make_config(settings)), 0)


def clean_frame(df: pd.DataFrame, text: str = "text", **settings: Any) -> pd.DataFrame:
    """The published columns for each row of a frame, with the frame's own index.

    `text` names the column with the articles; the other columns that tamis knows (url, title, date, …) are
    found by name, as `tamis run` finds them. Every row comes back, whatever its fate: the last columns
    `fate` and `fate_reason` say what a run would do with it. Duplicates are marked in duplicate_of.
    Raises KeyError without that column and ConfigError for an unknown setting.
    """
    from cleaning.frames import clean_rows

    return clean_rows(df, text, settings)
