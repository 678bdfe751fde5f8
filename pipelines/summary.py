"""What a run did, stage by stage, read from the tables it wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.labels import label_kinds
from cleaning.redacting import counts_in
from pipelines.ledger import counts

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
    """The numbers of a dataset that lies in `folder`, from data/ and audit/."""
    labels = pq.read_table(folder / "audit/labels.parquet", columns=["label", "decides"], read_dictionary=["label"])
    dropped = counts(labels.filter(labels["decides"])["label"])
    kinds = label_kinds()
    kept = labels.filter(pc.invert(labels["decides"]))
    evidence = {name: count for name, count in counts(kept["label"]).items() if kinds[name].family == "evidence"}
    families: Counter[str] = Counter()
    for name, count in dropped.items():
        families[kinds[name].family] += count
    fates = pq.read_table(folder / "audit/fates.parquet", columns=["rule_id"], read_dictionary=["rule_id"])
    columns = [
        "language",
        "encoding",
        "repairs",
        "flags",
        "dropped_lines",
        "dropped_chars",
        "repeated_chars",
        *_METADATA,
    ]
    # File by file: pyarrow's datasets import pandas, which takes as long as all else that a short run needs.
    files = sorted((folder / "data").glob("*.parquet"))
    rows = pa.concat_tables([pq.ParquetFile(file).read(columns) for file in files], promote_options="none")
    return Summary(
        published=len(rows),
        fates_by_rule=counts(fates["rule_id"]),
        dropped_by_label=dropped,
        dropped_by_family=dict(families.most_common()),
        kept_labels=evidence,
        languages=counts(rows["language"]),
        encodings=counts(rows["encoding"]),
        repairs=counts(pc.list_flatten(rows["repairs"])),
        flags=counts(pc.list_flatten(rows["flags"])),
        metadata={name: count for name in _METADATA if (count := _filled(rows[name]))},
        dropped_lines=_total(rows["dropped_lines"]),
        dropped_chars=_total(rows["dropped_chars"]),
        repeated_chars=_total(rows["repeated_chars"]),
        redacted=_redacted(folder),
    )


def _redacted(folder: Path) -> dict[str, int]:
    flags = pq.read_table(folder / "audit/flags.parquet", columns=["flag", "evidence"])
    found: Counter[str] = Counter()
    for evidence in flags.filter(pc.equal(flags["flag"], "redacted"))["evidence"].to_pylist():
        found.update(counts_in(evidence))
    return dict(sorted(found.items()))


def _filled(column: pa.ChunkedArray) -> int:
    if pa.types.is_list(column.type):
        return int(pc.sum(pc.greater(pc.list_value_length(column), 0)).as_py() or 0)
    return int(len(column) - column.null_count)


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
