"""What the checks of a dataset found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.evaluate import Found, Key
    from pipelines.suites import Suite


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
