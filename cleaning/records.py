"""One input record as it was read, and who it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Problem(NamedTuple):
    """Why a record cannot be cleaned."""

    rule_id: str
    """Such as `quarantine.bad-json`."""
    evidence: str
    """One line for a person; at most a short piece of the record."""


class Reading(NamedTuple):
    """What decoding and repair had to do with a record's content."""

    encoding: str | None
    """Charset read; None where the content came as text."""
    encoding_method: str | None
    """How the charset was found: `Decoded.method`; None as above."""
    repairs: tuple[str, ...]
    """Kinds of repair made, sorted."""
    source_chars: int
    """Characters before repair."""
    linked: tuple[int, ...] = ()
    """Of a text that was Markdown what `Plain.linked` says: the numbers of the lines that are nothing but links."""
    headline: int = 0
    """Of such a text what `Plain.headline` says: the number of the line that is its heading; else 0."""


@dataclass(frozen=True)
class Record:
    """One input record. Content that is bytes is decoded later, in the worker that cleans it."""

    source_file: str
    source_row: int
    """Which record of the file, from 0."""
    source_id: str | None = None
    content: str | bytes = ""
    """The article: text, or bytes in a charset still to be found."""
    given: Mapping[str, str] = field(default_factory=dict)
    """The record's own metadata, by the names of `config.RECORD_FIELDS`; no empty values."""
    problem: Problem | None = None
    """Set where reading has failed already: the record is quarantined."""
    reading: Reading | None = None
    """Set once the content is decoded and repaired."""

    @property
    def identity(self) -> str:
        """What makes it this record and not another: its url, else its file and its id or row."""
        if url := self.given.get("url"):
            return f"url\n{url}"
        if self.source_id is not None:
            return f"id\n{self.source_file}\n{self.source_id}"
        return f"row\n{self.source_file}\n{self.source_row}"


def doc_id(identity: str, twin: int = 0) -> str:
    """32 hex digits. `twin` counts the records of one identity, in source order, from 0.

    >>> doc_id("url\\nhttps://example.com/1") == doc_id("url\\nhttps://example.com/1", twin=1)
    False
    """
    # The number is no part of the text: an identity that ends in it would be another's twin.
    person = twin.to_bytes(8, "little")
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16, person=person).hexdigest()
