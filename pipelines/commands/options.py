"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Verbose = Annotated[bool, typer.Option("--verbose", help="With an error, show where it came from.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LogJson = Annotated[
    bool, typer.Option("--log-json", help="On stderr one JSON object a line, of what goes on and what goes wrong.")
]
