"""Every check of rows and of the audit can fail, fails for what it is for, and for nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cleaning.rules import load_rules
from pipelines.checks.validate import (
    Validation,
    read_manifest,
    validate,
)
from tests.small_dataset import (
    DATA,
    Tables,
    failed,
    fails_for,
    make_tables,
    name,
    restate,
    write_dataset,
)

CASES = Path(__file__).parent / "cases" / "validate"
ROW_CASES = tomllib.loads((CASES / "rows.toml").read_text("utf-8"))["case"]

# Rows: all cases in one dataset, a row each, so that Great Expectations runs once.


def phrase(label: str) -> str:
    """A phrase that a rule of the packs knows as a whole line."""
    rules = load_rules().rules
    found = (rule for rule in rules if rule.label == label and rule.match == "line" and rule.site is None)
    return next(rule.drops[0] for rule in found if not (rule.confirm or rule.heading or rule.retired))


@pytest.fixture(scope="module")
def broken_rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Validation, dict[str, tuple[str, str]]]:
    """The dataset of all row cases, validated; and how reports may name the row of each case."""
    tables = make_tables(len(ROW_CASES) + 1)
    for row, case in enumerate(ROW_CASES, 1):
        if "text" in case:
            text = case["text"].replace("{boilerplate}", phrase("comment-widget"))
            tables.set_text(row, text.replace("{button}", phrase("ui-string")))
        for column, value in case.get("set", {}).items():
            tables.articles[row][column] = None if case.get("null") and value == "" else microseconds(value)
        if "doc_id" in case:
            tables.rename(row, case["doc_id"])
        tables.articles[row]["case"] = case["name"]
    tables.sort()
    names = {}
    for at, article in enumerate(tables.articles):
        names[article.pop("case", "")] = (article["doc_id"], f"row {at} of {DATA}")
    folder = tmp_path_factory.mktemp("rows") / "small"
    write_dataset(folder, tables)
    return validate(folder, read_manifest(folder)), names


def microseconds(value: Any) -> Any:
    return int(value.timestamp()) * 1_000_000 if isinstance(value, datetime) else value


@pytest.mark.parametrize("case", ROW_CASES, ids=lambda case: case["name"])
def test_a_row(case: dict[str, Any], broken_rows: tuple[Validation, dict[str, tuple[str, str]]]) -> None:
    validation, names = broken_rows
    assert fails_for(validation, *names[case["name"]]) == set(case["fails"])


def test_the_rows_that_nothing_is_wrong_with_fail_nothing(
    broken_rows: tuple[Validation, dict[str, tuple[str, str]]],
) -> None:
    validation, names = broken_rows
    assert not fails_for(validation, *names[""])
    # What fails is what the cases say, and no check over the whole.
    assert failed(validation) == {check for case in ROW_CASES for check in case["fails"]}


# The audit tables: again a document each, all in one dataset.


def add_twin_row(tables: Tables, row: int) -> None:
    tables.articles.append(dict(tables.articles[row]))


def lose_row(tables: Tables, row: int) -> None:
    tables.articles = [one for one in tables.articles if one["doc_id"] != name(row)]


def lose_fate(tables: Tables, row: int) -> None:
    tables.fates = [fate for fate in tables.fates if fate["doc_id"] != name(row)]


def add_fate(tables: Tables, row: int, **change: Any) -> None:
    fate = next(fate for fate in tables.fates if fate["doc_id"] == name(1001))
    tables.fates.append(fate | {"doc_id": name(row), "source_row": 10_000 + row} | change)


def give_second_fate(tables: Tables, row: int) -> None:
    add_fate(tables, 7_000 + row, source_row=row)


def give_fate_of_another_record(tables: Tables, row: int) -> None:
    add_fate(tables, row)


def name_a_rule_for_published(tables: Tables, row: int) -> None:
    next(fate for fate in tables.fates if fate["doc_id"] == name(row))["rule_id"] = "reject.short"


def stand_for_nothing(tables: Tables, row: int) -> None:
    add_fate(tables, 8_000 + row, fate="duplicate", evidence=name(1001))


def miscount_duplicates(tables: Tables, row: int) -> None:
    tables.articles[row]["duplicates"] = 7


def flag_duplicates(tables: Tables, row: int) -> None:
    """As `--duplicates flag` does: both are rows, and all is well."""
    tables.articles[row] |= {"duplicates": 1, "cluster_id": name(row)}
    tables.articles[0] |= {"duplicate_of": name(row)}


def repeat_line(tables: Tables, row: int) -> None:
    tables.lines.append(next(line for line in tables.lines if line["doc_id"] == name(row) and line["line_no"] == 3))


def add_foreign_line(tables: Tables, row: int) -> None:
    tables.lines.append({"doc_id": name(9_000 + row), "line_no": 1, "text": "Whose am I?"})


def decide_twice(tables: Tables, row: int) -> None:
    label = next(label for label in tables.labels if label["doc_id"] == name(row) and label["decides"])
    tables.labels.append(label | {"label": "promo"})


def label_no_line(tables: Tables, row: int) -> None:
    label = next(label for label in tables.labels if label["doc_id"] == name(row) and not label["decides"])
    tables.labels.append(label | {"line_no": 99})


def lose_line(tables: Tables, row: int) -> None:
    tables.lines = [line for line in tables.lines if (line["doc_id"], line["line_no"]) != (name(row), 3)]


def write_other_text(tables: Tables, row: int) -> None:
    tables.articles[row] |= restate(tables.articles[row]["text"] + " More.")


def miscount(column: str) -> Callable[[Tables, int], None]:
    def change(tables: Tables, row: int) -> None:
        tables.articles[row][column] += 1

    return change


def repeated_line(tables: Tables, row: int) -> None:
    """A line that another one repeats, and the row says so: all is well."""
    tables.labels = [label for label in tables.labels if label["doc_id"] != name(row)]
    label = {"doc_id": name(row), "line_no": 1, "label": "repeated", "rule_id": "repeats.line", "evidence": ""}
    tables.labels.append(label | {"decides": True})
    tables.articles[row]["repeated_chars"] = len("Sign up")


AUDIT_CASES: list[tuple[Callable[[Tables, int], None], int, set[str]]] = [
    (add_twin_row, 0, {"doc-id-unique"}),
    (lose_row, 0, {"published-have-rows"}),
    (lose_fate, 0, {"rows-have-fates", "lines-have-records"}),
    (give_second_fate, 0, {"one-fate-each"}),
    (give_fate_of_another_record, 0, {"one-fate-each"}),
    (name_a_rule_for_published, 0, {"fates-explained"}),
    (stand_for_nothing, 8_000, {"duplicates-stood-for"}),
    (miscount_duplicates, 0, {"duplicates-counted"}),
    (flag_duplicates, 0, set()),
    (repeat_line, 0, {"lines-unique", "texts-are-kept-lines"}),
    (add_foreign_line, 9_000, {"lines-have-records"}),
    (decide_twice, 0, {"one-rule-a-dropped-line"}),
    (label_no_line, 0, {"labels-have-lines"}),
    (lose_line, 0, {"texts-are-kept-lines"}),
    (write_other_text, 0, {"texts-are-kept-lines"}),
    (miscount("dropped_lines"), 0, {"dropped-lines-counted"}),
    (miscount("dropped_chars"), 0, {"dropped-lines-counted"}),
    (miscount("repeated_chars"), 0, {"dropped-lines-counted"}),
    (repeated_line, 0, set()),
    (lambda tables, row: add_fate(tables, 6_000 + row, rule_id=None), 6_000, {"fates-explained"}),
    (lambda tables, row: add_fate(tables, 6_000 + row, fate="lost"), 6_000, {"ledger-balanced"}),
]


@pytest.fixture(scope="module")
def broken_audit(tmp_path_factory: pytest.TempPathFactory) -> Validation:
    tables = make_tables(len(AUDIT_CASES) + 1)
    order = sorted(range(len(AUDIT_CASES)), key=lambda at: AUDIT_CASES[at][0] is lose_row)
    for at in order:  # the row that is lost goes last: it would move the others
        AUDIT_CASES[at][0](tables, at + 1)
    tables.sort()
    folder = tmp_path_factory.mktemp("audit") / "small"
    write_dataset(folder, tables)
    return validate(folder, read_manifest(folder))


@pytest.mark.parametrize("at", range(len(AUDIT_CASES)), ids=lambda at: f"{at}-{AUDIT_CASES[at][0].__name__}")
def test_the_audit(at: int, broken_audit: Validation) -> None:
    _, offset, fails = AUDIT_CASES[at]
    whos = {name(at + 1), name(offset + at + 1)}
    if AUDIT_CASES[at][0] is give_second_fate:
        whos.add(name(7_000 + at + 1))
    assert fails_for(broken_audit, *whos) == fails


def test_the_audit_cases_break_nothing_else(broken_audit: Validation) -> None:
    assert failed(broken_audit) == set[str]().union(*(fails for _, _, fails in AUDIT_CASES))


@pytest.mark.parametrize("policy", ["keep", "balanced"])
def test_what_a_policy_does_not_promise_is_not_asked(policy: str, tmp_path: Path) -> None:
    tables = make_tables(3)
    tables.set_text(1, f"A sentence of the article stands here.\n{phrase('comment-widget')}")
    folder = tmp_path / "small"
    write_dataset(folder, tables)
    manifest = read_manifest(folder) | {"config": {"policy": policy}}
    assert ("text-no-boilerplate" in failed(validate(folder, manifest))) == (policy == "balanced")
