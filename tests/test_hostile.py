"""What hostile input found, each as the smallest thing that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleaning import clean
from cleaning import native as module
from cleaning.article import visible
from cleaning.config import make_config
from cleaning.documents import clean_records
from cleaning.native import kept
from cleaning.records import Record, doc_id
from pipelines.errors import CallError
from pipelines.staging import staging

SENTENCES = {
    "en": "The council of the harbour town has voted for the new bridge, after years of dispute over what it costs. "
    * 6,
    "de": "Der Rat der Hafenstadt hat nach jahrelangem Streit über die Kosten für die neue Brücke gestimmt. " * 6,
    "ko": "항구 도시 의회는 몇 해에 걸친 비용 다툼 끝에 새 다리를 놓기로 뜻을 모았다고 밝혔다. " * 6,
}


@pytest.mark.parametrize("control", ["\x1b", "\x00", "\x01", "\x08", "\x7f"])
@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("place", [0, 1, 57, 202, -1])
def test_a_stray_control_says_nothing_of_the_charset(control: str, language: str, place: int) -> None:
    text = SENTENCES[language]
    article = clean((text[:place] + control + text[place:]).encode())
    assert article.encoding == "utf-8"
    assert article.text.replace(" ", "")[-30:] == text.strip().replace(" ", "")[-30:]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", SENTENCES)
def test_text_of_two_bytes_is_still_told(encoding: str, language: str) -> None:
    assert clean(SENTENCES[language].encode(encoding)).encoding == encoding


def test_an_identity_that_ends_like_a_number_is_nobodys_twin() -> None:
    assert len({doc_id("url\nu"), doc_id("url\nu", 1), doc_id("url\nu\n1"), doc_id("url\nu\n1", 1)}) == 4


def test_kept_code_that_was_cut_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "code.py").write_text("")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "code.py"))
    assert kept(module.__name__, "f", "a", lambda: b"code") == b"code"
    (file,) = (tmp_path / "__pycache__").iterdir()
    for damaged in (b"", b"code", file.read_bytes()[:-1], b"x" * 40):
        file.write_bytes(damaged)
        assert kept(module.__name__, "f", "a", lambda: b"code") == b"code"
        assert file.read_bytes().endswith(b"code")


def test_a_fault_of_the_machine_is_no_records_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk with the compiled code is gone")

    monkeypatch.setattr("cleaning.documents.assemble", fail)
    with pytest.raises(OSError, match="is gone"):
        clean_records([Record("a", 0, content="One line.")], make_config({}))


@pytest.mark.parametrize("name", [".out.partial", ".out.old"])
def test_folders_of_others_are_not_deleted(tmp_path: Path, name: str) -> None:
    thesis = tmp_path / name / "thesis"
    thesis.parent.mkdir()
    thesis.write_text("precious")
    with pytest.raises(CallError, match="in the way"), staging(tmp_path / "out", force=True):
        pass
    assert thesis.read_text() == "precious"


def test_what_steers_a_page_is_shown() -> None:
    assert visible("a\u061cb\u2028c\U000e0041") == "a\\u061cb\\u2028c\\U000e0041"
    article = clean("A line.", url="http://a.example/\nfate: quarantined (x)")
    assert not any(line.startswith("fate: quarantined") for line in article.plain())
