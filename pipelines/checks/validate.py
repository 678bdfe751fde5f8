"""May this dataset be released? Great Expectations over its rows, shard by shard, and over the whole.

What the row suites find is added up over the shards. The release suites see one row of numbers
(`measures`, `recount`). Nothing passes on zero rows, save where earlier datasets that a run was
held against have all of its records; and a check whose column is missing fails. What a check reports of a record is
its doc_id, never a piece of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.checks.baseline import measure_baseline
from pipelines.checks.document_sums import DocumentSums
from pipelines.checks.evaluate import Found, Key, NotEvaluated, evaluate_release, evaluate_rows, make_context, quiet
from pipelines.checks.found import Check, Validation
from pipelines.checks.measures import SHOWN, DatasetError, Files, Measure, find_files, measure_files
from pipelines.checks.recount import recount
from pipelines.checks.report import write_reports
from pipelines.dataset import check_manifest, read_manifest
from pipelines.diff.compare import Diff, diff
from pipelines.engines.memory import give_back
from pipelines.errors import CallError
from pipelines.parquet_views import MEMORY

if TYPE_CHECKING:
    from pipelines.checks.suites import Item, Suite

__all__ = ["Check", "DatasetError", "NotEvaluated", "Validation", "read_manifest", "validate", "write_reports"]

# A stamp a little ahead of the clock is a time zone misread, not a wrong date.
AHEAD = timedelta(days=2)


def validate(
    folder: Path,
    manifest: Mapping[str, Any],
    *,
    suites: Path | None = None,
    latest: datetime | None = None,
    baseline: Path | None = None,
) -> Validation:
    """Check a dataset against our suites and those in `suites`, a file or a folder of them.

    With a `baseline`, the dataset that this one is to replace, what changed has limits too. `manifest` is given because
    a run validates before it writes manifest.json. `latest` is the last moment that a record may be dated, by default
    two days from now. Imports great_expectations (about 3 s). Raises DatasetError where the folder is no dataset or a
    file cannot be read, NotEvaluated where a check cannot be evaluated (both: exit code 3), SuiteError for a suite that
    is wrong, and CallError for a dataset that is its own baseline (exit code 2).
    """
    asked = Asked(folder, manifest, suites, latest, baseline)
    check_manifest(manifest)
    if baseline and baseline.resolve() == folder.resolve():
        raise CallError(f"{folder} cannot be its own baseline: nothing would ever have changed")
    if suites:
        asked.suites_read()  # what is wrong in them is said before anything is counted
    measured = measure(asked)
    return conclude(Counted(asked, measured, check_rows(asked)))


@dataclass(frozen=True)
class Asked:
    """A dataset that is to be checked, and what of; see `validate`."""

    folder: Path
    manifest: Mapping[str, Any]
    suites: Path | None = None
    latest: datetime | None = None
    baseline: Path | None = None

    def files(self) -> Files:
        """Raises DatasetError for one that is missing or is no Parquet."""
        return find_files(self.folder, self.manifest)

    def suites_read(self) -> tuple[Suite, ...]:
        """The suites, without what the dataset does not promise. Imports great_expectations."""
        from pipelines.checks.suites import load_suites

        ours = ("articles", "release", "baseline") if self.baseline else ("articles", "release")
        with quiet():
            return promised(load_suites(self.suites, ours=ours), self.manifest)

    def parameters(self) -> dict[str, str]:
        """What suites may ask for by name."""
        return {"latest": (self.latest or datetime.now(UTC) + AHEAD).isoformat()}


def asked_of_data(folder: Path, config: Mapping[str, Any]) -> Asked:
    """The data files of a dataset that has nothing else yet, for `check_rows`; `config`: of its manifest to be."""
    files = [{"path": path.relative_to(folder).as_posix()} for path in sorted((folder / "data").iterdir())]
    return Asked(folder, {"config": config, "files": files})


Rows = Mapping[Key, Found]
"""What each expectation about rows found."""


class Measured(NamedTuple):
    """The one row of the release table."""

    measures: Mapping[str, Measure]
    absent: Mapping[str, str]
    """Why others could not be taken."""
    changed: Diff | None
    """Since the baseline."""


class Counted(NamedTuple):
    """All that is known of a dataset before it is judged."""

    asked: Asked
    measured: Measured
    rows: Rows


def measure(asked: Asked, memory: str = MEMORY, sums: DocumentSums | None = None) -> Measured:
    """Count a dataset again from its files, without great_expectations; `memory` is DuckDB's, such as `384MB`.

    `sums`: those of all its lines, where somebody has read them.
    """
    files = asked.files()
    measures, absent = recount(files, asked.manifest, memory, sums)
    measures |= measure_files(files, asked.manifest)
    changed = diff(asked.baseline, asked.folder) if asked.baseline else None
    if changed:
        since, unmeasured = measure_baseline(changed)
        measures, absent = measures | since, absent | unmeasured
    give_back()
    return Measured(measures, absent, changed)


def check_rows(asked: Asked) -> Rows:
    """What is found in the data files, added up over the frames. Imports great_expectations."""
    with quiet():
        items = _items(asked.suites_read(), "articles")
        files = find_files(asked.folder, asked.manifest, audit_wanted=False)
        shards = evaluate_rows(make_context(), files, items, asked.parameters())
    return {key: _add_up(some) for key, some in shards.items()}


def conclude(counted: Counted) -> Validation:
    """Hold the numbers of the whole against their limits, and say what all checks found. Imports great_expectations."""
    asked, (measures, absent, changed), rows = counted
    loaded, files = asked.suites_read(), asked.files()
    with quiet():
        whole = _items(loaded, "release") | _items(loaded, "baseline")
        found = dict(rows) | evaluate_release(make_context(), whole, measures, asked.parameters())
    nothing_new = measures["rows"].value == 0 < measures["rows_or_known"].value
    checks = [
        _row_check(suite, item, files, found[suite.name, item.name], nothing_new)
        if suite.table == "articles"
        else _release_check(suite, item, found.get((suite.name, item.name)), measures, absent)
        for suite in loaded
        for item in suite.items
    ]
    return Validation(tuple(checks), loaded, found, changed, nothing_new)


def promised(suites: Iterable[Suite], manifest: Mapping[str, Any]) -> tuple[Suite, ...]:
    """The suites without what the dataset's own policy does not promise."""
    config = manifest.get("config")
    policy = config.get("policy") if isinstance(config, Mapping) else None
    return tuple(
        replace(suite, items=tuple(item for item in suite.items if not item.not_under or item.not_under != policy))
        for suite in suites
    )


def judge(changed: Diff) -> Validation:
    """What the suite `baseline` says of a diff alone. Imports great_expectations (about 3 s)."""
    with quiet():
        from pipelines.checks.suites import load_suites

        loaded = load_suites(ours=("baseline",))
        measures, absent = measure_baseline(changed)
        found = evaluate_release(make_context(), _items(loaded, "baseline"), measures, {})
    checks = [
        _release_check(suite, item, found.get((suite.name, item.name)), measures, absent)
        for suite in loaded
        for item in suite.items
    ]
    return Validation(tuple(checks), loaded, found, changed)


def _items(suites: Iterable[Suite], table: str) -> dict[Key, Item]:
    return {(suite.name, item.name): item for suite in suites if suite.table == table for item in suite.items}


def _add_up(some: Sequence[Found]) -> Found:
    return Found(
        sum(one.rows for one in some),
        sum(one.missing for one in some),
        sum(one.failed for one in some),
        tuple(who for one in some for who in one.failing)[:SHOWN],
    )


def _row_check(suite: Suite, item: Item, files: Files, found: Found, nothing_new: bool) -> Check:
    rows, failed = found.rows, found.failed
    values = rows - found.missing
    unread = files.missing(files.data, item.columns)
    if unread:
        observed = f"not evaluated: {unread}"
    elif not rows:
        observed = "no rows: nothing is new" if nothing_new else "no rows were read"
    else:
        observed = f"{failed} of {values} values fail" if values else f"no value in {rows} rows"
    passed = not unread and (rows > 0 or nothing_new) and (failed == 0 or (values - failed) / values >= item.mostly)
    return _check(suite, item, observed, passed=passed, failing=found.failing)


def _release_check(
    suite: Suite, item: Item, found: Found | None, measures: Mapping[str, Measure], absent: Mapping[str, str]
) -> Check:
    shown = [measures[name] for name in item.columns if name in measures]
    if found is None:
        reasons = [absent[name] for name in item.columns if name in absent]
        observed = f"not measured: {reasons[0] if reasons else 'its columns are missing'}"
    else:
        observed = ", ".join(f"{one.value:.4g}" if isinstance(one.value, float) else str(one.value) for one in shown)
        observed += "".join(f" ({one.note})" for one in shown if one.note)
    passed = found is not None and found.failed == 0
    failing = () if passed else tuple(who for one in shown for who in one.failing)[:SHOWN]
    return _check(suite, item, observed, passed=passed, failing=failing)


def _check(suite: Suite, item: Item, observed: str, *, passed: bool, failing: tuple[str, ...]) -> Check:
    return Check(
        suite=suite.name,
        name=item.name,
        column=", ".join(item.columns) or None,
        level=item.level,
        expected=item.expected,
        observed=observed,
        passed=passed,
        failing=failing,
        meaning=item.meaning,
    )
