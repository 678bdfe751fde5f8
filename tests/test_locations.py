"""Inputs where they lie: buckets, hubs, the web, many shards; and that no secret of an address is ever said."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import CallError, ReadError, TamisError
from pipelines.files import Remote, Stretch, state_of
from pipelines.locations import name_of
from pipelines.sources import find_sources
from tests.building import write_corpus
from tests.commands import Done
from tests.hub_server import Hub
from tests.test_publish import bucket, s3  # noqa: F401
from tests.test_publish_hub import hub  # noqa: F401
from tests.test_sources import ROWS, read, write_all

PASSWORD, SIGNATURE = "open-sesame", "f00dfeed"


def test_a_folder_of_shards_is_one_corpus(tmp_path: Path) -> None:
    """.gz and .zst, records in the order of the files' names: as they stand in one file."""
    lines = [json.dumps({"id": str(n), "text": f"Text {n}."}) + "\n" for n in range(400)]
    (tmp_path / "one.jsonl").write_text("".join(lines), "utf-8")
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(100):
        content = "".join(lines[4 * number : 4 * number + 4]).encode()
        (folder / f"{number:03d}.jsonl.{'zst' if number % 2 else 'gz'}").write_bytes(
            pa.compress(content, "zstd", asbytes=True) if number % 2 else gzip.compress(content)
        )
    whole = read([tmp_path / "one.jsonl"], tmp_path)
    for given in (folder, f"{folder}/*.jsonl.*"):
        found = read([given], tmp_path, shard_records=150)
        assert [(r.source_id, r.content) for r in found] == [(r.source_id, r.content) for r in whole]
        assert [r.source_row for r in found] == [0, 1, 2, 3] * 100


@pytest.mark.filterwarnings("ignore")
def test_buckets_by_object_folder_and_pattern(tmp_path: Path, bucket: Any) -> None:  # noqa: F811
    client, target = bucket
    name, prefix = target.removeprefix("s3://").split("/")
    for path in write_all(tmp_path / "in"):
        client.put_object(Bucket=name, Key=f"{prefix}/{path.name}", Body=path.read_bytes())
    for number in range(300):
        client.put_object(Bucket=name, Key=f"texts/{number % 7}/{number:03d}.txt", Body=f"Text {number}".encode())
    here = read([tmp_path / "in"], tmp_path)
    there = read([target], tmp_path)
    assert [replace(record, source_file="") for record in there] == [replace(r, source_file="") for r in here]
    assert {r.source_file for r in read([f"{target}/*.csv*"], tmp_path)} == {"b.csv", "b.csv.gz", "b.csv.zst"}
    assert {r.source_file for r in read([f"{target}/?.jsonl"], tmp_path)} == {"a.jsonl"}
    assert len(read([f"{target}/a.jsonl.gz"], tmp_path)) == len(ROWS)
    texts = read([f"s3://{name}/texts"], tmp_path)
    assert sorted(r.content for r in texts) == sorted(f"Text {n}".encode() for n in range(300))
    assert len(read([f"s3://{name}/texts/3/*.txt"], tmp_path)) == len(range(3, 300, 7))
    with pytest.raises(ReadError, match="no such input"):
        find_sources([f"{target}/absent.jsonl"])


@pytest.mark.filterwarnings("ignore")
def test_repositories_of_the_hub(tmp_path: Path, hub: Hub) -> None:  # noqa: F811
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo("harbour/raw", repo_type="dataset", private=True)
    for path in write_all(tmp_path / "in"):
        api.upload_file(
            path_or_fileobj=path, path_in_repo=f"raw/{path.name}", repo_id="harbour/raw", repo_type="dataset"
        )
    here = read([tmp_path / "in"], tmp_path)
    for given in ("hf://datasets/harbour/raw/raw", "hf://datasets/harbour/raw/raw/*"):
        there = read([given], tmp_path)
        assert [replace(record, source_file="") for record in there] == [replace(r, source_file="") for r in here]
    assert len(read(["hf://datasets/harbour/raw/raw/a.jsonl.gz"], tmp_path)) == len(ROWS)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The address of a small web server that asks for a signature, with a user and a password in it."""
    write_corpus(tmp_path / "web.jsonl", 12)
    content = (tmp_path / "web.jsonl").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == f"/news/a.jsonl?X-Amz-Signature={SIGNATURE}"
            self.send_response(200 if known else 403 if "refused" in self.path else 404)
            self.send_header("Content-Length", str(len(content) if known else 0))
            self.end_headers()
            if self.command == "GET" and known:
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://me:{PASSWORD}@127.0.0.1:{server.server_address[1]}/news"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings("ignore")
def test_an_address_with_secrets_is_read_and_never_said(
    web: str, tmp_path: Path, tamis: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = f"{web}/a.jsonl?X-Amz-Signature={SIGNATURE}"
    assert name_of(url) == "a"
    done = tamis("run", url, "-o", tmp_path / "out", "--log-json", "--no-text")
    assert done.code in (0, 1), done.err
    fates = pq.read_table(tmp_path / "out/audit/fates.parquet")
    assert set(fates["source_file"].to_pylist()) == {"a.jsonl"}
    said = done.out + done.err
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            said += path.read_bytes().decode("latin-1")
    assert PASSWORD not in said
    assert SIGNATURE not in said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "given",
    [
        f"{{web}}/absent.jsonl?X-Amz-Signature={SIGNATURE}",
        f"{{web}}/refused.jsonl?X-Amz-Signature={SIGNATURE}",
        f"{{web}}/page.html?X-Amz-Signature={SIGNATURE}",
        f"http://me:{PASSWORD}@127.0.0.1:1/a.jsonl?{SIGNATURE}",
        f"ftp://me:{PASSWORD}@127.0.0.1:1/a.jsonl",
        f"gopher://me:{PASSWORD}@127.0.0.1/a.jsonl?X-Amz-Signature={SIGNATURE}",
        f"memory://nowhere/a.jsonl?X-Amz-Signature={SIGNATURE}",
        f"nowhere/a.jsonl?X-Amz-Signature={SIGNATURE}",
    ],
)
def test_no_error_says_a_secret(
    given: str, web: str, tmp_path: Path, tamis: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    done = tamis("run", given.format(web=web), "-o", tmp_path / "out", "--verbose")
    assert done.code in (2, 3), done.err
    assert PASSWORD not in done.out + done.err
    assert SIGNATURE not in done.out + done.err
    assert "a fault of tamis" not in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", ["reference://a", "dir://a/b.jsonl", "cached://a", "blockcache://a", "generic://a"])
def test_file_systems_over_others_are_a_wrong_call(given: str) -> None:
    with pytest.raises(TamisError, match="cannot be opened by its address alone") as caught:
        find_sources([given])
    assert isinstance(caught.value, CallError)
    assert "\n" not in str(caught.value)


def test_the_state_of_a_file_is_asked_for_by_its_whole_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed of an address opens nothing; and a part of a file is as new as the file."""

    class System:
        def ukey(self, path: str) -> str:
            return str(len(path))

    asked: list[str] = []
    monkeypatch.setattr("pipelines.files.file_system", lambda url: (System(), asked.append(url) or url))
    address = f"https://me:{PASSWORD}@store.example/a.jsonl?X-Amz-Signature={SIGNATURE}"
    file = Remote(address, 9)
    assert state_of(file) == state_of(Stretch(file, 3, 5))
    assert asked == [address, address]
    assert PASSWORD not in state_of(file)
    assert SIGNATURE not in state_of(file)
    (tmp_path / "a.jsonl").write_text("{}\n", "utf-8")
    first = state_of(Stretch(tmp_path / "a.jsonl", 0, 2))
    assert first == state_of(tmp_path / "a.jsonl")
    (tmp_path / "a.jsonl").write_text("{}\n{}\n", "utf-8")
    assert state_of(Stretch(tmp_path / "a.jsonl", 0, 2)) != first
