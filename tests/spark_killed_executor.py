"""A run on two executors of which one is killed while it cleans: python -m tests.spark_killed_executor IN OUT.

A process of its own, for a process has one Spark context.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyspark
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from cleaning.config import Config
from cleaning.records import Record
from pipelines import articles
from pipelines.stages import CLEAN, Side, Tables
from tests import test_spark

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.executor.memory": "1g",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


def deadly(mark: Path) -> None:
    def function(records: Sequence[Record], config: Config, side: Side) -> Tables:
        if records[0].source_file != "canary" and not mark.exists():
            mark.touch()
            # The worker's parent is the daemon that forks workers, and its parent the executor.
            executor = Path(f"/proc/{os.getppid()}/stat").read_text().rsplit(")", 1)[1].split()[1]
            os.kill(int(executor), signal.SIGKILL)
            time.sleep(5)
        return CLEAN.function(records, config, side)

    articles.CLEAN = dataclasses.replace(CLEAN, function=function)


def main(corpus: Path, out: Path) -> None:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    cloudpickle.register_pickle_by_value(sys.modules["__main__"])
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    application = session.sparkContext.applicationId
    try:
        deadly(out.parent / "killed")
        test_spark.build_on(session, [corpus], out, test_spark.make_config({"workers": 1, **test_spark.CORPUS_WIDE}))
    finally:
        session.stop()
        # Where executors have their logs, whatever one sets.
        shutil.rmtree(Path(pyspark.__file__).parent / "work" / application, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
