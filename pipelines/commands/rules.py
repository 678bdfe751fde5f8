"""`tamis rules`: list, test, stats, suggest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.options import AsJson, Rules, Verbose, local_folder
from pipelines.errors import CallError

rules_app = typer.Typer(help="The rules that label lines.", no_args_is_help=True)


@rules_app.command("list")
def rules_list(
    label: Annotated[str | None, typer.Option(help="Only rules of this label.")] = None,
    rules: Rules = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List all rules: id, label, how they match, what for."""
    from cleaning.packs import find_packs
    from cleaning.rule_ids import rule_notes
    from pipelines.terminal import show_rules

    _check_label(label)
    own = find_packs(rules or ())
    show_rules([rule for rule in rule_notes(own).values() if label in (None, rule.label)], as_json=as_json)


def _check_label(label: str | None) -> None:
    from cleaning.config import nearest
    from cleaning.labels import label_kinds

    if label is not None and label not in label_kinds():
        raise CallError(f"no label is called {label!r}{nearest(label, tuple(label_kinds()))}")


@rules_app.command("test")
def rules_test(rules: Rules = None, verbose: Verbose = False) -> None:
    """Hold every rule to every example: it catches its `drops`, and no rule catches any rule's `keeps`."""
    from cleaning.article import visible
    from cleaning.matching import first_faults
    from cleaning.packs import find_packs
    from cleaning.rule_checks import check_rules
    from cleaning.rules import load_rules

    book = load_rules(find_packs(rules or ()))
    wrong = check_rules(book)
    for line in first_faults(wrong):
        print(visible(line))
    phrases = sum(len(rule.text) for rule in book.rules)
    print(f"{len(book.rules)} rules, {phrases} phrases: {len(wrong) or 'none'} wrong", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)


@rules_app.command("stats")
def rules_stats(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset.", parser=local_folder, metavar="DATASET")],
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
    corpus: Annotated[list[str], typer.Argument(metavar="CORPUS...", help="What `tamis run` takes as INPUT.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write the packs to.")] = None,
    least_pages: Annotated[int, typer.Option(min=2, help="Distinct pages a line stands on.")] = 5,
    share: Annotated[float, typer.Option(min=0, max=1, help="Share of its site's pages, 0-1.")] = 0.05,
    least_sites: Annotated[int, typer.Option(min=2, help="Sites of a line that belongs to no one site.")] = 3,
    most: Annotated[int, typer.Option(min=1, help="Lines of each site, and of each language, at most.")] = 50,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML.")] = None,
    rules: Rules = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0: one for each core.")] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Lines that recur in a corpus and that no rule knows, by site and over sites, as packs to review."""
    from datetime import date

    from cleaning.article import visible
    from cleaning.config import make_config, read_config
    from pipelines.draft_packs import draft_packs, nothing_recurs, one_document, write_packs
    from pipelines.progress import listening
    from pipelines.suggest import Thresholds, suggest
    from pipelines.terminal import print_json

    for path in map(Path, corpus):
        if (path / "manifest.json").exists() and (path / "audit").is_dir():
            raise CallError(f"{path} is a dataset, whose lines the rules have seen: give the corpus it was made of")
    settings: dict[str, Any] = read_config(config) if config else {}
    options = {"rules": rules or None, "workers": workers}
    settings |= {name: value for name, value in options.items() if value is not None}
    thresholds = Thresholds(least_pages, share, least_sites, most)
    with listening() as journal:
        found = suggest(corpus, make_config(settings), thresholds, progress=journal)
    packs = draft_packs(found.lines, date.today())
    if output:
        write_packs(packs, output)
    if as_json:
        print_json([one._asdict() for one in found.lines])
    elif not packs:
        print(nothing_recurs(found.pages), end="")
        if output:
            print(f"{visible(str(output))} was not made: there is no pack to write", file=sys.stderr)
    elif output:
        for file in packs:
            print(output / file)
    else:
        print(one_document(packs), end="")
