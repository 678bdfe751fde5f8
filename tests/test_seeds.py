"""Five real articles with a label for every line; they are not ours to ship, so this skips where they are absent."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cleaning import clean
from cleaning.article import Article
from cleaning.repair import repair

NUMBERS = range(5)


@pytest.fixture(scope="session")
def seeds(shared: Path) -> list[tuple[dict[str, Any], list[str], Article]]:
    folder = shared / "seeds"
    rows = [json.loads(row) for row in (folder / "expected.jsonl").read_text("utf-8").splitlines()]
    return [
        (
            row,
            repair((folder / row["file"]).read_text("utf-8")).text.split("\n"),
            clean((folder / row["file"]).read_bytes()),
        )
        for row in rows
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_line_is_labelled_as_expected(
    number: int, seeds: list[tuple[dict[str, Any], list[str], Article]]
) -> None:
    row, _, article = seeds[number]
    lines = {line.number: line for line in article.lines}
    assert set(lines) == {no for no, _ in row["lines"]}
    wrong = []
    for no, label in row["lines"]:
        by = lines[no].dropped_by
        got = by.label if by else "body"
        if label not in ("either", got):
            wrong.append((no, label, got, lines[no].text[:60]))
    assert wrong == []


@pytest.mark.parametrize("number", NUMBERS)
def test_the_body_stands_as_often_as_it_should(
    number: int, seeds: list[tuple[dict[str, Any], list[str], Article]]
) -> None:
    row, source, article = seeds[number]
    expected = Counter(source[no - 1].strip() for no, label in row["lines"] if label == "body")
    free = {source[no - 1].strip() for no, label in row["lines"] if label == "either"}
    got = Counter(line for line in article.text.split("\n") if line not in free)
    assert got == expected


@pytest.mark.parametrize("number", NUMBERS)
def test_metadata(number: int, seeds: list[tuple[dict[str, Any], list[str], Article]]) -> None:
    row, _, article = seeds[number]
    for name, value in row["metadata"].items():
        got: Any = getattr(article, name)
        if name in ("published_at", "updated_at") and value:
            value += "T00:00" if "T" not in value else ""
            got = got and got.strftime("%Y-%m-%dT%H:%M")
        assert (sorted(got) if isinstance(got, tuple) else got) == value, name
