"""README.md of a dataset: its card, with front matter, data dictionary and measured numbers."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jinja2

from cleaning.tables import ARTICLES
from pipelines.checks.found import count_of
from pipelines.manifest import version_of
from pipelines.papers.front_matter import front_matter
from pipelines.papers.licence import about_of, authors_of, licence_of, title_of
from pipelines.papers.statements import LIMITS, personal, steps, takedown
from pipelines.summary import Summary

_DUPLICATES = {"drop": "left out", "flag": "marked in duplicate_of", "off": "not looked for"}


def write_card(manifest: Mapping[str, Any], summary: Summary, arrow_bytes: int) -> str:
    """The card as Markdown. Nothing of a record's text stands in it, and what the settings say is no markup."""
    template = resources.files("pipelines").joinpath("templates/card.md").read_text("utf-8")
    page = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    about, licence = about_of(manifest), licence_of(manifest)
    head = front_matter(manifest, summary.languages, arrow_bytes)
    return head + page.from_string(template).render(
        name=html.escape(manifest["name"]),
        title=_plain(title_of(manifest)),
        version=version_of(manifest),
        tamis=manifest["pipeline_version"],
        description=_plain(about.get("description", "")),
        attribution=_plain(about.get("attribution", "")),
        authors="; ".join(map(_plain, authors_of(manifest))) or f"The makers of {_plain(title_of(manifest))}",
        licence=licence and _plain(f"{licence.name} ({licence.url})" if licence.url else licence.name),
        rows=manifest["rows"],
        duplicates=_DUPLICATES[manifest["config"]["duplicates"]],
        against=[html.escape(f"{each['name']} ({count_of(each['rows'], 'row')})") for each in manifest["against"]],
        removed=summary.fates_by_rule.get("reject.removed", 0),
        records=manifest["ledger"]["records"],
        lines=manifest["ledger"]["lines"],
        fates=summary.fates_by_rule,
        dropped=summary.dropped_by_label,
        dropped_chars=summary.dropped_chars,
        repeated_chars=summary.repeated_chars,
        language_counts=summary.languages,
        flags=summary.flags,
        redacted=summary.redacted,
        filled=summary.metadata,
        steps=steps(manifest),
        limits=LIMITS,
        personal=personal(manifest),
        takedown=_plain(takedown(manifest)),
        columns=[
            {
                "name": field.name,
                "type": str(field.type.value_type if str(field.type).startswith("dictionary") else field.type),
                "nullable": field.nullable,
                "meaning": field.metadata[b"description"].decode().replace("|", "\\|"),
            }
            for field in ARTICLES
        ],
        config=json.dumps(manifest["config"], indent=2, ensure_ascii=False),
        config_sha256=manifest["config_sha256"],
    )


def _plain(text: str) -> str:
    """For Markdown, on one line: HTML escaped, and no line of it a heading, a fence or a table."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|").replace("`", "'")
