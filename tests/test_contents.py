"""Tables of contents over an article. Cases: cases/contents."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.labelers import contents, phrases
from cleaning.lines import split

CASES = Path(__file__).parent / "cases" / "contents" / "cases.toml"


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"]) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]],
)
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    labels = contents.label(lines, phrases.label(lines, []))
    assert [int(lines.line_no[one.row]) for one in labels if one.label == "navigation"] == case["listed"]
    assert [int(lines.line_no[one.row]) for one in labels if one.label == "subhead"] == case.get("subheads", [])


@pytest.mark.parametrize("line", ["Contents", "Contents\nA way", "Contents\nA way\nB way\nC way"])
def test_hostile_documents_are_linear(line: str) -> None:
    contents.label(split([f"{line}\n" * 200_000]), [])
