"""Runs on Spark for tests: a session, a corpus, what the engine of one machine makes of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from cleaning.config import Config, make_config
from pipelines.against import EarlierDataset
from pipelines.articles import build
from pipelines.sources import find_sources
from pipelines.staging import DONE
from pipelines.store import MANIFEST, describe_file, write_json
from tests.building import build_here
from tests.conftest import ROOT
from tests.spark_corpus import make_corpus

JAVA = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if "JAVA_HOME" in os.environ else shutil.which("java")
needs_java = pytest.mark.skipif(not JAVA, reason="Spark runs on Java 17 or newer, and there is no java here")
if JAVA:
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'tamis[spark]'")

CORPUS_WIDE: dict[str, Any] = {"min_chars": 0, "shard_records": 37, "rows_per_file": 50}


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


def tamis(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
