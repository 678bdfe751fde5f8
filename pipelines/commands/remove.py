"""`tamis remove`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import AsJson, Verbose, local_folder


def remove(
    dataset: Annotated[
        Path, typer.Argument(help="Folder of a dataset, with its audit.", parser=local_folder, metavar="DATASET")
    ],
    doc_id: Annotated[
        list[str] | None, typer.Option(help="A record. May be given several times, as all three.")
    ] = None,
    url: Annotated[list[str] | None, typer.Option(help="All records of this page, as the url was given.")] = None,
    site: Annotated[
        list[str] | None,
        typer.Option(
            help="All records of a site: of its registrable domain with all hosts, and what later runs find there."
        ),
    ] = None,
    keep_copies: Annotated[
        bool,
        typer.Option(
            "--keep-copies",
            help="Copies on other pages are not taken down: rows stay, others are kept away by no tombstone.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to make; else the dataset is replaced.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and write nothing.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Take records down: the next patch release without them, and tombstones, so that no run brings them back."""
    from pipelines.progress import listening
    from pipelines.removal_plan import plan
    from pipelines.removal_terminal import show_plan, show_removal
    from pipelines.remove import remove as remove_records

    doc_ids, urls, sites = doc_id or (), url or (), site or ()
    if dry_run:
        would = plan(dataset, doc_ids=doc_ids, urls=urls, sites=sites, keep_copies=keep_copies, output=output)
        show_plan(would, as_json=as_json)
        return
    with listening() as journal:
        removal = remove_records(
            dataset,
            doc_ids=doc_ids,
            urls=urls,
            sites=sites,
            keep_copies=keep_copies,
            output=output,
            progress=journal,
        )
    show_removal(removal, as_json=as_json)
    if not removal.validation.passed:
        raise typer.Exit(1)
