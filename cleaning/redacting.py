"""Redaction of a batch: once lines are labelled and metadata read, on everything that will be written of it.

It comes that late because an e-mail address makes a byline and a phone number a footer: rules must see them. It comes
before bodies, languages and signals are described, and it goes over dropped lines, evidence and metadata as well: so
the audit and the ledger speak of the lines as they are published, and nothing that is written holds what was redacted.
What is not touched is how a record is known: url, source_id, source_file.

Evidence quotes the first characters of a line, so a value may be cut there, and a cut value has no longer the form of
one. Therefore the values of a document are known when its evidence is redacted: their beginnings go too, see `Values`.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
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


# A shorter piece of a value tells nothing.
_LEAST_PIECE = 5
# Evidence quotes no fewer characters of what it cuts: a quotation that ends before is whole.
_LEAST_CUT = 40
# What evidence writes behind a quotation.
_BEHIND = "',;"


class Values:
    """The values of one document, to be found where their form does not say so: cut, or without the words around.

    >>> values = Values(["Write to the harbour: kim@example.kr"], ("emails",))
    >>> values.redact("the record says 'Write to the harbour: kim@exa'", ("emails",))
    "the record says 'Write to the harbour: [email]'"
    """

    def __init__(self, texts: Iterable[str], kinds: Sequence[str]) -> None:
        self._marks = {
            _folded(text[start:stop]): pattern.mark for text in texts for start, stop, pattern in spans(text, kinds)
        }
        self._sorted = sorted(self._marks)
        self._heads = {value[:_LEAST_PIECE] for value in self._sorted}
        self._lengths = sorted({len(value) for value in self._sorted}, reverse=True)

    def redact(self, text: str, kinds: Sequence[str]) -> str:
        """The text without values: what has the form of one, each value of the document, and each beginning of one,
        of 5 characters or more, behind which a quotation ends."""
        return redact(self._without(text) if self._heads else text, kinds).text

    def _without(self, text: str) -> str:
        folded = _folded(text)
        ends = [at for at, character in enumerate(folded) if at >= _LEAST_CUT and character in _BEHIND]
        ends.append(len(text))
        out, last, at = [], 0, 0
        while at + _LEAST_PIECE <= len(text):
            if folded[at : at + _LEAST_PIECE] in self._heads and (found := self._at(folded, at, ends)):
                stop, mark = found
                out += [text[last:at], mark]
                last = at = stop
            else:
                at += 1
        return "".join([*out, text[last:]]) if out else text

    def _at(self, folded: str, at: int, ends: list[int]) -> tuple[int, str] | None:
        """Where a value that begins here stops, whole or cut, and its mark."""
        for length in self._lengths:
            if mark := self._marks.get(folded[at : at + length]):
                return at + length, mark
        longest = self._lengths[0]
        for stop in ends[bisect_left(ends, max(at + _LEAST_PIECE, _LEAST_CUT)) :]:
            if stop - at > longest:
                break
            piece = folded[at:stop]
            first = bisect_left(self._sorted, piece)
            if first < len(self._sorted) and self._sorted[first].startswith(piece):
                return stop, self._marks[self._sorted[first]]
        return None


def _folded(text: str) -> str:
    """As long as the text, with one form for what metadata writes in another: full width, case, dashes."""
    return text.lower() if text.isascii() else "".join(map(_folded_character, text))


@cache
def _folded_character(character: str) -> str:
    if unicodedata.category(character) == "Pd":
        return "-"
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


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
    lines: Lines,
    labels: Sequence[Label],
    bodies: Bodies,
    metadata: Sequence[Metadata],
    kinds: Sequence[str],
    given: Sequence[Mapping[str, str]] = (),
) -> RedactedBatch:
    """See above. `kinds`: of `redaction.KINDS`, at least one. `given`: what each record says of itself, repaired."""
    changed = {key: found for key, text in enumerate(lines.distinct) if (found := redact(text, kinds)).counts}
    said: dict[int, Counter[str]] = defaultdict(Counter)
    more: list[Label] = []
    rows = [row for row, key in enumerate(lines.key.tolist()) if key in changed]
    clean = lines.with_texts({row: changed[int(lines.key[row])].text for row in rows})
    for row, document in zip(rows, lines.documents_of(rows).tolist(), strict=True):
        for rule, count in changed[int(lines.key[row])].counts.items():
            more.append(Label(row, "redacted", rule, _count(rule, count)))
            said[document][rule] += count
    values = _values(lines, rows, metadata, kinds, given)
    owners = lines.documents_of([label.row for label in labels]).tolist()
    plain = [
        label._replace(evidence=values[document].redact(label.evidence, kinds))
        for document, label in zip(owners, labels, strict=True)
    ]
    texts = []
    for document, text in enumerate(bodies.texts):
        kept = [row for row in clean.rows(document) if bodies.decided_by[row] < 0]
        texts.append("\n".join(clean.text(row) for row in kept) if document in said else text)
    written = [_redact_metadata(one, kinds, said, number, values[number]) for number, one in enumerate(metadata)]
    spared = {document: values[document].redact(why, kinds) for document, why in bodies.spared.items()}
    return RedactedBatch(
        clean,
        plain + more,
        replace(bodies, texts=texts, spared=spared),
        written,
        {document: ", ".join(_count(*one) for one in sorted(found.items())) for document, found in said.items()},
    )


def _values(
    lines: Lines,
    rows: Sequence[int],
    metadata: Sequence[Metadata],
    kinds: Sequence[str],
    given: Sequence[Mapping[str, str]],
) -> list[Values]:
    """The values of each document: of its lines (`rows`: those that have some), of its record, of what was read."""
    texts: list[list[str]] = [[] for _ in range(lines.documents)]
    for row, document in zip(rows, lines.documents_of(rows).tolist(), strict=True):
        texts[document].append(lines.text(row))
    for document, record in enumerate(given):
        texts[document] += record.values()
    for document, one in enumerate(metadata):
        for field in one:
            texts[document] += _strings(field)
    return [Values(of_one, kinds) for of_one in texts]


def _strings(field: Any) -> list[str]:
    several = [field] if isinstance(field, str) else field if isinstance(field, tuple) else []
    return [value for value in several if isinstance(value, str)]


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
    metadata: Metadata, kinds: Sequence[str], said: dict[int, Counter[str]], document: int, values: Values
) -> Metadata:
    # What flags quote stands elsewhere, and is counted there.
    plain = tuple((flag, values.redact(evidence, kinds)) for flag, evidence in metadata.flags)
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
