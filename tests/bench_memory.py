"""Memory of whole runs: RSS and PSS of all processes together, by phase, over a corpus made here.

    python -m tests.bench_memory MB [MB...] [--workers N] [--keep FOLDER] [--copies]

Each size is that of a corpus of distinct articles (a tenth of them edited copies) as JSON lines; with `--copies` of
articles-3k made larger, as `tests.bench_speed` has it: nearly all are copies. Every 0.2 s, or as often as takes a tenth
of a core, the resident memory of the run and all its children is added up: RSS counts a page once for each process that
maps it, PSS divides it among them, and among what else runs on the machine and maps it. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench_speed import documents
from tests.conftest import ROOT

EVERY = 0.2
SITES = 60
# What a detector of languages takes for English; so many that five of them in a row seldom recur by chance.
_WORDS = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one
you were all her she there would their we him been has when who will no more if out so up said what its about than
into them can only other time new some could these two may first then do any like my now over such our man even most
made after also did many off before must well back through years where much way down should because long each just
those people how too little state good very world still see own work men day get here between life being under three
never know same last another while us might great year come since against go came right used take house place school
again home small found thought went say part once general high upon every does got united left number course war until
always away something fact water though public less put think almost hand enough far took head yet government system
set told nothing night end why called eyes find going look asked later point knew city next program business give
group toward young days let room within president side social present given order national second possible rather per
face among form important often things early white case large become need big four felt along god church light least
family interest best development seemed saw power country mind thing turn members began open want area others done
problem council harbour teachers bridge farmers museum ferry hospital drivers court library union announced closed
opened refused bought delayed counted measured repaired voted promised northern costly quiet broken river winter plan
report road roof minister police company market percent million prices growth week month agency official statement
according reporters Monday Tuesday Wednesday Thursday Friday
"""
_HEAD = ("Home", "News", "Politics", "Business", "Sport", "Share this article", "Save", "Listen", "Print")
_TAIL = ("Read more", "Related articles", "Sign up for our newsletter", "Comments", "0 comments", "Advertisement",
         "Follow us", "Terms of use", "Privacy policy", "Contact", "All rights reserved.")  # fmt: skip
_SYLLABLES = """
ba ben cor da der el fa gan hol in jor kel la mon nor os per quin ras sel tan ul ver wes yar zen"""


def articles(size: int) -> Iterator[str]:
    """JSON lines of articles, some `size` bytes of them: English, 3 kB each with what stands around them."""
    rng = np.random.default_rng(11)
    names = ["".join(rng.choice(_SYLLABLES.split(), rng.integers(2, 4))).title() for _ in range(8_000)]
    words = np.array(_WORDS.split(), object)
    total = number = 0
    before: list[str] = []
    while total < size:
        # The first words more often than the last.
        picked = words[(len(words) * rng.random(900) ** 1.5).astype(np.int64)].tolist()
        for at in rng.integers(0, 900, 30).tolist():
            picked[at] = names[int(rng.integers(len(names)))]
        lines, at, count = [], 0, int(rng.integers(250, 700))
        while at < count:
            length = int(rng.integers(5, 36))
            line = " ".join(picked[at : at + length])
            lines.append(line[0].upper() + line[1:] + ".")
            at += length
        if number % 10 == 9:
            lines = [*before[:-1], lines[0]]
        before, site = lines, number % SITES
        about = f"By {names[number % 7919]} {names[number % 7907]}", f"{1 + number % 28} March 2024"
        head = [f"Site {site}", *_HEAD[site % 5 :], lines[0][:60].rstrip(".").title(), *about]
        tail = [*_TAIL[: 4 + site % 8], *(" ".join(picked[n : n + 7]).capitalize() for n in range(720, 769, 7))]
        row = {
            "id": str(number),
            "url": f"https://www.site-{site}.example/{number}",
            "text": "\n".join(head + lines + tail),
        }
        yield (text := json.dumps(row) + "\n")
        total, number = total + len(text), number + 1


def copies(size: int) -> Iterator[str]:
    """JSON lines of articles-3k and edited copies of it, some `size` bytes."""
    total = 0
    for row in documents(size):
        yield (text := json.dumps(row, ensure_ascii=False) + "\n")
        total += len(text.encode())
        if total >= size:
            return


def write_lines(path: Path, lines: Iterator[str]) -> None:
    """Write a corpus."""
    with path.open("w", encoding="utf-8") as sink:
        sink.writelines(lines)


def processes(root: int) -> list[int]:
    """A process and all that stem from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
        except OSError:
            continue
        parents.setdefault(int(stat.rpartition(") ")[2].split()[1]), []).append(int(path.parent.name))
    found = [root]
    for process in found:
        found += parents.get(process, [])
    return found


def memory_of(process: int) -> tuple[int, int]:
    """RSS and PSS in kB; nothing of a process that has ended."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0, 0
    numbers = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    return numbers.get("Rss", 0), numbers.get("Pss", 0)


def sample(call: list[str], phase: Callable[[], str]) -> tuple[dict[str, list[Any]], float, float, int]:
    """Run a command. Of each phase the peaks of RSS and PSS in MB, the processes at the peak of RSS, and its seconds;
    of all wall and CPU seconds and the exit code."""
    began = time.monotonic()
    last = began
    before = os.times()
    peaks: dict[str, list[Any]] = {}
    with subprocess.Popen(call, cwd=ROOT) as run:
        while run.poll() is None:
            now, asked = phase(), time.process_time()
            each = [memory_of(process) for process in processes(run.pid)]
            rss, pss = (sum(column) / 1000 for column in zip(*each, strict=True))
            peak = peaks.setdefault(now, [0.0, 0.0, [], 0.0])
            if rss > peak[0]:
                peak[0], peak[2] = rss, [round(one / 1000) for one, _ in each if one]
            peak[1] = max(peak[1], pss)
            time.sleep(max(EVERY, 10 * (time.process_time() - asked)))
            peak[3] += time.monotonic() - last
            last = time.monotonic()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return peaks, time.monotonic() - began, cpu, run.returncode


def timed(source: str, out: str, workers: str, phases: str) -> None:
    """One run in this process, which says in the file `phases` what it is at."""
    import pipelines.articles
    import pipelines.checks.validate as checks
    import pipelines.finish
    import pipelines.run
    from cleaning.config import make_config
    from pipelines.engines.local import Local

    def said(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **names: Any) -> Any:
            Path(phases).write_text(name)
            return function(*args, **names)

        return call

    for module, method, name in (
        (Local, "read", "1 read, count lines"), (Local, "site_lines", "2 lines of sites"), (Local, "run", "3 clean"),
        (Local, "settle", "4 duplicates"), (Local, "write", "5 write audit"),
        (Local, "write_articles", "6 write data"), (pipelines.articles, "read_ledger", "7 ledger"),
        (pipelines.run, "Duplicates", "8 duplicates' page"), (pipelines.run, "make_manifest", "9 manifest"),
        (pipelines.finish, "summarise", "10 summary"), (pipelines.finish, "write_card", "11 card, checksums"),
        (pipelines.finish, "count_all", "12 report's numbers"),
        (checks, "recount", "13 checks: ledger"), (checks, "measure_files", "14 checks: files"),
        (checks, "evaluate_rows", "15 checks: rows"), (pipelines.finish, "write_reports", "16 reports"),
        (pipelines.finish, "quality_html", "17 quality.html"),
    ):  # fmt: skip
        setattr(module, method, said(name, getattr(module, method)))
    pipelines.run.run([source], Path(out), make_config({"workers": int(workers)}), force=True)


def main() -> None:
    """Print a table for each size, and the line through them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("sizes", type=int, nargs="+", metavar="MB")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--keep", type=Path, help="a folder for the corpora, which are made once, and for the datasets")
    asked.add_argument("--copies", action="store_true", help="articles-3k and edited copies of it")
    options = asked.parse_args()
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for size in options.sizes:
            source = (options.keep or folder) / f"{'copies' if options.copies else 'articles'}-{size}.jsonl"
            if not source.exists():
                write_lines(source, (copies if options.copies else articles)(size * 10**6))
            with source.open("rb") as lines:
                count = sum(1 for _ in lines)
            phases = folder / "phase"
            phases.write_text("0 start")
            told = [str(source), str((options.keep or folder) / f"out-{size}"), str(options.workers), str(phases)]
            call = [sys.executable, "-m", "tests.bench_memory", "--timed", *told]
            peaks, wall, cpu, code = sample(call, phases.read_text)
            if code:
                raise SystemExit(f"the run ended with exit code {code}")
            print(f"\n{size} MB, {count:,} articles, {options.workers} workers: {wall:.0f} s wall, {cpu:.0f} s CPU")
            print("phase                 RSS MB  PSS MB  wall s  RSS of each process")
            for name, (rss, pss, each, seconds) in peaks.items():
                print(f"{name:<20}  {rss:6.0f}  {pss:6.0f}  {seconds:6.1f}  {' '.join(map(str, each))}")
            measured.append((count, {name: peak[:2] for name, peak in peaks.items()}))
            sys.stdout.flush()
    if len(measured) > 1:
        (few, low), (many, high) = measured[0], measured[-1]
        print(f"\nbytes for each further record, from {few:,} to {many:,}")
        for name in (name for name in low if name in high):
            grown = [1e6 * (high[name][n] - low[name][n]) / (many - few) for n in (0, 1)]
            print(f"{name:<20}  RSS {grown[0]:6.0f}  PSS {grown[1]:6.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--timed"]:
        timed(*sys.argv[2:])
    else:
        main()
