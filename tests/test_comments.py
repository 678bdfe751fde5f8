from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.labelers import comments, counters, phrases
from cleaning.lines import Label, split
from cleaning.records import Record
from tests.test_metadata import PUBLISHERS, ROLES

CASES = Path(__file__).parent / "cases" / "comments"
PARAGRAPH = "The council has voted on the bridge, after years of dispute over who pays for it all, and when it pays."


def cases(kind: str) -> list[Any]:
    table = tomllib.loads((CASES / f"{kind}.toml").read_text("utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in table]


@pytest.mark.parametrize("case", [*cases("wild"), *cases("negative")])
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    labels: list[Label] = phrases.label(lines, [])
    labels += counters.label(lines, labels)
    found = comments.label(lines, labels)
    assert [int(lines.line_no[one.row]) for one in found] == case.get("thread", [])


@pytest.mark.parametrize("kind", ["reply", "says"])
def test_words_do_what_their_examples_say(kind: str) -> None:
    table = comments.comment_words()[kind]

    def caught(text: str) -> bool:
        marks = comments.find_marks(split([text]))
        return bool(marks.reply if kind == "reply" else marks.says)

    assert [line for line in table["examples"] if not caught(line)] == []
    assert [line for line in table["keeps"] if caught(line)] == []


@pytest.mark.parametrize(
    "line", ["Reply", "Ann says:", "3 comments", "2 hours ago", "Ann on May 3, 2024 at 5:23 pm said:", "x" * 1_000_000]
)
def test_hostile_documents_are_linear(line: str) -> None:
    count = 200_000 if len(line) < 100 else 3
    lines = split([f"{PARAGRAPH}\n{PARAGRAPH}\n3 comments\n" + f"{line}\n" * count + f"Reply\n{PARAGRAPH}\n" * 20_000])
    comments.label(lines, phrases.label(lines, []))


LANGUAGES: dict[str, list[str]] = tomllib.loads((CASES / "languages.toml").read_text("utf-8"))
# Their paragraphs here are too short to be the text that a thread has to stand behind.
SHORT_TEXTS = {"zh", "tw", "hi"}


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - SHORT_TEXTS))
def test_threads_leave_in_every_language(language: str) -> None:
    """Three ways to frame two comments below a text: all of it leaves, and nothing of the text."""
    heading, ago, reply, one, other = LANGUAGES[language]
    threads = [
        [heading, "seagull77", ago, one, reply, "oldsalt", ago, other, reply],
        [heading, f"seagull77 · {ago}", one, reply, f"oldsalt · {ago}", other, reply],
        [heading, "seagull77", ago, one, "12", "1", reply, "oldsalt", ago, other, "3", "0", reply],
    ]
    title, (first, second) = (PUBLISHERS["story"][language][name] for name in ("title", "text"))
    text = [first, second, f"{second} {first}"]
    head = [title, ROLES[language]["name"], ROLES[language]["date"]]
    pages = ["\n".join([*head, *text, *thread]) for thread in threads]
    records = [Record("pages.jsonl", n, str(n), page, {}) for n, page in enumerate(pages)]
    assert clean_records(records, make_config({})).bodies.texts == ["\n".join(text)] * len(threads)
