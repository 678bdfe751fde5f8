"""A run on two executors of which one is killed while it cleans: python -m tests.spark_killed_executor IN OUT.

A process of its own, for a process has one Spark context.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from cleaning.config import make_config
from pipelines import articles
from pipelines.stages import CLEAN
from tests.faulty import kills_executor
from tests.spark_runs import CORPUS_WIDE, build_on

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


def main(corpus: Path, out: Path) -> None:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    application = session.sparkContext.applicationId
    try:
        articles.CLEAN = kills_executor(CLEAN, out.parent / "killed")
        build_on(session, [corpus], out, make_config({"workers": 1, **CORPUS_WIDE}))
    finally:
        session.stop()
        # Where executors have their logs, whatever one sets.
        shutil.rmtree(Path(pyspark.__file__).parent / "work" / application, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
