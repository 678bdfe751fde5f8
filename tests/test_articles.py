"""The whole flow: the same bytes whatever the order, the workers and the batches; and the books balance."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleaning.config import make_config
from pipelines.articles import build
from pipelines.checks.validate import asked_of_data, check_rows
from pipelines.engines.local import Local
from pipelines.errors import CallError
from pipelines.ledger import LedgerError, read_ledger
from pipelines.sources import find_sources
from pipelines.store import sha256_of
from tests.building import build_here
from tests.test_dedupe import score


def files_of(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): sha256_of(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def build_sample(inputs: list[Path], stage: Path, **settings: Any) -> dict[str, str]:
    stage.mkdir()
    build_here(inputs, stage, make_config(settings))
    return files_of(stage)


def test_same_bytes_whatever_the_way(sample: Path, tmp_path: Path) -> None:
    shutil.copytree(sample, tmp_path / "in")
    inputs = [tmp_path / "in" / "articles", tmp_path / "in" / "wire.jsonl"]
    first = build_sample(inputs, tmp_path / "a", workers=1)
    assert first == build_sample(inputs[::-1], tmp_path / "b", workers=1, shard_records=3)
    assert first == build_sample(inputs, tmp_path / "c", workers=2, shard_records=7)
    assert first != build_sample(inputs, tmp_path / "d", workers=1, duplicates="flag")
    assert files_of(tmp_path / "in") == files_of(sample), "an input was changed"


def test_data_is_whole_when_it_is_said_to_be(sample: Path, tmp_path: Path) -> None:
    """Its rows are checked from then on, while the audit is written."""
    heard: list[dict[str, str]] = []
    config = make_config({"workers": 1})
    with Local(config, tmp_path / "scratch") as engine:
        stage = tmp_path / "out"
        build(find_sources([sample])[0], stage, config, engine, published=lambda: heard.append(files_of(stage)))
    [there] = heard
    assert there
    assert there == {name: digest for name, digest in files_of(stage).items() if name.startswith("data/")}
    rows = check_rows(asked_of_data(stage, config.deciding()))
    assert {found.rows for found in rows.values()} == {pq.read_table(stage / "data").num_rows}


def test_shuffled_records_give_the_same_rows(sample: Path, tmp_path: Path) -> None:
    """The rows of a file in another order: other source_row, else the same articles with the same fates."""
    lines = [x for x in (sample / "wire.jsonl").read_text("utf-8").split("\n") if x.strip()]
    texts = []
    for name, order in (("a", lines), ("b", lines[::-1])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "wire.jsonl").write_text("\n".join(order), "utf-8")
        build_sample([tmp_path / name / "wire.jsonl"], tmp_path / name / "out", workers=1)
        table = pq.read_table(tmp_path / name / "out" / "data")
        texts.append(table.drop_columns(["source_row"]).to_pylist())
    assert texts[0] == texts[1]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.text(max_size=60).map(lambda t: json.dumps({"id": t[:3], "text": t}).encode()),
            st.lists(
                st.sampled_from(["0 comments", "Explore", "A headline", "By Ann Lee", "A sentence. " * 12]), max_size=9
            ).map(lambda t: json.dumps({"text": "\n".join(t)}).encode()),
        ),
        max_size=12,
    )
)
def test_the_books_balance_whatever_comes(tmp_path: Path, records: list[bytes]) -> None:
    shutil.rmtree(tmp_path, ignore_errors=True)
    (tmp_path / "out").mkdir(parents=True)
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"\n".join(records))
    ledger = build_here([source], tmp_path / "out", make_config({"workers": 1}))
    assert ledger.records_in == sum(bool(line.strip()) for line in source.read_bytes().split(b"\n"))
    fates = pq.read_table(tmp_path / "out/audit/fates.parquet")
    assert len(set(fates["doc_id"].to_pylist())) == len(fates) == ledger.records_in


def test_a_ledger_that_does_not_balance_stops_the_run(sample: Path, tmp_path: Path) -> None:
    build_sample([sample / "wire.jsonl"], tmp_path / "out", workers=1)
    audit = tmp_path / "out" / "audit"
    records = pq.read_metadata(audit / "fates.parquet").num_rows
    labels = pq.read_table(audit / "labels.parquet")
    lines = pq.read_metadata(audit / "lines.parquet").num_rows
    kept = lines - sum(labels["decides"].to_pylist())
    assert read_ledger(audit, records_in=records, lines_kept=kept).records_in == records
    with pytest.raises(LedgerError, match=f"{records + 1} records in, {records} with a fate"):
        read_ledger(audit, records_in=records + 1, lines_kept=kept)
    with pytest.raises(LedgerError, match="lines in"):
        read_ledger(audit, records_in=records, lines_kept=kept - 1)
    pq.write_table(labels.slice(0, len(labels) - 1), audit / "labels.parquet")
    if labels["decides"][-1].as_py():
        with pytest.raises(LedgerError):
            read_ledger(audit, records_in=records, lines_kept=kept)


def test_twins_of_one_url_are_told_apart(tmp_path: Path) -> None:
    rows = [{"url": "https://news.example/1", "text": f"Story number {n}. " * 20} for n in range(3)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    build_sample([tmp_path / "in.jsonl"], tmp_path / "out", workers=1, duplicates="off")
    ids = pq.read_table(tmp_path / "out/data", columns=["doc_id"])["doc_id"].to_pylist()
    assert len(set(ids)) == 3


def test_an_input_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.docx").write_bytes(b"x")
    with pytest.raises(CallError, match="of no kind that tamis reads"):
        find_sources([tmp_path / "notes.docx"])


def test_under_keep_every_line_stays_with_its_labels(sample: Path, tmp_path: Path) -> None:
    counts = {}
    for policy in ("keep", "balanced"):
        stage = tmp_path / policy
        stage.mkdir()
        ledger = build_here([sample / "articles"], stage, make_config({"policy": policy, "workers": 1}))
        labels = pq.read_table(stage / "audit" / "labels.parquet")
        counts[policy] = ledger.lines_in, ledger.lines_kept, len(labels)
        assert any(pq.read_table(stage / "data")["title"].to_pylist())
    assert counts["keep"][0] == counts["keep"][1] == counts["balanced"][0] > counts["balanced"][1]
    assert counts["keep"][2] == counts["balanced"][2] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "truth"),
    [({"containment": 0.0, "same_template": "drop"}, "jaccard_cluster"), ({}, "lineage_cluster")],
)
def test_floor_on_known_clusters_through_a_run(
    settings: dict[str, Any], truth: str, shared: Path, tmp_path: Path
) -> None:
    known = pq.read_table(shared / "bench" / "dedupe-15k.truth.parquet").sort_by("id")
    config = make_config({"policy": "keep", "min_chars": 0, **settings})
    build_here([shared / "bench" / "dedupe-15k.parquet"], tmp_path, config)
    fates = pq.read_table(tmp_path / "audit" / "fates.parquet").sort_by("source_id").to_pydict()
    assert fates["source_id"] == known["id"].to_pylist()
    rows = zip(fates["doc_id"], fates["fate"], fates["evidence"], strict=True)
    stands = np.unique([by if fate == "duplicate" else own for own, fate, by in rows], return_inverse=True)[1]
    precision, recall = score(stands, known[truth].to_numpy())
    if truth == "jaccard_cluster":
        assert min(precision, recall) >= 0.999
    assert 2 * precision * recall / (precision + recall) >= 0.971
    assert precision >= 0.996
