"""Great Expectations' own pages about a validation: Data Docs.

They hold counts, limits and doc_ids, never a piece of a record: Great Expectations puts the values that fail
into its pages as they are, markup and all, so the results are built here without them, and what we say in
words is escaped. What the pages would load from public content networks is taken out again (`docs_pages`).
"""

from __future__ import annotations

import html
import logging
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleaning.article import visible
from pipelines.checks.docs_pages import take_offline
from pipelines.checks.evaluate import Found, Key, make_context, quiet
from pipelines.checks.found import verdict
from pipelines.manifest import version_of

if TYPE_CHECKING:
    from pipelines.checks.found import Check, Validation
    from pipelines.checks.suites import Suite


def write_data_docs(validation: Validation, manifest: Mapping[str, Any], folder: Path) -> Path:
    """Build the pages in `folder`, in place of what was there; returns the index page.

    Each is headed with the dataset's name and version, the day (UTC) of the check and how it ended.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with quiet():
        from great_expectations.core import ExpectationSuite
        from great_expectations.core.run_identifier import RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        context = make_context()
        context.add_data_docs_site(
            "data-docs",
            {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(folder.resolve()),
                },
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        run = RunIdentifier(run_name="check")
        for suite in validation.suites:
            checks = [check for check in validation.checks if check.suite == suite.name]
            pairs = zip(suite.items, checks, strict=True)
            expectations = [_described(item.expectation, check) for item, check in pairs]
            context.suites.add(ExpectationSuite(name=suite.name, expectations=expectations))
            key = ValidationResultIdentifier(ExpectationSuiteIdentifier(suite.name), run, suite.table)
            result = _suite_result(suite, expectations, checks, validation.found, run)
            context.validation_results_store.set(key, result)
        with _disk_errors_raised():
            context.build_data_docs(["data-docs"])
    checked = f"checked {run.run_time.astimezone(UTC).date().isoformat()}"
    version = version_of(manifest) + ("" if manifest.get("version") else " (not declared)")
    heading = f"{manifest['name']} {version}, {checked}: {verdict(validation)}"
    return take_offline(folder, validation.checks, visible(heading))


@contextmanager
def _disk_errors_raised() -> Iterator[None]:
    """Raises the first OSError that Great Expectations makes a traceback of and goes on after, without the page."""
    heard: list[OSError] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = sys.exc_info()[1]  # it is told of in an except block
            if isinstance(error, OSError):
                heard.append(error)
            elif logging.lastResort:
                logging.lastResort.handle(record)

    logger, listening = logging.getLogger("great_expectations.render"), Listening(logging.WARNING)
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(listening)
    try:
        yield
    finally:
        logger.removeHandler(listening)
        logger.propagate = propagated
    if heard:
        raise heard[0]


def _described(expectation: Any, check: Check) -> Any:
    """A copy of an expectation that says in words what it asks and found; pages show this first."""
    words = f"{check.name} ({check.level}): {check.meaning} Expected: {check.expected}."
    if check.failing:
        words += f" Failing: {', '.join(check.failing)}."
    # Great Expectations reads $name as a place to fill in.
    described = html.escape(words).replace("$", "&#36;")
    return expectation.copy(update={"description": described, "id": None})


def _suite_result(
    suite: Suite, expectations: Sequence[Any], checks: Sequence[Check], found: Mapping[Key, Found], run: Any
) -> Any:
    """The suite's results over all shards, as Great Expectations would have them from one."""
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

    passed = sum(check.passed for check in checks)
    results = []
    for expectation, check in zip(expectations, checks, strict=True):
        one = found.get((suite.name, check.name), Found(0, 0, 0, ()))
        values = one.rows - one.missing
        results.append(
            ExpectationValidationResult(
                success=check.passed,
                expectation_config=expectation.configuration,
                result={
                    "observed_value": html.escape(check.observed),
                    "element_count": one.rows,
                    "missing_count": one.missing,
                    "missing_percent": 100 * one.missing / one.rows if one.rows else None,
                    "unexpected_count": one.failed,
                    "unexpected_percent": 100 * one.failed / values if values else None,
                },
                exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
                meta={},
            )
        )
    return ExpectationSuiteValidationResult(
        success=all(check.passed or check.level != "critical" for check in checks),
        results=results,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": len(checks),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(checks) - passed,
            "success_percent": 100 * passed / len(checks),
        },
        # Where the pages look for the name of the table, and when.
        meta={"batch_kwargs": {"data_asset_name": suite.table}, "run_id": run.to_json_dict()},
    )
