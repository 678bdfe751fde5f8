"""Nothing secret in what is printed: what clients say in their errors is looked through before anyone sees it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.errors import ReadError, TamisError, first_line

# The environment variables of the clients that hold a secret, and their files.
_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|ACCESS_KEY|API_KEY|CREDENTIAL", re.I)
# A name and a password in an address; tokens of the hub; keys of AWS; a header.
_FORMS = re.compile(
    r"(?<=://)[^/\s@]{1,200}@|\bhf_[A-Za-z0-9]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|(?<=[Bb]earer )[^\s;,]+"
    r"|(?<=Signature=)[0-9A-Za-z%/+=]+|(?<=X-Amz-Credential=)[^&\s]+"
)


def scrub(text: str) -> str:
    """The text without secrets.

    >>> scrub("cannot connect to http://me:secret@store.example/x")
    'cannot connect to http://…@store.example/x'
    """
    for name, value in os.environ.items():
        if len(value) >= 8 and _NAMES.search(name):
            text = text.replace(value, "…")
    return _FORMS.sub(lambda hit: "…@" if hit.group().endswith("@") else "…", text)


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
