"""Records into cleaned documents: the one way through the stages, for a notebook, a worker and a cluster.

bytes → text → repaired text → LINES → LABELS → bodies → metadata, language, signals. Nothing here knows
where records come from or where documents go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cleaning.assemble import Bodies, assemble
from cleaning.config import Config
from cleaning.decode import UndecodableError, decode
from cleaning.flags import read_flags
from cleaning.foreign import Share, find_foreign
from cleaning.labelers import LABELERS
from cleaning.language import Language, detect_languages
from cleaning.lines import Label, Lines, split
from cleaning.metadata import Metadata, read_metadata
from cleaning.records import Problem, Record
from cleaning.repair import repair
from cleaning.rules import load_rules


class Fate(NamedTuple):
    """What becomes of a record, and why."""

    fate: str
    """`published`, `duplicate`, `rejected` or `quarantined`."""
    rule_id: str | None = None
    evidence: str | None = None


PUBLISHED = Fate("published")


@dataclass(frozen=True)
class Documents:
    """A batch of records after every stage that looks at one document at a time.

    All sequences but `lines` and `labels` have one entry for each record, in the order of the records.
    """

    records: Sequence[Record]
    fates: list[Fate]
    """Before duplicates are known: published, rejected or quarantined."""
    encodings: list[str | None]
    encoding_methods: list[str | None]
    """How the charset was found: `Decoded.method`."""
    source_chars: list[int]
    repairs: list[tuple[str, ...]]
    lines: Lines
    labels: list[Label]
    bodies: Bodies
    metadata: list[Metadata]
    languages: list[Language]
    language_shares: list[tuple[Share, ...]]
    """The languages of each document that is in several; else ()."""
    flags: list[tuple[tuple[str, str], ...]]
    """Flags of each document with their evidence."""


def clean_records(records: Sequence[Record], config: Config) -> Documents:
    """Take records through all stages. A record that makes a stage raise is quarantined, the others are not.

    Raises nothing but what the machine raises (MemoryError, KeyboardInterrupt).
    """
    load_rules()  # a pack that is wrong is no record's fault
    try:
        return _clean(records, config)
    except Exception:
        culprits = _culprits(records, config)
        if not culprits:
            raise  # only together do they fail: that is a fault of ours, not of a record
        return _clean([culprits.get(number, record) for number, record in enumerate(records)], config)


def _culprits(records: Sequence[Record], config: Config, first: int = 0) -> dict[int, Record]:
    """The records that make a stage raise, by their number, each with that as its problem. By halves."""
    try:
        _clean(records, config)
        return {}
    except Exception as error:
        if len(records) == 1:
            problem = Problem("quarantine.stage-error", f"a stage raised {type(error).__name__}")
            return {first: replace(records[0], problem=problem)}
    half = len(records) // 2
    return _culprits(records[:half], config, first) | _culprits(records[half:], config, first + half)


def _clean(records: Sequence[Record], config: Config) -> Documents:
    texts: list[str] = []
    encodings: list[str | None] = []
    encoding_methods: list[str | None] = []
    repairs: list[tuple[str, ...]] = []
    source_chars: list[int] = []
    problems: list[Problem | None] = []
    for record in records:
        text, encoding, method, problem = _decode(record)
        repaired = repair(text)
        texts.append(repaired.text)
        repairs.append(repaired.repairs)
        source_chars.append(len(text))
        encodings.append(encoding)
        encoding_methods.append(method)
        problems.append(problem)
    lines = split(texts, [record.given.get("url") for record in records])
    labels: list[Label] = []
    for labeler in LABELERS:
        labels += labeler(lines, labels)
    bodies = assemble(lines, labels, config.policy)
    metadata = read_metadata(lines, labels, [_repaired(record.given) for record in records])
    languages = detect_languages(bodies.texts)
    foreign = find_foreign(lines, bodies.kept, languages)
    labels += foreign.labels  # evidence only: the bodies stand
    fates = [
        _fail(problem) if problem else _judge(text, body, language, config)
        for problem, text, body, language in zip(problems, texts, bodies.texts, languages, strict=True)
    ]
    return Documents(
        records, fates, encodings, encoding_methods, source_chars, repairs, lines, labels, bodies, metadata, languages,
        foreign.shares, read_flags(lines, labels, bodies),
    )  # fmt: skip


def _repaired(given: Mapping[str, str]) -> dict[str, str]:
    """A record's own metadata is as broken as its text can be; addresses are left as given."""
    return {name: value if name == "url" else repair(value).text for name, value in given.items()}


def _decode(record: Record) -> tuple[str, str | None, str | None, Problem | None]:
    if record.problem:
        return "", None, None, record.problem
    if isinstance(record.content, str):
        return record.content, None, None, None  # no bytes were read, whatever the record says of them
    try:
        decoded = decode(record.content, record.given.get("encoding"))
    except UndecodableError as error:
        return "", None, None, Problem("quarantine.undecodable", str(error))
    return *decoded, None


def _fail(problem: Problem) -> Fate:
    return Fate("rejected" if problem.rule_id.startswith("reject.") else "quarantined", *problem)


def _judge(text: str, body: str, language: Language, config: Config) -> Fate:
    if not text.strip():
        return Fate("rejected", "reject.empty", "there is no text")
    if not body:
        return Fate("rejected", "reject.nothing-left", "every line is boilerplate or metadata")
    if len(body) < config.min_chars:
        return Fate("rejected", "reject.too-short", f"{len(body)} characters; min_chars is {config.min_chars}")
    if config.languages and not _wanted(language.tag, config.languages):
        return Fate("rejected", "reject.language", f"{language.tag}; wanted: {', '.join(config.languages)}")
    return PUBLISHED


def _wanted(tag: str, languages: Sequence[str]) -> bool:
    return any(tag == wanted or tag.startswith(f"{wanted}-") for wanted in languages)
