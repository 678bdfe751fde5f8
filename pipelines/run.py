"""`tamis run`: a dataset from inputs to the folder that others read, or nothing at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cleaning.config import Config
from pipelines.against import open_earlier
from pipelines.articles import build
from pipelines.card import write_card
from pipelines.duplicates import Duplicates
from pipelines.duplicates_page import DUPLICATES_PAGE, write_page
from pipelines.engines import Engine
from pipelines.engines.local import Local
from pipelines.errors import CallError
from pipelines.manifest import make_manifest
from pipelines.report.quality import QUALITY_PAGE, quality_html, read_report
from pipelines.sources import find_sources
from pipelines.store import MANIFEST, SCRATCH, staging, write_bytes, write_json, write_sums
from pipelines.summary import Summary, summarise
from pipelines.validate import Validation, validate, write_reports


@dataclass(frozen=True)
class Outcome:
    """A run that ended well, whatever the checks say of its dataset."""

    output: Path
    manifest: dict[str, Any]
    summary: Summary
    validation: Validation
    passed_over: tuple[Path, ...]
    """Files in the input folders that are of no kind that tamis reads."""
    signed_again: tuple[Path, ...]
    """Earlier datasets whose texts were read, for want of signatures that can be compared."""
    seconds: float


MakeEngine = Callable[[Config, Path, Callable[[str, int], None]], AbstractContextManager[Engine[Any]]]
"""An engine for a run, of its settings, a folder of its own beside what it writes, and what hears of its progress."""


def run(
    inputs: Sequence[Path],
    output: Path,
    config: Config,
    *,
    force: bool = False,
    resume: bool = True,
    limit: int | None = None,
    against: Sequence[Path] = (),
    progress: Callable[[str, int], None] = lambda phase, records: None,
    engine: MakeEngine = partial(Local, isolated=True),  # noqa: B008 (it is a function)
) -> Outcome:
    """Make the dataset `output` of `inputs`, without what the datasets `against` have already.

    `engine`: `Local`, or `partial(Spark, session=…)` of `pipelines.engines.spark`; the dataset is the same.
    Goes on where an earlier run into `output` was interrupted, unless `resume` is False: what is finished, and would
    come out the same, is not done again. `progress` hears of each phase and of the records it is done with. Raises
    CallError, ReadError or LedgerError; then `output` is as it was before.
    """
    started = time.monotonic()
    sources, passed_over = find_sources(inputs)
    if any(folder.resolve() == output.resolve() for folder in against):
        raise CallError(f"{output} cannot be held against itself: give another -o")
    earlier = open_earlier(against, config)
    with staging(output, force=force, resume=resume) as stage:
        with engine(config, stage / SCRATCH, progress) as running:
            ledger = build(sources, stage, config, running, limit=limit, against=earlier)
        shutil.rmtree(stage / SCRATCH)
        if config.duplicates != "off":
            write_bytes(stage / DUPLICATES_PAGE, write_page(Duplicates(stage, against), output.name).encode())
        manifest = make_manifest(stage, output.name, config, ledger, [dataset.as_json() for dataset in earlier])
        if not config.report_text:
            # What is told to leave texts out of its report is told so for good: `tamis report` reads it here.
            manifest["report_text"] = False
        summary = summarise(stage)
        write_bytes(stage / "README.md", write_card(manifest, summary).encode())
        write_sums(stage, [*(stage / file["path"] for file in manifest["files"]), stage / "README.md"])
        progress("validate", 0)
        validation = validate(stage, manifest)
        write_reports(validation, manifest, stage / "reports")
        progress("report", 0)
        page = quality_html(stage, manifest, read_report(stage), text=config.report_text, earlier=against)
        write_bytes(stage / QUALITY_PAGE, page)
        write_json(stage / MANIFEST, manifest)
    signed_again = tuple(dataset.folder for dataset in earlier if not dataset.has_signatures(config))
    seconds = time.monotonic() - started
    return Outcome(output, manifest, summary, validation, tuple(passed_over), signed_again, seconds)
