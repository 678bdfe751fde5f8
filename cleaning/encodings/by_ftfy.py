"""What ftfy does to a line, asked about what stands near characters beyond ASCII alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ftfy import fix_and_explain
from ftfy.badness import is_bad

from cleaning.encodings.mojibake import without_capitals_at_end
from cleaning.encodings.precheck import FTFY, SEGMENT

_KINDS = {
    "fix_latin_ligatures": "ligatures",
    "fix_line_breaks": "line-ends",
    "fix_surrogates": "surrogates",
    "remove_terminal_escapes": "control-characters",
}
_NO_ENCODING = FTFY._replace(fix_encoding=False)

_ESCAPE = "\x1b"
"""After it any number of plain characters may belong to one sequence, which ftfy takes out as a whole."""
_MARK = "\x1f"
"""Stands for what was cut out: a control character that all charsets have and ftfy, as asked here, leaves alone."""
_NEAR = 12
"""ftfy looks at six characters of printable ASCII beside another at most (`fixes.A_GRAVE_WORD_RE`)."""
_FAR = re.compile(rf"(?<=[ -~]{{{_NEAR}}})[ -~]+(?=[ -~]{{{_NEAR}}})")


def by_ftfy(line: str, kinds: set[str]) -> str:
    """The line as ftfy has it; adds the kinds of what it did."""
    return "".join(_segments(line, kinds))


def _segments(line: str, kinds: set[str]) -> Iterable[str]:
    masked = without_capitals_at_end(line)
    config = FTFY if masked == line or is_bad(masked) else _NO_ENCODING
    for start in range(0, len(line), SEGMENT):
        segment = line[start : start + SEGMENT]
        # ftfy searches the line several times, at a tenth of a microsecond a character.
        far = [] if _MARK in segment or _ESCAPE in segment else _FAR.findall(segment)
        fixed, steps = fix_and_explain(_FAR.sub(_MARK, segment) if far else segment, config)
        if far:
            near = fixed.split(_MARK)
            fixed = "".join([part for pair in zip(near, [*far, ""], strict=True) for part in pair])
        if fixed != segment:
            kinds.update(_KINDS.get(step.parameter, "mojibake") for step in steps or ())
        yield fixed
