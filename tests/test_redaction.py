"""What `redact` takes out, what it leaves, and that nothing which tamis writes holds what it took out."""

from __future__ import annotations

import itertools
import json
import time
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning import clean
from cleaning.assemble import assemble
from cleaning.config import Config, ConfigError, make_config
from cleaning.documents import clean_records
from cleaning.lines import Label, split
from cleaning.metadata import Metadata
from cleaning.records import Record
from cleaning.redacting import Values, redact_batch
from cleaning.redaction import KINDS, patterns, redact, spans

CASES = Path(__file__).parent / "cases" / "redact"
POSITIVE = tomllib.loads((CASES / "cases.toml").read_text("utf-8"))["case"]
NEGATIVE = tomllib.loads((CASES / "negative.toml").read_text("utf-8"))["keeps"]


@pytest.mark.parametrize("case", POSITIVE, ids=lambda case: case["text"][:30])
def test_what_is_redacted(case: dict[str, str]) -> None:
    found = redact(case["text"], KINDS)
    assert found.text == case["out"]
    assert sum(found.counts.values()) == case["out"].count("[")
    assert redact(found.text, KINDS) == (found.text, {})


@pytest.mark.parametrize("text", NEGATIVE)
def test_what_stays(text: str) -> None:
    assert redact(text, KINDS) == (text, {})


def test_every_pattern_has_a_case() -> None:
    used = {span[2] for case in POSITIVE for span in spans(case["text"], KINDS)}
    assert [pattern.why for pattern in patterns() if pattern not in used] == []


def test_only_what_is_asked_for() -> None:
    text = "a@example.com 010-1234-5678 203.0.113.77 900101-1234567"
    assert redact(text, ("emails",)).text == "[email] 010-1234-5678 203.0.113.77 [resident-number]"
    assert redact(text, ("ips",)).text == "a@example.com 010-1234-5678 [ip] [resident-number]"
    assert redact(text, ()).text == text


@given(st.text(alphabet="0123456789 -.@abc:()+/한", max_size=80))
def test_marks_stand_for_what_was_there(text: str) -> None:
    found = spans(text, KINDS)
    assert all(stop <= following for (_, stop, _), (following, _, _) in itertools.pairwise(found))
    assert sum(redact(text, KINDS).counts.values()) == len(found)


@pytest.mark.parametrize(
    "piece",
    [
        "a@", "1.", "0-", "010-1234-", "a.b@c.d", "1:", "+1 ", "010-1234-5678", "12 ", "가02-123-4567 ", "한글 ",
        "é", "김a", '"a', '"a"@', "a%40", "a@b.", "02-9999-8888,", "10.0.0.1,", "tel ", "0\u2014", "(010)", "tel 12 ",
    ],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    def cost(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        redact(text, KINDS)
        return time.process_time() - started

    cost(1_000)
    small, large = cost(20_000), cost(160_000)
    assert large < 40 * small + 0.2


def test_the_setting() -> None:
    assert make_config({"redact": "emails"}).redact == ("emails",)
    assert Config().redact == ()
    assert Config(redact=("emails",)).sha256() != Config().sha256()
    with pytest.raises(ConfigError, match="did you mean 'phones'"):
        make_config({"redact": ["phone"]})


TEXT = """Port closes for a week
By Kim Young-soo kim@example.kr
The port will close for a week from Monday, the harbour office said, and ferries will go from the old pier.
Questions go to 02-123-4567 or desk@example.com, it said; the attack came from 203.0.113.77, which is blocked.
Copyright 2024 Example, reporter@example.com
"""
SECRETS = (
    "kim@example.kr", "02-123-4567", "desk@example.com", "203.0.113.77", "reporter@example.com", "title@example.com",
)  # fmt: skip


def test_in_a_notebook() -> None:
    article = clean(TEXT, redact=KINDS)
    assert "[phone] or [email]" in article.text
    assert "[ip], which" in article.text
    shown = json.dumps(article.as_json(), ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in shown]
    reasons = [reason for line in article.lines for reason in line.reasons if reason.label == "redacted"]
    assert {reason.rule_id for reason in reasons} == {"redact.email", "redact.phone", "redact.ip"}
    assert not any(reason.decides for reason in reasons)
    assert "redacted" in article.flags
    # Which lines leave is decided on what stood there: an address makes a byline.
    plain = clean(TEXT)
    assert [line.kept for line in plain.lines] == [line.kept for line in article.lines]
    assert len(plain.lines) == len(article.lines)


def test_evidence_quotes_no_value() -> None:
    lines = split(["The port closes.\n  Mail kim@example.kr, kim@example.kr  "])
    labels = [Label(1, "promo", "en.promo.mail", "equals 'Mail kim@example.kr'")]
    batch = redact_batch(lines, labels, assemble(lines, labels, "balanced"), [Metadata(title="a@b.kr")], ("emails",))
    assert batch.lines.raw == ["The port closes.", "  Mail [email], [email]  "]
    assert [label.evidence for label in batch.labels] == ["equals 'Mail [email]'", "2 e-mail addresses"]
    assert batch.bodies.texts == ["The port closes."]
    assert batch.metadata[0].title == "[email]"
    assert batch.evidence == {0: "3 e-mail addresses"}


PROSE = "\n\n".join(
    f"{number} The council voted for the plan of the ferry on Monday evening, and the workers of the harbour "
    f"will hear of the budget of bridge {number} before the winter ends, the mayor said."
    for number in range(6)
)
LIST = "\n\n- Ferry workers strike again today\n- Council votes budget down\n- School opens late\n- River falls at last"
VALUES = (
    "zqdesk.team@wharf-mail.press", "010-9172-8356", "+44 20 7946 0958", "203.0.113.177",
    "2001:db8::8a2e:370:7334", "900101-1234567",
)  # fmt: skip


def _records(value: str, offset: int) -> list[dict[str, str]]:
    """Records whose evidence quotes a line that holds the value so far from its beginning."""
    before = ("Readers may write about it, " * 6)[:offset].rstrip(" ,") + " "
    before += "x " * ((offset - len(before)) // 2)
    quoted = before + value
    head = "Ferry workers vote on the plan for the bridge\n\nBy Ada Lovelace\n\nJanuary 5, 2024\n\n"
    return [
        {"title": quoted, "text": head + PROSE},
        {"date": quoted, "text": PROSE},
        {"text": PROSE, "author": f"Bob Other, {'Alan Turing, ' * (offset // 13)}{value}"},
        {"text": head + PROSE, "author": f"{'Charles Babbage, Alan Turing, ' * (offset // 30)}Grace Hopper {value}"},
        {"text": f"{PROSE}{LIST}\n\nTags: Harbour, Bridge, Ferry\n\nSource: the {quoted}"},
        {"text": f"{PROSE}\n\nRelated articles: {quoted}{LIST}"},
        {"text": f"Home\n\nNews\n\n{quoted}\n\nBy Ada Lovelace\n\nJanuary 5, 2024\n\n{PROSE}"},
        {"text": f"{PROSE}\n\n{quoted}\n\nKey Takeaways\n\n- one\n- two\n\nAdvertisement\n\n{quoted}"},
    ]


def _pieces(value: str) -> list[str]:
    return [value[at : at + 6] for at in range(len(value) - 5)]


@pytest.mark.parametrize("value", VALUES)
def test_evidence_holds_no_piece_of_a_value_at_its_cut(value: str) -> None:
    names = {"author": "authors", "date": "published"}
    records = [one for offset in range(10, 125, 4) for one in _records(value, offset)]
    given = [
        Record("in", 0, content=one.pop("text"), given={names.get(name, name): said for name, said in one.items()})
        for one in records
    ]
    seen = clean_records(given, Config(redact=KINDS))
    evidence = [label.evidence for label in seen.labels] + [said for flags in seen.flags for _, said in flags]
    assert any("[" in one and len(one) > 40 for one in evidence)  # values are quoted
    left = {one for one in evidence for piece in _pieces(value) if piece in one}
    assert not left


def test_a_word_that_begins_an_address_stays_where_nothing_is_cut() -> None:
    values = Values(["Write to contact@example.kr"], KINDS)
    assert values.redact("equals 'Contact'", KINDS) == "equals 'Contact'"
    assert values.redact("a line that has the form of a contact box of a paper", KINDS).count("[") == 0
    assert values.redact(f"under '{'x' * 53}contact'", KINDS).endswith("x[email]'")


def test_values_of_a_document_are_found_in_linear_time() -> None:
    def cost(size: int) -> float:
        values = Values([" ".join(f"desk{number}@example.kr" for number in range(size))], KINDS)
        evidence = f"names {'desk1, ' * size}"
        started = time.process_time()
        values.redact(evidence, KINDS)
        return time.process_time() - started

    cost(100)
    small, large = cost(2_000), cost(16_000)
    assert large < 40 * small + 0.2


def test_nothing_that_is_written_holds_it(tmp_path: Path) -> None:
    from pipelines.checks.validate import validate
    from pipelines.dataset import read_manifest
    from pipelines.run import run

    rows = [
        {
            "url": f"https://example.com/{number}",
            "title": "Write to title@example.com",
            "text": f"{TEXT}{number}",
        }
        for number in range(3)
    ]
    # Values that a cut of some evidence goes through: no piece of them is left in any file.
    for value in VALUES[:2]:
        for offset in range(38, 60, 3):
            for one in _records(value, offset):
                rows.append({"url": f"https://example.com/{len(rows)}", **one})
    rows += [{f"{'x' * length}, zqdesk.team@wharf-mail.press": "a name"} for length in (170, 180, 190, 300)]
    pieces = [piece for value in VALUES[:2] for piece in _pieces(value)]
    broken = '{"text": "a@example.com ' + "x" * 470 + " desk@example.com 02-123-4567"
    lines = [json.dumps(row) for row in rows] + [broken]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
    config = Config(redact=("emails", "phones", "ips"), workers=1)
    run([tmp_path / "in.jsonl"], tmp_path / "out", config)
    table = pq.read_table(tmp_path / "out/data/train-00000-of-00001.parquet")
    assert table["title"][0].as_py().startswith("Write to [email]")
    assert "redacted" in table["flags"][0].as_py()
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            content = (
                json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
                if path.suffix == ".parquet" else path.read_text("utf-8", "replace")
            )  # fmt: skip
            assert not [secret for secret in (*SECRETS, "a@example.com", *pieces) if secret in content], path
    manifest = read_manifest(tmp_path / "out")
    assert manifest["config"]["redact"] == ["emails", "phones", "ips"]
    failed = [check.name for check in validate(tmp_path / "out", manifest).checks if not check.passed]
    assert not {"texts-as-kept", "dropped-lines-counted"} & set(failed)
    assert {"ledger-as-stated", "files-unchanged"}.isdisjoint(failed)
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert "`redact.email`" in card
    # The same bytes, however it is cut.
    run([tmp_path / "in.jsonl"], tmp_path / "again", Config(redact=config.redact, workers=1, shard_records=1))
    assert (tmp_path / "again/data/train-00000-of-00001.parquet").read_bytes() == (
        tmp_path / "out/data/train-00000-of-00001.parquet"
    ).read_bytes()
