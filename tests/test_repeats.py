"""What a document says twice: the copy is labelled, never the first, and what is meant to be said twice stays."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.labelers.repeats import label
from cleaning.lines import Label, split

CASES = Path(__file__).parent / "cases" / "repeats"
RULES = {"repeats.body", "repeats.paragraph", "repeats.heading"}


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))


PARAGRAPHS: dict[str, str] = load("paragraphs")


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in load(kind)["case"]]


def edited(text: str, sign: str, every: int) -> str:
    """Every so-and-so-manyth word another ('/'), left out or put in ('!'), or every such four others ('#')."""
    gap = " " if " " in text else ""
    words, other = (text.split(), "xylq") if gap else (list(text), "蒟")
    out: list[str] = []
    for at, word in enumerate(words):
        if at % every != every // 2 and (sign != "#" or at % every < every - 4):
            out.append(word)
        elif sign != "!":
            out.append(other)
        elif at // every % 2:
            out += [other, word]
    return gap.join(out)


def line_of(item: str, own: dict[str, str]) -> str:
    name, sign, every = item, "", ""
    if " " not in item and (parts := re.fullmatch(r"([^/!#]+)([/!#])(\d+)", item)):
        name, sign, every = parts.groups()
    text = own.get(name) or PARAGRAPHS.get(name)
    if text is None:
        assert not re.fullmatch(r"[a-z0-9-]+", name), f"no paragraph is called {name}"
        return item
    return edited(text, sign, int(every)) if sign else text


def check(case: dict[str, Any], gap: str) -> None:
    texts, want = [], {}
    for number, item in enumerate(case["page"]):
        texts.append(line_of(item.lstrip("=^"), case.get("say", {})))
        if item[0] in "=^":
            want[number] = item[0]
    lines = split([gap.join(texts)])
    found = label(lines, [])
    assert {each.row: "^" if each.rule_id == "repeats.heading" else "=" for each in found} == want
    assert {each.label for each in found} <= {"repeated"}
    assert set(case.get("rules", [])) <= {each.rule_id for each in found} <= RULES


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["lines", "paragraphs"])
@pytest.mark.parametrize("case", [*cases("wild"), *cases("synthetic")])
def test_copies_are_found(case: dict[str, Any], gap: str) -> None:
    check(case, gap)


@pytest.mark.xfail
@pytest.mark.parametrize("case", cases("known-failures"))
def test_known_failures(case: dict[str, Any]) -> None:
    check(case, "\n")


@pytest.mark.parametrize("case", cases("negative"))
def test_what_is_meant_stays(case: dict[str, Any]) -> None:
    lines = split([case["text"]])
    assert [(lines.text(each.row), each.rule_id) for each in label(lines, [])] == []


@pytest.mark.parametrize("case", cases("negative"))
def test_what_is_meant_stays_between_paragraphs(case: dict[str, Any]) -> None:
    """An article around it changes nothing."""
    around = [PARAGRAPHS[name] for name in ("en4", "en5", "en6")]
    lines = split(["\n".join([around[0], case["text"].strip(), *around[1:]])])
    assert [(lines.text(each.row), each.rule_id) for each in label(lines, [])] == []


def test_there_are_enough_cases() -> None:
    assert len(cases("negative")) >= 30
    assert len(cases("wild")) + len(cases("synthetic")) >= 25


def test_the_evidence_names_the_line_that_stays() -> None:
    texts = [PARAGRAPHS[name] for name in ("en1", "en2", "en1", "en2", "en1", "en2")]
    found = label(split(["\n\n".join(texts)]), [])
    assert [each.evidence for each in found] == ["repeats line 1", "repeats line 3"] * 2


def test_the_evidence_of_a_heading_names_the_lines_that_stay() -> None:
    texts = [PARAGRAPHS["en1"], PARAGRAPHS["en2"], PARAGRAPHS["en1"], "Another heading", PARAGRAPHS["en2"]]
    found = label(split(["\n".join(texts)]), [])
    assert [each.evidence for each in found if each.rule_id == "repeats.heading"] == [
        "stands among the copies of lines 1-2"
    ]


def test_the_evidence_of_a_joined_line_names_the_one_that_says_most() -> None:
    texts = [PARAGRAPHS["en-flash"], PARAGRAPHS["en1"], PARAGRAPHS["en2"]]
    found = label(split(["\n".join([*texts, f"{texts[0]} {texts[1]}", texts[2]])]), [])
    assert [each.evidence for each in found] == ["repeats line 2", "repeats line 3"]


def test_a_line_that_belongs_to_the_paragraph_above_is_no_heading() -> None:
    body = "\n\n".join(PARAGRAPHS[name] for name in ("en1", "en2", "en3"))
    assert [each.row for each in label(split([f"{body}\nReported by Ida Holm\n\n{body}"]), [])] == [4, 5, 6]
    assert [each.row for each in label(split([f"{body}\n\nThe full story\n{body}"]), [])] == [3, 4, 5, 6]


def test_labelled_lines_take_no_part() -> None:
    """The title over each copy is labelled already; it neither breaks the copy nor is labelled again."""
    texts = ["The Title of It", PARAGRAPHS["en1"], PARAGRAPHS["en2"]] * 2
    lines = split(["\n".join(texts)])
    assert [each.row for each in label(lines, [])] == [3, 4, 5]
    titles = [Label(row, "title", "test", "") for row in (0, 3)]
    assert [each.row for each in label(lines, titles)] == [4, 5]
    dropped = [Label(row, "ui-string", "test", "") for row in (1, 2)]
    assert label(lines, dropped) == []
    lines = split(["\n".join([*texts[1:3], texts[1], "***", texts[2]])])
    assert [each.row for each in label(lines, [Label(3, "separator", "test", "")])] == [2, 4]


def test_a_label_that_drops_nothing_changes_nothing() -> None:
    lines = split(["\n".join([PARAGRAPHS["en1"], PARAGRAPHS["en2"]] * 2)])
    only = [Label(row, "extraction-gap", "test", "") for row in range(4)]
    assert label(lines, only) == label(lines, []) != []


def test_documents_know_nothing_of_each_other() -> None:
    texts = ["\n".join([PARAGRAPHS["en1"], PARAGRAPHS["en2"]]), "", "\n".join([PARAGRAPHS["en1"]] * 2)]
    found = label(split([*texts, texts[0]]), [])
    assert [(each.row, each.evidence) for each in found] == [(3, "repeats line 1")]


def test_nothing_at_all() -> None:
    assert label(split([]), []) == label(split(["", "\n \n"]), []) == label(split(["***\n***"]), []) == []


HOSTILE = {
    "one word, one line of 5 MB": ("word " * 1_000_000, 0),
    "200,000 equal lines": ("word word word\n" * 200_000, 0),
    "200,000 equal lines of prose": ((PARAGRAPHS["en-flash"] + "\n") * 200_000, None),
    "one character, 5 MB": ("字" * 1_600_000, 0),
    "a line of 1 MB and its copy": ("\n".join([" ".join(map(str, range(150_000)))] * 2), 1),
    "one line of 1 MB, then again in pieces": (
        "\n".join(
            [" ".join(map(str, range(60_000))), *(" ".join(map(str, range(n, n + 20))) for n in range(0, 60_000, 20))]
        ),
        3_000,
    ),
    "control characters, surrogates, astral planes": ("\x00\x1f\ud800 \U0001f600 \U00020000\U000e0001\n" * 5_000, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    """Ends at once: the cost is linear."""
    text, count = HOSTILE[name]
    found = label(split([text]), [])
    assert count is None or len(found) == count


SENTENCES = [*PARAGRAPHS.values(), "A heading", "Another heading", "***", "", "Yes.", "no", "제목", "見出し"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from(SENTENCES), st.sampled_from([0, 0, 7, 20])), max_size=25), max_size=3)
)
def test_the_first_stays(pages: list[list[tuple[str, int]]]) -> None:
    """Whatever the page: what a label names as the first is an earlier line of the document and has none itself."""
    texts = ["\n".join(edited(text, "/", every) if every else text for text, every in page) for page in pages]
    lines = split(texts)
    found = label(lines, [])
    assert [each.row for each in found] == sorted({each.row for each in found})
    labelled = {each.row for each in found}
    for document in range(lines.documents):
        rows = lines.rows(document)
        row_at = {int(lines.line_no[row]): row for row in rows}
        for each in (each for each in found if each.row in rows):
            named = [row_at[int(number)] for number in re.findall(r"\d+", each.evidence)]
            assert named, each.evidence
            assert all(row < each.row and row not in labelled for row in named), each
        assert not labelled & set(rows[:1])


def test_seed(shared: Path) -> None:
    """A body whose sections come again below it, one of them under a heading of its own."""
    text = (shared / "seeds" / "004_a55518fa6972ff99.txt").read_text("utf-8")
    lines = split([text])
    labels = [Label(row, "title", "test", "") for row in range(len(lines)) if lines.line_no[row] in (1, 11)]
    found = label(lines, labels)
    assert [int(lines.line_no[each.row]) for each in found] == list(range(26, 39))
    headings = [int(lines.line_no[each.row]) for each in found if each.rule_id == "repeats.heading"]
    assert headings == [35]
    assert found[0].evidence == "repeats line 12"
    assert found[9].evidence == "stands among the copies of lines 12-25"
