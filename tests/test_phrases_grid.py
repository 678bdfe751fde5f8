"""What the pages of papers say beside the article, by thing and language (cases/phrases): how much of it rules drop.

Single words that a subhead or a cell of a table may be as well (`Follow`, `Published`) leave only among their like, so
alone between two paragraphs they stay.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.records import Record
from tests.floors import hold
from tests.passages import news

CASES = Path(__file__).parent / "cases" / "phrases"
PACKS = Path(__file__).parents[1] / "cleaning" / "rules" / "phrases"
TABLES: dict[str, dict[str, Any]] = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in CASES.glob("*.toml")}
GRID = TABLES["grid"]

# Rules of data/doubtful.toml want something else on the page that leaves.
BAR = ["Facebook", "Twitter", "WhatsApp", "Telegram", "LinkedIn"]


class Page(NamedTuple):
    """A form on a page: `lines[at]`."""

    language: str
    thing: str
    form: str
    lines: list[str]
    at: int


def prose(language: str) -> list[str]:
    paragraphs: list[str] = GRID["prose"].get(language) or news()["zh-Hans" if language == "zh" else language]
    return paragraphs[:6]


def headlines(language: str) -> list[str]:
    """What stands behind the colon of `Read also: …`."""
    return [form.replace("：", ": ").rpartition(": ")[2] for form in GRID["forms"][language]["also"]]


def pages(forms: dict[str, dict[str, list[str]]]) -> Iterator[Page]:
    for language, things in forms.items():
        text = prose(language)
        for thing, some in things.items():
            for form in some:
                yield Page(language, thing, form, [*text[:3], form, *text[3:], *BAR], 3)
                if thing in GRID["over_headlines"]:
                    yield Page(language, thing, form, [*text[:4], form, *headlines(language), *BAR], 4)
                if thing in GRID["in_a_menu"]:
                    yield Page(language, thing, form, [*text[:4], *some, *BAR], 4 + some.index(form))


def shares(name: str) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Of the forms of a table the share that leaves, 0-1: all and the least by language; and by language and thing."""
    made = list(pages(TABLES[name]["forms"]))
    records = [Record("grid", number, content="\n".join(page.lines)) for number, page in enumerate(made)]
    documents = clean_records(records, make_config({"workers": 1}))
    starts, decided = documents.lines.starts, documents.bodies.decided_by
    gone: dict[tuple[str, str, str], bool] = {}
    for number, page in enumerate(made):
        label = int(decided[starts[number] + page.at])
        key = (page.language, page.thing, page.form)
        # The line model and the labelers that look for a title do not know the form: that would be luck.
        rule = documents.labels[label].rule_id if label >= 0 else "model."
        known = not rule.startswith(("model.", "fields.title", "context.", "repeats."))
        gone[key] = gone.get(key, False) or known
    cells, languages = Counter[tuple[str, str]](), Counter[str]()
    for (language, thing, _), is_gone in gone.items():
        cells[language, thing] += is_gone
        languages[language] += is_gone
    of_cell = Counter(key[:2] for key in gone)
    of_language = Counter(key[0] for key in gone)
    marks = {
        "dropped": sum(gone.values()) / len(gone),
        "least_language": min(languages[one] / of_language[one] for one in of_language),
    }
    return marks, {cell: cells[cell] / of_cell[cell] for cell in of_cell}


def test_every_language_that_has_a_pack_says_every_thing() -> None:
    languages = {path.stem for path in PACKS.glob("*.toml")} - {"generic"}
    assert GRID["forms"].keys() == languages
    things = {frozenset(table) for table in GRID["forms"].values()}
    assert len(things) == 1
    assert len(next(iter(things))) >= 45
    assert {*GRID["over_headlines"], *GRID["in_a_menu"]} <= next(iter(things))


def test_floor() -> None:
    marks, cells = shares("grid")
    hold("phrases-grid", marks)
    hold("phrases-grid-whole", {"cells": sum(share == 1 for share in cells.values()) / len(cells)})


@pytest.mark.parametrize("name", [name for name in TABLES if name.endswith("-kept-apart")])
def test_floor_of_what_is_kept_apart(name: str) -> None:
    hold("phrases-kept-apart", {"dropped": shares(name)[0]["dropped"]})
