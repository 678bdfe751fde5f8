"""A dataset put behind a URL: whole or not there, whatever stops a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from cleaning.config import make_config
from pipelines.errors import CallError, ReadError
from pipelines.run import run
from pipelines.store import MANIFEST
from pipelines.uploading import MARK, Upload, folder_of
from tests.building import write_corpus
from tests.test_publish import bucket, s3  # noqa: F401

URL = "memory://bucket/news"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The file system of fsspec that is in memory, empty."""
    monkeypatch.chdir(tmp_path)
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def there(system: Any) -> dict[str, bytes]:
    return {path.removeprefix("/bucket/news/"): system.cat_file(path) for path in system.find("/bucket/news")}


def stage(folder: Path, **files: str) -> Path:
    """What is put there, beside what is the run's own."""
    contents = {"data/a.parquet": "a", "audit/b.parquet": "b", "scratch/c/d": "c", ".tamis-run": "", MANIFEST: "{}"}
    for name, text in (contents | files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


WHOLE = {"data/a.parquet": b"a", "audit/b.parquet": b"b", MANIFEST: b"{}"}


def test_a_run_ends_behind_a_url(memory: Any, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in.jsonl", 12)
    config = make_config({"workers": 1})
    outcome = run(["in.jsonl"], URL, config)
    run(["in.jsonl"], "news", config)
    local = Path("news")
    expected = {path.relative_to(local).as_posix() for path in local.rglob("*") if path.is_file()}
    found = there(memory)
    # Pages of the checks have the time in their names.
    assert {name for name in found if "/check/" not in name} == {name for name in expected if "/check/" not in name}
    assert len(found) == len(expected)
    assert found[MANIFEST] == (local / MANIFEST).read_bytes()
    assert outcome.where == URL
    assert json.loads(found[MANIFEST])["name"] == "news"
    assert not list(Path("output").iterdir()), "nothing is left of where it was made"
    with pytest.raises(CallError, match="exists already, and behind a URL nothing is replaced"):
        run(["in.jsonl"], URL, config, force=True)


def test_file_urls_are_folders(tmp_path: Path) -> None:
    assert folder_of((tmp_path / "a b").as_uri()) == tmp_path / "a b"
    assert folder_of("s3.d/a") == Path("s3.d/a")


@pytest.mark.parametrize("broken", ["pipe_file", "put_file", "mv"])
def test_what_stops_half_way_is_no_dataset(
    broken: str, memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = Upload(URL)
    with monkeypatch.context() as patch:
        patch.setattr(upload._system, broken, lambda *_, **__: 1 / 0)
        with pytest.raises(ReadError, match=f"cannot write {URL}: division by zero"):
            upload.put(stage(tmp_path / "first", **{"data/gone.parquet": "x"}))
    assert MANIFEST not in there(memory)
    # The next one puts its own there, and takes away what is left.
    Upload(URL).put(stage(tmp_path / "second"))
    assert there(memory) == WHOLE


def test_what_is_in_the_way(memory: Any, tmp_path: Path) -> None:
    memory.pipe_file("/bucket/news/mine.txt", b"mine")
    for call in (Upload(URL).check, lambda: Upload(URL).put(stage(tmp_path / "stage"))):
        with pytest.raises(CallError, match="is in the way"):
            call()
    assert there(memory) == {"mine.txt": b"mine"}
    # A neighbour whose name begins alike is not.
    Upload("memory://bucket/new").put(tmp_path / "stage")


def test_of_two_at_once_the_later_goes_on(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Upload(URL), Upload(URL)
    put_file = type(first._system).put_file

    def interrupted(self: Any, path: str, at: str) -> None:
        put_file(self, path, at)
        monkeypatch.undo()
        second.put(stage(tmp_path / "second", **{"data/a.parquet": "second"}))
        memory.pipe_file(f"/bucket/news/{MARK}", second._word)  # as if it were not done yet

    monkeypatch.setattr(type(first._system), "put_file", interrupted)
    with pytest.raises(ReadError, match="another run is writing"):
        first.put(stage(tmp_path / "first"))
    assert there(memory)["data/a.parquet"] == b"second"


def test_what_reads_back_other_than_it_was_written(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = Upload(URL)
    monkeypatch.setattr(type(upload._system), "put_file", lambda self, path, at: self.pipe_file(at, b"other"))
    with pytest.raises(ReadError, match="reads back other"):
        upload.put(stage(tmp_path / "stage"))
    assert MANIFEST not in there(memory)


def test_the_same_in_a_bucket(bucket: Any, tmp_path: Path) -> None:  # noqa: F811
    client, address = bucket
    name = address.split("/")[2]
    upload = Upload(address)
    upload.check()
    upload.put(stage(tmp_path / "stage"))
    keys = [one["Key"] for one in client.list_objects_v2(Bucket=name)["Contents"]]
    assert sorted(keys) == sorted(f"news/{path}" for path in WHOLE)
    with pytest.raises(CallError, match="exists already"):
        Upload(address).check()
    with pytest.raises(ReadError, match="cannot write s3://no-bucket-of-this-name/x"):
        Upload("s3://no-bucket-of-this-name/x").put(tmp_path / "stage")
