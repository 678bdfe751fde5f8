"""A suite with a mistake is an error that names it; a user's own suites stand beside ours."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.tables import ARTICLES
from pipelines.checks.evaluate import quiet
from pipelines.checks.measures import MEASURES, find_files, measure_files
from pipelines.checks.recount import recount
from pipelines.checks.suites import SuiteError, load_suites, read_suite
from pipelines.checks.validate import validate
from pipelines.errors import CallError
from tests.small_dataset import make_tables, write_dataset

CASES = Path(__file__).parent / "cases" / "validate" / "suites.toml"
TITLES: dict[str, Any] = {
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "title", "mostly": 0.5},
    "meta": {"id": "titles"},
}


def suite(*items: dict[str, Any], name: str = "mine", table: str = "articles") -> str:
    return json.dumps({"name": name, "meta": {"table": table}, "expectations": items})


@pytest.fixture(scope="module", autouse=True)
def ours() -> None:
    """Our own suites read well, and our expectations are known to those that follow."""
    with quiet():
        names = {item.name for suite in load_suites() for item in suite.items}
    assert {"text-not-blank", "doc-id-unique"} <= names


@pytest.mark.parametrize("case", tomllib.loads(CASES.read_text("utf-8"))["case"], ids=lambda case: case["name"])
def test_a_mistake_is_named(case: dict[str, Any]) -> None:
    item = {"meta": {"id": "it"}} | case.get("item", {})
    content = case.get("content") or suite(item, table=case.get("table", "articles"))
    with pytest.raises(SuiteError) as caught:
        read_suite(content, "mine.json")
    for words in case["says"]:
        assert words in str(caught.value)
    assert str(caught.value).startswith("mine.json")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CallError)


def test_a_sound_suite_is_read() -> None:
    read = read_suite(suite(TITLES), "mine.json")
    (item,) = read.items
    assert (read.name, read.table, item.columns, item.level) == ("mine", "articles", ("title",), "critical")
    assert item.expected == "a value, in 0.5 of the values at least"


def test_an_id_is_given_once() -> None:
    with pytest.raises(SuiteError, match="'titles' is given twice"):
        read_suite(suite(TITLES, TITLES), "mine.json")


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"min_value": 1}, "1 or more"),
        ({"max_value": 0.05}, "at most 0.05"),
        ({"min_value": 0, "max_value": 1}, "from 0 to 1"),
        ({"min_value": 3, "max_value": 3}, "3"),
    ],
)
def test_limits_in_words(kwargs: dict[str, float], words: str) -> None:
    between = {"type": "expect_column_values_to_be_between", "meta": {"id": "it"}}
    read = read_suite(suite(between | {"kwargs": {"column": "char_count"} | kwargs}), "mine.json")
    assert read.items[0].expected == words


def test_suites_of_a_folder_stand_beside_ours(tmp_path: Path) -> None:
    tables = make_tables(3)
    for article in tables.articles[:2]:
        article["title"] = None
    manifest = write_dataset(tmp_path / "small", tables)
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "a.json").write_text(suite(TITLES))
    limit = {"type": "expect_column_values_to_be_between", "severity": "warning", "meta": {"id": "few-null"}}
    share = limit | {"kwargs": {"column": "null_share_title", "max_value": 0.7}}
    (suites / "b.json").write_text(suite(share, name="shares", table="release"))
    checks = validate(tmp_path / "small", manifest, suites=suites).checks
    assert [check.suite for check in checks][-2:] == ["mine", "shares"]
    titles, nulls = checks[-2:]
    assert (titles.passed, titles.observed, titles.level) == (False, "2 of 3 values fail", "critical")
    assert (nulls.passed, nulls.observed, nulls.expected) == (True, "0.6667", "at most 0.7")
    assert all(check.passed for check in checks[:-2])


@pytest.mark.parametrize(("mostly", "passed"), [(0.33, True), (0.34, False)])
def test_mostly_counts_over_all_shards(mostly: float, passed: bool, tmp_path: Path) -> None:
    tables = make_tables(3)
    for article in tables.articles[1:]:
        article["title"] = None
    manifest = write_dataset(tmp_path / "small", tables, files=3)
    item = TITLES | {"kwargs": {"column": "title", "mostly": mostly}}
    (tmp_path / "mine.json").write_text(suite(item))
    check = validate(tmp_path / "small", manifest, suites=tmp_path / "mine.json").checks[-1]
    assert check.passed is passed


def test_a_condition_may_name_other_columns(tmp_path: Path) -> None:
    tables = make_tables(2)
    tables.articles[0] |= {"section": "Sport", "publisher": None}
    tables.articles[1] |= {"section": None, "publisher": None}
    manifest = write_dataset(tmp_path / "small", tables)
    kwargs = {
        "column": "publisher",
        "row_condition": 'col("section").notNull()',
        "condition_parser": "great_expectations",
    }
    (tmp_path / "mine.json").write_text(suite(TITLES | {"kwargs": kwargs}))
    check = validate(tmp_path / "small", manifest, suites=tmp_path / "mine.json").checks[-1]
    assert check.observed == "1 of 1 values fail"


@pytest.mark.parametrize("what", ["nothing", "empty", "binary"])
def test_suites_that_are_not_there(what: str, tmp_path: Path) -> None:
    path = tmp_path / what
    if what == "empty":
        path.mkdir()
    if what == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    with quiet(), pytest.raises(SuiteError):
        load_suites(path)


def test_two_suites_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(suite(TITLES, name="articles"))
    with quiet(), pytest.raises(SuiteError, match="called 'articles' already"):
        load_suites(tmp_path)


def test_every_number_of_the_release_table_is_measured(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path, make_tables())
    files = find_files(tmp_path, manifest)
    measures, absent = recount(files, manifest)
    assert not absent
    assert measures.keys() | measure_files(files, manifest).keys() == MEASURES.keys()
    assert all(f"null_share_{field.name}" in MEASURES for field in ARTICLES if field.nullable)


# Expectations of one's own.

EXAMPLE = Path(__file__).parents[1] / "expectations/examples/suites"


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    tables = make_tables(12)
    tables.articles[4]["title"] = "COUNCIL VOTES 7 TO 2"
    tables.articles[5]["title"] = "시의회, 다리 건설 의결"
    manifest = write_dataset(tmp_path / "small", tables)
    checks = {check.name: check for check in validate(tmp_path / "small", manifest, suites=EXAMPLE).checks}
    shouted = checks["titles-not-shouted"]
    assert (shouted.passed, shouted.level, shouted.observed) == (False, "warning", "1 of 12 values fail")
    assert shouted.failing == (tables.articles[4]["doc_id"],)
    assert checks["dated"].passed
    assert checks["enough-articles"].passed
    assert checks["titles-found"].observed == "0"


def module_suite(module: Any) -> str:
    item = {"type": "expect_column_values_to_have_few_capitals", "kwargs": {"column": "title", "most": 1}}
    suite = {"name": "mine", "meta": {"table": "articles", "module": module}, "expectations": [item]}
    suite["expectations"][0]["meta"] = {"id": "it"}
    return json.dumps(suite)


@pytest.mark.parametrize(
    ("module", "content", "says"),
    [
        ("absent.py", None, "there is no absent.py beside it"),
        ("../house_rules.py", None, "has to be the name of a Python file beside the suite"),
        ("os", None, "has to be the name of a Python file"),
        (["x.py"], None, "has to be the name of a Python file"),
        ("broken.py", "def f(:", "broken.py cannot be imported: SyntaxError"),
        ("raises.py", "import nothing_of_that_name", "raises.py cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_module_that_cannot_be_had(module: Any, content: str | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / module).write_text(content)
    with pytest.raises(SuiteError) as caught:
        read_suite(module_suite(module), "mine.json", folder=tmp_path)
    assert says in str(caught.value)
    assert str(caught.value).startswith("mine.json")
    assert "\n" not in str(caught.value)


def test_no_module_is_run_that_is_not_named(tmp_path: Path) -> None:
    (tmp_path / "house.py").write_text("raise SystemExit('run')")
    (tmp_path / "mine.json").write_text(suite(TITLES))
    with quiet():
        assert load_suites(tmp_path)[-1].name == "mine"
