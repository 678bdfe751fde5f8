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

from pipelines.checks.ci import badge_json
from pipelines.checks.found import Check, Validation, count_of, verdict
from pipelines.diff.report import diff_json, diff_markdown
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
        from pipelines.checks.data_docs import write_data_docs

        written.append(write_data_docs(validation, manifest, folder / "data-docs"))
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
        *_in_words(manifest),
    ]
    failed = sorted((check for check in validation.checks if not check.passed), key=lambda check: check.level)
    if failed:
        parts += ["## What failed", _check_table(failed)]
        parts += [_failing(check) for check in failed if check.failing]
    # GitHub reads Markdown inside HTML only after an empty line.
    parts += ["<details><summary>The ledger</summary>", _ledger(manifest["ledger"]), "</details>"]
    if met := [check for check in validation.checks if check.passed]:
        parts += [f"<details><summary>{count_of(len(met), 'check')} passed</summary>", _check_table(met), "</details>"]
    if validation.diff:
        parts.append(diff_markdown(validation.diff))
    return "\n\n".join(parts).rstrip() + "\n"


def _data_files(manifest: Mapping[str, Any]) -> int:
    return sum(entry["path"].startswith("data/") for entry in manifest["files"])


def _in_words(manifest: Mapping[str, Any]) -> list[str]:
    """What went in and what became of it, in two sentences; and where to read on."""
    ledger = manifest["ledger"]
    records, lines = ({"in": 0} | dict(ledger.get(what, {})) for what in ("records", "lines"))
    files = _data_files(manifest)
    said = [
        f"**{_number(manifest['rows'])}** of {_number(records['in'])} records are published, in {files} data "
        f"file{'' if files == 1 else 's'}."
    ]
    others = [f"{_number(count)} {_plain(fate)}" for fate, count in records.items() if fate not in ("in", "published")]
    said += [f"Of the others, {', '.join(others)}."] if others and records["in"] != manifest["rows"] else []
    if "dropped" in lines:
        said.append(f"Of {_number(lines['in'])} lines {_number(lines['dropped'])} left the bodies, each with a reason.")
    settings = re.sub(r"[^0-9a-f]", "", str(manifest.get("config_sha256")))[:12]
    more = (
        f"Made by tamis {_plain(manifest.get('pipeline_version'))}, settings `{settings or 'unknown'}`. "
        "`reports/quality.html` shows what was removed, the riskiest of it first."
    )
    return [" ".join(said), more]


def _ledger(ledger: Mapping[str, Mapping[str, Any]]) -> str:
    """Records and lines, each with its share of what went in."""
    rows = []
    for what, numbers in ledger.items():
        total = numbers.get("in")
        for name, count in numbers.items():
            whole = type(total) is int and type(count) is int and total
            rows.append((_plain(what), _plain(name), _number(count), f"{count / total:.1%}" if whole else ""))
    return _table(("", "", "count", "share"), rows, "-|-|--:|--:")


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
