"""Languages: the case files, langdetect as the reference, hostile input, and real pages where they are present."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import tomllib
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import langdetect
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect.detector import Detector
from langdetect.detector_factory import DetectorFactory
from langdetect.utils.ngram import NGram

from cleaning import profiles
from cleaning.codes import spans_of
from cleaning.config import Config, ConfigError
from cleaning.language import detect_languages, known_tags, without_addresses
from cleaning.languagetags import UNKNOWN, Language, valid_tag
from cleaning.scripts import census, letters_of_scripts, script_letters
from tests import bench_language
from tests.floors import hold
from tests.passages import news, passages

CASES = Path(__file__).parent / "cases" / "language"


def load(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text("utf-8").splitlines()]


def bench(shared: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shared / "bench" / name).read_text("utf-8").splitlines()]


def tell(text: str) -> Language:
    return detect_languages([text])[0]


SENTENCES = load("sentences")
SCRIPTS = tomllib.loads(resources.files("cleaning").joinpath("data/scripts.toml").read_text("utf-8"))


# The case files


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: f"{case['tag']}:{case['text'][:12]}")
def test_sentences(case: dict[str, str]) -> None:
    assert tell(case["text"]).tag == case["tag"]


@pytest.mark.parametrize("case", load("wild"), ids=lambda case: case["why"])
def test_shapes_seen_in_the_wild(case: dict[str, str]) -> None:
    assert tell(case["text"]).tag == case["tag"]


@pytest.mark.parametrize("case", load("negative"), ids=lambda case: case["why"])
def test_nothing_is_made_up(case: dict[str, str]) -> None:
    assert tell(case["text"]) == Language("und", None, "none")


@pytest.mark.xfail(strict=True)
@pytest.mark.parametrize("case", load("known-failures"), ids=lambda case: case["why"])
def test_known_failures(case: dict[str, str]) -> None:
    assert tell(case["text"]).tag == case["tag"]


def test_languages_are_told_as_well_as_they_are() -> None:
    marks = {"sentences": bench_language.accuracy(0), "characters_300": bench_language.accuracy(1)}
    hold("languages", marks, CASES / "news.toml")


# What an answer is


@pytest.mark.parametrize("tag", ["ko", "zh-Hans", "pt-BR", "es-419", "sr-Latn-RS", "und", "ckb"])
def test_tags_that_are_valid(tag: str) -> None:
    assert valid_tag(tag)


@pytest.mark.parametrize("tag", ["", "KO", "zh-cn", "english", "en_US", "en-", "unknown", "ko\n", "zh-hans", "e"])
def test_tags_that_are_not(tag: str) -> None:
    assert not valid_tag(tag)


@given(st.text(max_size=200))
def test_every_text_has_an_answer(text: str) -> None:
    tag, confidence, method = tell(text)
    assert valid_tag(tag)
    assert (tag == "und") == (confidence is None) == (method == "none")
    assert method in ("script", "profile", "langdetect", "words", "none")
    assert confidence is None or 0 < confidence <= 1


@given(st.lists(st.sampled_from([case["text"] for case in SENTENCES]) | st.text(max_size=60), max_size=8), st.randoms())
def test_an_answer_does_not_depend_on_the_batch(texts: list[str], random: Any) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)
    shuffled = detect_languages([texts[index] for index in order])
    assert [shuffled[order.index(index)] for index in range(len(texts))] == [tell(text) for text in texts]


def test_an_answer_does_not_depend_on_the_process() -> None:
    texts = [case["text"][:45] for case in SENTENCES]
    code = (
        "import json, sys; from cleaning.language import detect_languages;"
        "print(json.dumps(detect_languages(json.load(sys.stdin)[::-1])[::-1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert json.loads(run.stdout) == [list(language) for language in detect_languages(texts)]


MAIL = re.compile(r"[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{2,255}")


@given(st.lists(st.sampled_from(["a", "b.", "@", "@@", " ", "é", "x" * 63, "x" * 64, "x" * 200]), max_size=12))
def test_mail_addresses_are_what_langdetect_takes_for_them(parts: list[str]) -> None:
    text = "".join(parts)
    assert without_addresses(text) == MAIL.sub(" ", text)


def test_the_larger_part_decides() -> None:
    english = "The council will vote on the plan next week, and most of its members are in favour of it. "
    korean = "시의회는 다음 주에 이 계획을 표결에 부칠 예정이며 의원 대부분이 찬성하고 있다. "
    assert tell(korean + english * 4).tag == "en"
    assert tell(english + korean * 4).tag == "ko"
    assert tell(korean + english * 4).confidence == pytest.approx(0.8, abs=0.1)


def test_capitals_are_read() -> None:
    """langdetect skips words in capitals."""
    english = "THE COUNCIL WILL VOTE ON THE PLAN NEXT WEEK, AND MOST OF ITS MEMBERS ARE IN FAVOUR OF IT. "
    assert tell(english * 20).tag == "en"
    assert tell(english * 20).confidence == pytest.approx(1)


def test_neither_head_nor_tail_decides() -> None:
    german = "Der Gemeinderat stimmt in der kommenden Woche über den Plan ab, und die meisten sind dafür. " * 12
    english = "The council will vote on the plan next week, and most of its members are in favour of it. " * 40
    assert tell(german + english).tag == "en"
    assert tell(english + german).tag == "en"


def test_a_table_is_read_between_its_figures() -> None:
    figures = "12 34 56 78 90 " * 20
    sentence = "The table shows how many passengers the ferries carried in each month of the year. "
    assert tell((figures + sentence + figures) * 4).tag == "en"


def test_chinese_in_both_kinds_of_characters_is_not_told_by_them() -> None:
    both = [case["text"] for case in SENTENCES if case["tag"] in ("zh-Hans", "zh-Hant") and "政" in case["text"]]
    tag, _, method = tell("\n".join(both))
    assert tag in ("zh-Hans", "zh-Hant", "und")
    assert method != "script"


# langdetect is the reference


@pytest.fixture(scope="module")
def reference() -> DetectorFactory:
    """The factory of langdetect as it builds it itself, seeded."""
    factory = DetectorFactory()
    factory.load_profile(langdetect.PROFILES_DIRECTORY)
    factory.set_seed(0)
    return factory


def detector(factory: DetectorFactory, text: str) -> Detector:
    detector = factory.create()
    detector.append(text)
    return detector


def test_characters_are_read_as_langdetect_reads_them() -> None:
    letter, upper = profiles.profiles()[1:3]
    for code in range(0x10000):
        read_as = NGram.normalize(chr(code))
        if read_as == " ":
            assert letter[code] == letter[ord(" ")]
        else:
            assert letter[code] == letter[ord(read_as)] != letter[ord(" ")]
            assert upper[letter[code]] == read_as.isupper()


@pytest.mark.parametrize("case", SENTENCES[::3] + load("wild"), ids=lambda case: f"{case['tag']}:{case['text'][:12]}")
def test_the_same_ngrams_and_the_same_label(reference: DetectorFactory, case: dict[str, str]) -> None:
    text = NGram.normalize_vi(Detector.MAIL_RE.sub(" ", Detector.URL_RE.sub(" ", case["text"])))
    score = profiles.score(text)
    table = profiles.profiles()
    expected = detector(reference, text)
    expected.cleaning_text()
    assert table.grams[score.hits].tolist() == expected._extract_ngrams()
    if len(score.hits):
        assert profiles.ask_langdetect(score.hits) == detector(reference, text).detect()


def test_scores_are_the_logarithms_of_langdetects_weights(reference: DetectorFactory) -> None:
    text = "The harbour authority said on Monday."
    expected = detector(reference, text)
    grams = expected._extract_ngrams()
    score = profiles.score(text)
    floor = Detector.ALPHA_DEFAULT / Detector.BASE_FREQ
    for index, label in enumerate(reference.langlist):
        sums = sum(math.log((floor + reference.word_lang_prob_map[gram][index]) / floor) for gram in grams)
        found = score.likelihoods[profiles.profiles().labels.index(label)] / profiles.UNIT
        assert found == pytest.approx(sums, abs=0.001 * len(grams))
    assert score.lengths.tolist() == [sum(len(gram) == n for gram in grams) for n in (1, 2, 3)]


def test_texts_of_a_paragraph_get_the_label_of_langdetect(reference: DetectorFactory) -> None:
    renamed = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
    known = set(reference.langlist) | set(renamed.values())
    for case in SENTENCES:
        if tell(case["text"]).method in ("profile", "langdetect") and case["tag"] in known:
            label = detector(reference, case["text"] * 3).detect()
            assert tell(case["text"] * 3).tag == renamed.get(label, label)


def test_langdetect_decides_where_the_profiles_are_unsure() -> None:
    methods = {tell(case["text"][start : start + 36]).method for case in SENTENCES for start in (0, 20, 40)}
    assert methods == {"script", "profile", "langdetect", "words", "none"}


def test_langdetect_is_seeded_with_0(reference: DetectorFactory) -> None:
    """These words have one label with this seed and another with most others."""
    for text in ("vaux de la piscine munic", "r demandent depuis longt", " nového mosta bude dokon"):
        assert profiles.ask_langdetect(profiles.score(text).hits) == detector(reference, text).detect()


def test_langdetect_of_others_is_left_alone() -> None:
    before = DetectorFactory.seed
    profiles.ask_langdetect(profiles.score("the bridge").hits)
    assert DetectorFactory.seed is before


# The data file


def test_every_profile_of_langdetect_is_used_or_its_script_decides() -> None:
    labels = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
    used = [label for script in SCRIPTS["script"] for label in script.get("profiles", [])]
    decided = {script["language"] for script in SCRIPTS["script"] if "language" in script}
    assert len(used) == len(set(used))
    assert set(used) | decided >= set(profiles.profiles().labels)
    assert all(valid_tag(labels.get(label, label)) for label in used)


def test_every_language_of_the_data_file_has_a_sentence() -> None:
    told = {script["language"] for script in SCRIPTS["script"] if "language" in script}
    told |= {rule["language"] for rule in SCRIPTS["letters"]}
    assert told <= {case["tag"] for case in SENTENCES}
    assert all(valid_tag(tag) for tag in told)


def test_neighbours_are_languages_with_sentences() -> None:
    data = tomllib.loads(resources.files("cleaning").joinpath("data/neighbours.toml").read_text("utf-8"))
    tags = {case["tag"] for case in SENTENCES} | news().keys()
    for entry in data["neighbours"]:
        assert entry["script"] in {script["name"] for script in SCRIPTS["script"]}
        assert set(entry["words"]) <= tags
        assert all(valid_tag(tag) for tag in entry["among"])
        for words in entry["words"].values():
            assert len(words.split()) == len(set(words.split()))


@pytest.mark.parametrize("tag", ["ms", "sr", "sr-Latn", "bs", "kk", "mn", "be", "az", "ka", "hy", "km"])
def test_unknown_languages_are_not_passed_off_as_others(tag: str) -> None:
    """langdetect knows none of these, and is sure of another."""
    texts = list(passages(tag, 300)) if tag in news() else [case["text"] for case in SENTENCES if case["tag"] == tag]
    assert {language.tag for language in detect_languages(texts)} == {tag}


def test_ranges_of_scripts_do_not_overlap() -> None:
    spans = sorted(
        [int(code, 16) for code in span.split("-")] for script in SCRIPTS["script"] for span in script["ranges"]
    )
    # Kana and Bopomofo blocks, and Latin and halfwidth forms, stand side by side, never one in the other.
    assert all(first <= last for first, last in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


# Hostile input


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "aB" * 500_000,
        "漢" * 1_000_000,
        "가" * 1_000_000,
        "1" * 1_000_000,
        "😀" * 300_000,
        "e" + "\u0301" * 1_000_000,
        "\n" * 200_000,
        "word\n" * 200_000,
        "a" * 500_000 + "@" + "b" * 500_000,
        "a@" * 300_000,
        "https://" * 100_000,
        "-_." * 300_000 + "@",
        "\ud800" * 100_000,
        "\0" * 100_000,
        "İ" * 100_000,
        "ﬁ" * 100_000,
    ],
    ids=lambda text: f"{text[:8]!a} x {len(text)}",
)
def test_hostile_texts_have_an_answer(text: str) -> None:
    assert valid_tag(tell(text).tag)


# Real pages


def test_extracted_pages(shared: Path) -> None:
    pages = bench(shared, "extracted-dev.jsonl")
    found = detect_languages([page["text"] for page in pages])
    right = [language.tag.split("-")[0] == page["lang"] for language, page in zip(found, pages, strict=True)]
    assert np.mean(right) >= 0.995


def test_articles(shared: Path) -> None:
    articles = bench(shared, "articles-3k.truth.jsonl")
    found = detect_languages([article["body"] for article in articles])
    right = [language.tag == article["lang"] for language, article in zip(found, articles, strict=True)]
    assert np.mean(right) >= 0.997


@pytest.mark.slow
def test_pages_of_300_characters_get_the_label_of_langdetect(shared: Path) -> None:
    """What is `und` here counts as another label."""
    same, compared = bench_language.same_on_pages(shared / "bench")
    assert compared > 1000
    assert same / compared >= 0.995


def test_a_text_scores_the_same_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*(case["text"] for case in SENTENCES[:40]), "", "x" * 3000]
    monkeypatch.setattr(profiles, "_AT_ONCE", 1000)  # so that they are cut into several
    for text, score in zip(texts, profiles.score_each(texts), strict=True):
        alone = profiles.score(text)
        for one, other in zip(score, alone, strict=True):
            assert one.tolist() == other.tolist()


def test_letters_of_scripts_are_those_of_the_census() -> None:
    texts = [*(case["text"] for case in SENTENCES), "", "東京タワー", "北京", "\ud800 a\nб"]
    np.testing.assert_array_equal(script_letters(spans_of(texts)), letters_of_scripts(census(texts)))


def test_every_tag_that_is_given_may_be_asked_for() -> None:
    """Those of all example sentences, those that stand for several, and no code that is a country's."""
    found = {row["tag"] for row in load("sentences")}
    assert found <= known_tags() and len(found) > 60
    assert Config(languages=(*sorted(known_tags()), "zh")).languages
    codes = tomllib.loads(resources.files("cleaning").joinpath("data/language_codes.toml").read_text("utf-8"))
    assert not codes.keys() & {tag.split("-")[0] for tag in known_tags()}
    assert Config(languages=tuple(tag for _, tag in codes.values())).languages
    for code, (name, tag) in codes.items():
        with pytest.raises(ConfigError, match=f"'{code}' is no language that tamis tells; {name} is '{tag}'"):
            Config(languages=("en", code))
    with pytest.raises(ConfigError, match="'xx' is no language that tamis tells"):
        Config(languages=("xx",))


def test_capitals_in_another_language_leave_a_doubt() -> None:
    """Words in capitals have no n-grams, so what is left of the first look may all be in one language."""
    written = ("de1u", "es2u", "es4u", "es3", "de5", "es0", "es3", "de5", "de1", "de2u", "de3")
    lines = [(news()[one[:2]][int(one[2])], one.endswith("u")) for one in written]
    text = "\n".join(line.upper() if loud else line for line, loud in lines)
    assert detect_languages([text]) == [UNKNOWN]
