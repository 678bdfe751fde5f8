"""`tamis rules stats`: what each rule did to a dataset, as queries over its audit tables."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cleaning.labels import dropping
from cleaning.rule_ids import rule_notes
from cleaning.tables import LABELS, LINES
from pipelines.checks.measures import DatasetError
from pipelines.checks.recount import MEMORY, connection
from pipelines.dataset import read_manifest
from pipelines.errors import first_line
from pipelines.parquet_views import open_parquet

EXAMPLES = 5
# Of a dropped line so many characters are shown.
_CHARS = 200


class RuleStat(NamedTuple):
    """What a rule did."""

    rule_id: str
    label: str
    """The label it gave; '' for a rule that takes another's and has not hit."""
    hits: int
    """Lines it labelled."""
    documents: int
    """Documents that these stand in."""
    dropped: int
    """Lines that left the body on its account: of several rules the ledger charges one."""
    alone: int
    """Lines that only this rule takes out: no other rule's label on them leaves the body under the policy."""
    examples: tuple[str, ...]
    """Up to five different lines charged to it, the commonest first."""


# Of the labels that take a line out at most one decides, so only a line with one that does not may have two rules.
_HITS = """
    with leaving as (select doc_id, line_no, rule_id, decides from labels where list_contains($drops, label)),
    shared as (
        select doc_id, line_no from leaving semi join (from leaving where not decides) using (doc_id, line_no)
        group by doc_id, line_no having min(rule_id) <> max(rule_id)
    )
    select rule_id, label, count(*), count(distinct doc_id), count(*) filter (decides),
           count(*) filter (list_contains($drops, label) and shared.line_no is null)
    from labels left join shared using (doc_id, line_no)
    group by rule_id, label order by count(*) desc, rule_id, label"""

# Most dropped lines are copies of each other, so they are counted before they are cut.
_EXAMPLES = """
    with whole as (
        select rule_id, label, text, count(*) as times
        from labels join lines using (doc_id, line_no) where decides group by all
    ),
    dropped as (
        select rule_id, label, left(trim(text), $chars) as text, sum(times) as times from whole group by all
    )
    select rule_id, label, min_by(text, {'times': -times, 'text': text}, $examples) as texts
    from dropped group by rule_id, label"""


def rule_stats(folder: Path, *, unused: bool = False) -> list[RuleStat]:
    """What each rule did, most hits first; with `unused` also the rules that never hit, at the end.

    A rule that gave several labels has an entry for each. Raises DatasetError where the folder is no dataset
    or its audit cannot be read.
    """
    manifest = read_manifest(folder)
    stats = count_rules(folder, str(manifest.get("config", {}).get("policy", "balanced")))
    if unused:
        hit = {stat.rule_id for stat in stats}
        notes = [note for note in rule_notes().values() if note.id not in hit and note.match != "record"]
        stats += [RuleStat(note.id, note.label, 0, 0, 0, 0, ()) for note in sorted(notes)]
    return stats


def count_rules(folder: Path, policy: str, memory: str = MEMORY) -> list[RuleStat]:
    """The same for a folder that has its audit and no manifest yet; `policy` says which labels leave the body."""
    import duckdb

    drops = sorted(dropping(policy))
    with connection(memory) as db:
        try:
            for name, schema in (("labels", LABELS), ("lines", LINES)):
                open_parquet(db, name, [folder / "audit" / f"{name}.parquet"], schema)
            hits = db.execute(_HITS, {"drops": drops}).fetchall()
            shown = db.execute(_EXAMPLES, {"chars": _CHARS, "examples": EXAMPLES}).fetchall()
        except duckdb.Error as error:
            raise DatasetError(f"cannot read the audit of {folder}: {first_line(error)}") from error
    examples = {(rule_id, label): tuple(texts) for rule_id, label, texts in shown}
    return [
        RuleStat(rule_id, label, lines, documents, dropped, alone, examples.get((rule_id, label), ()))
        for rule_id, label, lines, documents, dropped, alone in hits
    ]
