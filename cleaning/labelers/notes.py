"""Notes about who wrote an article, told by the name that the byline gives: `Ann Lee writes about rivers.`"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.heads import find_paragraphs
from cleaning.fields.namewords import word_set
from cleaning.lines import Label, Lines
from cleaning.spoken import find_spoken

RULE = "notes.author"
# Characters of a note, and of what it says behind the name at least.
_LONGEST, _LEAST = 500, 12
# No article has more authors.
_AUTHORS = 20
# More lines that begin with a name are of one who is written about.
_MOST = 2
# So many paragraphs that are no notes may stand below one.
_BELOW = 1
# Lines between the name on a line of its own and the note: a role, an outlet.
_BETWEEN = 2


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`author-box` for a line that begins with the author's name: before the text or at its end, and nowhere in it.

    It has to say what the author does, by a word of data/bylines.toml: `Ann Lee died on Sunday` is text. A colon behind
    the name makes it what somebody says in an interview; an author whom another paragraph names too, or with whom more
    than two lines begin, is one who is written about.

    >>> from cleaning.lines import split
    >>> body = "The ferry will sail again, the office said, once divers have looked at the quay. " * 2
    >>> lines = split([f"By Ann Lee\n{body}\nAnn Lee writes about rivers and harbours."])
    >>> [one.row for one in label(lines, [Label(0, "byline", "fields.byline.by", "")])]
    [2]
    """
    authors: dict[int, set[str]] = {}
    spoken = find_spoken(lines, labels)
    signed = sorted(spoken.rows(["byline"]))
    for row, document in zip(signed, lines.documents_of(signed).tolist() if signed else (), strict=True):
        line = read_field_line(lines.text(row))
        names = {name for name in (*line.names, *line.bare) if " " in name}
        if names:
            authors.setdefault(document, set()).update(names)
    if not authors:
        return []
    texts, free = lines.texts, spoken.kinds == 0
    prose = np.flatnonzero(find_paragraphs(lines) & free)
    said: list[Label] = []
    for document, names in authors.items():
        if len(names) > _AUTHORS:
            continue
        rows, either = lines.rows(document), tuple(names)
        notes: dict[str, list[int]] = {}
        for row, text in enumerate(texts[rows.start : rows.stop], rows.start):
            if text.startswith(either) and free[row] and (name := _noted(text, names)):
                notes.setdefault(name, []).append(row)
        if not notes:
            continue
        begin = {row for some in notes.values() for row in some}
        low, high = prose.searchsorted([rows.start, rows.stop]).tolist()
        paragraphs = [row for row in prose[low:high].tolist() if row not in begin]
        for name, some in notes.items():
            family = name.split()[-1]
            if len(some) > _MOST or not paragraphs or any(family in texts[row] for row in paragraphs):
                continue
            evidence = f"begins with the name of the author, {name[:60]}"
            for row in some:
                if row < paragraphs[0] or row > paragraphs[-_BELOW - 1 :][0]:
                    said += [Label(one, "author-box", RULE, evidence) for one in (*_heads(lines, row, rows, name), row)]
    return sorted({one.row: one for one in said if free[one.row]}.values())


def _noted(text: str, names: set[str]) -> str:
    """The author with whose name a line begins that says more of them; '': none."""
    if len(text) > _LONGEST:
        return ""
    name = max((name for name in names if text.startswith(name)), key=len)
    rest = text[len(name) :]
    if len(rest) < _LEAST or rest[0] not in " ,(" or rest.lstrip(" ")[:1] in "-–—|:/":
        return ""
    does = word_set("roles", "nouns") | word_set("roles", "notes")
    return name if any(word.strip(".,;:()’'\"") in does for word in rest.lower().split()) else ""


def _heads(lines: Lines, note: int, rows: range, name: str) -> range:
    """The rows from the name alone on its line down to the note."""
    for row in range(note - 1, max(rows.start, note - _BETWEEN - 1) - 1, -1):
        if lines.text(row) == name:
            return range(row, note)
        if len(lines.text(row)) > 2 * len(name) + 20:
            break
    return range(0)
