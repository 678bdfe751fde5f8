"""What is true of every dataset that tamis makes, said once: the card and croissant.json both say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.papers.licence import about_of

LIMITS = (
    "What is boilerplate is told from the text alone, by rules and by form; both err. The audit shows each decision.",
    "Metadata is what the record or the page states. A time without a zone is read as UTC (published_zone: null).",
    "Languages are told from at most a thousand characters, taken from all parts of the body. Some that langdetect "
    "does not know pass for a neighbour: Galician for Spanish, Turkmen for Turkish, Bosnian without words of its own "
    "for Croatian.",
    "What the articles say was not checked: errors, opinions and prejudices of the sources stand as they were written.",
)
"""Known limits, a sentence or two each."""


def steps(manifest: Mapping[str, Any]) -> list[str]:
    """How the dataset was made, a sentence a step."""
    config = manifest.get("config", {})
    duplicates = {"drop": "left out", "flag": "marked in duplicate_of", "off": "not looked for"}
    kinds = config.get("redact") or ()
    found = [
        "Bytes were decoded by a cascade of tests, mojibake repaired where that is sure, the text normalised to NFC.",
        f"Lines were labelled by rules and by form; what policy {config.get('policy', '')!r} drops left the text.",
        "Title, authors, dates and other metadata were read from the record and from the lines of its page.",
        f"Duplicates, exact, near or contained, are {duplicates.get(config.get('duplicates', ''), 'left out')}.",
        "The result was held against suites of expectations (reports/).",
    ]
    if kinds:
        found.insert(3, f"Redacted, by patterns: {', '.join(kinds)}.")
    return found


def personal(manifest: Mapping[str, Any]) -> list[str]:
    """What of persons stands in the dataset."""
    kinds = (manifest.get("config") or {}).get("redact") or ()
    found = [
        "News names persons, and says of some what is sensitive: health, beliefs, crimes they are accused of. Names of "
        "authors stand in the column authors."
    ]
    if kinds:
        found.append(
            f"{', '.join(kinds).capitalize()} were replaced by marks such as [email] in text, title and other columns, "
            "by patterns, which miss some. url, source_id and source_file are as given."
        )
    else:
        found.append("Nothing was redacted: e-mail addresses and phone numbers stand where the article prints them.")
    return found


def takedown(manifest: Mapping[str, Any]) -> str:
    """How a person or a publisher has a record taken out."""
    contact = about_of(manifest).get("contact", "")
    who = f"to {contact}" if contact else "to whoever published the dataset"
    return (
        f"Write {who} and name the doc_id or the url. The record leaves the next patch release; its id stays in "
        "tombstones.jsonl, so that later releases do not bring it back. Please delete it from copies of your own."
    )
