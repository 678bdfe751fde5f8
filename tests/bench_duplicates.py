"""`make bench`, the part about duplicates: the field's tools on the same work, and how the cost grows.

CPU seconds (user and system) and peak memory are those of the whole process. Peers run in an environment of
their own, which `make bench` makes of tests/peers/requirements.txt.
"""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench import BENCH, ROOT

PEERS = ROOT / "tests" / "peers"
SOURCE, TRUTH = BENCH / "dedupe-15k.parquet", BENCH / "dedupe-15k.truth.parquet"
TIMES = {"datatrove_minhash": 30, "text_dedup_minhash": 8, "rensa_lsh": 3}
"""How much more CPU the others should take, at least."""
GROWTH = (1, 4, 16)


def measure(python: Path | str, script: str, source: Path, out: Path, best_of: int) -> tuple[float, float]:
    """CPU seconds and peak MB of a script, in a process that starts from nothing; the least of several."""
    costs = []
    for _ in range(best_of):
        # In a process of its own each time: the peak of a process's children never falls.
        call = [str(python), str(PEERS / script), str(source), str(out)]
        found = run_and_read([sys.executable, "-c", f"from tests.bench import run; print(*run({call!r}))"])
        costs.append((found[1], found[2]))
    return min(costs)


def run_and_read(call: list[str]) -> list[float]:
    """The numbers that a command prints."""
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return [float(word) for word in done.stdout.split()]


def score(clusters: Path) -> dict[str, float]:
    """Pairwise precision, recall and F1 against the closure of pairs with Jaccard similarity .7."""
    spec = importlib.util.spec_from_file_location("score_dedupe", BENCH / "score_dedupe.py")
    assert spec is not None
    assert spec.loader is not None
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    truth, found = pq.read_table(TRUTH).to_pydict(), pq.read_table(clusters).to_pydict()
    of = dict(zip(found["id"], found["cluster"], strict=True))
    result: dict[str, float] = scorer.prf([of[one] for one in truth["id"]], truth["jaccard_cluster"])
    return result


def compare(peers: Path, folder: Path) -> None:
    """The table of tools."""
    out = folder / "clusters.parquet"
    measure(sys.executable, "tamis_dedupe.py", SOURCE, out, 1)  # compiles
    own, peak = measure(sys.executable, "tamis_dedupe.py", SOURCE, out, 3)
    print(f"{'tool':<20} CPU s  times  peak MB  precision  recall     F1")
    marks = score(out)
    row = "{:<20} {:5.1f}  {:5.1f}  {:7.0f}  {precision:9.4f}  {recall:6.4f} {f1:6.4f}"
    print(row.format("tamis", own, 1, peak, **marks))
    for name, least in TIMES.items():
        cpu, peak = measure(peers / "bin" / "python", f"{name}.py", SOURCE, out, 1 if least > 5 else 3)
        line = row.format(name, cpu, cpu / own, peak, **score(out))
        print(line + ("" if cpu >= least * own else f"   less than {least} times"))


def copies(count: int) -> Iterator[pa.Table]:
    """The corpus `count` times: the first as it is, each later one with 2, 10 or 50 % of each text's words changed."""
    table = pq.read_table(SOURCE)
    ids, texts = table["id"].to_pylist(), table["text"].to_pylist()
    for number in range(count):
        chosen = random.Random(number)
        edited = texts
        if number:
            edited = []
            for text in texts:
                words, rate = text.split(" "), chosen.choice((0.02, 0.1, 0.5))
                for _ in range(int(rate * len(words))):
                    words[chosen.randrange(len(words))] = f"w{chosen.randrange(50_000)}"
                edited.append(" ".join(words))
        yield pa.table({"id": [f"{one}-{number}" for one in ids], "text": edited})


def grow(folder: Path) -> None:
    """The table of sizes."""
    print("documents   text MB  CPU s  CPU s of 15 k  peak MB  clusters")
    for count in GROWTH:
        source, out = folder / f"x{count}.parquet", folder / "clusters.parquet"
        size = rows = 0
        with pq.ParquetWriter(source, pa.schema([("id", pa.string()), ("text", pa.string())])) as writer:
            for table in copies(count):
                writer.write_table(table, row_group_size=5_000)
                size, rows = size + table["text"].nbytes, rows + len(table)
        cpu, peak = measure(sys.executable, "tamis_dedupe.py", source, out, 1)
        found: Any = pq.read_table(out, columns=["cluster"])["cluster"]
        print(f"{rows:9,}  {size / 1e6:8.0f}  {cpu:5.1f}  {cpu / count:13.2f}  {peak:7.0f}  {len(found.unique()):8,}")
        source.unlink()


def main() -> None:
    """Print the tables. The argument is the peers' environment."""
    if not BENCH.is_dir():
        print("no shared benches here")
        return
    with tempfile.TemporaryDirectory() as scratch:
        compare(Path(sys.argv[1]), Path(scratch))
        grow(Path(scratch))


if __name__ == "__main__":
    main()
