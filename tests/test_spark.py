"""The engine of a cluster gives the bytes of the engine of one machine, also when its workers die."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import Config, make_config
from cleaning.records import Record
from cleaning.sitelines import SiteLines
from pipelines import articles
from pipelines.articles import build
from pipelines.ledger import count_by
from pipelines.outputs import Output, outputs
from pipelines.sources import find_sources
from pipelines.stages import CLEAN, COUNT, Side, Stage, Tables
from tests.building import build_here
from tests.spark_corpus import make_corpus

JAVA = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if "JAVA_HOME" in os.environ else shutil.which("java")
needs_java = pytest.mark.skipif(not JAVA, reason="Spark runs on Java 17 or newer, and there is no java here")
if JAVA:
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'tamis[spark]'")
    from pyspark import cloudpickle

    # Tasks get what this module defines by value: they cannot import it.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])

CORPUS_WIDE: dict[str, Any] = {"min_chars": 0, "shard_records": 37, "rows_per_file": 50}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Two cores, each task tried four times. On small tables compiling a plan would cost more than it saves."""
    from pipelines.engines.spark.session import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.log.level": "OFF",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2,4]").appName("tamis tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def build_on(session: Any, inputs: Sequence[Path], folder: Path, config: Config, **options: Any) -> None:
    from pipelines.engines.spark import Spark

    folder.mkdir()
    with Spark(config, folder / "scratch", session=session) as engine:
        build(find_sources(inputs)[0], folder, config, engine, **options)
    shutil.rmtree(folder / "scratch")


def files_of(folder: Path) -> dict[str, str]:
    """The sha256 of each file by its path; what a failed attempt left behind would be among them."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spark") / "corpus"
    make_corpus(folder)
    return folder


def here(corpus: Path, folder: Path, settings: dict[str, Any]) -> tuple[Config, dict[str, str]]:
    """What the engine of one machine makes of a corpus."""
    config = make_config({"workers": 1, **CORPUS_WIDE, **settings})
    folder.mkdir()
    build_here([corpus], folder, config)
    return config, files_of(folder)


@needs_java
def test_same_bytes(session: Any, corpus: Path, tmp_path: Path) -> None:
    config, expected = here(corpus, tmp_path / "local", {})
    build_on(session, [corpus], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
    # All that needs the corpus did happen.
    assert sum(name.startswith("data/") for name in expected) > 1
    rules = count_by(tmp_path / "local" / "audit" / "fates.parquet", "rule_id")
    assert {"dedupe.exact", "dedupe.near", "dedupe.contained"} <= rules.keys()
    assert rules["dedupe.near"] > 60
    assert count_by(tmp_path / "local" / "audit" / "labels.parquet", "label")["site-template"] > 100
    assert "same-template" in count_by(tmp_path / "local" / "audit" / "flags.parquet", "flag")


@needs_java
def test_same_bytes_when_workers_are_killed(
    session: Any, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies once in each stage and once in the writer, after it has begun a file. Other settings, too."""
    config, expected = here(corpus, tmp_path / "local", {"duplicates": "flag", "same_template": "drop"})
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setattr(articles, "COUNT", deadly(COUNT, marks))
    monkeypatch.setattr(articles, "CLEAN", deadly(CLEAN, marks))
    monkeypatch.setattr(articles, "outputs", lambda config: [deadly_output(one, marks) for one in outputs(config)])
    build_on(session, [corpus], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
    assert {mark.name for mark in marks.iterdir()} == {"count", "clean", "lines.parquet"}


def die_once(mark: Path) -> None:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def deadly(stage: Stage, marks: Path) -> Stage:
    def function(records: Sequence[Record], config: Config, side: Side) -> Tables:
        if records[0].source_file != "canary":
            die_once(marks / stage.name)
        return stage.function(records, config, side)

    return dataclasses.replace(stage, function=function)


def deadly_output(output: Output, marks: Path) -> Output:
    if not output.path.endswith("lines.parquet"):
        return output

    def rows(tables: Tables, config: Config) -> pa.Table:
        if len(tables["settled"]) < config.shard_records:  # the last rows: the file has been begun
            die_once(marks / "lines.parquet")
        return output.rows[0](tables, config)

    return dataclasses.replace(output, rows=(rows,))


@needs_java
@pytest.mark.parametrize("limit", [40, 5])
def test_limit_takes_the_first(session: Any, corpus: Path, limit: int) -> None:
    from pipelines.engines.spark.reading import read_records
    from pipelines.engines.spark.session import of_run
    from pipelines.reading import read_shard
    from pipelines.sources import cut_shards

    sources = find_sources([corpus])[0]
    found = read_records(of_run(session, 2_000), sources, Config(), limit).select("source_file", "source_row").collect()
    scratch = corpus.parent / f"limit-{limit}"
    scratch.mkdir()
    first = [
        record for shard in cut_shards(sources, Config(), scratch, limit) for record in read_shard(shard, Config())
    ]
    assert sorted(map(tuple, found)) == sorted((record.source_file, record.source_row) for record in first)
    assert len(found) == limit


@needs_java
def test_nothing_to_publish(session: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    config, expected = here(tmp_path / "empty.jsonl", tmp_path / "local", {})
    build_on(session, [tmp_path / "empty.jsonl"], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
    assert pq.read_metadata(tmp_path / "spark" / "data" / "train-00000-of-00001.parquet").num_rows == 0


@needs_java
def test_components(session: Any, tmp_path: Path) -> None:
    """A long chain, a star, and chance, against a walk from node to node."""
    from pipelines.engines.spark.components import components
    from pipelines.engines.spark.frames import Scratch
    from pipelines.engines.spark.session import of_run

    session = of_run(session, 2_000)
    rng = random.Random(5)
    links = [(at, at + 1) for at in range(1000, 1040)] + [(2000, 2000 + at) for at in range(1, 50)]
    links += [(rng.randrange(300), rng.randrange(300)) for _ in range(200)]
    neighbours: dict[int, set[int]] = {}
    for one, other in links:
        if one != other:
            neighbours.setdefault(one, set()).add(other)
            neighbours.setdefault(other, set()).add(one)
    expected = {}
    for node in sorted(neighbours):
        if node not in expected:
            to_do = [node]
            while to_do:
                at = to_do.pop()
                if at not in expected:
                    expected[at] = node
                    to_do += neighbours[at]
    frame = session.createDataFrame(links, "a long, b long")
    found = components(frame, Scratch(session, (tmp_path / "scratch").as_uri()), "links").collect()
    assert dict(map(tuple, found)) == expected
    assert len(found) == len(expected)


@needs_java
def test_what_a_task_raises_is_one_line(session: Any, tmp_path: Path) -> None:
    from pipelines.errors import CallError

    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n')
    pq.write_table(pa.table({"nothing": [1]}), tmp_path / "b.parquet")
    with pytest.raises(CallError, match=r"^\S*b.parquet: no field is known to hold the text \(fields: nothing\)"):
        build_on(session, [tmp_path], tmp_path / "spark", Config())


@needs_java
def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    from pipelines.engines.spark.nested import Layout

    SiteLines().save(tmp_path / "lines.npz")
    texts = [
        "Share\nA line of text, and there is nothing wrong with it. " * 9,
        "",
        "Print\nAnother line of text, so.",
        "x",
    ]
    records = [Record("a", row, content=text, given={"url": f"https://a.com/{row}"}) for row, text in enumerate(texts)]
    for stage in (COUNT, CLEAN):
        tables = stage.function(records, Config(), {"site-lines": tmp_path / "lines.npz"})
        layout = Layout({name: table.schema for name, table in tables.items()})
        rows = layout.rows(tables, len(records))
        back = layout.tables(rows, list(tables))
        for name, table in tables.items():
            in_order = (
                table.take(pa.array(np.argsort(table["document"], kind="stable"))) if name == "page_lines" else table
            )
            assert back[name].equals(in_order), name
        # What is chosen of the rows is what is chosen of the documents.
        some = layout.tables(rows.slice(2), list(tables))
        assert all(len(some[name]) == 2 for name, table in tables.items() if "document" not in table.column_names)


def tamis(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


def test_calls_that_are_wrong(sample: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    wrong = tamis("run", str(sample), "-o", out, "--engine", "sparc")
    assert (wrong.returncode, "did you mean 'spark'?" in wrong.stderr) == (2, True)
    wrong = tamis("run", str(sample), "-o", out, "--master", "local[2]")
    assert (wrong.returncode, "--engine spark" in wrong.stderr) == (2, True)


@pytest.mark.skipif(not JAVA, reason="PySpark may be missing too")
def test_without_java_it_says_so(sample: Path, tmp_path: Path) -> None:
    python = str(Path(sys.executable).parent)
    wrong = tamis(
        "run", str(sample), "-o", str(tmp_path / "out"), "--engine", "spark", PATH=python, JAVA_HOME=str(tmp_path)
    )
    assert wrong.returncode == 2, wrong.stderr
    assert "Java 17" in wrong.stderr.splitlines()[-1]


@needs_java
@pytest.mark.slow
def test_from_the_command_line(sample: Path, tmp_path: Path) -> None:
    for name, options in (("local", ()), ("spark", ("--engine", "spark", "--master", "local[2,4]"))):
        done = tamis("run", str(sample), "-o", str(tmp_path / name / "sample"), *options)
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
    for part in ("data", "audit"):
        assert files_of(tmp_path / "spark" / "sample" / part) == files_of(tmp_path / "local" / "sample" / part)


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


@needs_java
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings"),
    [("articles-3k.jsonl", {}), ("dedupe-15k.parquet", {"policy": "keep", "min_chars": 0, "shard_records": 2_000})],
)
def test_same_bytes_on_a_bench(session: Any, shared: Path, tmp_path: Path, name: str, settings: dict[str, Any]) -> None:
    config, expected = here(shared / "bench" / name, tmp_path / "local", {"rows_per_file": 2_000, **settings})
    build_on(session, [shared / "bench" / name], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
