"""`tamis publish` to a folder and to a bucket: what arrives, what is refused, what is broken off, who is first."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import pipelines.publishing.places as places
import pipelines.publishing.publish as publishing
from cleaning.config import Config
from pipelines.checks.validate import Validation
from pipelines.errors import CallError, ReadError
from pipelines.publishing.places import Folder, Place
from pipelines.publishing.publish import CLAIM, parse_target, publish
from pipelines.publishing.release import PublishError
from pipelines.run import run
from pipelines.secrets import scrub
from tests.test_cli import Done, call, tamis  # noqa: F401

KEY, SECRET = "AKIA" + "Q" * 16, "never/printed+" + "s" * 26


@pytest.fixture(scope="session")
def published_sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with two data files and a licence."""
    output = tmp_path_factory.mktemp("home") / "harbour"
    about = {"version": "1.2.0", "license": "cc-by-4.0"}
    run([sample], output, Config(about=about, rows_per_file=20, workers=1))
    return output


@pytest.fixture
def home(published_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to break, whose check is not run again each time."""
    monkeypatch.setattr(publishing, "validate", lambda *args, **kwargs: _Passed(()))
    shutil.copytree(published_sample, tmp_path / "harbour")
    return tmp_path / "harbour"


class _Passed(Validation):
    passed = True  # type: ignore[assignment]


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """moto's S3 server on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """A fresh bucket, with the credentials where the clients look for them. Gives boto3's client and the address."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    name = f"b{abs(hash(request.node.name)):x}"
    client.create_bucket(Bucket=name)
    return client, f"s3://{name}/news"


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("bucket")[1])
    return str(tmp_path / "public" / "news")


def held(target: str) -> dict[str, bytes]:
    """All that stands at a target, by path."""
    if not target.startswith("s3://"):
        root = Path(target)
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    import boto3

    name, prefix = target.removeprefix("s3://").split("/", 1)
    client = boto3.client("s3")
    found = client.list_objects_v2(Bucket=name, Prefix=f"{prefix}/").get("Contents", [])
    return {
        one["Key"].removeprefix(f"{prefix}/"): client.get_object(Bucket=name, Key=one["Key"])["Body"].read()
        for one in found
    }


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are put somewhere, as they are put."""
    done: list[str] = []
    for kind in (places.Folder, places.Bucket):

        def create(self: Any, path: str, source: Path, original: Any = kind.create) -> bool:
            made = bool(original(self, path, source))
            if made:
                done.append(path)
            return made

        monkeypatch.setattr(kind, "create", create)
    return done


def next_content(home: Path) -> None:
    """Other data under the same version: the manifest says another row count of a file."""
    path = home / "data" / "train-00000-of-00002.parquet"
    table = pq.read_table(path)
    pq.write_table(table, path, compression="snappy")
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    from pipelines.store import describe_file

    manifest["files"][0] = describe_file(home, path)
    (home / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def test_it_arrives_whole(home: Path, target: str, puts: list[str]) -> None:
    done = publish(home, target)
    assert (done.state, done.version, done.where) == ("published", "1.2.0", f"{target}/v1.2.0")
    there = held(target)
    assert {path.split("/", 1)[0] for path in there} == {"v1.2.0"}
    names = {path.split("/", 1)[1] for path in there}
    assert names >= {"README.md", "croissant.json", "CITATION.cff", "LICENSE", "SHA256SUMS", "manifest.json"}
    assert not [name for name in names if name.startswith("audit/") or "quarantine" in name or CLAIM in name]
    # Data first, manifest last.
    assert [name for name in puts if name.startswith("data/")] == puts[1:3]
    assert puts[-1] == "manifest.json"
    for name in names - {"manifest.json", "SHA256SUMS", "reports/quality.html"}:
        assert there[f"v1.2.0/{name}"] == (home / name).read_bytes()
    manifest = json.loads(there["v1.2.0/manifest.json"])
    assert {entry["path"] for entry in manifest["files"]} == {name for name in names if name.startswith("data/")}
    assert manifest["withheld"] == ["audit"]
    # The page at home shows lines that were dropped; the one that is published shows none.
    dropped = pq.read_table(home / "audit/labels.parquet").filter(pc.field("decides")).to_pylist()
    lines = {
        (one["doc_id"], one["line_no"]): one["text"] for one in pq.read_table(home / "audit/lines.parquet").to_pylist()
    }
    kept = "\n".join(pq.read_table(home / "data")["text"].to_pylist())
    long = {
        text for one in dropped if len(text := lines[one["doc_id"], one["line_no"]].strip()) > 60 and text not in kept
    }
    page = there["v1.2.0/reports/quality.html"].decode()
    assert len(long) > 10
    assert not [text for text in long if text in page or json.dumps(text)[1:-1] in page]
    assert [text for text in long if text in (home / "reports/quality.html").read_text("utf-8")]


def test_what_arrived_loads(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    publish(home, str(tmp_path / "public"))
    there = tmp_path / "public" / "v1.2.0"
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=there, check=True)
    loaded = datasets.load_dataset(str(there), cache_dir=str(tmp_path / "cache"), split="train")
    assert loaded.num_rows == json.loads((there / "manifest.json").read_text("utf-8"))["rows"]


def test_readers_of_a_bucket(home: Path, bucket: Any) -> None:
    import pandas as pd

    publish(home, bucket[1])
    frame = pd.read_parquet(f"{bucket[1]}/v1.2.0/data/train-00000-of-00002.parquet")
    assert frame["doc_id"].tolist() == pq.read_table(home / "data/train-00000-of-00002.parquet")["doc_id"].to_pylist()


def test_the_audit_comes_when_it_is_asked_for(home: Path, tmp_path: Path) -> None:
    publish(home, str(tmp_path / "public"), audit=True)
    there = tmp_path / "public" / "v1.2.0"
    assert (there / "audit/lines.parquet").read_bytes() == (home / "audit/lines.parquet").read_bytes()
    assert (there / "audit/quarantine.jsonl").exists()
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=there, check=True)


def test_a_second_time_uploads_nothing(home: Path, target: str, puts: list[str]) -> None:
    publish(home, target)
    before = held(target)
    puts.clear()
    done = publish(home, target)
    assert (done.state, done.uploaded) == ("there already", 0)
    assert puts == []
    assert held(target) == before


def test_other_content_under_the_same_version_is_refused(home: Path, target: str) -> None:
    publish(home, target)
    before = held(target)
    next_content(home)
    with pytest.raises(PublishError, match=r"another content.*declare the next one"):
        publish(home, target)
    assert held(target) == before


def test_the_next_version_stands_beside(home: Path, target: str) -> None:
    publish(home, target)
    before = held(target)
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    (home / "manifest.json").write_text(json.dumps(manifest | {"version": "1.3.0"}), "utf-8")
    publish(home, target)
    after = held(target)
    assert {path: content for path, content in after.items() if path in before} == before
    assert {path.split("/")[0] for path in after} == {"v1.2.0", "v1.3.0"}


@pytest.mark.parametrize("broken_at", ["data/train-00001-of-00002.parquet", "README.md", "manifest.json"])
def test_an_interrupted_one_goes_on(
    broken_at: str, home: Path, target: str, puts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = places.Bucket if target.startswith("s3") else places.Folder
    original = kind.create

    def create(self: Any, path: str, source: Path) -> bool:
        if path == broken_at:
            raise OSError("the line went dead")
        return original(self, path, source)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "create", create)
        with pytest.raises(ReadError, match="the line went dead"):
            publish(home, target)
    assert not [path for path in held(target) if path.endswith("manifest.json")]
    first = list(puts)
    puts.clear()
    done = publish(home, target)
    assert done.state == "published"
    assert not set(first) & set(puts)
    assert puts[-1] == "manifest.json"
    assert done.found == len(first) - 1
    assert not [path for path in held(target) if CLAIM in path]


def test_a_killed_one_goes_on(home: Path, target: str, tmp_path: Path) -> None:
    """A process that dies in the middle leaves what it has put there, and no manifest."""
    script = (
        "import os, sys, pipelines.publishing.places as p, pipelines.publishing.publish as q\n"
        "for kind in (p.Folder, p.Bucket):\n"
        "    def create(self, path, source, original=kind.create):\n"
        "        if path == 'README.md': os._exit(9)\n"
        "        return original(self, path, source)\n"
        "    kind.create = create\n"
        "q.validate = lambda *a, **k: type('V', (), {'passed': True})\n"
        "from pathlib import Path\n"
        "q.publish(Path(sys.argv[1]), sys.argv[2])\n"
    )
    import os
    import sys

    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    died = subprocess.run([sys.executable, "-c", script, str(home), target], env=env, check=False, timeout=120)
    assert died.returncode == 9
    there = held(target)
    assert [path for path in there if "data/" in path]
    assert "v1.2.0/manifest.json" not in there
    done = publish(home, target)
    assert (done.state, done.found >= 2) == ("published", True)


def test_another_content_waits_for_one_that_was_broken_off(
    home: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = places.Bucket if target.startswith("s3") else places.Folder
    original = kind.create
    with monkeypatch.context() as patch:
        patch.setattr(kind, "create", lambda self, path, source: path == CLAIM and original(self, path, source))
        with pytest.raises(PublishError, match="is not there after it was put"):
            publish(home, target)
    next_content(home)
    with pytest.raises(PublishError, match=r"another content of version 1\.2\.0 is being published"):
        publish(home, target)


def test_two_at_once(home: Path, target: str, tmp_path: Path) -> None:
    """Both put files; one writes the manifest, the other says that it was not the first."""
    states = _together([lambda: publish(home, target).state] * 2)
    assert "published" in states
    assert set(states) <= {"published", "another was first", "there already"}
    assert states.count("published") == 1
    assert publish(home, target).state == "there already"


def test_two_at_once_with_different_content(home: Path, target: str, tmp_path: Path) -> None:
    other = tmp_path / "other" / "harbour"
    shutil.copytree(home, other)
    next_content(other)
    found = _together([lambda: publish(home, target).state, lambda: publish(other, target).state])
    assert sorted(map(str, found))[-1] == "published" or "published" in found
    assert found.count("published") == 1
    loser = next(one for one in found if one != "published")
    assert "another content" in loser
    winner = home if found[0] == "published" else other
    assert publish(winner, target).state == "there already"


def _together(calls: list[Callable[[], str]]) -> list[str]:
    states: list[str] = [""] * len(calls)
    ready = threading.Barrier(len(calls))

    def run_one(number: int) -> None:
        ready.wait()
        try:
            states[number] = calls[number]()
        except PublishError as error:
            states[number] = str(error)

    threads = [threading.Thread(target=run_one, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return states


def test_the_last_moment(home: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another publishing ends between our files and our manifest: it was first, and we say so."""
    kind = places.Bucket if target.startswith("s3") else places.Folder
    original = kind.create
    done: list[str] = []

    def create(self: Any, path: str, source: Path) -> bool:
        if path == "manifest.json" and not done:
            done.append("")
            done.append(publish(home, target).state)
        return original(self, path, source)

    monkeypatch.setattr(kind, "create", create)
    assert publish(home, target).state == "another was first"
    assert done[1] == "published"


def test_what_reads_back_wrong_gets_no_manifest(home: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = places.Bucket if target.startswith("s3") else places.Folder
    original = kind.create

    def create(self: Any, path: str, source: Path) -> bool:
        if path.endswith("-of-00002.parquet"):
            cut = source.with_name(f"{source.name}.cut")
            cut.write_bytes(source.read_bytes()[:-1])
            source = cut
        return original(self, path, source)

    monkeypatch.setattr(kind, "create", create)
    with pytest.raises(PublishError, match=r"has another data/train-00000-of-00002.parquet"):
        publish(home, target)
    assert "v1.2.0/manifest.json" not in held(target)


def test_a_dataset_that_fails_its_check_stays(published_sample: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(published_sample, home)
    with (home / "audit/quarantine.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(PublishError, match="fails its checks: files-unchanged"):
        publish(home, str(tmp_path / "public"))
    assert not (tmp_path / "public").exists()


def test_a_public_target_asks_for_a_licence(home: Path, target: str) -> None:
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    (home / "manifest.json").write_text(json.dumps(manifest | {"about": {}}), "utf-8")
    with pytest.raises(PublishError, match="declares no licence"):
        publish(home, target, public=True)
    assert held(target) == {}
    assert publish(home, target).state == "published"


@pytest.mark.parametrize(
    "wrong",
    ["", "s3://", "s3://B", "gs://bucket/x", "hf://org/name", "hf://datasets/org", "hf://datasets/org/name@main",
     f"s3://{KEY}:{SECRET}@bucket/x", "https://me:pass@example.com/"],
)  # fmt: skip
def test_a_target_that_is_none(wrong: str) -> None:
    with pytest.raises(CallError) as raised:
        parse_target(wrong)
    assert SECRET not in str(raised.value)
    assert "pass@" not in str(raised.value)


def test_a_dataset_is_not_published_into_another(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="is a dataset or a file"):
        publish(home, str(home))


def test_no_secret_is_printed(home: Path, bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong, with --verbose as well: a server that refuses, and one that is not there."""
    secrets = (KEY, SECRET, "pa55word")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    missing = tamis("publish", home, "s3://no-such-bucket/news", "--verbose", cwd=tmp_path)
    assert missing.returncode == 3, missing.stderr
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://me:pa55word@127.0.0.1:9")
    away = tamis("publish", home, bucket[1], "--verbose", cwd=tmp_path)
    assert away.returncode == 3
    assert "cannot publish to" in away.stderr or "onnect" in away.stderr
    for done in (missing, away):
        assert not [one for one in secrets if one in done.stdout + done.stderr]


def test_scrub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "correct horse")
    hidden = scrub("correct horse; hf_abcdefgh1234; Authorization: Bearer abc; http://a:b@c/d; AKIAABCDEFGHIJKLMNOP")
    assert hidden == "…; …; Authorization: Bearer …; http://…@c/d; …"
    assert scrub("news@example.com wrote to http://example.com/a") == "news@example.com wrote to http://example.com/a"


def test_the_command(home: Path, tmp_path: Path, call: Callable[..., Done]) -> None:  # noqa: F811
    done = call("publish", home, tmp_path / "public", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "harbour 1.2.0 is published at" in done.stdout
    again = call("publish", home, tmp_path / "public", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["state"] == "there already"
    wrong = call("publish", home, "ftp://x/y", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_a_folder_is_a_place(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"one")
    place: Place = Folder(tmp_path / "there")
    assert place.create("a/b", source)
    source.write_bytes(b"two")
    assert not place.create("a/b", source)
    assert b"".join(place.blocks("a/b")) == b"one"
    assert [path.name for path in (tmp_path / "there" / "a").iterdir()] == ["b"]
