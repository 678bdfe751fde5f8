"""The labelers, in the order in which they speak: each sees what those before it have said."""

from __future__ import annotations

from cleaning.labelers import counters, fields, gaps, links, phrases, repeats, templates

LABELERS = (
    phrases.label,
    counters.label,
    fields.label,
    links.label,
    templates.label,
    repeats.label,
    gaps.label,
)
