"""On a cluster workers, executors and drivers die, and records are what workers die of: the bytes are the same."""

# ruff: noqa: F811  a fixture is named where it is imported and where it is asked for

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cleaning.config import make_config
from pipelines import articles
from pipelines.ledger import count_by
from pipelines.outputs import outputs
from pipelines.stages import CLEAN, COUNT
from pipelines.staging import DONE
from tests.building import write_corpus
from tests.faulty import FAULTY_CLEAN, deadly, deadly_output
from tests.spark_runs import CORPUS_WIDE, build_again, build_on, corpus, files_of, here, needs_java, session, tamis  # noqa: F401  fixtures


@needs_java
def test_same_bytes_when_workers_are_killed(
    session: Any, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies once in each stage and once in the writer, after it has begun a file. Other settings, too."""
    config, expected = here(corpus, tmp_path / "local", {"duplicates": "flag", "same_template": "drop"})
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setattr(articles, "COUNT", deadly(COUNT, marks / "count"))
    monkeypatch.setattr(articles, "CLEAN", deadly(CLEAN, marks / "clean"))
    lines, *others = outputs(config)
    monkeypatch.setattr(articles, "outputs", lambda config: [deadly_output(lines, marks / "lines.parquet"), *others])
    build_on(session, [corpus], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
    assert {mark.name for mark in marks.iterdir()} == {"count", "clean", "lines.parquet"}


@needs_java
def test_a_driver_that_starts_again_goes_on(session: Any, corpus: Path, tmp_path: Path) -> None:
    config, expected = here(corpus, tmp_path / "local", {})
    folder = tmp_path / "spark"
    assert build_again(session, [corpus], folder, config, stop=2)[0] == 0
    found, noted = build_again(session, [corpus], folder, config, stop=12)
    assert (found, len(noted)) == (2, 12)
    # A table that is not what was written is made again, and so is what was made of it.
    (damaged,) = folder.glob("scratch/tamis-*/009-*")
    next(damaged.glob("*.parquet")).write_bytes(b"PAR1")
    # What was written of other settings is not gone on with.
    other = make_config({"workers": 1, **CORPUS_WIDE, "policy": "keep"})
    assert build_again(session, [corpus], tmp_path / "other", other, stop=1)[0] == 0
    shutil.copytree(folder, tmp_path / "copy")
    assert build_again(session, [corpus], tmp_path / "copy", other, stop=1)[0] == 0
    found, _ = build_again(session, [corpus], folder, config)
    assert found == 8
    shutil.rmtree(folder / "scratch")
    assert files_of(folder) == expected


@needs_java
def test_a_record_that_kills_workers_is_bisected_out(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises, crashes, ends the process, hangs where no signal is looked at: each of them once, in one task."""
    monkeypatch.setattr(articles, "CLEAN", FAULTY_CLEAN)
    write_corpus(tmp_path / "in.jsonl", 8, ["raise", "crash", "exit", "hang"])
    settings = {"record_seconds": 2.0, "shard_records": 2_000}
    config, expected = here(tmp_path / "in.jsonl", tmp_path / "local", settings, isolated=True)
    build_on(session, [tmp_path / "in.jsonl"], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
    rules = count_by(tmp_path / "spark" / "audit" / "fates.parquet", "rule_id")
    assert (rules["quarantine.crash"], rules["quarantine.too-slow"], rules["quarantine.stage-error"]) == (2, 1, 1)


@needs_java
@pytest.mark.parametrize(("master", "often"), [("local", 1), ("local[2]", 1), ("local[*, 4]", 4), ("yarn", 4)])
def test_how_often_a_task_is_tried(master: str, often: int) -> None:
    from pyspark import SparkConf

    from pipelines.engines.spark.isolated import tries

    context = SimpleNamespace(master=master, getConf=lambda: SparkConf(loadDefaults=False, _jvm=None))
    assert tries(context) == often  # type: ignore[arg-type]


@needs_java
@pytest.mark.slow
def test_ctrl_c_and_on_from_there(sample: Path, tmp_path: Path) -> None:
    """As a terminal sends it, to all processes of the group; the same command ends with the same bytes."""
    (tmp_path / "tables").mkdir()
    options = ("--engine", "spark", "--master", "local[2,4]", "--tables", (tmp_path / "tables").as_uri())
    out = tmp_path / "spark" / "sample"
    call = [
        sys.executable,
        "-c",
        "from pipelines.cli import main; main()",
        "run",
        str(sample),
        "-o",
        str(out),
        *options,
    ]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        while len(list(out.parent.glob(f".sample.partial/scratch/*/{DONE}"))) < 4:
            time.sleep(0.1)
            assert run.poll() is None
        os.killpg(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    *before, last = errors.splitlines()
    assert run.returncode == 130
    assert re.fullmatch(r"tamis: stopped; .* is as it was before; \d+ finished pieces .* goes on from there .*", last)
    assert not [line for line in before if "Traceback" in line or "Error" in line]
    assert not out.exists()
    done = tamis("run", str(sample), "-o", str(out), *options)
    assert done.returncode == 0, done.stderr
    assert "an earlier run left" in done.stderr
    assert not list((tmp_path / "tables").iterdir())
    done = tamis("run", str(sample), "-o", str(tmp_path / "local" / "sample"))
    for part in ("data", "audit"):
        assert files_of(out / part) == files_of(tmp_path / "local" / "sample" / part)


@needs_java
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the executor is found by /proc")
def test_same_bytes_when_an_executor_is_killed(corpus: Path, tmp_path: Path) -> None:
    _, expected = here(corpus, tmp_path / "local", {})
    command = [sys.executable, "-m", "tests.spark_killed_executor", str(corpus), str(tmp_path / "spark")]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed").exists()
    assert files_of(tmp_path / "spark") == expected
