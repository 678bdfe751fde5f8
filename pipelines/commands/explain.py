"""`tamis explain` and `tamis duplicates`: why a record or a line is not there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import AsJson, Rules, Verbose, local_folder
from pipelines.errors import CallError


def explain(
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE|DATASET", help="One article, or the folder of a dataset.", parser=local_folder),
    ],
    doc_id: Annotated[str | None, typer.Argument(metavar="[DOC_ID]", help="Which row of the dataset.")] = None,
    row: Annotated[
        int | None, typer.Option(min=0, help="Which record of a FILE that has several, from 0; else the first.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of the article in a FILE that does not say it: its site has rules too.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML.")] = None,
    rules: Rules = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show a document with what became of every line of it, and why."""
    from cleaning.article import visible
    from cleaning.config import make_config, read_config
    from pipelines.explain import explain_file, explain_row
    from pipelines.terminal import show_article

    if source.is_dir() and url is not None:
        raise CallError(f"{source} is a dataset, whose records have their addresses: --url is for a FILE")
    if source.is_dir():
        if not (source / "manifest.json").exists():
            raise CallError(f"{source} is a folder, but no dataset: name one article, or a dataset and a DOC_ID")
        if doc_id is None:
            raise CallError(f"which record of {source}? Give its DOC_ID, or its source_id")
        article = explain_row(source, doc_id)
    elif doc_id is not None:
        raise CallError(f"{source} is not a folder, so no DOC_ID can be looked up in it")
    else:
        settings = (read_config(config) if config else {}) | ({"rules": rules} if rules else {})
        made = make_config(settings)
        article, more, site = explain_file(source, row or 0, made, url)
        if site is None and any(name.startswith("sites/") for name, _ in made.rules):
            said = "does not say of which site it is, so no site's rules were asked: --url says it"
            print(f"{visible(str(source))} {said}", file=sys.stderr)
        if more and row is None:
            said = "has several records; this is the first: --row 1 is the next"
            print(f"{visible(str(source))} {said}", file=sys.stderr)
    show_article(article, as_json=as_json)


def duplicates(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.", parser=local_folder, metavar="DATASET")],
    doc_id: Annotated[
        str | None, typer.Argument(metavar="[DOC_ID]", help="A record of it; its source_id will do.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many clusters and members.")] = 10,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="The earlier dataset that it was held against.", parser=local_folder, metavar="DATASET"),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show the clusters, largest first, and the least similar members; or a record beside what stands for it."""
    from pipelines.dataset import read_manifest
    from pipelines.duplicates import Duplicates
    from pipelines.terminal import show_clusters, show_comparisons

    for folder in (dataset, *(against or ())):
        read_manifest(folder)
    found = Duplicates(dataset, against or ())
    if doc_id is None:
        show_clusters(found, found.largest(limit), found.compare(found.riskiest(limit)), as_json=as_json)
    else:
        members = found.of(doc_id)[:limit]
        show_comparisons(found.compare(members), found.known_by(members), as_json=as_json)
