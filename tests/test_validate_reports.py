"""Reports hold no text of a record, obey nothing that a name says, and are the same for the same dataset."""

from __future__ import annotations

import html.parser
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.checks.data_docs import write_data_docs
from pipelines.checks.found import Check, Validation
from pipelines.checks.report import junit_xml, quality_markdown, report_json, verdict
from pipelines.checks.validate import Asked, Counted, check_rows, measure, validate, write_reports
from pipelines.finish import _conclude, _concluded, _document
from tests.small_dataset import DATA, finish, make_tables, name, write_dataset

HOSTILE = "<script>alert('SECRET')</script>\"><img src=x onerror=SECRET()>{{7*7}}${x}|*SECRET*\u202e@SECRET"
NAME = "<script>alert(1)<script>|`@team`]]>&"


ODD = "data/<img src=x onerror=alert(1)>.parquet"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Validation, dict[str, Any], Path]:
    """Reports of a dataset in which every string is hostile and most checks fail."""
    tables = make_tables(4)
    for row, article in enumerate(tables.articles):
        tables.set_text(row, f"{HOSTILE} e\u0301\r caf\ufffd\nView more comments\n0 comments {HOSTILE}")
        for column in ("source_id", "source_file", "url", "site", "title", "publisher", "section", "language"):
            article[column] = HOSTILE
        article |= {"authors": [HOSTILE, "SECRET@example.com"], "char_count": -1, "published_precision": HOSTILE}
        article |= {"text_sha256": HOSTILE, "duplicate_of": HOSTILE, "cluster_id": HOSTILE, "duplicates": 9}
    tables.rename(2, HOSTILE)
    for label in tables.labels:
        label |= {"label": HOSTILE, "evidence": HOSTILE}
    tables.fates[-1] |= {"fate": HOSTILE, "evidence": HOSTILE}
    folder = tmp_path_factory.mktemp("hostile") / "small"
    write_dataset(folder, tables)
    (folder / ODD).write_bytes((folder / DATA).read_bytes())
    manifest = finish(folder, {"name": "small", "rows": 4, "ledger": {}})
    manifest |= {"name": NAME, "ledger": {"records": {NAME: NAME}}}
    (folder / "data" / "<script>alert(2)</script>".replace("/", "_")).write_text("SECRET")
    validation = validate(folder, manifest)
    written = write_reports(validation, manifest, folder / "reports")
    assert all(path.is_file() for path in written)
    return validation, manifest, folder / "reports"


def test_data_docs_without_what_was_concluded_before_them(tmp_path: Path) -> None:
    """The process that had concluded was killed: the one in its place concludes again, and says the same."""
    manifest = write_dataset(tmp_path / "small", make_tables(4))
    asked = Asked(tmp_path / "small", manifest)
    counted = Counted(asked, measure(asked), check_rows(asked))
    pages = []
    for before in ((), (_conclude,)):
        for step in (*before, _document):
            step(counted)
        docs = tmp_path / "small/reports/data-docs"
        pages.append(sorted(path.relative_to(docs).parts[0] for path in docs.rglob("*.html")))
    assert pages[0] == pages[1] != []
    assert not _concluded


def test_most_checks_fail(hostile: tuple[Validation, dict[str, Any], Path]) -> None:
    validation, _, _ = hostile
    assert sum(not check.passed for check in validation.checks) >= 20


def test_no_text_of_a_record_in_any_report(hostile: tuple[Validation, dict[str, Any], Path]) -> None:
    _, _, folder = hostile
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"SECRET" not in path.read_bytes(), path.name


class Page(html.parser.HTMLParser):
    """The tags and the attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(key.startswith("on") and "alert" in (value or "") for key, value in attrs)


def scripts_and_images(path: Path) -> list[str]:
    page = Page()
    page.feed(path.read_text("utf-8"))
    assert "alert(" not in "".join(re.findall(r"<script[^>]*>(.*?)</script>", path.read_text("utf-8"), re.S))
    return sorted(tag for tag in page.tags if tag in ("script", "img", "iframe", "object", "svg"))


def test_data_docs_of_a_hostile_dataset_hold_no_tag_more(
    hostile: tuple[Validation, dict[str, Any], Path], tmp_path: Path
) -> None:
    _, _, folder = hostile
    manifest = write_dataset(tmp_path / "small", make_tables())
    write_reports(validate(tmp_path / "small", manifest), manifest, tmp_path / "sound")
    pages = {path.name: path for path in (folder / "data-docs").rglob("*.html")}
    sound = {path.name: path for path in (tmp_path / "sound" / "data-docs").rglob("*.html")}
    assert pages.keys() == sound.keys() == {"index.html", "articles.html", "release.html"}
    for page in pages:
        # Marks of passed and failed are fonts, so the same dataset gives the same scripts and images.
        assert scripts_and_images(pages[page]) == scripts_and_images(sound[page])


def test_data_docs_name_what_fails(hostile: tuple[Validation, dict[str, Any], Path]) -> None:
    _, _, folder = hostile
    (page,) = (folder / "data-docs" / "validations").rglob("articles.html")
    content = page.read_text("utf-8")
    assert "text-nfc (critical)" in content
    assert "<h1>&lt;script&gt;alert(1)&lt;script&gt;|`@team`]]&gt;&amp; 1.0.0 (not declared), checked " in content
    assert name(1) in content


def test_data_docs_tell_warnings_from_failures(tmp_path: Path) -> None:
    """A dataset that passes with a warning was `Failed` on its index and on the page of the suite."""
    manifest = write_dataset(tmp_path / "small", make_tables()) | {"version": "1.2.0"}
    sound = validate(tmp_path / "small", manifest)
    for level, status, mark in (
        ("warning", "Passed, 1 warning", "fa-exclamation-triangle"),
        ("critical", "Failed, 1 critical", "fa-times"),
    ):
        fails = next(check for check in sound.checks if (check.suite, check.level) == ("release", level))
        checks = tuple(replace(check, passed=check != fails and check.passed) for check in sound.checks)
        docs = tmp_path / level
        index = write_data_docs(replace(sound, checks=checks), manifest, docs).read_text("utf-8")
        (page,) = (docs / "validations").rglob("release.html")
        content = page.read_text("utf-8")
        ended = "passed: 59 checks, 1 warning" if level == "warning" else "failed: 59 checks, 1 critical failed"
        heading = rf"<h1>small 1\.2\.0, checked 20\d\d-\d\d-\d\d: {ended}</h1>"
        assert re.search(heading, index) and re.search(heading, content)
        assert f"</i> {status}</td>" in index and "</i> Passed</td>" in index
        assert f"</i> {status}\n" in content
        row = content[: content.index(f"{fails.name} ({level})")].rpartition("<tr>")[2]
        assert re.findall(r'class="fas ([a-z-]+)', row)[-1] == mark


def test_markdown_of_a_hostile_dataset(hostile: tuple[Validation, dict[str, Any], Path]) -> None:
    _, _, folder = hostile
    content = (folder / "quality.md").read_text("utf-8")
    tags = set(re.findall(r"<[^>]*>", content))
    assert tags <= {"<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"}
    assert not re.search(r"@\w", content)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", content)
    rows = [line for line in content.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5, 7}


def test_markdown_reads_well(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path / "small", make_tables())
    write_reports(validate(tmp_path / "small", manifest), manifest, tmp_path / "reports", data_docs=False)
    head, said, more, *_ = (tmp_path / "reports/quality.md").read_text("utf-8").split("\n\n")
    assert head.startswith(("# ✅ small: ", "# ⚠️ small: ", "# ❌ small: "))
    assert said == (
        "**4** of 43 records are published, in 1 data file. Of the others, 37 duplicate, 1 rejected, 1 quarantined. "
        "Of 17 lines 4 left the bodies, each with a reason."
    )
    assert "`reports/quality.html`" in more


def test_junit_of_a_hostile_dataset_is_well_formed(hostile: tuple[Validation, dict[str, Any], Path]) -> None:
    validation, _, folder = hostile
    root = ElementTree.parse(folder / "junit.xml").getroot()
    cases = root.findall("./testsuite/testcase")
    assert len(cases) == len(validation.checks) == int(root.get("tests", ""))
    assert len(root.findall(".//failure")) == validation.critical == int(root.get("failures", ""))
    assert len(root.findall(".//skipped")) == validation.warnings
    nfc = next(case for case in cases if case.get("name") == "text-nfc")
    assert name(1) in (nfc.findtext("failure") or "")


def test_report_json(hostile: tuple[Validation, dict[str, Any], Path]) -> None:
    validation, _, folder = hostile
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["passed"] is False
    assert (report["critical_failed"], report["warnings"]) == (validation.critical, validation.warnings)
    check = next(check for check in report["checks"] if check["name"] == "text-nfc")
    assert check == {
        "suite": "articles",
        "name": "text-nfc",
        "column": "text",
        "level": "critical",
        "expected": "Unicode normalization form C",
        "observed": "8 of 8 values fail",
        "passed": False,
        "failing": [name(0), name(1), f"row 2 of {ODD}", name(3), name(0), name(1), f"row 2 of {DATA}", name(3)],
        "meaning": check["meaning"],
    }


def test_reports_are_the_same_for_the_same_dataset(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path / "small", make_tables())
    for folder in ("one", "two"):
        validation = validate(tmp_path / "small", manifest)
        write_reports(validation, manifest, tmp_path / folder, data_docs=False)
    for file in ("report.json", "quality.md", "junit.xml"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
        assert not re.search(rb"20\d\d-\d\d-\d\d", (tmp_path / "one" / file).read_bytes())
    assert not (tmp_path / "one" / "data-docs").exists()


def check(level: str, passed: bool, number: int = 0) -> Check:
    return Check("articles", f"check-{number}", "text", level, "1 or more", "0", passed, (), "Why.")


MANIFEST = {"name": "small", "rows": 1234, "files": [{"path": "data/a.parquet"}], "ledger": {"records": {"in": 2000}}}


@pytest.mark.parametrize(
    ("checks", "words", "sign"),
    [
        ([check("critical", True)], "passed: 1 check", "✅"),
        ([check("critical", True), check("warning", False)], "passed: 2 checks, 1 warning", "⚠️"),
        ([check("critical", False), check("warning", False)], "failed: 2 checks, 1 critical failed, 1 warning", "❌"),
        ([], "failed: 0 checks", "❌"),
    ],
)
def test_the_verdict(checks: list[Check], words: str, sign: str) -> None:
    validation = Validation(tuple(checks))
    assert verdict(validation) == words
    assert quality_markdown(validation, MANIFEST).startswith(f"# {sign} small: {words}\n")


def test_markdown_shows_critical_failures_first_and_folds_what_passed() -> None:
    checks = (check("critical", True, 1), check("warning", False, 2), check("critical", False, 3))
    page = quality_markdown(Validation(checks), MANIFEST)
    assert page.index("check-3") < page.index("check-2") < page.index("<details>") < page.index("check-1")
    assert "**1,234** of 2,000 records are published, in 1 data file." in page
    assert "| records | in | 2,000 |" in page


def test_a_warning_does_not_fail_a_ci_job() -> None:
    root = ElementTree.fromstring(junit_xml(Validation((check("warning", False),)), MANIFEST))
    assert (root.get("failures"), root.get("skipped")) == ("0", "1")
    assert json.loads(report_json(Validation((check("warning", False),)), MANIFEST))["passed"] is True
