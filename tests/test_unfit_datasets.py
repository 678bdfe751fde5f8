"""Manifests, files and targets that are not what they say: each is refused in one line, and nothing is published."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pipelines.publishing.publish as publishing
from cleaning.config import Config, ConfigError
from cleaning.records import Record
from cleaning.tombstones import bury, spelled
from pipelines.checks.measures import DatasetError, Measure, _with_links
from pipelines.dataset import check_manifest, read_manifest
from pipelines.errors import CallError, ReadError
from pipelines.manifest import version_of
from pipelines.publishing.places import Bucket, Folder, Place, read_back
from pipelines.publishing.publish import CLAIM, parse_target, publish, push_files
from pipelines.publishing.release import PublishError, Release, make_release, version_in
from pipelines.removal_choice import Chosen
from pipelines.remove import _write_audit
from pipelines.store import sha256_of, write_json, write_sums
from pipelines.tombstones import read_tombstones, write_tombstones
from tests.test_publish import bucket, s3, target  # noqa: F401

PLAIN = {"format": 1, "name": "harbour", "version": "1.2.0", "schema": [], "files": [], "rows": 1, "ledger": {}}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What publishing takes for a dataset, without a row: enough where it is to be refused."""
    folder = tmp_path / "harbour"
    for path in ("data/train-00000-of-00001.parquet", "LICENSE", "README.md", "reports/quality.md"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path, "utf-8")
    data = folder / "data/train-00000-of-00001.parquet"
    write_sums(folder, [data, folder / "LICENSE", folder / "README.md"])
    entry = {"path": data.relative_to(folder).as_posix(), "bytes": data.stat().st_size, "sha256": sha256_of(data)}
    write_json(folder / "manifest.json", PLAIN | {"files": [entry]})
    return folder


WRONG = [
    *({"version": one} for one in ("/../../escaped", "abc", "1.2", "1.2.3.4", "01.2.3", "1.2.3\n", "", 0, 1.2)),
    {"version": f"1.{'9' * 5000}.0"},
    *({"name": one} for one in ("", " ", ".", "..", "a/b", "a\\b", "a\nb", "\x1b[31m", "a\u2028b", "\ud800", "a\x00")),
    {"rows": -1},
    {"files": [{"path": "data/a.parquet", "bytes": -1, "sha256": ""}]},
    {"files": [{"path": "data/a.parquet", "bytes": 1, "rows": -1, "sha256": ""}]},
    {"files": [{"path": "data/a\n.parquet", "bytes": 1, "sha256": ""}]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: ascii(wrong)[:40])
def test_a_manifest_that_is_not_plain(wrong: dict[str, Any]) -> None:
    check_manifest(PLAIN)
    with pytest.raises(DatasetError) as raised:
        check_manifest(PLAIN | wrong)
    said = str(raised.value)
    assert raised.value.exit_code == 3
    assert said.isprintable()
    assert len(said) < 400


def test_a_version_does_not_lead_out_of_the_target(home: Path, tmp_path: Path) -> None:
    manifest = read_manifest(home)
    write_json(home / "manifest.json", manifest | {"version": "/../../escaped"})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DatasetError, match=r"is not MAJOR\.MINOR\.PATCH"):
        publish(home, str(tmp_path / "public" / "news"))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_in_another_script_is_plain() -> None:
    check_manifest(PLAIN | {"name": "한국 뉴스 2024"})


def test_what_a_manifest_at_the_target_states() -> None:
    assert version_in(json.dumps(PLAIN).encode()) == "1.2.0"
    assert version_in(b'{"version": "\\u001b[31m\\n::error::"}') == ""


def test_a_version_that_a_run_declares_is_one_that_a_manifest_may_have() -> None:
    check_manifest(PLAIN | {"version": Config(about={"version": "2024.20240131235959.0"}).about["version"]})
    with pytest.raises(ConfigError, match=r"about\.version"):
        Config(about={"version": f"1.{'9' * 19}.0"})


@pytest.mark.parametrize("path", ["LICENSE", "reports/quality.md", "reports/quality.html", "CITATION.cff",
                                  "data/train-00000-of-00001.parquet", "SHA256SUMS", "reports", "data"])  # fmt: skip
@pytest.mark.parametrize("there", [True, False])
def test_no_link_is_published(path: str, there: bool, home: Path, tmp_path: Path) -> None:
    make_release(home, read_manifest(home), scratch(tmp_path), audit=True)
    linked, outside = home / path, tmp_path / "outside"
    if path == "reports" and not there:
        pytest.skip("nothing is there to publish")
    if there and linked.exists():
        linked.rename(outside)  # the same bytes, so that only the link is wrong
    elif there:
        outside.write_text("secret", "utf-8")
    shutil.rmtree(linked) if linked.is_dir() else linked.unlink(missing_ok=True)
    linked.symlink_to(outside)
    with pytest.raises(PublishError, match=r"is a link, or lies behind one"):
        make_release(home, read_manifest(home), scratch(tmp_path), audit=True)


def test_a_link_inside_the_dataset_is_none_of_its_files(home: Path, tmp_path: Path) -> None:
    (home / "reports/quality.md").unlink()
    (home / "reports/quality.md").symlink_to("../README.md")
    with pytest.raises(PublishError, match=r"reports/quality\.md is not published"):
        make_release(home, read_manifest(home), scratch(tmp_path), audit=True)


def test_a_paper_has_to_stand_in_the_sums(home: Path, tmp_path: Path) -> None:
    (home / "CITATION.cff").write_text("message: not ours", "utf-8")
    with pytest.raises(PublishError, match=r"CITATION\.cff is not published: SHA256SUMS"):
        make_release(home, read_manifest(home), scratch(tmp_path), audit=True)
    (home / "CITATION.cff").unlink()
    (home / "README.md").write_text("another card", "utf-8")
    with pytest.raises(PublishError, match=r"README\.md is not published: SHA256SUMS"):
        make_release(home, read_manifest(home), scratch(tmp_path), audit=True)


def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir(exist_ok=True)
    return tmp_path / "scratch"


@pytest.mark.parametrize("path", ["LICENSE", "reports/badge.json", "data/extra.parquet", "audit"])
def test_the_check_names_links(path: str, home: Path) -> None:
    assert _with_links(Measure(0), home, ["data/train-00000-of-00001.parquet"]) == Measure(0)
    (home / path).unlink(missing_ok=True)
    (home / path).symlink_to("nowhere")
    present = [path] if path.startswith("data/") else []
    assert _with_links(Measure(0), home, present).note == f"links, which are not published: {path}"
    assert _with_links(Measure(1, (), "x"), home, present).note.startswith("x; links")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b\x0c\x1c", "\r"], ids=ascii)
def test_a_line_of_json_ends_where_its_line_feed_is(end: str, tmp_path: Path) -> None:
    """Excerpts and sites hold what other readers take for the end of a line."""
    (tmp_path / "audit").mkdir()
    quarantine = tmp_path / "audit/quarantine.jsonl"
    rows = [{"doc_id": name * 32, "excerpt": f"a{end}b"} for name in "0123"]
    quarantine.write_bytes(b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))
    manifest = {"files": [{"path": "audit/quarantine.jsonl"}]}
    before = quarantine.read_bytes().split(b"\n")
    chosen = Chosen(frozenset(["1" * 32]), (), frozenset(), (), (), 0, frozenset(), (), frozenset(), Counter())
    assert _write_audit(tmp_path, manifest, tmp_path / "stage", chosen, {}, "1.2.1") == 0
    assert (tmp_path / "stage/audit/quarantine.jsonl").read_bytes() == b"\n".join([before[0], *before[2:]])
    stones = tmp_path / "tombstones.jsonl"
    said = [{"doc_id": "0" * 32, "version": "1.2.1", "note": f"a{end}b"}, {"doc_id": "1" * 32, "version": "1.2.1"}]
    stones.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in said), "utf-8", newline="")
    assert [stone.id for stone in read_tombstones(stones)] == ["0" * 32, "1" * 32]


def test_a_version_of_null_is_none_declared() -> None:
    check_manifest(PLAIN | {"version": None})
    assert version_of(PLAIN | {"version": None}) == "1.0.0"


EXAMPLE = ["example.com", "EXAMPLE.com", "www.example.com", "https://example.com/", "example.com.", "example.com:443"]
BUECHER = ["bücher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example", "bu\u0308cher.example"]


@pytest.mark.parametrize("said", [*EXAMPLE, *BUECHER], ids=ascii)
def test_a_tombstone_of_a_site_buries_it(said: str, tmp_path: Path) -> None:
    pages = ["https://www.example.com/1", "https://xn--bcher-kva.example/1", "https://bücher.example/1"]
    theirs = pages[:1] if said in EXAMPLE else pages[1:]
    stones = tmp_path / "stones.jsonl"
    stones.write_text(json.dumps({"site": said, "version": "1.2.1"}) + "\n", "utf-8")
    for names in ({stone.id for stone in read_tombstones(stones)}, {f"site:{said}"}):
        records = bury([Record("a", 0, content="text", given={"url": page}) for page in [*pages, "no.url"]], names)
        assert [record.given["url"] for record in records if record.problem] == theirs
    assert len({stone.id for stone in read_tombstones(stones)}) == 1


@pytest.mark.parametrize("wrong", [
    {"site": "a site"}, {"site": ""}, {"site": "https://"}, {"site": "/"}, {"site": "\ud800.com"}, {"site": "a\n.com"},
    {"site": "a..b"}, {"site": "."}, {"site": ["example.com"]}, {"site": "a" * 3000}, {"site": "[::1"},
    {"site": "example.com", "version": "1" * 5000}, {"site": "example.com", "version": f"1.{'1' * 5000}.1"},
    {"doc_id": "0" * 32, "version": 1}, {"doc_id": "0" * 32, "version": "\ud800"}, {"doc_id": "0" * 31},
    {"doc_id": "0" * 32, "site": "example.com"},
], ids=lambda wrong: ascii(wrong)[:40])  # fmt: skip
def test_what_is_no_tombstone(wrong: dict[str, Any], tmp_path: Path) -> None:
    stones = tmp_path / "stones.jsonl"
    stones.write_text(json.dumps(wrong) + "\n", "utf-8")
    with pytest.raises(ReadError) as raised:
        write_tombstones(tmp_path, read_tombstones(stones))
    assert "line 1" in str(raised.value)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300 + len(str(stones))


def test_a_punycode_that_hides_another_host() -> None:
    for text in ("a．com／ü", "a／b", "a\u2028b", "ü@b"):
        label = "xn--" + text.encode("punycode").decode()
        assert spelled(f"{label}.com") == f"{label}.com"
    assert spelled("xn--\x80.com") == "xn--\x80.com"
    assert spelled("xn--99999999999.com") == "xn--99999999999.com"


def release_of(home: Path, tmp_path: Path) -> Release:
    return make_release(home, read_manifest(home), scratch(tmp_path), audit=True)


def quiet(line: str) -> None:
    """What publishing says of its steps is not looked at."""


def place_of(address: str) -> Place:
    return Bucket(f"{address}/v1.2.0") if address.startswith("s3://") else Folder(Path(address) / "v1.2.0")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stranger_is_not_called_published(when: str, home: Path, target: str, tmp_path: Path) -> None:  # noqa: F811
    place, release = place_of(target), release_of(home, tmp_path)
    stranger = tmp_path / "stranger"
    stranger.write_text("not ours", "utf-8")
    if when == "after":
        push_files(place, release, quiet)
    place.create("data/other.parquet", stranger)
    with pytest.raises(PublishError, match=r"or a link: data/other\.parquet\. Take it away"):
        push_files(place, release, quiet)
    assert (read_back(place, "manifest.json") is None) == (when == "before")
    assert read_back(place, CLAIM) is None
    place.delete("data/other.parquet")
    assert push_files(place, release, quiet)[0] == ("published" if when == "before" else "there already")


@pytest.mark.parametrize("link", ["data", "README.md", "."])
def test_a_link_in_the_target_is_not_written_through(link: str, home: Path, tmp_path: Path) -> None:
    outside, version = tmp_path / "outside", tmp_path / "public/v1.2.0"
    outside.mkdir()
    at = version / link if link != "." else version
    at.parent.mkdir(parents=True)
    at.symlink_to(outside)
    with pytest.raises(PublishError, match="or a link: "):
        push_files(Folder(version), release_of(home, tmp_path), quiet)
    assert list(outside.iterdir()) == []


def test_a_draft_that_was_left_is_no_stranger(home: Path, tmp_path: Path) -> None:
    version = tmp_path / "public/v1.2.0"
    (version / "data").mkdir(parents=True)
    (version / f"data/.train.parquet.{'0' * 16}.draft").write_text("half", "utf-8")
    assert push_files(Folder(version), release_of(home, tmp_path), quiet)[0] == "published"


def test_a_claim_that_was_left_is_lifted(home: Path, target: str, tmp_path: Path) -> None:  # noqa: F811
    """Its process was killed between the manifest and the claim."""
    place, release = place_of(target), release_of(home, tmp_path)
    push_files(place, release, quiet)
    claim = tmp_path / "claim"
    claim.write_text(f"{release.manifest.sha256}\n", "utf-8")
    place.create(CLAIM, claim)
    assert push_files(place, release, quiet)[0] == "there already"
    assert read_back(place, CLAIM) is None


@pytest.mark.parametrize("inside", ["", "versions", "data/../x"])
def test_a_dataset_is_not_published_into_itself(
    inside: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "validate", lambda *args, **kwargs: SimpleNamespace(passed=True))
    (tmp_path / "link").symlink_to(home)
    before = sorted(home.rglob("*"))
    for folder in (home / inside, tmp_path / "link" / inside):
        with pytest.raises(CallError, match=r"is a dataset or|lies in the dataset itself"):
            publish(home, str(folder), audit=True)
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("wrong", [
    "hf://datasets/../x", "hf://datasets/x/..", "hf://datasets/./x", "hf://datasets/-a/x", "hf://datasets/a--b/x",
    "hf://datasets/한국/x", "hf://datasets/a/x.git", "hf://datasets/a/b/c", "hf:/datasets/a/b", "hf:datasets/a/b",
    "s3://bucket/../x", "s3://bucket/a/./x", "s3://bucket/a/..", "s3://bucket//x", "s3://bu..cket/x", "s3:/x", "s3:x",
    "S3:/bucket/x", "https:/example.com", "a\nb", "a\x00b", "s3://bucket/a\nb", "s3://bucket/a\x1b[31m",
    "hf://datasets/a/b\n", "a\u2028b", "\ud800", "../a\r",
], ids=ascii)  # fmt: skip
def test_a_target_that_is_none(wrong: str) -> None:
    with pytest.raises(CallError) as raised:
        parse_target(wrong)
    assert raised.value.exit_code == 2
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("folder", ["../public", "/srv/a b", "한국 뉴스", "C:/data", "./s3:/x", "a:b", "näme"])
def test_a_folder_may_have_any_plain_name(folder: str) -> None:
    assert parse_target(folder) == ("folder", folder)


def test_addresses_that_are_plain() -> None:
    assert parse_target("s3://bucket/a..b/한국/.x/") == ("s3", "s3://bucket/a..b/한국/.x")
    assert parse_target("hf://datasets/a-b/c_d.e/") == ("hub", "hf://datasets/a-b/c_d.e")
