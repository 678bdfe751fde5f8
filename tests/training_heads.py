"""Heads to fit the choice of the headline on besides the benches: `python -m tests.training_heads > heads.jsonl`.

The cases of tests/cases/metadata whose record states no title, known failures too: what a case says the title is, is
the truth of its page. In the form that pipelines/training/headlines.py reads.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases" / "metadata"
# They are four times as many as the pages of news-dev, shorter, and easier.
WEIGHT = 0.5
# Lines of a page that has a head at all.
LEAST = 4


def _text(case: dict[str, Any], paragraphs: dict[str, str]) -> str:
    """The page, as it is or of the lines of heads.toml; empty where another rule is said to have taken a line."""
    if isinstance(case.get("text"), str):
        return str(case["text"]).strip("\n")
    lines = [item.rpartition(" > ") for item in case.get("lines", ())]
    if any(what.startswith("phrase ") for what, _, _ in lines):
        return ""
    texts = (text for _, _, text in lines)
    return "\n".join(re.sub(r"@(\w\w\d)", lambda match: paragraphs[match[1]], text) for text in texts).strip("\n")


def heads() -> Iterator[dict[str, Any]]:
    """Each head: its name, address, text, title and weight."""
    for path in sorted(CASES.glob("*.toml")):
        tables = tomllib.loads(path.read_text("utf-8"))
        for case in (case for cases in tables.values() if isinstance(cases, list) for case in cases if "name" in case):
            text = _text(case, tables.get("paragraphs", {}))
            # a case of heads.toml that names no title has none
            title = case.get("title", "" if "lines" in case else None)
            if title is not None and not case.get("given", {}).get("title") and text.count("\n") + 1 >= LEAST:
                name = f"{path.stem}:{case['name']}"
                yield {"id": name, "url": case.get("url"), "text": text, "title": title, "weight": WEIGHT}


if __name__ == "__main__":
    for head in heads():
        print(json.dumps(head, ensure_ascii=False))
