"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import CallError

Verbose = Annotated[bool, typer.Option("--verbose", help="With an error, show where it came from.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LogJson = Annotated[
    bool, typer.Option("--log-json", help="On stderr one JSON object a line, of what goes on and what goes wrong.")
]

Rules = Annotated[
    list[str] | None,
    typer.Option(
        help="A rule pack of your own (en.toml, example.com.toml) or a folder of them. May be given several times.",
        metavar="PATH",
    ),
]


def local_folder(given: str) -> Path:
    """A dataset as a command is given it: a path, or a file:// URL. Raises CallError for another URL."""
    from pipelines.locations import path_of
    from pipelines.secrets import scrub

    path = path_of(given)
    if path is None:
        raise CallError(
            f"{scrub(given)} is not on this machine, where a dataset has to be for this: copy it here first"
        )
    return path
