"""`tamis check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import AsJson, Verbose


def check(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.")],
    suite: Annotated[
        Path | None, typer.Option(help="A suite of your own, or a folder of them, beside those that tamis ships.")
    ] = None,
    reports: Annotated[
        Path | None, typer.Option(help="Folder to write report.json, quality.md, junit.xml, data-docs to.")
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Hold a dataset against its suites: exit code 0 passed, 1 a critical check failed, 3 could not tell."""
    from pipelines.terminal import show_validation
    from pipelines.validate import read_manifest, validate, write_reports

    manifest = read_manifest(dataset)
    validation = validate(dataset, manifest, suites=suite)
    if reports:
        write_reports(validation, manifest, reports)
    show_validation(validation, as_json=as_json)
    if not validation.passed:
        raise typer.Exit(1)
