"""`tamis duplicates` and its page: clusters, the riskiest members, a copy beside what stands for it; all escaped."""

from __future__ import annotations

import html.parser
import json
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.compared_texts import _TOKEN, COMPARED, beginning, compare_texts
from pipelines.duplicates import Duplicates, KnownBy, Member
from pipelines.errors import CallError
from pipelines.terminal import _known_by
from tests.test_against import STORY, edited, make, prose, words, write
from tests.test_cli import tamis

EVIL = "<script>alert(1)</script> [bold]\x1b[31m&amp; <img src=x onerror=alert(2)>"
RECORDS = {
    "first": prose(STORY["edited"]),
    "second": prose(edited(STORY["edited"], range(50, 54))),
    "third": prose(edited(STORY["edited"], range(20, 26))),
    "long": prose(STORY["longer"]),
    "part": prose(STORY["longer"][:60]),
    "evil": prose([*STORY["old"], EVIL]),
    "evil2": prose([*edited(STORY["old"], range(60, 64)), EVIL.replace("alert", "prompt")]),
    "evil3": prose([*STORY["old"], EVIL]).upper(),
    "alone": prose(words("alone", 80)),
}


@pytest.fixture(scope="module", params=["drop", "flag"])
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("duplicates")
    outcome = make(write(folder / "in.jsonl", RECORDS, "x"), folder / "out", duplicates=request.param)
    assert outcome.validation.passed
    return folder / "out"


def names(dataset: Path) -> dict[str, str]:
    return {fate["doc_id"]: fate["source_id"] for fate in _fates(dataset)}


def _fates(dataset: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(dataset / "audit/fates.parquet").to_pylist()
    return rows


def test_clusters_largest_first(dataset: Path) -> None:
    found = Duplicates(dataset)
    assert found.by_rule() == {"dedupe.contained": 1, "dedupe.exact": 1, "dedupe.near": 3}
    named = names(dataset)
    largest = found.largest(10)
    assert [each.size for each in largest] == [3, 3, 2]
    members = {frozenset(named[who] for who in (each.representative, *(one.doc_id for one in each.members)))
               for each in largest}  # fmt: skip
    assert members == {
        frozenset(("first", "second", "third")), frozenset(("evil", "evil2", "evil3")), frozenset(("long", "part")),
    }  # fmt: skip
    for each in largest:
        assert [one.similarity for one in each.members] == sorted(one.similarity for one in each.members)
        assert each.text == beginning(found.texts([each.representative])[each.representative]) != ""
    assert [each.size for each in found.largest(1)] == [3]


def test_the_riskiest_first_and_no_exact_copy(dataset: Path) -> None:
    risky = Duplicates(dataset).riskiest(10)
    assert [one.rule_id for one in risky] == ["dedupe.near"] * 3
    assert risky[0].similarity == min(one.similarity for one in risky) < risky[-1].similarity
    assert len(Duplicates(dataset).riskiest(2)) == 2


def test_a_record_beside_what_stands_for_it(dataset: Path) -> None:
    found = Duplicates(dataset)
    [member] = found.of("second")
    assert isinstance(member, Member)
    assert found.of(member.doc_id) == [member]
    assert {one.source_id for one in found.of(member.representative)} >= {"second"}
    [one] = found.compare([member])
    changed = [piece.text.strip() for each in one.differences for piece in each.copy if not piece.same]
    assert "xylo xylo xylo xylo" in changed
    assert found.of("alone") == []
    with pytest.raises(CallError, match="no record with the doc_id or source_id 'nobody'"):
        found.of("nobody")


def test_in_the_terminal(dataset: Path) -> None:
    done = tamis("duplicates", dataset, cwd=dataset)
    assert done.returncode == 0, done.stderr
    assert "dedupe.near 3" in done.stdout
    [evil] = Duplicates(dataset).of("evil2")
    done = tamis("duplicates", dataset, evil.doc_id, cwd=dataset)
    assert "[xylo xylo xylo xylo]" in done.stdout
    assert "[bold]" in done.stdout
    assert "\x1b" not in done.stdout
    said = json.loads(tamis("duplicates", dataset, "evil2", "--json", cwd=dataset).stdout)
    assert said[0]["member"]["doc_id"] == evil.doc_id
    said = json.loads(tamis("duplicates", dataset, "--json", "--limit", "1", cwd=dataset).stdout)
    assert [each["size"] for each in said["largest"]] == [3]
    for cluster in said["largest"]:
        known = names(dataset)
        assert cluster["representative_source_id"] == known[cluster["representative"]]
        for name in ("representative_source_id", "representative_url"):  # of a cluster as of its members
            assert {one[name] for one in cluster["members"]} == {cluster[name]}
    assert "stands for itself" in tamis("duplicates", dataset, "alone", cwd=dataset).stdout
    assert tamis("duplicates", dataset, "nobody", cwd=dataset).returncode == 2
    assert tamis("duplicates", dataset / "audit", cwd=dataset).returncode == 3


def test_a_long_url_stays_on_its_line(tmp_path: Path) -> None:
    """In a table without its middle, beside the texts whole."""
    text, urls = prose(STORY["edited"]), [f"https://long.example/{'harbour/' * 12}{name}.html" for name in "bc"]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"url": url, "text": text}) + "\n" for url in urls), "utf-8")
    make(tmp_path / "in.jsonl", tmp_path / "out")
    done = tamis("duplicates", tmp_path / "out", cwd=tmp_path)
    assert "https://long.example" in done.stdout
    assert any(f"…{url[-19:]}" in done.stdout for url in urls)
    [copy] = [fate["doc_id"] for fate in _fates(tmp_path / "out") if fate["fate"] == "duplicate"]
    done = tamis("duplicates", tmp_path / "out", copy, cwd=tmp_path)
    assert {line.split()[-1] for line in done.stdout.splitlines() if "https:" in line} == set(urls)


def test_records_are_named_by_what_people_know_them_by(tmp_path: Path) -> None:
    """Source_id and url of a copy, published or not, of what stands for it, and of that in an earlier dataset."""
    text = prose(STORY["edited"])
    for folder, rows in (("old", ["a"]), ("new", ["b", "c"])):
        records = [{"id": name, "url": f"https://{name}.example/1", "text": f"{text} {folder}"} for name in rows]
        (tmp_path / f"{folder}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in records), "utf-8")
    make(tmp_path / "old.jsonl", tmp_path / "first")
    make(tmp_path / "new.jsonl", tmp_path / "alone")
    shown = tamis("duplicates", tmp_path / "alone", cwd=tmp_path).stdout
    assert "https://b.example/1" in shown or "https://c.example/1" in shown
    [stands] = {fate["source_id"] for fate in _fates(tmp_path / "alone") if fate["fate"] == "published"}
    [copy] = {"b", "c"} - {stands}
    done = tamis("duplicates", tmp_path / "alone", copy, cwd=tmp_path)
    assert all(f"https://{name}.example/1" in done.stdout for name in "bc")
    page = (tmp_path / "alone/audit/duplicates.html").read_text("utf-8")
    assert all(f">https://{name}.example/1</span>" in page for name in "bc")
    [said] = json.loads(tamis("duplicates", tmp_path / "alone", copy, "--json", cwd=tmp_path).stdout)
    told = [said["member"][name] for name in ("source_id", "url", "representative_source_id", "representative_url")]
    assert told == [copy, f"https://{copy}.example/1", stands, f"https://{stands}.example/1"]
    make(tmp_path / "new.jsonl", tmp_path / "next", tmp_path / "first")
    found = Duplicates(tmp_path / "next", [tmp_path / "first"])
    elsewhere = [one for one in found.of("b") if one.elsewhere]
    known = found.known_by(elsewhere)
    assert [known[one.representative] for one in elsewhere] == [("a", "https://a.example/1")]


def test_a_name_of_two_lines_is_one_and_no_address() -> None:
    known = {"d": KnownBy("a\n[bold]https://trusted.example/1", "https://b.example/\x1b[31m")}
    assert _known_by("d", known).split("\n") == [r"a\n\[bold]https://trusted.example/1", "https://b.example/\\x1b[31m"]


class Page(html.parser.HTMLParser):
    """The tags of a page, with what would load or run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_page_is_escaped_and_loads_nothing(dataset: Path) -> None:
    page = Page((dataset / "audit/duplicates.html").read_text("utf-8"))
    assert not page.tags & {"script", "img", "iframe", "object", "a", "form", "bold"}
    assert page.attributes <= {
        "lang", "charset", "name", "content", "http-equiv", "class", "colspan", "id", "rel", "href", "scope", "dir",
        "role", "tabindex", "open", "aria-label", "aria-labelledby", "data-label",
    }  # fmt: skip
    assert page.addresses == ["data:,"], "an icon that is none, so that none is asked for"
    assert "<script>prompt(1)</script>" in page.said
    for one in Duplicates(dataset).riskiest(10):
        assert one.doc_id in page.said
        assert one.representative in page.said


def test_without_duplicates(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", {"alone": RECORDS["alone"]}, "x")
    make(source, tmp_path / "out")
    assert "every record stands for itself" in tamis("duplicates", tmp_path / "out", cwd=tmp_path).stdout
    make(source, tmp_path / "off", duplicates="off")
    assert not (tmp_path / "off/audit/duplicates.html").exists()


def test_of_an_earlier_dataset(tmp_path: Path) -> None:
    make(write(tmp_path / "old.jsonl", {"first": RECORDS["first"]}, "old"), tmp_path / "old")
    source = write(tmp_path / "new.jsonl", {"second": RECORDS["second"], "alone": RECORDS["alone"]}, "new")
    make(source, tmp_path / "new", tmp_path / "old")
    assert "(in an earlier dataset)" in (tmp_path / "new/audit/duplicates.html").read_text("utf-8")
    found = Duplicates(tmp_path / "new", [tmp_path / "old"])
    [one] = found.compare(found.of("second"))
    assert one.found
    assert one.differences
    [one] = Duplicates(tmp_path / "new").compare(found.of("second"))
    assert not one.found
    assert "--against DATASET" in tamis("duplicates", tmp_path / "new", "second", cwd=tmp_path).stdout


some_words = st.lists(st.sampled_from(["a", "b", "c ", "\n", "한국", "東京", "1.5"]), max_size=60).map(" ".join)


@settings(deadline=None)
@given(some_words, some_words)
def test_a_comparison_tells_the_words_of_both(a: str, b: str) -> None:
    differences, after, cut = compare_texts(a, b)
    assert not cut
    left, right = _TOKEN.findall(a.lstrip()), _TOKEN.findall(b.lstrip())
    assert (differences == ()) == ([word.strip() for word in left] == [word.strip() for word in right])
    skipped = sum(each.skipped for each in differences) + after
    for side, pieces in ((left, [each.copy for each in differences]), (right, [e.representative for e in differences])):
        shown = [word for each in pieces for piece in each for word in _TOKEN.findall(piece.text)]
        assert len(shown) + skipped == len(side)
    assert all(any(not piece.same for piece in (*each.copy, *each.representative)) for each in differences)


@pytest.mark.parametrize("word", ["w ", "字", "a b c d e "])
def test_a_comparison_ends(word: str) -> None:
    started = time.process_time()
    assert compare_texts(word * 1_000_000, "x " + word * 900_000)[2]
    assert compare_texts(" ".join(words("x", COMPARED)), " ".join(words("y", COMPARED)))[0]
    assert time.process_time() - started < 5
