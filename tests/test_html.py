"""Texts in HTML. Cases: cases/html."""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning import clean
from cleaning.config import Config
from cleaning.documents import read_texts
from cleaning.formats.html import charset_of, is_html, plain
from cleaning.records import Record
from pipelines.sources import find_sources
from tests.test_markdown import with_prose

CASES = Path(__file__).parent / "cases" / "html"


def read(name: str) -> list[Any]:
    cases = tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))[name.removesuffix("s")]
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", read("texts"))
def test_texts(case: dict[str, Any]) -> None:
    text = with_prose(case["text"])
    assert is_html(text) == case["html"]
    assert is_html(text.replace("\n", "\r\n")) == case["html"]
    if "says" in case:
        assert plain(text).text == case["says"].strip("\n")


@pytest.mark.parametrize("case", read("pages"))
def test_pages(case: dict[str, Any]) -> None:
    keeps = with_prose("\n".join(case["keeps"])).split("\n")
    article = clean(with_prose(case["text"]), min_chars=0)
    assert [line.text for line in article.lines if line.kept] == keeps
    assert (article.title or "", list(article.authors)) == (case["title"], case["authors"])
    assert list(article.captions) == case["captions"]
    published = article.published_at
    assert (f"{published:%Y-%m-%dT%H:%M}" if published else None) == case.get("published")
    assert article.publisher == case.get("publisher")
    assert "html" in article.repairs
    assert article.flags == ()


def test_it_can_be_kept() -> None:
    text = with_prose("<p>@</p><p>@</p><p>@</p>")
    kept = clean(text, html="keep")
    assert kept.repairs == ()
    assert kept.text.startswith("<p>")
    assert kept.flags == ("markup-left",)
    assert "<p>" not in clean(text).text


def test_what_references_hide_is_repaired() -> None:
    article = clean("<p>Caf&Atilde;&copy; and th&shy;e bridge are open a&#8203;gain.</p>", min_chars=0)
    assert article.text == "Café and the bridge are open again."
    assert {"html", "mojibake"} <= {*article.repairs}


def test_links_and_headline() -> None:
    said = plain(
        "<h1><a href=/>The bridge opens</a></h1><a href=/1><h3>One</h3><p>two</p></a><p>three <a href=/4>four</a>"
    )
    assert said.text.split("\n") == ["The bridge opens", "", "One", "", "two", "", "three four"]
    assert (said.headline, said.linked) == (1, (1, 3, 5))


def test_a_link_that_nothing_closes_is_none() -> None:
    said = plain("<a href=/1>" + "<p>a line of the text" * 20)
    assert said.linked == ()
    assert plain("<a name=top>a line").linked == ()


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        (b"<html><meta charset='euc-kr'>", "euc-kr"),
        (b'<META http-equiv="Content-Type" content="text/html; charset=windows-1251">', "windows-1251"),
        (b'<?xml version="1.0" encoding="iso-8859-2"?><html>', "iso-8859-2"),
        (b"The charset=euc-kr of a page", None),
        (b"<p>" + b" " * 5000 + b"<meta charset=euc-kr>", None),
    ],
)
def test_charset_of_a_page(head: bytes, charset: str | None) -> None:
    assert charset_of(head) == charset


@given(st.lists(st.text(alphabet="ab1 <>&\"'/!-p=;\u00a0가", min_size=1, max_size=40), max_size=6))
def test_what_is_escaped_stays(lines: list[str]) -> None:
    """Line for line the text that was put into paragraphs comes out again."""
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    said = [" ".join(line.split(" ")) for line in lines]
    expected = [collapsed for line in said if (collapsed := " ".join(filter(None, line.split(" ")))).strip()]
    assert [line for line in plain(text).text.split("\n") if line] == expected


@given(
    st.text(alphabet="ab <>/!-='\"&;#?\n\t", max_size=120),
    st.sampled_from(["", "<p>", "<a href=1>", "<pre>", "<ol><li>", "<title>", "<h1>"]),
)
def test_any_text_is_read(text: str, opening: str) -> None:
    said = plain(f"{opening}{text}")
    assert set(said.linked) <= set(range(1, said.text.count("\n") + 2))
    assert is_html(text) in (True, False)
    if "<" not in text and "&" not in text and not opening:
        assert said.text.split() == text.split()


HOSTILE = [
    "<!", "<!--", "<a ", '<a "', "<a' \"", "<a\"'", "<p<", "&amp", "<div>", "<ol><li>", "<a href=x>", "<a href=x><p>",
    "<script>", "<title>", "<pre>\n", "<td>", "<br>", "<meta name=date content=x>", "&#", "<", "<!-- -",
    "<style></styl", "<b> </b>", "<h1>", "<p>a    ",
]  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_texts_are_linear(part: str) -> None:
    text = part * (1_000_000 // len(part))
    is_html(f"<p>{text}")
    is_html(text)
    plain(text)


def test_hostile_tags_are_linear() -> None:
    plain("".join(f"<p><font a={number}>" for number in range(60_000)))  # from which a tree of HTML 5 grows without end
    plain("<meta " + "a=b " * 250_000 + ">")
    plain("<meta " + "a= " * 250_000 + ">")
    plain("<p>" + " " * 1_000_000 + "x")
    charset_of(b"<meta " * 200_000)
    for data in ("[" * 1_000_000, '{"@graph":' * 100_000, "1" * 1_000_000, '{"a":1,' * 100_000):
        plain(f"<html><script type='application/ld+json'>{data}</script>")


def test_a_page_says_its_charset() -> None:
    text = '<meta charset="windows-1251"><p>Мост открыт.</p>'
    (read,) = read_texts([Record("in.html", 0, content=text.encode("cp1251"))], Config())
    assert (read.content, read.reading and read.reading.encoding_method) == ("Мост открыт.", "declared")


def test_files_of_pages_are_an_input(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>It is open.</p>")
    (tmp_path / "b.HTM").write_text("<p>It is open.</p>")
    assert [source.kind for source in find_sources([tmp_path])[0]] == ["text", "text"]


def test_what_linked_data_spells_is_no_mark() -> None:
    data = '{"datePublished": "2025-03-04", "author": "Ann\\ufdd5 Lee\\ufdd0", "publisher": "Her\\ud800ald"}'
    page = f"<html><script type='application/ld+json'>{data}</script><p>It is open.</p>"
    assert "author: 'Ann Lee'" in plain(page).text.split("\n")
    article = clean(page, min_chars=0)
    assert (article.authors, article.text) == (("Ann Lee",), "It is open.")
    assert f"{article.published_at:%Y-%m-%d}" == "2025-03-04"
