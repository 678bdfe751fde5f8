"""Clean articles of kinds that a careless cleaner harms: at the default policy every line stays in the body.

The cases are whole documents in cases/harm, a file for each family of languages. `may_go` names lines, from 1,
that are head or caption and may leave for a column.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from cleaning import clean
from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.records import Record
from cleaning.rule_ids import rule_notes
from tests.harm import gold_pages, measure_harm
from tests.test_metadata import PUBLISHERS, ROLES

CASES = Path(__file__).parent / "cases" / "harm"


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))


TABLES = [load(path.stem)["case"] for path in sorted(CASES.glob("*.toml")) if path.stem != "known-failures"]
ALL: list[dict[str, Any]] = [case for table in TABLES for case in table]
KNOWN = {failure["id"]: failure["why"] for failure in load("known-failures").get("failure", [])}


def marked(case: dict[str, Any]) -> Any:
    known = KNOWN.get(case["id"])
    return pytest.param(case, id=case["id"], marks=[pytest.mark.xfail(strict=True, reason=known)] if known else [])


@pytest.mark.parametrize("case", [marked(case) for case in ALL])
def test_nothing_is_lost(case: dict[str, Any]) -> None:
    article = clean(case["text"].strip("\n"), case.get("url"))
    lost = [
        f"{line.number}: {why.label} {why.rule_id} ({why.evidence}): {line.text}"
        for line in article.lines
        if (why := line.dropped_by) and line.number not in case.get("may_go", [])
    ]
    assert not lost, "\n".join(["lost from a clean article:", *lost])


def test_the_cases_are_what_they_claim() -> None:
    assert len(ALL) >= 158
    assert len({case["id"] for case in ALL}) == len(ALL)
    assert KNOWN.keys() <= {case["id"] for case in ALL}
    assert len({case["lang"] for case in ALL}) >= 27
    for case in ALL:
        assert case.keys() <= {"id", "why", "lang", "url", "text", "may_go"}
        assert case["why"]
        lines = case["text"].strip("\n").split("\n")
        assert 4 <= len(lines) <= 30, case["id"]
        assert all(lines), case["id"]
        assert set(case.get("may_go", [])) <= set(range(1, len(lines) + 1))


def test_doubtful_rules_do_not_count_alone() -> None:
    body = "The bridge is open again after eleven months of work, the city council said on Monday.\n"
    alone, beside = body + "Read more: Ferry to be sold", body + "Read more: Ferry to be sold\nView more comments"
    assert len(clean(alone).text.split("\n")) == 2
    assert [label.rule_id for label in clean(alone).lines[1].reasons] == ["en.related.link"]
    assert clean(alone, policy="strict").text == clean(beside).text == body.strip()


def test_doubtful_rules_exist() -> None:
    table = tomllib.loads(resources.files("cleaning").joinpath("data/doubtful.toml").read_text("utf-8"))
    known = {name for rule in rule_notes() for name in (rule, "." + rule.partition(".")[2])}
    assert set(table["rules"]) <= known


def test_a_loss_is_counted(tmp_path: Path) -> None:
    """The measure itself: one page of two loses one line of four, and copies of a page count once."""
    whole = '{"id": "a", "url": "https://a.example/1", "gold": ["The bridge is open again.", "Cars may use it."]}'
    harmed = '{"id": "b", "url": null, "gold": ["The ferry sails on Monday.", "View more comments"]}'
    bench = tmp_path / "bench.jsonl"
    bench.write_text("\n".join([whole, whole.replace("Cars", "Lorries"), harmed, harmed]) + "\n", "utf-8")
    assert len(gold_pages([bench])) == 2
    harm = measure_harm([bench])
    assert (harm.pages, harm.lines, harm.marks()) == (2, 4, {"lines_kept": 0.75, "pages_whole": 0.5})
    assert [(loss.page, loss.line, loss.rule_id) for loss in harm.losses] == [
        ("b", "View more comments", "en.comments.widget")
    ]


SHORT: dict[str, list[str]] = tomllib.loads((CASES.parent / "short-lines.toml").read_text("utf-8"))


@pytest.mark.parametrize("language", SHORT)
def test_short_lines_between_paragraphs_stay(language: str) -> None:
    """On a page with a head and buttons, where the line model has its say; sentences stay at the end of a text too."""
    title, (first, second) = (PUBLISHERS["story"][language][name] for name in ("title", "text"))
    head, text = (
        ["Facebook", title, ROLES[language]["name"], ROLES[language]["date"]],
        [first, second, f"{second} {first}"],
    )
    lines = SHORT[language]
    said = [line for line in lines if line[-1] in ".。" or line.endswith("다.")]
    pages = [[*head, first, line, *text[1:], "Facebook", "WhatsApp"] for line in lines]
    pages += [[*head, *text, line, "Facebook", "WhatsApp"] for line in said]
    records = [Record("pages.jsonl", n, str(n), "\n".join(page), {}) for n, page in enumerate(pages)]
    bodies = [body.split("\n") for body in clean_records(records, make_config({})).bodies.texts]
    assert [line for line, body in zip([*lines, *said], bodies, strict=True) if line not in body] == []
    assert all("WhatsApp" not in body for body in bodies)
