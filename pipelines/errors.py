"""What can go wrong with a call, as one line for a person and an exit code for a program.

TamisError
├── CallError       the call was wrong: exit code 2
└── ReadError       something could not be read, written or evaluated: exit code 3
"""

from __future__ import annotations

from pipelines.secrets import scrub


class TamisError(Exception):
    """One line that says what is wrong and what to do."""

    exit_code = 1


class CallError(TamisError):
    """The call was wrong: a missing input, an unknown setting, an output that is in the way."""

    exit_code = 2


class ReadError(TamisError):
    """Something could not be read, written or evaluated."""

    exit_code = 3


def first_line(error: BaseException) -> str:
    """Any exception as one short line, without secrets: a library may quote an address in it."""
    return scrub((str(error).splitlines() or [""])[0])[:200] or type(error).__name__
