"""`tamis run`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.options import AsJson, LogJson, Rules, Verbose, local_folder
from pipelines.errors import CallError

if TYPE_CHECKING:
    from pipelines.run import MakeEngine


# The sample was written for tamis, and comes under its licence.
SAMPLE_IS = {"license": "apache-2.0", "authors": "The makers of tamis", "attribution": "Written for tamis."}


def run(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...",
            help=".txt, .md, .jsonl, .csv, .parquet, .wet (each also .gz or .zst), folders, patterns "
            "('in/**/*.txt') or URLs (s3://, hf://) of them; none: the sample.",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Folder to make, or a URL (s3://, hdfs://); else output/INPUT.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML; options win over them.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="What leaves: keep (nothing), conservative, balanced, strict.")
    ] = None,
    duplicates: Annotated[str | None, typer.Option(help="drop, flag or off.")] = None,
    languages: Annotated[str | None, typer.Option(help="Keep only these, such as en,ko.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0: one for each core.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Read this many records at most.")] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help="A dataset: leave out what it has already. May be given several times.",
            parser=local_folder,
            metavar="DATASET",
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or spark (pip install 'tamis[spark]').")] = "local",
    master: Annotated[
        str | None,
        typer.Option(help="Of Spark: yarn, k8s://…, local[8,4]; else as spark-submit says, or local."),
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(help="Folder for Spark's tables, such as hdfs:///scratch: then only the driver needs to see -o."),
    ] = None,
    text: Annotated[
        bool | None, typer.Option("--text/--no-text", help="The quality report with a sample of the texts, or without.")
    ] = None,
    rules: Rules = None,
    tombstones: Annotated[
        list[Path] | None, typer.Option(help="tombstones.jsonl of a dataset: what was taken down stays away.")
    ] = None,
    redact: Annotated[
        str | None, typer.Option(help="Replace these by marks: emails,phones,ips (resident numbers with any).")
    ] = None,
    dataset_version: Annotated[
        str | None, typer.Option(help="The dataset's own version, such as 1.2.0; else about.version of the config.")
    ] = None,
    license: Annotated[str | None, typer.Option(help="Its licence, such as cc-by-4.0; else about.license.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a dataset that stands at the output.")] = False,
    no_resume: Annotated[
        bool, typer.Option("--no-resume", help="Start over, whatever an interrupted run has left.")
    ] = False,
    as_json: AsJson = False,
    log_json: LogJson = False,
    verbose: Verbose = False,
) -> None:
    """Make a dataset of articles: clean, deduplicate, validate, write."""
    from cleaning.article import visible
    from cleaning.config import make_config, read_config
    from pipelines.interrupt import EXIT_CODE, ends_soon
    from pipelines.locations import name_of
    from pipelines.progress import json_line, listening
    from pipelines.run import run as run_pipeline
    from pipelines.staging import kept
    from pipelines.terminal import show_outcome
    from pipelines.uploading import folder_of

    settings: dict[str, Any] = read_config(config) if config else {}
    options = {"policy": policy, "duplicates": duplicates, "workers": workers, "report_text": text}
    settings |= {name: value for name, value in options.items() if value is not None}
    settings |= {"rules": rules} if rules else {}
    if languages is not None:
        settings["languages"] = [tag.strip() for tag in languages.split(",") if tag.strip()]
    if redact is not None:
        settings["redact"] = [kind.strip() for kind in redact.split(",") if kind.strip()]
    about = {"version": dataset_version, "license": license}
    if any(about.values()) and isinstance(settings.setdefault("about", {}), dict):
        settings["about"] |= {name: value for name, value in about.items() if value}
    if not inputs:
        inputs = [str(sample_corpus())]
        settings.setdefault("about", SAMPLE_IS)
        sample = "No INPUT given: this is the sample corpus that tamis ships."
        print(json_line("note", message=sample) if log_json else sample, file=sys.stderr)
    if output and output.lower().startswith("memory://"):
        raise CallError(f"{visible(output)} would be gone when this command ends: give another -o")
    # Without -o: output/ and the name of the first input.
    place = output or Path("output") / name_of(inputs[0])

    def stopped() -> str:
        line = f"stopped; {visible(str(place))} is as it was before{kept(folder_of(place))}"
        return json_line("stopped", message=line, exit_code=EXIT_CODE) if log_json else f"tamis: {line}"

    try:
        with (
            ends_soon(stopped),
            _engine(engine, master, tables) as make_engine,
            listening(log_json=log_json) as journal,
        ):
            outcome = run_pipeline(
                inputs,
                place,
                make_config(settings),
                force=force,
                resume=not no_resume,
                limit=limit,
                against=against or (),
                tombstones=tombstones or (),
                progress=journal,
                engine=make_engine,
            )
    except KeyboardInterrupt:
        print(stopped(), file=sys.stderr)
        sys.exit(EXIT_CODE)
    show_outcome(outcome, as_json=as_json, notes=not log_json)
    if not outcome.validation.passed:
        raise typer.Exit(1)


@contextmanager
def _engine(name: str, master: str | None, tables: str | None) -> Iterator[MakeEngine]:
    from cleaning.config import nearest
    from pipelines.run import LOCAL

    if name == "spark":
        try:
            from pipelines.engines.spark import on
        except ModuleNotFoundError as error:
            if error.name not in ("pyspark", "py4j"):
                raise
            raise CallError("--engine spark needs PySpark: pip install 'tamis[spark]'") from error
        with on(master, tables) as make_engine:
            yield make_engine
        return
    if name != "local":
        raise CallError(f"no engine is called {name!r}{nearest(name, ('local', 'spark'))}")
    if master or tables:
        raise CallError("--master and --tables are for --engine spark")
    yield LOCAL


def sample_corpus() -> Path:
    """The folder with the sample corpus, in the checkout or in the installed package."""
    return Path(__file__).parents[1] / "sample"
