"""How well boilerplate is told from text, on shared benches: `python -m tests.bench_boilerplate [CV.jsonl]`.

Prints a row for each policy, and F1 by extractor and by language beside doing nothing. CV.jsonl holds bodies as
`python -m pipelines.training.line_model … --predictions CV.jsonl` writes them, each of a model that has not seen the
site; without it the model that tamis carries is scored, which has seen these pages.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cleaning.config import POLICIES, make_config
from cleaning.documents import clean_records
from cleaning.language import detect_languages
from cleaning.records import Record
from tests.conftest import SHARED
from tests.harm import measure_harm
from tests.test_floors import scorer

NAMES = ("news-dev", "extracted-dev")
Rows = list[dict[str, Any]]


def read_rows(name: str) -> Rows:
    return [json.loads(line) for line in (SHARED / "bench" / f"{name}.jsonl").read_text("utf-8").splitlines()]


def bodies(name: str, rows: Rows, policy: str) -> dict[str, str]:
    records = [
        Record(name, number, row["id"], row["text"], {"url": row["url"]} if row["url"] else {})
        for number, row in enumerate(rows)
    ]
    texts = clean_records(records, make_config({"policy": policy})).bodies.texts
    return {row["id"]: text for row, text in zip(rows, texts, strict=True)}


def show_groups(rows: Rows, texts: Mapping[str, str], name_of: Callable[[dict[str, Any]], str]) -> None:
    score = scorer(SHARED / "bench", "score_bodies").score
    groups: defaultdict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[name_of(row)].append(row)
    for name, some in sorted(groups.items(), key=lambda item: -len(item[1])):
        mine = score(some, {row["id"]: texts[row["id"]] for row in some})
        nothing = score(some, {row["id"]: row["text"] for row in some})
        print(
            f"  {name:<20} {len(some):>4} pages  F1 {mine['f1']:.4f} (doing nothing {nothing['f1']:.4f})  "
            f"kept {mine['body_kept']:.4f}  dropped {mine['boilerplate_dropped']:.4f}"
        )


def main(arguments: list[str]) -> None:
    score = scorer(SHARED / "bench", "score_bodies").score
    given: dict[str, str] = {}
    for path in arguments:
        lines = map(json.loads, Path(path).read_text("utf-8").splitlines())
        given |= {row["source_id"]: row["text"] for row in lines}
    paths = [SHARED / "bench" / f"{name}.jsonl" for name in NAMES]
    for policy in POLICIES:
        harm = measure_harm(paths, policy)
        print(f"{policy}: clean articles: {harm.lines_kept:.4f} of lines stay, {harm.pages_whole:.4f} of pages whole")
        for name in NAMES:
            rows = read_rows(name)
            marks = score(rows, bodies(name, rows, policy))
            print(f"  {name}: {marks['f1']:.4f} / {marks['body_kept']:.4f} / {marks['boilerplate_dropped']:.4f}")
    for name in NAMES:
        rows = read_rows(name)
        texts = given or bodies(name, rows, "balanced")
        marks = score(rows, {row["id"]: texts[row["id"]] for row in rows})
        print(f"{name}, {'cross-validated' if given else 'as shipped'}: {json.dumps(marks)}")
        told = detect_languages(["\n".join(row["gold"]) for row in rows])
        language = {row["id"]: one.tag for row, one in zip(rows, told, strict=True)}
        show_groups(rows, texts, lambda row, language=language: language[row["id"]])  # type: ignore[misc]
        if name == "extracted-dev":
            show_groups(rows, texts, lambda row: str(row["extractor"]))


if __name__ == "__main__":
    main(sys.argv[1:])
