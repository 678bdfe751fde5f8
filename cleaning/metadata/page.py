"""A document with its labels by kind, while its metadata is read; and a value with where it is from."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from cleaning.lines import Label


class Read(NamedTuple):
    """A value with where it is from."""

    value: str
    line_no: int
    rule: str


class Page(NamedTuple):
    """A document with what is said of it."""

    texts: list[str]
    """The trimmed text of each row of the batch."""
    numbers: list[int]
    """The number of each row of the batch in its text, from 1."""
    rows: range
    """Those of the document."""
    site: str
    """Registrable domain of its address; '' where it is not known."""
    by_kind: dict[str, list[Label]]
    """For each label its lines, each once, in page order."""
    opening: list[int]
    """The first rows of the body, where a dateline may stand."""
    closing: int
    """The last row of the body, where it may be signed at its end; else -1."""
    given: Mapping[str, Read]
    """What the record says of itself, else the header over its text, by the names of `config.RECORD_FIELDS`."""
    url: str
    """'' where it is not known."""

    def of(self, kind: str) -> list[Label]:
        """The lines with this label."""
        return self.by_kind.get(kind, [])

    def no(self, row: int) -> int:
        """The number of the line, from 1."""
        return self.numbers[row]

    def text(self, row: int) -> str:
        """The trimmed text of a row."""
        return self.texts[row]


def all_given(record: Mapping[str, str], header: Mapping[str, Read]) -> dict[str, Read]:
    """`Page.given` of what a record and the header of its text say; without the address, which is `Page.url`."""
    fields = {field: value for field, value in record.items() if value and field != "url"}
    return {**header, **{field: Read(value, 0, f"record.{field}") for field, value in fields.items()}}


def of_record(page: Page, field: str) -> Read | None:
    """A field of the record, white space set right; None where it has none."""
    own = page.given.get(field)
    if own is None:
        return None
    value = " ".join(unicodedata.normalize("NFC", own.value).split())
    return own._replace(value=value) if value else None


def who_says(line_no: int) -> str:
    """How a flag names who gives a value.

    >>> who_says(0), who_says(2)
    ('the record', 'line 2')
    """
    return f"line {line_no}" if line_no else "the record"
