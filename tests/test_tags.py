from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.labelers import phrases, tags
from cleaning.lines import split

CASES = Path(__file__).parent / "cases" / "tags" / "cases.toml"


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"]) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]],
)
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    labels = [one for one in phrases.label(lines, []) if one.label != "tags"]
    assert [int(lines.line_no[one.row]) for one in tags.label(lines, labels)] == case["tags"]


@pytest.mark.parametrize("line", ["Topics", "- Ferries", "Topics\nFerries"])
def test_hostile_documents_are_linear(line: str) -> None:
    tags.label(split(["Topics\n" + f"{line}\n" * 200_000]), [])
