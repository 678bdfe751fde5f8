"""What a run and its report say of a dataset: each number with the records that it counts."""

from __future__ import annotations

from pathlib import Path

from pipelines.dataset import read_manifest
from pipelines.report.quality import quality_html
from pipelines.summary import summarise
from tests.small_dataset import Tables, make_tables, name, write_dataset


def reject(tables: Tables, row: int) -> None:
    tables.articles = [one for one in tables.articles if one["doc_id"] != name(row)]
    next(one for one in tables.fates if one["doc_id"] == name(row)).update(fate="rejected", rule_id="reject.too-short")


def test_numbers_of_the_published_say_so(tmp_path: Path) -> None:
    tables = make_tables(4)
    reject(tables, 2)
    tables.articles[0] |= {"encoding": "cp949", "repairs": ["mojibake"], "flags": ["repeated-body"]}
    for article in tables.articles[1:]:
        article["encoding"] = None
    write_dataset(tmp_path, tables)
    manifest = read_manifest(tmp_path)
    ledger = manifest["ledger"]
    summary = summarise(tmp_path)
    said = dict(summary.stages(ledger))
    lines = sum(row["dropped_lines"] for row in tables.articles)
    chars = sum(row["dropped_chars"] for row in tables.articles)
    assert ledger["lines"]["dropped"] > lines, "the rejected record has dropped lines too"
    assert said["decode"] == "1 quarantined; charsets of the published: cp949 1, carried as text 2"
    assert said["repair"] == "of the published: mojibake 1"
    assert said["assemble"] == (
        f"{ledger['lines']['kept']} lines kept, {ledger['lines']['dropped']} dropped; "
        f"dropped of the published: lines {lines}, characters {chars}"
    )
    assert said["signals"] == "of the published: repeated-body 1"
    assert all(said[stage].startswith("of the published: ") for stage in ("metadata", "language"))
    assert said["fates"] == "3 published; reject.short 1, reject.too-short 1"
    page = quality_html(tmp_path, manifest, None).decode()
    assert f"{chars:,} characters of the published" in page
    assert f"of {ledger['lines']['in']:,} lines of all records" in page


def test_nothing_is_said_of_what_is_not_there(tmp_path: Path) -> None:
    """A run all of whose records an earlier dataset has: that they carried text is not known."""
    tables = make_tables(3)
    for row in range(3):
        reject(tables, row)
    write_dataset(tmp_path, tables)
    said = dict(summarise(tmp_path).stages(read_manifest(tmp_path)["ledger"]))
    assert said["decode"] == "1 quarantined; no record is published"
    assert {said[stage] for stage in ("repair", "metadata", "language", "signals")} == {"no record is published"}
