"""What a change of rules did to which documents: the audit tables of two datasets held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cleaning.tables import FATES, LABELS, LINES
from pipelines.checks.measures import SHOWN, Files, name_of
from pipelines.diff.rows import known_name
from pipelines.parquet_views import open_parquet

if TYPE_CHECKING:
    import duckdb

RULES = 500
"""So many rules are told of, those that moved most lines."""

# Only documents whose source is the same line by line: in others it is the source that changed, not the rules.
_ALIKE = """
create temp table alike as
select doc_id from
    (select doc_id, count(*) as lines, bit_xor(hash(line_no, text)) as content from old_lines group by doc_id) one
join (select doc_id, count(*) as lines, bit_xor(hash(line_no, text)) as content from new_lines group by doc_id) other
    using (doc_id, lines, content)"""

_APART = """
select count(*) from (select doc_id from old_lines union select doc_id from new_lines)
where doc_id in (select doc_id from old_fates) and doc_id in (select doc_id from new_fates)
  and doc_id not in (select doc_id from alike)"""

_CHARGED = """
create temp table charged as
select doc_id, line_no, old_charge.rule_id as old_rule, new_charge.rule_id as new_rule,
       old_charge.label as old_label, new_charge.label as new_label
from (select doc_id, line_no, min(rule_id) as rule_id, min(label) as label from old_labels
      where decides and doc_id in (from alike) group by all) old_charge
full join (select doc_id, line_no, min(rule_id) as rule_id, min(label) as label from new_labels
      where decides and doc_id in (from alike) group by all) new_charge using (doc_id, line_no)"""

_BY_RULE = """
with sides as (
    select doc_id, new_rule as rule_id, new_label as label, 0 as old_lines, 1 as new_lines,
           (old_rule is distinct from new_rule)::int as gained, (old_rule is null)::int as anew, 0 as lost, 0 as again
    from charged where new_rule is not null
    union all
    select doc_id, old_rule, old_label, 1, 0, 0, 0, (old_rule is distinct from new_rule)::int, (new_rule is null)::int
    from charged where old_rule is not null
), documents as (
    select rule_id, doc_id, arg_max(label, new_lines) as label,
           sum(old_lines) as old_lines, sum(new_lines) as new_lines,
           sum(gained) as gained, sum(anew) as anew, sum(lost) as lost, sum(again) as again
    from sides group by rule_id, doc_id
)
select rule_id, any_value(label order by label), sum(old_lines), sum(new_lines), sum(gained), sum(anew), sum(lost),
       sum(again), count(*) filter (gained + lost > 0), min(doc_id, $shown) filter (gained + lost > 0)
from documents group by rule_id having sum(gained + lost) > 0 order by sum(gained + lost) desc, rule_id limit $rules"""


@dataclass(frozen=True)
class RuleChange:
    """What became of the lines of one rule, in documents whose source is the same in both datasets."""

    rule_id: str
    label: str
    old_lines: int
    """Lines that left a body on its account, before."""
    new_lines: int
    gained: int
    """Lines charged to it that were not before."""
    gained_kept: int
    """Of those, lines that were in the body before; the others were another rule's."""
    lost: int
    """Lines no longer charged to it."""
    lost_kept: int
    """Of those, lines that are in the body now."""
    documents: int
    """In so many documents."""
    doc_ids: tuple[str, ...]


class Compared(NamedTuple):
    """What the rules of two datasets did, held against each other."""

    rules: tuple[RuleChange, ...]
    """Those that gained or lost lines, most first."""
    apart: int
    """Documents of both that were left out, since their source is not the same line by line."""
    absent: str
    """Why nothing could be told; '' where it could."""


def compare_rules(db: duckdb.DuckDBPyConnection, old: Files, new: Files) -> Compared:
    """What each rule gained and lost.

    Leaves `old_fates` and `new_fates` in the database.
    """
    for which, files in (("older", old), ("newer", new)):
        for name, schema in (("lines", LINES), ("labels", LABELS), ("fates", FATES)):
            if not files.audit[name]:
                return Compared((), 0, f"the {which} dataset is without its audit")
            if reason := files.missing(files.audit[name], schema.names):
                return Compared((), 0, f"the audit of the {which} dataset is of another version: {reason}")
    for side, files in (("old", old), ("new", new)):
        for name, schema in (("lines", LINES), ("labels", LABELS), ("fates", FATES)):
            open_parquet(db, f"{side}_{name}", [files.folder / path for path in files.audit[name]], schema)
    db.execute(_ALIKE)
    db.execute(_CHARGED)
    found = db.execute(_BY_RULE, {"shown": SHOWN, "rules": RULES}).fetchall()
    (apart,) = db.execute(_APART).fetchone() or (0,)
    rules = tuple(
        RuleChange(
            known_name(rule),
            known_name(label),
            *(int(old_lines), int(new_lines)),
            *(int(gained), int(gained_kept), int(lost), int(lost_kept)),
            int(documents),
            tuple(name_of(who) for who in whos or ()),
        )
        for rule, label, old_lines, new_lines, gained, gained_kept, lost, lost_kept, documents, whos in found
    )
    return Compared(rules, int(apart), "")
