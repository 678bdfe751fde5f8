"""Quality has floors that only rise. They need real text, which is not ours to ship: absent, this skips."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from cleaning.config import make_config
from cleaning.documents import Documents, clean_records
from cleaning.labelers.repeats import label
from cleaning.lines import split
from cleaning.records import Record
from tests.building import build_here
from tests.floors import hold
from tests.harm import measure_harm


def scorer(bench: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, bench / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean_file(path: Path) -> tuple[list[dict[str, Any]], Documents]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    records = [Record(path.name, n, row["id"], row["text"], {"url": row["url"]}) for n, row in enumerate(rows)]
    return rows, clean_records(records, make_config({}))


@pytest.mark.parametrize("name", ["news-dev", "extracted-dev"])
def test_bodies_and_metadata(name: str, shared: Path) -> None:
    bench = shared / "bench"
    rows, documents = clean_file(bench / f"{name}.jsonl")
    bodies = {row["id"]: text for row, text in zip(rows, documents.bodies.texts, strict=True)}
    marks: dict[str, float] = scorer(bench, "score_bodies").score(rows, bodies)
    if name == "news-dev":
        read = {
            row["id"]: {"title": one.title, "authors": list(one.authors), "published_at": one.published_at}
            for row, one in zip(rows, documents.metadata, strict=True)
        }
        for field, found in scorer(bench, "score_metadata").score(rows, read).items():
            short = field.removesuffix("_at")
            marks |= {f"{short}_precision": found["precision"], f"{short}_recall": found["recall"]}
    hold(name, marks, bench / f"{name}.jsonl")


def test_a_clean_article_loses_next_to_nothing(shared: Path) -> None:
    paths = [shared / "bench" / f"{name}.jsonl" for name in ("news-dev", "extracted-dev")]
    hold("harm", measure_harm(paths).marks(), *paths)


def test_a_whole_run(shared: Path, tmp_path: Path) -> None:
    bench = shared / "bench"
    source = bench / "articles-3k.jsonl"
    build_here([source], tmp_path, make_config({}))
    call = [sys.executable, bench / "score_articles.py", source, bench / "articles-3k.truth.jsonl", tmp_path / "data"]
    score = json.loads(subprocess.run([*map(str, call)], capture_output=True, text=True, check=True).stdout)
    hold("articles-3k", score | {f"{kind}_left": left for kind, (left, _) in score["left"].items()}, source)


_PASTED_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\s\u3040-\u30ff\u3400-\u9fff]+|\s+")


def _changed(paragraph: str, rate: float, random: Random, others: list[str]) -> str:
    """Some words replaced by others, left out, or with another put after them."""
    out = []
    for word in _PASTED_WORD.findall(paragraph):
        if word.isspace() or random.random() >= rate:
            out.append(word)
        else:
            other = random.choice(others)
            out.append(random.choice([other, "", f"{word} {other}" if word.isascii() else word + other]))
    return "".join(out).strip() or paragraph


def _pasted(body: list[str], rate: float, random: Random) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """The ways in which tools paste a body again: what stands between, the second copy, what follows it."""
    others = [word for paragraph in body for word in _PASTED_WORD.findall(paragraph) if not word.isspace()]

    def copy(paragraphs: list[str]) -> list[str]:
        return [_changed(paragraph, rate, random, others) for paragraph in paragraphs]

    yield [], copy(body), []
    yield ["Summary", " ".join(random.choices(others, k=25))], copy(body), []
    yield [], copy(body[: -(-len(body) // 2)]), []
    yield [], copy(body[len(body) // 3 :]), ["Share this", "0 comments"]
    headed = [["Another heading", one] if number % 4 == 2 else [one] for number, one in enumerate(copy(body))]
    yield ["Rewritten Article"], [line for some in headed for line in some], []


def test_pasted_copies(shared: Path) -> None:
    path = shared / "bench" / "news-dev.jsonl"
    bodies = {}
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        body = [paragraph.strip() for paragraph in row["gold"] if paragraph.strip()]
        while body and body[-1][-1] not in '.!?…。！？”"»':  # a heading whose text the gold lacks
            body.pop()
        if sum(map(len, body)) >= 300 and not label(split(["\n\n".join(body)]), []):
            bodies[row["id"]] = body
    assert len(bodies) >= 110
    marks: dict[str, float] = {"first_cut": 0}
    for percent in (0, 2, 5, 10):
        found = whole = 0
        for name, body in bodies.items():
            ways = list(_pasted(body, percent / 100, Random(f"{name} {percent}")))
            lines = split(["\n\n".join([*body, *between, *second, *after]) for between, second, after in ways])
            labelled = {each.row for each in label(lines, [])}
            for number, (between, second, _) in enumerate(ways):
                start = lines.rows(number).start
                marks["first_cut"] += any(row in labelled for row in range(start, start + len(body)))
                copy = range(start + len(body) + len(between), start + len(body) + len(between) + len(second))
                whole += sum(len(lines.text(row)) for row in copy)
                found += sum(len(lines.text(row)) for row in copy if row in labelled)
        marks[f"found_{percent}"] = found / whole
    hold("pasted", marks, path)
