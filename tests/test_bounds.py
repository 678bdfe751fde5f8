"""Memory follows settings, not input: what is bounded, and that a bound changes no byte but where it says so."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import make_config
from pipelines.engines.local import _CHARS, Local, _pieces, _taken
from pipelines.engines.shards import Part, Task, _alone_if_large
from pipelines.reading import Piece, Shard, read_shard
from pipelines.run import run
from pipelines.sources import cut_shards, find_sources
from pipelines.stages import CLEAN
from pipelines.store import write_parquet
from tests.building import build_here, files_of, write_corpus

SCHEMA = pa.schema([pa.field("text", pa.string()), pa.field("n", pa.int64())])


@pytest.mark.parametrize("asked", [None, "mimalloc"])
def test_arrow_takes_memory_from_the_c_library_unless_told_otherwise(asked: str | None) -> None:
    env = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    if asked:
        env["ARROW_DEFAULT_MEMORY_POOL"] = asked
    code = "import pipelines.cli, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert told.stdout.strip() == (asked or "system")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is told")
@pytest.mark.parametrize(("asked", "own", "goes_back"), [(False, {}, False), (True, {}, True), (
    True, {"MALLOC_MMAP_THRESHOLD_": str(2**25)}, False)])  # fmt: skip
def test_pieces_that_are_freed_go_back_where_it_is_asked_for(asked: bool, own: dict[str, str], goes_back: bool) -> None:
    code = """
import sys, numpy as np
from pipelines.engines.memory import keep_less

def kilobytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

if sys.argv[1] == "True":
    keep_less()
piece = np.ones(2_500_000)
del piece  # 20 MB: malloc keeps pieces as large as it has seen freed
before = kilobytes()
held = [np.ones(800_000) for _ in range(30)]  # 6 MB each
held[:-1] = []
print(kilobytes() - before)
"""
    call = [sys.executable, "-c", code, str(asked)]
    told = subprocess.run(call, capture_output=True, text=True, check=True, env=os.environ | own)
    assert (int(told.stdout) < 10_000) == goes_back
    assert (int(told.stdout) > 100_000) != goes_back


@pytest.mark.parametrize("most", [7, 8])
def test_it_is_asked_for_where_a_dataset_is_large(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("pipelines.run.keep_less", lambda: asked.append(True))
    monkeypatch.setattr("pipelines.checks.beside._SMALL", {"records": most})
    write_corpus(tmp_path / "in.jsonl", 8)
    run([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1}), engine=Local)
    assert asked == [True] * (most < 8)


def test_batches_in_a_worker_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(tmp_path / "in.jsonl", 40)
    with (tmp_path / "in.jsonl").open("ab") as sink:
        sink.write(b"no json\n")
    (tmp_path / "tail.txt").write_text("A text without a site. " * 30, "utf-8")
    inputs = [tmp_path / "in.jsonl", tmp_path / "tail.txt"]
    made = []
    for number, (lines, chars) in enumerate([(100_000, 1 << 24), (30, 1 << 24), (100_000, 1_500), (1, 1)]):
        monkeypatch.setattr("pipelines.stages._BATCH_LINES", lines)
        monkeypatch.setattr("pipelines.stages._BATCH_CHARS", chars)
        monkeypatch.setattr("pipelines.engines.local._CHARS", 20 * chars)
        folder = tmp_path / str(number)
        folder.mkdir()
        build_here(inputs, folder, make_config({"workers": 1}))
        made.append(files_of(folder))
    assert made == made[:1] * 4


def test_a_record_of_too_many_lines_is_quarantined(tmp_path: Path) -> None:
    rows = [{"id": name, "text": "A line of it.\n" * lines} for name, lines in (("long", 400), ("short", 399))]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "out").mkdir()
    build_here([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1, "max_record_lines": 400}))
    fates = {row["source_id"]: row for row in pq.read_table(tmp_path / "out/audit/fates.parquet").to_pylist()}
    assert fates["long"]["rule_id"] == "quarantine.too-many-lines"
    assert fates["long"]["evidence"] == "401 lines, more than max_record_lines = 400"
    assert fates["short"]["fate"] != "quarantined"


def test_row_groups_are_bounded_by_bytes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And which rows are in one depends on the rows alone."""
    monkeypatch.setattr("pipelines.store.GROUP_BYTES", 1_000)
    rows = pa.table({"text": ["x" * size for size in [10] * 30 + [900, 200, 5_000, 1, 400, 600, 1, 0, 2]],
                     "n": range(39)}, schema=SCHEMA)  # fmt: skip
    expected = None
    for size in (1, 7, 39):
        path = tmp_path / f"{size}.parquet"
        cut = [rows.slice(start, size) for start in range(0, len(rows), size)]
        assert write_parquet(path, [rows.slice(0, 0), *cut], SCHEMA, 25) == 39
        metadata = pq.read_metadata(path)
        groups = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
        assert groups == [25, 6, 1, 1, 2, 4] or groups == expected
        expected = groups
        assert pq.read_table(path).equals(rows)
    assert len({(tmp_path / f"{size}.parquet").read_bytes() for size in (1, 7, 39)}) == 1


def test_rows_of_long_texts_are_read_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sources", "file_rows"):
        monkeypatch.setattr(f"pipelines.{module}.SHARD_BYTES", 100_000)
    texts = [f"{n} " + "".join(map(chr, np.random.default_rng(n).integers(97, 122, 20_000))) for n in range(40)]
    pq.write_table(pa.table({"text": texts, "id": list(map(str, range(40)))}), tmp_path / "in.parquet")
    config = make_config({})
    (tmp_path / "scratch").mkdir()
    shards = list(cut_shards(find_sources([tmp_path / "in.parquet"])[0], config, tmp_path / "scratch"))
    sizes = [len(read_shard(shard, config)) for shard in shards]
    assert sum(sizes) == 40
    assert max(sizes) <= 10


def test_large_records_are_cleaned_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.engines.shards._LARGE", 100)
    (tmp_path / "large.txt").write_text("x" * 100, "utf-8")
    (tmp_path / "small.txt").write_text("x" * 99, "utf-8")
    large, small = (
        Task(
            CLEAN,
            Part(Shard(0, (Piece(name, tmp_path / name, "text"),)), ""),
            make_config({}),
            {},
            tmp_path / "clean-1",
        )
        for name in ("large.txt", "small.txt")
    )
    entered = threading.Event()

    def enter() -> None:
        with _alone_if_large(large):
            entered.set()

    with _alone_if_large(large), _alone_if_large(small):
        other = threading.Thread(target=enter)
        other.start()
        assert not entered.wait(0.2)
    assert entered.wait(60)
    other.join()


def test_pieces_are_whole_and_in_order() -> None:
    chars = np.array([5, 0, 3 * _CHARS, 1, _CHARS, _CHARS - 1, 1, 1])
    pieces = list(_pieces(chars))
    assert [(piece.start, piece.stop) for piece in pieces] == [(0, 2), (2, 3), (3, 4), (4, 5), (5, 7), (7, 8)]
    assert [(piece.start, piece.stop) for piece in _pieces(chars[4:])] == [(0, 1), (1, 3), (3, 4)]
    assert list(_pieces(chars[:0])) == []


def test_rows_that_are_taken_hold_on_to_no_mapped_file(tmp_path: Path) -> None:
    """Else all shards that rows are gathered from stand in memory together."""
    words = pa.array(["one", None, "two", "one"] * 50)
    table = pa.table(
        {"text": words, "word": words.dictionary_encode(), "list": pa.array([["a"], [], None, ["b"]] * 50)}
    )
    path = tmp_path / "a.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    mapped = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    rows = pa.array([3, 1, 190])
    assert _taken(mapped, rows).equals(table.take(rows))

    def buffers(array: pa.Array) -> list[int]:
        own = [array.dictionary] if pa.types.is_dictionary(array.type) else []
        return [one.address for array in (array, *own) for one in array.buffers() if one is not None and one.size]

    def addresses(table: pa.Table) -> list[int]:
        return [address for column in table.columns for chunk in column.chunks for address in buffers(chunk)]

    start = min(addresses(mapped))
    there = range(start - 4096, start + path.stat().st_size)
    taken = [
        address for column in _taken(mapped, rows).columns for chunk in column.chunks for address in buffers(chunk)
    ]
    assert taken
    assert not any(address in there for address in taken)


def test_candidates_are_the_same_however_they_are_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    from cleaning.duplicates import candidates
    from cleaning.shingles import shingle

    rng = np.random.default_rng(7)
    words = np.array([f"word{n}" for n in range(300)], object)
    texts = [" ".join(rng.choice(words, 200)) for _ in range(60)]
    for number in rng.integers(0, 60, 240).tolist():  # copies in which a few words are others; of some texts many
        copy = texts[number % 7 if number % 2 else number].split()
        for at in rng.integers(0, 200, 4).tolist():
            copy[at] = f"other{number}"
        texts.append(" ".join(copy))
    shingles = shingle(pa.array(texts))
    rows = rng.permutation(len(texts))

    def found() -> list[tuple[int, int]]:
        pairs = [pair for a, b in candidates.find_candidates(shingles, rows) for pair in zip(a, b, strict=True)]
        assert len(set(pairs)) == len(pairs)
        return sorted((int(a), int(b)) for a, b in pairs)

    whole = found()
    assert len(whole) > 240
    for entries, origins, pairs, small in ((200, 100, 50, 64), (1, 1, 1, 1), (1 << 20, 300, 7, 1 << 20)):
        for name, value in (("_ENTRIES", entries), ("_ORIGINS", origins), ("_PAIRS", pairs), ("_SMALL", small)):
            monkeypatch.setattr(candidates, name, value)
        assert found() == whole


def test_pages_are_joined_part_by_part() -> None:
    from cleaning.distinct_pages import same_pages

    rng = np.random.default_rng(5)
    for _ in range(30):
        keys = rng.integers(0, 60, (50, 14)).astype(np.uint64) * rng.integers(0, 2, (50, 14)).astype(np.uint64)
        expected = list(range(50))
        for _ in range(50):  # until nothing changes any more
            for one in range(50):
                linked = ((keys == keys[one]) & (keys[one] > 0)).any(axis=1)
                low = min(expected[other] for other in [one, *np.flatnonzero(linked)])
                for other in [one, *np.flatnonzero(linked)]:
                    expected[other] = low
        for cut in (0, 13, 50):
            assert same_pages([keys[:cut], keys[cut:]]).tolist() == expected
