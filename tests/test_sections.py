"""Which section an article is given, by the address of its page and by what stands over the headline."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning import clean

TABLE = tomllib.loads((Path(__file__).parent / "cases" / "metadata" / "sections.toml").read_text("utf-8"))
# A theme over the headline that is as often a section: nothing on the page tells.
KNOWN = {"https://www.inselbote.example/nachrichten/faehre-winter-3.html"}


def marked(case: dict[str, Any]) -> Any:
    known = [pytest.mark.xfail(strict=True, reason="a topic that is no place")] if case["url"] in KNOWN else []
    return pytest.param(case, id=case["url"].partition("//")[2], marks=known)


@pytest.mark.parametrize("case", [marked(case) for case in TABLE["case"]])
def test_case(case: dict[str, Any]) -> None:
    page = TABLE[case["lang"]]
    head = [page["title"] if line == "*" else line for line in case["head"]]
    article = clean("\n".join([*head, *page["text"]]), case["url"])
    assert article.title == page["title"]
    assert (article.section or "") in case["section"]


def test_half_of_the_cases_are_hard() -> None:
    assert sum(case["section"] == [""] for case in TABLE["case"]) >= 7
    assert len(TABLE["case"]) >= 29
