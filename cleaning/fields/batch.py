"""The lines of a batch while its metadata is read: what rules say of them, and what has been read of them."""

from __future__ import annotations

from dataclasses import dataclass

from cleaning.fields.fieldlines import FieldLine, read_field_line
from cleaning.fields.heads import Place
from cleaning.lines import Lines, within


@dataclass(frozen=True)
class Batch:
    """The lines of a batch, what has been read of them, and what is said of them."""

    lines: Lines
    keys: list[int]
    taken: set[int]
    """Rows that other rules have spoken of."""
    gone: set[int]
    """Those of them that leave the body."""
    wrapped: set[int]
    """Rows that are pieces of paragraphs."""
    left: list[int]
    """The other rows, ascending."""
    left_or_button: list[int]
    """Those and names of menus and buttons."""
    left_or_box: list[int]
    """Those and what is said about authors."""
    numbered: list[bool]
    """Whether each text has a figure."""
    said: dict[int, list[tuple[str, str]]]
    """Row to (rule_id, evidence): what this labeler says."""
    read: dict[int, FieldLine]
    """What has been read of texts, by their key."""

    def text(self, row: int) -> str:
        """The trimmed text of a row."""
        return self.lines.distinct[self.keys[row]]

    def line(self, row: int) -> FieldLine:
        """What can be read of a row on its own."""
        key = self.keys[row]
        if key not in self.read:
            self.read[key] = read_field_line(self.lines.distinct[key])
        return self.read[key]

    def free(self, row: int) -> bool:
        """Whether nobody has spoken of a row yet."""
        return row not in self.taken and row not in self.said

    def open_rows(self, place: Place) -> list[int]:
        """Rows of the head that are no paragraphs and of which nothing has been said."""
        return [row for row in within(self.left, place.head) if row not in place.prose and row not in self.said]

    def say(self, row: int, rule: str, evidence: str) -> None:
        """Add to what is said of a row."""
        self.said.setdefault(row, []).append((rule, evidence))

    def is_any(self, row: int, *kinds: str) -> bool:
        """Whether a rule of one of these kinds, such as `fields.date`, speaks of the row."""
        said = self.said.get(row)
        return said is not None and any(rule.startswith(kinds) for rule, _ in said)
