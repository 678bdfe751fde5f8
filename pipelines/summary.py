"""What a run did, stage by stage, read from the tables it wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.labels import label_kinds
from cleaning.redacting import counts_in
from pipelines.ledger import counts, most_first

DUPLICATE_RULES = ("dedupe.", "against.")
"""How the rules begin that make a record a duplicate: of another of its dataset, of one of an earlier dataset."""


@dataclass(frozen=True)
class Summary:
    """Numbers about a dataset; every mapping most frequent first.

    What an article says of itself is known of the published rows alone; `fates_by_rule`, `dropped_by_label`,
    `dropped_by_family`, `kept_labels` and `redacted` are counted over all records.
    """

    published: int
    """Published rows."""

    fates_by_rule: dict[str, int]
    """Records that are not published, by the rule that decided."""
    dropped_by_label: dict[str, int]
    dropped_by_family: dict[str, int]
    kept_labels: dict[str, int]
    """Lines with a label that is evidence only, by label."""
    languages: dict[str, int]
    encodings: dict[str, int]
    """Published rows by the charset they were read in; those that carried text are in none."""
    repairs: dict[str, int]
    flags: dict[str, int]
    metadata: dict[str, int]
    """Published rows that have a value, by column."""
    dropped_lines: int
    """Of the published rows, as are the characters."""
    dropped_chars: int
    repeated_chars: int
    redacted: dict[str, int]
    """Values that were replaced by marks in records, published or not, by rule."""

    def stages(self, ledger: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str]]:
        """Each stage and what it did, in words: counted over all records where it does not say `of the published`."""
        records, lines = ledger["records"], ledger["lines"]
        text = self.published - sum(self.encodings.values())
        read = {**self.encodings, "carried as text": text} if text else self.encodings
        yield "decode", f"{records['quarantined']} quarantined; {self._published('charsets', read, 'none')}"
        yield "repair", self._published("", self.repairs, "nothing to repair")
        yield "split", f"{lines['in']:,} lines"
        yield "label", _listed(self.dropped_by_family) + _also(self.kept_labels)
        dropped = {"lines": self.dropped_lines, "characters": self.dropped_chars}
        yield (
            "assemble",
            f"{lines['kept']:,} lines kept, {lines['dropped']:,} dropped; {self._published('dropped', dropped, '')}",
        )
        if self.redacted:
            yield "redact", _listed(self.redacted)
        yield "metadata", self._published("", self.metadata, "none found")
        yield "language", self._published("", self.languages, "none")
        yield "signals", self._published("", self.flags, "no flags")
        yield (
            "dedupe",
            _listed({k: v for k, v in self.fates_by_rule.items() if k.startswith(DUPLICATE_RULES)}) or "none",
        )
        rejected = {k: v for k, v in self.fates_by_rule.items() if k.startswith("reject.")}
        yield "fates", f"{records['published']:,} published" + _also(rejected)

    def _published(self, what: str, numbers: Mapping[str, int], none: str) -> str:
        """What is known of the published rows alone, and says so."""
        if not self.published:
            return "no record is published"
        return f"{what} of the published: ".lstrip() + (_listed(numbers) or none)


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in numbers.items())


def _also(numbers: Mapping[str, int]) -> str:
    return f"; {_listed(numbers)}" if numbers else ""


_METADATA = (
    "title",
    "authors",
    "published_at",
    "updated_at",
    "publisher",
    "section",
    "dateline",
    "source_credit",
    "captions",
)


def summarise(folder: Path) -> Summary:
    """The numbers of a dataset that lies in `folder`, from data/ and audit/, some rows at a time."""
    dropped, kept = Counter[str](), Counter[str]()
    for batch in _batches([folder / "audit/labels.parquet"], ["label", "decides"]):
        dropped.update(counts(batch["label"].filter(batch["decides"])))
        kept.update(counts(batch["label"].filter(pc.invert(batch["decides"]))))
    kinds = label_kinds()
    evidence = Counter({name: count for name, count in kept.items() if kinds[name].family == "evidence"})
    families = Counter[str]()
    for name, count in most_first(dropped).items():
        families[kinds[name].family] += count
    rules = Counter[str]()
    for batch in _batches([folder / "audit/fates.parquet"], ["rule_id"]):
        rules.update(counts(batch["rule_id"]))
    counted = {name: Counter[str]() for name in ("language", "encoding", "repairs", "flags")}
    filled, total = Counter[str](), Counter[str]()
    rows = 0
    summed = ("dropped_lines", "dropped_chars", "repeated_chars")
    for batch in _batches(sorted((folder / "data").glob("*.parquet")), [*counted, *summed, *_METADATA]):
        rows += len(batch)
        for name, so_far in counted.items():
            values = batch[name]
            so_far.update(counts(pc.list_flatten(values) if pa.types.is_list(values.type) else values))
        filled.update({name: _filled(batch[name]) for name in _METADATA})
        total.update({name: _total(batch[name]) for name in summed})
    return Summary(
        published=rows,
        fates_by_rule=most_first(rules),
        dropped_by_label=most_first(dropped),
        dropped_by_family=dict(families.most_common()),
        kept_labels=most_first(evidence),
        languages=most_first(counted["language"]),
        encodings=most_first(counted["encoding"]),
        repairs=most_first(counted["repairs"]),
        flags=most_first(counted["flags"]),
        metadata={name: filled[name] for name in _METADATA if filled[name]},
        dropped_lines=total["dropped_lines"],
        dropped_chars=total["dropped_chars"],
        repeated_chars=total["repeated_chars"],
        redacted=_redacted(folder),
    )


# File by file: pyarrow's datasets import pandas, which takes as long as all else that a short run needs.
def _batches(files: Iterable[Path], columns: list[str]) -> Iterator[pa.Table]:
    for file in files:
        for batch in pq.ParquetFile(file, pre_buffer=False).iter_batches(10_000, columns=columns):
            yield pa.Table.from_batches([batch])


def _redacted(folder: Path) -> dict[str, int]:
    found = Counter[str]()
    for flags in _batches([folder / "audit/flags.parquet"], ["flag", "evidence"]):
        for evidence in flags.filter(pc.equal(flags["flag"], "redacted"))["evidence"].to_pylist():
            found.update(counts_in(evidence))
    return dict(sorted(found.items()))


def _filled(column: pa.ChunkedArray) -> int:
    if pa.types.is_list(column.type):
        return int(pc.sum(pc.greater(pc.list_value_length(column), 0)).as_py() or 0)
    return int(len(column) - column.null_count)


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
