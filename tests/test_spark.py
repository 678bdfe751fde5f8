"""The engine of a cluster gives the bytes of the engine of one machine."""

# ruff: noqa: F811  a fixture is named where it is imported and where it is asked for

from __future__ import annotations

import dataclasses
import hashlib
import random
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import Config, make_config
from cleaning.records import Record
from cleaning.sitelines import SiteLines
from pipelines.articles import build
from pipelines.ledger import count_by
from pipelines.run import run
from pipelines.sources import find_sources
from pipelines.stages import CLEAN, COUNT
from tests.building import build_here, write_corpus
from tests.conftest import ROOT
from tests.spark_runs import (  # noqa: F401  fixtures
    CORPUS_WIDE,
    JAVA,
    build_on,
    corpus,
    files_of,
    here,
    needs_java,
    session,
    tamis,
)


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
def test_same_bytes_by_rules_of_a_users_own(session: Any, tmp_path: Path) -> None:
    """The packs travel with the settings: no file of them is there any more when a task runs."""
    (tmp_path / "packs").mkdir()
    shutil.copy(ROOT / "tests/cases/own_rules/packs/phrases/en.toml", tmp_path / "packs")
    source = tmp_path / "in.jsonl"
    write_corpus(source, 60)
    source.write_text(source.read_text("utf-8").replace("Share this story", "Give this a wave"), "utf-8")
    config = make_config({**CORPUS_WIDE, "workers": 1, "rules": [tmp_path / "packs"]})
    shutil.rmtree(tmp_path / "packs")
    (tmp_path / "local").mkdir()
    build_here([source], tmp_path / "local", config)
    build_on(session, [source], tmp_path / "spark", config)
    assert files_of(tmp_path / "spark") == files_of(tmp_path / "local")
    assert count_by(tmp_path / "spark" / "audit" / "labels.parquet", "rule_id")["en.house.wave"] == 60


@needs_java
def test_same_bytes_where_tasks_do_not_see_the_folder(
    session: Any, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files come to the driver through the cluster's tables, in several pieces. More parts of the corpus than tasks."""
    from pipelines.engines.spark import Spark, files

    config, expected = here(corpus, tmp_path / "local", {"duplicates": "off"})
    monkeypatch.setattr(files, "_PIECES_TOGETHER", 2)
    (tmp_path / "spark").mkdir()
    (tmp_path / "tables").mkdir()
    tables = (tmp_path / "tables").as_uri()
    engine = Spark(config, tmp_path / "spark" / "scratch", session=session, tables=tables)
    engine._way = dataclasses.replace(engine._way, token=tmp_path / "nowhere" / "token", sends=True)
    engine._session.conf.set("spark.sql.shuffle.partitions", "7")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "touch", lambda self, **_: None)
        with engine:
            build(find_sources([corpus])[0], tmp_path / "spark", config, engine)
    shutil.rmtree(tmp_path / "spark" / "scratch")
    assert files_of(tmp_path / "spark") == expected
    assert not list((tmp_path / "tables").iterdir())


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
def test_a_dataset_behind_a_url(session: Any, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    from pipelines.engines.spark import Spark

    monkeypatch.chdir(tmp_path)
    config, expected = here(corpus, tmp_path / "local", {})
    engine = partial(Spark, session=session, tables=(tmp_path / "tables").as_uri())
    run([corpus], "memory://spark/news", config, engine=engine)
    memory = fsspec.filesystem("memory")
    found = {name: hashlib.sha256(memory.cat_file(f"/spark/news/{name}")).hexdigest() for name in expected}
    assert found == expected
    assert memory.exists("/spark/news/manifest.json")
    memory.rm("/spark", recursive=True)


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
