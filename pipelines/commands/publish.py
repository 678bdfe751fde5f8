"""`tamis publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import AsJson, Verbose, local_folder


def publish(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.", parser=local_folder, metavar="DATASET")],
    target: Annotated[str, typer.Argument(help="A folder, s3://BUCKET/PREFIX or hf://datasets/ORG/NAME.")],
    audit: Annotated[
        bool, typer.Option("--audit", help="Also audit/, with dropped lines and what was quarantined.")
    ] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Others can read the target: needs a licence; makes a new hub repo public.")
    ] = False,
    suite: Annotated[Path | None, typer.Option(help="A suite of your own, or a folder of them, to check with.")] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Check a dataset and put it where others load it: data first, manifest last, read back and compared."""
    from dataclasses import asdict

    from cleaning.article import visible
    from pipelines.progress import Status
    from pipelines.publishing.publish import publish as publish_dataset
    from pipelines.terminal import print_json

    with Status() as status:
        published = publish_dataset(dataset, target, audit=audit, public=public, suites=suite, say=status.say)
    if as_json:
        print_json(asdict(published))
    else:
        print(visible(published.in_words()))
