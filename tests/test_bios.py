"""What pages say of who wrote them and of themselves, by form and language (cases/bios): how much of it rules drop."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cleaning.config import make_config
from cleaning.documents import Documents, clean_records
from cleaning.records import Record
from tests.floors import hold
from tests.test_phrases_grid import BAR, PACKS, headlines, prose

CASES = Path(__file__).parent / "cases" / "bios"
TABLES: dict[str, dict[str, Any]] = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in CASES.glob("*.toml")}
NEGATIVES = TABLES["negatives"]


def clean(pages: list[list[str]]) -> Documents:
    records = [Record("bios", number, content="\n".join(page)) for number, page in enumerate(pages)]
    return clean_records(records, make_config({"workers": 1}))


def rules_of(documents: Documents, number: int, at: int) -> str:
    """The rule that drops a line of a page; '': none but the line model and labelers that look at places alone."""
    label = int(documents.bodies.decided_by[documents.lines.starts[number] + at])
    rule = documents.labels[label].rule_id if label >= 0 else ""
    return "" if rule.startswith(("model.", "fields.title", "context.", "repeats.")) else rule


def shares(name: str) -> tuple[dict[str, float], list[tuple[str, str, str]]]:
    """Of the forms of a table the share that leaves, 0-1: all and the least by language; and those that stay."""
    forms = [
        (language, kind, form, table["site"])
        for language, table in TABLES[name].items()
        for kind, form in table.items()
        if kind != "site"
    ]
    documents = clean([[headlines(one[0])[0], *prose(one[0]), one[2], f"© 2026 {one[3]}", *BAR] for one in forms])
    left, all_of, gone = [], Counter[str](), Counter[str]()
    for number, (language, kind, form, _) in enumerate(forms):
        is_gone = bool(rules_of(documents, number, 7))
        all_of[language] += 1
        gone[language] += is_gone
        if not is_gone:
            left.append((language, kind, form))
    marks = {
        "dropped": sum(gone.values()) / len(forms),
        "least_language": min(gone[one] / all_of[one] for one in all_of),
    }
    return marks, left


def test_every_language_that_has_a_pack_has_forms() -> None:
    languages = {path.stem for path in PACKS.glob("*.toml")} - {"generic"}
    assert TABLES["forms"].keys() == languages
    assert all(len(table) >= 9 for table in TABLES["forms"].values())


def test_floor() -> None:
    hold("bios", shares("forms")[0])


def test_floor_of_what_is_kept_apart() -> None:
    hold("bios-kept-apart", {"dropped": shares("forms-kept-apart")[0]["dropped"]})


def kept_pages(language: str) -> list[tuple[list[str], int]]:
    """Pages with a sentence that stays, and where in each it stands: last, in the middle, first."""
    table, text = NEGATIVES[language], prose(language)
    under = ["© 2026 Harbour Post", *BAR]
    pages = []
    for line, lead in [*((one, [table["lead"]]) for one in table["person"]), *((one, []) for one in table["alone"])]:
        some = [*lead, *text]
        pages += [([*some[:at], line, *some[at:], *under], at) for at in (len(some), 4, len(lead))]
    return pages


@pytest.mark.parametrize("language", NEGATIVES)
def test_sentences_like_them_stay(language: str) -> None:
    pages = kept_pages(language)
    documents = clean([page for page, _ in pages])
    said = [(page[at], rule) for number, (page, at) in enumerate(pages) if (rule := rules_of(documents, number, at))]
    assert said == []


def test_nothing_leaves_a_page_of_which_nothing_else_does() -> None:
    forms = [
        (language, form)
        for language, table in TABLES["forms"].items()
        for kind, form in table.items()
        if kind != "site"
    ]
    documents = clean([[*prose(language), form] for language, form in forms])
    rules = [rules_of(documents, number, 6) for number in range(len(forms))]
    assert [rule for rule in rules if rule.startswith(("bios.", "imprint."))] == []


def test_what_is_read_is_what_all_reading_would_find(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled = (str, str.title, lambda text: text.replace(" ", " - "), lambda text: text.replace("i", "İ"))
    tables = [table for name in ("forms", "forms-kept-apart") for table in TABLES[name].items()]
    forms = [(language, form) for language, table in tables for kind, form in table.items() if kind != "site"]
    pages = [[*prose(language)[:3], *(spell(form) for spell in spelled), *BAR] for language, form in forms[::3]]
    found = clean(pages).labels
    for module in ("bios", "imprint"):
        monkeypatch.setattr(f"cleaning.labelers.{module}.find_matching", lambda _, texts: [*range(len(texts))])
    assert clean(pages).labels == found
    assert sum(label.rule_id.startswith(("bios.", "imprint.")) for label in found) > len(pages) // 2


@pytest.mark.parametrize("line", ["Ann Lee is a reporter.", "We may earn a commission.", "A " * 300, "기자 " * 100])
def test_hostile_documents_are_linear(line: str) -> None:
    clean(["\n".join([*prose("en"), *[line] * 20_000, *BAR]).split("\n")])
