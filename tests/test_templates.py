"""Lines of site templates: small corpora in, which of their lines are said to be of the template."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning import clean, clean_frame
from cleaning.config import make_config
from cleaning.distinct_pages import _find_longest
from cleaning.documents import Documents, clean_records, read_texts, split_records
from cleaning.labelers.templates import RULE
from cleaning.linehashes import hash_lines
from cleaning.lines import split
from cleaning.records import Problem, Reading, Record
from cleaning.sitelines import SiteLines
from cleaning.templates import Counted, count_lines, merge_counts
from pipelines.explain import explain_row
from pipelines.reading import records_of, records_table
from pipelines.run import run
from tests.building import build_here
from tests.small_corpus import make_pages

CASES = Path(__file__).parent / "cases" / "templates"
CONFIG = make_config({"duplicates": "off"})


def cases(*kinds: str) -> list[Any]:
    return [
        pytest.param(case, id=case["name"])
        for kind in kinds
        for case in tomllib.loads((CASES / f"{kind}.toml").read_text("utf-8"))["case"]
    ]


def template_lines(documents: Documents) -> set[str]:
    return {documents.lines.text(one.row) for one in documents.labels if one.rule_id == RULE}


@pytest.mark.parametrize("case", cases("wild", "synthetic"))
def test_case(case: dict[str, Any]) -> None:
    documents = clean_records(make_pages(case), CONFIG)
    gone = [one for one in documents.labels if one.rule_id == RULE]
    rows = [r for r in range(len(documents.lines)) if documents.lines.text(r) in case["drops"]]
    assert template_lines(documents) == set(case["drops"])
    assert len(rows) > 5
    assert not documents.bodies.kept[rows].any()
    assert all(case.get("says", "stands on ") in one.evidence for one in gone)
    assert set(case.get("keeps", ())) <= {documents.lines.text(r) for r in np.flatnonzero(documents.bodies.kept)}


@pytest.mark.parametrize("case", cases("negative"))
def test_nothing_is_taken_from_an_article(case: dict[str, Any]) -> None:
    documents = clean_records(make_pages(case), CONFIG)
    assert len(documents.lines)
    assert template_lines(documents) == set()


@pytest.mark.parametrize("case", cases("titles"))
def test_a_line_of_the_site_is_no_title(case: dict[str, Any]) -> None:
    pages = make_pages(case)
    own = [next(f for f in case["page"] if f.get("mark", "") in page.content) for page in pages]
    expected = [
        str(page.content).split("\n")[form["title"] - 1] if form["title"] else None
        for page, form in zip(pages, own, strict=True)
    ]
    assert len(expected) > 10
    assert [one.title for one in clean_records(pages, CONFIG).metadata] == expected
    frame = clean_frame(pd.DataFrame([{"url": one.given["url"], "text": one.content} for one in pages]))
    assert frame["title"].replace({float("nan"): None}).tolist() == expected


@pytest.mark.xfail(strict=True)
@pytest.mark.parametrize("case", cases("known-failures"))
def test_known_failure(case: dict[str, Any]) -> None:
    assert template_lines(clean_records(make_pages(case), CONFIG)) == set(case["drops"])


def test_there_are_cases_enough() -> None:
    assert len(cases("wild", "synthetic")) >= 10
    assert len(cases("negative")) >= 25
    assert len(cases("titles")) >= 5


def corpus() -> list[Record]:
    """All cases with something to drop, each on a site of its own."""
    records: list[Record] = []
    for number, case in enumerate(cases("wild", "synthetic")):
        (value,) = case.values
        records += make_pages({**value, "site": f"paper{number}.example.org", "name": f"{number}"})
        for row, one in enumerate(records):
            records[row] = Record("corpus", row, content=one.content, given=one.given)
    return records


def write(records: list[Record], path: Path) -> None:
    rows = [{"id": str(n), "url": one.given["url"], "text": one.content} for n, one in enumerate(records)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def counts(parts: list[list[Record]]) -> SiteLines:
    return merge_counts([count_lines(split_records(read_texts(part, CONFIG))) for part in parts])


def test_counts_do_not_depend_on_the_cut_or_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    records = make_pages({**cases("synthetic")[0].values[0], "name": "x"}) + make_pages(
        {**cases("wild")[1].values[0], "site": "example.org", "name": "y"}
    )
    whole = counts([records])
    assert len(whole.site) == 2
    assert len(whole.line) > 10
    monkeypatch.setattr("cleaning.templates._ROWS_AT_A_TIME", 100)
    for seed in range(3):
        mixed = records[:]
        random.Random(seed).shuffle(mixed)
        other = counts([mixed[:7], [], mixed[7:30], mixed[30:]])
        for name in ("site", "pages", "line", "count"):
            assert np.array_equal(getattr(whole, name), getattr(other, name)), name


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    counted = count_lines(split_records(read_texts(make_pages(cases("wild")[0].values[0]), CONFIG)))
    table = merge_counts([lambda: Counted.of(counted.tables())])
    assert np.array_equal(Counted.of(counted.tables()).same, counted.same)
    table.save(tmp_path / "table.npz")
    again = SiteLines.load(tmp_path / "table.npz")
    assert len(again.line) > 5
    assert np.array_equal(merge_counts([counted]).line, again.line)
    assert np.array_equal(table.count, again.count)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert hash_lines(["Share", "공유하기", "\ud800"]).exact.tolist() == [
        12629889628871985517, 17339204482251896224, 7922877805526039679,
    ]  # fmt: skip


def test_numbers_are_folded() -> None:
    found = hash_lines(["1,234 shares", "3rd of 5", "댓글 12개", "", "٣ shares", "Share"])
    plain = hash_lines(["0shares", "0rd of 0", "댓글 0개", "", "0shares", "Share"])
    assert found.folded.tolist() == plain.exact.tolist() == plain.folded.tolist()
    assert (found.exact != plain.exact).tolist() == [True, True, True, False, True, False]
    assert len(hash_lines([]).exact) == 0


def test_hashes_of_lines_that_are_nearly_the_same_differ() -> None:
    found = hash_lines([f"{one}{other}" for one in map(chr, range(32, 500)) for other in map(chr, range(32, 500))])
    assert len(set(found.exact.tolist())) == 468 * 468
    bits = np.unpackbits(found.exact.view(np.uint8)).reshape(-1, 64).mean(axis=0)
    assert 0.49 < bits.min() <= bits.max() < 0.51


def test_a_run_a_frame_and_two_workers_agree(tmp_path: Path) -> None:
    records = [one for one in corpus() if one.given["url"]]
    write(records, tmp_path / "in.jsonl")
    said = []
    for number, settings in enumerate(({"workers": 1}, {"workers": 2, "shard_records": 23})):
        stage = tmp_path / f"out{number}"
        stage.mkdir()
        ledger = build_here([tmp_path / "in.jsonl"], stage, make_config({**settings, "duplicates": "flag"}))
        labels = pq.read_table(stage / "audit/labels.parquet")
        said.append(labels)
        assert ledger.records_in == len(records)
    assert said[0].equals(said[1])
    assert {one["rule_id"] for one in said[0].to_pylist()} >= {RULE}
    frame = clean_frame(pd.DataFrame([{"url": one.given["url"], "text": one.content} for one in records]))
    assert (frame["text"].str.len() > 0).all()
    rows = pq.read_table(tmp_path / "out0" / "data", columns=["url", "text", "dropped_labels"]).to_pylist()
    assert any("site-template" in row["dropped_labels"] for row in rows)
    by_url = {row["url"]: row["text"] for row in rows}
    for url, text, fate in zip(frame["url"], frame["text"], frame["fate"], strict=True):
        assert fate != "published" or by_url[url] == text


def test_explain_tells_the_share(tmp_path: Path) -> None:
    write(make_pages(cases("wild")[0].values[0]), tmp_path / "in.jsonl")
    run([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1}))
    article = explain_row(tmp_path / "out", "0")
    dropped = [line.dropped_by for line in article.lines if line.dropped_by and line.dropped_by.rule_id == RULE]
    assert [one.evidence for one in dropped] == [
        "stands on 24 of 24 pages of example.com, on 24 before 'Harbour Post Extra'",
        "stands on 24 of 24 pages of example.com, on 24 before 'Write to the desk'",
        "stands on 24 of 24 pages of example.com, on 24 before 'Tell a neighbour'",
        "stands on 24 of 24 pages of example.com, on 24 at the end",
    ]


def test_a_record_that_breaks_a_stage_is_quarantined_in_the_second_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cleaning.documents

    repair = cleaning.documents.repair

    def breaks(text: str) -> Any:
        if "break the stage" in text:
            raise RuntimeError("a bug")
        return repair(text)

    monkeypatch.setattr(cleaning.documents, "repair", breaks)
    pages = make_pages(cases("wild")[0].values[0])
    bad = Record("case", 99, content="break the stage", given={"url": "https://www.example.com/bad"})
    write([*pages, bad], tmp_path / "in.jsonl")
    stage = tmp_path / "out"
    stage.mkdir()
    ledger = build_here([tmp_path / "in.jsonl"], stage, make_config({"workers": 1}))
    assert (ledger.published, ledger.quarantined) == (len(pages), 1)
    assert "break the stage" in (stage / "audit/quarantine.jsonl").read_text("utf-8")
    assert RULE in pq.read_table(stage / "audit/labels.parquet")["rule_id"].to_pylist()


def test_one_article_has_no_site_to_be_counted() -> None:
    page = make_pages(cases("wild")[0].values[0])[0]
    article = clean(page.content, url=page.given["url"])
    assert all(line.kept for line in article.lines if line.text == "Tell a neighbour")


def test_what_was_read_once_is_not_read_again(tmp_path: Path) -> None:
    """Records as they are after the first pass, also those that it could not read."""
    problem = Problem("quarantine.bad-json", "no object")
    records = [
        *read_texts([Record("a", 0, "x", "Fish &amp; chips", {"url": "https://a.example/1"})], CONFIG),
        *read_texts([Record("a", 1, content="é".encode())], CONFIG),
        Record("a", 2, content=b"\xff\x00", problem=problem),
        Record("a", 3, content="half \ud800"),
        Record("a", 4, content=b"not read yet"),
    ]
    assert records[0].reading == Reading(None, None, ("html-entities",), 16)
    assert records[1].reading == Reading("utf-8", "utf-8", (), 1)
    assert records_of(records_table(records)) == records


@given(st.lists(st.lists(st.sampled_from(["a", "bb", "cc", "ddd", "eeee", "ffff"]), max_size=9), max_size=4))
def test_the_three_longest_lines_of_each_page(pages: list[list[str]]) -> None:
    lines = split(["\n".join(page) for page in pages])
    longest = np.full((lines.documents, 3), -1, np.int64)
    _find_longest(lines.key, lines.sizes, lines.starts, longest)
    found = [[lines.distinct[key] for key in some if key >= 0] for some in longest.tolist()]
    assert found == [sorted(dict.fromkeys(page), key=len, reverse=True)[:3] for page in pages]
