"""A document with its labels by kind, while its metadata is read; and a value with where it is from."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from cleaning.lines import Label, Lines


class Read(NamedTuple):
    """A value with where it is from."""

    value: str
    line_no: int
    rule: str


class Page(NamedTuple):
    """A document with what is said of it."""

    lines: Lines
    document: int
    rows: range
    by_kind: dict[str, list[Label]]
    """For each label its lines, each once, in page order."""
    gone: list[bool]
    """Whether a label takes each row of the batch out of the body."""
    given: Mapping[str, str]
    """What the record says of itself, by the names of `config.RECORD_FIELDS`."""
    url: str
    """'' where it is not known."""

    def of(self, kind: str) -> list[Label]:
        """The lines with this label."""
        return self.by_kind.get(kind, [])

    def no(self, row: int) -> int:
        """The number of the line, from 1."""
        return int(self.lines.line_no[row])


def of_record(page: Page, field: str) -> Read | None:
    """A field of the record, white space set right; None where it has none."""
    given = page.given.get(field)
    if not given:
        return None
    value = " ".join(unicodedata.normalize("NFC", given).split())
    return Read(value, 0, f"record.{field}") if value else None
