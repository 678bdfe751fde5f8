"""Metadata by language: `python -m tests.bench_metadata` prints the table of README.

What news-dev's pages state and what is read of it (recall asked of what a page states, as score_metadata.py does),
and the heads of tests/cases/metadata/languages.toml. A page's language is what its text is detected as.
"""

from __future__ import annotations

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.labelers.fields import label
from cleaning.lines import split
from cleaning.metadata import read_metadata
from cleaning.records import Record
from tests.bench import BENCH
from tests.test_metadata import HEADS, head_of


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_metadata", BENCH / "score_metadata.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Language, gold and what is read of each page of news-dev."""
    rows = [json.loads(line) for line in (BENCH / "news-dev.jsonl").read_text("utf-8").splitlines()]
    records = [Record("news-dev", n, row["id"], row["text"], {"url": row["url"]}) for n, row in enumerate(rows)]
    documents = clean_records(records, make_config({}))
    for row, language, one in zip(rows, documents.languages, documents.metadata, strict=True):
        read = {"title": one.title, "authors": list(one.authors), "published_at": one.published_at}
        yield language.tag.split("-")[0], row, read


def own_cases() -> dict[str, list[int]]:
    """For each language how many of its heads there are, and of how many title, authors and moment are read."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for language, number in HEADS:
        texts, (title, authors, published) = head_of(language, number)
        lines = split(["\n".join(texts)])
        one = read_metadata(lines, label(lines, []))[0]
        at = f"{one.published_at:%Y-%m-%dT%H:%M}" if one.published_at else ""
        row = found[language]
        row[0] += 1
        for place, right in enumerate((one.title == title, ", ".join(one.authors) == authors, at == published), 1):
            row[place] += right
    return found


def main() -> None:
    """Print the table."""
    score = scorer().score
    by_language: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    if BENCH.is_dir():
        for language, row, read in pages():
            by_language[language].append((row, read))
    own = own_cases()
    print("| | pages | title P / R | authors P / R | day P / R | own heads | title | authors | moment |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for language in sorted(by_language.keys() | own.keys(), key=lambda tag: (-len(by_language.get(tag, ())), tag)):
        some = by_language.get(language, [])
        marks = score([row for row, _ in some], {row["id"]: read for row, read in some})
        cells = [
            f"{mark['precision']:.2f} / {mark['recall']:.2f}" if some else ""
            for mark in (marks["title"], marks["authors"], marks["published_at"])
        ]
        cells += map(str, own.get(language, [""] * 4))
        print(f"| {language} | {len(some) or ''} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
