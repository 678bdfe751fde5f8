"""What the checks found, for a person at a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cleaning.article import visible
from pipelines.checks.found import Validation
from pipelines.diff.compare import Diff
from pipelines.diff.report import DRIFT_HEAD, RULE_HEAD, SCHEMA_HEAD, drift_rows, rule_rows, schema_rows, summary_lines

# doc_ids of a check that are shown; report.json has them all.
_SHOWN = 5


def show_validation(validation: Validation, console: Console) -> None:
    """Every check that failed, and the verdict."""
    failed = [one for one in validation.checks if not one.passed]
    if failed:
        table = Table(title="Checks that failed", title_justify="left")
        for name in ("level", "check", "expected", "observed", "doc_ids"):
            table.add_column(name)
        for one in failed:
            words = (one.level, one.name, one.expected, one.observed, " ".join(one.failing[:_SHOWN]))
            table.add_row(*(escape(visible(word)) for word in words))
        console.print(table)
    show_verdict(validation, console)


def show_diff(diff: Diff, console: Console) -> None:
    """What changed since the older dataset."""
    for word, said in summary_lines(diff):
        console.print(f"{word:<9}{escape(visible(said))}", soft_wrap=True)
    for title, head, rows in (
        ("Columns", SCHEMA_HEAD, schema_rows(diff)),
        ("Drift", DRIFT_HEAD, [] if diff.identical else drift_rows(diff)),
        ("Rules, in documents whose source is the same in both", RULE_HEAD, rule_rows(diff)),
    ):
        if rows:
            table = Table(title=title, title_justify="left")
            for name in head:
                table.add_column(name, overflow="fold")
            for row in rows:
                table.add_row(*(escape(visible(cell)) for cell in row))
            console.print(table)


def show_verdict(validation: Validation, console: Console) -> None:
    """One line: how many checks passed, and what the others were."""
    if validation.nothing_new:
        console.print("nothing new: an earlier dataset has all records that could be published", soft_wrap=True)
    if any(one.name == "minimum-rows" and not one.passed for one in validation.checks):
        console.print("checks   [bold red]FAILED[/]: critical: no record was published", soft_wrap=True)
        return
    failed = [one for one in validation.checks if not one.passed]
    critical = sum(one.level == "critical" for one in failed)
    verdict = "[green]passed[/]" if validation.passed else "[bold red]FAILED[/]"
    passed = len(validation.checks) - len(failed)
    counts = (
        f"{passed} of {len(validation.checks)} checks hold, {critical} critical fail, {len(failed) - critical} warn"
    )
    console.print(f"checks   {verdict}: {counts}", soft_wrap=True)
    for one in failed:
        console.print(f"         {one.level}: {escape(one.name)}: {escape(visible(one.observed))}", soft_wrap=True)
