"""Standard input, output and error as the caller left them: closed ones, and pipes that nobody reads any more."""

from __future__ import annotations

import errno
import os
import select
import sys


def open_streams() -> int:
    """Open those that are closed (`2>&-`) on the null device; returns a duplicate of stdout, to ask `unread` about.

    Otherwise the next file that is opened has the number, and gets what is written there. Processes that are started
    have them too.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(opened, True)
    # Python has None for what was closed when it started.
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115, open as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115
    return os.dup(1)


def unread(stdout: int) -> bool:
    """Whether stdout, of which this is a duplicate, is a pipe that nobody reads: what waits to go there is given up.

    A duplicate, for Rich puts the null device in the place of a pipe that breaks under it.
    """
    watched = select.poll()
    watched.register(stdout, select.POLLOUT)
    if not any(event & select.POLLERR for _, event in watched.poll(0)):
        return False
    # Python writes out what is left when it ends, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return True


def refused(stdout: int, error: OSError) -> bool:
    """Whether the file that stdout goes to, of which this is a duplicate, takes no more; what waits is given up.

    Only errors of a full disk that name no file can be of it. To see whether it is, a line feed is written.
    """
    if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return False
    try:
        os.write(stdout, b"\n")
    except OSError:
        # Python writes out what is left when it ends, and would make another exit code of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return True
    return False
