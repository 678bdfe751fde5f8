"""`make bench`: what it costs and how good it is. Never part of the tests; figures for notes and commit messages.

Measures the sample, and the shared benches where they are. CPU seconds are those of all processes together.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cleaning.documents as stages
from cleaning.config import POLICIES, make_config
from cleaning.records import Record
from cleaning.rows import article_rows, fate_rows, flag_rows, label_rows, line_rows
from cleaning.shingles import shingle
from tests.harm import measure_harm

ROOT = Path(__file__).parents[1]
BENCH = ROOT.parent / "shared" / "bench"


def run(args: Sequence[str | Path]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run([*map(str, args)], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024


def tamis(*args: str | Path) -> tuple[float, float, float]:
    return run([Path(sys.executable).with_name("tamis"), *args])


def without_gold(name: str, folder: Path) -> Path:
    """A bench with nothing but what a scraper would have."""
    out = folder / name
    with (BENCH / name).open(encoding="utf-8") as rows, out.open("w", encoding="utf-8") as sink:
        for row in map(json.loads, rows):
            sink.write(json.dumps({key: row[key] for key in ("id", "url", "text")}, ensure_ascii=False) + "\n")
    return out


def score(scorer: str, *args: str | Path) -> str:
    call = [sys.executable, BENCH / scorer, *args]
    return subprocess.run([*map(str, call)], capture_output=True, text=True, check=True).stdout.strip()


def stage_shares(path: Path) -> None:
    """CPU of each stage on one core, in ms a document, once everything is imported and compiled."""
    with path.open(encoding="utf-8") as rows:
        records = [
            Record(path.name, number, row["id"], row["text"], {"url": row["url"]})
            for number, row in enumerate(map(json.loads, rows))
        ]
    config, spent = make_config({}), dict[str, float]()

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any) -> Any:
            started = time.process_time()
            result = function(*args)
            spent[name] = spent.get(name, 0.0) + time.process_time() - started
            return result

        return measured

    def all_tables(documents: stages.Documents) -> None:
        for make in (line_rows, label_rows, flag_rows):
            make(documents)
        fate_rows(documents, articles)

    stages.clean_records(records[:50], config)
    timed_stages = (
        "repair split count_lines merge_counts assemble read_metadata detect_languages find_foreign read_flags"
    )
    for name in timed_stages.split():
        setattr(stages, name, timed(name, getattr(stages, name)))
    labelers = [f.__module__.removeprefix("cleaning.") for f in stages.LABELERS]
    stages.LABELERS = tuple(timed(name, f) for name, f in zip(labelers, stages.LABELERS, strict=True))
    documents = timed("all of clean_records", stages.clean_records)(records, config)
    articles = timed("article_rows (with signals)", article_rows)(documents, config)
    timed("line, label, fate, flag rows", all_tables)(documents)
    shingle(articles["text"].slice(0, 50))
    timed("shingle", shingle)(articles["text"])
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name:<32} {1000 * seconds / len(records):.4f} ms a document")
    labelling = sum(spent[name] for name in labelers)
    shares = ", ".join(
        f"{name.removeprefix('labelers.')} {spent[name] / labelling:.0%}"
        for name in sorted(labelers, key=lambda name: -spent[name])
    )
    print(f"  all labelers: {1000 * labelling / len(records):.4f} ms a document ({shares})")


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"tamis --help: {min(tamis('--help')[0] for _ in range(5)):.2f} s")
        wall, cpu, peak = tamis("run", "-o", folder / "sample")
        print(f"sample: {wall:.1f} s, {cpu:.1f} s CPU, {peak:.0f} MB")
        if not BENCH.is_dir():
            print("no shared benches here")
            return
        source = BENCH / "articles-3k.jsonl"
        for workers in (1, os.cpu_count() or 1):
            wall, cpu, peak = tamis("run", source, "-o", folder / f"a{workers}", "--workers", str(workers))
            print(
                f"articles-3k, {workers} workers: {wall:.1f} s, {cpu:.1f} s CPU, "
                f"{3000 / cpu:.0f} docs a CPU second, {peak:.0f} MB"
            )
        print(
            "articles-3k:",
            score("score_articles.py", source, BENCH / "articles-3k.truth.jsonl", folder / "a1" / "data"),
        )
        stage_shares(source)
        for name in ("news-dev.jsonl", "extracted-dev.jsonl"):
            out = folder / name.split(".")[0]
            tamis("run", without_gold(name, folder), "-o", out, "--duplicates", "flag")
            print(f"{name}:", score("score_bodies.py", BENCH / name, out / "data"))
        for policy in POLICIES:
            harm = measure_harm([BENCH / "news-dev.jsonl", BENCH / "extracted-dev.jsonl"], policy)
            print(
                f"harm, {policy}: {harm.lines_kept:.4f} of {harm.lines} lines of clean articles stay, "
                f"{harm.pages_whole:.4f} of {harm.pages} pages whole"
            )
        print("metadata:", score("score_metadata.py", BENCH / "news-dev.jsonl", folder / "news-dev" / "data"))
        # Of whole texts, as its truth was made.
        whole = 'policy = "keep"\nmin_chars = 0\n'
        alone = f'{whole}containment = 0\nsame_template = "drop"\n'
        for number, settings in enumerate(("", whole, alone)):
            out, config = folder / f"d{number}", folder / f"d{number}.toml"
            config.write_text(settings)
            wall, cpu, peak = tamis("run", BENCH / "dedupe-15k.parquet", "-o", out, "--config", config)
            print(f"dedupe-15k, {settings.split() or 'defaults'}: {wall:.1f} s, {cpu:.1f} s CPU, {peak:.0f} MB")
            print(score("score_dedupe.py", BENCH / "dedupe-15k.truth.parquet", out / "audit/fates.parquet"))


if __name__ == "__main__":
    main()
