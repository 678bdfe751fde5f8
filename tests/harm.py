"""How much of a clean article a run takes away, measured on the gold paragraphs of shared benches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cleaning.config import make_config
from cleaning.documents import Documents, clean_records
from cleaning.records import Record


class Loss(NamedTuple):
    """A line of a clean article that is dropped, and why."""

    page: str
    """The id of its record."""
    line: str
    label: str
    rule_id: str
    evidence: str


class Harm(NamedTuple):
    """What a policy does to clean articles."""

    pages: int
    lines: int
    lines_kept: float
    """Share of lines that stay, 0-1."""
    pages_whole: float
    """Share of pages of which every line stays, 0-1."""
    losses: tuple[Loss, ...]

    def marks(self) -> dict[str, float]:
        """The figures that have floors."""
        return {"lines_kept": self.lines_kept, "pages_whole": self.pages_whole}


def losses(documents: Documents) -> Iterator[tuple[int, Loss]]:
    """Every dropped line of a batch with its row."""
    lines, decided = documents.lines, documents.bodies.decided_by.tolist()
    dropped = [row for row, label in enumerate(decided) if label >= 0]
    for row, document in zip(dropped, lines.documents_of(dropped).tolist(), strict=True):
        one = documents.labels[decided[row]]
        page = documents.records[document].source_id or str(document)
        yield row, Loss(page, lines.text(row), one.label, one.rule_id, one.evidence)


def gold_pages(paths: Sequence[Path]) -> list[Record]:
    """A record for each page that is no copy of an earlier one: its gold paragraphs, a line each, and its url.

    A bench may hold a page once for each extractor; the same url or the same paragraphs are one page.
    """
    records: list[Record] = []
    seen: set[str] = set()
    for path in paths:
        for number, row in enumerate(map(json.loads, path.read_text("utf-8").splitlines())):
            text = "\n".join(row["gold"])
            url = {"url": row["url"]} if row["url"] else {}
            if text.strip() and not {*url.values(), text} & seen:
                seen |= {*url.values(), text}
                records.append(Record(path.name, number, row["id"], text, url))
    return records


def measure_harm(paths: Sequence[Path], policy: str = "balanced") -> Harm:
    """What a policy takes from the gold paragraphs of benches (news-dev.jsonl, extracted-dev.jsonl)."""
    records = gold_pages(paths)
    documents = clean_records(records, make_config({"policy": policy, "workers": 1}))
    found = list(losses(documents))
    harmed = set(documents.lines.documents_of([row for row, _ in found]).tolist())
    lines = len(documents.lines)
    return Harm(
        pages=len(records),
        lines=lines,
        lines_kept=1 - len(found) / lines,
        pages_whole=1 - len(harmed) / len(records),
        losses=tuple(loss for _, loss in found),
    )
