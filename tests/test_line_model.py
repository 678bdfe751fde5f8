"""The line model: its file, its arithmetic, and that a document is judged alike in whatever company it comes."""

from __future__ import annotations

import io
import json
import tomllib
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from cleaning.assemble import assemble
from cleaning.labelers import LABELERS, RULES
from cleaning.labelers.line_model import Limits, label, load_limits
from cleaning.labels import label_kinds
from cleaning.linemodel.context import read_context
from cleaning.linemodel.counts import UNIT, sums_of
from cleaning.linemodel.features import FAMILIES
from cleaning.linemodel.moulds import find_moulds
from cleaning.linemodel.shapes import BUCKETS, shapes
from cleaning.linemodel.trees import load_model, read_model, write_model
from cleaning.lines import Label, Lines, split
from pipelines.training.line_model import Corpus, cut, main
from pipelines.training.pages import read_pages
from tests.floors import hold
from tests.training_pages import CASES, cases, own_pages

PARAGRAPH = (
    "The council of the harbour town has voted on Monday for the new bridge, after years of dispute over its cost."
)
NO_WORDS = np.zeros(BUCKETS, np.int16)


def by_rules(lines: Lines) -> list[Label]:
    labels: list[Label] = []
    for labeler in RULES:
        labels += labeler(lines, labels)
    return labels


@pytest.fixture(scope="module")
def texts(sample: Path) -> list[str]:
    return [path.read_text("utf-8", errors="replace") for path in sorted((sample / "articles").iterdir())]


def test_the_file_says_what_it_is() -> None:
    model = load_model()
    assert model.about["data"]
    assert model.about["trained"] >= "2026-11"
    scored = model.about["cross-validated"]
    assert scored.keys() <= model.about["data"].keys()
    names = ("f1", "body_kept", "boilerplate_dropped")
    marks = {f"{name}_{mark}": scored[f"{name}-dev.jsonl"][mark] for name in ("news", "extracted") for mark in names}
    hold("cross-validated", marks)
    with resources.as_file(resources.files("cleaning").joinpath("data/line_model.npz")) as path:
        assert path.stat().st_size < 300_000
    assert model.words.shape == (BUCKETS,)
    limits = load_limits()
    assert 0 < limits.clean_to < limits.raw_from < 1
    for policies in (limits.raw, limits.clean):
        assert 0 < policies["balanced"] < policies["strict"] < 1
    assert limits.clean["balanced"] < limits.raw["balanced"]


def test_the_last_labelers_are_the_model_and_evidence() -> None:
    assert LABELERS[: len(RULES)] == RULES
    assert LABELERS[len(RULES)] is label


def test_a_document_is_judged_alike_alone_and_among_others(texts: list[str]) -> None:
    together = split(texts)
    labels = by_rules(together)
    among = read_context(together, labels, load_model().words)
    document_of = together.documents_of(among.rows)
    for number, text in enumerate(texts):
        alone = split([text])
        mine = read_context(alone, by_rules(alone), load_model().words)
        np.testing.assert_array_equal(mine.values, among.values[document_of == number])


def test_sums_do_not_depend_on_what_stands_before() -> None:
    random = np.random.default_rng(1)
    before, values = random.random(5_000) * 7, random.random(300)
    alone, among = sums_of(values), sums_of(np.concatenate([before, values]))
    np.testing.assert_array_equal(among[len(before) :] - among[len(before)], alone)


def test_reasons_add_up_to_the_odds(texts: list[str]) -> None:
    model = load_model()
    lines = split(texts)
    values = read_context(lines, by_rules(lines), model.words).values
    body = model.body(values)
    odds = np.log(body / (1 - body.astype(np.float64)))
    start = model.value[:, 0].sum()
    np.testing.assert_allclose(start - model.reasons(values).sum(axis=1), odds, atol=5e-3)


def test_what_a_rule_has_spoken_of_is_left_alone() -> None:
    lines = split([f"{PARAGRAPH}\n{PARAGRAPH[:-1]} too.\nMore here\nClick\nSome more\nTeaser"])
    everything = [Label(row, "generated-section", "generic.any", "") for row in range(len(lines))]
    assert label(lines, everything) == []


def test_a_list_stays_or_leaves_as_a_whole() -> None:
    roads = "- Tarn Hollow\n- Mill Lane\n- Corrie Moor\nRoads are closed:\n- the coast road\n- the B14"
    text = f"{PARAGRAPH}\n{roads}\n{PARAGRAPH}"
    context = read_context(split([text, "- Mill Lane\n- Old Lane"]), [], load_model().words)
    body = np.array([0.9, 0.1, 0.1, 0.3, 0.8, 0.1, 0.2, 0.9, 0.7, 0.7], np.float32)
    judged = context.agreed(body).tolist()
    assert judged[0] == body[0]
    assert judged[1] == judged[2] == judged[3] == pytest.approx(0.149, abs=0.01)
    assert judged[5] == judged[6] == 0.5  # what a sentence of the article announces
    body[4] = 0.3
    assert context.agreed(body)[5] < 0.2
    assert judged[8:] == pytest.approx([0.7, 0.7])


def test_a_list_without_bullets_is_none_the_less_text_than_what_opens_it() -> None:
    """Lines that begin alike, directly below a colon; words alone do not make a list, nor does one line."""
    sources = "Sources:\nferry.example\nlogs.harbour.example\nAnn Lee"
    links = "On this page:\nTowns\nRivers\nMore:\nferry.example"
    context = read_context(split([f"{PARAGRAPH}\n{sources}\n{links}\n{PARAGRAPH[:-1]} too."]), [], NO_WORDS)
    assert context.opened_by.tolist() == [-1, -1, 1, 1, -1, -1, -1, -1, -1, -1, -1]
    body = np.array([0.9, 0.8, 0.1, 0.3, 0.1, 0.8, 0.1, 0.1, 0.8, 0.1, 0.9], np.float32)
    assert context.agreed(body)[[2, 3, 4, 6, 7, 9]].tolist() == pytest.approx([0.5, 0.5, 0.1, 0.1, 0.1, 0.1])
    body[1] = 0.3
    assert context.agreed(body)[[2, 3]].tolist() == pytest.approx([0.1, 0.3])


def test_lines_of_one_text_stay_or_leave_together() -> None:
    """A label over each product of a test; that of another page is another line."""
    page = f"{PARAGRAPH}\nSpecs\nOne pound\nSpecs\n{PARAGRAPH[:-1]} too.\nSpecs"
    context = read_context(split([page, "Specs\nOne pound"]), [], NO_WORDS)
    assert context.copy_of.tolist() == [0, 1, 2, 1, 4, 1, 6, 7]
    body = np.array([0.9, 0.6, 0.7, 0.1, 0.8, 0.2, 0.6, 0.1], np.float32)
    judged = context.agreed(body)
    assert judged[1] == judged[3] == judged[5] == pytest.approx(0.257, abs=0.001)
    np.testing.assert_array_equal(judged[[0, 2, 4, 6, 7]], body[[0, 2, 4, 6, 7]])


def test_a_mould_is_what_stands_between_words_and_numbers() -> None:
    stamps = [
        "19:15 Sophie Bateman",
        "8:04 Sam Żak",
        "20:11 KEY EVENT",
        "Sophie Bateman",
        "— Sam Żak: more",
        "2. Sam",
        "—",
    ]
    long = ["19:15 " + "Sophie Bateman " * 9, "Sophie Bateman " * 9]
    whole, beginning = find_moulds(split(["\n".join(stamps + long)]))
    assert whole[0] == whole[1] != whole[2]
    assert beginning[0] == beginning[1] == beginning[2] == beginning[7] > 0
    assert len({*whole[2:7].tolist()}) == 5
    assert whole[7] == whole[8] == 0
    assert (beginning[[3, 8]] == 0).all()  # nothing but words
    assert (beginning[4:7] > 0).all()


def test_lines_of_one_mould_are_counted_with_those_that_rules_have_taken() -> None:
    stamps = [f"{hour}:15 Sophie Bateman" for hour in range(10, 14)]
    lines = split(["9:15 Sam Cole", "\n".join(line for stamp in stamps for line in (stamp, PARAGRAPH + stamp))])
    context = read_context(lines, [Label(3, "date", "en.any", ""), Label(5, "date", "en.any", "")], NO_WORDS)
    stamped = [0, 1, 5]  # without those that are taken
    assert context.rows[stamped].tolist() == [0, 1, 7]
    assert context.column("lines of the same form")[stamped].tolist() == [1, 4, 4]
    assert context.column("dropped among lines of the same form")[stamped].tolist() == [0, 0.5, 0.5]
    assert context.column("lines of the same form")[2] == 0
    assert context.column("dropped among lines of the same form")[2] == -1
    assert context.column("lines with the same beginning")[stamped].tolist() == [1, 4, 4]
    assert context.column("lines with the same first word")[[2, 3]].tolist() == [4, 4]
    assert context.column("lines from the last dropped").tolist() == [31, 31, 31, 1, 1, 2, 3]
    assert context.column("lines from the next dropped").tolist() == [31, 2, 1, 1, 31, 31, 31]
    assert context.column("kind of the last dropped")[2] == -1
    assert context.column("kind of the last dropped")[3] == FAMILIES.index(label_kinds()["date"].family)


def test_a_line_leaves_a_raw_page_sooner_than_one_that_somebody_has_cleaned() -> None:
    limits = Limits(0.3, 0.5, raw={"balanced": 0.4}, clean={"balanced": 0.1}, paragraph=0.2, deck=0.1)
    lines = split([f"{PARAGRAPH}\nShare", f"{PARAGRAPH}\n{PARAGRAPH}\nShare"])
    context = read_context(lines, [Label(row, "share-bar", "en.any", "") for row in (1, 4)], NO_WORDS)
    assert limits.of(context, "balanced").tolist() == pytest.approx([0.4, 0.15, 0.15])  # a sixth of the way
    assert limits._replace(clean_to=0.4).of(context, "balanced").tolist() == pytest.approx([0.4, 0.1, 0.1])


def test_evidence_names_features() -> None:
    pages = ["\n".join(row[2:] for row in case["text"].strip("\n").split("\n")) for case in cases("boilerplate")]
    lines = split(pages)
    found = label(lines, by_rules(lines))
    assert found
    for one in found:
        assert one.label in ("boilerplate", "unsure")
        assert one.rule_id == f"model.{one.label}"
        assert "boilerplate: " in one.evidence
        assert any(name in one.evidence for name in load_model().names)


def test_a_written_model_is_read_as_it_was() -> None:
    model, file = load_model(), io.BytesIO()
    write_model(model, file)
    again = read_model(io.BytesIO(file.getvalue()))
    assert (again.names, again.about) == (model.names, model.about)
    for name in ("words", "feature", "threshold", "left", "right", "value"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


def test_a_model_of_other_features_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model()
    other = replace(model, names=(*model.names[:-1], "something else"))
    monkeypatch.setattr("cleaning.labelers.line_model.load_model", lambda: other)
    with pytest.raises(ValueError, match="train it again"):
        label(split([PARAGRAPH]), [])


@pytest.mark.parametrize(
    "text",
    [
        "\ud800 half",
        "x" * 1_000_000,
        "\n".join(["a"] * 50_000),
        "𠮷野家 の本 🤖",
        "1" * 400,
        "\u202e" * 9,
        "ﷺ" * 9,
        "\x00 \x1b",
    ],
    ids=["surrogate", "long", "many", "astral", "digits", "controls", "ligature", "bytes"],
)
def test_hostile_lines(text: str) -> None:
    found = shapes([line for line in (part.strip() for part in text.split("\n")) if line])
    assert np.isfinite(found.values).all()
    assert found.starts[-1] == len(found.grams)
    label(split([text, PARAGRAPH]), [])
    assert label(split(["", ""]), []) == []
    assert label(split([]), []) == []


# --- documents that would lose too much -------------------------------------------------------------------------


def test_a_document_keeps_what_the_model_alone_would_take_too_much_of() -> None:
    lines = split([f"{PARAGRAPH}\n" * 2 + "0 comments", f"{PARAGRAPH}\n" * 2 + "0 comments"])
    rule = [Label(row, "comment-widget", "en.comments.counter", "") for row in (2, 5)]
    model = [Label(row, "boilerplate", "model.boilerplate", "") for row in (0, 1, 4)]
    bodies = assemble(lines, rule + model, "balanced", 0.6)
    assert bodies.kept.tolist() == [True, True, False, True, False, False]
    assert bodies.spared.keys() == {0}
    assert "100%" in bodies.spared[0]
    assert assemble(lines, rule + model, "balanced", 1.0).kept.sum() == 1


def test_a_long_document_never_ends_empty() -> None:
    lines = split([f"{PARAGRAPH}\n" * 30, f"{PARAGRAPH}\n" * 3])
    labels = [Label(row, "promo", "en.promo.any", "") for row in range(len(lines))]
    bodies = assemble(lines, labels, "balanced")
    assert bodies.kept.tolist() == [True] * 30 + [False] * 3
    assert bodies.spared.keys() == {0}


# --- training ----------------------------------------------------------------------------------------------------


def test_training_writes_a_model_that_knows_its_pages(tmp_path: Path) -> None:
    """Small pages of five sites with unlike tails; what is learned on four tells the tail of the fifth."""
    pages = []
    for number in range(30):
        body = [f"{PARAGRAPH[:-1]}, said speaker {number} of {place}." for place in ("Aldeby", "Norholm", "Estrup")]
        words = ("Jobs", "Puzzles", "Weather", "Our apps", "Horoscope", "Recipes", "Crosswords")
        tail = ["0 comments", *(f"{word} for everybody in town {number}" for word in words)]
        labels = ["body"] * 3 + ["other"] * 8
        url = f"https://site{number % 10}.example/{number}"
        page = {"id": f"p{number}", "url": url, "text": "\n".join(body + tail), "labels": labels, "gold": body}
        pages.append(json.dumps(page))
    source, model, bodies = tmp_path / "pages.jsonl", tmp_path / "model.npz", tmp_path / "bodies.jsonl"
    source.write_text("\n".join(pages), "utf-8")
    assert main([str(source), "-o", str(model), "--predictions", str(bodies)]) == 0
    with model.open("rb") as file:
        trained = read_model(file)
    marks = trained.about["cross-validated"]["pages.jsonl"]
    assert marks["boilerplate_dropped"] > 0.95
    assert marks["body_kept"] == marks["clean_whole"] == 1
    assert np.abs(trained.words).max() > UNIT // 10
    assert len(bodies.read_text("utf-8").splitlines()) == 30


def test_no_model_learns_from_pages_kept_apart() -> None:
    apart = [
        case
        for path in CASES.glob("*/*-kept-apart.toml")
        for case in tomllib.loads(path.read_text("utf-8")).get("case", ())
    ]
    assert len(apart) >= 30
    learned = list(own_pages())
    assert not {case["id"] for case in apart} & {page["id"].removesuffix("/framed") for page in learned}
    texts = "\n".join(page["text"] for page in learned)
    first = [next(row[2:] for row in case["text"].split("\n") if row[:1] == "+") for case in apart]
    assert [line for line in first if len(line) > 30 and line in texts] == []


def test_training_scores_what_a_run_would_drop(tmp_path: Path) -> None:
    """Cases with facts, subheads and announced lists, which the run keeps from the model."""
    source = tmp_path / "pages.jsonl"
    source.write_text("\n".join(map(json.dumps, list(own_pages())[::6])), "utf-8")
    corpus = Corpus(read_pages([source]))
    model = load_model()
    context = read_context(corpus.lines, corpus.labels, model.words)
    limits, body = load_limits(), context.agreed(model.body(context.values))
    learned = label(corpus.lines, corpus.labels)
    as_run = assemble(corpus.lines, corpus.labels + learned, "balanced", 1.0).kept
    np.testing.assert_array_equal(cut(corpus, body, limits, 1.0), as_run)
    spared = context.rows[body < limits.clean["balanced"]]
    assert as_run[spared].any()
