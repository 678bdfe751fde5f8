"""The documents that the report shows: a bounded sample, the same one every time, with something of everything.

A doc_id is a digest, so those that sort first are drawn at random and drawn again by the next run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from cleaning.article import visible
from cleaning.labels import label_kinds
from pipelines.report.embed import json_for_html
from pipelines.report.removals import model_doubt
from pipelines.report.tables import Tables

MOST = 240
"""Documents at most."""
BYTES = 1_250_000
"""Of the page, for all of them."""
# Of a document so many lines are shown, of a line so many characters.
_LINES, _CHARS = 90, 400
_RISKIEST, _STRATUM, _RULES, _SITES, _QUARANTINED = 30, 3, 120, 60, 8
# Lines of quarantine.jsonl that are looked at.
_LOOKED_AT = 1_000

_STRATA = """
    select distinct doc_id, 'language ' || language as stratum from articles
    union all select distinct doc_id, 'repair ' || unnest(repairs) from articles
    union all select distinct doc_id, 'encoding ' || encoding from articles where encoding is not null
    union all select distinct doc_id, 'flag ' || flag from flags
    union all select doc_id, 'rule ' || rule_id from fates where fate in ('duplicate', 'rejected')
"""


def pick(tables: Tables, first: Iterable[str] = ()) -> list[str]:
    """The doc_ids of the sample, the most telling first, about twice as many as may be shown.

    `first`: documents to begin with. Then those that lost most; some of each language, repair, charset, flag and
    reason to leave a record out; one of each rule and of each site; and what comes first by doc_id.
    """
    picked = dict.fromkeys(first)

    def add(query: str, **values: Any) -> None:
        picked.update(dict.fromkeys(row["doc_id"] for row in tables.rows(query, **values)))

    add(
        "select doc_id from articles order by dropped_chars / greatest(source_char_count, 1) desc, doc_id limit $most",
        most=_RISKIEST,
    )
    if tables.has_audit:
        add(
            f"""select doc_id from (
                    select doc_id, stratum, row_number() over (partition by stratum order by doc_id) as rank
                    from ({_STRATA}))
                where rank <= $most order by rank, stratum, doc_id limit {MOST}""",
            most=_STRATUM,
        )
        add(
            """select min(doc_id) as doc_id from labels where decides
               group by rule_id order by count(*) desc, rule_id limit $most""",
            most=_RULES,
        )
    add(
        """select min(doc_id) as doc_id from articles where site is not null
           group by site order by count(*) desc, site limit $most""",
        most=_SITES,
    )
    add("select doc_id from articles order by doc_id limit $most", most=MOST)
    return list(picked)


class Reasons:
    """Rules with the labels they gave, each named once in the page and by its number in a document."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, rule_id: str, label: str) -> int:
        """The number of a rule and a label."""
        return self._numbers.setdefault((rule_id, label), len(self._numbers))

    def forget(self, length: int) -> None:
        """Leave the first `length` of them."""
        while len(self._numbers) > length:
            self._numbers.popitem()

    def as_json(self, start: int = 0) -> list[dict[str, str]]:
        """Those from `start` on in the order of their numbers: rule, label, family."""
        kinds = label_kinds()
        return [
            {"rule": clip(rule, 80), "label": clip(label, 80), "family": kinds[label].family if label in kinds else ""}
            for rule, label in islice(self._numbers, start, None)
        ]


def sample(tables: Tables, doc_ids: Sequence[str], *, text: bool, bytes_left: int = BYTES) -> dict[str, Any]:
    """The documents, as many as there is room for: {"reasons": [...], "documents": [...]}.

    A line is [number, text or its length, reasons]; a reason is [its number in "reasons", evidence, whether it
    took the line out]. Without `text` there is no text in it, no title, no url, and no evidence, which quotes.
    """
    shown = pick_known(tables, doc_ids[: 2 * MOST])
    tables.draw("sampled", shown)
    reasons = Reasons()
    found: list[dict[str, Any]] = []
    room = bytes_left
    for start in range(0, len(shown), 60):
        some = shown[start : start + 60]
        named = len(reasons)
        for document in _read(tables, some, reasons, text=text):
            size = len(json_for_html([document, reasons.as_json(named)]).encode())
            if size <= room and len(found) < MOST:
                found.append(document)
                room -= size
                named = len(reasons)
            else:
                reasons.forget(named)
        if room < bytes_left // 100 or len(found) >= MOST:
            break
    found += _quarantined(tables.folder / "audit/quarantine.jsonl", text=text)
    return {"reasons": reasons.as_json(), "documents": found}


def pick_known(tables: Tables, doc_ids: Sequence[str]) -> list[str]:
    """Those of the doc_ids that the dataset has, each once, in their order."""
    source = "fates" if tables.has_audit else "articles"
    rows = tables.rows(f"select distinct doc_id from {source} where doc_id in (select unnest($ids))", ids=list(doc_ids))
    known = {row["doc_id"] for row in rows}
    return [who for who in dict.fromkeys(doc_ids) if who in known]


_ROWS = """
    select doc_id, title, url, site, language, language_confidence as confidence, encoding, repairs, flags,
           strftime(make_timestamp(epoch_us(published_at)), '%Y-%m-%d') as published,
           char_count as chars, source_char_count as source_chars, dropped_lines,
           round(dropped_chars / greatest(source_char_count, 1), 4)::double as lost
    from sampled.articles where doc_id in (select unnest($ids))"""
_TEXTS = "select doc_id, text from sampled.articles where doc_id in (select unnest($ids))"
_FATES = "select doc_id, fate, rule_id, evidence, source_file from sampled.fates where doc_id in (select unnest($ids))"
_FLAGS = "select doc_id, flag, evidence from sampled.flags where doc_id in (select unnest($ids)) order by all"
_LINE_ROWS = """
    select doc_id, line_no, text from sampled.lines where doc_id in (select unnest($ids)) order by doc_id, line_no"""
_LABEL_ROWS = """
    select doc_id, line_no, label, rule_id, evidence, decides from sampled.labels where doc_id in (select unnest($ids))
    order by doc_id, line_no, decides desc, rule_id, label, evidence"""


def _read(tables: Tables, doc_ids: Sequence[str], reasons: Reasons, *, text: bool) -> Iterator[dict[str, Any]]:
    """The documents one by one: what one names stands in `reasons` when it comes."""
    ids = list(doc_ids)
    rows = {row["doc_id"]: row for row in tables.rows(_ROWS, ids=ids)}
    if not tables.has_audit:
        texts = {row["doc_id"]: row["text"] for row in tables.rows(_TEXTS, ids=ids)}
        for who in ids:
            lines_of = list(enumerate(texts[who].split("\n"), 1))
            yield _document(rows[who], {}, [], lines_of, {}, reasons, text=text)
        return
    fates = {row["doc_id"]: row for row in tables.rows(_FATES, ids=ids)}
    flags: dict[str, list[dict[str, Any]]] = {who: [] for who in ids}
    for row in tables.rows(_FLAGS, ids=ids):
        flags[row["doc_id"]].append(row)
    lines: dict[str, list[tuple[int, str]]] = {who: [] for who in ids}
    for row in tables.rows(_LINE_ROWS, ids=ids):
        lines[row["doc_id"]].append((row["line_no"], row["text"].strip()))
    labels: dict[str, dict[int, list[dict[str, Any]]]] = {who: {} for who in ids}
    for row in tables.rows(_LABEL_ROWS, ids=ids):
        labels[row["doc_id"]].setdefault(row["line_no"], []).append(row)
    for who in ids:
        row = rows.get(who, {"doc_id": who})
        yield _document(row, fates[who], flags[who], lines[who], labels[who], reasons, text=text)


def _document(
    row: dict[str, Any],
    fate: dict[str, Any],
    flags: list[dict[str, Any]],
    lines: list[tuple[int, str]],
    labels: dict[int, list[dict[str, Any]]],
    reasons: Reasons,
    *,
    text: bool,
) -> dict[str, Any]:
    """One document as the page has it; what is not known of it is left out."""
    decided = {number: said for number, said in labels.items() if said[0]["decides"]}
    source = sum(len(line) for _, line in lines)
    gone = sum(len(line) for number, line in lines if number in decided)
    doubts = [doubt for said in decided.values() if (doubt := model_doubt(said[0])) is not None]
    title = row.get("title") or next((line for number, line in lines if number not in decided), "")
    document = {
        "id": row["doc_id"],
        "fate": fate.get("fate", "published"),
        "rule": fate.get("rule_id"),
        "why": clip(fate.get("evidence") or "", 120) if text or fate.get("fate") == "duplicate" else None,
        "title": clip(title, 160) if text else None,
        "url": clip(row.get("url") or "", 200) if text else None,
        "site": row.get("site"),
        "file": clip(fate.get("source_file") or "", 120) if text else None,
        "language": row.get("language"),
        "confidence": _rounded(row.get("confidence")),
        "published": row.get("published"),
        "encoding": row.get("encoding"),
        "repairs": row.get("repairs"),
        "flags": [[clip(flag["flag"], 60), clip(flag["evidence"], 160) if text else ""] for flag in flags]
        or [[clip(flag, 60), ""] for flag in row.get("flags") or ()],
        "chars": row.get("chars", source - gone),
        "sourceChars": row.get("source_chars", source),
        "lost": row.get("lost", round(gone / source, 4) if source else 0),
        "droppedLines": row.get("dropped_lines", len(decided)),
        "doubt": min(doubts, default=None),
        "lines": [_line(number, line, labels.get(number, ()), reasons, text=text) for number, line in _shown(lines)],
        "linesCut": max(0, len(lines) - _LINES),
    }
    return {name: value for name, value in document.items() if value not in (None, "", [], {})}


def _shown(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The lines of a document; of a long one its head and its tail, where the boilerplate is."""
    return lines if len(lines) <= _LINES else lines[: _LINES // 2] + lines[-(_LINES // 2) :]


def _line(number: int, line: str, labels: Sequence[dict[str, Any]], reasons: Reasons, *, text: bool) -> list[Any]:
    said = [
        [
            reasons.number(label["rule_id"], label["label"]),
            clip(label["evidence"], 120) if text else "",
            int(label["decides"]),
        ]
        for label in labels[:4]
    ]
    shown: Any = clip(line, _CHARS) if text else len(line)
    return [number, shown, said] if said else [number, shown]


def _quarantined(path: Path, *, text: bool) -> list[dict[str, Any]]:
    """Records that could not be read, some of each reason, with how they begin."""
    by_rule: dict[str, int] = {}
    found: list[dict[str, Any]] = []
    if not path.is_file():
        return found
    with path.open(encoding="utf-8", errors="replace") as source:
        for _ in range(_LOOKED_AT):
            try:
                record = json.loads(source.readline(100_000) or "null")
            except ValueError:
                continue
            if not isinstance(record, dict):
                break
            rule = str(record.get("rule_id"))
            by_rule[rule] = by_rule.get(rule, 0) + 1
            if by_rule[rule] > 2 or len(found) == _QUARANTINED:
                continue
            excerpt = str(record.get("excerpt") or "")
            document = {
                "id": str(record.get("doc_id"))[:64],
                "fate": "quarantined",
                "rule": rule,
                "why": clip(str(record.get("evidence") or ""), 160) if text else "",
                "title": clip(str(record.get("source_id") or record.get("source_file") or ""), 120) if text else "",
                "sourceChars": len(excerpt),
                "lines": [[1, clip(excerpt, _CHARS) if text else len(excerpt)]] if excerpt else [],
            }
            found.append({name: value for name, value in document.items() if value not in ("", [])})
    return found


def clip(text: str, chars: int) -> str:
    r"""The beginning of a text with its control characters shown; an ellipsis where it goes on.

    >>> clip("a\x1bb and more", 5)
    'a\\x1bb a…'
    """
    return visible(text if len(text) <= chars else f"{text[:chars].rstrip()}…")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
