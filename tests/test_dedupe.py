"""Duplicates across a corpus: cases from files, hostile corpora, and properties that hold for any corpus."""

from __future__ import annotations

import itertools
import pathlib
import random
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning import clean_frame
from cleaning.dedupe import RULES, Clusters, find_duplicates
from cleaning.duplicates.candidates import find_candidates
from cleaning.duplicates.characters import SHIFT, table, token_hash
from cleaning.duplicates.stars import GUARD
from cleaning.shingles import concatenate, join, load, save, shingle

CASES = pathlib.Path(__file__).parent / "cases" / "dedupe"
VERDICTS = {"exact": "dedupe.exact", "near": "dedupe.near", "contained": "dedupe.contained"}


def cases(name: str, table: str = "pair") -> Iterator[Any]:
    for case in tomllib.loads((CASES / name).read_text("utf-8"))[table]:
        yield pytest.param(case, id=case["id"])


def longest_first(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Ranks by length, of equals by position."""
    order = np.empty(len(texts), np.int64)
    order[sorted(range(len(texts)), key=lambda row: (-len(texts[row]), row))] = np.arange(len(texts))
    return order


def clusters(texts: Sequence[str], **settings: Any) -> Clusters:
    return find_duplicates(shingle(pa.array(texts, pa.string())), longest_first(texts), **settings)


def verdict(found: Clusters) -> str:
    rules = {RULES[rule] for rule in found.rule if rule}
    if rules:
        return rules.pop().removeprefix("dedupe.")
    return "same-template" if found.same_template.tolist() == [1, 0] else "distinct"


@pytest.mark.parametrize("case", [*cases("wild.toml"), *cases("negative.toml")])
def test_pairs(case: dict[str, str]) -> None:
    texts = [case["a"], case["b"]]
    found = clusters(texts)
    assert verdict(found) == case["verdict"]
    if case["verdict"] in VERDICTS:
        longer = "a" if len(texts[0]) >= len(texts[1]) else "b"
        stands = 0 if case.get("stands", longer) == "a" else 1
        assert found.representative.tolist() == [stands, stands]
    else:
        assert found.representative.tolist() == [0, 1]


@pytest.mark.parametrize("case", list(cases("known-failures.toml")))
@pytest.mark.xfail(strict=True)
def test_known_failures(case: dict[str, str]) -> None:
    assert verdict(clusters([case["a"], case["b"]])) == case["verdict"]


# --- what comes out, checked by plain Python -------------------------------------------------------------


def tokens(text: str) -> list[str]:
    single = r"\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(rf"[{single}]|[^\W_{single}]+", text)


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    words = tokens(text)
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))} if words else set()


WORDS = [
    "harbour",
    "Über",
    "ship",
    "crane",
    "ΣΟΦΙΑ",
    "night",
    "storm",
    "a",
    "I",
    "7",
    "18.5",
    "März",
    "배가",
    "떠났다",
    "船",
    "港は",
    "𠀋𠂢村",
]
some_words = st.lists(st.sampled_from(WORDS), max_size=60)


@settings(deadline=None)
@given(st.lists(some_words, max_size=8), st.integers(1, 7))
def test_shingles_agree_with_plain_python(texts: list[list[str]], size: int) -> None:
    joined = [" ".join(words) for words in texts]
    found = shingle(pa.array(joined, pa.string()), size)
    assert len(found) == len(texts)
    for row, text in enumerate(joined):
        assert len(found.of(row)) == len(shingles(text, size))
        assert (np.diff(found.of(row).astype(object)) > 0).all()
    for a, b in itertools.combinations(range(len(texts)), 2):
        shared = len(np.intersect1d(found.of(a), found.of(b)))
        assert shared == len(shingles(joined[a], size) & shingles(joined[b], size))
        same = "".join(tokens(joined[a])) == "".join(tokens(joined[b]))
        if not any(character.isdigit() for character in joined[a]):
            assert (found.fingerprint[a] == found.fingerprint[b]).all() == same


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_can_be_shingled(texts: list[str]) -> None:
    storable = [text.encode("utf-8", "replace").decode() for text in texts]
    whole = shingle(pa.array(storable, pa.string()))
    assert whole.words.tolist() == [int(shingle(pa.array([text])).words[0]) for text in storable]
    assert ((whole.words > 0) == (np.diff(whole.offsets) > 0)).all()


def corpora() -> st.SearchStrategy[list[str]]:
    """Texts cut and edited from a few others, so that all kinds of duplicates come up."""
    base = st.lists(st.sampled_from([f"w{i}" for i in range(200)]), min_size=30, max_size=80)

    @st.composite
    def corpus(draw: st.DrawFn) -> list[str]:
        bases = draw(st.lists(base, min_size=1, max_size=3))
        texts = []
        for _ in range(draw(st.integers(1, 10))):
            words = list(draw(st.sampled_from(bases)))
            begin, end = draw(st.integers(0, 20)), draw(st.integers(0, 40))
            words = words[begin : len(words) - end] or words
            for place in draw(st.lists(st.integers(0, len(words) - 1), max_size=3)):
                words[place] = draw(st.sampled_from(["new", "other", "12", "345", "May"]))
            texts.append(" ".join(words))
        return texts

    return corpus()


@settings(max_examples=150, deadline=None)
@given(corpora(), st.randoms(use_true_random=False), st.sampled_from([0.8, 1.0, None]))
def test_clusters_of_any_corpus(texts: list[str], random: Any, containment: float | None) -> None:
    order = longest_first(texts)
    found = find_duplicates(shingle(pa.array(texts)), order, containment=containment)
    alone = found.representative == np.arange(len(texts))
    assert alone[found.representative].all(), "what stands for a row stands for itself"
    assert (order[found.representative] <= order).all(), "and ranks before it"
    assert (alone == (found.rule == 0)).all()
    assert (alone == np.isnan(found.similarity)).all()
    for row in np.flatnonzero(~alone):
        mine, other = shingles(texts[row]), shingles(texts[found.representative[row]])
        rule = RULES[found.rule[row]]
        shared = len(mine & other)
        expected = shared / len(mine) if rule == "dedupe.contained" else shared / len(mine | other)
        assert found.similarity[row] == pytest.approx(expected)
        assert (rule == "dedupe.exact") == (texts[row].casefold() == texts[found.representative[row]].casefold())
        assert shared >= GUARD * len(mine)
        assert containment is not None or rule != "dedupe.contained"
    # the same with the rows in another order
    rows = list(range(len(texts)))
    random.shuffle(rows)
    again = find_duplicates(shingle(pa.array([texts[row] for row in rows])), order[rows], containment=containment)
    assert [rows[row] for row in again.representative] == found.representative[rows].tolist()
    assert again.rule.tolist() == found.rule[rows].tolist()
    named = [rows[row] if row >= 0 else -1 for row in again.same_template]
    assert named == found.same_template[rows].tolist()


def test_every_kind_of_duplicate_comes_up_in_one_corpus() -> None:
    """The corpora above reach every rule: else they would prove nothing."""
    words = [f"w{i}" for i in range(60)]
    texts = [" ".join(w) for w in (words, words, words[:55], words[:30], [*words[:40], "12", *words[41:]])]
    assert [RULES[rule] for rule in clusters(texts).rule] == [
        "", "dedupe.exact", "dedupe.near", "dedupe.contained", "dedupe.near"
    ]  # fmt: skip


# --- hostile corpora -------------------------------------------------------------------------------------


def words(begin: int, end: int, stem: str = "w") -> str:
    """Words without figures, each only once."""
    letters = str.maketrans("0123456789", "abcdefghij")
    return " ".join(f"{stem}{str(number).translate(letters)}z" for number in range(begin, end))


def test_empty_bodies_form_no_cluster() -> None:
    found = clusters([""] * 4000 + ["* * *", "Photo"] * 100)
    assert (found.rule == 0).all()
    assert (found.same_template == -1).all()


def test_cookie_notices_with_a_unique_last_line() -> None:
    notice = words(0, 90)
    found = clusters([f"{notice} {words(5 * row, 5 * row + 5, 'line')}" for row in range(4000)])
    assert len(set(found.representative.tolist())) == 1
    assert (found.rule_ids.count("dedupe.near"), found.rule_ids.count(None)) == (3999, 1)


def test_notices_before_articles_of_their_own() -> None:
    notice = words(0, 90)
    found = clusters([f"{notice} {words(90 * row, 90 * row + 90, 'line')}" for row in range(1500)])
    assert (found.rule == 0).all()


def test_pages_that_share_half_their_text() -> None:
    half = words(0, 150)
    pages = [f"{half} {words(150 * row, 150 * row + 150, 'own')}" for row in range(3000)]
    # a page without an article of its own is not proved to be part of any of them
    found = clusters([*pages, half])
    assert (found.rule == 0).all()
    # but a copy and a part of one page are found among them
    copy, part = pages[7] + " more", " ".join(pages[8].split()[:-60])
    found = clusters([*pages, half, copy, part])
    assert {row: found.rule_ids[row] for row in np.flatnonzero(found.rule).tolist()} == {
        7: "dedupe.near",
        3002: "dedupe.near",
    }
    assert found.representative[[7, 3002]].tolist() == [3001, 8]


def test_a_sliding_chain_does_not_melt_into_one() -> None:
    texts = [words(10 * row, 10 * row + 100) for row in range(3000)]
    found = clusters(texts)
    for row in np.flatnonzero(found.rule):
        mine, other = shingles(texts[row]), shingles(texts[found.representative[row]])
        assert len(mine & other) >= GUARD * len(mine)
    assert 3000 / 11 <= (found.rule == 0).sum() <= 3000 / 5


def test_one_large_document() -> None:
    large = words(0, 300_000) + " one word and again" * 2_500_000
    assert len(large) > 50_000_000
    small = words(0, 100)
    found = clusters([large, small, small.upper(), words(50, 300_000)])
    assert found.representative.tolist() == [0, 1, 1, 0]


def test_all_documents_the_same() -> None:
    found = clusters([words(0, 50)] * 5000)
    assert (found.representative == 0).all()
    assert found.rule_ids == [None] + ["dedupe.exact"] * 4999


def test_a_family_from_one_template_stays_whole() -> None:
    texts = [f"{words(0, 60)} closed at {row}.{row % 7} on Monday {words(60, 80)}" for row in range(2000)]
    found = clusters(texts)
    assert (found.rule == 0).all()
    first, second = np.argsort(longest_first(texts))[:2]
    assert found.same_template.tolist() == [second if row == first else first for row in range(2000)]
    merged = clusters(texts, figures=True)
    assert len(set(merged.representative.tolist())) == 1


def test_an_edited_copy_does_not_join_texts_of_one_template() -> None:
    report, later = (f"{words(0, 60)} closed at {figure} on Monday {words(60, 90)}" for figure in (31, 74))
    found = clusters([report, later, report + " said the board"])
    assert found.rule_ids == ["dedupe.near", "dedupe.near", None]
    found = clusters([report + " said the board", later + " said the board", report])
    assert found.representative.tolist() == [0, 1, 0]


def test_candidates_grow_with_the_corpus_not_with_its_square() -> None:
    texts = [f"{words(0, 90)} {words(5 * row, 5 * row + 5, 'line')}" for row in range(1000)]
    found = shingle(pa.array(texts))
    batches = find_candidates(found, np.arange(1000))
    a, b = np.concatenate([np.column_stack(pair) for pair in batches]).T
    assert (a < b).all()
    assert set(b[a == 0].tolist()) == set(range(1, 1000)), "the best ranked is compared with all"
    assert len(a) < 8 * 1000


def test_a_digest_does_not_swallow_its_articles() -> None:
    articles = [words(0, 70, "a"), words(0, 60, "b"), words(0, 60, "c")]
    digest = " ".join(articles)
    assert (clusters([*articles, digest]).rule == 0).all()
    assert clusters([articles[0], articles[0] + " " + words(0, 100, "d")]).rule_ids == ["dedupe.contained", None]


# --- the shape of the tables -----------------------------------------------------------------------------


def test_chunks_slices_and_nulls_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [words(row, row + 30) if row % 3 else None for row in range(40)]
    whole = shingle(pa.array([text or "" for text in texts]))
    monkeypatch.setattr("cleaning.shingles._SLICE_BYTES", 100)
    padded = pa.array(["x", *texts, "y"], pa.large_string()).slice(1, 40)
    chunked = pa.chunked_array([pa.array(texts[:13]), pa.array([], pa.string()), pa.array(texts[13:])])
    parts = concatenate([shingle(pa.array(texts[:5])), shingle(pa.array(texts[5:]))])
    for other in (shingle(padded), shingle(chunked), parts):
        for name in ("fingerprint", "template", "words", "offsets", "values"):
            assert (getattr(whole, name) == getattr(other, name)).all()
    assert len(shingle(pa.chunked_array([], pa.string()))) == 0
    assert len(find_duplicates(shingle(pa.array([], pa.string())), np.empty(0, np.int64)).rule) == 0


def test_saved_shingles_come_back(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [words(row, row + 40) for row in range(9)] + [""]
    for number, part in enumerate((texts[:4], texts[4:4], texts[4:])):
        save(shingle(pa.array(part, pa.string())), tmp_path / str(number))
    one, many = load(tmp_path / "0"), load(*(tmp_path / str(number) for number in range(3)))
    assert not one.values.flags.writeable, "mapped, not read"
    whole = shingle(pa.array(texts))
    order = longest_first(texts)
    for other in (many, concatenate([one, load(tmp_path / "1"), load(tmp_path / "2")])):
        assert (other.values == whole.values).all()
        assert (find_duplicates(other, order).representative == find_duplicates(whole, order).representative).all()
    assert (find_duplicates(one, order[:4]).rule == find_duplicates(shingle(pa.array(texts[:4])), order[:4]).rule).all()
    save(shingle(pa.array(texts), 4), tmp_path / "4")
    with pytest.raises(ValueError, match="shingles of 4 tokens"):
        load(tmp_path / "0", tmp_path / "4")
    monkeypatch.setattr("cleaning.shingles.algorithm", lambda: "another")
    with pytest.raises(ValueError, match="shingle the texts again"):
        load(tmp_path / "0")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")


def test_what_cannot_be() -> None:
    some = shingle(pa.array(["a b c", "d e f"]))
    for order in (np.array([0]), np.array([1, 1])):
        with pytest.raises(ValueError, match="2 different ranks"):
            find_duplicates(some, order)
    with pytest.raises(ValueError, match="threshold must be above 0"):
        find_duplicates(some, np.arange(2), threshold=0)
    with pytest.raises(ValueError, match="containment must be above 0"):
        find_duplicates(some, np.arange(2), containment=1.5)
    with pytest.raises(ValueError, match="at least 1 token"):
        shingle(pa.array(["a"]), 0)
    with pytest.raises(ValueError, match="different sizes"):
        concatenate([some, shingle(pa.array(["a"]), 3)])
    with pytest.raises(ValueError, match="no shingles"):
        concatenate([])


def test_compiled_code_hashes_words_as_python_does() -> None:
    """Figure words are masked by hashes that Python computes."""
    assert len({token_hash(word) for word in ("may", "June", "JUNE", "july")}) == 3
    for plain, *figures in (
        ("on the plum day", "on the May day", "on the 12 day"),
        ("봄요일", "월요일", "7요일"),
        ("木曜", "7曜"),
    ):
        masked = shingle(pa.array([plain, *figures])).template
        assert len(set(masked[1:].tolist())) == 1
        assert (masked[0] == masked[1]) == (plain == "木曜")
    codes, several = table()
    assert codes[ord("ß")] >> SHIFT == 6
    assert [chr(code & 0x1FFFFF) for code in several[1 + (codes[ord("ß")] & 0xFFFFFFF) :][:2]] == ["s", "s"]


def test_importing_the_modules_does_not_import_numba() -> None:
    code = "import sys, cleaning.dedupe, cleaning.shingles; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=pathlib.Path(__file__).parents[1]).returncode == 0


# --- the benches, where they are present -----------------------------------------------------------------

BENCH = pathlib.Path(__file__).parents[2] / "shared" / "bench"


def pairs(sizes: Any) -> int:
    return int(sum(size * (size - 1) // 2 for size in sizes))


def score(mine: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Pairwise precision and recall."""
    together = pairs(np.unique(np.column_stack([mine, truth]), axis=0, return_counts=True)[1])
    return together / pairs(np.unique(mine, return_counts=True)[1]), together / pairs(
        np.unique(truth, return_counts=True)[1]
    )


@pytest.mark.skipif(not BENCH.exists(), reason="the benches are not here")
def test_floor_on_known_clusters() -> None:
    import pyarrow.parquet as pq

    table_ = pq.read_table(BENCH / "dedupe-15k.parquet").sort_by("id")
    truth = pq.read_table(BENCH / "dedupe-15k.truth.parquet").sort_by("id")
    found = shingle(table_["text"])
    order = longest_first(table_["text"].to_pylist())
    precision, recall = score(
        find_duplicates(found, order, containment=None, figures=True).representative,
        truth["jaccard_cluster"].to_numpy(),
    )
    assert min(precision, recall) >= 0.999
    precision, recall = score(find_duplicates(found, order).representative, truth["lineage_cluster"].to_numpy())
    assert 2 * precision * recall / (precision + recall) >= 0.972
    assert precision >= 0.996


@pytest.mark.parametrize("at_a_time", [1, 1 << 18, 1 << 30])
def test_joined_in_a_file_and_looked_at_piece_by_piece(
    at_a_time: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(3)
    texts = [words(300 * n, 300 * n + 60) for n in range(60)]
    texts += [f"{text} {words(9_000 + n, 9_005 + n)}" for n, text in enumerate(rng.sample(texts, 25))]
    texts += [" ".join(texts[n].split()[:30]) for n in (1, 5, 9)] + [words(0, 400), "", "tiny text"]
    rng.shuffle(texts)
    whole, order = shingle(pa.array(texts)), longest_first(texts)
    expected = find_duplicates(whole, order)
    assert (expected.rule > 0).sum() > 20
    for module in ("links", "stars"):
        monkeypatch.setattr(f"cleaning.duplicates.{module}.BYTES_AT_A_TIME", at_a_time)
    monkeypatch.setattr("cleaning.duplicates.candidates._BYTES_AT_A_TIME", 1000)
    joined = join(
        [shingle(pa.array(texts[:11])), shingle(pa.array(texts[11:11], pa.string())), shingle(pa.array(texts[11:]))],
        tmp_path / "values",
    )
    assert joined.source is not None
    found = find_duplicates(joined, order)
    for name in ("representative", "rule", "same_template"):
        assert (getattr(found, name) == getattr(expected, name)).all()
    assert np.array_equal(found.similarity, expected.similarity, equal_nan=True)
    with pytest.raises(ValueError, match="different sizes"):
        join([whole, shingle(pa.array(["a"]), 3)], tmp_path / "values")


@pytest.mark.parametrize("case", list(cases("stands.toml", "case")))
def test_which_copy_stands_for_the_others(case: dict[str, Any]) -> None:
    expected = [row == case["stands"] for row in range(len(case["record"]))]
    for records, alone in ((case["record"], expected), (case["record"][::-1], expected[::-1])):
        found = clean_frame(pd.DataFrame([{"title": "", "date": "", "authors": ""} | one for one in records]))
        assert found["duplicate_of"].isna().tolist() == alone


@pytest.mark.parametrize("capitals_first", [True, False])
def test_a_copy_in_capitals_stands_for_nothing_of_its_length(capitals_first: bool) -> None:
    """Whatever was published first, and whatever the doc_ids are; a longer one does."""
    text = "The council voted on Monday to keep the ferry, and to pay for it from the harbour dues of the coming years."
    copies = [text.upper(), text] if capitals_first else [text, text.upper()]
    for dates in (("2024-01-01", "2024-02-01"), ("2024-02-01", "2024-01-01")):
        found = clean_frame(pd.DataFrame({"text": copies, "date": dates}))
        assert found["duplicate_of"].isna().tolist() == [text == copy for copy in copies]
    longer = f"{text.upper()} THE MAYOR AGREES."
    found = clean_frame(pd.DataFrame({"text": [text, longer]}))
    assert found["duplicate_of"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("dates", "original"),
    [
        (("2024-05-10", "2024-05-10T09:15:00Z"), 1),
        (("2024-05-10T09:15:00Z", "2024-05-10"), 0),
        (("2024-05-10", "2024-05-11T00:10:00Z"), 0),
        (("2024-05-10", ""), 0),
    ],
)
def test_a_copy_with_only_a_day_is_later_than_one_with_a_time_of_that_day(
    dates: tuple[str, str], original: int
) -> None:
    """A bare day is kept as its midnight, and would come before every time of it, whatever the doc_ids are."""
    text = "The council voted on Monday to keep the ferry, and to pay for it from the harbour dues of the coming years."
    for swapped in (False, True):
        both = [(date, at == original) for at, date in enumerate(dates)]
        each = both[::-1] if swapped else both
        frame = pd.DataFrame({"text": [text, text], "date": [date for date, _ in each]})
        found = clean_frame(frame)
        assert found["duplicate_of"].isna().tolist() == [first for _, first in each]
