"""What a reader of a row should know of it, each flag with what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from cleaning.assemble import Bodies
from cleaning.formats.markup import markup_left
from cleaning.lines import Label, Lines
from cleaning.metadata import Metadata
from cleaning.repair import mojibake_left
from cleaning.spoken import find_spoken

Flags = tuple[tuple[str, str], ...]
"""Names of flags, sorted, each with its evidence."""

_TELLING = frozenset(("extraction-gap", "template-heading", "generated-section"))
_REPEATED = "repeats.body"
"""Labels, and a rule, that flags are read from."""

_BULLETS = ("-", "•", "*", "·", "–", "▪", "‣")


def read_flags(
    lines: Lines,
    labels: Sequence[Label],
    bodies: Bodies,
    metadata: Sequence[Metadata],
    redacted: Mapping[int, str] | None = None,
) -> list[Flags]:
    """Flags of each document of a batch, from the labels of its lines, from its body and from its metadata.

    `repeated-body`: a body, or a part of it, stands there twice. `generated-summary`: sections that a
    machine's summary has. `extraction-gap`: the scraper lost words. `mojibake-left`: characters that look
    broken still. `markup-left`: the body is HTML. `kept-whole`: it would have lost so much that lines stay which
    labels would drop. `redacted`: values stand there no more; `redacted` says of each document how many.
    `contradicts-page`: the record gives other authors or another day than its page prints, or a title that has less
    than a third of the words of the shorter one in common with it: two headlines of one article share more.
    `date-unreadable`, `date-ambiguous`, `date-in-future`: of the record's dates and the page's, see `metadata.times`.
    """
    by_document: dict[int, list[Label]] = defaultdict(list)
    said = find_spoken(lines, labels).columns()
    telling = [labels[at] for at in np.flatnonzero(said.named(_TELLING) | said.ruled(_REPEATED.__eq__)).tolist()]
    documents = lines.documents_of([label.row for label in telling]).tolist()
    for document, label in zip(documents, telling, strict=True):
        by_document[document].append(label)
    found: list[Flags] = []
    for document, text in enumerate(bodies.texts):
        flags = dict(metadata[document].flags)
        own = by_document[document]
        if gaps := [label.evidence for label in own if label.label == "extraction-gap"]:
            flags["extraction-gap"] = "; ".join(gaps[:3])
        if evidence := _generated(lines, own):
            flags["generated-summary"] = evidence
        if copies := [label for label in own if label.rule_id == _REPEATED]:
            flags["repeated-body"] = f"{len(copies)} lines, from line {lines.line_no[copies[0].row]} on"
        if redacted and document in redacted:
            flags["redacted"] = redacted[document]
        if document in bodies.spared:
            flags["kept-whole"] = bodies.spared[document]
        if mojibake_left(text):
            flags["mojibake-left"] = "characters that look like text read in the wrong charset"
        if tags := markup_left(text):
            flags["markup-left"] = tags
        found.append(tuple(sorted(flags.items())))
    return found


def _generated(lines: Lines, said: Sequence[Label]) -> str | None:
    """A heading that only such tools write; or two that summaries have; or one over a list of points."""
    sure = [label.row for label in said if label.label == "template-heading"]
    headings = sorted({label.row for label in said if label.label == "generated-section"})
    over_points = [row for row in headings if _points_below(lines, row) >= 2]
    if sure or len(headings) >= 2 or over_points:
        names = [f"'{lines.text(row)[:40]}'" for row in (sure + headings)[:3]]
        return f"sections {', '.join(names)}"
    return None


def _points_below(lines: Lines, row: int) -> int:
    count = 0
    while row + 1 < len(lines) and lines.line_no[row + 1] > lines.line_no[row]:
        row += 1
        if not lines.text(row).startswith(_BULLETS):
            break
        count += 1
    return count
