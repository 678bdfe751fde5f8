"""The sample that tamis ships, against what its author says of every line and every record of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import make_config
from cleaning.labels import dropping, label_kinds
from cleaning.rule_ids import rule_notes
from tests.building import build_here

ROOT = Path(__file__).parents[1]
EXPECTED = [json.loads(x) for x in (ROOT / "tests/cases/sample/expected.jsonl").read_text("utf-8").splitlines()]
Key = tuple[str, int]


def key_of(row: dict[str, Any]) -> Key:
    return row["file"].split("/")[-1], row.get("row", 0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> dict[str, pa.Table]:
    stage = tmp_path_factory.mktemp("sample")
    build_here([sample], stage, make_config({"workers": 1}))
    names = {"fates": "audit/fates.parquet", "lines": "audit/lines.parquet", "labels": "audit/labels.parquet"}
    return {name: pq.read_table(stage / path) for name, path in names.items()} | {"rows": pq.read_table(stage / "data")}


@pytest.fixture(scope="module")
def fates(built: dict[str, pa.Table]) -> dict[Key, dict[str, Any]]:
    return {(f["source_file"].split("/")[-1], f["source_row"]): f for f in built["fates"].to_pylist()}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: f"{row['file']}:{row.get('row', 0)}")
def test_every_line(row: dict[str, Any], built: dict[str, pa.Table], fates: dict[Key, dict[str, Any]]) -> None:
    """Kept or dropped exactly as said; and dropped for a reason of the right family."""
    doc_id = fates[key_of(row)]["doc_id"]
    mine = {line["line_no"]: "body" for line in built["lines"].to_pylist() if line["doc_id"] == doc_id}
    for label in built["labels"].to_pylist():
        if label["doc_id"] == doc_id and label["decides"]:
            mine[label["line_no"]] = label["label"]
    assert set(mine) == {no for no, _ in row["lines"]}
    drops, kinds = dropping("balanced"), label_kinds()
    said = {no: label for no, label in row["lines"] if label != "either"}
    wrong = {no: (label, mine[no]) for no, label in said.items() if (label in drops) != (mine[no] in drops)}
    assert wrong == {}
    family = Counter(kinds[a].family == kinds[mine[no]].family for no, a in said.items() if a in kinds and a in drops)
    assert family[False] <= 0.1 * family.total(), "dropped, but for other reasons than its author gives"


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: f"{row['file']}:{row.get('row', 0)}")
def test_every_fate(row: dict[str, Any], fates: dict[Key, dict[str, Any]]) -> None:
    fate = fates[key_of(row)]
    assert fate["fate"] in row["fate"] if isinstance(row["fate"], list) else fate["fate"] == row["fate"]
    assert (fate["rule_id"] is None) == (fate["fate"] == "published")
    if fate["fate"] == "duplicate":
        of = {fates[key_of(other)]["doc_id"] for other in row["duplicate_of"]}
        assert fate["evidence"] in of


def test_one_of_each_cluster_is_published(fates: dict[Key, dict[str, Any]]) -> None:
    clusters: dict[str, list[str]] = {}
    for row in EXPECTED:
        if "cluster" in row:
            clusters.setdefault(row["cluster"], []).append(fates[key_of(row)]["fate"])
    assert len(clusters) >= 5
    assert {name: some.count("published") for name, some in clusters.items()} == dict.fromkeys(clusters, 1)


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: f"{row['file']}:{row.get('row', 0)}")
def test_metadata_and_characters(
    row: dict[str, Any], built: dict[str, pa.Table], fates: dict[Key, dict[str, Any]]
) -> None:
    doc_id = fates[key_of(row)]["doc_id"]
    published = next((one for one in built["rows"].to_pylist() if one["doc_id"] == doc_id), None)
    if published is None:
        return
    for name, value in row.get("metadata", {}).items():
        got = published[name]
        if name in ("published_at", "updated_at") and value:
            zoned = value.endswith("Z") or value[-6] == "+"
            want = (
                pa.scalar(value.removesuffix("Z")).cast(pa.timestamp("us", "UTC" if value[-6] == "+" else None)).as_py()
            )
            got = got and got.replace(tzinfo=want.tzinfo if zoned and want.tzinfo else None)
            value = want
        if name == "flags":  # what only the corpus knows of it is not its author's to say
            got, value = set(got) - {"same-template"}, set(value)
        assert got == value, name
    for text in row.get("contains", []):
        assert text in published["text"]
    for text in row.get("absent", []):
        assert text not in published["text"]


def test_every_rule_id_is_known(built: dict[str, pa.Table]) -> None:
    notes = rule_notes()
    labels = {(row["rule_id"], row["label"]) for row in built["labels"].to_pylist()}
    assert {rule for rule, _ in labels} <= notes.keys()
    assert {(rule, label) for rule, label in labels if notes[rule].label not in ("", label)} == set()
    assert set(built["fates"]["rule_id"].to_pylist()) - {None} <= notes.keys()


def test_there_is_work_for_every_stage(built: dict[str, pa.Table]) -> None:
    assert {"published", "duplicate", "rejected", "quarantined"} == set(built["fates"]["fate"].to_pylist())
    rows = built["rows"]
    assert len(set(rows["language"].to_pylist())) >= 6
    assert len(set(rows["encoding"].to_pylist())) >= 4
    families = {label_kinds()[label].family for label in built["labels"]["label"].to_pylist()}
    assert families == {kind.family for kind in label_kinds().values()}
