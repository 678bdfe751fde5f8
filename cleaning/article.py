"""One cleaned document as a person looks at it: its fields, and every line with what became of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from cleaning.documents import Documents
from cleaning.lines import Label
from cleaning.rule_ids import RuleNote, rule_notes

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


class Reason(NamedTuple):
    """What a rule says of a line."""

    label: str
    rule_id: str
    evidence: str
    decides: bool
    """It is the one that took the line out of the body."""


class ExplainedLine(NamedTuple):
    """A line of the source with every reason given for or against it."""

    number: int
    """1-based, as an editor counts."""
    text: str
    reasons: tuple[Reason, ...]

    @property
    def dropped_by(self) -> Reason | None:
        """The reason that took it out; None where it stands in the body."""
        return next((reason for reason in self.reasons if reason.decides), None)

    @property
    def kept(self) -> bool:
        """Whether it stands in the body."""
        return self.dropped_by is None


@dataclass(frozen=True, repr=False)
class Article:
    """A cleaned document. In a terminal and in a notebook it shows its lines, the dropped ones struck out."""

    text: str
    """The cleaned body: NFC, LF, a paragraph a line."""
    title: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    published_precision: str | None
    published_zone: str | None
    """As stated; None: none is, and `published_at` is read as UTC."""
    publisher: str | None
    section: str | None
    dateline: str | None
    source_credit: str | None
    captions: tuple[str, ...]
    language: str
    language_confidence: float | None
    language_method: str | None
    language_shares: dict[str, float]
    """Languages of a text that is in several, by their share of its letters; empty: it is in one."""
    url: str | None
    encoding: str | None
    encoding_method: str | None
    repairs: tuple[str, ...]
    flags: tuple[str, ...]
    flag_evidence: dict[str, str]
    evidence: tuple[tuple[str, int, str], ...]
    """Metadata field, number of the line that it is from (0: the record or its address), and the rule that read it."""
    fate: str
    """What a run would make of it: `published`, `rejected`, `quarantined` (or `duplicate`, in a dataset)."""
    fate_reason: str | None
    lines: tuple[ExplainedLine, ...]
    whys: dict[str, str]
    """What each rule that says something of a line is for, by its id."""

    def __repr__(self) -> str:
        kept = sum(line.kept for line in self.lines)
        return f"<Article {self.title or self.text[:40]!r}: {kept} of {len(self.lines)} lines kept, {self.fate}>"

    def fields(self) -> dict[str, str]:
        """What is known of the article, for people: names and values, without what is empty."""
        confidence = f" ({self.language_confidence:.2f})" if self.language_confidence is not None else ""
        values = {
            "title": self.title,
            "authors": ", ".join(self.authors),
            "published": self._published(),
            # Nothing says whether its zone was stated.
            "updated": self.updated_at and f"{self.updated_at:%Y-%m-%d %H:%M} (as UTC)",
            "publisher": self.publisher,
            "section": self.section,
            "dateline": self.dateline,
            "source credit": self.source_credit,
            "captions": " / ".join(self.captions),
            "language": f"{self.language}{confidence}",
            "language shares": ", ".join(f"{tag} {share:.0%}" for tag, share in self.language_shares.items()),
            "url": self.url,
            "encoding": self.encoding and f"{self.encoding} ({self.encoding_method})",
            "repairs": ", ".join(self.repairs),
            "flags": "; ".join(f"{name}: {self.flag_evidence.get(name, '')}".rstrip(": ") for name in self.flags),
            "fate": self.fate + (f" ({self.fate_reason})" if self.fate_reason else ""),
        }
        return {name: value for name, value in values.items() if value} | self._sources()

    def _published(self) -> str | None:
        """As exactly as it is stated, and in UTC only where a zone is."""
        if self.published_at is None:
            return None
        if form := _FORMS.get(self.published_precision or ""):
            return self.published_at.strftime(form)
        zone = "UTC" if self.published_zone else "(no zone stated, read as UTC)"
        return f"{self.published_at:%Y-%m-%d %H:%M} {zone}"

    def _sources(self) -> dict[str, str]:
        """Where the values are from: `title line 3 (fields.title.headline), …`."""
        where = [f"{name} {_place(line, rule)} ({rule})" for name, line, rule in self.evidence]
        return {"metadata from": ", ".join(where)} if where else {}

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "lines"}
        for name in ("published_at", "updated_at"):
            values[name] = values[name] and values[name].isoformat()
        lines = [
            {"line": line.number, "kept": line.kept, "text": line.text, "labels": [r._asdict() for r in line.reasons]}
            for line in self.lines
        ]
        return values | {"lines": lines}

    def plain(self) -> Iterator[str]:
        """The article as plain lines of text, for a pipe; nothing in them can steer a terminal."""
        for name, value in self.fields().items():
            yield f"{name}: {one_line(value)}"
        yield ""
        for line in self.lines:
            why = "; ".join(f"{r.label} {r.rule_id}: {r.evidence}" for r in line.reasons)
            mark = "keep" if line.kept else "DROP"
            yield f"{line.number:>4} {mark}  {visible(line.text)}" + (f"   [{visible(why)}]" if why else "")
        yield from [""] if self.whys else []
        for name, why in self.whys.items():
            yield f"{visible(name)}: {one_line(why)}"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        for name, value in self.fields().items():
            yield Text.assemble((f"{name}: ", "bold"), one_line(value))
        yield Text()
        for line in self.lines:
            number = (f"{line.number:>4} {'    ' if line.kept else 'DROP'}  ", "dim")
            why = Text("   ".join(f"{r.rule_id}: {visible(r.evidence)}" for r in line.reasons), style="italic cyan")
            body = Text(visible(line.text), style="" if line.kept else "strike red")
            yield Text.assemble(number, body, "  " if why else "", why)
        yield from [Text()] if self.whys else []
        for name, said in self.whys.items():
            yield Text.assemble((f"{visible(name)}: ", "italic cyan"), one_line(said))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(visible(value))}</td></tr>"
            for name, value in self.fields().items()
        )
        lines = "".join(map(_line_html, self.lines))
        return f"<div><table>{rows}</table><div style='max-width:60em'>{lines}</div></div>"


# Of a date that states no time.
_FORMS = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}


def _place(line: int, rule: str) -> str:
    """Where a value stands: a line, the page's address, or a field of the record."""
    if line:
        return f"line {line}"
    return "from the address" if rule.endswith(".address") else "given"


def _line_html(line: ExplainedLine) -> str:
    why = html.escape(visible("; ".join(f"{r.label} ({r.rule_id}): {r.evidence}" for r in line.reasons)), quote=True)
    text = html.escape(visible(line.text))
    note = f" <small style='color:#777'>{why}</small>" if why else ""
    shown = text if line.kept else f"<del style='color:#a33'>{text}</del>"
    return f"<p style='margin:.3em 0' title=\"{why}\"><small style='color:#999'>{line.number}</small> {shown}{note}</p>"


# C0, DEL, C1, and the controls that turn the direction of text around.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def visible(text: str) -> str:
    r"""Text whose control characters are shown, not obeyed.

    >>> visible("a\x1b[31mred")
    'a\\x1b[31mred'
    """
    return _STEERING.sub(lambda hit: hit.group().encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """The same where a line feed would look like the next field."""
    return visible(text).replace("\n", "\\n")


def whys_of(lines: Iterable[ExplainedLine], notes: Mapping[str, RuleNote]) -> dict[str, str]:
    """What each rule that says something of a line is for, in the order in which they do; unknown ones left out."""
    ids = dict.fromkeys(reason.rule_id for line in lines for reason in line.reasons)
    return {name: notes[name].why for name in ids if name in notes}


def explain(documents: Documents, document: int) -> Article:
    """One document of a batch as an Article."""
    lines, labels = documents.lines, documents.labels
    rows = lines.rows(document)
    reasons: dict[int, list[tuple[int, Label]]] = {row: [] for row in rows}
    for index, label in enumerate(labels):
        if label.row in reasons:
            reasons[label.row].append((index, label))
    decided = documents.bodies.decided_by
    record, metadata, fate = documents.records[document], documents.metadata[document], documents.fates[document]
    language, flags = documents.languages[document], documents.flags[document]
    explained = tuple(
        ExplainedLine(
            int(lines.line_no[row]),
            lines.raw[row],
            tuple(Reason(*label[1:], decides=bool(index == decided[row])) for index, label in reasons[row]),
        )
        for row in rows
    )
    return Article(
        text=documents.bodies.texts[document],
        title=metadata.title,
        authors=tuple(metadata.authors),
        published_at=metadata.published_at,
        updated_at=metadata.updated_at,
        published_precision=metadata.published_precision,
        published_zone=metadata.published_zone,
        publisher=metadata.publisher,
        section=metadata.section,
        dateline=metadata.dateline,
        source_credit=metadata.source_credit,
        captions=tuple(metadata.captions),
        language=language.tag,
        language_confidence=language.confidence,
        language_method=language.method,
        language_shares=dict(documents.language_shares[document]),
        url=record.given.get("url"),
        encoding=documents.encodings[document],
        encoding_method=documents.encoding_methods[document],
        repairs=documents.repairs[document],
        flags=tuple(name for name, _ in flags),
        flag_evidence=dict(flags),
        evidence=metadata.evidence,
        fate=fate.fate,
        fate_reason=f"{fate.rule_id}: {fate.evidence}" if fate.rule_id else None,
        lines=explained,
        whys=whys_of(explained, rule_notes(lines.own_packs)),
    )
