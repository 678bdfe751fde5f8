"""What a dataset must be: suites for Great Expectations (`*.json`) and the expectations of our own they use.

Importing this package costs nothing; its modules `texts` and `columns` import great_expectations.
"""

from __future__ import annotations

import sys


def load_great_expectations() -> None:
    """Import great_expectations as if there were no PySpark. To be called before anything else imports it.

    It imports PySpark's Connect where that is installed, which takes a process begun by `python -c` for doctests and
    ends it, with exit code 0, where gRPC is missing. Nothing here validates with Spark.
    """
    hidden = [name for name in ("pyspark", "pyspark.sql.connect") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import great_expectations  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]
