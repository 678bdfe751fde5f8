"""What left the bodies, for a person to judge: what each rule took, and where it is least sure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.labels import label_kinds
from pipelines.audit_lines import LabelledLines, Names
from pipelines.audit_order import Ints
from pipelines.report.tables import Tables
from pipelines.rule_stats import RuleStat

Rows = list[dict[str, Any]]

# What the line model says of a line that it takes out: how sure it is, 0-1, comes first.
_SURE = r"^(?P<sure>[01]\.\d+) boilerplate"
_MODEL = "model."
# What nobody misses: copies of paragraphs that stay, captions that stand in a column, drawn lines.
_EXPECTED = tuple(
    sorted(kind.name for kind in label_kinds().values() if kind.family in ("metadata", "repeats", "layout"))
)
# Bytes of UTF-8 from which a line is long: 80 Latin letters, 27 Hangul blocks.
_LONG = 80
DOUBTFUL, LONGEST, LOST_MOST = 15, 15, 15
"""Rows of the three lists."""
# Lines that are ranked for the last list, how many of a rule are in it, and characters of a line that are shown.
_LOOKED_AT, _OF_A_RULE, _SHOWN = 50 * LONGEST, 4, 500


def model_doubt(label: Mapping[str, Any]) -> float | None:
    """How sure the line model is of a line that it took out, 0-1; None where a rule took it."""
    hit = re.match(_SURE, label["evidence"]) if label["rule_id"].startswith(_MODEL) else None
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


class RiskyLines:
    """The lines of `Risks.doubtful` and `Risks.longest`, as `read_lines` goes through a dataset."""

    def __init__(self) -> None:
        self._doubtful, self._longest = _LINE.empty_table(), _LINE.empty_table()

    def take(self, lines: LabelledLines, names: Names) -> None:
        """Look at lines and the labels on them."""
        said = lines.said
        took = np.flatnonzero(said.decides & (said.line >= 0))
        models = np.array([rule.startswith(_MODEL) for rule in names.rules], bool)[said.rule[took]]
        expected = np.array([label in _EXPECTED for label in names.labels], bool)[said.label[took]]
        doubtful = took[models]
        sure = _sure(said.evidence.take(pa.array(doubtful)))
        most = np.sort(sure)[:DOUBTFUL][-1:]
        near = sure <= (most if len(most) else np.nan)
        some = _lines(lines, names, doubtful[near], sure[near])
        self._doubtful = _first(pa.concat_tables([self._doubtful, some]), "ascending", DOUBTFUL)

        long = took[~models & ~expected]
        sizes = pc.binary_length(lines.text).to_numpy()
        # A line has no more characters than bytes.
        least = pc.min(self._longest["rank"]).as_py() if len(self._longest) == _LOOKED_AT else 0
        long = long[sizes[said.line[long]] >= max(_LONG, least)]
        chars = pc.utf8_length(lines.text.take(pa.array(said.line[long]))).to_numpy()
        long, chars = long[chars >= least], chars[chars >= least]
        some = _lines(lines, names, long, chars)
        self._longest = _first(pa.concat_tables([self._longest, some]), "descending", _LOOKED_AT)

    def doubtful(self) -> Rows:
        """What the line model took, least sure first."""
        rows = self._doubtful.drop_columns(["label"]).rename_columns({"rank": "sure"}).to_pylist()
        return [row | {"text": row["text"][:_SHOWN]} for row in rows]

    def longest(self) -> Rows:
        """What rules took, the longest first: each text once, and four of a rule at most."""
        rows = self._longest.to_pylist()
        by_rule: dict[str, list[str]] = {}
        for row in sorted(rows, key=lambda row: (-row["rank"], row["text"])):
            texts = by_rule.setdefault(row["rule_id"], [])
            if row["text"] not in texts[-1:]:
                texts.append(row["text"])
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            found.setdefault(row["text"], row)
        shown = [row for row in found.values() if row["text"] in by_rule[row["rule_id"]][:_OF_A_RULE]]
        return [row | {"text": row["text"][:_SHOWN], "chars": int(row.pop("rank"))} for row in shown[:LONGEST]]


_LINE = pa.schema(
    [
        ("rank", pa.float64()), ("doc_id", pa.string()), ("line_no", pa.int64()), ("label", pa.string()),
        ("rule_id", pa.string()), ("evidence", pa.string()), ("text", pa.string()),
    ]
)  # fmt: skip


def _lines(lines: LabelledLines, names: Names, labels: Ints, rank: npt.NDArray[Any]) -> pa.Table:
    """_LINE of some labels, with what their lines are ranked by."""
    said = lines.said
    at = said.line[labels]
    columns = [
        rank,
        lines.doc_ids.take(pa.array(lines.document[at])),
        lines.number[at],
        pa.array(list(names.labels), pa.string()).take(pa.array(said.label[labels])),
        pa.array(list(names.rules), pa.string()).take(pa.array(said.rule[labels])),
        said.evidence.take(pa.array(labels)),
        lines.text.take(pa.array(at)),
    ]
    return pa.table(columns, names=_LINE.names).cast(_LINE)


def _first(lines: pa.Table, order: str, most: int) -> pa.Table:
    return lines.sort_by([("rank", order), ("doc_id", "ascending"), ("line_no", "ascending")]).slice(0, most)


def _sure(evidence: pa.Array) -> npt.NDArray[np.float64]:
    """How sure the line model is, 0-1, by what it says of each line; nan where it says nothing of that."""
    said = pc.extract_regex(evidence, _SURE).field("sure")
    sure: npt.NDArray[np.float64] = said.cast(pa.float64()).fill_null(np.nan).to_numpy()
    return sure


def find_risks(tables: Tables, risky: RiskyLines) -> Risks:
    """The removals to look at first, `risky` having seen all lines. Without the audit only the documents that lost most
    are known."""
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
        risky.doubtful(),
        risky.longest(),
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
