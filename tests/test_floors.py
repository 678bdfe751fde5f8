"""Quality has floors that only rise. They need real text, which is not ours to ship: absent, this skips."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cleaning.config import make_config
from cleaning.documents import Documents, clean_records
from cleaning.records import Record
from pipelines.articles import build
from pipelines.sources import find_sources

FLOORS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))


def hold(name: str, path: Path, marks: dict[str, float]) -> None:
    floors = dict(FLOORS[name])
    if hashlib.sha256(path.read_bytes()).hexdigest()[:12] != floors.pop("corpus"):
        pytest.skip(f"{path.name} is another file than the floors were measured on")
    assert floors.keys() <= marks.keys()
    below = {
        mark: (marks[mark], bound)
        for mark, bound in floors.items()
        if not bound.get("least", -1) <= marks[mark] <= bound.get("most", 1e9)
    }
    assert below == {}


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
    hold(name, bench / f"{name}.jsonl", marks)


def test_a_whole_run(shared: Path, tmp_path: Path) -> None:
    bench = shared / "bench"
    source = bench / "articles-3k.jsonl"
    build(find_sources([source])[0], tmp_path, make_config({}))
    call = [sys.executable, bench / "score_articles.py", source, bench / "articles-3k.truth.jsonl", tmp_path / "data"]
    score = json.loads(subprocess.run([*map(str, call)], capture_output=True, text=True, check=True).stdout)
    hold("articles-3k", source, score | {f"{kind}_left": left for kind, (left, _) in score["left"].items()})
