from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning import clean
from cleaning.labelers.gaps import find_gap, load_gaps

CASES = Path(__file__).parent / "cases"


def cases(path: str) -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in tomllib.loads((CASES / path).read_text("utf-8"))["case"]]


@pytest.mark.parametrize("case", cases("flags/cases.toml"))
def test_flags(case: dict[str, Any]) -> None:
    article = clean(case["text"].strip("\n"), html=case.get("html", "plain"))
    assert list(article.flags) == case["flags"]
    assert all(article.flag_evidence[flag] for flag in article.flags)


@pytest.mark.parametrize("gap", load_gaps(), ids=lambda gap: gap.id)
def test_gap_rules_hold_their_examples(gap: Any) -> None:
    assert gap.catches
    assert gap.keeps
    assert all(len(need) >= 2 for need in gap.needs), "lines are looked through for pairs of characters"
    for line in gap.catches:
        found = find_gap(line)
        assert found is not None, line
        assert found[0] == gap.id, line
    for line in gap.keeps:
        assert find_gap(line) is None, line


@pytest.mark.parametrize("case", cases("counters/cases.toml"))
def test_counters(case: dict[str, Any]) -> None:
    article = clean(case["text"].strip("\n"))
    by = {line.number: line.dropped_by for line in article.lines}
    assert [no for no, reason in by.items() if reason and reason.rule_id == "counters.beside-widget"] == case["dropped"]
