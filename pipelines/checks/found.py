"""What the checks of a dataset found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.checks.evaluate import Found, Key
    from pipelines.checks.suites import Suite
    from pipelines.diff.compare import Diff


@dataclass(frozen=True)
class Check:
    """What one expectation found."""

    suite: str
    """`articles`, `release`, or the name of a suite of the user's own."""
    name: str
    """Its id in the suite file, such as `text-not-blank`."""
    column: str | None
    level: str
    """`critical` or `warning`."""
    expected: str
    """The limit, in words."""
    observed: str
    passed: bool
    failing: tuple[str, ...]
    """Up to 20 doc_ids (or paths of files, or `row 3 of <file>` where the doc_id is none); never texts."""
    meaning: str


@dataclass(frozen=True)
class Validation:
    """All checks of a dataset, in the order of the suites."""

    checks: tuple[Check, ...]
    suites: tuple[Suite, ...] = field(default=(), repr=False, compare=False)
    """The suites, with Great Expectations' own objects: what Data Docs are made from."""
    found: Mapping[Key, Found] = field(default_factory=dict, repr=False, compare=False)
    """What each expectation found, added up over the shards."""

    diff: Diff | None = field(default=None, repr=False, compare=False)
    """What changed since the baseline, where one was given."""
    nothing_new: bool = False
    """There are no rows, and none are missing: an earlier dataset has all that was read and could be published."""

    @property
    def passed(self) -> bool:
        """Whether there were checks and no critical one failed."""
        return bool(self.checks) and not self.critical

    @property
    def critical(self) -> int:
        """How many critical checks failed."""
        return sum(check.level == "critical" and not check.passed for check in self.checks)

    @property
    def warnings(self) -> int:
        """How many warning checks failed."""
        return sum(check.level == "warning" and not check.passed for check in self.checks)


def verdict(validation: Validation) -> str:
    """One line, such as `passed: 54 checks, 1 warning`."""
    critical, warnings = validation.critical, validation.warnings
    parts = [count_of(len(validation.checks), "check")]
    if critical:
        parts.append(f"{critical} critical failed")
    if warnings:
        parts.append(count_of(warnings, "warning"))
    if validation.nothing_new:
        parts.insert(0, "nothing new")
    return f"{'passed' if validation.passed else 'failed'}: {', '.join(parts)}"


def count_of(number: int, what: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
