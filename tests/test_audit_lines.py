"""The one pass over lines and labels, against the same counts made naively, whatever the order of the files."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.labels import dropping
from cleaning.tables import LABELS, LINES
from pipelines import audit_order
from pipelines.audit_lines import LabelledLines, Names, read_lines
from pipelines.checks.document_sums import SUMS, DocumentSums
from pipelines.checks.measures import DatasetError
from pipelines.parquet_views import MEMORY, connection
from pipelines.rule_stats import RuleSums

Rows = list[dict[str, Any]]

# What DuckDB's trim takes off.
BLANKS = "".join(chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) == "Zs")
TEXTS = (
    "Share this",
    "  Share this\u3000",
    "The council met.",
    "\u00a0",
    "",
    "의회는 월요일에 열렸다.",
    "é",
    "\x1fa\u2028",
)
RULES = (
    ("share-bar", "en.share"),
    ("repeated", "repeats.line"),
    ("foreign-script", "scripts.other"),
    ("promo", "en.ask"),
)


def make(seed: int, *, faults: bool) -> tuple[Rows, Rows]:
    """Lines and labels in the order of a run; with `faults` also what no run writes."""
    rng = random.Random(seed)
    lines: Rows = []
    labels: Rows = []
    for document in range(rng.randrange(12)):
        who = f"{rng.getrandbits(128):032x}"
        numbers = sorted(rng.sample(range(1, 40), rng.randrange(1, 20)))
        for number in numbers:
            times = rng.choice((1, 1, 1, 3)) if faults else 1
            lines += [{"doc_id": who, "line_no": number, "text": rng.choice(TEXTS)} for _ in range(times)]
            said = rng.sample(RULES, rng.choice((0, 1, 1, 2)))
            decides = [(at == 0 and rng.random() < 0.7) or (faults and rng.random() < 0.2) for at in range(len(said))]
            labels += [label_of(who, number, *each, decides=one) for each, one in zip(said, decides, strict=True)]
        if faults and rng.random() < 0.3:
            labels.append(label_of(who, 99, *RULES[0], decides=True))
        if faults and rng.random() < 0.3:
            labels.append(label_of(f"none-{document}", 1, *RULES[0], decides=rng.random() < 0.5))
    return lines, labels


def label_of(who: str, number: int, label: str, rule: str, *, decides: bool) -> dict[str, Any]:
    return {
        "doc_id": who, "line_no": number, "label": label, "rule_id": rule, "evidence": "because", "decides": decides,
    }  # fmt: skip


def write(folder: Path, lines: Rows, labels: Rows) -> tuple[list[Path], list[Path]]:
    """Two files of each table, in small row groups."""
    paths: list[list[Path]] = []
    for name, rows, schema in (("lines", lines, LINES), ("labels", labels, LABELS)):
        half = len(rows) // 2
        paths.append([folder / f"{name}-{at}.parquet" for at in (0, 1)])
        for path, some in zip(paths[-1], (rows[:half], rows[half:]), strict=True):
            pq.write_table(pa.Table.from_pylist(some, schema=schema), path, row_group_size=7)
    return paths[0], paths[1]


def sums_of(lines: Rows, labels: Rows) -> dict[str, dict[str, int]]:
    """`DocumentSums` by hand."""
    found: dict[str, dict[str, int]] = {}
    texts: dict[tuple[str, int], list[str]] = {}
    for line in lines:
        texts.setdefault((line["doc_id"], line["line_no"]), []).append(line["text"])
    for key, some in texts.items():
        said = [label for label in labels if (label["doc_id"], label["line_no"]) == key and label["decides"]]
        sums = found.setdefault(key[0], dict.fromkeys(SUMS, 0))
        chars = sum(len(text.strip()) for text in some)
        sums["lines"] += len(some)
        sums["dropped" if said else "kept"] += 1
        sums["dropped_chars" if said else "kept_chars"] += chars
        if any(label["label"] == "repeated" for label in said):
            sums["repeated_chars"] += chars
        sums["repeated"] += len(some) > 1
        sums["decided_twice"] += len(said) > 1
    for label in labels:
        if (label["doc_id"], label["line_no"]) not in texts:
            found.setdefault(label["doc_id"], dict.fromkeys(SUMS, 0))["without_line"] += 1
    return found


def rules_of(lines: Rows, labels: Rows) -> dict[tuple[str, str], list[Any]]:
    """hits, documents, dropped, alone of each rule by hand, and the commonest line that it took out."""
    drops = dropping("balanced")
    found: dict[tuple[str, str], list[Any]] = {}
    first: dict[tuple[str, int], str] = {}
    for line in lines:
        first.setdefault((line["doc_id"], line["line_no"]), line["text"])
    for rule in {(label["rule_id"], label["label"]) for label in labels}:
        mine = [label for label in labels if (label["rule_id"], label["label"]) == rule]
        alone = 0
        for label in mine:
            key = (label["doc_id"], label["line_no"])
            others = [
                other for other in labels
                if (other["doc_id"], other["line_no"]) == key and other["label"] in drops
            ]  # fmt: skip
            shared = len({other["rule_id"] for other in others}) > 1
            alone += label["label"] in drops and key in first and not shared
        decided = [label for label in mine if label["decides"]]
        taken = Counter(
            first[label["doc_id"], label["line_no"]].strip(BLANKS) for label in decided
            if (label["doc_id"], label["line_no"]) in first
        )  # fmt: skip
        top = min(taken, key=lambda text: (-taken[text], text), default=None)
        assert {"share-bar", "repeated", "promo"} <= drops
        found[rule] = [len(mine), len({label["doc_id"] for label in mine}), len(decided), alone, top]
    return found


def counted(lines: Sequence[Path], labels: Sequence[Path]) -> tuple[dict[str, Any], dict[tuple[str, str], list[Any]]]:
    sums = DocumentSums()
    with connection() as db:
        rules = RuleSums(db, "balanced")
        read_lines(lines, labels, [sums.take, rules.take])
        stats = {
            (one.rule_id, one.label): [
                one.hits, one.documents, one.dropped, one.alone, next(iter(one.examples), None),
            ]
            for one in rules.stats()
        }  # fmt: skip
    by_document: dict[str, Any] = {}
    for row in sums.table().to_pylist():
        so_far = by_document.setdefault(row.pop("doc_id"), dict.fromkeys(SUMS, 0))
        so_far |= {name: so_far[name] + row[name] for name in SUMS}
    return by_document, stats


@pytest.mark.parametrize("order", ["as written", "shuffled"])
@pytest.mark.parametrize("faults", [False, True], ids=["sound", "faulty"])
def test_counts_as_by_hand(order: str, faults: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(40):
        monkeypatch.setattr(audit_order, "BATCH", 4 + seed % 6)
        lines, labels = make(seed, faults=faults)
        expected = sums_of(lines, labels), rules_of(lines, labels)
        if order == "shuffled":
            # Where a line number stands twice, which of its texts is the first is up to the sorting.
            if faults:
                lines = list({(line["doc_id"], line["line_no"]): line for line in lines}.values())
                expected = sums_of(lines, labels), rules_of(lines, labels)
            random.Random(seed).shuffle(lines)
            random.Random(seed + 1).shuffle(labels)
        assert counted(*write(tmp_path, lines, labels)) == expected, seed


def test_each_line_comes_once_with_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_order, "BATCH", 4)
    lines, labels = make(3, faults=False)
    seen: Rows = []
    heard: Rows = []

    def take(some: LabelledLines, names: Names) -> None:
        ids = some.doc_ids.to_pylist()
        here = [
            {"doc_id": ids[document], "line_no": number, "text": text}
            for document, number, text in zip(some.document, some.number, some.text.to_pylist(), strict=True)
        ]
        seen.extend(here)
        said = some.said
        each = zip(said.line, said.label, said.rule, said.evidence.to_pylist(), said.decides.tolist(), strict=True)
        for line, label, rule, evidence, decides in each:
            at = {"doc_id": here[line]["doc_id"], "line_no": here[line]["line_no"]}
            words = {"label": list(names.labels)[label], "rule_id": list(names.rules)[rule]}
            heard.append(at | words | {"evidence": evidence, "decides": decides})

    read_lines(*write(tmp_path, lines, labels), [take])
    assert lines
    assert (seen, heard) == (lines, labels)


def test_what_has_no_value_reads_as_none_at_all(tmp_path: Path) -> None:
    lines, labels = make(3, faults=False)
    paths = write(tmp_path, [], labels)
    none = [{"doc_id": None, "line_no": None, "text": None}, {"doc_id": "", "line_no": 2, "text": "a"}]
    loose = pa.schema([field.with_nullable(True) for field in LINES])
    pq.write_table(pa.Table.from_pylist([*none, *lines, *none[:1]], schema=loose), paths[0][1])
    zeros = [{"doc_id": "", "line_no": 0, "text": ""}] * 2
    sums, _ = counted(*paths)
    assert sums == sums_of([*zeros, none[1], *lines], labels)


def test_a_file_that_is_cut_off_is_said_to_be(tmp_path: Path) -> None:
    lines, labels = write(tmp_path, *make(3, faults=False))
    content = lines[1].read_bytes()
    lines[1].write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match=f"cannot read {re.escape(str(lines[1]))}: "):
        read_lines(lines, labels, [], MEMORY)
