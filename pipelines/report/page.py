"""A page that is whole in itself: templates with everything escaped, and a policy that lets nothing else run.

The Content-Security-Policy allows the style and the scripts that stand in the page, by their sums, and nothing
else: no request, no handler in an attribute, no `eval`. What a record says cannot become code even if an escape
were forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from cleaning.article import visible
from pipelines.report.embed import source_hash

_ROOM = resources.files("pipelines.report")


@cache
def read_part(name: str) -> str:
    """A file of this package as text."""
    return _ROOM.joinpath(name).read_text("utf-8")


def render(template: str, *, scripts: Sequence[str] = (), text: bool, **values: Any) -> str:
    """A page of `templates/` with our style and these scripts in it, in this order."""
    style = read_part("templates/style.css")
    allowed = " ".join(map(source_hash, scripts)) or "'none'"
    policy = (
        f"default-src 'none'; style-src {source_hash(style)}; script-src {allowed}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _templates()
        .get_template(template)
        .render(policy=policy, style=Markup(style), scripts=[Markup(script) for script in scripts], text=text, **values)
    )


@cache
def _templates() -> jinja2.Environment:
    page = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: read_part(f"templates/{name}")),
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, trim_blocks=True, autoescape=True,
        finalize=_shown,
    )  # fmt: skip
    page.filters |= {each.__name__: each for each in (breakable, cell, first_few, percent, shorten)}
    return page


def _shown(value: Any) -> Any:
    """Text of others with its control characters visible; what is markup already is ours."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def cell(value: Any) -> str:
    """A value in a table.

    >>> cell(12345), cell(0.25517), cell(None), cell("en"), cell(["a", "b"])
    ('12,345', '0.255', '', 'en', 'a, b')
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def percent(value: float | None) -> str:
    """A share, 0-1, in percent.

    >>> percent(0.125)
    '12.5 %'
    """
    return "" if value is None else f"{100 * value:.1f} %"


def shorten(value: Any, chars: int) -> str:
    """The beginning of a value on one line, with an ellipsis where it goes on.

    >>> shorten("a line that goes on", 8)
    'a line…'
    """
    line = " ".join(str(value)[: 4 * chars].split())
    return line if len(line) <= chars else f"{line[: chars - 1].rstrip()}…"


def breakable(name: str) -> Markup:
    """A name that may be broken behind its underscores.

    >>> breakable("char_count<")
    Markup('char_<wbr>count&lt;')
    """
    return Markup("<wbr>").join(f"{part}_" for part in visible(name).split("_"))[:-1]


def first_few(names: Iterable[str], most: int = 4) -> str:
    """The first names of many.

    >>> first_few(["en", "ko", "de"], 2)
    'en, ko, …'
    """
    some = list(names)
    return ", ".join([*some[:most], "…"] if len(some) > most else some)
