"""`tamis report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Verbose, local_folder


def report(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.", parser=local_folder, metavar="DATASET")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; else reports/quality.html in the dataset.")
    ] = None,
    text: Annotated[
        bool | None,
        typer.Option("--text/--no-text", help="With a sample of the texts, or without any; else as the run was told."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="The earlier dataset that it was held against.", parser=local_folder, metavar="DATASET"),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Write the quality report of a dataset: one page that opens anywhere."""
    from pipelines.dataset import read_manifest
    from pipelines.disk import disk_errors
    from pipelines.report.quality import QUALITY_PAGE, quality_html, read_report
    from pipelines.store import write_bytes

    manifest = read_manifest(dataset)
    for folder in against or ():
        read_manifest(folder)
    if text is None:
        text = manifest.get("report_text", True) is True
    page = quality_html(dataset, manifest, read_report(dataset), text=text, earlier=against or ())
    output = output or dataset / QUALITY_PAGE
    with disk_errors(output):
        write_bytes(output, page)
    print(output)
