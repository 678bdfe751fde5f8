"""Results as a person sees them, on stdout: as tables in a terminal, plain in a pipe, or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cleaning.article import Article, one_line, visible
from cleaning.rule_ids import RuleNote
from pipelines.checks.found import count_of
from pipelines.checks.terminal import show_verdict
from pipelines.compared_texts import Piece
from pipelines.diff.version_step import declared_step
from pipelines.duplicates import Cluster, Comparison, Duplicates, KnownBy, Member
from pipelines.duplicates_page import DUPLICATES_PAGE
from pipelines.locations import is_url
from pipelines.manifest import version_of
from pipelines.rule_stats import RuleStat
from pipelines.run import Outcome
from pipelines.run_record import RUN_RECORD
from pipelines.summary import DUPLICATE_RULES, Summary

# In a pipe rich would fold lines at 80 columns; what reads them wants them whole.
_PIPE_WIDTH = 200
# Of a line in a table so many characters are shown.
_SHOWN = 80


def make_console() -> Console:
    """A console on stdout that draws no wider than a line of text in a pipe wants."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def print_json(value: Any) -> None:
    """A result as JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_outcome(outcome: Outcome, *, as_json: bool, notes: bool = True) -> None:
    """The ledger, the stages, the checks, and where to look. `notes`: on stderr what was passed over."""
    ledger = outcome.manifest["ledger"]
    if as_json:
        print_json(
            {
                "output": outcome.where,
                "rows": outcome.manifest["rows"],
                "version": version_of(outcome.manifest),
                "replaced_version": outcome.replaced.version or None,
                "ledger": ledger,
                "summary": vars(outcome.summary),
                "checks": {
                    "passed": outcome.validation.passed,
                    "warnings": outcome.validation.warnings,
                    "nothing_new": outcome.validation.nothing_new,
                },
                "passed_over": [str(path) for path in outcome.passed_over],
                "seconds": round(outcome.seconds, 3),
            }
        )
        return
    console = make_console()
    console.print(_ledger_table(ledger, outcome.summary))
    console.print(_stage_table(outcome.summary, ledger))
    for path in outcome.passed_over if notes else ():
        print(f"passed over, of no kind that tamis reads: {visible(str(path))}", file=sys.stderr)
    for path in outcome.signed_again if notes else ():
        print(f"read again, for want of signatures made by this version: {visible(str(path))}", file=sys.stderr)
    show_verdict(outcome.validation, console)
    out = escape(outcome.where)
    # What is behind a URL these commands do not read.
    how = ("", "") if is_url(outcome.where) else (f"   (tamis explain {out} DOC_ID)", f"   (tamis duplicates {out})")
    rows = count_of(outcome.manifest["rows"], "row")
    console.print(f"dataset  {out}/data   ({rows})", soft_wrap=True)
    console.print(f"report   {out}/reports/quality.html", soft_wrap=True)
    console.print(f"reasons  {out}/audit{how[0]}", soft_wrap=True)
    if outcome.manifest["ledger"]["records"]["duplicate"]:
        console.print(f"copies   {out}/{DUPLICATES_PAGE}{how[1]}", soft_wrap=True)
    if said := _version_said(outcome):
        console.print(f"version  {escape(visible(said))}", soft_wrap=True)
    console.print(f"took     {outcome.seconds:.1f} s   ({out}/{RUN_RECORD})", soft_wrap=True)


def _version_said(outcome: Outcome) -> str:
    """What there is to know of the version where a dataset with another one was replaced."""
    before, now = outcome.replaced.version, version_of(outcome.manifest)
    if not before or before == now:
        return ""
    if "version" not in outcome.manifest["about"]:
        return f"{now}, the next after {before}, which stood there (--dataset-version declares another)"
    if declared_step(before, now) == "back":
        return f"{now} as declared, and {before} stood there: declare a later one before you publish"
    return f"{now}, after {before}"


def _ledger_table(ledger: dict[str, dict[str, int]], summary: Summary) -> Table:
    table = Table(title="Ledger: what went in and what became of it", title_justify="left")
    table.add_column("")
    table.add_column("records", justify="right")
    table.add_column("lines", justify="right")
    table.add_column("why")
    records, lines = ledger["records"], ledger["lines"]
    table.add_row("in", f"{records['in']:,}", f"{lines['in']:,}", "")
    table.add_row("published / kept", f"{records['published']:,}", f"{lines['kept']:,}", "")
    for fate, prefix in (("duplicate", DUPLICATE_RULES), ("rejected", "reject."), ("quarantined", "quarantine.")):
        why = ", ".join(f"{k} {v:,}" for k, v in summary.fates_by_rule.items() if k.startswith(prefix))
        table.add_row(fate, f"{records[fate]:,}", "", why)
    table.add_row(
        "dropped", "", f"{lines['dropped']:,}", ", ".join(f"{k} {v:,}" for k, v in summary.dropped_by_family.items())
    )
    return table


def _stage_table(summary: Summary, ledger: dict[str, dict[str, int]]) -> Table:
    table = Table(title="What each stage did", title_justify="left")
    table.add_column("stage")
    table.add_column("what")
    for stage, what in summary.stages(ledger):
        table.add_row(stage, escape(visible(what)))
    return table


def show_article(article: Article, *, as_json: bool) -> None:
    """An article with its lines: coloured in a terminal, plain in a pipe."""
    if as_json:
        print_json(article.as_json())
        return
    console = make_console()
    if console.is_terminal:
        console.print(article)
    else:
        for line in article.plain():
            print(line)


def show_rule_stats(stats: Sequence[RuleStat], *, as_json: bool) -> None:
    """What rules did, a row each."""
    if as_json:
        print_json([stat._asdict() for stat in stats])
        return
    table = Table(title="What each rule did", title_justify="left")
    for name in ("rule", "label"):
        table.add_column(name, overflow="fold")
    for name in ("hits", "documents", "dropped", "alone"):
        table.add_column(name, justify="right")
    table.add_column("lines it dropped, the commonest first")
    for stat in stats:
        numbers = (stat.hits, stat.documents, stat.dropped, stat.alone)
        lines = "\n".join(escape(visible(line)[:_SHOWN]) for line in stat.examples)
        table.add_row(escape(stat.rule_id), escape(stat.label), *(f"{number:,}" for number in numbers), lines)
    make_console().print(table)


def show_rules(rules: Sequence[RuleNote], *, as_json: bool) -> None:
    """Rules, a line each."""
    if as_json:
        print_json([rule._asdict() for rule in rules])
        return
    for rule in rules:
        print(f"{rule.id:<34} {rule.label:<18} {rule.match:<10} {one_line(rule.why)}")


def show_clusters(
    duplicates: Duplicates, largest: Sequence[Cluster], riskiest: Sequence[Comparison], *, as_json: bool
) -> None:
    """The largest clusters, and the members that are least like what stands for them."""
    members = [*(member for cluster in largest for member in cluster.members), *(one.member for one in riskiest)]
    known = duplicates.known_by(members, [cluster.representative for cluster in largest])
    if as_json:
        clusters = [
            asdict(cluster)
            | _representative_json(cluster.representative, known)
            | {"members": [_member_json(member, known) for member in cluster.members]}
            for cluster in largest
        ]
        risky = [_member_json(one.member, known) | {"begins": one.copy} for one in riskiest]
        print_json({"rules": duplicates.by_rule(), "largest": clusters, "riskiest": risky})
        return
    console = make_console()
    if not len(duplicates.members):
        console.print("no duplicates: every record stands for itself")
        return
    console.print(", ".join(f"{rule} {count:,}" for rule, count in duplicates.by_rule().items()), soft_wrap=True)
    table = Table(title="Largest clusters", title_justify="left")
    table.add_column("records", justify="right")
    for name in ("stands for them", "known by", "least", "begins"):
        table.add_column(name, no_wrap=name == "stands for them", overflow="fold")
    for cluster in largest:
        least = f"{cluster.members[0].similarity:.3f}"
        who = cluster.representative
        table.add_row(f"{cluster.size:,}", who, _known_by(who, known), least, escape(visible(cluster.text)))
    console.print(table)
    table = Table(title="Least similar: look here first", title_justify="left")
    for name in ("similarity", "rule", "left out", "known by", "begins"):
        table.add_column(name, no_wrap=name == "left out", overflow="fold")
    for one in riskiest:
        member = one.member
        who = _known_by(member.doc_id, known)
        table.add_row(f"{member.similarity:.3f}", member.rule_id, member.doc_id, who, escape(visible(one.copy)))
    console.print(table)
    console.print(
        f"beside what stands for it: tamis duplicates {escape(str(duplicates.folder))} DOC_ID", soft_wrap=True
    )


def _known_by(doc_id: str, known: Mapping[str, KnownBy]) -> str:
    """The source_id and the url of a record, as far as it has them, a line each that fits into a table; escaped."""
    return "\n".join(escape(_short(one_line(name))) for name in known[doc_id] if name)


# Characters of a name in a table: a longer one has none of its middle, where addresses say least.
_NAME = 40


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[1 - _NAME // 2 :]}"


def _named(doc_id: str, known: Mapping[str, KnownBy]) -> str:
    """The same and whole, on one line."""
    return "  ".join(escape(one_line(name)) for name in known[doc_id] if name)


def _member_json(member: Member, known: Mapping[str, KnownBy]) -> dict[str, Any]:
    about = _representative_json(member.representative, known)
    return asdict(member) | {"url": known[member.doc_id].url} | about


def _representative_json(doc_id: str, known: Mapping[str, KnownBy]) -> dict[str, Any]:
    stands = known[doc_id]
    return {"representative_source_id": stands.source_id, "representative_url": stands.url}


def show_comparisons(found: Sequence[Comparison], known: Mapping[str, KnownBy], *, as_json: bool) -> None:
    """Each copy beside what stands for it: what is only in one of them is coloured, and bracketed in a pipe.

    `known`: from `Duplicates.known_by`, of both sides.
    """
    if as_json:
        print_json([asdict(one) | {"member": _member_json(one.member, known)} for one in found])
        return
    console = make_console()
    if not found:
        console.print("in no cluster: it stands for itself alone")
    for one in found:
        member = one.member
        where = " (in an earlier dataset)" if member.elsewhere else ""
        table = Table(
            title=f"{member.rule_id}, similarity {member.similarity:.3f}", title_justify="left", show_lines=True
        )
        for what, who in (("copy", member.doc_id), ("stands for it", member.representative)):
            heading = f"{what} {who}{where if who == member.representative else ''}"
            table.add_column(heading, ratio=1, overflow="fold")
            if names := _named(who, known):
                console.print(f"{what:<16}{names}", soft_wrap=True)
        for difference in one.differences:
            if difference.skipped:
                table.add_row(*2 * [f"… {count_of(difference.skipped, 'word')} the same …"], style="dim")
            sides = (difference.copy, "red"), (difference.representative, "green")
            table.add_row(*(_side(pieces, colour, marked=not console.is_terminal) for pieces, colour in sides))
        if one.same_after:
            table.add_row(*2 * [f"… {count_of(one.same_after, 'word')} the same …"], style="dim")
        console.print(table)
        if not one.found:
            console.print("the text that stands for it is not here: name the earlier dataset, --against DATASET")
        if one.cut:
            console.print("the texts go on; only so much is compared")


def _side(pieces: Sequence[Piece], colour: str, *, marked: bool) -> Text:
    text = Text()
    for piece in pieces:
        said = visible(piece.text)
        if piece.same:
            text.append(said)
        else:
            text.append(f"[{said.rstrip()}] " if marked else said, style=colour)
    return text
