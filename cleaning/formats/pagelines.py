"""The lines of a page in HTML, from its words and the marks that its elements have left between them."""

from __future__ import annotations

import re

from cleaning.formats.plaintext import BEGIN, END, NO_MARKS, TOP

# The end of a line, of a paragraph, and `<br>`, of which two are a blank line; a space of text that is laid out; what
# stands before a cell, and around a row of them; and where an element begins at once behind the end of another.
LINE, BLANK, BROKEN, KEPT, CELL, ROW, SEAM = "\ufdd4", "\ufdd5", "\ufdd6", "\ufdd7", "\ufdd8", "\ufdd9", "\ufdda"
OWN = str.maketrans("", "", BEGIN + END + TOP + LINE + BLANK + BROKEN + KEPT + CELL + ROW + SEAM)

_SIGNS = LINE + BLANK + BROKEN
_BLANKS = f" \t{KEPT}"
_BREAKS = re.compile(f"(?<![{_BLANKS}])[{_BLANKS}]*+[{_SIGNS}](?:[{_BLANKS}]*+[{_SIGNS}])*+[ \t]*+")
# Of spaces on both sides of a mark one is enough.
_DOUBLED = re.compile(f" (?=[{BEGIN}{END}{TOP}]*+ )|(?<=[{BEGIN}{TOP}]) ")
_SEAMED = re.compile(f"(?<=[^\\s{BEGIN}{END}])({END}?){SEAM}({BEGIN}?)(?=[^\\W\\d_])")
# Characters of a cell with a paragraph in it that is no column of a page.
_CELL_CHARS = 80


def read_lines(parts: list[str]) -> list[str]:
    r"""The lines of a page, with the marks of links and of the heading; '' between paragraphs.

    >>> read_lines(["One", LINE, "two", BROKEN, BROKEN, "three ", " four", CELL, "five", CELL, "six"])
    ['One', 'two', '', 'three four', 'five\tsix']
    >>> read_lines([CELL, BLANK, "Holmby", BLANK, CELL, "3", ROW, CELL, "Home", BROKEN, "News", CELL, "It sails"])
    ['Holmby\t3', 'Home', 'News', 'It sails']
    """
    lines: list[str] = []
    text = "".join(parts)
    if SEAM in text:
        text = _SEAMED.sub(_apart, text).replace(SEAM, "")
    if CELL in text:
        text = LINE.join(map(_row, text.split(ROW)))
    body = _DOUBLED.sub("", f"{text}{LINE}")
    at = 0
    for breaks in _BREAKS.finditer(body):
        line = body[at : breaks.start()].strip(" \t").replace(KEPT, " ").rstrip(" ")
        at = breaks.end()
        if line.translate(NO_MARKS).strip():
            lines.append(line)
        blank = BLANK in breaks[0] or breaks[0].count(BROKEN) > 1
        if blank and lines and lines[-1]:
            lines.append("")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _apart(seam: re.Match[str]) -> str:
    """A space where style sheets set words apart: `<time>4 March</time><a>Ann Lee</a>`, but not `<b>Mc</b>Lee`."""
    before, after = seam.string[seam.start() - 1], seam.string[seam.end()]
    apart = after.isupper() and (before.islower() or before.isdigit() or before in ".!?:")
    return f"{seam[1]} {seam[2]}" if apart else seam[1] + seam[2]


def _row(text: str) -> str:
    """A row of a table as one line with tabs; the cells of one that lays out a page as the lines that they are."""
    before, *cells = text.split(CELL)
    trimmed = [cell.strip(f" \t{_SIGNS}") for cell in cells]
    if len(cells) < 2 or TOP in text:
        return LINE.join([before, *cells])
    broken = any(len(trim) < len(cell.strip(" \t")) for trim, cell in zip(trimmed, cells, strict=True))
    if any(_BREAKS.search(cell) for cell in trimmed) or (broken and max(map(len, trimmed)) > _CELL_CHARS):
        return LINE.join([before, *cells])
    return LINE.join([before, "\t".join(trimmed), ""])
