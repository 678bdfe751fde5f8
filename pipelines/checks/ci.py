"""What continuous integration reads: GitHub's annotations and job summary, and a badge.

A line of output that begins with `::` is a command to GitHub's runner, and one with `##[` anywhere in it may be.
Names of files and records come from outside, so they are escaped as the runner's own toolkit does it (actions/toolkit,
packages/core/src/command.ts), and nothing else that is printed can be read as a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.checks.found import Check, Validation, count_of, verdict

ANNOTATIONS = 10
"""Of each level, the most that GitHub shows of a step."""
SUMMARY_BYTES = 2**20 - 4096
"""GitHub refuses a summary of more than 1 MiB for a step; what other commands of the step wrote counts as well."""

# Control characters, and those that turn the direction of writing or cannot be encoded.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_WORD_JOINER = "\u2060"


def defused(line: str) -> str:
    r"""One line that GitHub's runner takes for text, whatever stands in it.

    >>> defused("::add-mask::x ##[error]y\n::z::").encode("ascii", "backslashreplace").decode()
    '\\u2060::add-mask::x #\\u2060#[error]y ::z::'
    """
    line = _UNSEEN.sub(" ", line).replace("##[", f"#{_WORD_JOINER}#[")
    return _WORD_JOINER + line if line.lstrip().startswith("::") else line


def annotation(level: str, title: str, message: str) -> str:
    """A workflow command; `level` is `error`, `warning` or `notice`, and lines of the message stay lines."""
    lines = "\n".join(_UNSEEN.sub(" ", line) for line in message.split("\n"))
    title = _data(_UNSEEN.sub(" ", title)).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={title}::{_data(lines)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def make_annotations(validation: Validation) -> Iterator[str]:
    """A line for each check that failed; of each level at most ANNOTATIONS, the last of which counts the rest."""
    failed = [check for check in validation.checks if not check.passed]
    for level, name in (("critical", "error"), ("warning", "warning")):
        yield from _of_level([check for check in failed if check.level == level], name)
    yield annotation("notice", "tamis check", verdict(validation))


def _of_level(checks: list[Check], level: str) -> Iterator[str]:
    shown = checks if len(checks) <= ANNOTATIONS else checks[: ANNOTATIONS - 1]
    for check in shown:
        yield annotation(level, f"{check.suite}: {check.name}", _says(check))
    if rest := checks[len(shown) :]:
        names = ", ".join(check.name for check in rest)
        yield annotation(level, f"tamis check: {len(rest)} more", f"{names}; the job summary has all")


def _says(check: Check) -> str:
    lines = [check.meaning] if check.meaning else []
    lines.append(f"Expected {check.expected}; observed {check.observed}.")
    if check.failing:
        lines.append(f"Fails for {', '.join(check.failing)}")
    return "\n".join(lines)


def write_summary(path: Path, pages: Iterable[str]) -> None:
    """Append Markdown to the job summary, cut at a line where GitHub would refuse it for its size."""
    page = "\n".join(pages).encode("utf-8", "replace")
    room = SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
    if len(page) > room:
        kept = page[: max(0, room - 200)]
        page = kept[: kept.rfind(b"\n") + 1] + b"\n\nThe rest is too long for a job summary: see quality.md.\n"
    with path.open("ab") as summary:
        summary.write(page)


def badge_json(validation: Validation) -> str:
    """For https://shields.io/badges/endpoint-badge: `schemaVersion` 1, label, message, color, isError."""
    passed = sum(check.passed for check in validation.checks)
    if not validation.passed:
        message, color = f"{validation.critical} critical failed" if validation.critical else "failed", "red"
    elif validation.warnings:
        message, color = f"passed, {count_of(validation.warnings, 'warning')}", "yellow"
    else:
        message, color = f"{count_of(passed, 'check')} passed", "brightgreen"
    badge = {"schemaVersion": 1, "label": "tamis", "message": message, "color": color}
    return json.dumps(badge | {"isError": not validation.passed}, indent=2) + "\n"
