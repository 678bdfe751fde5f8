"""Subheads that are known, and what stands under them. Cases: cases/subheads."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.labelers import subheads
from cleaning.lines import Label, split

CASES = Path(__file__).parent / "cases" / "subheads" / "cases.toml"


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"]) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]],
)
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    buttons = [Label(number - 1, "ui-string", "en.ui.button", "") for number in case.get("buttons", [])]
    said = subheads.label(lines, buttons)
    found = {name: sorted({one.row + 1 for one in said if one.label == name}) for name in ("subhead", "fact")}
    assert found == {"subhead": case["subheads"], "fact": case["facts"]}


def test_every_language_has_words() -> None:
    words = subheads.subhead_settings()["words"]
    assert len(words) == 35
    assert all(len(some) >= 8 and len(some) == len(set(some)) for some in words.values())


@pytest.mark.parametrize("line", ["Pros", "Pros\nQuick", "ANN LEE:"])
def test_hostile_documents_are_linear(line: str) -> None:
    subheads.label(split([f"{line}\n" * 50_000]), [])
