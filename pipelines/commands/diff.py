"""`tamis diff`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Verbose, local_folder


class Format(StrEnum):
    """How the result is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


def diff(
    old: Annotated[Path, typer.Argument(help="The earlier dataset.", parser=local_folder, metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="The dataset that is to replace it.", parser=local_folder, metavar="NEW")],
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.text,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    verbose: Verbose = False,
) -> None:
    """What changed: rows, columns, drift, rules, version. Exit code 1 where `check --baseline` would fail for it."""
    from pipelines.checks.terminal import show_diff, show_verdict
    from pipelines.checks.validate import judge
    from pipelines.diff.compare import diff as compare
    from pipelines.diff.report import diff_json, diff_markdown
    from pipelines.terminal import make_console, print_json

    output = Format.json if as_json else output
    found = compare(old, new)
    # Two copies of one dataset differ in nothing that could fail.
    validation = None if found.same_manifest else judge(found)
    passed = validation is None or validation.passed
    if output is Format.json:
        print_json(diff_json(found) | {"passed": passed})
    elif output is Format.markdown:
        print(diff_markdown(found), end="")
    else:
        console = make_console()
        show_diff(found, console)
        if validation:
            show_verdict(validation, console)
    if not passed:
        raise typer.Exit(1)
