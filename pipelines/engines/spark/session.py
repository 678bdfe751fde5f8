"""A Spark session for a run: the caller's, or one of our own."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from pipelines.errors import CallError, ReadError

# Nothing here goes through pandas.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

LOCAL = "local[*,4]"
"""All cores of this machine; a task may fail three times, which is what lets a run survive a killed worker."""

# What a session of our own has, unless the cluster's configuration says otherwise.
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
}
# Of every run, whatever the session: what decides a byte, or how much is in memory at a time.
_SQL = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(32 * 2**20),
    # A table is sent whole to all tasks by its size as it was measured, never as it is guessed from a file: the
    # shingles of 24,000 texts were guessed at less than 10 MB, and were too much for 2 GB of heap.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "10MB",
}


@contextmanager
def open_session(master: str | None = None) -> Iterator[SparkSession]:
    """A session on `master`; without one, on what spark-submit was called with, else on this machine.

    Raises CallError where Java or the master is not to be found.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if master is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        master = LOCAL
    # Progress is told by the run, on the same stderr.
    builder = SparkSession.builder.appName("tamis").config("spark.ui.showConsoleProgress", "false")
    if master is not None:
        builder = builder.master(master)
        if master.startswith("local["):
            for name, value in _LOCAL.items():
                builder = builder.config(name, value)
    answers = signal.getsignal(signal.SIGINT)
    try:
        session = builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        raise CallError(f"Spark does not start on {master}: {error}; it needs Java 17 or newer") from error
    except Exception as error:
        raise ReadError(f"Spark does not start on {master}: {_last_line(error)}") from error
    if threading.current_thread() is threading.main_thread():
        # Spark's own answer to Ctrl-C asks the JVM to cancel jobs in the middle of another question to it.
        signal.signal(signal.SIGINT, answers)
    # Of a Ctrl-C py4j tells every caller of the one that it came in.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(_is_news)
    try:
        yield session
    finally:
        session.stop()
        logging.getLogger().removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("KeyboardInterrupt while sending command")


def of_run(session: SparkSession, rows_per_batch: int) -> SparkSession:
    """A session of the same cluster with settings of its own, so that the caller's stay as they are."""
    own = session.newSession()
    for name, value in {**_SQL, "spark.sql.execution.arrow.maxRecordsPerBatch": str(rows_per_batch)}.items():
        own.conf.set(name, value)
    if session.sparkContext.master.startswith("local["):
        # A partition costs a task, which is what a small corpus would spend its time on.
        own.conf.set("spark.sql.shuffle.partitions", str(session.sparkContext.defaultParallelism))
    return own


__all__ = ["SparkSession", "of_run", "open_session"]


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
