"""The project's own cases as pages to train the line model on: `python -m tests.own_pages > own.jsonl`.

Clean documents of tests/cases/harm and dirty ones of tests/cases/boilerplate, in the form that
pipelines/train_line_model.py reads. They are of kinds that news benches lack: short, in many languages.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
SAYS = {"+": "body", "-": "other", "~": "ambiguous"}


def cases(kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted((CASES / kind).glob("*.toml")):
        yield from tomllib.loads(path.read_text("utf-8")).get("case", ())


def page(case: dict[str, Any], lines: list[str], labels: list[str]) -> dict[str, Any]:
    gold = [line for line, said in zip(lines, labels, strict=True) if said == "body"]
    return {"id": case["id"], "url": case.get("url"), "text": "\n".join(lines), "labels": labels, "gold": gold}


def own_pages() -> Iterator[dict[str, Any]]:
    for case in cases("harm"):
        lines = case["text"].strip("\n").split("\n")
        free = case.get("may_go", [])
        yield page(case, lines, ["ambiguous" if number in free else "body" for number in range(1, len(lines) + 1)])
    for case in cases("boilerplate"):
        rows = case["text"].strip("\n").split("\n")
        yield page(case, [row[2:] for row in rows], [SAYS[row[0]] for row in rows])


if __name__ == "__main__":
    for one in own_pages():
        print(json.dumps(one, ensure_ascii=False))
