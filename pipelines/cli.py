"""The commands. Results go to stdout, progress and errors to stderr; heavy imports wait for their command."""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.errors import CallError, TamisError, first_line

app = typer.Typer(
    name="tamis",
    help="Scraped articles in, a validated Parquet dataset out: every dropped line with its reason.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
rules_app = typer.Typer(help="The rules that label lines.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"tamis {version('tamis')}")
        raise typer.Exit


@app.callback()
def tamis(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Scraped articles in, a validated Parquet dataset out: every dropped line with its reason."""


Verbose = Annotated[bool, typer.Option("--verbose", help="With an error, show where it came from.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def run(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="INPUT...",
            help=".txt, .md, .jsonl, .csv, .parquet (each also .gz or .zst) or folders; none: the sample.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to make; else output/INPUT.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML; options win over them.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="What leaves: keep (nothing), conservative, balanced, strict.")
    ] = None,
    duplicates: Annotated[str | None, typer.Option(help="drop, flag or off.")] = None,
    languages: Annotated[str | None, typer.Option(help="Keep only these, such as en,ko.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0: one for each core.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Read this many records at most.")] = None,
    against: Annotated[
        list[Path] | None, typer.Option(help="A dataset: leave out what it has already. May be given several times.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a dataset that stands at the output.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Make a dataset of articles: clean, deduplicate, validate, write."""
    from cleaning.config import make_config, read_config
    from pipelines.run import run as run_pipeline
    from pipelines.terminal import Progress, show_outcome

    settings: dict[str, Any] = read_config(config) if config else {}
    options = {"policy": policy, "duplicates": duplicates, "workers": workers}
    settings |= {name: value for name, value in options.items() if value is not None}
    if languages is not None:
        settings["languages"] = [tag.strip() for tag in languages.split(",") if tag.strip()]
    if not inputs:
        inputs = [sample_corpus()]
        print("No INPUT given: this is the sample corpus that tamis ships.", file=sys.stderr)
    # Without -o: output/ and the name of the first input.
    output = output or Path("output") / inputs[0].resolve().name.split(".")[0]
    with Progress() as progress:
        outcome = run_pipeline(
            inputs,
            output,
            make_config(settings),
            force=force,
            limit=limit,
            against=against or (),
            progress=progress.advance,
        )
    show_outcome(outcome, as_json=as_json)
    if not outcome.validation.passed:
        raise typer.Exit(1)


def sample_corpus() -> Path:
    """The folder with the sample corpus, in the checkout or in the installed package."""
    return Path(__file__).with_name("sample")


@app.command()
def check(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.")],
    suite: Annotated[
        Path | None, typer.Option(help="A suite of your own, or a folder of them, beside those that tamis ships.")
    ] = None,
    reports: Annotated[
        Path | None, typer.Option(help="Folder to write report.json, quality.md, junit.xml, data-docs to.")
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Hold a dataset against its suites: exit code 0 passed, 1 a critical check failed, 3 could not tell."""
    from pipelines.terminal import show_validation
    from pipelines.validate import read_manifest, validate, write_reports

    manifest = read_manifest(dataset)
    validation = validate(dataset, manifest, suites=suite)
    if reports:
        write_reports(validation, manifest, reports)
    show_validation(validation, as_json=as_json)
    if not validation.passed:
        raise typer.Exit(1)


@app.command()
def explain(
    source: Annotated[Path, typer.Argument(metavar="FILE|DATASET", help="One article, or the folder of a dataset.")],
    doc_id: Annotated[str | None, typer.Argument(metavar="[DOC_ID]", help="Which row of the dataset.")] = None,
    row: Annotated[int, typer.Option(min=0, help="Which record of a FILE that has several, from 0.")] = 0,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML.")] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show a document with what became of every line of it, and why."""
    from cleaning.config import make_config, read_config
    from pipelines.explain import explain_file, explain_row
    from pipelines.terminal import show_article

    if source.is_dir():
        if not (source / "manifest.json").exists():
            raise CallError(f"{source} is a folder, but no dataset: name one article, or a dataset and a DOC_ID")
        if doc_id is None:
            raise CallError(f"which record of {source}? Give its DOC_ID, or its source_id")
        article = explain_row(source, doc_id)
    elif doc_id is not None:
        raise CallError(f"{source} is not a folder, so no DOC_ID can be looked up in it")
    else:
        article = explain_file(source, row, make_config(read_config(config) if config else {}))
    show_article(article, as_json=as_json)


@app.command()
def duplicates(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.")],
    doc_id: Annotated[
        str | None, typer.Argument(metavar="[DOC_ID]", help="A record of it; its source_id will do.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many clusters and members.")] = 10,
    against: Annotated[list[Path] | None, typer.Option(help="The earlier dataset that it was held against.")] = None,
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
        show_comparisons(found.compare(found.of(doc_id)[:limit]), as_json=as_json)


@rules_app.command("list")
def rules_list(
    label: Annotated[str | None, typer.Option(help="Only rules of this label.")] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List all rules: id, label, how they match, what for."""
    from cleaning.rule_ids import rule_notes
    from pipelines.terminal import show_rules

    _check_label(label)
    show_rules([rule for rule in rule_notes().values() if label in (None, rule.label)], as_json=as_json)


def _check_label(label: str | None) -> None:
    from cleaning.config import nearest
    from cleaning.labels import label_kinds

    if label is not None and label not in label_kinds():
        raise CallError(f"no label is called {label!r}{nearest(label, tuple(label_kinds()))}")


@rules_app.command("test")
def rules_test(verbose: Verbose = False) -> None:
    """Hold every rule to every example: it catches its `drops`, and no rule catches any rule's `keeps`."""
    from cleaning.rules import check_rules, load_rules

    book = load_rules()
    wrong = check_rules(book)
    for line in wrong:
        print(line)
    phrases = sum(len(rule.text) for rule in book.rules)
    print(f"{len(book.rules)} rules, {phrases} phrases: {len(wrong) or 'none'} wrong", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)


@rules_app.command("stats")
def rules_stats(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.")],
    label: Annotated[str | None, typer.Option(help="Only rules of this label.")] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Also the rules that never hit.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """What each rule did to a dataset: hits, documents, lines that it alone dropped, and five of them."""
    from pipelines.rule_stats import rule_stats
    from pipelines.terminal import show_rule_stats

    _check_label(label)
    stats = [stat for stat in rule_stats(dataset, unused=unused) if label in (None, stat.label)]
    show_rule_stats(stats, as_json=as_json)


@rules_app.command("suggest")
def rules_suggest(
    corpus: Annotated[list[Path], typer.Argument(metavar="CORPUS...", help="What `tamis run` takes as INPUT.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write the packs to.")] = None,
    least_pages: Annotated[int, typer.Option(min=2, help="Distinct pages a line stands on.")] = 5,
    share: Annotated[float, typer.Option(min=0, max=1, help="Share of its site's pages, 0-1.")] = 0.05,
    least_sites: Annotated[int, typer.Option(min=2, help="Sites of a line that belongs to no one site.")] = 3,
    most: Annotated[int, typer.Option(min=1, help="Lines of each site, and of each language, at most.")] = 50,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0: one for each core.")] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Lines that recur in a corpus and that no rule knows, by site and over sites, as packs to review."""
    from datetime import date

    from cleaning.config import make_config, read_config
    from pipelines.draft_packs import draft_packs, one_document, write_packs
    from pipelines.suggest import Thresholds, suggest
    from pipelines.terminal import Progress, print_json

    for path in corpus:
        if (path / "manifest.json").exists() and (path / "audit").is_dir():
            raise CallError(f"{path} is a dataset, whose lines the rules have seen: give the corpus it was made of")
    settings: dict[str, Any] = read_config(config) if config else {}
    settings |= {} if workers is None else {"workers": workers}
    thresholds = Thresholds(least_pages, share, least_sites, most)
    with Progress() as progress:
        found = suggest(corpus, make_config(settings), thresholds, progress=progress.advance)
    packs = draft_packs(found, date.today())
    if output:
        write_packs(packs, output)
    if as_json:
        print_json([one._asdict() for one in found])
    elif output:
        for file in packs:
            print(output / file)
    else:
        print(one_document(packs), end="")


# What typer makes of Ctrl-C.
INTERRUPTED = 130


def main() -> None:
    """The console script. Whatever goes wrong is one line and an exit code; `--verbose` adds the traceback."""
    # A batch system's way to say Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            print("tamis: stopped; the output is as it was before", file=sys.stderr)
        sys.exit(code)
    except Exception as error:
        from cleaning.config import ConfigError

        if "--verbose" in sys.argv:
            traceback.print_exc()
        if isinstance(error, TamisError):
            code, line = error.exit_code, str(error)
        elif isinstance(error, ConfigError):
            code, line = 2, str(error)
        elif hasattr(error, "format_message"):  # typer's own: an unknown option, a missing argument
            code, line = getattr(error, "exit_code", 2), " ".join(error.format_message().split())
            if not line or "Usage:" in line:
                print(line and error.format_message())
                sys.exit(code)
        elif isinstance(error, OSError):
            code, line = 3, f"{error.strerror or error}: {error.filename}" if error.filename else first_line(error)
        else:
            code, line = 3, f"{type(error).__name__}: {first_line(error)} (a fault of tamis; --verbose shows where)"
        from cleaning.article import visible

        print(f"tamis: {visible(line)}".replace("\n", " "), file=sys.stderr)
        sys.exit(code)
