"""A run against earlier datasets: what they have is left out, and their texts are read only where they must be."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.config import make_config
from cleaning.duplicates.signatures import SIGNATURES
from pipelines.against import SIGNATURE_FILE, EarlierDataset
from pipelines.checks.found import verdict
from pipelines.checks.validate import validate
from pipelines.dataset import read_manifest
from pipelines.errors import CallError, ReadError
from pipelines.run import Outcome, run
from pipelines.store import describe_file, write_json

SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]


def words(seed: str, count: int) -> list[str]:
    chosen = random.Random(seed)
    return ["".join(chosen.choices(SYLLABLES, k=3)) for _ in range(count)]


def prose(some: list[str]) -> str:
    """One paragraph that nothing takes for boilerplate."""
    return " ".join(some).capitalize() + "."


def edited(some: list[str], places: range) -> list[str]:
    return [word if at not in places else "xylo" for at, word in enumerate(some)]


STORY = {name: words(name, 120) for name in ("kept", "copied", "edited", "cut", "longer", "old")}
OLD = {name: prose(STORY[name]) for name in ("copied", "edited", "cut", "longer", "old")}
NEW = {
    "kept": prose(STORY["kept"]),
    "copied": prose(STORY["copied"]).upper(),
    "edited": prose(edited(STORY["edited"], range(50, 54))),
    "cut": prose(STORY["cut"][:50]),
    "longer": prose(STORY["longer"] + words("more", 300)),
    "again": prose(edited(STORY["edited"], range(70, 74))),
    "short": prose(["harbour", *words("short", 20)]),
}
WANT = {
    "kept": None, "longer": None, "short": None, "copied": ("against.exact", "copied"),
    "edited": ("against.near", "edited"), "cut": ("against.contained", "cut"), "again": ("against.near", "edited"),
}  # fmt: skip


def write(path: Path, stories: dict[str, str], url: str) -> Path:
    rows = [{"id": name, "url": f"https://news.example/{url}/{name}", "text": text} for name, text in stories.items()]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def make(source: Path, output: Path, *against: Path, **settings: Any) -> Outcome:
    return run([source], output, make_config({"workers": 1, **settings}), against=against)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    make(write(folder / "old.jsonl", OLD, "old"), folder / "old")
    return folder / "old"


def doc_ids(dataset: Path) -> dict[str, str]:
    fates = pq.read_table(dataset / "audit/fates.parquet").to_pylist()
    return {fate["source_id"]: fate["doc_id"] for fate in fates}


def verdicts(dataset: Path, earlier: Path) -> dict[str, tuple[str, str] | None]:
    """Of each record the rule that left it out and the source_id of what stands for it."""
    named = {who: name for folder in (dataset, earlier) for name, who in doc_ids(folder).items()}
    return {
        fate["source_id"]: fate["rule_id"] and (fate["rule_id"], named[fate["evidence"]])
        for fate in pq.read_table(dataset / "audit/fates.parquet").to_pylist()
    }


def test_what_the_earlier_dataset_has_is_left_out(old: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "new.jsonl", NEW, "new")
    outcome = make(source, tmp_path / "new", old)
    assert verdicts(tmp_path / "new", old) == WANT
    assert outcome.validation.passed, [one for one in outcome.validation.checks if not one.passed]
    assert outcome.signed_again == ()
    assert [(each["name"], each["rows"]) for each in outcome.manifest["against"]] == [("old", 5)]
    assert "an earlier dataset has: old (5 rows)" in (tmp_path / "new/README.md").read_text("utf-8")
    fates = {fate["source_id"]: fate for fate in pq.read_table(tmp_path / "new/audit/fates.parquet").to_pylist()}
    assert fates["copied"]["similarity"] == fates["cut"]["similarity"] == 1
    assert 0.7 < fates["edited"]["similarity"] < 1
    # without it all but the second edit of one story is published
    make(source, tmp_path / "alone")
    assert sorted(name for name, found in verdicts(tmp_path / "alone", old).items() if found) == ["again"]


def test_the_order_of_records_does_not_matter(old: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "new.jsonl", dict(reversed(NEW.items())), "new")
    make(source, tmp_path / "new", old, shard_records=2)
    assert verdicts(tmp_path / "new", old) == WANT


def test_flagged_they_stay_and_say_of_what(old: Path, tmp_path: Path) -> None:
    outcome = make(write(tmp_path / "new.jsonl", NEW, "new"), tmp_path / "new", old, duplicates="flag")
    assert outcome.validation.passed
    known = doc_ids(old)
    rows = {row["source_id"]: row for row in pq.read_table(tmp_path / "new/data").to_pylist()}
    assert {name: row["duplicate_of"] for name, row in rows.items()} == {
        name: found and known[found[1]] for name, found in WANT.items()
    }
    assert "duplicate" in rows["copied"]["flags"]
    flags = pq.read_table(tmp_path / "new/audit/flags.parquet").to_pylist()
    said = {flag["doc_id"]: flag["evidence"] for flag in flags if flag["flag"] == "duplicate"}
    assert said[rows["copied"]["doc_id"]] == f"against.exact 1.0000 {known['copied']}"


def test_the_same_address_again_is_told_apart(tmp_path: Path) -> None:
    """A record that is crawled again has the doc_id that it had: it is left out, or published if it is rewritten."""
    make(write(tmp_path / "old.jsonl", OLD, "same"), tmp_path / "old")
    again = OLD | {"old": prose(words("rewritten", 120)), "second": OLD["old"]}
    outcome = make(write(tmp_path / "new.jsonl", again, "same"), tmp_path / "new", tmp_path / "old")
    fates = {fate["source_id"]: fate for fate in pq.read_table(tmp_path / "new/audit/fates.parquet").to_pylist()}
    assert fates["copied"]["evidence"] == fates["copied"]["doc_id"]
    assert fates["old"]["fate"] == "published"
    assert fates["second"]["evidence"] == fates["old"]["doc_id"]
    assert outcome.validation.passed, [one for one in outcome.validation.checks if not one.passed]
    outcome = make(tmp_path / "new.jsonl", tmp_path / "flagged", tmp_path / "old", duplicates="flag")
    assert outcome.validation.passed, [one for one in outcome.validation.checks if not one.passed]


def test_exact_copies_are_proved_without_reading_texts(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def texts(self: EarlierDataset, only: pa.Array | None = None) -> Iterator[pa.Table]:
        raise AssertionError("a text was read")

    monkeypatch.setattr(EarlierDataset, "texts", texts)
    copies = {name: text.upper() for name, text in OLD.items()} | {"kept": NEW["kept"]}
    make(write(tmp_path / "new.jsonl", copies, "new"), tmp_path / "new", old)
    found = verdicts(tmp_path / "new", old)
    assert {name for name, one in found.items() if one} == OLD.keys()
    with pytest.raises(AssertionError, match="a text was read"):
        make(write(tmp_path / "edited.jsonl", {"edited": NEW["edited"]}, "new"), tmp_path / "edited", old)


def signed_by_another(folder: Path, name: str = "another") -> None:
    table = pq.read_table(folder / SIGNATURE_FILE)
    # wrong hashes: whoever believes them finds nothing
    wrong = table.set_column(1, table.schema.field(1), pa.array([bytes(16)] * len(table), pa.binary(16)))
    wrong = wrong.set_column(3, wrong.schema.field(3), pa.array([[]] * len(table), SIGNATURES.field(3).type))
    pq.write_table(wrong.replace_schema_metadata({"algorithm": name}), folder / SIGNATURE_FILE)


def test_signatures_of_another_algorithm_are_refused_and_rebuilt(tmp_path: Path) -> None:
    make(write(tmp_path / "old.jsonl", OLD, "old"), tmp_path / "old")
    source = write(tmp_path / "new.jsonl", NEW, "new")
    signed_by_another(tmp_path / "old")
    outcome = make(source, tmp_path / "new", tmp_path / "old")
    assert outcome.signed_again == (tmp_path / "old",)
    assert verdicts(tmp_path / "new", tmp_path / "old") == WANT
    # a dataset that was published without its audit has none at all
    manifest = read_manifest(tmp_path / "old")
    (tmp_path / "old" / SIGNATURE_FILE).unlink()
    manifest["files"] = [each for each in manifest["files"] if each["path"] != SIGNATURE_FILE]
    write_json(tmp_path / "old/manifest.json", manifest)
    outcome = make(source, tmp_path / "later", tmp_path / "old")
    assert outcome.signed_again == (tmp_path / "old",)
    assert verdicts(tmp_path / "later", tmp_path / "old") == WANT
    # nor can those of another shingle size be compared
    outcome = make(source, tmp_path / "threes", tmp_path / "new", shingle_size=3)
    assert outcome.signed_again == (tmp_path / "new",)


def test_signatures_stand_in_the_manifest(old: Path) -> None:
    entry = next(each for each in read_manifest(old)["files"] if each["path"] == SIGNATURE_FILE)
    assert entry == describe_file(old, old / SIGNATURE_FILE)
    assert entry["rows"] == 5


def test_nothing_new_is_no_failure(old: Path, tmp_path: Path) -> None:
    """A daily run on a day without news: every record is accounted for, and there is nothing to publish."""
    copies = OLD | {"short": "Too short."}
    outcome = make(write(tmp_path / "new.jsonl", copies, "new"), tmp_path / "new", old)
    assert (outcome.manifest["rows"], outcome.validation.passed, outcome.validation.nothing_new) == (0, True, True)
    assert verdict(outcome.validation).startswith("passed: nothing new, ")
    # it passes again later, and no longer once its manifest names no earlier dataset
    manifest = read_manifest(tmp_path / "new")
    assert validate(tmp_path / "new", manifest).nothing_new
    alone = validate(tmp_path / "new", manifest | {"against": []})
    assert not alone.passed
    assert "minimum-rows" in {check.name for check in alone.checks if not check.passed}


def test_rejecting_all_is_not_nothing_new(old: Path, tmp_path: Path) -> None:
    outcome = make(write(tmp_path / "new.jsonl", {"short": "Too short."}, "new"), tmp_path / "new", old)
    assert not outcome.validation.passed
    assert not outcome.validation.nothing_new


def test_several_earlier_datasets(old: Path, tmp_path: Path) -> None:
    make(write(tmp_path / "kept.jsonl", {"kept": NEW["kept"]}, "middle"), tmp_path / "middle", old)
    make(write(tmp_path / "new.jsonl", NEW, "new"), tmp_path / "new", old, tmp_path / "middle")
    published = pq.read_table(tmp_path / "new/data", columns=["source_id"])["source_id"].to_pylist()
    assert sorted(published) == ["longer", "short"]


def test_what_cannot_be(old: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "new.jsonl", NEW, "new")
    with pytest.raises(CallError, match="duplicates is off"):
        make(source, tmp_path / "new", old, duplicates="off")
    with pytest.raises(CallError, match="against itself"):
        make(source, old, old)
    with pytest.raises(Exception, match="no such folder"):
        make(source, tmp_path / "new", tmp_path / "nothing")
    make(write(tmp_path / "old.jsonl", OLD, "old"), tmp_path / "old")
    (tmp_path / "old" / SIGNATURE_FILE).write_bytes(b"no Parquet")
    with pytest.raises(ReadError, match="cannot read"):
        make(source, tmp_path / "new", tmp_path / "old")
    assert not (tmp_path / "new").exists()


def test_settings_of_what_counts(tmp_path: Path) -> None:
    report = ["the", "index", "closed", "at", "{}", "points", "on", "the", "day", *words("report", 40)]
    stories = {
        "whole": NEW["longer"],
        "part": prose(STORY["longer"]),
        "report": prose(report).format(1204),
        "later": prose(report).format(1731),
    }
    source = write(tmp_path / "in.jsonl", stories, "x")
    for name, settings, left_out in (
        ("default", {}, ["part"]),
        ("no-parts", {"containment": 0}, []),
        ("figures", {"containment": 0, "same_template": "drop"}, ["later"]),
    ):
        make(source, tmp_path / name, **settings)
        fates = pq.read_table(tmp_path / name / "audit/fates.parquet").to_pylist()
        gone = [fate["source_id"] for fate in fates if fate["fate"] == "duplicate"]
        assert sorted(gone) == left_out or (name == "figures" and gone == ["report"])
        flags = pq.read_table(tmp_path / name / "audit/flags.parquet").to_pylist()
        alike = [flag["evidence"] for flag in flags if flag["flag"] == "same-template"]
        assert len(alike) == (0 if name == "figures" else 2)
        assert all("but for figures or dates" in evidence for evidence in alike)
