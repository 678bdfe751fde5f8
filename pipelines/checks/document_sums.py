"""What the lines of each document and the labels on them add up to, for the ledger that is counted again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.audit_lines import Bools, LabelledLines, Names
from pipelines.audit_order import Ints

# What str.strip() takes off.
_SPACE = "".join(chr(code) for code in range(0x10000) if chr(code).isspace())
# The first bytes that such a character can have in UTF-8, and the last ones.
_BEGINS, _ENDS = (np.isin(np.arange(256), [char.encode()[at] for char in _SPACE]) for at in (0, -1))

SUMS = (
    "lines", "kept", "dropped", "kept_chars", "dropped_chars", "repeated_chars", "repeated", "decided_twice",
    "without_line",
)  # fmt: skip
"""The columns of `DocumentSums.table`, beside doc_id."""


class DocumentSums:
    """Sums by document, as `read_lines` goes through a dataset: some 100 bytes for each of its documents."""

    def __init__(self) -> None:
        self.labels: set[str] = set()
        """The labels that were met with."""
        schema = pa.schema([("doc_id", pa.string()), *((name, pa.int64()) for name in SUMS)])
        self._found = [schema.empty_table()]

    def take(self, lines: LabelledLines, names: Names) -> None:
        """Add lines and the labels on them."""
        self.labels.update(names.labels)
        said, documents = lines.said, len(lines.doc_ids)
        first = np.append(True, (np.diff(lines.document) != 0) | (np.diff(lines.number) != 0))[: len(lines.document)]
        begins = np.flatnonzero(first)
        times = np.diff(np.append(begins, len(first)))
        decides = said.decides & (said.line >= 0)
        # Of a number that a document has twice, what is said of the first is said of all.
        decisions = np.repeat(np.bincount(said.line[decides], minlength=len(first))[begins], times)
        copies = np.zeros(len(first), bool)
        copies[said.line[decides & (said.label == names.labels.get("repeated", -1))]] = True
        copies = np.repeat(copies[begins], times)
        kept, chars = decisions == 0, _lengths(lines.text)

        def count(which: Bools) -> Ints:
            return np.bincount(lines.document[which], minlength=documents)

        def add_up(which: Bools) -> Ints:
            sums = np.bincount(lines.document[which], chars[which], minlength=documents)
            return sums.astype(np.int64)  # exact: below 2**53

        columns = {
            "lines": np.bincount(lines.document, minlength=documents),
            "kept": count(first & kept),
            "dropped": count(first & ~kept),
            "kept_chars": add_up(kept),
            "dropped_chars": add_up(~kept),
            "repeated_chars": add_up(copies),
            "repeated": np.bincount(lines.document[begins[times > 1]], minlength=documents),
            "decided_twice": count(first & (decisions > 1)),
            "without_line": np.zeros(documents, np.int64),
        }
        self._found.append(pa.table({"doc_id": lines.doc_ids} | columns))
        if len(said.strays):
            none = dict.fromkeys(SUMS, np.zeros(len(said.strays), np.int64))
            self._found.append(pa.table({"doc_id": said.strays} | none | {"without_line": none["lines"] + 1}))

    def table(self) -> pa.Table:
        """doc_id, and what is counted; a document that was cut in two has two rows, which add up to its own.

        `lines`; `kept` and `dropped`: those that no label took out, and those that one did, with the characters of
        them without the space at their ends; `repeated_chars`: of those that the label `repeated` took out;
        `repeated`: line numbers that stand there more than once; `decided_twice`: lines that two labels took out;
        `without_line`: labels on lines that are not there.
        """
        return pa.concat_tables(self._found)


def _lengths(text: pa.Array) -> Ints:
    """Characters of each line without the space at its ends."""
    lengths: Ints = pc.utf8_length(text).to_numpy().astype(np.int64)
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    if not len(text) or ends[-1] == ends[0]:
        return lengths
    chars = np.frombuffer(data, np.uint8)
    # An empty line's bytes are those of its neighbours: it is looked at for nothing.
    begins, stops = np.minimum(ends[:-1], len(chars) - 1), np.maximum(ends[1:] - 1, 0)
    # Trimming all of them costs more than all the rest.
    spaced = np.flatnonzero(_BEGINS[chars[begins]] | _ENDS[chars[stops]])
    trimmed = pc.utf8_length(pc.utf8_trim(text.take(pa.array(spaced)), characters=_SPACE))
    lengths[spaced] = trimmed.to_numpy()
    return lengths
