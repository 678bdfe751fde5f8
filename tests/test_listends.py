from __future__ import annotations

import json
import sys
import tomllib
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.labelers import RULES, links, phrases
from cleaning.labelers.listends import FEATURES, Block, ends_of_lists, features
from cleaning.linemodel.trees import Model, load_model, read_model
from cleaning.lines import Label, split
from cleaning.records import Record
from pipelines.training import listends
from pipelines.training.pages import FOLDS
from tests.floors import hold
from tests.training_pages import CASES, cases, lists, own_pages


def test_the_file_says_what_it_is() -> None:
    model = load_model("listends")
    assert model.names == FEATURES
    assert model.about["trained"] >= "2026-11"
    assert len(model.about["data"]) == 4
    scored = model.about["cross-validated"]["as they are"]
    hold("lists", {name: scored[name] / scored["blocks"] for name in ("lost", "left")})
    with resources.as_file(resources.files("cleaning").joinpath("data/listends.npz")) as path:
        assert path.stat().st_size < 200_000


def under_headings(pages: list[str]) -> list[Label]:
    lines, found = split(pages), list[Label]()
    for labeler in RULES:
        found += labeler(lines, found)
    return [one for one in found if one.rule_id == "links.under-heading"]


@pytest.mark.parametrize("structured", [False, True])
def test_floor_of_headings_without_a_list(structured: bool) -> None:
    """Between lines of text a heading that has lost its list takes nothing along, on most pages.

    `structured`: of the pages of kinds that are no plain article, whose text are short lines.
    """
    headings = tomllib.loads((CASES / "links/headings.toml").read_text("utf-8"))
    pages, labels = [], []
    for case in cases("boilerplate"):
        if case["id"].startswith("structured-") != structured:
            continue
        rows = case["text"].strip("\n").split("\n")
        spots = [at for at in range(1, len(rows)) if rows[at - 1][0] == "+" == rows[at][0]]
        for at in spots[:: len(spots) // 3 + 1] if case["lang"] in headings else ():
            own = [*rows[:at], "- " + headings[case["lang"]], *rows[at:]]
            pages.append("\n".join(row[2:] for row in own))
            labels.append([row[0] for row in own])
    lines = split(pages)
    took = set()
    for one in under_headings(pages):
        document = int(lines.documents_of([one.row])[0])
        if labels[document][int(lines.line_no[one.row]) - 1] == "+":
            took.add(document)
    hold(f"headings-without-a-list{'-structured' * structured}", {"whole": 1 - len(took) / len(pages)})


def test_lists_end_where_they_do_alone() -> None:
    """Whatever pages stand in the batch before and behind."""
    pages = ["\n".join(row[2:] for row in case["text"].strip("\n").split("\n")) for case in cases("boilerplate")][:80]
    together, lines = under_headings(pages), split(pages)
    alone = [
        one._replace(row=one.row + int(start))
        for page, start in zip(pages, lines.starts[:-1], strict=True)
        for one in under_headings([page])
    ]
    assert alone == together
    assert len(together) > 200


LINES = [
    "A headline",
    "Another one of them, longer",
    "The ferry is late again.",
    "He said: “No.”",
    "What next?",
    "今日は晴れです。",
]


@given(st.lists(st.lists(st.sampled_from(LINES), min_size=1, max_size=9), min_size=1, max_size=5))
def test_features_are_those_of_a_block_alone(texts: list[list[str]]) -> None:
    lines = split(["\n".join(own) for own in texts])
    blocks = [Block([*lines.rows(number)], True, False, False, False, False, False) for number, own in enumerate(texts)]
    together = features(lines, blocks)
    for number, block in enumerate(blocks):
        alone = features(lines, [block]).values
        begin, end = together.starts[number : number + 2]
        assert (together.values[begin:end] == alone).all()
        assert len(alone) == len(block.rows) + 1
    values = dict(zip(FEATURES, together.values[1].tolist(), strict=True))  # one headline in the first block
    assert values["number of headlines"] == 1
    assert values["lines of text"] == len(texts[0]) - 1
    ended = [text.endswith((".", "。", "”", "?")) for text in texts[0]]
    assert values["sentences in text"] == sum(ended[1:])
    assert values["sentences in headlines"] == ended[0]
    assert values["changes in text"] == sum(one != other for one, other in pairwise(ended[1:]))


def test_the_article_goes_on_behind_a_box() -> None:
    body = "The council has sold the old library to a circus, which will pay in tickets."
    page = [
        body,
        "Read more",
        "Circus winters in Hull",
        "The books are to go to the school.",
        "Nobody asked the elephants.",
        body,
    ]
    lines = split(["\n".join(page)])
    block = Block([2, 3, 4], True, False, False, False, False, False)
    assert ends_of_lists(lines, [block]) == [1]
    page = [body, "Read more", "Circus winters in Hull", "School gets a roof", "Elephants vote on Monday"]
    assert ends_of_lists(split(["\n".join(page)]), [block._replace(closes=True)]) == [3]
    assert ends_of_lists(lines, []) == []


def test_lists_are_asked_from_the_end() -> None:
    """Whether the article goes on behind a list depends on what the lists below it take."""
    closes: list[bool] = []

    def ends_of(blocks: list[Block]) -> list[int]:
        closes.extend(block.closes for block in blocks)
        return [len(block.rows) for block in blocks]

    body = "The council has sold the old library to a circus."
    lines = split(["\n".join([body, "Related articles", "It rains.", "Related articles", "The sun is out.", "Share"])])
    said = [*phrases.label(lines, []), Label(5, "share-bar", "en.share.button", "")]
    links.label_lists(lines, said, ends_of)
    assert closes == [True, True]


def test_no_text_asks_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of headings, and one of lines under a heading."""
    asked: list[int] = []

    def ends_of(blocks: list[Block]) -> list[int]:
        asked.extend(len(block.rows) for block in blocks)
        return [0] * len(blocks)

    body = "The council has sold the old library to a circus."
    text = "\n".join(["Related articles\nIt rains." * 1, *["Related articles\nIt rains."] * 2_000, *[body] * 3_000])
    lines = split([text])
    links.label_lists(lines, phrases.label(lines, []), ends_of)
    assert len(asked) == links.MOST_HEADINGS
    assert max(asked) == links.MOST_LINES
    monkeypatch.setattr("cleaning.labelers.listends._AT_A_TIME", 7)
    blocks = [Block(range(at, at + 3), True, False, False, False, False, False) for at in range(1, 60, 3)]
    apart = ends_of_lists(lines, blocks)
    monkeypatch.undo()
    assert apart == ends_of_lists(lines, blocks)
    assert len(apart) == 20


def test_training_writes_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lightgbm")
    own, other, output = (tmp_path / name for name in ("own.jsonl", "lists.jsonl", "listends.npz"))
    pages = [page for page in own_pages() if "article" not in page["id"]][:60]
    own.write_text("".join(json.dumps(page) + "\n" for page in pages))
    other.write_text("".join(json.dumps(page) + "\n" for page in lists()))
    monkeypatch.setattr(listends, "TREES", 5)
    monkeypatch.setattr(sys, "argv", ["listends", str(own), "--benches", str(other), "-o", str(output)])
    listends.main()
    with output.open("rb") as source:
        model = read_model(source)
    assert model.names == FEATURES
    assert model.about["data"].keys() == {"own.jsonl", "lists.jsonl"}
    scores = {line.partition(":")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "'lost': 0" in scores["best there is"]
    assert "'left': 0" in scores["lists without end"]


def test_a_broken_file_is_no_records_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str = "line_model") -> Model:
        if name == "listends":
            raise ValueError("not a model")
        return load_model(name)

    monkeypatch.setattr("cleaning.documents.load_model", broken)
    with pytest.raises(ValueError, match="not a model"):
        clean_records([Record("x", 0, content="The council met on Monday.")], make_config({}))


def test_what_trains_the_line_model_is_told_the_ends_by_trees_of_other_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fit for each fold that has a list, whatever the order of the blocks."""
    page = "A text.\nRead more\nOne headline\nAnother headline"
    lines, folds = split([page] * 3), np.array([0, 3, 0])
    some = [
        listends.Example(np.zeros((1, 1), np.float32), np.zeros(1), np.zeros(1), np.zeros(1), fold, 1.0, False)
        for fold in range(FOLDS)
    ]
    fitted: list[list[int]] = []

    class Trees:
        def __init__(self, learned: list[listends.Example]) -> None:
            fitted.append([one.fold for one in learned])
            self.end = 1 if 0 in fitted[-1] else 2  # what has not seen fold 0 takes both

        def odds(self, values: np.ndarray) -> np.ndarray:
            return np.where(np.arange(len(values)) % 3 == self.end, 9.0, -9.0)

    monkeypatch.setattr(listends, "fit", lambda learned, about: Trees(learned))
    ends_of = listends.ends_of_unseen(some, lines, folds)
    flags = (False, True, False, False, False, False)
    blocks = [Block([4 * number + 2, 4 * number + 3], *flags) for number in (1, 0, 2)]
    assert ends_of(blocks) == [1, 2, 2]
    assert ends_of(blocks[::-1]) == [2, 2, 1]
    assert sorted(fitted) == [[0, 1, 2, 4], [1, 2, 3, 4]]
