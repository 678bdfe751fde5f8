"""Records into cleaned documents: the one way through the stages, for a notebook, a worker and a cluster.

bytes → text → repaired text → LINES → LABELS → bodies → metadata, language, signals. Nothing here knows
where records come from or where documents go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cleaning.assemble import Bodies, assemble
from cleaning.collector import seldom_collected
from cleaning.config import Config
from cleaning.decode import UndecodableError, decode
from cleaning.flags import read_flags
from cleaning.foreign import Share, find_foreign
from cleaning.formats import html, markdown
from cleaning.formats.plaintext import Plain
from cleaning.labelers import LABELERS
from cleaning.language import detect_languages
from cleaning.languagetags import Language
from cleaning.linemodel.trees import load_model
from cleaning.lines import Label, Lines, split, with_marks
from cleaning.metadata import Metadata, read_metadata
from cleaning.records import Problem, Reading, Record
from cleaning.redacting import redact_batch
from cleaning.redaction import redact
from cleaning.repair import repair
from cleaning.rules import load_rules
from cleaning.sitelines import SiteLines, thresholds
from cleaning.templates import count_lines, merge_counts
from cleaning.tombstones import bury


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


def read_texts(records: Sequence[Record], config: Config) -> list[Record]:
    """Decode and repair; a record that makes a stage raise stays as it is, and ends where it is cleaned."""
    read = []
    for record in records:
        try:
            read.append(_read(record, config))
        except Exception:
            read.append(record)
    return read


def split_records(records: Sequence[Record]) -> Lines:
    """The lines of records that are decoded and repaired; of the others there is none."""
    texts = [str(record.content) if record.reading else "" for record in records]
    return split(texts, [record.given.get("url") for record in records])


@seldom_collected()
def clean_records(records: Sequence[Record], config: Config, site_lines: SiteLines | None = None) -> Documents:
    """Take records through all stages. A record that makes a stage raise is quarantined, the others are not.

    `site_lines`: what recurs on the pages of a site, where the records are a part of a corpus; else it is
    counted over the records themselves. Raises nothing but what the machine raises (MemoryError, KeyboardInterrupt).
    """
    load_rules(config.rules)  # a pack or a model that is wrong is no record's fault
    load_model()
    load_model("listends")
    records = read_texts(bury(records, config.tombstones), config)
    if site_lines is None:
        enough = len(records) >= thresholds().least_pages
        site_lines = merge_counts([count_lines(split_records(records))] if enough else [])
    try:
        return _clean(records, config, site_lines)
    except Exception:
        _clean([_CANARY], config, SiteLines())  # what fails on this too is a fault of ours or of the machine
        culprits = find_culprits(lambda some: _clean(some, config, site_lines), records, "a stage")
        if not culprits:
            raise  # only together do they fail: that is a fault of ours, not of a record
        return _clean([culprits.get(number, record) for number, record in enumerate(records)], config, site_lines)


_CANARY = Record("canary", 0, content="A line of text, and there is nothing wrong with it.")


def find_culprits(
    attempt: Callable[[Sequence[Record]], object], records: Sequence[Record], stage: str, first: int = 0
) -> dict[int, Record]:
    """The records that make `attempt` raise, by their number, each with that as its problem. By halves.

    `stage`: what the evidence calls it. `first`: the number of the first of `records`.
    """
    try:
        attempt(records)
        return {}
    except Exception as error:
        if len(records) == 1:
            problem = Problem("quarantine.stage-error", f"{stage} raised {type(error).__name__}")
            return {first: replace(records[0], problem=problem, reading=None)}
    half = len(records) // 2
    before = find_culprits(attempt, records[:half], stage, first)
    return before | find_culprits(attempt, records[half:], stage, first + half)


def _clean(records: Sequence[Record], config: Config, site_lines: SiteLines) -> Documents:
    records = [_read(record, config) for record in records]
    readings = [record.reading or _UNREAD for record in records]
    lines = replace(split_records(records), site_lines=site_lines, own_packs=config.rules)
    lines = with_marks(lines, [(reading.linked, reading.headline) for reading in readings])
    labels: list[Label] = []
    for labeler in LABELERS:
        labels += labeler(lines, labels)
    bodies = assemble(lines, labels, config.policy, config.max_loss)
    given = [_repaired(record.given) for record in records]
    metadata = read_metadata(lines, labels, given)
    redacted: dict[int, str] = {}
    if config.redact:
        lines, labels, bodies, metadata, redacted = redact_batch(lines, labels, bodies, metadata, config.redact, given)
    languages = detect_languages(bodies.texts)
    foreign = find_foreign(lines, bodies.kept, languages)
    labels += foreign.labels  # evidence only: the bodies stand
    fates = [
        _fail(record.problem) if record.problem else _judge(str(record.content), body, language, config)
        for record, body, language in zip(records, bodies.texts, languages, strict=True)
    ]
    if config.redact:
        fates = [fate._replace(evidence=fate.evidence and redact(fate.evidence, config.redact).text) for fate in fates]
    return Documents(
        records=records,
        fates=fates,
        encodings=[reading.encoding for reading in readings],
        encoding_methods=[reading.encoding_method for reading in readings],
        source_chars=[reading.source_chars for reading in readings],
        repairs=[reading.repairs for reading in readings],
        lines=lines,
        labels=labels,
        bodies=bodies,
        metadata=metadata,
        languages=languages,
        language_shares=foreign.shares,
        flags=read_flags(lines, labels, bodies, metadata, redacted),
    )


def _repaired(given: Mapping[str, str]) -> dict[str, str]:
    """A record's own metadata is as broken as its text can be; addresses are left as given."""
    return {name: value if name == "url" else repair(value).text for name, value in given.items()}


_FORMATS = (("html", html.is_html, html.plain), ("markdown", markdown.is_markdown, markdown.plain))
_UNREAD = Reading(None, None, (), 0)


def _read(record: Record, config: Config) -> Record:
    """The record with its content decoded and repaired, or with a problem."""
    if record.problem or record.reading:
        return record
    encoding = method = None
    if isinstance(record.content, bytes):
        try:
            text, encoding, method = decode(
                record.content, record.given.get("encoding") or html.charset_of(record.content)
            )
        except UndecodableError as error:
            return replace(record, problem=Problem("quarantine.undecodable", str(error)))
    else:
        text = record.content  # no bytes were read, whatever the record says of them
    repaired = repair(text)
    said = Plain(repaired.text)
    for kind, is_such, read in _FORMATS:
        if getattr(config, kind) == "plain" and is_such(repaired.text):
            said, before = read(repaired.text), repaired
            if said.text == before.text:
                break
            repaired = repair(said.text)  # references such as `&shy;` hide what is to be repaired
            if repaired.text.count("\n") != said.text.count("\n"):
                said = Plain(repaired.text)
            repaired = repaired._replace(repairs=tuple(sorted({*before.repairs, *repaired.repairs, kind})))
            break
    lines = repaired.text.count("\n") + 1
    if lines > config.max_record_lines:
        why = f"{lines:,} lines, more than max_record_lines = {config.max_record_lines:,}"
        return replace(record, problem=Problem("quarantine.too-many-lines", why))
    reading = Reading(encoding, method, repaired.repairs, len(text), said.linked, said.headline)
    return replace(record, content=repaired.text, reading=reading)


def _fail(problem: Problem) -> Fate:
    return Fate("rejected" if problem.rule_id.startswith("reject.") else "quarantined", *problem)


# Han, kana and Hangul: one says what two letters and more say.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _judge(text: str, body: str, language: Language, config: Config) -> Fate:
    if not text.strip():
        return Fate("rejected", "reject.empty", "there is no text")
    if not body:
        return Fate("rejected", "reject.nothing-left", "every line is boilerplate or metadata")
    if len(body) < config.min_chars and (chars := len(body) + len(_DENSE.findall(body))) < config.min_chars:
        return Fate("rejected", "reject.too-short", f"{chars} characters; min_chars is {config.min_chars}")
    if config.languages and not _wanted(language.tag, config.languages):
        return Fate("rejected", "reject.language", f"{language.tag}; wanted: {', '.join(config.languages)}")
    return PUBLISHED


def _wanted(tag: str, languages: Sequence[str]) -> bool:
    return any(tag == wanted or tag.startswith(f"{wanted}-") for wanted in languages)
