"""The header that a tool has written over a text leaves it; what it states is read into the columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np

from cleaning.fields.header import may_open, most_lines, read_header
from cleaning.lines import Label, Lines

# The rule of a line that states a field ends with its name.
RULE, OTHER = "header.", "header.other"
_SHOWN = 80


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`header` for each line of one, by the rule of the field that it states. Whatever else a rule says of these.

    >>> from cleaning.lines import split
    >>> lines = split(["---\ntitle: Bridge opens\nlayout: post\n---\nThe bridge is open."])
    >>> [(one.row, one.rule_id) for one in label(lines, [])]
    [(0, 'header.other'), (1, 'header.title'), (2, 'header.other'), (3, 'header.other')]
    """
    found: list[Label] = []
    documents = np.flatnonzero(np.diff(lines.starts))  # those that have a line
    first = map(lines.distinct.__getitem__, lines.key[lines.starts[documents]].tolist())
    for document in compress(documents.tolist(), map(may_open, first)):
        rows = lines.rows(document)[: most_lines()]
        for row, (field, value) in zip(rows, read_header([lines.raw[row] for row in rows]), strict=False):
            states = field if value else ""
            evidence = f"states {field}: '{value[:_SHOWN]}'" if states else "stands in the header of the text"
            found.append(Label(row, "header", RULE + states if states else OTHER, evidence))
    return found
