from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.labelers import RULES, letters, notes, pictures, subheads
from cleaning.lines import Label, split

CASES = tomllib.loads((Path(__file__).parent / "cases" / "notes" / "cases.toml").read_text("utf-8"))["case"]
LABELERS = (letters.label, notes.label, pictures.label_listed, pictures.label, subheads.label)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    labels: list[Label] = []
    found: list[Label] = []
    for labeler in RULES:
        said = labeler(lines, labels)
        labels += said
        if labeler in LABELERS:
            found += said
    assert [[int(lines.line_no[one.row]), one.rule_id] for one in sorted(found)] == case["labelled"]


@pytest.mark.parametrize(
    "line", ["Ann Lee writes about rivers.", "Image 1 of 5", "Photo: Ann Lee", "Letters", "x" * 1_000_000]
)
def test_hostile_documents_are_linear(line: str) -> None:
    lines = split([f"By Ann Lee\n{line}\n" * (100_000 if len(line) < 100 else 3)])
    labels = [Label(row, "byline", "fields.byline.by", "") for row in range(0, len(lines), 2)]
    for labeler in LABELERS:
        labeler(lines, labels)
