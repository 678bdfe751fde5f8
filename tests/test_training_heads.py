"""The project's own heads, as the choice of the headline learns from them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pipelines.training.headline_pages import read_pages
from tests.training_heads import WEIGHT, heads

ROW = {
    "id": "a:1",
    "text": "The Marsh Review\nThe ferry waits\nBy Ann Lee\n3 March 2026\nThe ferry waits for nobody now.",
}


def test_each_kind_of_case_has_heads() -> None:
    rows = list(heads())
    assert len(rows) > 450
    assert {row["id"].partition(":")[0] for row in rows} >= {
        "heads",
        "pages",
        "unlike-heads",
        "unread-heads",
        "kickered-heads",
    }
    assert {row["weight"] for row in rows} == {WEIGHT}
    assert not any(re.match(r"@\w\w\d$|title > ", line) for row in rows for line in row["text"].split("\n"))
    assert {bool(row["title"]) for row in rows} == {True, False}  # some have none, and teach that


def test_heads_are_scored_apart_from_the_pages_of_a_bench(tmp_path: Path) -> None:
    rows = [
        {**ROW, "title": "The ferry waits", "url": None, "weight": WEIGHT},
        {**ROW, "title": "The ferry waits", "url": "https://marsh.example/ferry-waits-under-bridge", "weight": WEIGHT},
        {**ROW, "title": "", "url": None, "weight": WEIGHT},
        {**ROW, "title": "The ferry waits", "url": None},
    ]
    path = tmp_path / "heads.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    pages = list(read_pages([path], {}))
    assert [(page.kind, page.weight) for page in pages] == [
        ("own", WEIGHT),  # without an address it is the same page once more
        ("own", WEIGHT),
        ("own-unseen", WEIGHT),
        ("own", WEIGHT),
        ("title", 1.0),
        ("unseen", 0.5),
    ]
    assert [[page.texts[at] for at in page.right] for page in pages[:4]] == [["The ferry waits"]] * 3 + [[]]
