"""Which step of its version a change of a dataset calls for, and whether the declared one is large enough.

Versions are MAJOR.MINOR.PATCH (Semantic Versioning 2.0.0). What a step means for data follows the Data Package Version
pattern of Frictionless Data: what can break a reader is major, new data is minor, a correction is a patch. The
limits are in `data/version_steps.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

STEPS = ("none", "patch", "minor", "major")

# From semver.org, which proposes this pattern; linear, for nothing in it overlaps.
_SEMVER = re.compile(
    r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)


@dataclass(frozen=True)
class Step:
    """The step of the version from one dataset to the next."""

    calls_for: str
    """`none`, `patch`, `minor` or `major`."""
    because: tuple[str, ...]
    """What calls for it, in words."""
    old: str | None
    """The version that the older dataset declares; None: none."""
    new: str | None
    declared: str
    """`none`, `patch`, `minor`, `major`; `back`: to an earlier version; `unknown`: a version is missing or is none."""

    @property
    def enough(self) -> bool:
        """Whether the declared step is at least what the changes call for; true where it is unknown."""
        return self.declared == "unknown" or (
            self.declared in STEPS and STEPS.index(self.declared) >= STEPS.index(self.calls_for)
        )


@dataclass(frozen=True)
class Changes:
    """What decides the step."""

    breaking: Sequence[str]
    """Columns that a reader no longer finds as they were."""
    columns: int
    """Other changes of columns."""
    old_rows: int
    new_rows: int
    added: int
    removed: int
    """Rows of the older dataset that are gone; 0 for an increment, which is not meant to have them."""
    texts: int
    """Rows in both whose text changed."""
    others: int
    """Rows in both of which something else changed."""
    settings: Sequence[str]
    """Settings that decide what the rows say."""
    taken_down: int = 0
    """Rows among the removed that were taken down (`tamis remove`): however many, it is a patch."""


def version_step(changes: Changes, old: str | None, new: str | None) -> Step:
    """The step that the changes call for, and the one from `old` to `new`."""
    limits = _limits()
    in_both = changes.old_rows - changes.removed
    reasons: dict[str, list[str]] = {"major": [], "minor": [], "patch": []}
    if changes.breaking:
        reasons["major"].append(f"readers lose {', '.join(changes.breaking)}")
    lost = changes.removed - changes.taken_down
    if lost > limits["removed_is_major"] * changes.old_rows:
        reasons["major"].append(f"{lost:,} of {changes.old_rows:,} rows are gone")
    elif lost:
        reasons["patch"].append(f"{_rows(lost)} left out")
    if changes.taken_down:
        reasons["patch"].append(f"{_rows(changes.taken_down)} taken down")
    if changes.added:
        reasons["minor"].append(f"{_rows(changes.added)} added")
    if changes.columns:
        reasons["minor"].append(f"{changes.columns} column{'s' * (changes.columns > 1)} added, moved or without nulls")
    if changes.texts and changes.settings:
        reasons["minor"].append(f"other settings ({', '.join(changes.settings)}) changed {changes.texts:,} texts")
    elif changes.texts > limits["changed_is_minor"] * in_both:
        reasons["minor"].append(f"{changes.texts:,} of {in_both:,} texts changed")
    elif changes.texts:
        reasons["patch"].append(f"{changes.texts:,} text{'s' * (changes.texts > 1)} corrected")
    if changes.others:
        reasons["patch"].append(f"other columns corrected in {_rows(changes.others)}")
    calls_for = next((step for step in ("major", "minor", "patch") if reasons[step]), "none")
    because = [*reasons["major"], *reasons["minor"], *reasons["patch"]]
    before = parse(old)
    if calls_for == "major" and before is not None and before[0] == 0:
        calls_for = "minor"
        because.append("before 1.0.0 a minor step says that readers may break (SemVer 2.0.0, item 4)")
    return Step(calls_for, tuple(because), old, new, declared_step(old, new))


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


@cache
def _limits() -> dict[str, float]:
    return tomllib.loads(resources.files("pipelines").joinpath("data/version_steps.toml").read_text("utf-8"))


def parse(version: str | None) -> tuple[int, int, int, bool, str] | None:
    """Major, minor, patch, whether it is a release, and what precedes one; None where it is no such version."""
    found = _SEMVER.fullmatch(version) if isinstance(version, str) else None
    return found and (int(found[1]), int(found[2]), int(found[3]), found[4] is None, found[4] or "")


def declared_step(old: str | None, new: str | None) -> str:
    """The step from one version to another.

    >>> declared_step("1.2.3", "1.3.0"), declared_step("1.2.3", "1.2.3"), declared_step("2.0.0", "1.9.9")
    ('minor', 'none', 'back')
    >>> declared_step("1.3.0-rc.1", "1.3.0"), declared_step(None, "1.0.0")
    ('minor', 'unknown')
    """
    before, after = parse(old), parse(new)
    if before is None or after is None:
        return "unknown"
    if after[:3] == before[:3]:
        if after[3:] == before[3:]:
            return "none"
        # From one that precedes a release to the release or another one: the step that the release itself takes.
        if before[3]:
            return "back"
        return "patch" if after[2] else "minor" if after[1] else "major"
    if after[:3] < before[:3]:
        return "back"
    return "major" if after[0] > before[0] else "minor" if after[1] > before[1] else "patch"
