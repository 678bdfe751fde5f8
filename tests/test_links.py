from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaning.labelers import fields, links, phrases
from cleaning.lines import Lines, split

CASES = Path(__file__).parent / "cases" / "links"


def cases(kind: str) -> list[Any]:
    table = tomllib.loads((CASES / f"{kind}.toml").read_text("utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in table]


@pytest.mark.parametrize("case", [*cases("wild"), *cases("negative")])
def test_case(case: dict[str, Any]) -> None:
    lines = split([case["text"].strip("\n")])
    labels = phrases.label(lines, [])
    if case.get("fields"):
        labels += fields.label(lines, labels)
    found = labels + links.label(lines, labels)
    assert sorted({int(lines.line_no[one.row]) for one in found if one.label == "related-links"}) == case["links"]


@given(
    st.lists(
        st.sampled_from(["Explore", "Recommended", "관련기사", "A headline", "A sentence ends.", "", "x" * 300]),
        max_size=30,
    )
)
def test_headlines_stand_under_a_heading(texts: list[str]) -> None:
    lines = split(["\n".join(texts)])
    found = links.label(lines, [])
    for one in found:
        if one.rule_id == "links.under-heading":
            assert lines.text(one.row) != "x" * 300
            above = [lines.text(row) for row in range(one.row)]
            assert {"Explore", "Recommended", "관련기사"} & set(above)


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "Explore",
                    "Lee también",
                    "Share",
                    "A headline",
                    "The ferry is late again.",
                    "So it goes on " * 9 + ".",
                ]
            ),
            min_size=1,
            max_size=6,
        ).map("\n".join),
        min_size=2,
        max_size=4,
    )
)
@example(
    ["The council has met.", "Lee también\nA headline\nThe ferry is late again, says the council.\nAnother headline"]
)
def test_a_page_is_labelled_as_if_it_were_alone(texts: list[str]) -> None:
    def said(lines: Lines) -> list[tuple[str, str]]:
        labels = phrases.label(lines, [])
        return [(lines.text(one.row), one.rule_id) for one in links.label(lines, labels)]

    assert said(split(texts)) == [one for text in texts for one in said(split([text]))]


def test_a_document_of_headings_only_is_linear() -> None:
    lines = split(["Explore\n" * 200_000])
    links.label(lines, [])


@pytest.mark.parametrize("heading", ["Explore", "Related articles"])
def test_lists_with_teasers_are_linear(heading: str) -> None:
    entry = f"{heading}\nFerry back\n{'The ferry sails again. ' * 8}\n"
    links.label(split([entry * 50_000]), [])
    links.label(split([heading + "\n" + entry[len(heading) + 1 :] * 50_000 + "x" * 400]), [])
