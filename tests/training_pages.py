"""Pages to train the line model on besides the benches of pages: `python -m tests.training_pages > pages.jsonl`.

With `lists`, those of tests/cases/links, for pipelines/training/listends.py alone.

Clean documents of tests/cases/harm and dirty ones of tests/cases/boilerplate, which are short and in many languages;
every fourth article of the shared articles-3k, where it is: newsgroups and wires, with code, tables and signatures.
Pages kept apart are left out.
In the form that pipelines/training/line_model.py reads.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import SHARED

CASES = Path(__file__).parent / "cases"
# They are many, and easier than the pages of the benches; cases say right what gold of the benches often leaves out.
WEIGHT, CASE_WEIGHT, LIST_WEIGHT = 0.35, 0.8, 2.0
SAYS = {"+": "body", "-": "other", "~": "ambiguous"}


def cases(kind: str) -> Iterator[dict[str, Any]]:
    """All cases of a kind but those that are kept apart: neither rules nor the model are mended from them."""
    for path in sorted((CASES / kind).glob("*.toml")):
        if not path.stem.endswith("-kept-apart"):
            yield from tomllib.loads(path.read_text("utf-8")).get("case", ())


def page(case: dict[str, Any], lines: list[str], labels: list[str], weight: float = CASE_WEIGHT) -> dict[str, Any]:
    gold = [line for line, said in zip(lines, labels, strict=True) if said == "body"]
    said = {"labels": labels, "gold": gold, "weight": weight}
    return {"id": case["id"], "url": case.get("url"), "text": "\n".join(lines)} | said


def own_pages() -> Iterator[dict[str, Any]]:
    frames: dict[str, list[tuple[list[str], list[str]]]] = {}
    for case in cases("boilerplate"):
        rows = case["text"].strip("\n").split("\n")
        lines, labels = [row[2:] for row in rows], [SAYS[row[0]] for row in rows]
        yield page(case, lines, labels)
        body = [number for number, said in enumerate(labels) if said == "body"]
        frames.setdefault(case["lang"], []).append((lines[: body[0]], lines[body[-1] + 1 :]))
    for number, case in enumerate(cases("harm")):
        lines = case["text"].strip("\n").split("\n")
        free = case.get("may_go", [])
        labels = ["ambiguous" if at in free else "body" for at in range(1, len(lines) + 1)]
        yield page(case, lines, labels)
        # the same with what stands around an article on a page of its language
        some = frames.get(case["lang"], frames["en"])
        head, tail = some[number % len(some)]
        around = {**case, "id": f"{case['id']}/framed"}
        yield page(around, [*head, *lines, *tail], ["other"] * len(head) + labels + ["other"] * len(tail))


def articles() -> Iterator[dict[str, Any]]:
    bench = SHARED / "bench"
    if not bench.is_dir():
        return
    with (bench / "articles-3k.jsonl").open(encoding="utf-8") as file:
        texts = {row["id"]: row["text"] for row in map(json.loads, file)}
    with (bench / "articles-3k.truth.jsonl").open(encoding="utf-8") as file:
        originals = [row for row in map(json.loads, file) if row["kind"] == "orig" and not row["mojibake"]]
    for row in originals[::4]:
        body = {line.strip() for line in row["body"].split("\n")}
        lines = texts[row["id"]].split("\n")
        labels = ["body" if line.strip() in body else "other" for line in lines]
        yield page({"id": f"base-{row['base']}"}, lines, labels, WEIGHT)


def lists() -> Iterator[dict[str, Any]]:
    for case in cases("links"):
        lines = case["text"].strip("\n").split("\n")
        labels = ["other" if number in case["links"] else "body" for number in range(1, len(lines) + 1)]
        yield page({"id": case["name"]}, lines, labels, LIST_WEIGHT)


if __name__ == "__main__":
    for one in lists() if sys.argv[1:] == ["lists"] else (*own_pages(), *articles()):
        print(json.dumps(one, ensure_ascii=False))
