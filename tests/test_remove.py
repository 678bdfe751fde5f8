"""Take-down: records leave in a patch release whose books balance, and no later run brings them back."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from cleaning.config import Config, ConfigError
from cleaning.records import doc_id
from pipelines.checks.validate import validate
from pipelines.dataset import read_manifest
from pipelines.diff.compare import diff
from pipelines.errors import CallError, ReadError
from pipelines.explain import explain_row
from pipelines.publishing.publish import publish
from pipelines.removal_plan import plan
from pipelines.removal_terminal import show_plan, show_removal
from pipelines.remove import remove
from pipelines.run import run
from pipelines.store import describe_file, write_json
from pipelines.terminal import show_outcome
from pipelines.tombstones import read_tombstones
from tests.small_corpus import sentence
from tests.test_cli import Done, call  # noqa: F401

ABOUT = {"version": "1.2.0", "license": "cc-by-4.0"}


def url(number: int, site: str = "example.com") -> str:
    return f"https://www.{site}/{number}"


def who(number: int, site: str = "example.com") -> str:
    return doc_id(f"url\n{url(number, site)}")


def corpus() -> list[dict[str, Any]]:
    """Ten articles of two sites; 3 is copied word for word by 100 and 101, 4 was scraped twice."""
    rng = random.Random(7)
    rows = []
    for number in range(10):
        text = "\n".join(" ".join(sentence(rng, "en") for _ in range(3)) for _ in range(3))
        rows.append({"url": url(number, "example.com" if number < 6 else "example.org"), "text": text})
        rows[-1] |= {"title": f"Report {number}", "date": f"2024-01-{number + 1:02d}"}
    for copy in (100, 101):
        rows.append({"url": url(copy), "text": rows[3]["text"], "date": "2024-02-01"})
    rows.append(dict(rows[4]))
    return rows


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in corpus()), "utf-8")
    return path


@pytest.fixture
def dataset(source: Path, tmp_path: Path) -> Path:
    run([source], tmp_path / "harbour", Config(about=ABOUT, workers=1, rows_per_file=6))
    return tmp_path / "harbour"


def ids(dataset: Path) -> list[str]:
    found: list[str] = ds.dataset(dataset / "data", format="parquet").to_table(columns=["doc_id"])["doc_id"].to_pylist()
    return found


def fates(dataset: Path) -> dict[str, dict[str, Any]]:
    return {row["doc_id"]: row for row in pq.read_table(dataset / "audit/fates.parquet").to_pylist()}


def everything(dataset: Path) -> str:
    """All that stands in a dataset's files."""
    return "\n".join(
        json.dumps(pq.read_table(path).to_pylist(), default=str)
        if path.suffix == ".parquet"
        else path.read_text("utf-8")
        for path in sorted(dataset.rglob("*"))
        if path.is_file() and path.suffix in (".parquet", ".jsonl", ".json", ".md", ".html", ".xml", ".cff")
    )


def test_a_record_leaves_with_its_copies(dataset: Path) -> None:
    text = corpus()[3]["text"].split("\n")[1]
    assert text in everything(dataset)
    before = ids(dataset)
    assert fates(dataset)[who(100)]["evidence"] == who(3) or fates(dataset)[who(3)]["evidence"]
    stands = next(name for name in (who(3), who(100), who(101)) if name in before)
    removal = remove(dataset, doc_ids=[stands])
    assert set(removal.removed) == {who(3), who(100), who(101)}
    assert ids(dataset) == [name for name in before if name != stands]
    assert text not in everything(dataset)
    for name in removal.removed:
        assert fates(dataset)[name]["fate"] == "rejected"
        assert fates(dataset)[name]["rule_id"] == "reject.removed"


def test_the_release_is_a_whole_one(dataset: Path) -> None:
    before = read_manifest(dataset)
    removal = remove(dataset, urls=[url(1)])
    manifest = read_manifest(dataset)
    assert (removal.version, manifest["version"]) == ("1.2.1", "1.2.1")
    assert manifest["follows"]["version"] == "1.2.0"
    assert manifest["rows"] == before["rows"] - 1 == removal.rows
    assert manifest["ledger"]["records"]["in"] == before["ledger"]["records"]["in"]
    assert manifest["ledger"]["records"]["rejected"] == before["ledger"]["records"]["rejected"] + 1
    validation = validate(dataset, manifest)
    assert validation.passed
    assert [check.name for check in validation.checks if not check.passed and check.level == "critical"] == []
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=dataset, check=True)
    changes = (dataset / "CHANGELOG.md").read_text("utf-8")
    assert changes.index("## 1.2.1") < changes.index("## 1.2.0")
    assert "version 1.2.1" in (dataset / "README.md").read_text("utf-8")
    assert json.loads((dataset / "croissant.json").read_text("utf-8"))["version"] == "1.2.1"
    stones = (dataset / "tombstones.jsonl").read_text("utf-8")
    assert [json.loads(line) for line in stones.splitlines()] == [{"doc_id": who(1), "version": "1.2.1"}]
    assert "tombstones.jsonl" in [entry["path"] for entry in manifest["files"]]
    remove(dataset, doc_ids=[who(2)])
    assert [stone.version for stone in sorted(read_tombstones(dataset), key=lambda one: one.version)] == [
        "1.2.1",
        "1.2.2",
    ]


def test_the_same_bytes(dataset: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        remove(dataset, urls=[url(1)], output=tmp_path / name)
    assert read_manifest(dataset)["version"] == "1.2.0"
    for path in sorted((tmp_path / "one").rglob("*")):
        if path.is_file() and "data-docs" not in path.parts and path.name not in ("manifest.json", "README.md"):
            other = tmp_path / "two" / path.relative_to(tmp_path / "one")
            if path.suffix in (".parquet", ".jsonl"):
                assert path.read_bytes() == other.read_bytes(), path


def test_twins_of_a_page_leave_together(dataset: Path) -> None:
    twin = doc_id(f"url\n{url(4)}", 1)
    assert twin in fates(dataset)
    removal = remove(dataset, doc_ids=[who(4) if who(4) in ids(dataset) else twin])
    assert set(removal.removed) == {who(4), twin}


def test_a_copy_that_was_not_published(dataset: Path) -> None:
    """It gets its tombstone; the row that stood for it stays, and is named."""
    copy = next(name for name in (who(3), who(100), who(101)) if name not in ids(dataset))
    stands = fates(dataset)[copy]["evidence"]
    table = ds.dataset(dataset / "data", format="parquet").to_table().to_pylist()
    before = next(row["duplicates"] for row in table if row["doc_id"] == stands)
    removal = remove(dataset, doc_ids=[copy])
    assert removal.also == (stands,)
    table = ds.dataset(dataset / "data", format="parquet").to_table().to_pylist()
    assert next(row["duplicates"] for row in table if row["doc_id"] == stands) == before - 1
    assert validate(dataset, read_manifest(dataset)).passed


def test_copies_elsewhere_are_counted_before_and_after(source: Path, tmp_path: Path, call: Callable[..., Done]) -> None:  # noqa: F811
    """A site goes with copies of its articles on other sites; what stands elsewhere for a copy of its own stays."""
    elsewhere = [{"url": url(50, "example.net"), "text": corpus()[0]["text"], "date": "2024-03-01"}]
    first = [{"url": url(51, "example.net"), "text": corpus()[1]["text"], "date": "2023-03-01", "title": "Report 1"}]
    with source.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in elsewhere + first)
    dataset = tmp_path / "two"
    run([source], dataset, Config(about=ABOUT, workers=1))
    done = call("remove", dataset, "--site", "example.com", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    site = "9 records of example.com, of 1 host: www.example.com 9"
    said = f"takes down {site}, and copies of them elsewhere: 1; 1 row elsewhere says the same and stays"
    assert done.stderr.splitlines()[0] == said
    assert "removed  10 records" in done.stdout
    assert f"site     {site}" in done.stdout
    assert "copies   1 of them, wherever they stood: what stood for them was to go" in done.stdout
    assert f"still    1 row that says the same under another url: {who(51, 'example.net')}" in done.stdout
    assert fates(dataset)[who(50, "example.net")]["rule_id"] == "reject.removed"


@pytest.fixture
def copied(source: Path) -> Path:
    """Article 3 stands on another site as well: word for word, and with a sentence more."""
    text = corpus()[3]["text"]
    elsewhere = [
        (60, text, "03-01"),
        (61, text, "03-02"),
        (62, f"{text} The harbour office had nothing to add.", "03-03"),
    ]
    with source.open("a", encoding="utf-8") as file:
        for number, said, day in elsewhere:
            row = {"url": url(number, "example.net"), "text": said, "date": f"2024-{day}", "title": "Report 3"}
            file.write(json.dumps(row) + "\n")
    return source


def test_copies_are_kept_as_rows(copied: Path, tmp_path: Path) -> None:
    """And of them the best stands for the others, as in a run over what is left."""
    output = tmp_path / "flagged"
    run([copied], output, Config(about=ABOUT, workers=1, duplicates="flag"))
    planned = plan(output, doc_ids=[who(62, "example.net")], keep_copies=True)
    removal = remove(output, doc_ids=[who(62, "example.net")], keep_copies=True)
    assert planned.kept == removal.kept
    assert [one.doc_id for one in removal.kept if one.duplicates] == [who(3)]
    assert {one.doc_id: (one.duplicates, one.duplicate_of) for one in removal.kept[1:]} == {
        one: (0, who(3)) for one in removal.also if one != who(3)
    }
    assert removal.removed == (who(62, "example.net"),)
    assert removal.may_return == ()
    ours = {who(3), who(100), who(101), who(60, "example.net"), who(61, "example.net")}
    assert set(removal.also) == ours
    rows = {row["doc_id"]: row for row in ds.dataset(output / "data", format="parquet").to_table().to_pylist()}
    best = who(3)  # of those with a title the first
    assert (rows[best]["duplicates"], rows[best]["duplicate_of"], rows[best]["flags"]) == (4, None, [])
    assert {(rows[name]["duplicate_of"], rows[name]["cluster_id"]) for name in ours - {best}} == {(best, best)}
    flags = [row for row in pq.read_table(output / "audit/flags.parquet").to_pylist() if row["doc_id"] in ours]
    assert {row["doc_id"] for row in flags if row["flag"] == "duplicate"} == ours - {best}
    assert {row["evidence"] for row in flags if row["flag"] == "duplicate"} == {f"dedupe.exact 1.0000 {best}"}
    assert not ours & {stone.id for stone in read_tombstones(output)}
    assert validate(output, read_manifest(output)).passed
    again = tmp_path / "again"
    run([copied], again, Config(about=ABOUT, workers=1, duplicates="flag"), tombstones=[output / "tombstones.jsonl"])
    anew = {row["doc_id"]: row for row in ds.dataset(again / "data", format="parquet").to_table().to_pylist()}
    columns = ("duplicates", "duplicate_of", "cluster_id", "flags", "text")
    assert [[anew[name][column] for column in columns] for name in sorted(rows)] == [
        [rows[name][column] for column in columns] for name in sorted(rows)
    ]


def test_copies_that_stay_are_counted(copied: Path, tmp_path: Path, call: Callable[..., Done]) -> None:  # noqa: F811
    output = tmp_path / "flagged"
    run([copied], output, Config(about=ABOUT, workers=1, duplicates="flag"))
    command = ("remove", output, "--doc-id", who(62, "example.net"), "--keep-copies")
    said = json.loads(call(*command, "--dry-run", "--json", cwd=tmp_path).stdout)["kept"]
    assert said[0] == {
        "doc_id": who(3), "source_id": None, "title": "Report 3", "url": url(3), "duplicates": 4, "duplicate_of": None,
    }  # fmt: skip
    shown = call(*command, "--dry-run", cwd=tmp_path).stdout
    assert "kept        5 copies on other pages stay:\n" in shown
    assert f"            Report 3  {who(3)}  stands for 4 of them\n" in shown
    assert f"  {who(100)}  copy of {who(3)}\n" in shown
    done = call(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"  {who(3)}  stands for 4 of them\n" in done.stdout
    said = "takes down 1 record; 5 copies stay, 1 of which stands for the others from now on"
    assert done.stderr.splitlines()[0] == said
    done = call("remove", output, "--doc-id", who(60, "example.net"), "--keep-copies", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == "takes down 1 record; 1 row elsewhere says the same and stays"


def test_copies_without_rows_may_come_back(copied: Path, tmp_path: Path, call: Callable[..., Done]) -> None:  # noqa: F811
    """They leave with what stood for them, for there is nothing to keep; the next run publishes one of them."""
    output = tmp_path / "whole"
    run([copied], output, Config(about=ABOUT, workers=1))
    stands = who(62, "example.net")
    assert fates(output)[who(60, "example.net")]["evidence"] == stands
    copies = {who(3), who(100), who(101), who(60, "example.net"), who(61, "example.net")}
    before = everything(output)
    assert (planned := plan(output, doc_ids=[stands], keep_copies=True)).may_return == tuple(sorted(copies))
    assert everything(output) == before
    assert planned.removed == tuple(sorted({stands} | copies))
    done = call("remove", output, "--doc-id", stands, "--keep-copies", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = "takes down 1 record; 5 copies without rows leave too, without a tombstone"
    assert done.stderr.splitlines()[0] == said
    assert "not kept  5 copies on other pages were left out when the dataset was made" in done.stdout
    assert {stone.id for stone in read_tombstones(output)} == {stands}
    assert {fates(output)[name]["rule_id"] for name in copies} == {"reject.removed"}
    assert corpus()[3]["text"].split("\n")[1] not in everything(output)
    assert validate(output, read_manifest(output)).passed
    again = run([copied], output, Config(about=ABOUT, workers=1), force=True)
    assert len(copies & set(ids(again.output))) == 1
    assert fates(again.output)[stands]["rule_id"] == "reject.removed"


def test_a_source_id_will_do_where_only_one_record_has_it(source: Path, tmp_path: Path) -> None:
    rows = [row | {"id": f"a{number // 2}" if number < 2 else f"b{number}"} for number, row in enumerate(corpus())]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    dataset = tmp_path / "named"
    run([source], dataset, Config(about=ABOUT, workers=1))
    with pytest.raises(CallError, match=f"2 records have the source_id 'a0': name those that are meant: .*{who(0)}"):
        remove(dataset, doc_ids=["a0"])
    assert remove(dataset, doc_ids=["b5"]).removed == (who(5),)


def test_what_is_not_published_says_its_url_and_title_until_it_is_taken_down(dataset: Path) -> None:
    """Where `explain` has them from; of a published record they stand in its row."""
    copy = next(name for name in (who(3), who(100), who(101)) if name not in ids(dataset))
    known = {who(3): 3, who(100): 100, who(101): 101}
    table = pq.read_table(dataset / "audit/unpublished.parquet")
    assert set(table["doc_id"].to_pylist()) == set(fates(dataset)) - set(ids(dataset))
    assert explain_row(dataset, copy).url == url(known[copy])
    twin = doc_id(f"url\n{url(4)}", 1)
    gone = who(4) if twin in ids(dataset) else twin
    assert (explain_row(dataset, gone).title, explain_row(dataset, gone).fate) == ("Report 4", "duplicate")
    remove(dataset, doc_ids=[gone])
    assert (explain_row(dataset, gone).title, explain_row(dataset, gone).url) == (None, None)


def test_with_copies_flagged(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "flagged"
    run([source], output, Config(about=ABOUT, workers=1, duplicates="flag"))
    table = ds.dataset(output / "data", format="parquet").to_table().to_pylist()
    copies = [row["doc_id"] for row in table if row["duplicate_of"] and row["site"] == "example.com"]
    assert len(copies) == 3
    one = next(row for row in table if row["doc_id"] == copies[0])
    remove(output, doc_ids=[one["doc_id"]])
    table = ds.dataset(output / "data", format="parquet").to_table().to_pylist()
    assert validate(output, read_manifest(output)).passed
    stands = next(row["doc_id"] for row in table if row["duplicates"])
    assert stands in remove(output, doc_ids=[stands]).removed
    assert validate(output, read_manifest(output)).passed


@pytest.mark.parametrize("how", ["into it", "against", "file"])
def test_no_later_run_brings_it_back(how: str, dataset: Path, source: Path, tmp_path: Path) -> None:
    rows = corpus()
    more = tmp_path / "more.jsonl"
    # The page has changed meanwhile: it is known by its url.
    rows[1]["text"] = f"It was written anew. {rows[1]['text']}"
    rng = random.Random(99)
    rows.append({"url": url(50), "text": "\n".join(sentence(rng, "en") for _ in range(12))})
    more.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    remove(dataset, urls=[url(1)])
    config = Config(about=ABOUT, workers=1)
    if how == "into it":
        outcome = run([more], dataset, config, force=True)
    elif how == "against":
        outcome = run([more], tmp_path / "next", config, against=[dataset])
    else:
        outcome = run([more], tmp_path / "next", config, tombstones=[dataset / "tombstones.jsonl"])
    assert who(1) not in ids(outcome.output)
    assert fates(outcome.output)[who(1)]["rule_id"] == "reject.removed"
    assert rows[1]["text"].split("\n")[1] not in everything(outcome.output)
    # They go on from there.
    assert [stone.id for stone in read_tombstones(outcome.output)] == [who(1)]
    assert read_tombstones(outcome.output)[0].version == "1.2.1"
    critical = [check.name for check in outcome.validation.checks if not check.passed and check.level == "critical"]
    assert critical == []


def test_a_site_leaves_and_stays_away(dataset: Path, tmp_path: Path) -> None:
    removal = remove(dataset, sites=["www.example.org"])
    assert len(removal.removed) == 4
    rows = [corpus()[0], {"url": url(77, "example.org"), "text": corpus()[8]["text"]}]
    more = tmp_path / "more.jsonl"
    more.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run([more], dataset, Config(workers=1), force=True)
    assert ids(dataset) == [who(0)]
    assert fates(dataset)[who(77, "example.org")]["rule_id"] == "reject.removed"


def test_a_site_is_all_its_hosts_and_says_so(tmp_path: Path, call: Callable[..., Done]) -> None:  # noqa: F811
    rows = [corpus()[number] | {"url": f"https://{host}/{number}"} for number, host in enumerate(
        ("news.example.jp", "www.example.jp", "www.example.com"))]  # fmt: skip
    rows.append({"url": "https://WWW.example.jp/short", "text": "x"})
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    dataset = tmp_path / "hosts"
    run([path], dataset, Config(about=ABOUT, workers=1))
    absent = call("remove", dataset, "--site", "https://www.example.net/x", cwd=tmp_path)
    assert absent.returncode == 2
    assert "no record of 'https://www.example.net/x', which was looked for as the site 'example.net'" in absent.stderr
    plain = call("remove", dataset, "--site", "example.net", cwd=tmp_path)
    assert plain.stderr.endswith(" has no record of 'example.net'\n")
    site = "3 records of example.jp, of 2 hosts: www.example.jp 2, news.example.jp 1"
    also = call("remove", dataset, "--site", "example.jp", "--url", rows[2]["url"], "-o", tmp_path / "o", cwd=tmp_path)
    assert also.stderr.splitlines()[0] == f"takes down 4 records; with {site}"
    done = call("remove", dataset, "--site", "news.example.jp", "--json", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == f"takes down {site}"
    (told,) = json.loads(done.stdout)["sites"]
    assert told == {"site": "example.jp", "records": 3, "hosts": {"www.example.jp": 2, "news.example.jp": 1}}
    assert [row["site"] for row in pq.read_table(dataset / "data").to_pylist()] == ["example.com"]


def records_of_two_sites() -> list[dict[str, Any]]:
    """Two articles of example.com; of example.net a copy of one, what is too short, and what cannot be read."""
    rows = corpus()[:2]
    rows.append({"url": url(1, "example.net"), "text": rows[0]["text"], "date": "2024-02-01"})
    rows.append({"url": url(2, "example.net"), "text": "Hm."})
    rows.append({"url": url(3, "sub.example.net"), "text": ["a text", {"that": "is none"}]})
    return rows


@pytest.mark.parametrize("more", [0, 1])
def test_a_site_leaves_with_what_of_it_was_not_published(more: int, tmp_path: Path) -> None:
    """Copies of another site's rows and records that were rejected: with none of it published, and with one."""
    rows = [
        *records_of_two_sites(),
        *({"url": url(9, "example.net"), "text": corpus()[9]["text"]} for _ in range(more)),
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run([tmp_path / "in.jsonl"], tmp_path / "both", Config(about=ABOUT, workers=1))
    before = fates(tmp_path / "both")
    of_site = {who(1, "example.net"), who(2, "example.net"), who(3, "sub.example.net")}
    assert {before[name]["fate"] for name in of_site} >= {"duplicate", "rejected"}
    assert {before[name]["site"] for name in of_site} == {"example.net"}
    removal = remove(tmp_path / "both", sites=["www.example.net"])
    assert set(removal.removed) == of_site | ({who(9, "example.net")} if more else set())
    assert removal.also == (who(0),)
    after = fates(tmp_path / "both")
    assert {name for name, row in after.items() if row["rule_id"] == "reject.removed"} == set(removal.removed)
    assert {row["site"] for row in after.values()} == {None, "example.com"}
    lines = set(pq.read_table(tmp_path / "both/audit/lines.parquet")["doc_id"].to_pylist())
    assert not lines & of_site
    assert "Hm." not in everything(tmp_path / "both")
    assert validate(tmp_path / "both", read_manifest(tmp_path / "both")).passed


def test_a_take_down_passes_its_own_gate(dataset: Path, tmp_path: Path) -> None:
    """Held against the published version, which has no audit and another manifest."""
    published = Path(publish(dataset, str(tmp_path / "pub")).where)
    assert not (published / "audit").exists()
    before = len(ids(dataset))
    remove(dataset, urls=[url(number) for number in (0, 1, 2, 4)])
    changed = diff(published, dataset)
    assert changed.rows.taken_down == changed.rows.removed == before - len(ids(dataset)) > before / 10
    assert (changed.step.calls_for, changed.step.enough) == ("patch", True)


def test_an_audit_that_says_no_sites(dataset: Path) -> None:
    """As earlier versions wrote it: no site is taken down by half."""
    path = dataset / "audit/fates.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["site"]), path)
    manifest = read_manifest(dataset)
    manifest["files"] = [describe_file(dataset, dataset / entry["path"]) for entry in manifest["files"]]
    write_json(dataset / "manifest.json", manifest)
    with pytest.raises(ReadError, match="no column site: another version of tamis wrote it"):
        remove(dataset, sites=["example.org"])


def test_a_run_over_what_a_removal_left_goes_on_from_its_version(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It never goes back to 1.0.0, and the CHANGELOG keeps what it says of the take-down."""
    output = tmp_path / "harbour"

    def again(**about: str) -> tuple[str, list[str]]:
        """What the run says of the version, and the entries of the CHANGELOG."""
        show_outcome(run([source], output, Config(workers=1, about=about), force=True), as_json=False)
        said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("version  ")]
        changelog = (output / "CHANGELOG.md").read_text("utf-8").splitlines()
        return "".join(said), [line for line in changelog if line.startswith("## ")]

    for _ in range(2):
        assert again() == ("", ["## 1.0.0"]), "what states no version stays the first"
    assert "version" not in read_manifest(output)
    remove(output, urls=[url(1)])
    said, entries = again()
    assert "1.0.2, the next after 1.0.1, which stood there" in said
    assert entries == ["## 1.0.2", "## 1.0.1", "## 1.0.0"]
    assert "1 record was taken down" in (output / "CHANGELOG.md").read_text("utf-8")
    assert read_manifest(output)["version"] == "1.0.2"
    assert [stone.version for stone in read_tombstones(output)] == ["1.0.1"]
    said, entries = again(version="1.0.0")
    assert "1.0.0 as declared, and 1.0.2 stood there: declare a later one" in said
    assert entries == ["## 1.0.0", "## 1.0.2", "## 1.0.1"]


def test_what_is_not_there(dataset: Path) -> None:
    before = (dataset / "manifest.json").read_bytes()
    for wrong in (
        {"doc_ids": ["0" * 32]}, {"urls": ["https://www.example.com/none"]}, {"sites": ["example.net"]}, {}
    ):  # fmt: skip
        with pytest.raises(CallError):
            remove(dataset, **wrong)  # type: ignore[arg-type]
    assert (dataset / "manifest.json").read_bytes() == before


def test_a_damaged_dataset_is_left_alone(dataset: Path) -> None:
    with (dataset / "audit/quarantine.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(ReadError, match=r"quarantine\.jsonl is not the file"):
        remove(dataset, urls=[url(1)])


def test_tombstones_that_cannot_be_read(source: Path, tmp_path: Path) -> None:
    stones = tmp_path / "stones.jsonl"
    stones.write_text('{"doc_id": "x"}\n', "utf-8")
    with pytest.raises(ReadError, match="line 1 is no tombstone"):
        run([source], tmp_path / "out", Config(workers=1), tombstones=[stones])
    with pytest.raises(ReadError, match="cannot read"):
        run([source], tmp_path / "out", Config(workers=1), tombstones=[tmp_path / "absent"])
    with pytest.raises(ConfigError, match="tombstones has doc_ids"):
        Config(tombstones=("https://example.com",))


def test_tombstones_are_part_of_what_decides() -> None:
    some = Config(tombstones=("0" * 32, "site:example.com"))
    assert some.sha256() != Config().sha256()
    assert some.sha256() == Config(tombstones=("site:example.com", "0" * 32)).sha256()


def test_the_command(dataset: Path, tmp_path: Path, call: Callable[..., Done]) -> None:  # noqa: F811
    done = call("remove", dataset, "--url", url(1), "--doc-id", who(2), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["removed"] == sorted([who(1), who(2)])
    again = call("remove", dataset, "--url", url(5), cwd=tmp_path)
    assert "version  1.2.2" in again.stdout
    assert "delete those" in again.stderr
    nothing = call("remove", dataset, cwd=tmp_path)
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)
    shown = call("explain", dataset, who(1), cwd=tmp_path)
    assert "reject.removed" in shown.stdout


def test_a_person_can_tell_what_goes(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its source_id and its title, cut, on one line and escaped; many of them by their number."""
    with source.open("a", encoding="utf-8") as sink:
        for number in range(30):
            title = f"Storm \x1b[2J over harbour {number} " + "and on " * 30
            row = {"id": f"a{number}", "url": url(200 + number, "example.net"), "title": title}
            text = "\n".join(" ".join(sentence(random.Random(900 + number), "en") for _ in range(3)) for _ in range(3))
            print(json.dumps(row | {"text": text}), file=sink)
    dataset = tmp_path / "harbour"
    run([source], dataset, Config(about=ABOUT, workers=1))
    show_plan(plan(dataset, doc_ids=["a7"]), as_json=False)
    shown = capsys.readouterr().out
    assert "would go    1 record\n            a7  Storm " in shown
    assert "\x1b" not in shown
    line = next(line for line in shown.splitlines() if "a7" in line)
    assert line.endswith(f"…  {who(207, 'example.net')}")
    assert len(line) < 140
    show_plan(plan(dataset, sites=["example.net"]), as_json=False)
    assert "… and 10 more: --json has them all" in capsys.readouterr().out
    removal = remove(dataset, doc_ids=["a7"])
    show_removal(removal, as_json=False)
    assert f"removed  1 record\n         {line.strip()}\n" in capsys.readouterr().out
    show_removal(removal, as_json=True)
    (gone,) = json.loads(capsys.readouterr().out)["records"]
    assert (gone["source_id"], gone["url"]) == ("a7", url(207, "example.net"))
    assert "over harbour 7 " not in everything(dataset)


def test_a_record_that_is_known_by_its_place_is_said_to_be(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with source.open("a", encoding="utf-8") as sink:
        print(json.dumps({"text": corpus()[7]["text"].replace("harbour", "quay")}), file=sink)
        print(json.dumps({"id": "a8", "text": corpus()[7]["text"].replace("harbour", "mole")}), file=sink)
    run([source], dataset := tmp_path / "harbour", Config(about=ABOUT, workers=1, duplicates="off"))
    table = ds.dataset(dataset / "data", format="parquet").to_table(columns=["doc_id", "url", "source_id"])
    rows = [row for row in table.to_pylist() if row["url"] is None]
    (placed,) = [row["doc_id"] for row in rows if row["source_id"] is None]
    (named,) = [row["doc_id"] for row in rows if row["source_id"]]
    show_plan(plan(dataset, doc_ids=[placed, named]), as_json=False)
    assert "\nby place    1 record has neither an id nor a url: " in capsys.readouterr().out
    show_removal(remove(dataset, doc_ids=[placed]), as_json=False)
    assert "\nby place  1 record has neither an id nor a url: " in capsys.readouterr().out
    show_removal(remove(dataset, doc_ids=[named]), as_json=True)
    (gone,) = json.loads(capsys.readouterr().out)["records"]
    assert gone["by_place"] is False


def test_a_dry_run_says_what_would_go_and_writes_nothing(
    source: Path,
    tmp_path: Path,
    call: Callable[..., Done],  # noqa: F811
) -> None:
    with source.open("a", encoding="utf-8") as sink:
        print(json.dumps({"url": url(50, "example.org"), "text": "Too short."}), file=sink)
        print(json.dumps({"url": url(51, "example.net"), "text": corpus()[7]["text"], "date": "2024-03-01"}), file=sink)
    dataset = tmp_path / "harbour"
    run([source], dataset, Config(about=ABOUT, workers=1))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    done = call("remove", dataset, "--site", "example.org", "--doc-id", who(100), "--dry-run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    # 6 to 9 and what is too short of the site, the copy elsewhere of one of them, and a copy of a row that stays.
    assert (said["follows"], said["version"], said["dry_run"]) == ("1.2.0", "1.2.1", True)
    assert (said["published"], said["duplicates"], said["unpublished"], said["copies"]) == (4, 2, 1, 1)
    assert said["of_sites"] == [["example.org", 5], ["example.com", 1], ["example.net", 1]]
    assert (said["rows"], said["also"]) == (len(ids(dataset)) - 4, [who(3)])
    shown = call("remove", dataset, "--site", "example.org", "--doc-id", who(100), "--dry-run", cwd=tmp_path)
    assert "of them     rows 4, duplicates 2, not published 1" in shown.stdout
    assert [one["doc_id"] for one in said["records"]] == said["removed"]
    titles = {one["url"]: one["title"] for one in said["records"]}
    assert titles[url(7, "example.org")] == "Report 7"
    for name in said["removed"]:
        assert any(line.endswith(f"  {name}") for line in shown.stdout.splitlines())
    assert f"            Report 7  {who(7, 'example.org')}\n" in shown.stdout
    assert f"            {url(50, 'example.org')}  {who(50, 'example.org')}\n" in shown.stdout  # it has no title
    assert "of site     example.org 5" in shown.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    removal = remove(dataset, sites=["example.org"], doc_ids=[who(100)])
    assert (list(removal.removed), removal.rows) == (said["removed"], said["rows"])
    assert (removal.version, removal.copies, list(removal.also)) == (said["version"], said["copies"], said["also"])
    nothing = call("remove", dataset, "--url", url(51), "--dry-run", "--url", "https://absent.example/", cwd=tmp_path)
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)


def test_a_dry_run_refuses_the_output_that_a_removal_refuses(
    source: Path, tmp_path: Path, tamis: Callable[..., Done]
) -> None:
    dataset = tmp_path / "harbour"
    run([source], dataset, Config(about=ABOUT, workers=1))
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").touch()
    (tmp_path / "link").symlink_to(dataset)
    for name in (".taken.partial", ".moved.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").touch()
    for name in ("file", "full", "link", "taken", "moved", "harbour", "file/below", "file/far/below"):
        before = sorted(tmp_path.rglob("*"))
        command = ("remove", dataset, "--doc-id", who(1), "-o", tmp_path / name)
        dry, real = tamis(*command, "--dry-run"), tamis(*command)
        assert (dry.code, dry.out, dry.err.count("\n")) == (real.code, "", 1), name
        assert dry.code in (2, 3)
        assert real.err.endswith(f"\n{dry.err}")
        assert sorted(tmp_path.rglob("*")) == before
    assert tamis("remove", tmp_path / "link", "--doc-id", who(1), "--dry-run").code == 2
    assert tamis("remove", dataset, "--doc-id", who(1), "-o", tmp_path / "a/b/c", "--dry-run").code == 0
    assert not (tmp_path / "a").exists()
