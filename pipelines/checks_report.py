"""What the checks found, for programs, for people and for CI: report.json, quality.md, junit.xml, Data Docs.

All but the Data Docs are the same bytes for the same dataset: nothing in them is dated. Nothing of a record's text
is in any of them, and what does come from files (paths, names) is escaped.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from pipelines.checks import Check, Validation, count_of, verdict
from pipelines.ci import badge_json
from pipelines.diff_report import diff_json, diff_markdown
from pipelines.markdown import escaped as _escaped
from pipelines.markdown import plain as _plain
from pipelines.markdown import table as _table
from pipelines.store import write_bytes

FORMAT = 1
"""The format of report.json."""

# XML 1.0 has no place for these, escaped or not.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_reports(
    validation: Validation, manifest: Mapping[str, Any], folder: Path, *, data_docs: bool = True
) -> list[Path]:
    """Write report.json, quality.md, junit.xml, badge.json and data-docs/ into `folder`; returns what was written.

    Building the Data Docs takes about half a second; `data_docs=False` leaves them out.
    """
    written = []
    for name, content in (
        ("report.json", report_json(validation, manifest)),
        ("quality.md", quality_markdown(validation, manifest)),
        ("junit.xml", junit_xml(validation, manifest)),
        ("badge.json", badge_json(validation)),
    ):
        write_bytes(folder / name, content.encode("utf-8", "replace"))
        written.append(folder / name)
    if data_docs:
        from pipelines.data_docs import write_data_docs

        written.append(write_data_docs(validation, folder / "data-docs"))
    return written


def report_json(validation: Validation, manifest: Mapping[str, Any]) -> str:
    """All that is known of the checks, for a program."""
    report = {
        "format": FORMAT,
        "dataset": manifest["name"],
        "pipeline_version": manifest.get("pipeline_version"),
        "config_sha256": manifest.get("config_sha256"),
        "rows": manifest["rows"],
        "ledger": manifest["ledger"],
        "passed": validation.passed,
        "critical_failed": validation.critical,
        "warnings": validation.warnings,
        "checks": [asdict(check) for check in validation.checks],
        "diff": diff_json(validation.diff) if validation.diff else None,
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def quality_markdown(validation: Validation, manifest: Mapping[str, Any]) -> str:
    """A page for a pull request: verdict, ledger, the checks that failed, and the others folded away."""
    sign = "✅" if validation.passed and not validation.warnings else "⚠️" if validation.passed else "❌"
    parts = [
        f"# {sign} {_plain(manifest['name'])}: {verdict(validation)}",
        f"{_number(manifest['rows'])} rows in {count_of(_data_files(manifest), 'data file')}.",
        _ledger(manifest["ledger"]),
    ]
    failed = sorted((check for check in validation.checks if not check.passed), key=lambda check: check.level)
    if failed:
        parts += ["## Checks that failed", _check_table(failed)]
        parts += [_failing(check) for check in failed if check.failing]
    if met := [check for check in validation.checks if check.passed]:
        # GitHub reads Markdown inside HTML only after an empty line.
        parts += [f"<details><summary>{count_of(len(met), 'check')} passed</summary>", _check_table(met), "</details>"]
    if validation.diff:
        parts.append(diff_markdown(validation.diff))
    return "\n\n".join(parts).rstrip() + "\n"


def _data_files(manifest: Mapping[str, Any]) -> int:
    return sum(entry["path"].startswith("data/") for entry in manifest["files"])


def _ledger(ledger: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (_plain(f"{what}: {name}"), _number(count))
        for what, numbers in ledger.items()
        for name, count in numbers.items()
    ]
    return _table(("ledger", "count"), rows, "-|--:")


def _check_table(checks: Iterable[Check]) -> str:
    rows = [
        (
            _level(check),
            f"{_plain(check.suite)}: {_plain(check.name)}",
            _plain(check.column or ""),
            _plain(check.expected),
            _plain(check.observed),
            _plain(check.meaning),
        )
        for check in checks
    ]
    return _table(("", "check", "column", "expected", "observed", "why"), rows, "-|-|-|-|-|-")


def _level(check: Check) -> str:
    if check.passed:
        return "✅"
    return "❌ critical" if check.level == "critical" else "⚠️ warning"


def _failing(check: Check) -> str:
    names = ", ".join(f"<code>{_escaped(name)}</code>" for name in check.failing)
    return f"<details><summary>{_escaped(check.suite)}: {_escaped(check.name)} fails</summary>\n\n{names}\n\n</details>"


def _number(value: Any) -> str:
    return f"{value:,}" if type(value) is int else _plain(value)


def junit_xml(validation: Validation, manifest: Mapping[str, Any]) -> str:
    """One test case for each check. A warning shows as skipped: CI displays it and goes on."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f'<testsuites name={_attribute(manifest["name"])} tests="{len(validation.checks)}" '
        f'failures="{validation.critical}" skipped="{validation.warnings}">'
    )
    for suite in dict.fromkeys(check.suite for check in validation.checks):
        checks = [check for check in validation.checks if check.suite == suite]
        failures = sum(not check.passed and check.level == "critical" for check in checks)
        skipped = sum(not check.passed and check.level == "warning" for check in checks)
        lines.append(
            f'  <testsuite name={_attribute(suite)} tests="{len(checks)}" failures="{failures}" '
            f'skipped="{skipped}" errors="0">'
        )
        for check in checks:
            lines += _test_case(check)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _test_case(check: Check) -> list[str]:
    head = f"    <testcase classname={_attribute(f'tamis.{check.suite}')} name={_attribute(check.name)}"
    if check.passed:
        return [f"{head}/>"]
    message = _attribute(f"expected {check.expected}; observed {check.observed}")
    if check.level == "warning":
        return [f"{head}>", f"      <skipped message={message}/>", "    </testcase>"]
    body = html.escape(_NOT_XML.sub("", "\n".join([check.meaning, *check.failing])))
    return [f"{head}>", f'      <failure type="critical" message={message}>{body}</failure>', "    </testcase>"]


def _attribute(value: Any) -> str:
    return quoteattr(_NOT_XML.sub("", str(value)))
