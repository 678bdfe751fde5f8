"""The commands. Results go to stdout, progress and errors to stderr; heavy imports wait for their command."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import Annotated

import typer

from pipelines.commands.check import check
from pipelines.commands.diff import diff
from pipelines.commands.explain import duplicates, explain
from pipelines.commands.publish import publish
from pipelines.commands.remove import remove
from pipelines.commands.report import report
from pipelines.commands.rules import rules_app
from pipelines.commands.run import run
from pipelines.errors import TamisError, first_line
from pipelines.interrupt import EXIT_CODE as INTERRUPTED
from pipelines.interrupt import answer_once
from pipelines.secrets import scrub
from pipelines.standard_streams import open_streams, refused, unread

app = typer.Typer(
    name="tamis",
    help="Scraped articles in, a validated Parquet dataset out: every dropped line with its reason.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"tamis {version('tamis')}")
        raise typer.Exit


@app.callback()
def tamis(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Scraped articles in, a validated Parquet dataset out: every dropped line with its reason."""


# A command is a module in pipelines/commands and a line here.
for command in (run, check, report, diff, explain, duplicates, publish, remove):
    app.command()(command)
app.add_typer(rules_app, name="rules")

# What a shell makes of a program that a closed pipe ends (SIGPIPE): not 0, for not all was delivered, nor any of ours.
UNREAD = 141


def main() -> None:
    """The console script. Whatever goes wrong is one line and an exit code; `--verbose` adds the traceback."""
    answer_once()
    stdout = open_streams()
    # Nothing here multiplies matrices, and threads that wait for that take a third of a CPU second; not in a notebook.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = _call()
        if code == INTERRUPTED:
            _say(_last_line("stopped", INTERRUPTED, "stopped; the output is as it was before"))
        sys.exit(code)
    except Exception as error:
        if isinstance(error, BrokenPipeError) and unread(stdout):
            sys.exit(UNREAD)
        from cleaning.config import ConfigError
        from cleaning.matching import PackError

        if "--verbose" in sys.argv:
            _say(scrub(traceback.format_exc()).rstrip())
        if isinstance(error, TamisError):
            code, line = error.exit_code, str(error)
        elif isinstance(error, PackError):
            code, (*others, line) = 2, error.faults
            for other in others:
                _say(_last_line("failed", code, scrub(other)))
        elif isinstance(error, ConfigError):
            code, line = 2, str(error)
        elif hasattr(error, "format_message"):  # typer's own: an unknown option, a missing argument
            code, line = getattr(error, "exit_code", 2), " ".join(error.format_message().split())
            if not line or "Usage:" in line:
                print(line and error.format_message())
                sys.exit(code)
        elif isinstance(error, OSError):
            said = error.strerror or first_line(error)
            if refused(stdout, error):
                said = f"cannot write the result to standard output: {said}"
            code, line = 3, f"{said}: {error.filename}" if error.filename else said
        else:
            code, line = 3, f"{type(error).__name__}: {first_line(error)} (a fault of tamis; --verbose shows where)"
        _say(_last_line("failed", code, scrub(line)))
        sys.exit(code)


def _say(line: str) -> None:
    """On stderr; where nobody takes it, the exit code has to do."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _call() -> int | None:
    """The exit code of what the command line asks for; None for 0. Raises what goes wrong."""
    try:
        code: int | None = app(standalone_mode=False)
        sys.stdout.flush()
        return code
    except SystemExit as ended:
        # Typer and Rich make exit code 1 of any closed pipe, a worker's or a server's too, and say nothing.
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None
        raise


def _last_line(event: str, code: int, message: str) -> str:
    """Why it ends, as a line for a person, or for what reads `--log-json`."""
    if "--log-json" in sys.argv:
        from pipelines.progress import json_line

        return json_line(event, message=message, exit_code=code)
    from cleaning.article import visible

    line = f"tamis: {visible(message)}".replace("\n", " ")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from pipelines.checks.ci import defused

        line = defused(line)
    return line
