"""Numbers about what changed since a baseline: the table that suites about `baseline` set limits on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipelines.checks.measures import Measure
from pipelines.diff.version_step import parse

if TYPE_CHECKING:
    from pipelines.diff.compare import Diff
    from pipelines.diff.drift import Drift

BASELINE_MEASURES: dict[str, str] = {
    "baseline_rows": "rows of the baseline",
    "rows_added": "rows that the baseline does not have, by doc_id",
    "rows_removed": "rows of the baseline that are gone; 0 for an increment, made `--against` the baseline",
    "rows_changed": "rows in both whose text or another column changed",
    "removed_share": "rows that are gone and were not taken down as a share of the baseline's, 0-1",
    "changed_share": "rows whose text changed as a share of those in both, 0-1",
    "columns_breaking": "columns that are gone, of another type, or may be null now",
    "breaking_undeclared": "the same, where no version declares it: a major step, before 1.0.0 a minor one",
    "version_short": "1 if the declared step of the version is smaller than the changes call for, else 0",
    "version_undeclared": "1 if something changed and one of the two declares no version, else 0",
    "drift_languages": "PSI of the languages; this and those below are 0 where chance may have made them",
    "drift_sites": "PSI of the sites",
    "drift_lengths": "PSI of char_count in the deciles of the baseline",
    "ks_lengths": "Kolmogorov-Smirnov statistic of char_count, 0-1",
    "drift_flags": "largest PSI of the share of rows that have a flag",
    "drift_nulls": "largest PSI of the share of rows without a value, over the columns",
}
"""The columns of the baseline table, and what each says. Formulas and their sources: `pipelines.diff.drift`."""

# Of the parts that moved most so many are named in a note.
_NAMED = 3


def measure_baseline(diff: Diff) -> tuple[dict[str, Measure], dict[str, str]]:
    """The numbers, and why others could not be taken: the two have no such column of one type."""
    rows, step = diff.rows, diff.step
    removed = 0 if diff.increment else rows.removed
    lost = 0 if diff.increment else rows.removed - rows.taken_down
    in_both = rows.same + rows.changed
    breaking = [change.column for change in diff.schema if change.breaking]
    before_one = (parse(step.old) or (1,))[0] == 0
    declared = step.declared == "major" or (step.declared == "minor" and before_one)
    undeclared = step.calls_for != "none" and step.declared == "unknown"
    increment = "an increment: it was made without what the baseline has" if diff.increment else ""
    because = f"calls for {step.calls_for} ({'; '.join(step.because)}), declared: {step.declared}"
    measures = {
        "baseline_rows": Measure(diff.old.rows),
        "rows_added": Measure(rows.added, rows.added_ids),
        "rows_removed": Measure(removed, rows.removed_ids if removed else (), increment),
        "rows_changed": Measure(rows.changed, rows.changed_ids),
        "removed_share": Measure(_share(lost, diff.old.rows), rows.removed_ids if lost else (), increment),
        "changed_share": Measure(_share(rows.changed_text, in_both), rows.changed_text_ids),
        "columns_breaking": Measure(len(breaking), (), ", ".join(breaking)),
        "breaking_undeclared": Measure(0 if declared else len(breaking), (), "" if declared else ", ".join(breaking)),
        "version_short": Measure(int(not step.enough), (), "" if step.enough else because),
        "version_undeclared": Measure(int(undeclared), (), f"calls for {step.calls_for}" if undeclared else ""),
    }
    absent: dict[str, str] = {}
    for name in BASELINE_MEASURES:
        if name.startswith(("drift_", "ks_")):
            found = [drift for drift in diff.drift if drift.measure == name.replace("ks_", "drift_")]
            if found or name in ("drift_flags", "drift_nulls"):
                measures[name] = _lengths(found) if name == "ks_lengths" else _largest(found)
            else:
                absent[name] = "the two have no such column of one type"
    return measures, absent


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _lengths(found: Iterable[Drift]) -> Measure:
    (drift,) = found
    if drift.ks is None:
        return Measure(0.0, (), _few(drift))
    note = "" if drift.ks_beyond_chance else f"{drift.ks:.3g}, and chance gives up to {drift.ks_noise:.3g}"
    return Measure(drift.ks_beyond_chance, (), note)


def _largest(found: list[Drift]) -> Measure:
    """The largest index beyond chance, with what moved; else the largest of all, with what chance gives."""
    measured = [drift for drift in found if drift.psi is not None]
    if not measured:
        return Measure(0.0, (), _few(found[0]) if found else "")
    largest = max(measured, key=lambda drift: (drift.beyond_chance, drift.psi))
    several = f"{largest.name}: " if len(found) > 1 else ""
    if not largest.beyond_chance:
        note = f"{several}{largest.psi:.3g}, and chance gives up to {largest.noise:.3g}" if largest.psi else ""
        return Measure(0.0, (), note)
    moved = (f"{part.value} {part.old_share:.1%} → {part.new_share:.1%}" for part in largest.parts[:_NAMED])
    return Measure(largest.beyond_chance, (), several + ", ".join(moved))


def _few(drift: Drift) -> str:
    return f"{drift.old} and {drift.new} rows are too few to tell"
