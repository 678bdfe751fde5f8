"""The labelers, in the order in which they speak: each sees what those before it have said."""

from __future__ import annotations

from cleaning.labelers import (
    bios,
    comments,
    contents,
    context,
    counters,
    enclosed,
    fields,
    gaps,
    header,
    imprint,
    letters,
    line_model,
    linked,
    links,
    liveblog,
    notes,
    phrases,
    pictures,
    repeats,
    stamped,
    subheads,
    tags,
    templates,
)

RULES = (
    header.label,
    phrases.label,
    counters.label,
    comments.label,
    pictures.label_listed,
    letters.label,
    fields.label,
    contents.label,
    linked.label,
    links.label,
    enclosed.label,
    stamped.label,
    notes.label,
    pictures.label,
    liveblog.label,
    tags.label,
    templates.label,
    repeats.label,
    context.label,
    subheads.label,
)
"""Those that the line model builds on."""

LABELERS = (*RULES, line_model.label, bios.label, imprint.label, gaps.label)
