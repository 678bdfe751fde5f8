"""`tamis run`: a dataset from inputs to the folder that others read, or nothing at all."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from cleaning.config import Config
from pipelines.against import open_earlier
from pipelines.articles import build
from pipelines.checks.beside import Beside, is_small
from pipelines.checks.found import Validation
from pipelines.checks.validate import Rows, asked_of_data, check_rows
from pipelines.dataset_rules import write_rules
from pipelines.duplicates import Duplicates
from pipelines.duplicates_page import CLUSTERS, DUPLICATES_PAGE, PAIRS, write_page
from pipelines.engines import Engine
from pipelines.engines.local import Local
from pipelines.engines.memory import give_back, keep_less
from pipelines.errors import CallError
from pipelines.file_rows import bytes_of
from pipelines.files import Location
from pipelines.finish import finish
from pipelines.following import Replaced, read_replaced
from pipelines.journal import Journal
from pipelines.manifest import make_manifest
from pipelines.run_record import write_run_record
from pipelines.sources import find_sources
from pipelines.staging import SCRATCH, staging
from pipelines.store import write_bytes
from pipelines.summary import Summary
from pipelines.tombstones import Tombstone, read_tombstones, write_tombstones
from pipelines.uploading import folder_of, upload_to


@dataclass(frozen=True)
class Outcome:
    """A run that ended well, whatever the checks say of its dataset."""

    output: Path
    """The folder; of a dataset behind a URL the one that it was made in, which is gone."""
    where: str
    """The folder or URL, as it was given."""
    manifest: dict[str, Any]
    summary: Summary
    validation: Validation
    passed_over: tuple[Location, ...]
    """Files in the input folders that are of no kind that tamis reads."""
    signed_again: tuple[Path, ...]
    """Earlier datasets whose texts were read, for want of signatures that can be compared."""
    replaced: Replaced
    """What stood at the output before."""
    seconds: float


MakeEngine = Callable[[Config, Path, Journal], AbstractContextManager[Engine[Any]]]
"""An engine for a run, of its settings, a folder of its own beside what it writes, and what hears of its progress."""
LOCAL: MakeEngine = partial(Local, isolated=True)
"""This machine. A record that crashes a worker takes no more with it than that."""


def run(
    inputs: Sequence[Path | str],
    output: Path | str,
    config: Config,
    *,
    force: bool = False,
    resume: bool = True,
    limit: int | None = None,
    against: Sequence[Path] = (),
    tombstones: Sequence[Path] = (),
    progress: Journal | None = None,
    engine: MakeEngine = LOCAL,
) -> Outcome:
    """Make the dataset `output`, a folder or a URL, of `inputs`, without what the datasets `against` have already.

    `engine`: `LOCAL`, or `partial(Spark, session=…)` of `pipelines.engines.spark`; the dataset is the same.
    Where a dataset with a version is replaced and none is declared, it is the next patch of that one; entries of its
    CHANGELOG stay. What was taken down from `output`, from one of `against` or in a file of `tombstones` does not come
    back. Goes on where an earlier run into `output` was interrupted, unless `resume` is False: what is finished, and
    would come out the same, is not done again. `progress` hears of each phase, of the documents and bytes
    done with, and of what goes wrong. Raises CallError, ReadError or LedgerError; then `output` is as it was before.
    """
    journal = progress or Journal()
    started = time.monotonic()
    upload, output_folder = upload_to(output), folder_of(output)
    if upload:
        upload.check()  # before hours of work
    name = upload.name if upload else output_folder.name
    sources, passed_over = find_sources(inputs)
    if any(folder.resolve() == output_folder.resolve() for folder in against):
        raise CallError(f"{output} cannot be held against itself: give another -o")
    ours = f"{output_folder.resolve()}{os.sep}"
    if any(str(source.path).startswith(ours) for source in sources):
        raise CallError(f"an input lies in {output}, which this run would replace: give another -o")
    for path in passed_over:
        journal.happened("passed-over", file=str(path))
    earlier = open_earlier(against, config)
    known = [stone for path in _with_tombstones(output_folder, against, tombstones) for stone in read_tombstones(path)]
    config = replace(config, tombstones=tuple(sorted({stone.id for stone in known} | set(config.tombstones))))
    with (
        staging(output_folder, force=force or upload is not None, resume=resume) as stage,
        Beside(config.workers, journal) as beside,
    ):
        beside.begin(bytes_of(sources))
        replaced = read_replaced(output_folder)
        rows: list[Callable[[], Rows]] = []

        def cleaned(totals: Mapping[str, int]) -> None:
            beside.reconsider(totals)
            if not is_small(totals):
                keep_less()  # what is done with a large dataset from here on is done in this process

        def published() -> None:
            rows.append(beside.later(check_rows, asked_of_data(stage, config.deciding())))

        # Scratch stays until the end: a run that is stopped while it validates goes on from there too.
        with engine(config, stage / SCRATCH, journal) as running:
            ledger = build(
                sources,
                stage,
                config,
                running,
                limit=limit,
                against=earlier,
                journal=journal,
                cleaned=cleaned,
                published=published,
            )
        give_back()
        overview = None
        if config.duplicates != "off":
            overview = Duplicates(stage, against).overview(CLUSTERS, PAIRS)
            write_bytes(stage / DUPLICATES_PAGE, write_page(overview, name).encode())
        said = {stone.id for stone in known}
        write_rules(stage, config.rules)
        write_tombstones(stage, [*known, *(Tombstone(name, "") for name in config.tombstones if name not in said)])
        about_earlier = [dataset.as_json() for dataset in earlier]
        following = replaced.version_after()
        manifest = make_manifest(stage, name, config, ledger, about_earlier, following)
        if not config.report_text:
            # What is told to leave texts out of its report is told so for good: `tamis report` reads it here.
            manifest["report_text"] = False
        summary, validation = finish(
            stage,
            manifest,
            earlier=against,
            before=replaced.changelog,
            duplicates=overview,
            progress=journal,
            beside=beside,
            rows=rows[0],
        )
        for check in validation.checks:
            if not check.passed:
                journal.happened("check-failed", check.level, suite=check.suite, check=check.name, column=check.column)
        write_run_record(stage, "run", journal)
        if upload:
            upload.put(stage)
    if upload:
        shutil.rmtree(output_folder)
    signed_again = tuple(dataset.folder for dataset in earlier if not dataset.has_signatures(config))
    for folder in signed_again:
        journal.happened("signed-again", dataset=str(folder))
    records = manifest["ledger"]["records"]
    journal.happened(
        "finished", output=str(output), passed=validation.passed, **{f"records_{k}": v for k, v in records.items()}
    )
    seconds = time.monotonic() - started
    return Outcome(
        output_folder,
        str(output),
        manifest,
        summary,
        validation,
        tuple(passed_over),
        signed_again,
        replaced,
        seconds,
    )


def _with_tombstones(output: Path, against: Sequence[Path], files: Sequence[Path]) -> list[Path]:
    """Where tombstones are looked for; an output that is not there yet has none."""
    return [*([output] if output.is_dir() else []), *against, *files]
