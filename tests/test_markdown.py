"""Texts in Markdown, and headers over texts. Cases: cases/markdown."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning import clean
from cleaning.config import Config
from cleaning.documents import read_texts
from cleaning.fields.header import read_header
from cleaning.formats.markdown import is_markdown, plain
from cleaning.records import Reading, Record
from pipelines.reading import records_of, records_table
from pipelines.stages import COUNT
from tests.passages import news

CASES = Path(__file__).parent / "cases" / "markdown"


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))


def with_prose(text: str) -> str:
    """The text with two English sentences for each `@` that stands alone."""
    sentences = news()["en"]
    pairs = [f"{sentences[at]} {sentences[at + 1]}" for at in range(0, len(sentences) - 1, 2)]
    parts = re.split(r"(?<![\w(])@(?!\w)", text)
    return "".join(part + pairs[at % len(pairs)] for at, part in enumerate(parts[:-1])) + parts[-1]


@pytest.mark.parametrize(("line", "says"), read("lines")["says"].items())
def test_what_a_line_says(line: str, says: str) -> None:
    assert plain(line).text == says


@pytest.mark.parametrize("line", read("lines")["stays"]["lines"])
def test_what_stays(line: str) -> None:
    assert plain(line).text == line


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in read("texts")["text"]])
def test_texts(case: dict[str, Any]) -> None:
    text = with_prose(case["text"])
    assert is_markdown(text) == case["markdown"]
    if "says" in case:
        assert plain(text).text == with_prose(case["says"])


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in read("texts")["header"]])
def test_headers(case: dict[str, Any]) -> None:
    lines = [line for line in with_prose(case["text"]).split("\n") if line.strip()]
    header = read_header(lines)
    stated: dict[str, str] = {}
    for field, value in header:
        if field and value:
            stated[field] = f"{stated[field]}; {value}" if field in stated else value
    assert (stated, len(header)) == (case["states"], case["lines"])


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in read("pages")["page"]])
def test_pages(case: dict[str, Any]) -> None:
    marked = with_prose(case["text"]).strip("\n").split("\n")
    article = clean("\n".join(line.removeprefix("keep ") for line in marked), min_chars=0)
    kept = [number for number, line in enumerate(marked, 1) if line.startswith("keep ")]
    assert [line.number for line in article.lines if line.kept] == kept
    assert (article.title, list(article.authors)) == (case["title"], case["authors"])
    assert list(article.captions) == case["captions"]
    published = article.published_at
    assert (f"{published:%Y-%m-%dT%H:%M}" if published else None) == case.get("published")
    assert article.repairs == ("markdown",)


def test_it_can_be_kept() -> None:
    text = "# Bridge opens\n\n" + with_prose("@ [so](https://a.example/1)\n\n**@**")
    kept = clean(text, markdown="keep")
    assert kept.repairs == ()
    assert "[so](https://a.example/1)" in kept.text
    assert "[so]" not in clean(text).text


def test_what_reading_asks_of_the_settings_is_kept_apart_by_them() -> None:
    """A run that goes on takes texts that were read before, if no setting has changed that reading asks for."""
    asked: set[str] = set()

    class Asked:
        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            return getattr(Config(), name)

    read_texts([Record("in.jsonl", 0, content="# Bridge opens at last\n\n[so](https://a.example)")], Asked())  # type: ignore[arg-type]
    assert "markdown" in asked
    assert asked <= set(COUNT.settings)


def test_values_of_several_lines_and_the_address_of_a_header() -> None:
    text = "---\ntitle: >-\n  Bridge over the Wend\n  opens\nauthors:\n- Ann Lee\n- Bo Ek\nurl: https://a.example/2025/03/04/b\n---\n@"
    article = clean(with_prose(text))
    assert (article.title, article.authors) == ("Bridge over the Wend opens", ("Ann Lee", "Bo Ek"))
    assert f"{article.published_at:%Y-%m-%d}" == "2025-03-04"  # the day in the address


def test_a_value_that_is_too_long_states_nothing() -> None:
    title = "word " * 200
    assert read_header(["---", f"title: {title}", "---"])[1].value == title.strip()
    assert read_header(["---", f"title: {title} more", "---"])[1].value == ""


def test_a_text_of_which_nothing_changes_is_not_repaired() -> None:
    text = "a line](/b\n" * 5
    assert is_markdown(text)
    assert clean(text).repairs == ()


def test_what_marks_tell_outlives_a_shard() -> None:
    text = with_prose("# Bridge opens at last\n\n[News](/n) [Sport](/s)\n\n@ [so](https://a.example/1)")
    records = read_texts([Record("in.jsonl", 0, content=text)], Config())
    assert records[0].reading == Reading(None, None, ("markdown",), len(text), (3, 3), 1)
    assert records_of(records_table(records)) == records


def test_values_of_a_header_have_its_lines() -> None:
    text = with_prose("---\ntitle: Bridge opens\nauthor: Ann Lee\ndate: 2025-03-04\n---\n@\n@")
    article = clean(text)
    assert {(field, line, rule) for field, line, rule in article.evidence} >= {
        ("title", 2, "header.title"),
        ("authors", 3, "header.authors"),
        ("published_at", 4, "header.published"),
    }


@given(st.text(alphabet="ab1 #*_`~[]()!\\>-|<:/\n", max_size=200))
def test_lines_keep_their_numbers_and_words(text: str) -> None:
    said = plain(text)
    assert said.text.count("\n") == text.count("\n")
    assert set(said.linked) <= set(range(1, text.count("\n") + 2))
    assert is_markdown(text) in (True, False)


HOSTILE = ["[", "](", "[a](", "[[", "![", "*", "**", "_a ", "*a ", "**a", "`", "\\", "[x][", "> ", "[a[b]", "[a](b(c", "<http://",
           "# ", "~~a", "``` \n", "[\\", "[](/a)", "---\na: b\n"]  # fmt: skip


LONG = 1_000_000
WHOLE = [
    "# a" + " " * LONG + "b", " " * LONG + "{", "a{" + " " * LONG + "}", "\n" * LONG + "---\na\n---",
    "# " + "#" * LONG + "a", "`" + "a" * LONG, "- " * (LONG // 2) + "{.a", ":::" + " " * LONG + "{",
]  # fmt: skip


@pytest.mark.parametrize(
    "text", [*(part * (1_000_000 // len(part)) for part in HOSTILE), *WHOLE], ids=lambda t: ascii(t[:5])
)
def test_hostile_texts_are_linear(text: str) -> None:
    is_markdown(f"# {text}")
    is_markdown(f"{text}\n---\n===")
    plain(f"{text}\n---\n===")
    plain(text)


VALUES = ["'", '"', "',", '",', "\\", "[", "{name:", " ", "#", " #", "a: "]


@pytest.mark.parametrize("part", VALUES)
def test_hostile_headers_are_linear(part: str) -> None:
    value = part * (1_000_000 // len(part))
    for text in (value, f"[{value}]", f"'{value}", f'"{value}', f"name: {value}"):
        read_header(["---", f"title: {text}", "date: 2025-03-04", f"- {text}", "---", "It is open."])
        read_header([f"title: {text}", "URL Source: https://a.example/1", text])
