"""What papers print beside the text of their articles, paper by paper (cases/phrases/publishers.toml): what rules drop.

Each line stands alone between two paragraphs. `drop` is what a page says; `stay` are subheads and sentences like it.
Nobody mends from the papers that are `apart`: they tell how far rules go beyond the lines that they were written from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.records import Record
from tests.floors import hold
from tests.test_phrases_grid import BAR, CASES, PACKS, prose

PAPERS: dict[str, dict[str, Any]] = tomllib.loads((CASES / "publishers.toml").read_text("utf-8"))["paper"]


# The line model and the labelers that look for a title do not know the line: that would be luck.
LUCK = ("model.", "fields.title", "context.", "repeats.")


class Shown(NamedTuple):
    """A line of a paper's page, whether it has to leave, and the rule that makes it leave ('' where it stays)."""

    paper: str
    language: str
    line: str
    leaves: bool
    rule: str


def shown(apart: bool) -> Iterator[Shown]:
    lines = [
        (name, paper["language"], line, leaves)
        for name, paper in PAPERS.items()
        if paper.get("apart", False) == apart
        for leaves in (True, False)
        for line in paper["drop" if leaves else "stay"]
    ]
    records = []
    for number, (_, language, line, _) in enumerate(lines):
        text = prose(language)
        records.append(Record("papers", number, content="\n".join([*text[:3], line, *text[3:], *BAR])))
    documents = clean_records(records, make_config({"workers": 1}))
    starts, decided = documents.lines.starts, documents.bodies.decided_by
    for number, line in enumerate(lines):
        label = int(decided[starts[number] + 3])
        yield Shown(*line, documents.labels[label].rule_id if label >= 0 else "")


def test_of_papers_in_all_languages_some_are_apart() -> None:
    languages = {path.stem for path in PACKS.glob("*.toml")} - {"generic"}
    assert {paper["language"] for paper in PAPERS.values()} == languages
    assert sum(paper.get("apart", False) for paper in PAPERS.values()) >= len(PAPERS) / 6
    assert all(paper["drop"] and paper["stay"] for paper in PAPERS.values())


@pytest.mark.parametrize("apart", [False, True])
def test_floor(apart: bool) -> None:
    of_drop: list[bool] = []
    of_stay: list[bool] = []
    for one in shown(apart):
        if one.leaves:
            of_drop.append(bool(one.rule) and not one.rule.startswith(LUCK))
        else:
            of_stay.append(not one.rule)
    marks = {"dropped": sum(of_drop) / len(of_drop), "stayed": sum(of_stay) / len(of_stay)}
    hold("phrases-publishers-apart" if apart else "phrases-publishers", marks)
