from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.labelers import counters, phrases, stamped
from cleaning.lines import Label, split

CASES = Path(__file__).parent / "cases" / "stamped" / "cases.toml"


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"]) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]],
)
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    labels: list[Label] = phrases.label(lines, [])
    labels += counters.label(lines, labels)
    assert [int(lines.line_no[one.row]) for one in stamped.label(lines, labels)] == case["links"]


@pytest.mark.parametrize("line", ["2 May 2024", "Facebook", "Ferry is back 2 May 2024 09:10", "x" * 1_000_000])
def test_hostile_documents_are_linear(line: str) -> None:
    lines = split([f"{line}\n" * (200_000 if len(line) < 100 else 3) + "Share this article"])
    stamped.label(lines, [Label(len(lines) - 1, "share-bar", "en.share.button", "")])
