"""The notebook's door: one article, a frame; and what they show."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from cleaning import clean, clean_frame
from cleaning.config import ConfigError, make_config
from cleaning.documents import clean_records
from cleaning.records import Record
from cleaning.tables import ARTICLES

BODY = "The council approved the plan for the new sea wall on Tuesday after a debate of nine hours. " * 3
PAGE = f"Council approves sea wall\nBy Ann Lee\n{BODY.strip()}\n0 comments\n닫기"


def test_clean_gives_text_metadata_and_reasons() -> None:
    article = clean(PAGE, url="https://www.harbour.example.co.uk/1")
    assert article.text == BODY.strip()
    assert (article.title, article.authors, article.language) == ("Council approves sea wall", ("Ann Lee",), "en")
    assert [line.kept for line in article.lines] == [False, False, True, False, False]
    assert all(line.kept or (line.dropped_by and line.dropped_by.evidence) for line in article.lines)


def test_bytes_are_decoded() -> None:
    korean = "서울시는 내년부터 버스 노선을 바꾼다고 12일 밝혔다. 새 노선은 다음 달에 발표한다.\n댓글 0"
    for encoding in ("utf-8", "utf-16", "cp949"):
        article = clean(korean.encode(encoding))
        assert article.text == korean.split("\n")[0], encoding
        assert article.language == "ko"


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'policy'"):
        clean("A line.", polcy="strict")
    with pytest.raises(TypeError, match="not int"):
        clean(12)  # type: ignore[arg-type]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_what_it_shows_executes_nothing() -> None:
    hostile = (
        '<script>alert(1)</script>\n<img src=x onerror="alert(1)">\n0 comments\n"><b onclick=x>\x1b[2J [bold red]x'
    )
    article = clean(hostile, url='javascript:alert(1)//"><script>')
    page = Tags()
    page.feed(article._repr_html_())
    assert set(page.seen) <= {"div", "table", "tr", "th", "td", "p", "small", "del"}
    assert "del" in page.seen
    shown = Console(file=io.StringIO(), force_terminal=True, width=300)
    shown.print(article)
    assert "\x1b[2J" not in shown.file.getvalue()  # type: ignore[attr-defined]
    assert "[bold red]x" in shown.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[2J" not in "".join(article.plain())


def test_clean_frame_keeps_every_row_and_index() -> None:
    frame = pd.DataFrame(
        {
            "body": [PAGE, PAGE.replace("0 comments", "3 comments"), "", None, 12, PAGE.encode("utf-16")],
            "headline": ["Given title", None, None, None, None, None],
            "link": ["https://a.example/1", None, None, None, None, float("nan")],
        },
        index=[10, 11, 12, 13, 14, 15],
    )
    out = clean_frame(frame, text="body")
    assert list(out.index) == list(frame.index)
    assert list(out.columns) == [*ARTICLES.names, "fate", "fate_reason"]
    assert list(out["fate"]) == ["published", "published", "rejected", "rejected", "quarantined", "published"]
    assert out.loc[10, "title"] == "Given title"
    copies = out.loc[[10, 11, 15]]
    assert (copies["text"] == BODY.strip()).all()
    assert copies["cluster_id"].nunique() == 1
    assert copies["duplicate_of"].notna().sum() == 2
    assert out["doc_id"].is_unique
    with pytest.raises(KeyError, match="no column 'text'"):
        clean_frame(frame)
    assert len(clean_frame(frame.iloc[:0], text="body")) == 0


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_clean_takes_anything(content: str | bytes) -> None:
    article = clean(content)
    article._repr_html_()
    list(article.plain())
    assert article.text == "\n".join(line.text.strip() for line in article.lines if line.kept)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.sampled_from("가あé0a .\n-:|"), max_size=80), min_size=1, max_size=6))
def test_labels_never_change_lines(texts: list[str]) -> None:
    """The lines are those of the repaired text, whatever the labelers say; and a document is not its neighbours'."""
    config = make_config({"min_chars": 0})
    records = [Record("a", n, content=text) for n, text in enumerate(texts)]
    together = clean_records(records, config)
    for number, record in enumerate(records):
        alone = clean_records([record], config)
        rows = together.lines.rows(number)
        assert [together.lines.raw[row] for row in rows] == alone.lines.raw
        assert together.bodies.texts[number] == alone.bodies.texts[0]
        said = sorted((label.row - rows.start, *label[1:]) for label in together.labels if label.row in rows)
        assert said == sorted(tuple(label) for label in alone.labels)


def test_short_articles_of_dense_scripts_are_none_too_short() -> None:
    """77 Chinese characters say what 150 letters say; 62 letters say little."""
    news = "议会星期一投票决定保留渡轮，并从未来两年的港口费用中支付。渡轮将在春天重新启航，"
    news += "市长在码头对聚集的人们说，票价到年底不变。旧船将被拆除。"
    assert len(news) < 100 and clean(news).fate == "published"
    short = clean("Short text of some sixty characters that says hardly anything.")
    assert short.fate_reason == "reject.too-short: 62 characters; min_chars is 100"
