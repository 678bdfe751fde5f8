"""What a text in Markdown or HTML says, and what its marks tell of its lines."""

from __future__ import annotations

import re
from typing import NamedTuple


class Plain(NamedTuple):
    """What a text says."""

    text: str
    linked: tuple[int, ...] = ()
    """The numbers, from 1, of the lines that are nothing but links, each as often as it has links; ascending."""
    headline: int = 0
    """The number of the line that is the only heading of the first level, if it has so many words; else 0."""


# Where the words of a link begin and end, and what stands before a heading of the first level, until it is known what
# the lines around them are; and code while marks are looked for. No text that has been repaired has a noncharacter.
BEGIN, END, TOP, HELD = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
NO_MARKS = str.maketrans("", "", BEGIN + END + TOP + HELD)
# A headline of the first level is no name of a site.
_TITLE_WORDS, _UNSPACED = 3, re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{6}")
_LINKED = re.compile(f"{BEGIN}([^{BEGIN}{END}]*+){END}")


def read_marks(lines: list[str]) -> Plain:
    """Lines with BEGIN and END around the words of links and TOP before headings of the first level, as `Plain`.

    >>> read_marks([f"{TOP}The bridge opens", f"{BEGIN}News{END} | {BEGIN}Mail{END}"])
    Plain(text='The bridge opens\\nNews | Mail', linked=(2, 2), headline=1)
    """
    links = [number for number, line in enumerate(lines, 1) for _ in range(_links(line))]
    tops = [number for number, line in enumerate(lines, 1) if line[:1] == TOP]
    lines = [line.translate(NO_MARKS) for line in lines]
    is_title = len(tops) == 1 and (
        len(lines[tops[0] - 1].split()) >= _TITLE_WORDS or _UNSPACED.search(lines[tops[0] - 1])
    )
    return Plain("\n".join(lines), tuple(links), tops[0] if is_title else 0)


def _links(line: str) -> int:
    """How many links a line has, if it has nothing else with a letter or a digit, else 0."""
    if BEGIN not in line or any(map(str.isalnum, _LINKED.sub("", line))):
        return 0
    return sum(any(map(str.isalnum, words)) for words in _LINKED.findall(line))
