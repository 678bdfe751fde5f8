"""A dataset is whole or not there: it is made in a folder beside the output, whose place that takes at the end."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.disk import disk_error, disk_errors
from pipelines.errors import CallError, ReadError
from pipelines.store import is_dataset, sync_folder

# Stands in a staging folder until it is a dataset: what is without it is somebody's, and not deleted.
_OURS = ".tamis-run"
SCRATCH = "scratch"
"""Folder in the staging folder for what a run needs until it ends; see `pipelines.scratch`."""
DONE = "done.json"
"""Stands in a folder of scratch, written last."""


@contextmanager
def staging(output: Path, *, force: bool, resume: bool = True) -> Iterator[Path]:
    """A folder beside `output` to write into; it takes output's place when the block ends well.

    Until then nothing stands at `output` but what stood there before, and whatever goes wrong, the
    staging folder has no name that reads as a dataset. What an earlier run has left in its folder `scratch`
    stands there again, unless `resume` is False; it is left where the block fails and something is finished in
    it, and taken away else. Raises CallError where output is in the way or another run is writing to it,
    ReadError where the disk is full or not ours to write to. What is a ReadError in the block says what is kept.
    """
    refuse_output(output, force=force)
    stage, old = stage_of(output), _old(output)
    with disk_errors(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and not output.exists():
            old.rename(output)  # a run died between the two renames of its swap
        with _locked(stage, output, resume):
            try:
                yield stage
                if (stage / SCRATCH).exists():
                    shutil.rmtree(stage / SCRATCH)
                _swap(stage, output, old)
            except ReadError as error:
                raise ReadError(f"{error}{kept(output)}") from error
            except OSError as error:
                if (read_error := disk_error(error, output)) is None:
                    raise
                raise ReadError(f"{read_error}{kept(output)}") from error
            finally:
                if not worth_keeping(stage):
                    shutil.rmtree(stage, ignore_errors=True)


def refuse_output(output: Path, *, force: bool) -> None:
    """Raises what `staging` raises where output cannot be made or replaced, without writing anything."""
    if output.is_file() or output.is_symlink() or not output.name:
        raise CallError(f"{output} is no folder that can be replaced: give another -o")
    stage, old = stage_of(output), _old(output)
    with disk_errors(output):
        above = next(folder for folder in output.parents if folder.exists())
        if not above.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(above))
        if old.exists() and not is_dataset(old):
            raise CallError(f"{old} is in the way, and no dataset of tamis: move it, or give another -o")
        # Where a run died between the two renames of its swap, what it was to replace has its other name.
        standing = old if old.exists() and not output.exists() else output
        if standing.exists() and any(standing.iterdir()):
            if not force:
                raise CallError(f"{output} exists already: give another -o, or --force to replace it")
            if not is_dataset(standing):
                raise CallError(f"{output} is no dataset of tamis, so --force does not replace it")
        if stage.exists() and _is_foreign(stage):
            raise CallError(f"{stage} is in the way, and of no run of tamis: move it, or give another -o")


def _is_foreign(stage: Path) -> bool:
    """Whether a folder with the name of a staging folder is none: it must not be emptied."""
    # A run that is killed while it swaps leaves a whole dataset without the mark.
    return any(stage.iterdir()) and not (stage / _OURS).exists() and not is_dataset(stage)


def worth_keeping(stage: Path) -> bool:
    """Whether a run has left finished work there, that the next one can go on with."""
    return any(stage.glob(f"{SCRATCH}/*/{DONE}"))


def stage_of(output: Path) -> Path:
    """The staging folder beside `output`."""
    return output.with_name(f".{output.name}.partial")


def _old(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def kept(output: Path) -> str:
    """What a run that ends now leaves for the next one, as the end of a sentence."""
    finished = sum(1 for _ in stage_of(output).glob(f"{SCRATCH}/*/{DONE}"))
    if not finished:
        return "; nothing was finished yet: the same command starts over"
    return (
        f"; {finished:,} finished pieces of work are kept in {stage_of(output)}: "
        "the same command goes on from there (--no-resume starts over)"
    )


@contextmanager
def _locked(stage: Path, output: Path, resume: bool) -> Iterator[None]:
    """Makes the staging folder, for this run alone and empty but for what can be gone on with.

    The lock is on the folder itself, and the kernel lets go of it when the run dies.
    """
    stage.mkdir(exist_ok=True)
    handle = os.open(stage, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The run that had it may have swapped it into place since it was opened.
        if not stage.exists() or os.fstat(handle).st_ino != stage.stat().st_ino:
            raise BlockingIOError
        found = list(stage.iterdir())
        if _is_foreign(stage):
            raise CallError(f"{stage} is in the way, and of no run of tamis: move it, or give another -o")
        (stage / _OURS).touch()
        for left in found:
            if left.name != _OURS and not (resume and left.name == SCRATCH and worth_keeping(stage)):
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield
    except BlockingIOError as error:
        raise CallError(f"another run is writing to {output}") from error
    finally:
        os.close(handle)


def _swap(stage: Path, output: Path, old: Path) -> None:
    (stage / _OURS).unlink()
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        output.rename(old)
    stage.rename(output)
    sync_folder(output.parent)
    shutil.rmtree(old, ignore_errors=True)
