"""What stands between a line that says where it begins and one that says where it ends, as for readers aloud."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.matching import fold_phrases
from cleaning.rules import find_said, rows_saying
from cleaning.spoken import find_spoken


class _Pair(NamedTuple):
    last: frozenset[str]
    label: str


@cache
def _settings() -> tuple[dict[str, _Pair], int, int]:
    """The pair of each folded first line; the most lines between its two, and the most characters of each."""
    table = tomllib.loads(resources.files("cleaning").joinpath("data/enclosed.toml").read_text("utf-8"))
    pairs: dict[str, _Pair] = {}
    for one in table["pair"]:
        pair = _Pair(frozenset(fold_phrases(one["last"])), one["label"])
        pairs |= dict.fromkeys(fold_phrases(one["first"]), pair)
    return pairs, table["lines"], table["chars"]


@cache
def closing_marks() -> frozenset[str]:
    """The folded lines that say where an insert ends."""
    return frozenset(word for pair in _settings()[0].values() for word in pair.last)


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""Label the lines between two marks of data/enclosed.toml, and the marks, as far as nothing else drops them.

    >>> from cleaning.lines import split
    >>> text = "He left.\nskip past newsletter promotion\nDown to Earth\nafter newsletter promotion\nShe stayed."
    >>> [(one.row, one.label) for one in label(split([text]), [])]
    [(1, 'newsletter'), (2, 'newsletter'), (3, 'newsletter')]
    """
    pairs, most, chars = _settings()
    rows = rows_saying(lines, pairs)
    if not rows:
        return []
    taken = find_spoken(lines, labels).has(dropping("balanced"))
    found: list[Label] = []
    words, behind = find_said(lines).names(pairs.keys() | closing_marks()), 0

    def folded(row: int) -> str:
        return words.get(int(lines.key[row]), "")

    for row in rows:
        if row < behind:
            continue
        pair = pairs[folded(row)]
        stop = min(int(lines.starts[lines.starts.searchsorted(row, side="right")]), row + most + 2)
        end = next((at for at in range(row + 1, stop) if folded(at) in pair.last), None)
        if end is None or any(len(lines.text(at)) > chars for at in range(row, end)):
            continue
        evidence = f"between '{lines.text(row)[:40]}' and '{lines.text(end)[:40]}'"
        free = [at for at in range(row, end + 1) if not taken[at]]
        found += [Label(at, pair.label, "enclosed.between", evidence) for at in free]
        behind = end + 1
    return found
