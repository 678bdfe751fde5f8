"""`make bench`, the part about speed: whole runs over articles-3k made larger, the field's tools on the same input.

    python -m tests.bench_speed PEERS [--small]

PEERS is the environment that `make bench` makes of tests/peers/requirements.txt. `--small` leaves out the sizes
above 24,000 documents. CPU seconds are user and system of all processes together; what a document costs is
what a run takes over what the same command takes over one document (start-up), divided by the documents.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pipelines  # noqa: F401  # says which allocator Arrow takes, before anything loads it
from tests.bench import BENCH, ROOT

PEERS = {
    "naive script, same libraries": "naive_script.py",
    "datatrove, no filters, no language": "datatrove_pipeline.py",
}
COMPARED, LARGE = 3_000, 24_000
GROWTH = (3_000, 24_000, 100_000, 200_000)
EDIT_FROM = 30
"""Characters of the lines that later copies have changed words in; buttons stay as they are, as on any site."""


def documents(count: int) -> Iterator[dict[str, Any]]:
    """articles-3k as often as it takes; each later copy with ids, urls and words of its own."""
    rows = [json.loads(line) for line in (BENCH / "articles-3k.jsonl").read_text("utf-8").splitlines()]
    for number in range(count):
        copy, place = divmod(number, len(rows))
        row = rows[place]
        if not copy:
            yield row
            continue
        chosen = random.Random(number)
        rate = chosen.choice((0.01, 0.05, 0.2))
        lines = [_edited(line, rate, chosen) if len(line) >= EDIT_FROM else line for line in row["text"].split("\n")]
        yield {"id": f"{row['id']}-{copy}", "url": f"{row['url']}?edition={copy}", "text": "\n".join(lines)}


def _edited(line: str, rate: float, chosen: random.Random) -> str:
    """The line with so large a share of its words in another place."""
    words = line.split(" ")
    for at in range(len(words)):
        if chosen.random() < rate:
            other = chosen.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    return " ".join(words)


def write_corpus(path: Path, count: int) -> Path:
    """The first `count` documents as JSON lines."""
    with path.open("w", encoding="utf-8") as sink:
        for row in documents(count):
            sink.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


class Cost(NamedTuple):
    """What a run takes."""

    wall: float
    cpu: float
    peak: float
    """MB of the largest process."""
    checks: float
    """CPU seconds of validation with one worker, importing Great Expectations among them; else 0."""
    parts: dict[str, float]
    """CPU seconds of the parts of a run with one worker."""


def tamis(source: Path, folder: Path, workers: int) -> Cost:
    """A run of ours."""
    call = [sys.executable, "-m", "tests.bench_speed", "--timed", source, folder / "out", str(workers)]
    return _measured([*map(str, call)])


def peer(peers: Path, script: str, source: Path, folder: Path) -> Cost:
    """A run of another tool."""
    return _measured(
        [str(peers / "bin" / "python"), str(ROOT / "tests/peers" / script), str(source), str(folder / "o")]
    )


def _measured(call: list[str]) -> Cost:
    # In a process of its own each time: the peak of a process's children never falls.
    code = f"import json; from tests.bench import run; print(json.dumps(run({call!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    wall, cpu, peak = json.loads(done.stdout)
    if "--timed" not in call:
        return Cost(wall, cpu, peak, 0.0, {})
    told = json.loads(Path(call[-2]).with_name("timed.json").read_text())
    return Cost(wall, cpu, peak, told["checks"] or 0.0, told["parts"])


def timed(source: str, out: str, workers: str) -> None:
    """One run in this process; what its parts take goes to `timed.json` beside the output."""
    import cleaning.documents
    import cleaning.fields.sitetitles
    import cleaning.labelers.templates
    import pipelines.engines.local
    import pipelines.engines.shards
    import pipelines.finish
    import pipelines.run
    import pipelines.stages
    from cleaning.config import make_config

    spent: dict[str, float] = {}
    within: list[float] = []

    def measured(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **names: Any) -> Any:
            started = _cpu()
            within.append(0.0)
            try:
                return function(*args, **names)
            finally:
                took = _cpu() - started
                spent[name] = spent.get(name, 0.0) + took - within.pop()  # its own, without what is measured inside
                if within:
                    within[-1] += took

        return call

    def measure(module: Any, **names: str) -> None:
        for function, name in names.items():
            setattr(module, function, measured(name, getattr(module, function)))

    stages = cleaning.documents
    if workers == "1":  # what runs in processes of their own is not seen from here
        measure(
            pipelines.finish,
            measure="validation",
            check_rows="validation",
            _conclude="validation",
            _document="validation",
        )
        # At a batch at most: to measure every record costs a hundredth of a run.
        measure(stages, split="split", assemble="assemble", read_metadata="metadata")
        measure(stages, detect_languages="language", find_foreign="language of lines", read_flags="flags")
        for labeler in stages.LABELERS:
            name = f"labels: {labeler.__module__.rpartition('.')[2]}"
            stages.LABELERS = tuple(measured(name, one) if one is labeler else one for one in stages.LABELERS)
        for module in (cleaning.fields.sitetitles, cleaning.labelers.templates):  # whoever asks first is told
            measure(module, find_standing="labels: templates")
        measure(
            pipelines.stages, read_texts="decode and repair", count_lines="count lines of sites",
            article_rows="rows and signals",
            line_rows="tables", label_rows="tables", fate_rows="tables", flag_rows="tables", records_table="tables",
            shingle="shingles",
        )  # fmt: skip
        measure(pipelines.engines.shards, read_shard="read: JSON to records", keep="scratch files")
        measure(
            pipelines.engines.local.Local, settle="duplicates and fates", _write="write audit",
            write_articles="write data", site_lines="merge lines of sites", read="read: files to shards",
        )  # fmt: skip
        pipelines.run.build = measured("other", pipelines.run.build)
        measure(pipelines.finish, count_all="report", quality_html="report")
        measure(pipelines.run, Duplicates="report", write_page="report", check_rows="validation")
    # What runs in a process of its own is not seen from here either.
    engine = pipelines.engines.local.Local if workers == "1" else pipelines.run.LOCAL
    pipelines.run.run([source], Path(out), make_config({"workers": int(workers)}), force=True, engine=engine)
    report = {"checks": spent.pop("validation", None), "parts": spent}
    Path(out).with_name("timed.json").write_text(json.dumps(report))


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def first_document(folder: Path) -> Path:
    """A corpus of one document: a run over it is nothing but start-up."""
    return write_corpus(folder / "one.jsonl", 1)


def main() -> None:
    """Print the tables."""
    if not BENCH.is_dir():
        print("no shared benches here")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        one = first_document(folder)
        tamis(write_corpus(folder / "warm.jsonl", COMPARED), folder, 1)  # compiles, duplicates' loops too
        start = min((tamis(one, folder, 1) for _ in range(3)), key=lambda cost: cost.cpu)
        print(
            f"start-up, CPU s: {start.cpu - start.checks:.2f} without validation, {start.checks:.2f} for validation "
            f"(importing Great Expectations); {start.wall:.1f} s wall in all"
        )
        large = write_corpus(folder / "large.jsonl", LARGE)
        print(f"\n{LARGE:,} documents, {large.stat().st_size / 1e6:.0f} MB")
        print("workers  wall s  CPU s  ms a document  validation, ms a document  peak MB")
        costs = {workers: tamis(large, folder, workers) for workers in (1, 2)}
        for workers, cost in costs.items():
            each = 1000 * (cost.cpu - start.cpu) / LARGE
            checks = 1000 * (cost.checks - start.checks) / LARGE
            own, apart = (each - checks, f"{checks:.3f}") if workers == 1 else (each, "in it")
            print(f"{workers:7}  {cost.wall:6.1f}  {cost.cpu:5.1f}  {own:13.3f}  {apart:>25}  {cost.peak:7.0f}")
        print(f"wall of 2 workers: {costs[2].wall / costs[1].wall:.2f} of 1")
        _shares(costs[1].parts, start.parts)
        _compare(Path(sys.argv[1]), folder, start)
        _grow(folder, start)


def _shares(parts: dict[str, float], start: dict[str, float]) -> None:
    """What each stage takes of a document, and what a run over one document takes: imports, patterns, a model."""
    each = _each(parts, start, LARGE)
    total = sum(each.values())
    print("\nstage                      ms a document  share  start-up, CPU s")
    for name, own in sorted(each.items(), key=lambda part: -part[1]):
        print(f"{name:<26} {own:13.4f} {own / total:6.1%} {start.get(name, 0.0):16.3f}")
    _labelling(each)


def _each(parts: dict[str, float], start: dict[str, float], count: int) -> dict[str, float]:
    """Milliseconds a document of each stage."""
    return {name: 1000 * (seconds - start.get(name, 0.0)) / count for name, seconds in parts.items()}


def _labelling(each: dict[str, float]) -> None:
    """What all labelers take of a document, with and without the one of metadata, and that with what reads values."""
    labels = sum(own for part, own in each.items() if part.startswith("labels: "))
    fields = each["labels: fields"]
    sums = {
        "all labelers": labels,
        "... without fields": labels - fields,
        "fields and metadata": fields + each["metadata"],
    }
    for name, own in sums.items():
        print(f"{name:<26} {own:13.4f}")


def _compare(peers: Path, folder: Path, start: Cost) -> None:
    source, one = write_corpus(folder / "compared.jsonl", COMPARED), folder / "one.jsonl"
    ours = tamis(source, folder, 1)
    least = 1000 * (ours.cpu - start.cpu) / COMPARED
    print(f"\n{COMPARED:,} documents                    CPU s  times  start-up  ms a document  times  peak MB")
    row = "{:<34} {:5.1f}  {:5.1f}  {:8.1f}  {:13.2f}  {:5.1f}  {:7.0f}"
    print(row.format("tamis, 1 worker, all checks", ours.cpu, 1, start.cpu, least, 1, ours.peak))
    new = _each(ours.parts, start.parts, COMPARED)
    for name, script in PEERS.items():
        cost = peer(peers, script, source, folder)
        try:
            began = peer(peers, script, one, folder).cpu
        except SystemExit:  # it makes nothing of one document
            began = 0.0
        each = 1000 * (cost.cpu - began) / COMPARED
        print(row.format(name, cost.cpu, cost.cpu / ours.cpu, began, each, each / least, cost.peak))
    # In 24,000 documents most short lines come again, and what a process compiles or reads once is spread over all.
    print("\nof these documents, each of which is new, ms a document")
    _labelling(new)


def _grow(folder: Path, start: Cost) -> None:
    print("\ndocuments   MB  CPU s  ms a document, checks included  wall s, 2 workers  peak MB of a process")
    for count in GROWTH:
        if count > LARGE and "--small" in sys.argv:
            break
        source = write_corpus(folder / "grown.jsonl", count)
        cost = tamis(source, folder, 2)
        each = 1000 * (cost.cpu - start.cpu) / count
        size = source.stat().st_size / 1e6
        print(f"{count:9,}  {size:4.0f}  {cost.cpu:5.0f}  {each:30.3f}  {cost.wall:17.1f}  {cost.peak:21.0f}")


if __name__ == "__main__":
    started = time.monotonic()
    if sys.argv[1] == "--timed":
        timed(*sys.argv[2:])
    else:
        main()
        print(f"\nthe bench itself: {time.monotonic() - started:.0f} s")
