"""What CI systems read: no name of a file or record is obeyed, limits of GitHub are kept, exit codes tell the truth."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.checks.ci import (
    ANNOTATIONS,
    SUMMARY_BYTES,
    annotation,
    badge_json,
    defused,
    make_annotations,
    write_summary,
)
from pipelines.checks.found import Check, Validation
from tests.commands import Done
from tests.small_dataset import DATA, make_tables, name, write_dataset

# Every command that the runner knows, in any of its two forms.
COMMAND = re.compile(r"^::([a-z-]+)(?: ([^:]*))?::(.*)$", re.S)
HOSTILE = [
    "::add-mask::secret",
    "x\n::error::forged",
    "x\r\n::set-output name=a::b",
    "##[error]forged",
    "100% %0A::warning::forged",
    "a, title=b:c::d",
    "\u2028::notice::forged",
    "\x1b]0;me\x07 \u202egnp.exe \ud800",
]


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def runner_reads(output: str) -> list[Command]:
    """The commands that GitHub's runner finds in a step's output (actions/runner, ActionCommand.cs)."""
    found = []
    for line in re.split(r"\r\n|\r|\n", output):
        if match := COMMAND.match(line.strip()):
            pairs = dict(pair.split("=", 1) for pair in (match[2] or "").split(",") if pair)
            found.append(Command(match[1], {k: unescape(v) for k, v in pairs.items()}, unescape(match[3])))
        elif "##[" in line:
            found.append(Command("old", {}, line))
    return found


def unescape(text: str) -> str:
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def check(level: str = "critical", *, passed: bool = False, number: int = 0, failing: tuple[str, ...] = ()) -> Check:
    return Check("articles", f"check-{number}", "text", level, "1 or more", "0", passed, failing, "Why.")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_gives_the_runner_no_command(text: str) -> None:
    assert runner_reads(defused(text)) == []
    (read,) = runner_reads(annotation("error", text, f"{text}\n{text}"))
    assert (read.name, set(read.properties)) == ("error", {"title"})
    assert read.message.count("\n") >= 1
    (read,) = make_and_read(Validation((check(failing=(text,)),)))[:1]
    assert (read.name, read.properties["title"]) == ("error", "articles: check-0")


def make_and_read(validation: Validation) -> list[Command]:
    return runner_reads("\n".join(make_annotations(validation)))


def test_what_an_annotation_says_arrives() -> None:
    (read,) = runner_reads(annotation("warning", "a: b, c 5%", "50% of\nthe rows: a, b"))
    assert read == Command("warning", {"title": "a: b, c 5%"}, "50% of\nthe rows: a, b")
    (read,) = runner_reads(annotation("warning", "5%0A", "file%0Aname%25"))
    assert read == Command("warning", {"title": "5%0A"}, "file%0Aname%25")


def test_critical_checks_come_first_and_the_rest_is_counted() -> None:
    checks = [check("warning", number=number) for number in range(12)]
    checks += [check(number=number) for number in range(20, 20 + ANNOTATIONS)]
    read = make_and_read(Validation((*checks, check(passed=True, number=99))))
    assert [one.name for one in read] == ["error"] * ANNOTATIONS + ["warning"] * ANNOTATIONS + ["notice"]
    assert read[ANNOTATIONS - 1].properties["title"] == "articles: check-29"
    assert read[-2].message == "check-9, check-10, check-11; the job summary has all"
    assert "check-99" not in "".join(one.message for one in read)
    assert read[-1].message == "failed: 23 checks, 10 critical failed, 12 warnings"


def test_a_summary_is_appended_and_never_too_long(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("another step\n")
    write_summary(path, ["# one", "two"])
    assert path.read_text() == "another step\n# one\ntwo"
    write_summary(path, ["a line\n" * 400_000])
    assert SUMMARY_BYTES - 300 < path.stat().st_size <= SUMMARY_BYTES
    assert path.read_text().endswith("a line\n\n\nThe rest is too long for a job summary: see quality.md.\n")


@pytest.mark.parametrize(
    ("checks", "message", "color", "error"),
    [
        ([check(passed=True)], "1 check passed", "brightgreen", False),
        ([check(passed=True), check("warning")], "passed, 1 warning", "yellow", False),
        ([check(), check("warning")], "1 critical failed", "red", True),
        ([], "failed", "red", True),
    ],
)
def test_the_badge(checks: list[Check], message: str, color: str, error: bool) -> None:
    badge = json.loads(badge_json(Validation(tuple(checks))))
    assert badge == {"schemaVersion": 1, "label": "tamis", "message": message, "color": color, "isError": error}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "small"
    write_dataset(folder, make_tables())
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fails a critical check and a warning, and has a file with the name of a command."""
    folder = tmp_path_factory.mktemp("broken") / "small"
    tables = make_tables()
    tables.articles[1]["title"] = " "
    tables.articles[2]["url"] = "no url"
    write_dataset(folder, tables)
    (folder / "data/::add-mask::x%0A##[error]x.parquet").write_bytes((folder / DATA).read_bytes())
    return folder


def test_formats_of_a_sound_dataset(sound: Path, tamis: Callable[..., Done]) -> None:
    done = tamis("check", sound, "--format", "github")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"::notice title=tamis check::passed: \d+ checks\n", done.out)
    assert json.loads(tamis("check", sound, "--json").out)["passed"] is True


def test_formats_of_a_broken_dataset(
    broken: Path, tmp_path: Path, tamis: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    done = tamis("check", broken, "--format", "github", "--reports", tmp_path / "reports")
    assert (done.code, done.err) == (1, "")
    read = runner_reads(done.out)
    assert [(one.name, one.properties["title"]) for one in read] == [
        ("error", "articles: title-not-blank"),
        ("error", "release: files-listed"),
        ("warning", "articles: url-parses"),
        ("notice", "tamis check"),
    ]
    assert name(1) in read[0].message
    assert "data/::add-mask::x%0A##[error]x.parquet" in read[1].message
    page = (tmp_path / "summary.md").read_text("utf-8")
    assert page == (tmp_path / "reports/quality.md").read_text("utf-8")
    assert "title-not-blank" in page

    done = tamis("check", broken, "--format", "junit")
    assert done.code == 1
    assert done.out == (tmp_path / "reports/junit.xml").read_text("utf-8")
    root = ElementTree.fromstring(done.out)
    assert [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None] == [
        "title-not-blank",
        "files-listed",
    ]
    assert json.loads((tmp_path / "reports/badge.json").read_text())["message"] == "2 critical failed"


def test_text_in_a_log_of_github_gives_no_command(
    broken: Path, tamis: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = tamis("check", "##[error]x")
    assert (done.code, runner_reads(done.err)) == (3, [])
    assert "[error]x" in done.err


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--format", "yaml"], 2, "'yaml' is not one of"),
        (["--suite", "typo.json"], 2, "did you mean 'title'"),
        (["--suite", "absent.json"], 2, "cannot read the suite"),
    ],
)
def test_a_wrong_call(
    args: list[str], code: int, says: str, sound: Path, tmp_path: Path, tamis: Callable[..., Done],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    item = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "titel"}, "meta": {"id": "it"}}
    suite = {"name": "mine", "meta": {"table": "articles"}, "expectations": [item]}
    (tmp_path / "typo.json").write_text(json.dumps(suite))
    done = tamis("check", sound, *args)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert says in done.err


def test_what_could_not_be_checked_is_annotated_too(tmp_path: Path, tamis: Callable[..., Done]) -> None:
    done = tamis("check", tmp_path, "--format", "github")
    assert done.code == 3
    (read,) = runner_reads(done.out)
    assert read.name == "error"
    assert "manifest.json" in read.message
