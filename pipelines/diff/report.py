"""What changed between two datasets, for programs and for people: JSON, Markdown, and lines for a terminal.

Names of columns, sites and rules come from datasets that may be hostile: Markdown escapes them as `checks_report` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

from pipelines.checks.found import count_of
from pipelines.diff.compare import PACK, Diff, Setting
from pipelines.diff.drift import Drift
from pipelines.manifest import FIRST_VERSION
from pipelines.markdown import escaped, plain, table

FORMAT = 1
"""The format of the `diff` in report.json."""

# Rows of a table in a page; the JSON has them all.
_RULES = 20
_COLUMNS = 10
_CHANGED = 60
_REASONS = 10
_PARTS = 5
# Characters of a name or a setting.
_CHARS = 80


@cache
def drift_limits() -> dict[str, tuple[float, float]]:
    """Of each measure of drift, from where the suite `baseline` warns and from where it fails."""
    suite = json.loads(resources.files("expectations").joinpath("baseline.json").read_text("utf-8"))
    limits: dict[str, dict[str, float]] = {}
    for item in suite["expectations"]:
        kwargs = item["kwargs"]
        limits.setdefault(kwargs["column"], {})[item["severity"]] = kwargs.get("max_value", float("inf"))
    return {name: (two.get("warning", float("inf")), two.get("critical", float("inf"))) for name, two in limits.items()}


def drift_verdict(drift: Drift) -> str:
    """`ok`, `warning` or `critical` by the limits of the suite `baseline`; `too few` rows to tell."""
    if drift.psi is None:
        return "too few"
    warning, critical = drift_limits().get(drift.measure, (float("inf"), float("inf")))
    if drift.beyond_chance > critical:
        return "critical"
    gap, _ = drift_limits().get("ks_lengths", (float("inf"), float("inf")))
    return "warning" if drift.beyond_chance > warning or drift.ks_beyond_chance > gap else "ok"


def diff_json(diff: Diff) -> dict[str, Any]:
    """All that is known of the changes, as JSON has it. No text of a record is in it."""
    rows = asdict(diff.rows)
    rows["changed"] = diff.rows.changed
    rows["why_removed"] = [asdict(reason) for reason in diff.why_removed]
    rows["why_added"] = [asdict(reason) for reason in diff.why_added]
    return {
        "format": FORMAT,
        "old": asdict(diff.old),
        "new": asdict(diff.new),
        "identical": diff.identical,
        "increment": diff.increment,
        "rows": rows,
        "schema": [asdict(change) for change in diff.schema],
        "config": [asdict(setting) for setting in diff.settings],
        "drift": [_drift_json(drift) for drift in diff.drift],
        "rules": [asdict(rule) for rule in diff.rules],
        "rules_apart": diff.rules_apart,
        "rules_absent": diff.rules_absent,
        "version": asdict(diff.step) | {"enough": diff.step.enough},
    }


def _drift_json(drift: Drift) -> dict[str, Any]:
    kind = "numbers" if drift.measure == "drift_lengths" else "share"
    kind = "categories" if drift.measure in ("drift_languages", "drift_sites") else kind
    return {
        "name": drift.name,
        "measure": drift.measure,
        "kind": kind,
        "old": drift.old,
        "new": drift.new,
        "psi": drift.psi,
        "noise": drift.noise,
        "ks": drift.ks,
        "ks_noise": drift.ks_noise,
        "verdict": drift_verdict(drift),
        "parts": [asdict(part) for part in drift.parts],
    }


def summary_lines(diff: Diff) -> Iterator[tuple[str, str]]:
    """What to know first, as pairs of a word and a sentence."""
    rows, step = diff.rows, diff.step
    for word, side in (("from", diff.old), ("to", diff.new)):
        version = _short(side.version or f"{FIRST_VERSION} (not declared)")
        yield word, f"{_short(side.name)} {version}, {count_of(side.rows, 'row')}"
    if diff.old.pipeline_version != diff.new.pipeline_version:
        yield "tamis", f"{_short(str(diff.old.pipeline_version))} → {_short(str(diff.new.pipeline_version))}"
    if diff.identical:
        yield "rows", "the same, in the same columns"
    else:
        words = f"{rows.added:,} added, {rows.removed:,} removed, {rows.changed_text:,} with another text"
        yield "rows", f"{words}, {rows.changed_other:,} changed otherwise, {rows.same:,} the same"
    if diff.increment:
        yield "", "an increment: the newer one was made without what the older one has"
    for name, reasons in (("removed", diff.why_removed), ("added", diff.why_added)):
        if reasons:
            absent = "not in the newer input" if name == "removed" else "not in the older input"
            yield name, _listed((reason.rule_id or absent, reason.rows) for reason in reasons[:_REASONS])
    if rows.columns:
        more = len(rows.columns) - _CHANGED
        yield "columns", _listed([*rows.columns.items()][:_CHANGED]) + (f", and {more} more" if more > 0 else "")
    if diff.settings:
        yield "settings", ", ".join(map(_setting, diff.settings[:_COLUMNS]))
    if diff.rules_absent:
        yield "rules", f"not compared: {diff.rules_absent}"
    elif diff.rules_apart:
        where = f"not compared in {count_of(diff.rules_apart, 'document')} of both"
        yield "rules", f"{where}, whose source lines differ: other input, decoding or redaction, or taken down"
    declared = {"unknown": _undeclared(step.old, step.new), "back": "the version goes back"}
    said = declared.get(step.declared, f"declared: {step.declared}") + ("" if step.enough else ", which is too small")
    why = f" ({'; '.join(step.because)})" if step.because else ""
    asks = "no change" if step.calls_for == "none" else f"calls for {step.calls_for}{why}"
    yield "version", asks if step.calls_for == step.declared == "none" else f"{asks}; {said}"


def _setting(one: Setting) -> str:
    """A setting with both values; of a rule pack, whose values are sums, what became of it."""
    if one.key.startswith(PACK):
        return f"{_short(one.key)} {'added' if one.old is None else 'removed' if one.new is None else 'changed'}"
    return f"{_short(one.key)} {_short(repr(one.old))} → {_short(repr(one.new))}"


def _undeclared(old: str | None, new: str | None) -> str:
    if old and new:
        return "the declared versions are not two that can be compared"
    return "only one of them declares a version" if old or new else "neither of them declares a version"


def _short(words: str) -> str:
    return words if len(words) <= _CHARS else f"{words[:_CHARS]}…"


def _listed(pairs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in pairs)


def drift_rows(diff: Diff) -> list[tuple[str, str, str, str, str]]:
    """What drifted, worst first: name, PSI, what chance gives, verdict, what moved. Shares that stayed are left out."""
    order = ("critical", "warning", "ok", "too few")
    shown = [
        drift
        for drift in diff.drift
        if drift.measure in ("drift_languages", "drift_sites", "drift_lengths") or drift_verdict(drift) in order[:2]
    ]
    shown.sort(key=lambda drift: (order.index(drift_verdict(drift)), -drift.beyond_chance))
    return [
        (
            drift.name,
            "" if drift.psi is None else f"{drift.psi:.3f}" + ("" if drift.ks is None else f", KS {drift.ks:.3f}"),
            "" if drift.noise is None else f"{drift.noise:.3f}",
            drift_verdict(drift),
            ", ".join(
                f"{part.value} {part.old_share:.1%} → {part.new_share:.1%}"
                for part in drift.parts[:_PARTS]
                if part.old_share != part.new_share
            ),
        )
        for drift in shown
    ]


def schema_rows(diff: Diff) -> list[tuple[str, str, str, str]]:
    """Columns that changed: name, how, from what to what, whether it breaks a reader."""
    return [
        (
            change.column,
            change.change,
            " → ".join(side for side in (change.old, change.new) if side),
            "breaks readers" if change.breaking else "",
        )
        for change in diff.schema
    ]


def rule_rows(diff: Diff) -> list[tuple[str, ...]]:
    """Rules that gained or lost lines, most first: id, label, lines, gained, lost, documents, some doc_ids."""
    return [
        (
            rule.rule_id,
            rule.label,
            f"{rule.old_lines:,} → {rule.new_lines:,}",
            f"{rule.gained:,} ({rule.gained_kept:,} from bodies)",
            f"{rule.lost:,} ({rule.lost_kept:,} to bodies)",
            f"{rule.documents:,}",
            " ".join(rule.doc_ids[:2]),
        )
        for rule in diff.rules[:_RULES]
    ]


DRIFT_HEAD = ("what", "PSI", "chance", "verdict", "what moved")
SCHEMA_HEAD = ("column", "change", "from → to", "")
RULE_HEAD = ("rule", "label", "lines dropped", "gained", "lost", "documents", "such as")


def diff_markdown(diff: Diff, *, level: int = 2) -> str:
    """A section for a pull request; `level` of its heading."""
    lines = [f"{escaped(word)} | {plain(said)}" for word, said in summary_lines(diff)]
    since = f"{diff.old.name} {diff.old.version or ''}".rstrip()
    parts = [
        f"{'#' * level} What changed since {plain(_short(since))}",
        "\n".join(["| | |", "|-|-|", *(f"| {line} |" for line in lines)]),
    ]
    deeper = "#" * (level + 1)
    for title, head, rows in (
        ("Columns", SCHEMA_HEAD, schema_rows(diff)),
        ("Drift", DRIFT_HEAD, drift_rows(diff) if not diff.identical else []),
        ("Rules", RULE_HEAD, rule_rows(diff)),
    ):
        if rows:
            cells = [[plain(cell) for cell in row] for row in rows]
            parts += [f"{deeper} {title}", table(head, cells, "|".join("-" * len(head)))]
    if len(diff.rules) > _RULES:
        parts.append(f"… and {count_of(len(diff.rules) - _RULES, 'rule')} more.")
    return "\n\n".join(parts) + "\n"
