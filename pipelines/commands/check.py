"""`tamis check`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Verbose, local_folder
from pipelines.errors import TamisError


class Format(StrEnum):
    """How the result is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"
    junit = "junit"
    github = "github"


def check(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.", parser=local_folder, metavar="DATASET")],
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="The dataset that this one is to replace: what changed has limits too.",
            parser=local_folder,
            metavar="DATASET",
        ),
    ] = None,
    suite: Annotated[
        Path | None, typer.Option(help="A suite of your own, or a folder of them, beside those that tamis ships.")
    ] = None,
    output: Annotated[
        Format,
        typer.Option("--format", help="github: annotations, and the job summary if GITHUB_STEP_SUMMARY is set."),
    ] = Format.text,
    reports: Annotated[
        Path | None, typer.Option(help="Folder to write report.json, quality.md, junit.xml, badge.json, data-docs to.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    verbose: Verbose = False,
) -> None:
    """Hold a dataset against its suites: exit code 0 passed, 1 a critical check failed, 3 could not tell."""
    from pipelines.checks.ci import annotation

    output = Format.json if as_json else output
    try:
        passed = _check(dataset, baseline, suite, output, reports)
    except TamisError as error:
        if output is Format.github:
            print(annotation("error", "tamis check", str(error)))
        raise
    if not passed:
        raise typer.Exit(1)


def _check(dataset: Path, baseline: Path | None, suite: Path | None, output: Format, reports: Path | None) -> bool:
    from pipelines.checks.ci import make_annotations, write_summary
    from pipelines.checks.report import junit_xml, quality_markdown, report_json
    from pipelines.checks.validate import read_manifest, validate, write_reports

    manifest = read_manifest(dataset)
    validation = validate(dataset, manifest, suites=suite, baseline=baseline)
    if reports:
        write_reports(validation, manifest, reports)
    if output is Format.text:
        from pipelines.checks.terminal import show_diff, show_validation
        from pipelines.terminal import make_console

        console = make_console()
        if validation.diff:
            show_diff(validation.diff, console)
        show_validation(validation, console)
    elif output is Format.json:
        print(report_json(validation, manifest), end="")
    elif output is Format.markdown:
        print(quality_markdown(validation, manifest), end="")
    elif output is Format.junit:
        print(junit_xml(validation, manifest), end="")
    else:
        for line in make_annotations(validation):
            print(line)
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            write_summary(Path(summary), [quality_markdown(validation, manifest)])
    return validation.passed
