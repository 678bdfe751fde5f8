"""Every check of the dataset as a whole can fail, fails for what it is for, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.tables import ARTICLES, FATES
from cleaning.tombstones import RULE
from pipelines.checks.measures import find_files, measure_files
from pipelines.checks.recount import recount
from pipelines.checks.validate import (
    read_manifest,
    validate,
)
from pipelines.manifest import describe_schema
from tests.small_dataset import (
    DATA,
    Tables,
    count_ledger,
    failed,
    finish,
    make_tables,
    write_dataset,
    write_table,
)
from tests.test_validate import AUDIT_CASES, ROW_CASES, add_fate

# The dataset as a whole: one change, one dataset.


def state_other_rows(folder: Path, tables: Tables) -> None:
    edit_manifest(folder, lambda manifest: manifest | {"rows": 5})


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


def state_of_file(key: str, value: Any) -> Callable[[Path, Tables], None]:
    def change(folder: Path, tables: Tables) -> None:
        def edit(manifest: dict[str, Any]) -> dict[str, Any]:
            next(entry for entry in manifest["files"] if entry["path"] == DATA)[key] = value
            return manifest

        edit_manifest(folder, edit)

    return change


def change_a_file(folder: Path, tables: Tables) -> None:
    (folder / "audit/quarantine.jsonl").write_text("{}\n{}\n")


def add_a_file(folder: Path, tables: Tables) -> None:
    (folder / "data/more.parquet").write_bytes((folder / DATA).read_bytes())


def link_a_file(folder: Path, tables: Tables) -> None:
    (folder / "audit/link").symlink_to("/nowhere")


def lose_sums(folder: Path, tables: Tables) -> None:
    (folder / "SHA256SUMS").unlink()


def lose_a_sum(folder: Path, tables: Tables) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if DATA not in line))


def change_a_sum(folder: Path, tables: Tables) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text("0" * 64 + sums.read_text()[64:])


def sum_up_a_file_outside(folder: Path, tables: Tables) -> None:
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ../outside\n")


def rewrite_data(change: Callable[[pa.Table], pa.Table], *, declare: bool = False) -> Callable[[Path, Tables], None]:
    """The data file with a table of another schema; `declare`: and the manifest says so."""

    def edit(folder: Path, tables: Tables) -> None:
        table = change(pq.read_table(folder / DATA))
        pq.write_table(table, folder / DATA)
        said: dict[str, Any] = {"name": "small", "rows": len(tables.articles), "ledger": count_ledger(tables)}
        if declare:
            said["schema"] = describe_schema(table.schema)
        finish(folder, said)

    return edit


def loosen(column: str, values: list[Any] | None = None) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index(column)
        field = table.schema.field(at).with_nullable(True)
        return table.set_column(at, field, table[column] if values is None else pa.array(values, field.type))

    return change


def rewrite_fates(folder: Path, tables: Tables) -> None:
    more = FATES.append(pa.field("note", pa.string()))
    write_table(folder / "audit/fates.parquet", tables.fates, more)
    finish(folder, {"name": "small", "rows": len(tables.articles), "ledger": count_ledger(tables)})


def set_signal(value: float) -> Callable[[Path, Tables], None]:
    return rewrite_tables(lambda tables: tables.articles[2].update({SIGNAL: value}))


def rewrite_tables(change: Callable[[Tables], Any]) -> Callable[[Path, Tables], None]:
    def edit(folder: Path, tables: Tables) -> None:
        change(tables)
        for part in ("data", "audit"):
            for file in (folder / part).iterdir():
                file.unlink()
            (folder / part).rmdir()
        write_dataset(folder, tables)

    return edit


def misstate_ledger(part: str, key: str) -> Callable[[Path, Tables], None]:
    def edit(manifest: dict[str, Any]) -> dict[str, Any]:
        manifest["ledger"][part][key] += 1
        return manifest

    return lambda folder, tables: edit_manifest(folder, edit)


def forget_ledger(folder: Path, tables: Tables) -> None:
    edit_manifest(folder, lambda manifest: manifest | {"ledger": {"records": manifest["ledger"]["records"]}})


def declare_nothing(folder: Path, tables: Tables) -> None:
    edit_manifest(folder, lambda manifest: manifest | {"about": {"title": "Small"}})


def more_of(fate: str, count: int, **said: str) -> Callable[[Path, Tables], None]:
    def change(tables: Tables) -> None:
        for number in range(count):
            add_fate(tables, 20_000 + 1_000 * len(fate) + number, fate=fate, **said)

    return rewrite_tables(change)


def swap_rows(tables: Tables) -> None:
    tables.articles[1:3] = tables.articles[2:0:-1]


def date_nothing(tables: Tables) -> None:
    for article in tables.articles:
        article |= {"published_at": None, "doc_id": article["doc_id"]}
    tables.articles.reverse()


FRACTIONS = [field.name for field in ARTICLES if pa.types.is_floating(field.type)]
SIGNAL = next(column for column in FRACTIONS if column != "language_confidence")

WHOLE_CASES: dict[str, tuple[Callable[[Path, Tables], None], set[str]]] = {
    "rows stated otherwise": (state_other_rows, {"rows-as-stated"}),
    "sha256 stated otherwise": (state_of_file("sha256", "0" * 64), {"files-unchanged"}),
    "rows of a file stated otherwise": (state_of_file("rows", 3), {"files-unchanged"}),
    "a file changed": (change_a_file, {"files-unchanged", "checksums-true"}),
    "a file more": (add_a_file, {"files-listed"}),
    "a link more": (link_a_file, {"files-listed"}),
    "no SHA256SUMS": (lose_sums, {"checksums-true"}),
    "data not in SHA256SUMS": (lose_a_sum, {"checksums-true"}),
    "another sum in SHA256SUMS": (change_a_sum, {"checksums-true"}),
    "a file outside in SHA256SUMS": (sum_up_a_file_outside, {"checksums-true"}),
    "nulls allowed": (rewrite_data(loosen("text_sha256")), {"schema-of-files"}),
    "a column more": (
        rewrite_data(lambda table: table.append_column("more", pa.array([1] * 4))),
        {"schema-of-files"},
    ),
    "columns in another order": (
        rewrite_data(lambda table: table.select(table.column_names[::-1])),
        {"schema-of-files"},
    ),
    "another column in the audit": (rewrite_fates, {"schema-of-files"}),
    "another column, as declared": (
        rewrite_data(lambda table: table.append_column("more", pa.array([1] * 4)), declare=True),
        {"schema-of-manifest"},
    ),
    "nulls where none may be": (
        rewrite_data(loosen("source_file", ["a", None, "c", "d"])),
        {"schema-of-files", "never-null"},
    ),
    "NaN": (set_signal(float("nan")), {"numbers-finite"}),
    "infinity": (set_signal(float("inf")), {"numbers-finite"}),
    "records stated otherwise": (misstate_ledger("records", "rejected"), {"ledger-as-stated"}),
    "lines stated otherwise": (misstate_ledger("lines", "kept"), {"ledger-as-stated"}),
    "no lines in the ledger": (forget_ledger, {"ledger-as-stated"}),
    "a label that labels.toml does not have": (
        rewrite_tables(lambda tables: tables.labels[-1].update(label="nonsense")),
        {"labels-known"},
    ),
    "rows swapped": (rewrite_tables(swap_rows), {"rows-sorted"}),
    "rows without a date, by falling doc_id": (rewrite_tables(date_nothing), {"rows-sorted"}),
    "some quarantined": (more_of("quarantined", 5), {"quarantined-few"}),
    "most quarantined": (more_of("quarantined", 100), {"quarantined-few", "quarantined-limit"}),
    "many rejected": (more_of("rejected", 20), {"rejected-few"}),
    "many taken down": (more_of("rejected", 20, rule_id=RULE), set()),
    "no licence": (declare_nothing, {"licence-declared"}),
    "nearly all rejected": (more_of("rejected", 500), {"rejected-few", "rejected-limit"}),
}


RELEASE = json.loads((Path(__file__).parents[1] / "expectations" / "release.json").read_text("utf-8"))["expectations"]


def beyond_limits(folder: Path) -> set[str]:
    """The release checks whose number is beyond its limit; without Great Expectations, which takes a while."""
    manifest = read_manifest(folder)
    files = find_files(folder, manifest)
    measures, absent = recount(files, manifest)
    assert not absent
    measures |= measure_files(files, manifest)
    values = {item["meta"]["id"]: (measures[item["kwargs"]["column"]].value, item["kwargs"]) for item in RELEASE}
    return {
        check
        for check, (value, limits) in values.items()
        if not limits.get("min_value", 0) <= value <= limits.get("max_value", value)
    }


@pytest.mark.parametrize("case", WHOLE_CASES)
def test_the_whole(case: str, tmp_path: Path) -> None:
    change, fails = WHOLE_CASES[case]
    tables = make_tables()
    write_dataset(tmp_path, tables)
    assert beyond_limits(tmp_path) == set()
    change(tmp_path, tables)
    assert beyond_limits(tmp_path) == fails


TOGETHER = [
    ["many rejected", "some quarantined", "no licence"],
    [
        "a label that labels.toml does not have",
        "rows swapped",
        "infinity",
        "nearly all rejected",
        "nulls where none may be",
        "rows stated otherwise",
        "a file changed",
        "a file more",
        "records stated otherwise",
    ],
    ["most quarantined", "another column, as declared", "no SHA256SUMS"],
]


@pytest.mark.parametrize("cases", TOGETHER, ids=["warnings", "critical", "declared"])
def test_the_whole_in_great_expectations(cases: list[str], tmp_path: Path) -> None:
    tables = make_tables()
    write_dataset(tmp_path, tables)
    for case in cases:
        WHOLE_CASES[case][0](tmp_path, tables)
    validation = validate(tmp_path, read_manifest(tmp_path))
    assert failed(validation) == set[str]().union(*(WHOLE_CASES[case][1] for case in cases))
    assert validation.passed == (cases is TOGETHER[0])
    assert (validation.critical, validation.warnings) == (0, 3) or not validation.passed


def test_no_rows_pass_nothing(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables(0))
    validation = validate(tmp_path, read_manifest(tmp_path))
    assert not validation.passed
    assert "minimum-rows" in failed(validation)
    assert {check.observed for check in validation.checks if check.suite == "articles"} == {"no rows were read"}
    assert all(not check.passed for check in validation.checks if check.suite == "articles")


def test_only_what_an_earlier_dataset_has_stands_for_rows(tmp_path: Path) -> None:
    """Copies of each other are no records of an earlier dataset, nor is one that the manifest does not name."""
    tables = make_tables(0)
    add_fate(tables, 30_000, fate="duplicate", rule_id="dedupe.exact")
    write_dataset(tmp_path / "copies", tables)
    add_fate(tables, 30_001, fate="duplicate", rule_id="against.exact")
    write_dataset(tmp_path / "earlier", tables)
    for folder, known in (("copies", 0), ("earlier", 1)):
        manifest = read_manifest(tmp_path / folder)
        for against, count in (([], 0), ([{"name": "old"}], known)):
            measures, _ = recount(find_files(tmp_path / folder, manifest), manifest | {"against": against})
            assert (measures["known_before"].value, measures["rows_or_known"].value) == (count, count)


def test_every_check_has_been_seen_to_fail(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables())
    validation = validate(tmp_path, read_manifest(tmp_path))
    assert failed(validation) == set()
    assert validation.passed
    rows = {check for case in ROW_CASES for check in case["fails"]}
    audit = set[str]().union(*(fails for _, _, fails in AUDIT_CASES))
    whole = set[str]().union(*(WHOLE_CASES[case][1] for cases in TOGETHER for case in cases))
    assert {check.name for check in validation.checks} == rows | audit | whole | {"minimum-rows"}
