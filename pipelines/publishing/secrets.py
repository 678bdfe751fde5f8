"""Errors of clients without the secrets that they may say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.errors import ReadError, TamisError, first_line
from pipelines.secrets import scrub


@contextmanager
def without_secrets() -> Iterator[None]:
    """Errors of the block without a secret, whatever their traceback is printed with."""
    try:
        yield
    except Exception as error:
        if not _secret_in(error):
            raise
        line = scrub(first_line(error))
        if isinstance(error, TamisError):
            raise type(error)(line) from None
        raise ReadError(line) from None


def _secret_in(error: BaseException | None) -> bool:
    """Whether the error or one behind it says a secret."""
    seen = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if scrub(str(one)) != str(one):
            return True
        waiting += [one.__cause__, one.__context__]
    return False
