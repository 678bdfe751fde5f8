"""README.md of a dataset: its card, with the data dictionary and measured numbers."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jinja2

from cleaning.tables import ARTICLES
from pipelines.summary import Summary

# Hugging Face's names for sizes: https://hf.co/docs/hub/datasets-cards
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))
_DUPLICATES = {"drop": "left out", "flag": "marked in duplicate_of", "off": "not looked for"}


def write_card(manifest: Mapping[str, Any], summary: Summary) -> str:
    """The card as Markdown. Nothing of a record's text stands in it."""
    template = resources.files("pipelines").joinpath("templates/card.md").read_text("utf-8")
    page = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return page.from_string(template).render(
        name=html.escape(manifest["name"]),
        version=manifest["pipeline_version"],
        rows=manifest["rows"],
        duplicates=_DUPLICATES[manifest["config"]["duplicates"]],
        against=[html.escape(f"{each['name']} ({each['rows']:,} rows)") for each in manifest["against"]],
        records=manifest["ledger"]["records"],
        lines=manifest["ledger"]["lines"],
        dropped=summary.dropped_by_label,
        language_counts=summary.languages,
        languages=sorted({tag.split("-")[0] for tag in summary.languages if tag != "und"}),
        size_category=next((name for bound, name in _SIZES if manifest["rows"] < bound), "10M<n<100M"),
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
