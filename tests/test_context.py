from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.labelers import LABELERS, context
from cleaning.lines import Label, Lines, split

CASES = Path(__file__).parent / "cases" / "context"


def labelled(lines: Lines) -> list[Label]:
    labels: list[Label] = []
    for labeler in LABELERS:
        if labeler is context.label:
            break
        labels += labeler(lines, labels)
    return context.label(lines, labels)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"]) for case in tomllib.loads((CASES / "cases.toml").read_text("utf-8"))["case"]],
)
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    found = labelled(lines)
    assert [[int(lines.line_no[one.row]), one.rule_id] for one in found] == case["labelled"]


def test_three_paragraphs_are_the_article_however_many_buttons_stand_over_them() -> None:
    prose = [
        f"{'The council has voted for the new bridge after a debate that took all of the night. ' * 2}{n}."
        for n in range(4)
    ]
    buttons = ["Share", "Print", "Subscribe", "Log in", "Read more"]
    lines = split(
        ["\n".join([prose[0], *buttons * 7, prose[1], "What comes next", *prose[2:], *buttons * 2, "So it goes"])]
    )
    assert [lines.text(one.row) for one in labelled(lines)] == ["So it goes"]


@pytest.mark.parametrize("line", ["Facebook", "A headline of five words", "x" * 1_000_000])
def test_hostile_documents_are_linear(line: str) -> None:
    lines = split([f"{line}\n" * (200_000 if len(line) < 100 else 3)])
    rows = range(0, len(lines), 2)
    context.label(lines, [Label(row, "ui-string", "en.ui.button", "") for row in rows])
