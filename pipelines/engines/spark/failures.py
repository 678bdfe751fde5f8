"""What a cluster says of a failure, as one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from pipelines.errors import CallError, ReadError

_OURS = re.compile(r"^pipelines\.errors\.(CallError|ReadError): (.*)$", re.MULTILINE)
_RAISED = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt): .*$", re.MULTILINE)


@contextmanager
def told() -> Iterator[None]:
    """Raises what a task raised where that was for the caller, else a ReadError of the last thing that is said.

    Spark has tried a task as often as it is set to by then.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        text = str(error)
        if found := _OURS.findall(text):
            kind, message = found[-1]
            raise (CallError if kind == "CallError" else ReadError)(message) from error
        lines = _RAISED.findall(text) or text.splitlines() or [type(error).__name__]
        raise ReadError(f"Spark gave up: {lines[-1].strip()[:300]}") from error
