"""What left the bodies, for a person to judge: what each rule took, and where it is least sure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cleaning.labels import label_kinds
from pipelines.report.tables import Tables
from pipelines.rule_stats import RuleStat

Rows = list[dict[str, Any]]

# What the line model says of a line that it takes out: how sure it is, 0-1, comes first.
_SURE = r"^([01]\.\d+) boilerplate"
_MODEL = "rule_id like 'model.%'"
# What nobody misses: copies of paragraphs that stay, captions that stand in a column, drawn lines.
_EXPECTED = tuple(
    sorted(kind.name for kind in label_kinds().values() if kind.family in ("metadata", "repeats", "layout"))
)
# Bytes of UTF-8 from which a line is long: 80 Latin letters, 27 Hangul blocks.
_LONG = 80
DOUBTFUL, LONGEST, LOST_MOST = 15, 15, 15
"""Rows of the three lists."""


def model_doubt(label: Mapping[str, Any]) -> float | None:
    """How sure the line model is of a line that it took out, 0-1; None where a rule took it."""
    hit = re.match(_SURE, label["evidence"]) if label["rule_id"].startswith("model.") else None
    return float(hit[1]) if hit else None


class Risks(NamedTuple):
    """Where a removal may be wrong, worst first."""

    lost_most: Rows
    """doc_id, title, language, site, lost (share, 0-1), dropped_lines, chars: published documents."""
    nothing_left: Rows
    """doc_id, rule_id, dropped_lines: rejected because too little was left when these were gone."""
    doubtful: Rows
    """doc_id, line_no, text, rule_id, sure (0-1), evidence: lines that the line model took, least sure first."""
    longest: Rows
    """doc_id, line_no, text, rule_id, label, chars, evidence: the longest lines that rules took out.

    Each text once, and four of a rule at most.
    """

    def doc_ids(self) -> list[str]:
        """The documents named, the four lists in turns."""
        lists = [[row["doc_id"] for row in rows] for rows in self]
        longest = max(map(len, lists))
        return list(dict.fromkeys(some[at] for at in range(longest) for some in lists if at < len(some)))


def find_risks(tables: Tables) -> Risks:
    """The removals to look at first. Without the audit only the documents that lost most are known."""
    lost_most = tables.rows(
        """select doc_id, left(title, 200) as title, language, site, dropped_lines, char_count as chars,
                  dropped_chars / greatest(source_char_count, 1) as lost
           from articles where dropped_chars > 0 order by lost desc, doc_id limit $most""",
        most=LOST_MOST,
    )
    if not tables.has_audit:
        return Risks(lost_most, [], [], [])
    return Risks(
        lost_most,
        tables.rows(
            """with left_out as (
                   select doc_id, rule_id from fates where rule_id in ('reject.nothing-left', 'reject.too-short'))
               select doc_id, rule_id, count(*) as dropped_lines
               from left_out join (select doc_id from labels where decides) using (doc_id)
               group by all order by dropped_lines desc, doc_id limit $most""",
            most=LOST_MOST,
        ),
        tables.rows(
            f"""with least as (
                    select doc_id, line_no, rule_id, evidence,
                           try_cast(regexp_extract(evidence, '{_SURE}', 1) as double) as sure
                    from labels where decides and {_MODEL} and sure is not null
                    order by sure, doc_id, line_no limit $most)
                select *, left(text, 500) as text from least
                join (select doc_id, line_no, text from lines
                      where doc_id in (select doc_id from least)) using (doc_id, line_no)
                order by sure, doc_id, line_no""",
            most=DOUBTFUL,
        ),
        tables.rows(
            f"""with taken as (
                    select doc_id, line_no, label, rule_id, evidence, text, length(text) as chars
                    from (select * from labels where decides and not {_MODEL} and label not in {_EXPECTED})
                    join (select * from lines where strlen(text) >= {_LONG}) using (doc_id, line_no)),
                ranked as (
                    select *, row_number() over (partition by text order by doc_id, line_no) as copy,
                           dense_rank() over (partition by rule_id order by chars desc, text) as rank
                    from (select * from taken order by chars desc, doc_id, line_no limit {50 * LONGEST}))
                select doc_id, line_no, label, rule_id, evidence, left(text, 500) as text, chars
                from ranked where copy = 1 and rank <= 4 order by chars desc, doc_id, line_no limit $most""",
            most=LONGEST,
        ),
    )


class Family(NamedTuple):
    """A family of labels with the rules that took lines for it."""

    name: str
    lines: int
    rules: list[RuleStat]
    """The most hits first."""
    other_rules: int
    """Rules of the family that are not listed."""


def by_family(stats: list[RuleStat], most: int) -> list[Family]:
    """The rules that dropped lines, by the family of their label, the families that took most first."""
    kinds = label_kinds()
    found: dict[str, list[RuleStat]] = {}
    for stat in stats:
        if stat.dropped:
            found.setdefault(kinds[stat.label].family if stat.label in kinds else "other", []).append(stat)
    families = []
    for name, rules in found.items():
        rules.sort(key=lambda stat: (-stat.dropped, stat.rule_id, stat.label))
        families.append(Family(name, sum(stat.dropped for stat in rules), rules[:most], max(0, len(rules) - most)))
    return sorted(families, key=lambda family: (-family.lines, family.name))
