"""Dirty pages, written for the project, so that a stranger's clone tests quality: every line marked as it has to go.

The cases stand in cases/boilerplate. A line begins with `+` (it stays in the body), `-` (it leaves) or `~` (either
will do); `policy`: another than balanced. A case passes where every line does; the floor counts the lines of all, those
of known failures too. Files that end with `-kept-apart` have a floor of their own: nobody mends from them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cleaning import clean
from cleaning.article import ExplainedLine, explain
from cleaning.config import make_config
from cleaning.documents import Documents, clean_records
from cleaning.records import Record
from cleaning.sitelines import SiteLines
from tests.floors import hold

PROSE = (
    "Nobody knows why the ferry stopped in the middle of the river, the office said, and divers will look at it soon."
)
CASES = Path(__file__).parent / "cases" / "boilerplate"


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))


TABLES = [load(path.stem)["case"] for path in sorted(CASES.glob("*.toml")) if path.stem != "known-failures"]
ALL: dict[str, dict[str, Any]] = {case["id"]: case for table in TABLES for case in table}
APART = {case["id"] for path in CASES.glob("*-kept-apart.toml") for case in load(path.stem)["case"]}
KNOWN = {failure["id"]: failure["why"] for failure in load("known-failures").get("failure", [])}


def marked(name: str) -> Any:
    known = KNOWN.get(name)
    return pytest.param(name, id=name, marks=[pytest.mark.xfail(strict=True, reason=known)] if known else [])


@cache
def cleaned(name: str) -> tuple[tuple[str, ExplainedLine], ...]:
    """Each line of a case with its mark."""
    rows = ALL[name]["text"].strip("\n").split("\n")
    article = clean(
        "\n".join(row[2:] for row in rows), ALL[name].get("url"), policy=ALL[name].get("policy", "balanced")
    )
    return tuple(zip((row[0] for row in rows), article.lines, strict=True))


@pytest.mark.parametrize("name", [marked(name) for name in ALL])
def test_every_line_goes_where_it_belongs(name: str) -> None:
    wrong = []
    for mark, line in cleaned(name):
        why = line.dropped_by
        if why and mark == "+":
            wrong.append(f"{line.number}: lost to {why.label} {why.rule_id} ({why.evidence}): {line.text}")
        elif why is None and mark == "-":
            wrong.append(f"{line.number}: left in the body: {line.text}")
    assert not wrong, "\n".join(["", *wrong])


def read(documents: Documents) -> list[Any]:
    """Of each document its lines with what is said of them, and what is read of it."""
    some = (explain(documents, number) for number in range(len(documents.records)))
    return [(one.lines, one.title, one.authors, one.published_at, one.captions, one.section, one.flags) for one in some]


def test_a_page_is_read_alike_alone_and_among_others() -> None:
    ends = ["Photo: Ann Lee\nPhoto: Ann Lee", f"{PROSE}\nPrinted on\n12 May 2025", f"14:05\n{PROSE}\n{PROSE}"]
    pages = ["\n".join(row[2:] for row in ALL[name]["text"].strip("\n").split("\n")) for name in ALL]
    records = [Record("page", number, content=text) for number, text in enumerate([*ends, *pages, *ends])]
    config = make_config({})
    together = read(clean_records(records, config, SiteLines()))
    alone = [read(clean_records([record], config, SiteLines()))[0] for record in records]
    assert [number for number, (a, b) in enumerate(zip(together, alone, strict=True)) if a != b] == []


@pytest.mark.parametrize("apart", [False, True], ids=["all", "kept apart"])
def test_floor(apart: bool) -> None:
    lines = [one for name in ALL if (name in APART) == apart for one in cleaned(name)]
    body = [line.kept for mark, line in lines if mark == "+"]
    boilerplate = [not line.kept for mark, line in lines if mark == "-"]
    marks = {"body_kept": sum(body) / len(body), "boilerplate_dropped": sum(boilerplate) / len(boilerplate)}
    hold("cases-kept-apart" if apart else "cases-boilerplate", marks)


def test_the_cases_are_what_they_claim() -> None:
    assert len(ALL) == sum(map(len, TABLES)) >= 34
    assert KNOWN.keys() <= ALL.keys()
    assert len({case["lang"] for case in ALL.values()}) >= 20
    for case in ALL.values():
        assert case.keys() <= {"id", "why", "lang", "url", "text", "policy"}
        assert case["why"]
        rows = case["text"].strip("\n").split("\n")
        assert {row[:2] for row in rows} <= {"+ ", "- ", "~ "}, case["id"]
        assert {"+", "-"} <= {row[0] for row in rows}, case["id"]
