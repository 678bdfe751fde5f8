"""How validation runs: what is no verdict, shards, names of records, nothing sent, nothing imported early."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cleaning.tables import ARTICLES
from pipelines.checks import evaluate
from pipelines.checks.measures import find_files
from pipelines.checks.validate import (
    DatasetError,
    NotEvaluated,
    read_manifest,
    validate,
    write_reports,
)
from tests.small_dataset import (
    DATA,
    DAY,
    Tables,
    failed,
    found,
    make_tables,
    name,
    write_dataset,
)
from tests.test_validate_whole import edit_manifest, rewrite_data, state_of_file

# What cannot be evaluated, and what is no dataset.


def test_a_column_that_is_missing_fails_its_checks(tmp_path: Path) -> None:
    tables = make_tables()
    write_dataset(tmp_path, tables)
    rewrite_data(lambda table: table.drop_columns(["text"]))(tmp_path, tables)
    validation = validate(tmp_path, read_manifest(tmp_path))
    about_text = {check.name for check in validation.checks if "text" in (check.column or "").split(", ")}
    assert about_text
    assert failed(validation) == about_text | {"schema-of-files", "never-null"}
    assert "has no column text" in found(validation, "text-nfc").observed


def test_a_column_of_another_type_fails_its_checks(tmp_path: Path) -> None:
    tables = make_tables()
    write_dataset(tmp_path, tables)
    at = ARTICLES.get_field_index("doc_id")
    rewrite_data(lambda table: table.set_column(at, "doc_id", pa.array(range(4))))(tmp_path, tables)
    validation = validate(tmp_path, read_manifest(tmp_path))
    assert {"doc-id-format", "doc-id-unique", "rows-sorted", "texts-are-kept-lines"} <= failed(validation)
    assert "doc_id is not string" in found(validation, "doc-id-unique").observed
    assert found(validation, "text-nfc").passed


def break_off(folder: Path) -> None:
    path = folder / DATA
    path.write_bytes(path.read_bytes()[:-100])


def hollow_out(folder: Path) -> None:
    """The footer is well, the pages are not."""
    path = folder / DATA
    content = bytearray(path.read_bytes())
    content[8:2000] = bytes(1992)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no dataset"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "JSON object"),
        (lambda folder: (folder / "manifest.json").write_text('{"format": 99}'), "format 99"),
        (lambda folder: edit_manifest(folder, lambda m: m | {"files": [{"path": 1}]}), "files[0]"),
        (lambda folder: edit_manifest(folder, lambda m: m | {"rows": True}), "'rows'"),
        (lambda folder: state_of_file("path", "../data.parquet")(folder, Tables()), "not a path inside"),
        (lambda folder: state_of_file("path", "/etc/passwd")(folder, Tables()), "not a path inside"),
        (lambda folder: (folder / DATA).unlink(), f"{DATA} is missing"),
        (lambda folder: (folder / "audit/fates.parquet").unlink(), "audit/fates.parquet is missing"),
        (lambda folder: edit_manifest(folder, lambda m: m | {"files": m["files"][:1]}), "ledger cannot be counted"),
        (break_off, "cannot"),
        (hollow_out, "cannot"),
    ],
)
def test_what_cannot_be_read_is_no_verdict(change: Callable[[Path], Any], says: str, tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables())
    change(tmp_path)
    with pytest.raises(DatasetError) as caught:
        validate(tmp_path, read_manifest(tmp_path))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        read_manifest(tmp_path / "nothing")


def test_a_check_that_raises_is_no_verdict(tmp_path: Path) -> None:
    write_dataset(tmp_path / "small", make_tables())
    limits = {"column": "title", "min_value": 1, "max_value": 2}
    item = {"type": "expect_column_values_to_be_between", "kwargs": limits, "meta": {"id": "short"}}
    suite = {"name": "mine", "meta": {"table": "articles"}, "expectations": [item]}
    (tmp_path / "mine.json").write_text(json.dumps(suite))
    with pytest.raises(NotEvaluated, match="check short of suite mine") as caught:
        validate(tmp_path / "small", read_manifest(tmp_path / "small"), suites=tmp_path / "mine.json")
    assert caught.value.exit_code == 3


# How it runs.


def test_shards_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = make_tables(4)
    for row in (0, 2, 3):
        tables.articles[row]["title"] = ""
    write_dataset(tmp_path, tables, files=2)
    whole = validate(tmp_path, read_manifest(tmp_path))
    monkeypatch.setattr(evaluate, "SHARD_ROWS", 1)
    cut = validate(tmp_path, read_manifest(tmp_path))
    assert cut == whole
    check = found(cut, "title-not-blank")
    assert (check.observed, check.failing) == ("3 of 4 values fail", (name(0), name(2), name(3)))


def test_shards_are_bounded_in_rows_and_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = find_files(tmp_path, write_dataset(tmp_path, make_tables(9)))

    def sizes() -> list[int]:
        return [len(frame) for frame in evaluate._frames(files, ["doc_id", "text"])]

    assert sizes() == [9]
    monkeypatch.setattr(evaluate, "SHARD_ROWS", 4)
    assert sizes() == [4, 4, 1]
    monkeypatch.setattr(evaluate, "SHARD_BYTES", 1)
    assert sizes() == [1] * 9


def test_at_most_twenty_records_are_named(tmp_path: Path) -> None:
    tables = make_tables(30)
    for article in tables.articles:
        article |= {"title": "", "duplicates": 99}
    write_dataset(tmp_path, tables)
    validation = validate(tmp_path, read_manifest(tmp_path))
    for check in ("title-not-blank", "duplicates-counted"):
        assert found(validation, check).failing == tuple(name(row) for row in range(20))


def test_a_run_validates_before_its_manifest_and_sums_stand(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path, make_tables())
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "SHA256SUMS").unlink()
    assert validate(tmp_path, manifest).passed


def test_the_last_moment_can_be_given(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path, make_tables())
    last = datetime.fromtimestamp(3 * DAY / 1_000_000, UTC)
    assert failed(validate(tmp_path, manifest, latest=last)) == {"updated-at-plausible"}


def test_a_folder_with_odd_signs_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "a [1] * 'b' 한글"
    manifest = write_dataset(folder, make_tables(), files=2)
    assert validate(folder, manifest).passed


def test_nothing_is_fetched_or_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **more: Any) -> None:
        raise AssertionError(f"a connection was tried: {given}")

    manifest = write_dataset(tmp_path, make_tables())
    for call in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, call, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    validation = validate(tmp_path, manifest)
    write_reports(validation, manifest, tmp_path / "reports")
    assert validation.passed
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_great_expectations_is_not_imported_on_the_way() -> None:
    program = "import sys, pipelines.checks.validate, expectations; print('great_expectations' in sys.modules)"
    root = Path(__file__).parents[1]
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
