"""Inputs of every kind into records: nothing is lost, what is broken says why, memory is bounded."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import Config, make_config
from cleaning.records import Record
from pipelines.errors import CallError, ReadError
from pipelines.reading import read_shard
from pipelines.sources import cut_shards, find_sources

ROWS = [
    {"uid": f"n{n}", "articleBody": f"Text {n}, with a comma\nand a line.", "Link": f"https://a.example/{n}"}
    for n in range(5)
]


def read(inputs: Sequence[Path | str], tmp_path: Path, limit: int | None = None, **settings: Any) -> list[Record]:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    config = make_config(settings)
    shards = list(cut_shards(find_sources(inputs)[0], config, scratch, limit))
    records = [record for shard in shards for record in read_shard(shard, config)]
    assert not list(scratch.iterdir()), "a spool was left behind"
    return records


def write_all(folder: Path) -> list[Path]:
    folder.mkdir()
    frame = pd.DataFrame(ROWS)
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    frame.to_csv(folder / "b.csv", index=False, quoting=csv.QUOTE_MINIMAL)
    frame.to_parquet(folder / "c.parquet")
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        with pa.CompressedOutputStream(str(folder / f"{path.name}.zst"), "zstd") as sink:
            sink.write(path.read_bytes())
    return sorted(folder.iterdir())


def test_every_kind_and_codec_gives_the_same_records(tmp_path: Path) -> None:
    paths = write_all(tmp_path / "in")
    assert len(paths) == 9
    for path in paths:
        records = read([path], tmp_path, shard_records=2)
        assert [r.source_id for r in records] == [row["uid"] for row in ROWS], path.name
        assert [r.content for r in records] == [row["articleBody"] for row in ROWS], path.name
        assert [r.given for r in records] == [{"url": row["Link"]} for row in ROWS], path.name
        assert [r.source_row for r in records] == list(range(5)), path.name
        assert not any(r.problem for r in records)


def test_text_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("one", "utf-8")
    (folder / "deep" / "b.md").write_text("two", "utf-8")
    (folder / "c.txt.gz").write_bytes(gzip.compress(b"three"))
    (folder / "photo.png").write_bytes(b"x")
    (folder / ".hidden.txt").write_text("no", "utf-8")
    records = read([folder], tmp_path)
    assert [(r.source_file, r.source_id, r.content) for r in records] == [
        ("in/a.txt", "a.txt", b"one"),
        ("in/c.txt.gz", "c.txt.gz", b"three"),
        ("in/deep/b.md", "b.md", b"two"),
    ]
    assert [path.name for path in find_sources([folder])[1]] == ["photo.png"]


def test_inputs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name, "utf-8")
    names = [s.name for s in find_sources([tmp_path / "x" / "a.txt", tmp_path / "y" / "a.txt"])[0]]
    assert names == ["x/a.txt", "y/a.txt"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b'{"text": "cut off', "quarantine.bad-json"),
        (b"[1, 2]", "quarantine.bad-json"),
        (b'"text"', "quarantine.bad-json"),
        (b"[" * 100_000, "quarantine.bad-json"),
        (b'{"words": "no text"}', "reject.no-text-field"),
        (b'{"text": 12}', "quarantine.not-text"),
        (b'{"text": ["a"]}', "quarantine.not-text"),
        (b'{"text": "' + b"x" * 2000 + b'"}', "quarantine.too-large"),
    ],
)
def test_a_broken_line_is_one_quarantined_record(tmp_path: Path, line: bytes, rule: str) -> None:
    good = json.dumps({"text": "good"}).encode()
    (tmp_path / "in.jsonl").write_bytes(b"\n".join([good, line, b"", good]))
    limit = 2**20 if rule == "quarantine.bad-json" else 1000
    records = read([tmp_path / "in.jsonl"], tmp_path, max_record_bytes=limit)
    assert [r.problem and r.problem.rule_id for r in records] == [None, rule, None]
    assert [r.source_row for r in records] == [0, 1, 3]


def test_wide_jsonl_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = json.dumps({"text": "가나다"}, ensure_ascii=False) + "\n"
    for encoding in ("utf-16", "utf-8-sig", "utf-32"):
        (tmp_path / "in.jsonl").write_bytes(text.encode(encoding))
        assert [r.content for r in read([tmp_path / "in.jsonl"], tmp_path)] == ["가나다"], encoding


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_is_cut_off(tmp_path: Path, suffix: str) -> None:
    lines = "".join(json.dumps({"text": f"{n} " * 50}) + "\n" for n in range(40_000)).encode()
    path = tmp_path / f"in.jsonl{suffix}"
    with pa.CompressedOutputStream(str(path), {".gz": "gzip", ".zst": "zstd"}[suffix]) as sink:
        sink.write(lines)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    records = read([path], tmp_path)
    assert records[-1].problem is not None
    assert records[-1].problem.rule_id == "quarantine.corrupt-file"
    assert all(r.problem is None for r in records[:-1])
    text = tmp_path / f"in.txt{suffix}"
    text.write_bytes(path.read_bytes())
    assert [r.problem and r.problem.rule_id for r in read([text], tmp_path)] == ["quarantine.corrupt-file"]


def test_broken_csv_rows(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(
        b'id,text\n1,good\n2,one,too many\n3,"also\ngood"\n\n4,' + b"x" * 500 + b'\n5,"never closed\n6,x\n'
    )
    records = read([path], tmp_path, max_record_bytes=300)
    assert [(r.source_row, r.problem and r.problem.rule_id) for r in records] == [
        (0, None),
        (1, "quarantine.csv-fields"),
        (2, None),
        (3, "quarantine.too-large"),
        (4, "quarantine.bad-csv"),
    ]
    path.write_bytes("id,text\n1,서울시는 내년부터 버스 노선을 바꾼다고 밝혔다\n".encode("cp949"))
    assert read([path], tmp_path)[0].content == "서울시는 내년부터 버스 노선을 바꾼다고 밝혔다"


def test_a_file_without_a_known_text_field_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(CallError, match="no field is known to hold the text"):
        read([tmp_path / "in.csv"], tmp_path)
    assert read([tmp_path / "in.csv"], tmp_path, fields={"text": "b"})[0].content == "2"


def test_named_fields_win_where_a_record_has_them(tmp_path: Path) -> None:
    """One config holds for all inputs: what an input does not call so is found by the known names."""
    (tmp_path / "feed.csv").write_text("docno,content_html,text\n7,from the feed,teaser\n", "utf-8")
    (tmp_path / "old.csv").write_text("id,body\n8,from the old feed\n", "utf-8")
    pq.write_table(pa.table({"uid": ["9"], "article": ["from the table"]}), tmp_path / "table.parquet")
    lines = [
        {"id": "1", "text": "known names"},
        {"docno": "2", "id": "x", "content_html": "named", "text": "y"},
        {"x": 1},
    ]
    (tmp_path / "wire.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    names = {"text": "content_html", "id": "docno"}
    records = read([tmp_path / name for name in ("feed.csv", "old.csv", "table.parquet", "wire.jsonl")], tmp_path,
                   fields=names)  # fmt: skip
    assert [(r.source_id, r.content) for r in records] == [
        ("7", "from the feed"),
        ("8", "from the old feed"),
        ("9", "from the table"),
        ("1", "known names"),
        ("2", "named"),
        (None, ""),
    ]
    assert [r.problem and r.problem.rule_id for r in records] == [None] * 5 + ["reject.no-text-field"]
    for name in ("old.csv", "table.parquet"):
        with pytest.raises(CallError, match="and no column is called so"):
            read([tmp_path / name], tmp_path, fields=names)


def test_what_no_table_can_hold_is_replaced_not_fatal(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text(
        r'{"id": "\ud800", "url": "\ud83d\ude00", "title": "x\udfff", "text": "t"}', "utf-8"
    )
    names = [os.fsencode(folder) + b"/" + name for name in (b"bad\xff.txt", b"new\nline.txt", b"-dash.txt")]
    for name in names:
        Path(os.fsdecode(name)).write_bytes(b"text")
    os.mkfifo(folder / "fifo.txt")
    (folder / "dangling.txt").symlink_to("nowhere")
    records = read([folder], tmp_path)
    assert [r.problem for r in records] == [None] * 4
    assert {r.source_file for r in records} == {"in/a.jsonl", "in/bad\\xff.txt", "in/new\nline.txt", "in/-dash.txt"}
    one = next(r for r in records if r.source_file == "in/a.jsonl")
    assert (one.source_id, one.given) == ("\ufffd", {"url": "😀", "title": "x\ufffd"})
    for record in records:
        json.dumps([record.source_file, record.source_id, dict(record.given)], ensure_ascii=False).encode()
    assert {path.name for path in find_sources([folder])[1]} == {"fifo.txt", "dangling.txt"}


def test_values_that_python_has_no_form_for(tmp_path: Path) -> None:
    dates = pa.array([0, 2**62, 0], pa.timestamp("us"))
    pq.write_table(pa.table({"text": ["a", "b", "c" * 300], "date": dates}), tmp_path / "in.parquet")
    nested: object = "x"
    for _ in range(900):
        nested = [nested]
    (tmp_path / "in.jsonl").write_text(json.dumps({"author": nested, "text": "t"}) + '\n{"text": "good"}\n', "utf-8")
    rules = [r.problem and r.problem.rule_id for r in read([tmp_path / "in.parquet"], tmp_path, max_record_bytes=200)]
    assert rules == [None, "quarantine.bad-value", "quarantine.too-large"]
    rules = [r.problem and r.problem.rule_id for r in read([tmp_path / "in.jsonl"], tmp_path)]
    assert rules == ["quarantine.bad-value", None]


def test_damaged_and_ambiguous_tables_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": [f"{n} text " * 40 for n in range(2000)]}), path, compression="zstd")
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + b"damage" * 50 + whole[500:])
    with pytest.raises(ReadError, match=r"in\.parquet"):
        read([path], tmp_path)
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]), path)
    with pytest.raises(CallError, match="two columns have one name"):
        read([path], tmp_path)
    (tmp_path / "in.csv").write_bytes(b'id,"te"xt\na,b\n')
    with pytest.raises(CallError, match="the header cannot be read"):
        read([tmp_path / "in.csv"], tmp_path)


def test_limit(tmp_path: Path) -> None:
    for path in write_all(tmp_path / "in"):
        assert len(read([path], tmp_path, limit=3, shard_records=2)) == 3
    assert len(read([tmp_path / "in"], tmp_path, limit=12, shard_records=2)) == 12


def test_a_missing_input_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such input"):
        find_sources([tmp_path / "absent"])
    with pytest.raises(CallError, match="nothing to read"):
        find_sources([tmp_path])


def test_a_long_line_is_never_held(tmp_path: Path) -> None:
    """200 MB in one line, read with a limit of 1 MB: Arrow's and Python's memory stay far below it."""
    import tracemalloc

    path = tmp_path / "in.jsonl"
    with path.open("wb") as sink:
        sink.write(b'{"text": "')
        for _ in range(200):
            sink.write(b"x" * 2**20)
        sink.write(b'"}\n{"text": "good"}\n')
    tracemalloc.start()
    records = read([path], tmp_path, max_record_bytes=2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [r.problem and r.problem.rule_id for r in records] == ["quarantine.too-large", None]
    assert peak < 20 * 2**20


def test_config_is_a_plain_default() -> None:
    assert make_config({}) == Config()


def test_patterns_name_what_they_match(tmp_path: Path) -> None:
    write_all(tmp_path / "in")
    (tmp_path / "in" / "notes.docx").write_bytes(b"x")
    sources, passed_over = find_sources([str(tmp_path / "in" / "*.gz")])
    assert [source.name for source in sources] == ["a.jsonl.gz", "b.csv.gz", "c.parquet.gz"]
    sources, passed_over = find_sources([f"{tmp_path}/**"])
    assert len(sources) == 9
    assert [path.name for path in passed_over] == ["notes.docx"]
    with pytest.raises(ReadError, match="nothing is called"):
        find_sources([str(tmp_path / "in" / "*.xml")])
    (tmp_path / "a[1].txt").write_text("a file of that very name", "utf-8")
    assert [source.name for source in find_sources([str(tmp_path / "a[1].txt")])[0]] == ["a[1].txt"]


def test_files_behind_urls_are_read_where_they_lie(tmp_path: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for path in write_all(tmp_path / "in"):
        memory.pipe(f"/bucket/news/{path.name}", path.read_bytes())
    for number in range(300):  # more than are asked for at once
        memory.pipe(f"/bucket/texts/{number:03d}.txt", f"Text {number}".encode())
    memory.pipe("/bucket/texts/zipped.txt.gz", gzip.compress(b"zipped"))
    memory.pipe("/bucket/texts/.hidden.txt", b"no")
    memory.pipe("/bucket/texts/photo.png", b"no")
    try:
        here = read([tmp_path / "in"], tmp_path)
        there = read(["memory://bucket/news"], tmp_path)
        assert [replace(record, source_file="") for record in there] == [replace(r, source_file="") for r in here]
        assert [record.source_file for record in there] == [r.source_file.replace("in/", "news/") for r in here]
        assert {r.source_file for r in read(["memory://bucket/news/*.csv*"], tmp_path)} == {
            "b.csv", "b.csv.gz", "b.csv.zst",
        }  # fmt: skip
        texts = read(["memory://bucket/texts"], tmp_path, max_record_bytes=9)
        assert [r.content for r in texts] == [f"Text {n}".encode() for n in range(300)] + [b"zipped"]
        assert [r.source_id for r in texts][-2:] == ["299.txt", "zipped.txt.gz"]
        large = read(["memory://bucket/texts/299.txt"], tmp_path, max_record_bytes=7)
        assert [record.problem and record.problem.rule_id for record in large] == ["quarantine.too-large"]
        assert len(read(["memory://bucket/texts"], tmp_path, limit=7)) == 7
    finally:
        memory.rm("/bucket", recursive=True)
    assert len(read([f"file://{tmp_path}/in/a.jsonl"], tmp_path)) == len(ROWS)


def test_urls_that_cannot_be_read() -> None:
    with pytest.raises(ReadError, match="no such input: memory://nowhere"):
        find_sources(["memory://nowhere/a.txt"])
    with pytest.raises(ReadError, match="nothing is called memory://nowhere"):
        find_sources(["memory://nowhere/*.txt"])
    with pytest.raises(CallError, match="gopher"):
        find_sources(["gopher://host/a.txt"])


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_what_stands_before_a_damage_is_kept(tmp_path: Path, suffix: str) -> None:
    """Each record that was written before it: of a small file too, which is one block."""
    lines = [json.dumps({"id": str(n), "text": os.urandom(200).hex()}).encode() + b"\n" for n in range(3_000)]
    path = tmp_path / f"in.jsonl{suffix}"
    with path.open("wb") as sink:
        for start in range(0, 3_000, 1_000):  # three members, of which the second is damaged
            content = b"".join(lines[start : start + 1_000])
            packed = gzip.compress(content) if suffix == ".gz" else pa.compress(content, "zstd", asbytes=True)
            sink.write(packed if start != 1_000 else packed[:20] + bytes(200) + packed[220:])
    records = read([path], tmp_path)
    assert [record.source_id for record in records[:1_000]] == [str(n) for n in range(1_000)]
    assert [r.problem.rule_id for r in records if r.problem] == ["quarantine.corrupt-file"]
    assert records[-1].problem is not None
    assert records[-1].problem.evidence.startswith("from here on: ")
    cut = tmp_path / f"cut.jsonl{suffix}"
    cut.write_bytes(gzip.compress(b"".join(lines))[:-4] if suffix == ".gz" else path.read_bytes()[:100_000])
    found = read([cut], tmp_path)
    assert found[-1].problem is not None
    if suffix == ".gz":  # only the checksum is cut off
        assert len(found) == 3_001


def test_several_members_and_padding_are_one_file(tmp_path: Path) -> None:
    rows = [json.dumps({"text": f"Text {n}"}).encode() + b"\n" for n in range(3)]
    packed = b"".join(map(gzip.compress, rows))
    (tmp_path / "in.jsonl.gz").write_bytes(packed + bytes(700))
    records = read([tmp_path / "in.jsonl.gz"], tmp_path)
    assert [(r.content, r.problem) for r in records] == [(f"Text {n}", None) for n in range(3)]
    (tmp_path / "in.jsonl.gz").write_bytes(b"")
    assert read([tmp_path / "in.jsonl.gz"], tmp_path) == []
