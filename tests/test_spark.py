"""The engine of a cluster gives the bytes of the engine of one machine, also when its workers die."""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import Config, make_config
from cleaning.records import Record
from cleaning.sitelines import SiteLines
from pipelines import articles
from pipelines.against import EarlierDataset
from pipelines.articles import build
from pipelines.ledger import count_by
from pipelines.outputs import outputs
from pipelines.reading import read_shard, records_table
from pipelines.sources import cut_shards, find_sources
from pipelines.stages import CLEAN, COUNT
from pipelines.store import DONE, MANIFEST, describe_file, write_json
from tests.building import build_here, write_corpus
from tests.conftest import ROOT
from tests.faulty import FAULTY_CLEAN, deadly, deadly_output
from tests.spark_corpus import make_corpus

JAVA = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if "JAVA_HOME" in os.environ else shutil.which("java")
needs_java = pytest.mark.skipif(not JAVA, reason="Spark runs on Java 17 or newer, and there is no java here")
if JAVA:
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'tamis[spark]'")

CORPUS_WIDE: dict[str, Any] = {"min_chars": 0, "shard_records": 37, "rows_per_file": 50}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Two cores, each task tried four times. On small tables compiling a plan would cost more than it saves."""
    from pipelines.engines.spark.session import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    # Its workers, and what they start, import stages of tests by name.
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
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


def earlier_dataset(inputs: Sequence[Path], folder: Path, *, signed: bool, **settings: Any) -> EarlierDataset:
    """A dataset without its papers; `signed`: with signatures."""
    folder.mkdir()
    build_here(inputs, folder, make_config({"workers": 1, "min_chars": 0, "rows_per_file": 30, **settings}))
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and (signed or path.stem != "signatures"))
    files = [describe_file(folder, path) for path in paths]
    rows = sum(file["rows"] for file in files if file["path"].startswith("data/"))
    write_json(folder / MANIFEST, {"name": folder.name, "rows": rows, "files": files})
    return EarlierDataset(folder, json.loads((folder / MANIFEST).read_text("utf-8")))


def build_on(session: Any, inputs: Sequence[Path], folder: Path, config: Config, **options: Any) -> None:
    from pipelines.engines.spark import Spark

    folder.mkdir()
    with Spark(config, folder / "scratch", session=session) as engine:
        build(find_sources(inputs)[0], folder, config, engine, **options)
    shutil.rmtree(folder / "scratch")


def build_again(
    session: Any, inputs: Sequence[Path], folder: Path, config: Config, stop: int | None = None
) -> tuple[int, list[Path]]:
    """A run in a folder that may be there, interrupted after so many tables; tables found, and those that are noted."""
    from pipelines.engines.spark import Spark
    from pipelines.engines.spark.saved import Scratch

    class Stops(Scratch):
        def save(self, frame: Any, name: str) -> Any:
            if self._number == stop:
                raise KeyboardInterrupt
            return super().save(frame, name)

    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.engines.spark.Scratch", Stops)
        engine = Spark(config, folder / "scratch", session=session)
        with pytest.raises(KeyboardInterrupt) if stop else nullcontext(), engine:
            build(find_sources(inputs)[0], folder, config, engine)
    return engine._saved.found, sorted(path.parent for path in folder.glob(f"scratch/*/{DONE}"))


def files_of(folder: Path) -> dict[str, str]:
    """The sha256 of each file by its path; what a failed attempt left behind would be among them."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spark") / "corpus"
    make_corpus(folder)
    return folder


def here(corpus: Path, folder: Path, settings: dict[str, Any], **options: Any) -> tuple[Config, dict[str, str]]:
    """What the engine of one machine makes of a corpus."""
    config = make_config({"workers": 1, **CORPUS_WIDE, **settings})
    folder.mkdir()
    build_here([corpus], folder, config, **options)
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
    monkeypatch.setattr(articles, "COUNT", deadly(COUNT, marks / "count"))
    monkeypatch.setattr(articles, "CLEAN", deadly(CLEAN, marks / "clean"))
    lines, *others = outputs(config)
    monkeypatch.setattr(articles, "outputs", lambda config: [deadly_output(lines, marks / "lines.parquet"), *others])
    build_on(session, [corpus], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == expected
    assert {mark.name for mark in marks.iterdir()} == {"count", "clean", "lines.parquet"}


@needs_java
def test_same_bytes_where_tasks_do_not_see_the_folder(
    session: Any, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files come to the driver through the cluster's tables, in several pieces."""
    from pipelines.engines.spark import Spark, files

    config, expected = here(corpus, tmp_path / "local", {"duplicates": "off"})
    monkeypatch.setattr(files, "_PIECES_TOGETHER", 2)
    (tmp_path / "spark").mkdir()
    (tmp_path / "tables").mkdir()
    tables = (tmp_path / "tables").as_uri()
    engine = Spark(config, tmp_path / "spark" / "scratch", session=session, tables=tables)
    engine._way = dataclasses.replace(engine._way, token=tmp_path / "nowhere" / "token", sends=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "touch", lambda self, **_: None)
        with engine:
            build(find_sources([corpus])[0], tmp_path / "spark", config, engine)
    shutil.rmtree(tmp_path / "spark" / "scratch")
    assert files_of(tmp_path / "spark") == expected
    assert not list((tmp_path / "tables").iterdir())


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
@pytest.mark.parametrize("settings", [{}, {"duplicates": "flag", "same_template": "drop"}], ids=["drop", "flag"])
def test_same_bytes_against_earlier_datasets(
    session: Any, corpus: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """One with signatures, one without, and one with the rows of the first under other names of its own."""
    lines = (corpus / "é-one.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "some.jsonl").write_text("".join(lines[:25]), "utf-8")
    some = [tmp_path / "some.jsonl", corpus / "table.csv"]
    first = earlier_dataset(some, tmp_path / "first", signed=True, duplicates="flag")
    pages = earlier_dataset([corpus / "pages.jsonl"], tmp_path / "pages", signed=False)
    again = earlier_dataset(some, tmp_path / "again", signed=True)
    (tmp_path / "new").mkdir()
    for path in corpus.iterdir():
        content = path.read_bytes()
        # Near duplicates of what the earlier ones have, beside exact copies and parts.
        (tmp_path / "new" / path.name).write_bytes(
            content.replace(b"harbour ", b"quay ") if "z-" in path.name else content
        )
    earlier = [first, pages, again]
    config, expected = here(tmp_path / "new", tmp_path / "local", settings, against=earlier)
    build_on(session, [tmp_path / "new"], tmp_path / "spark", config, against=earlier)
    assert files_of(tmp_path / "spark") == expected
    if not settings:
        rules = count_by(tmp_path / "local" / "audit" / "fates.parquet", "rule_id")
        assert {f"{of}.{how}" for of in ("against", "dedupe") for how in ("exact", "near")} <= rules.keys(), rules


@needs_java
@pytest.mark.parametrize("part", [61, 4_096, 1 << 20])
def test_large_files_are_cut_into_parts(
    session: Any, tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every record has the number that it has when its file is read from its beginning to its end."""
    from pipelines.engines.spark import parts
    from pipelines.engines.spark.reading import read_records
    from pipelines.engines.spark.session import of_run

    rng = random.Random(part)
    lines = [json.dumps({"text": "word " * rng.randrange(60), "id": str(row)}).encode() for row in range(300)]
    # What a part must not begin with, empty lines, lines that are too long, and broken ones.
    others = [b"\xff\xfe{}", b"\xfe\xff", b"\0\0\xfe\xff", b"", b" ", b"{", b'{"text": "' + b"x" * 900 + b'"}', b"\r"]
    for other in others * 4:
        lines.insert(rng.randrange(1, len(lines)), other)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(b"\n".join(lines))
    (folder / "b.jsonl").write_bytes(codecs.BOM_UTF8 + b"\n" + b"\n".join(lines) + b"\n\n")
    (folder / "c.jsonl").write_bytes("\n".join(f'{{"text": "é{row}"}}' for row in range(40)).encode("utf-16"))
    (folder / "d.jsonl").write_bytes(b"\n" * 50)
    (folder / "e.jsonl").write_bytes(b"x" * 900)
    table = pa.table({"text": [f"text {row}" for row in range(120)], "id": [str(row) for row in range(120)]})
    pq.write_table(table, folder / "f.parquet", row_group_size=13)
    sources = find_sources([folder])[0]
    monkeypatch.setattr(parts, "PART_BYTES", part)
    config = make_config({"max_record_bytes": 800})
    cut, sizes = parts.cut(of_run(session, 2_000), sources, [source.path.stat().st_size for source in sources])
    assert (len(cut) > len(sources)) == (part < 1 << 20)
    assert sum(sizes) == pytest.approx(sum(source.path.stat().st_size for source in sources), abs=100)
    names = ["source_file", "source_row", "source_id", "content", "rule_id", "evidence"]
    found = read_records(of_run(session, 50), sources, config, None).select(names).toArrow().to_pylist()
    first = [record for shard in cut_shards(sources, config, tmp_path) for record in read_shard(shard, config)]
    expected = records_table(first).select(names).to_pylist()

    def in_order(row: dict[str, Any]) -> tuple[str, int]:
        return row["source_file"], row["source_row"]

    assert sorted(found, key=in_order) == sorted(expected, key=in_order)
    assert len(found) > 700


@needs_java
@pytest.mark.parametrize("limit", [40, 5])
def test_limit_takes_the_first(session: Any, corpus: Path, limit: int) -> None:
    from pipelines.engines.spark.reading import read_records
    from pipelines.engines.spark.session import of_run

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
    from pipelines.engines.spark.saved import Scratch
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
