"""What changed between two datasets: rows, columns, drift, rules and version; and what a gate makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.checks.baseline import BASELINE_MEASURES, measure_baseline
from pipelines.checks.measures import DatasetError
from pipelines.checks.suites import SuiteError
from pipelines.checks.validate import judge, read_manifest, validate
from pipelines.diff.compare import Diff, diff
from pipelines.diff.report import diff_json, diff_markdown, drift_verdict, rule_rows, summary_lines
from pipelines.diff.schema_changes import ColumnChange, compare_schemas
from pipelines.diff.version_step import Changes, declared_step, version_step
from pipelines.errors import CallError
from tests.commands import Done
from tests.small_dataset import Tables, failed, found, make_tables, name, write_dataset
from tests.test_validate_whole import edit_manifest, rewrite_data

# Rows.


def pair(tmp_path: Path, change: Callable[[Tables], Any], rows: int = 6) -> Diff:
    """A small dataset and the same with a change, compared."""
    write_dataset(tmp_path / "old", make_tables(rows))
    tables = make_tables(rows)
    change(tables)
    tables.sort()
    write_dataset(tmp_path / "new", tables)
    return diff(tmp_path / "old", tmp_path / "new")


def lose(tables: Tables, row: int, *, rule: str | None = "dedupe.near") -> None:
    """Row `row` is no longer published: a rule rejects it, or (None) the input does not have it."""
    who = name(row)
    tables.articles = [one for one in tables.articles if one["doc_id"] != who]
    if rule is None:
        for table in ("lines", "labels", "fates"):
            setattr(tables, table, [one for one in getattr(tables, table) if one["doc_id"] != who])
    else:
        next(one for one in tables.fates if one["doc_id"] == who).update(fate="rejected", rule_id=rule)


def test_rows_are_told_by_doc_id_and_sha256(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        tables.set_text(1, "Another text of the same article, which is longer.")
        tables.articles[2] |= {"title": "Another title", "site": "example.org"}
        tables.articles[3] |= {"pipeline_version": "9.9.9", "config_sha256": "1" * 64}
        lose(tables, 4)
        lose(tables, 5, rule=None)
        tables.rename(0, name(77))

    found = pair(tmp_path, change)
    rows = found.rows
    assert (rows.added, rows.removed, rows.changed_text, rows.changed_other, rows.same) == (1, 3, 1, 1, 1)
    assert (rows.added_ids, rows.removed_ids) == ((name(77),), (name(0), name(4), name(5)))
    assert rows.changed_ids == (name(1), name(2))
    measures, _ = measure_baseline(found)
    assert (measures["rows_changed"].failing, measures["changed_share"].failing) == (rows.changed_ids, (name(1),))
    sums = dict.fromkeys(("char_count", "line_count", "word_count"), 1)
    assert rows.columns == {"site": 1, "title": 1, **sums}


def test_columns_of_rows_whose_text_changed_are_counted(tmp_path: Path) -> None:
    """As a rule does that takes the line out which the author stands in."""

    def change(tables: Tables) -> None:
        for row in (1, 2):
            tables.set_text(row, "The council met on another day.")
            tables.articles[row] |= {"title": None}
        tables.articles[3] |= {"title": None}

    found = pair(tmp_path, change)
    assert (found.rows.changed_text, found.rows.changed_other) == (2, 1)
    assert (found.rows.columns["title"], found.rows.columns["char_count"]) == (3, 2)
    assert diff_json(found)["rows"]["columns"]["title"] == 3
    assert dict(summary_lines(found))["columns"].startswith("title 3, char_count 2")


def test_why_rows_are_gone_or_new(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        lose(tables, 3)
        lose(tables, 4)
        lose(tables, 5, rule=None)

    found = pair(tmp_path, change)
    assert [(why.rule_id, why.rows, why.doc_ids) for why in found.why_removed] == [
        ("dedupe.near", 2, (name(3), name(4))),
        ("", 1, (name(5),)),
    ]
    back = diff(tmp_path / "new", tmp_path / "old")
    assert [(why.rule_id, why.rows) for why in back.why_added] == [("dedupe.near", 2), ("", 1)]
    words = dict(summary_lines(found))
    assert words["removed"] == "dedupe.near 2, not in the newer input 1"


def test_the_versions_are_said_as_they_are_meant(tmp_path: Path) -> None:
    """A dataset that declares none is 1.0.0, and is said to be."""
    pair(tmp_path, lambda tables: None)
    for versions, said in (
        ((None, None), "neither of them declares a version"),
        ((None, "1.0.1"), "only one of them declares a version"),
    ):
        for side, version in zip(("old", "new"), versions, strict=True):
            edit_manifest(tmp_path / side, lambda manifest, version=version: manifest | {"version": version})
        words = dict(summary_lines(diff(tmp_path / "old", tmp_path / "new")))
        assert words["version"].endswith(said)
        assert ("1.0.0 (not declared)" in words["from"]) == (versions[0] is None)


def test_the_same_dataset_twice(tmp_path: Path) -> None:
    found = pair(tmp_path, lambda tables: None)
    assert found.identical
    assert found.rules_apart == 0
    assert "rules" not in dict(summary_lines(found))
    assert (found.rows.same, found.rules, found.schema, found.settings) == (6, (), (), ())
    assert (found.step.calls_for, judge(found).passed) == ("none", True)
    assert dict(summary_lines(found))["version"] == "no change; neither of them declares a version"
    for side in ("old", "new"):
        edit_manifest(tmp_path / side, lambda manifest: manifest | {"version": "1.2.0"})
    assert dict(summary_lines(diff(tmp_path / "old", tmp_path / "new")))["version"] == "no change"


def test_a_doc_id_that_stands_twice_is_one_row(tmp_path: Path) -> None:
    rows = pair(tmp_path, lambda tables: tables.articles.append(dict(tables.articles[2]))).rows
    assert (rows.added, rows.removed, rows.changed, rows.same) == (0, 0, 0, 6)


# Rules.


def test_what_a_rule_change_did(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for label in tables.labels:
            if label["doc_id"] in (name(0), name(1)) and label["decides"]:
                label["rule_id"] = "en.test.renamed"  # charged to another rule
            if label["doc_id"] == name(2) and label["line_no"] == 2:
                label["decides"] = True  # a line leaves the body
        tables.labels = [
            one for one in tables.labels if not (one["doc_id"] == name(3) and one["decides"])
        ]  # one is back
        for line in tables.lines:
            if line["doc_id"] == name(4) and line["line_no"] == 1:
                line["text"] = "Another source"
        for label in tables.labels:
            if label["doc_id"] == name(4):
                label["rule_id"] = "en.test.source"  # the source changed: this is no doing of the rules

    found = pair(tmp_path, change)
    rules = {rule.rule_id: rule for rule in found.rules}
    assert (found.rules_apart, diff_json(found)["rules_apart"]) == (1, 1)
    assert dict(summary_lines(found))["rules"].startswith(
        "not compared in 1 document of both, whose source lines differ"
    )
    assert "not compared in 1 document of both" in diff_markdown(found)
    newsletter, renamed, generated = (rules[f"en.test.{key}"] for key in ("newsletter", "renamed", "generated-section"))
    assert rules.keys() == {"en.test.newsletter", "en.test.renamed", "en.test.generated-section"}
    assert (renamed.gained, renamed.gained_kept, renamed.lost, renamed.doc_ids) == (2, 0, 0, (name(0), name(1)))
    assert (generated.gained, generated.gained_kept, generated.doc_ids) == (1, 1, (name(2),))
    assert (newsletter.old_lines, newsletter.new_lines, newsletter.lost, newsletter.lost_kept) == (5, 2, 3, 1)
    assert newsletter.doc_ids == (name(0), name(1), name(3))


def test_without_an_audit_rules_are_not_compared(tmp_path: Path) -> None:
    pair(tmp_path, lambda tables: lose(tables, 3))
    edit_manifest(tmp_path / "new", lambda m: m | {"files": [x for x in m["files"] if x["path"].startswith("data/")]})
    found = diff(tmp_path / "old", tmp_path / "new")
    assert (found.rules, found.why_removed) == ((), ())
    assert found.rules_absent == "the newer dataset is without its audit"
    assert found.rows.removed == 1


# Columns.


@pytest.mark.parametrize(
    ("change", "want"),
    [
        (lambda columns: columns[1:], [ColumnChange("a", "removed", "string", None, True)]),
        (
            lambda columns: [*columns, {"name": "d", "type": "string", "nullable": True}],
            [ColumnChange("d", "added", None, "string", False)],
        ),
        (
            lambda columns: [columns[0], columns[1] | {"type": "int64"}, columns[2]],
            [ColumnChange("b", "type", "int32", "int64", False)],
        ),
        (
            lambda columns: [columns[0] | {"type": "int32"}, *columns[1:]],
            [ColumnChange("a", "type", "string", "int32", True)],
        ),
        (
            lambda columns: [columns[0] | {"nullable": True}, *columns[1:]],
            [ColumnChange("a", "nullable", "never null", "may be null", True)],
        ),
        (
            lambda columns: [*columns[:2], columns[2] | {"nullable": False}],
            [ColumnChange("c", "nullable", "may be null", "never null", False)],
        ),
        (lambda columns: [columns[1], columns[0], columns[2]], [ColumnChange("b", "moved", None, None, False)]),
        (lambda columns: [*columns[:2], columns[2] | {"type": "list<element: string>"}], []),
    ],
)
def test_columns(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], want: list[ColumnChange]) -> None:
    columns = [
        {"name": "a", "type": "string", "nullable": False},
        {"name": "b", "type": "int32", "nullable": False},
        {"name": "c", "type": "list<item: string>", "nullable": True},
    ]
    assert list(compare_schemas(columns, change(columns))) == want


def test_a_dataset_of_another_schema_is_compared_by_what_both_have(tmp_path: Path) -> None:
    """An older release lacked columns that this version writes, and had one that is gone."""
    tables = make_tables(3)
    write_dataset(tmp_path / "old", tables)
    write_dataset(tmp_path / "new", tables)
    older = rewrite_data(
        lambda table: table.drop_columns(["site", "char_count", "flags"]).append_column("mood", pa.array([1] * 3)),
        declare=True,
    )
    older(tmp_path / "old", tables)
    found = diff(tmp_path / "old", tmp_path / "new")
    assert {(one.column, one.change) for one in found.schema} == {
        ("mood", "removed"), ("site", "added"), ("char_count", "added"), ("flags", "added"),
    }  # fmt: skip
    assert (found.rows.same, found.identical) == (3, False)
    assert {drift.name for drift in found.drift} >= {"languages", "null rate of cluster_id"}
    measures, absent = measure_baseline(found)
    assert absent.keys() == {"drift_sites", "drift_lengths", "ks_lengths"}
    assert measures.keys() | absent.keys() == BASELINE_MEASURES.keys()
    validation = judge(found)
    assert {"breaking-declared", "drift-sites", "drift-lengths-limit", "ks-lengths"} <= failed(validation)
    assert "no such column" in found_check(validation, "drift-sites-limit")


def found_check(validation: Any, check: str) -> str:
    return found(validation, check).observed


# Version.

NOTHING = {"breaking": (), "columns": 0, "added": 0, "removed": 0, "texts": 0, "others": 0, "settings": ()}


@pytest.mark.parametrize(
    ("changes", "calls_for"),
    [
        ({}, "none"),
        ({"others": 1}, "patch"),
        ({"texts": 10}, "patch"),
        ({"texts": 11}, "minor"),
        ({"texts": 1, "settings": ("policy",)}, "minor"),
        ({"settings": ("policy",)}, "none"),
        ({"removed": 10}, "patch"),
        ({"removed": 11}, "major"),
        ({"removed": 60, "taken_down": 60}, "patch"),
        ({"removed": 60, "taken_down": 50}, "patch"),
        ({"removed": 60, "taken_down": 49}, "major"),
        ({"added": 1}, "minor"),
        ({"columns": 1}, "minor"),
        ({"breaking": ("text",), "added": 5, "removed": 5}, "major"),
    ],
)
def test_the_step_that_changes_call_for(changes: dict[str, Any], calls_for: str) -> None:
    step = version_step(Changes(old_rows=100, new_rows=100, **{**NOTHING, **changes}), "1.0.0", "1.0.0")
    assert step.calls_for == calls_for
    assert bool(step.because) == (calls_for != "none")
    assert step.enough == (calls_for == "none")


def test_before_one_a_minor_step_may_break() -> None:
    changes = Changes(old_rows=100, new_rows=100, **{**NOTHING, "breaking": ("text",)})
    assert version_step(changes, "0.3.1", "0.4.0").enough
    assert not version_step(changes, "0.3.1", "0.3.2").enough
    assert not version_step(changes, "1.3.1", "1.4.0").enough


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("1.2.3", "1.2.3", "none"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.10.0", "minor"),
        ("9.2.3", "10.0.0", "major"),
        ("1.2.3", "1.2.2", "back"),
        ("2.0.0", "1.9.9", "back"),
        ("1.2.0", "1.2.0-rc.1", "back"),
        ("2.0.0-rc.1", "2.0.0", "major"),
        ("1.0.1-rc.1", "1.0.1", "patch"),
        ("1.2.3", "1.2.3+build.5", "none"),
        (None, "1.0.0", "unknown"),
        ("1.0.0", "v1.0.1", "unknown"),
        ("1.0", "1.1", "unknown"),
        ("01.0.0", "2.0.0", "unknown"),
        ("1" * 5000 + ".0.0", "2.0.0", "unknown"),
    ],
)
def test_the_declared_step(old: str | None, new: str | None, step: str) -> None:
    assert declared_step(old, new) == step


# Drift, and the gate.


def make_many(rows: int = 300) -> Tables:
    tables = make_tables(rows)
    for row, article in enumerate(tables.articles):
        article |= {"flags": ["repeated-body"] if row % 10 == 0 else [], "section": "Sport" if row % 2 else None}
        article["site"] = ("a.example", "b.example", "c.example")[row % 3]
    return tables


def drift_all(tables: Tables) -> None:
    for row, article in enumerate(tables.articles):
        article |= {"language": "ko" if row % 2 else "en", "site": "d.example" if row % 3 else "a.example"}
        article |= {"flags": ["truncated"], "section": None, "char_count": 5_000 + row}


def many(tmp_path: Path, change: Callable[[Tables], Any], **said: Any) -> Diff:
    write_dataset(tmp_path / "old", make_many())
    tables = make_many()
    change(tables)
    write_dataset(tmp_path / "new", tables)
    for side in ("old", "new"):
        version = said.get(side, "1.0.0")
        edit_manifest(tmp_path / side, lambda manifest, version=version: manifest | {"version": version})
    return diff(tmp_path / "old", tmp_path / "new")


def test_drift_fails_the_gate(tmp_path: Path) -> None:
    found = many(tmp_path, drift_all, new="1.0.1")
    assert {drift.name for drift in found.drift if drift_verdict(drift) == "critical"} == {
        "languages", "sites", "lengths", "flag repeated-body", "flag truncated", "null rate of section",
    }  # fmt: skip
    validation = judge(found)
    drifts = {f"drift-{what}" for what in ("languages", "sites", "lengths", "flags", "nulls")}
    assert failed(validation) == drifts | {f"{check}-limit" for check in drifts} | {"ks-lengths"}
    assert not validation.passed
    assert "en 100.0% → 50.0%" in found_check(validation, "drift-languages")
    assert "flag truncated: share 0.0% → 100.0%" in found_check(validation, "drift-flags-limit")


def test_a_shift_worth_a_look_warns(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for article in tables.articles[:12]:
            article["language"] = "de"

    validation = judge(many(tmp_path, change, new="1.0.1"))
    assert (failed(validation), validation.passed) == ({"drift-languages"}, True)


def test_rows_and_texts_that_go(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for row in range(40):
            tables.set_text(row, "The council met again and said nothing new of the bridge that day.")
        for row in range(100, 300):
            lose(tables, row)

    found = many(tmp_path, change, new="1.0.1")
    assert (found.rows.removed, found.rows.changed_text) == (200, 40)
    want = {"rows-kept", "rows-kept-limit", "texts-kept", "version-step"}
    assert want <= failed(judge(found))
    assert "calls for major (200 of 300 rows are gone; 40 of 100 texts changed), declared: patch" in found_check(
        judge(found), "version-step"
    )


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ("1.0.0", "1.1.0", set()),
        ("1.0.0", "1.0.1", {"version-step"}),
        ("1.0.0", "1.0.0", {"version-step"}),
        ("1.0.0", None, {"version-declared"}),
        ("1.0.0", "0.9.0", {"version-step"}),
    ],
)
def test_a_version_that_says_too_little(old: str, new: str | None, fails: set[str], tmp_path: Path) -> None:
    write_dataset(tmp_path / "old", make_tables(20))
    write_dataset(tmp_path / "new", make_tables(21))
    for side, version in (("old", old), ("new", new)):
        edit_manifest(tmp_path / side, lambda manifest, version=version: manifest | {"version": version})
    assert failed(judge(diff(tmp_path / "old", tmp_path / "new"))) == fails


def test_every_baseline_check_has_been_seen_to_fail(tmp_path: Path) -> None:
    write_dataset(tmp_path / "empty", make_tables(0))
    write_dataset(tmp_path / "some", make_tables(3))
    empty = judge(diff(tmp_path / "empty", tmp_path / "some"))
    assert failed(empty) == {"baseline-has-rows", "version-declared"}
    assert not empty.passed
    gone = judge(diff(tmp_path / "some", tmp_path / "empty"))
    assert failed(gone) == {"rows-kept", "rows-kept-limit", "version-declared"}
    drifts = {
        f"drift-{what}{part}" for what in ("languages", "sites", "lengths", "flags", "nulls") for part in ("", "-limit")
    }
    seen = failed(empty) | failed(gone) | drifts | {"ks-lengths", "texts-kept", "version-step", "breaking-declared"}
    assert {check.name for check in gone.checks} == seen


def test_an_increment_need_not_have_what_the_baseline_has(tmp_path: Path) -> None:
    write_dataset(tmp_path / "old", make_tables(40))
    tables = make_tables(50)
    tables.articles = tables.articles[40:]
    write_dataset(tmp_path / "new", tables)
    sha256 = diff(tmp_path / "old", tmp_path / "new").old.manifest_sha256
    against = [{"name": "old", "rows": 40, "manifest_sha256": sha256}]
    edit_manifest(tmp_path / "new", lambda manifest: manifest | {"against": against})
    found = diff(tmp_path / "old", tmp_path / "new")
    assert (found.increment, found.rows.added, found.rows.removed) == (True, 10, 40)
    assert (found.step.calls_for, found.step.because) == ("minor", ("10 rows added",))
    assert not {"rows-kept", "rows-kept-limit"} & failed(judge(found))


def test_a_take_down_is_a_patch_however_large(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for row in range(3):
            lose(tables, row, rule=None)

    assert pair(tmp_path, change).step.calls_for == "major"
    for stones in ([{"doc_id": name(row)} for row in range(3)], [{"doc_id": name(0)}, {"site": "www.Example.com"}]):
        text = "".join(json.dumps(stone | {"version": "1.0.1"}) + "\n" for stone in stones)
        (tmp_path / "new/tombstones.jsonl").write_text(text)
        found = diff(tmp_path / "old", tmp_path / "new")
        assert (found.rows.removed, found.rows.taken_down) == (3, 3)
        assert (found.step.calls_for, found.step.because) == ("patch", ("3 rows taken down",))
        assert not {"rows-kept", "rows-kept-limit"} & failed(judge(found))
    (tmp_path / "new/tombstones.jsonl").write_text(json.dumps({"doc_id": name(0), "version": "1.0.1"}) + "\n")
    found = diff(tmp_path / "old", tmp_path / "new")
    assert found.step.because == ("2 of 6 rows are gone", "1 row taken down")
    assert "rows-kept" in failed(judge(found))


def test_check_with_a_baseline(tmp_path: Path) -> None:
    write_dataset(tmp_path / "old", make_tables(20))
    write_dataset(tmp_path / "new", make_tables(22))
    manifest = read_manifest(tmp_path / "new")
    suite = {
        "name": "mine",
        "meta": {"table": "baseline"},
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "rows_added", "min_value": 3},
                "meta": {"id": "enough-news"},
            }
        ],
    }
    (tmp_path / "mine.json").write_text(json.dumps(suite))
    validation = validate(tmp_path / "new", manifest, baseline=tmp_path / "old", suites=tmp_path / "mine.json")
    assert failed(validation) == {"version-declared", "enough-news"}
    assert found(validation, "enough-news").failing == (name(20), name(21))
    assert validation.diff == diff(tmp_path / "old", tmp_path / "new")
    with pytest.raises(SuiteError, match=r"mine\.json is about what changed since a baseline"):
        validate(tmp_path / "new", manifest, suites=tmp_path / "mine.json")
    with pytest.raises(CallError, match="its own baseline"):
        validate(tmp_path / "new", manifest, baseline=tmp_path / "x" / ".." / "new")


# What is hostile, and what is no dataset.

HOSTILE = "<img src=x onerror=SECRET()> SECRET | `x`\n::error::SECRET"


def test_no_text_of_a_record_is_told(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for row, article in enumerate(tables.articles):
            article |= {"site": HOSTILE, "language": HOSTILE, "flags": [HOSTILE], "title": HOSTILE}
            tables.set_text(row, HOSTILE)
        tables.rename(5, HOSTILE)
        for label in tables.labels:
            label |= {"rule_id": HOSTILE, "label": HOSTILE, "decides": True}
        tables.fates[-1] |= {"rule_id": HOSTILE}

    found = many(tmp_path, change)
    edit_manifest(tmp_path / "new", lambda m: m | {"name": "<b>|`x`@team", "config": {"<i>": "|\n"}})
    found = diff(tmp_path / "old", tmp_path / "new")
    assert "SECRET" not in json.dumps(diff_json(found))
    assert "SECRET" not in json.dumps([check.observed for check in judge(found).checks])
    page = diff_markdown(found)
    assert "SECRET" not in page
    assert "<" not in page.replace("&lt;", "")
    assert "@team" not in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert rows
    assert not [row for row in rows if not row.endswith("|")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no dataset"),
        (lambda folder: edit_manifest(folder, lambda m: m | {"format": 2}), "format 2; this version of tamis reads 1"),
        (lambda folder: next((folder / "data").iterdir()).unlink(), "is missing"),
        (lambda folder: next((folder / "data").iterdir()).write_bytes(b"no Parquet"), "cannot read"),
        (lambda folder: drop_column(folder, "text_sha256"), "no column text_sha256"),
        (lambda folder: drop_column(folder, "doc_id"), "no column doc_id"),
        (lambda folder: (folder / "audit/labels.parquet").write_bytes(b"PAR1"), "cannot"),
    ],
)
@pytest.mark.parametrize("side", ["old", "new"])
def test_what_cannot_be_compared(change: Callable[[Path], Any], says: str, side: str, tmp_path: Path) -> None:
    for folder in ("old", "new"):
        write_dataset(tmp_path / folder, make_tables(3))
    change(tmp_path / side)
    with pytest.raises(DatasetError) as caught:
        diff(tmp_path / "old", tmp_path / "new")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def drop_column(folder: Path, column: str) -> None:
    (path,) = (folder / "data").iterdir()
    pq.write_table(pq.read_table(path).drop_columns([column]), path)


# The command.


def test_the_command(tmp_path: Path, tamis: Callable[..., Done]) -> None:
    many(tmp_path, drift_all, new="1.0.1")
    old, new = tmp_path / "old", tmp_path / "new"
    same = tamis("diff", old, old)
    assert (same.code, same.err) == (0, "")
    assert "the same, in the same columns" in same.out
    text = tamis("diff", old, new)
    assert (text.code, text.err) == (1, "")
    assert "300 changed otherwise" in text.out
    assert "critical: drift-languages-limit" in text.out
    told = json.loads(tamis("diff", old, new, "--json").out)
    assert (told["passed"], told["rows"]["changed"], told["identical"]) == (False, 300, False)
    assert told["version"] == {
        "calls_for": "patch",
        "because": ["other columns corrected in 300 rows"],
        "old": "1.0.0",
        "new": "1.0.1",
        "declared": "patch",
        "enough": True,
    }
    page = tamis("diff", old, new, "--format", "markdown")
    assert page.out.startswith("## What changed since small 1.0.0\n")
    assert "| languages |" in page.out
    assert tamis("diff", old, tmp_path / "absent").code == 3
    assert tamis("check", old, "--baseline", old).code == 2


def test_check_tells_of_the_baseline_in_all_formats(tmp_path: Path, tamis: Callable[..., Done]) -> None:
    write_dataset(tmp_path / "old", make_tables(20))
    write_dataset(tmp_path / "new", make_tables(22))
    call = ("check", tmp_path / "new", "--baseline", tmp_path / "old")
    text = tamis(*call)
    assert text.code == 0
    assert "2 added" in text.out
    assert json.loads(tamis(*call, "--json").out)["diff"]["rows"]["added"] == 2
    assert "## What changed since small" in tamis(*call, "--format", "markdown").out
    assert 'name="baseline"' in tamis(*call, "--format", "junit").out
    assert "::warning title=baseline%3A version-declared::" in tamis(*call, "--format", "github").out
    done = tamis(*call, "--reports", tmp_path / "reports")
    assert done.code == 0
    assert (tmp_path / "reports/data-docs").is_dir()
    assert list((tmp_path / "reports/data-docs").rglob("baseline.html"))


def test_a_real_rule_change(tmp_path: Path, sample: Path, tamis: Callable[..., Done]) -> None:
    """The sample under two policies: headings of generated sections leave the bodies of two documents."""
    for policy in ("balanced", "strict"):
        done = tamis("run", sample, "-o", tmp_path / policy, "--policy", policy, "--workers", "1", "--json")
        assert done.code == 0, done.err
    found = diff(tmp_path / "balanced", tmp_path / "strict")
    assert [setting.key for setting in found.settings] == ["policy"]
    rule = next(rule for rule in found.rules if rule.rule_id == "en.generated.heading")
    assert (rule.old_lines, rule.gained, rule.gained_kept, rule.lost, rule.documents) == (0, 7, 7, 0, 2)
    assert set(rule.doc_ids) <= set(found.rows.changed_ids)
    assert found.step.calls_for == "minor"
    assert rule_rows(found)[0][0] == "en.generated.heading"
