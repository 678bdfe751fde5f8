"""The parts of the pages that the code knows better. `python -m tests.readme` writes them anew."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from pathlib import Path

from cleaning.config import Config
from cleaning.labels import label_kinds
from cleaning.tables import ARTICLES
from pipelines.checks.baseline import BASELINE_MEASURES
from pipelines.checks.measures import MEASURES

README = Path(__file__).parents[1] / "README.md"
CHECKS = README.parent / "expectations/README.md"


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def _settings() -> str:
    says = dict(re.findall(r'^    (\w+): [^\n]*\n    """(.*?)"""', inspect.getsource(Config), re.M | re.S))
    rows = [("setting", "default", "what it decides")]
    for field in dataclasses.fields(Config):
        value = getattr(Config(), field.name)
        rows.append((f"`{field.name}`", f"`{value!r}`", " ".join(says[field.name].split())))
    return _table(*rows)


def _columns() -> str:
    rows = [("column", "type", "null", "meaning")]
    for field in ARTICLES:
        meaning = field.metadata[b"description"].decode()
        kind = (
            str(getattr(field.type, "value_type", field.type)) if "dictionary" in str(field.type) else str(field.type)
        )
        rows.append((f"`{field.name}`", kind, "yes" if field.nullable else "never", meaning))
    return _table(*rows)


def _labels() -> str:
    rows = [("label", "family", "leaves the body", "what it is")]
    for kind in label_kinds().values():
        drops = "never" if not kind.drops else "always" if len(kind.drops) == 3 else ", ".join(sorted(kind.drops))
        rows.append((f"`{kind.name}`", kind.family, drops, kind.why))
    return _table(*rows)


def _measures(measures: Mapping[str, str]) -> str:
    shares = [name for name in measures if name.startswith("null_share_")]
    rows = [(f"`{name}`", says) for name, says in measures.items() if name not in shares]
    if shares:
        rows.append(("`null_share_COLUMN`", "share of rows without it, 0-1, of every column that may be null"))
    return _table(("column", "says"), *rows)


SECTIONS = {
    "settings": _settings,
    "columns": _columns,
    "labels": _labels,
    "release": lambda: _measures(MEASURES),
    "baseline": lambda: _measures(BASELINE_MEASURES),
}
PAGES = {README: ("settings", "columns", "labels"), CHECKS: ("release", "baseline")}


def render(page: str) -> str:
    """The page with its generated sections made anew."""
    for name, make in SECTIONS.items():
        mark = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
        page = mark.sub(lambda hit, make=make: f"{hit[1]}{make()}\n{hit[2]}", page)
    return page


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(render(path.read_text("utf-8")), "utf-8")
