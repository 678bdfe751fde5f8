"""Tables of contents over an article: a word such as 'Contents', and under it the article's subheads."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from cleaning.labels import boilerplate
from cleaning.lines import Label, Lines
from cleaning.matching import fold
from cleaning.rules import rows_saying
from cleaning.spoken import find_spoken

# How an entry is numbered; a subhead may be numbered in another way or not at all.
_NUMBER = re.compile(r"^(?:[\d٠-٩]{1,2}(?:[.．][\d٠-٩]{1,2})*|[ivxIVX]{1,4}(?=[.)]))\s?[.)、．:：-]?\s*(?=\S)")


@cache
def contents_settings() -> dict[str, Any]:
    """The tables of data/contents.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/contents.toml").read_text("utf-8"))


@cache
def _headings() -> tuple[frozenset[str], int]:
    words = frozenset(fold(contents_settings()["words"]))
    return words, max(map(len, words)) + 4


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`navigation` for the word over a table of contents and for the entries that stand again below.

    The table ends with the first line that neither does nor is known as boilerplate; its entries are never
    the lines below, which are the article's subheads.

    >>> from cleaning.lines import split
    >>> lines = split(["Contents\n1. By train\n2. By bus\nIt is far.\nBy train\nTake one.\nBy bus\nTake none."])
    >>> [(one.row, one.label) for one in label(lines, [])]
    [(0, 'navigation'), (1, 'navigation'), (2, 'navigation'), (4, 'subhead'), (6, 'subhead')]
    """
    words, longest = _headings()
    rows = rows_saying(lines, words, longest)
    if not rows:
        return []
    settings = contents_settings()
    known = find_spoken(lines, labels).rows(boilerplate("balanced"))
    found: list[Label] = []
    said: list[str] = []
    last: dict[str, int] = {}
    behind, of, start = -1, -1, 0
    for row, document in zip(rows, lines.documents_of(rows).tolist(), strict=True):
        if row < behind:
            continue
        if document != of:
            start, of = int(lines.starts[document]), document
            said = _entries(lines, lines.rows(document), settings["chars"])
            last = {}
            for at, entry in enumerate(said, start):
                last[entry] = last[entry.partition(":")[0].rstrip()] = at  # 'By bus' lists 'By bus: the long way'
        entries: dict[str, int] = {}
        worded: list[int] = []  # entries that are not their subheads to the letter
        between: list[int] = []
        for at in range(row + 1, min(start + len(said), row + 1 + settings["rows"])):
            entry = said[at - start]
            if entry in entries:
                break  # the first subhead
            if entry and last[entry] > at:
                entries[entry] = at
                worded, between = worded + between, []
            elif at not in known:
                between.append(at)
                if not entry or len(between) > settings["worded"]:
                    break
        if len(entries) < max(settings["least"], len(worded)) or not _are_over_text([last[one] for one in entries]):
            continue
        evidence = f"{len(entries)} entries under '{lines.text(row)[:40]}' that stand again below"
        found += [
            Label(at, "navigation", "contents.listed", evidence) for at in sorted((row, *entries.values(), *worded))
        ]
        evidence = f"stands in the list under '{lines.text(row)[:40]}'"
        found += [Label(last[one], "subhead", "contents.subhead", evidence) for one in entries]
        behind = max(entries.values())
    return found


def _entries(lines: Lines, rows: Sequence[int], most: int) -> list[str]:
    """Lines as they are compared, without their numbers; '' for a line of more than `most` characters."""
    texts = [text if len(text := lines.text(row)) <= most else "" for row in rows]
    return fold([_NUMBER.sub("", text) for text in texts])


def _are_over_text(rows: Sequence[int]) -> bool:
    """Whether lines follow each other in this order, most of them with others in between: a second list has none."""
    gaps = [after - before for before, after in pairwise(rows)]
    return min(gaps) > 0 and 2 * sum(gap > 1 for gap in gaps) >= len(gaps)
