"""What a cluster reads: large files in parts, the first records, datasets that came earlier."""

# ruff: noqa: F811  a fixture is named where it is imported and where it is asked for

from __future__ import annotations

import codecs
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import Config, make_config
from pipelines.ledger import count_by
from pipelines.reading import read_shard, records_table
from pipelines.sources import cut_shards, find_sources
from tests.spark_runs import build_on, corpus, earlier_dataset, files_of, here, needs_java, session  # noqa: F401  fixtures


@needs_java
@pytest.mark.parametrize("settings", [{}, {"duplicates": "flag", "same_template": "drop"}], ids=["drop", "flag"])
def test_same_bytes_against_earlier_datasets(
    session: Any, corpus: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """One with signatures, one without, and one with the rows of the first under other names of its own."""
    lines = (corpus / "é-one.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "some.jsonl").write_text("".join(lines[:25]), "utf-8")
    some = [tmp_path / "some.jsonl", corpus / "table.csv"]
    first = earlier_dataset(some, tmp_path / "first", signed=True, duplicates="flag")
    pages = earlier_dataset([corpus / "pages.jsonl"], tmp_path / "pages", signed=False)
    again = earlier_dataset(some, tmp_path / "again", signed=True)
    (tmp_path / "new").mkdir()
    for path in corpus.iterdir():
        content = path.read_bytes()
        # Near duplicates of what the earlier ones have, beside exact copies and parts.
        (tmp_path / "new" / path.name).write_bytes(
            content.replace(b"harbour ", b"quay ") if "z-" in path.name else content
        )
    earlier = [first, pages, again]
    config, expected = here(tmp_path / "new", tmp_path / "local", settings, against=earlier)
    build_on(session, [tmp_path / "new"], tmp_path / "spark", config, against=earlier)
    assert files_of(tmp_path / "spark") == expected
    if not settings:
        rules = count_by(tmp_path / "local" / "audit" / "fates.parquet", "rule_id")
        assert {f"{of}.{how}" for of in ("against", "dedupe") for how in ("exact", "near")} <= rules.keys(), rules


@needs_java
@pytest.mark.parametrize("part", [61, 4_096, 1 << 20])
def test_large_files_are_cut_into_parts(
    session: Any, tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every record has the number that it has when its file is read from its beginning to its end."""
    from pipelines.engines.spark import parts
    from pipelines.engines.spark.reading import read_records
    from pipelines.engines.spark.session import of_run

    rng = random.Random(part)
    lines = [json.dumps({"text": "word " * rng.randrange(60), "id": str(row)}).encode() for row in range(300)]
    # What a part must not begin with, empty lines, lines that are too long, and broken ones.
    others = [b"\xff\xfe{}", b"\xfe\xff", b"\0\0\xfe\xff", b"", b" ", b"{", b'{"text": "' + b"x" * 900 + b'"}', b"\r"]
    for other in others * 4:
        lines.insert(rng.randrange(1, len(lines)), other)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(b"\n".join(lines))
    (folder / "b.jsonl").write_bytes(codecs.BOM_UTF8 + b"\n" + b"\n".join(lines) + b"\n\n")
    (folder / "c.jsonl").write_bytes("\n".join(f'{{"text": "é{row}"}}' for row in range(40)).encode("utf-16"))
    (folder / "d.jsonl").write_bytes(b"\n" * 50)
    (folder / "e.jsonl").write_bytes(b"x" * 900)
    table = pa.table({"text": [f"text {row}" for row in range(120)], "id": [str(row) for row in range(120)]})
    pq.write_table(table, folder / "f.parquet", row_group_size=13)
    sources = find_sources([folder])[0]
    monkeypatch.setattr(parts, "PART_BYTES", part)
    config = make_config({"max_record_bytes": 800})
    cut, sizes = parts.cut(of_run(session, 2_000), sources, [source.path.stat().st_size for source in sources])
    assert (len(cut) > len(sources)) == (part < 1 << 20)
    assert sum(sizes) == pytest.approx(sum(source.path.stat().st_size for source in sources), abs=100)
    names = ["source_file", "source_row", "source_id", "content", "rule_id", "evidence"]
    found = read_records(of_run(session, 50), sources, config, None).select(names).toArrow().to_pylist()
    first = [record for shard in cut_shards(sources, config, tmp_path) for record in read_shard(shard, config)]
    expected = records_table(first).select(names).to_pylist()

    def in_order(row: dict[str, Any]) -> tuple[str, int]:
        return row["source_file"], row["source_row"]

    assert sorted(found, key=in_order) == sorted(expected, key=in_order)
    assert len(found) > 700


@needs_java
@pytest.mark.parametrize("limit", [40, 5])
def test_limit_takes_the_first(session: Any, corpus: Path, limit: int) -> None:
    from pipelines.engines.spark.reading import read_records
    from pipelines.engines.spark.session import of_run

    sources = find_sources([corpus])[0]
    found = read_records(of_run(session, 2_000), sources, Config(), limit).select("source_file", "source_row").collect()
    scratch = corpus.parent / f"limit-{limit}"
    scratch.mkdir()
    first = [
        record for shard in cut_shards(sources, Config(), scratch, limit) for record in read_shard(shard, Config())
    ]
    assert sorted(map(tuple, found)) == sorted((record.source_file, record.source_row) for record in first)
    assert len(found) == limit
