"""What a disk answers to writing, as one line for a person."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import ReadError


@contextmanager
def disk_errors(output: Path) -> Iterator[None]:
    """Turns what a disk answers to writing into a ReadError of one line."""
    try:
        yield
    except OSError as error:
        if (read_error := disk_error(error, output)) is None:
            raise
        raise read_error from error


def disk_error(error: OSError, output: Path) -> ReadError | None:
    """What a disk answers to writing as a ReadError of one line; None for what has to do with another file."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ReadError(f"the disk is full: nothing was written to {output}")
    name = None if error.filename is None else Path(os.fsdecode(error.filename))
    if name is None or output.is_relative_to(name) or _belongs(name, output):
        return ReadError(f"cannot write {output}: {error.strerror or error}")
    return None


def _belongs(name: Path, output: Path) -> bool:
    """Whether a file is the output, in it, or one of the drafts beside it."""
    if not name.is_relative_to(output.parent) or name == output.parent:
        return False
    first = name.relative_to(output.parent).parts[0]
    return first == output.name or first.startswith(f".{output.name}.")
