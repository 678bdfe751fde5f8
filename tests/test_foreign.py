"""Lines in other languages than their document's, and the same answers by every door: clean, clean_frame, a run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cleaning import clean, clean_frame
from cleaning.config import make_config
from cleaning.foreign import LABEL
from cleaning.rules import load_rules
from tests.bench_encoding import write
from tests.building import build_here
from tests.passages import CASES, news, passages

FOREIGN: list[dict[str, Any]] = tomllib.loads((CASES / "language/foreign.toml").read_text("utf-8"))["case"]


def labelled(article: Any) -> list[int]:
    return [line.number for line in article.lines if any(reason.label == LABEL for reason in line.reasons)]


@pytest.mark.parametrize("case", FOREIGN, ids=lambda case: case["name"])
def test_foreign_lines(case: dict[str, Any]) -> None:
    article = clean(case["text"].strip())
    assert article.language == case["language"]
    assert labelled(article) == case["foreign"]
    assert list(article.language_shares) == case.get("shares", [])
    assert sum(article.language_shares.values()) <= 1.001
    reasons = [reason for line in article.lines for reason in line.reasons if reason.label == LABEL]
    assert not any(reason.decides for reason in reasons), "never dropped for that alone"


@pytest.mark.parametrize("tag", sorted(news()))
def test_a_text_in_one_language_has_no_foreign_lines(tag: str) -> None:
    article = clean("\n".join(news()[tag]))
    assert article.language == tag
    assert labelled(article) == []
    assert article.language_shares == {}


@pytest.mark.parametrize("tag", ["en", "ko", "ja", "ar", "ru", "hi"])
def test_interface_strings_of_any_language_are_found_in_any_other(tag: str) -> None:
    rules = [r for r in load_rules().rules if r.label == "ui-string" and r.match == "line" and not r.confirm]
    assert len({rule.id.split(".")[0] for rule in rules}) >= 5
    phrases = [phrase for rule in rules if len(rule.id.split(".")[0]) == 2 for phrase in rule.drops]
    text = "\n".join(news()[tag])
    article = clean(f"{text}\n" + "\n".join(phrases))
    missed = [line.text for line in article.lines[-len(phrases) :] if line.kept]
    assert missed == []
    assert article.language == tag


# The same by every door

WANTED = {
    "korean.txt": ("ko", "cp949", "cp949", "cp949-test"),
    "russian.txt": ("ru", "koi8-r", "koi8-u", "detector"),
    "polish.txt": ("pl", "cp1250", "cp1250", "detector"),
    "italian.txt": ("it", "mac-roman", "mac-roman", "profile"),
    "malay.txt": ("ms", "utf-16", "utf-16-le", "bom"),
    "japanese.txt": ("ja", "iso2022_jp", "iso2022_jp", "escape"),
    "english.txt": ("en", "utf-8", "utf-8", "utf-8"),
}
SAID = [
    "text", "language", "language_confidence", "language_method", "language_shares", "encoding", "encoding_method",
    "repairs", "flags",
]  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    for name, (tag, charset, _, _) in WANTED.items():
        written = write("\n".join(news()[tag]), charset)
        assert written is not None
        (folder / name).write_bytes(written[1])
    broken = "\n".join(news()["ru"]).encode("utf-8").decode("latin-1")
    (folder / "broken.txt").write_text(f"{broken}\nA caf\ufffd", "utf-8")
    (folder / "two.txt").write_text("\n".join(news()["en"] + news()["ko"]), "utf-8")
    (folder / "noise.txt").write_bytes(bytes(128 + (i * i * 31 + i * 7) % 128 for i in range(3000)))
    return folder


def run(folder: Path, out: Path, **settings: Any) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """The published rows and the fates of a run, by the name of the file."""
    build_here([folder], out, make_config(settings))
    rows = pq.read_table(out / "data").to_pylist()
    fates = pq.read_table(out / "audit" / "fates.parquet").to_pylist()
    return {row["source_id"]: row for row in rows}, {fate["source_id"]: fate for fate in fates}


def plain(value: Any) -> Any:
    """A value of a frame, an Article or a table in one form; a frame has arrays, and NaN for null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        value = [{"language": tag, "share": share} for tag, share in value.items()]
    if isinstance(value, list | tuple):
        return [{k: pytest.approx(v, abs=1e-6) if k == "share" else v for k, v in x.items()} if isinstance(x, dict)
                else x for x in value] or None  # fmt: skip
    if isinstance(value, float):
        return None if value != value else round(value, 3)
    return value


def test_every_door_says_the_same(files: Path, tmp_path: Path) -> None:
    rows, fates = run(files, tmp_path, duplicates="off")
    names = sorted(path.name for path in files.iterdir())
    frame = clean_frame(pd.DataFrame({"text": [(files / name).read_bytes() for name in names]}), duplicates="off")
    for name, (_, framed) in zip(names, frame.iterrows(), strict=True):
        article = clean((files / name).read_bytes(), duplicates="off")
        assert article.fate == framed["fate"] == fates[name]["fate"]
        if name in rows:
            for column in SAID:
                values = [plain(rows[name][column]), plain(framed[column]), plain(getattr(article, column))]
                assert values[0] == values[1] == values[2], (name, column)


def test_what_was_read_and_how(files: Path, tmp_path: Path) -> None:
    rows, fates = run(files, tmp_path, duplicates="off")
    for name, (tag, _, encoding, method) in WANTED.items():
        assert (rows[name]["language"], rows[name]["encoding"], rows[name]["encoding_method"]) == (
            tag,
            encoding,
            method,
        )
        assert rows[name]["repairs"] == []
    assert rows["broken.txt"]["repairs"] == ["mojibake"]
    assert rows["broken.txt"]["flags"] == ["mojibake-left"]
    assert rows["two.txt"]["language_shares"] is not None
    assert (fates["noise.txt"]["fate"], fates["noise.txt"]["rule_id"]) == ("quarantined", "quarantine.undecodable")


def test_languages_keeps_only_those_that_are_named(files: Path, tmp_path: Path) -> None:
    rows, fates = run(files, tmp_path, duplicates="off", languages=["en", "ko"])
    assert {row["language"] for row in rows.values()} == {"en", "ko"}
    assert fates["polish.txt"]["rule_id"] == "reject.language"
    assert fates["polish.txt"]["evidence"] == "pl; wanted: en, ko"
    data = (files / "polish.txt").read_bytes()
    assert clean(data, languages=["en", "ko"]).fate_reason == "reject.language: pl; wanted: en, ko"
    framed = clean_frame(pd.DataFrame({"text": [data]}), languages=["en", "ko"])
    assert framed["fate_reason"].tolist() == ["reject.language: pl; wanted: en, ko"]
    assert clean(data, languages="pl").fate == "published"


def test_a_tag_without_script_stands_for_its_scripts() -> None:
    text = "\n".join(passages("sr-Latn", 300))
    assert clean(text, languages=["sr"]).fate == "published"
    assert clean(text, languages=["hr"]).fate == "rejected"


def test_shares_can_be_read_as_json() -> None:
    shares = json.loads(json.dumps(clean("\n".join(news()["en"] + news()["ko"])).as_json()))["language_shares"]
    assert shares == {"en": pytest.approx(0.55, abs=0.05), "ko": pytest.approx(0.45, abs=0.05)}
