"""Notes about who wrote an article, told by the name that the byline gives: `Ann Lee writes about rivers.`"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cleaning.codes import codes_of
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.heads import find_paragraphs
from cleaning.fields.namewords import word_set
from cleaning.lines import Label, Lines
from cleaning.native import native
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
    signed = np.flatnonzero(spoken.has(["byline"])).tolist()
    for row, document in zip(signed, lines.documents_of(signed).tolist() if signed else (), strict=True):
        line = read_field_line(lines.text(row))
        names = {name for name in (*line.names, *line.bare) if " " in name}
        if names:
            authors.setdefault(document, set()).update(names)
    authors = {document: names for document, names in authors.items() if len(names) <= _AUTHORS}
    free = spoken.kinds == 0
    begun = np.flatnonzero(free & _begin_with_author(lines, authors))
    if not len(begun):
        return []
    texts = lines.texts
    prose = np.flatnonzero(find_paragraphs(lines) & free)
    said: list[Label] = []
    for document in dict.fromkeys(lines.documents_of(begun).tolist()):
        rows, names = lines.rows(document), authors[document]
        notes: dict[str, list[int]] = {}
        for row in begun[begun.searchsorted(rows.start) : begun.searchsorted(rows.stop)].tolist():
            if name := _noted(texts[row], names):
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


def _begin_with_author(lines: Lines, authors: dict[int, set[str]]) -> npt.NDArray[np.bool_]:
    """Whether each row begins with the name of an author of its document."""
    pairs = [(document, name) for document, names in authors.items() for name in names]
    found = np.zeros(len(lines), np.bool_)
    names, documents = codes_of([name for _, name in pairs]), np.array([document for document, _ in pairs], np.int64)
    _find_beginnings(*lines.codes, lines.key, lines.starts, documents, *names, found)
    return found


@native("u4[] i8[] i8[] i4[] i8[] i8[] u4[] i8[] b1[]")
def _find_beginnings(
    codes: npt.NDArray[np.uint32],
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    key: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int64],
    names: npt.NDArray[np.uint32],
    bounds: npt.NDArray[np.int64],
    found: npt.NDArray[np.bool_],
) -> None:
    """Compiled: marks the rows of `documents` that begin with the name of the same place, in `found`."""
    for number in range(len(documents)):
        document, first = documents[number], bounds[number]
        size = bounds[number + 1] - first
        for row in range(starts[document], starts[document + 1]):
            begin = begins[key[row]]
            if ends[key[row]] - begin < size:
                continue
            at = 0
            while at < size and codes[begin + at] == names[first + at]:
                at += 1
            found[row] |= at == size


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
