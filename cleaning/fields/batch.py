"""The lines of a batch while its metadata is read: what rules say of them, and what has been read of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleaning.codes import spans_of
from cleaning.fields.fieldlines import NOTHING, FieldLine, read_field_line
from cleaning.fields.heads import Place
from cleaning.fields.looks import LATER, look
from cleaning.fields.sitetitles import OfSite
from cleaning.lines import Lines


@dataclass(frozen=True)
class Batch:
    """The lines of a batch, what has been read of them, and what is said of them."""

    lines: Lines
    keys: list[int]
    texts: list[str]
    """The trimmed text of each row."""
    taken: set[int]
    """Rows that other rules have spoken of."""
    gone: list[int]
    """Those of them that leave the body, ascending."""
    is_gone: list[bool]
    """Whether each row is one of those."""
    bounds: npt.NDArray[np.int64]
    """(documents, 2, 2): of the head and the tail of each, the first row and the row behind the last."""
    wrapped: set[int]
    """Rows that are pieces of paragraphs."""
    of_site: OfSite
    """Rows that the site says on many of its pages: no headlines."""
    looks: list[int]
    """What each text may say, by its key, as `looks.look` tells; LATER for paragraphs, 0 for what stands in no head or
    tail."""
    often: list[int]
    """How many rows have each text."""
    left: list[int]
    """The other rows of heads and tails that are no paragraphs, ascending."""
    when: list[int]
    """Those that may have a date or time."""
    signed: list[int]
    """Those that may be a byline, a source or a role."""
    named: list[int]
    """Those that may be nothing but names."""
    sections: list[int]
    """Those that may name a section, and names of menus and buttons that do."""
    credits: list[int]
    """Those that may say any of this, and what is said about authors."""
    said: dict[int, list[tuple[str, str]]]
    """Row to (rule_id, evidence): what this labeler says."""
    read: dict[int, FieldLine]
    """What has been read of texts, by their key."""

    def text(self, row: int) -> str:
        """The trimmed text of a row."""
        return self.texts[row]

    def line(self, row: int) -> FieldLine:
        """What can be read of a row on its own."""
        key = self.keys[row]
        found = self.read.get(key)
        if found is None:
            may, text = self.looks[key], self.lines.distinct[key]
            if may == LATER:
                may = int(look(spans_of([text]))[0])
            found = self.read[key] = read_field_line(text, may) if may else NOTHING
        return found

    def free(self, row: int) -> bool:
        """Whether nobody has spoken of a row yet."""
        return row not in self.taken and row not in self.said

    def is_piece(self, row: int) -> bool:
        """Whether a row is a piece of a hard-wrapped paragraph. What stands over a byline or a date is none, though
        that begins with a small letter: `par Anne Colin`."""
        return row in self.wrapped and not self.is_any(row + 1, "fields.date", "fields.byline")

    def open_rows(self, place: Place, rows: list[int]) -> list[int]:
        """Those of some rows of the head that are no paragraphs, and of which nothing has been said."""
        prose, said = place.prose, self.said
        return [row for row in rows if row not in prose and row not in said]

    def say(self, row: int, rule: str, evidence: str) -> None:
        """Add to what is said of a row."""
        self.said.setdefault(row, []).append((rule, evidence))

    def is_any(self, row: int, *kinds: str) -> bool:
        """Whether a rule of one of these kinds, such as `fields.date`, speaks of the row."""
        said = self.said.get(row)
        return said is not None and (
            said[0][0].startswith(kinds) or any(rule.startswith(kinds) for rule, _ in said[1:])
        )
