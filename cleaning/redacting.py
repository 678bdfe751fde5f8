"""Redaction of a batch: once lines are labelled and metadata read, on everything that will be written of it.

It comes that late because an e-mail address makes a byline and a phone number a footer: rules must see them. It comes
before bodies, languages and signals are described, and it goes over dropped lines, evidence and metadata as well: so
the audit and the ledger speak of the lines as they are published, and nothing that is written holds what was redacted.
What is not touched is how a record is known: url, source_id, source_file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from cleaning.assemble import Bodies
from cleaning.lines import Label, Lines
from cleaning.metadata import Metadata
from cleaning.redaction import redact, spans

_NAMES = {
    "redact.email": ("e-mail address", "e-mail addresses"),
    "redact.phone": ("phone number", "phone numbers"),
    "redact.ip": ("IP address", "IP addresses"),
    "redact.resident-number": ("resident number", "resident numbers"),
}


class RedactedBatch(NamedTuple):
    """A batch without what was to be redacted; everything as long as it was."""

    lines: Lines
    labels: list[Label]
    """With a label `redacted` for each rule on each line, whose evidence is a count."""
    bodies: Bodies
    metadata: list[Metadata]
    evidence: dict[int, str]
    """What was redacted of a document, in words, by its number."""


def redact_batch(
    lines: Lines, labels: Sequence[Label], bodies: Bodies, metadata: Sequence[Metadata], kinds: Sequence[str]
) -> RedactedBatch:
    """See above. `kinds`: of `redaction.KINDS`, at least one."""
    changed = {key: found for key, text in enumerate(lines.distinct) if (found := redact(text, kinds)).counts}
    distinct = [changed[key].text if key in changed else text for key, text in enumerate(lines.distinct)]
    raw = [
        line.replace(lines.distinct[key], distinct[key]) if key in changed else line
        for line, key in zip(lines.raw, lines.key.tolist(), strict=True)
    ]
    clean = replace(lines, raw=raw, distinct=distinct)
    said: dict[int, Counter[str]] = defaultdict(Counter)
    more: list[Label] = []
    rows = [row for row, key in enumerate(lines.key.tolist()) if key in changed]
    for row, document in zip(rows, lines.documents_of(rows).tolist(), strict=True):
        for rule, count in changed[int(lines.key[row])].counts.items():
            more.append(Label(row, "redacted", rule, _count(rule, count)))
            said[document][rule] += count
    plain = [label._replace(evidence=redact(label.evidence, kinds).text) for label in labels]
    texts = []
    for document, text in enumerate(bodies.texts):
        kept = [row for row in clean.rows(document) if bodies.decided_by[row] < 0]
        texts.append("\n".join(clean.text(row) for row in kept) if document in said else text)
    written = [_redact_metadata(one, kinds, said, number) for number, one in enumerate(metadata)]
    spared = {document: redact(why, kinds).text for document, why in bodies.spared.items()}
    return RedactedBatch(
        clean,
        plain + more,
        replace(bodies, texts=texts, spared=spared),
        written,
        {document: ", ".join(_count(*one) for one in sorted(found.items())) for document, found in said.items()},
    )


def _count(rule: str, count: int) -> str:
    one, several = _NAMES[rule]
    return f"{count} {one if count == 1 else several}"


def counts_in(evidence: str) -> dict[str, int]:
    """How many values of each rule the evidence of a flag `redacted` speaks of.

    >>> counts_in("2 e-mail addresses, 1 IP address")
    {'redact.email': 2, 'redact.ip': 1}
    """
    rules = {name: rule for rule, names in _NAMES.items() for name in names}
    pairs = [part.partition(" ")[::2] for part in evidence.split(", ")]
    return {rules[name]: int(count) for count, name in pairs if name in rules}


def _redact_metadata(
    metadata: Metadata, kinds: Sequence[str], said: dict[int, Counter[str]], document: int
) -> Metadata:
    # What flags quote stands elsewhere, and is counted there.
    plain = tuple((flag, redact(evidence, kinds).text) for flag, evidence in metadata.flags)
    changes: dict[str, Any] = {"flags": plain} if metadata.flags else {}
    for name, value in metadata._asdict().items():
        if isinstance(value, str):
            found = redact(value, kinds)
            new: Any = found.text
            counts = [found.counts]
        elif isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            several = [redact(one, kinds) for one in value]
            new, counts = type(value)(one.text for one in several), [one.counts for one in several]
        else:
            continue
        if any(counts):
            changes[name] = new
            for one in counts:
                said[document].update(one)
    if metadata.flags:  # they quote what the record and the page say
        changes["flags"] = tuple((name, redact(evidence, kinds).text) for name, evidence in metadata.flags)
    return metadata._replace(**changes) if changes else metadata


def redacted_excerpt(content: str, length: int, kinds: Sequence[str]) -> str:
    """The first `length` characters of a text without what is to be redacted, nor a piece of it at the cut."""
    if not kinds:
        return content[:length]
    cut = length
    for start, stop, _ in spans(content[: length + 200], kinds):
        if start < cut < stop:
            cut = start
    return redact(content[:cut], kinds).text
