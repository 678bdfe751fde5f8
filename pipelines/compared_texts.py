"""A text beside another one: where they differ, and the words around that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# Words of a text that are compared, at most: what is compared has to end, whatever it is.
COMPARED = 5_000
# Words shown beside each difference, and characters of one run of words.
_CONTEXT, _SHOWN = 10, 1_000
_SINGLE = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_TOKEN = re.compile(rf"(?:[{_SINGLE}]|[^\s{_SINGLE}]+)\s*")


@dataclass(frozen=True)
class Piece:
    """Words in a row that are the same on both sides, or that are not."""

    text: str
    same: bool


@dataclass(frozen=True)
class Difference:
    """One place where two texts differ, with the words around it."""

    skipped: int
    """Words before it, since the last difference, that are the same and not shown."""
    copy: tuple[Piece, ...]
    representative: tuple[Piece, ...]


def beginning(text: str, length: int = 80) -> str:
    """The first words of a text on one line.

    >>> beginning("The council\\nmet on Monday.", 12)
    'The council…'
    """
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def compare_texts(copy: str, representative: str) -> tuple[tuple[Difference, ...], int, bool]:
    """Where two texts differ; how many words are the same after that; whether either was cut at `COMPARED` words.

    >>> differences, after, cut = compare_texts("It will cost 5 million.", "It will cost 6 million.")
    >>> [piece.text for piece in differences[0].copy if not piece.same], after, cut
    (['5 '], 0, False)
    """
    left, right = (_TOKEN.findall(text[: 40 * COMPARED].lstrip()) for text in (copy, representative))
    cut = max(len(left), len(right)) > COMPARED or max(len(copy), len(representative)) > 40 * COMPARED
    left, right = left[:COMPARED], right[:COMPARED]
    # With its heuristic for words that are everywhere, which keeps it from growing with the square.
    matcher = SequenceMatcher(None, [word.rstrip() for word in left], [word.rstrip() for word in right])
    found, done = [], 0
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        sides: tuple[list[Piece], list[Piece]] = [], []
        for kind, a, a_end, b, b_end in group:
            for side, words in zip(sides, (left[a:a_end], right[b:b_end]), strict=True):
                if words:
                    side.append(Piece(_shown("".join(words)), kind == "equal"))
        if all(kind == "equal" for kind, *_ in group):
            continue
        found.append(Difference(group[0][1] - done, tuple(sides[0]), tuple(sides[1])))
        done = group[-1][2]
    return tuple(found), len(left) - done, cut


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"
