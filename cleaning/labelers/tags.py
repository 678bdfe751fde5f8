"""Tags under an article: a word such as 'Topics', and under it a name or a subject on each line."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from cleaning.fields.fieldlines import MARKER
from cleaning.fields.heads import is_paragraph
from cleaning.labels import boilerplate, dropping
from cleaning.lines import Label, Lines
from cleaning.matching import fold
from cleaning.rules import rows_saying
from cleaning.spoken import find_spoken

# Rows behind a list in which a paragraph would say that the article goes on.
LOOK_AHEAD = 40
# Rows before a list and behind it in which something else has to be known as boilerplate: the categories of a prize
# are a list under such a word too.
NEAR = 3

_ENDS = tuple(".!?…。！？।؟۔:：")


@cache
def tag_settings() -> dict[str, Any]:
    """The tables of data/tags.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/tags.toml").read_text("utf-8"))


@cache
def _headings() -> tuple[frozenset[str], int]:
    words = frozenset(fold(tag_settings()["words"]))
    return words, max(map(len, words)) + 4


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`tags` for the lines under a word of data/tags.toml, and for the word.

    >>> from cleaning.lines import split
    >>> lines = split(["The ferry sails again.\nShare\nTopics\n- Ferries\n- Harbours"])
    >>> [one.row for one in label(lines, [Label(1, "share-bar", "en.share.button", "equals 'Share'")])]
    [2, 3, 4]
    """
    words, longest = _headings()
    rows = rows_saying(lines, words, longest)
    if not rows:
        return []
    spoken = find_spoken(lines, labels)
    taken = spoken.rows(dropping("balanced"))
    known = spoken.rows(boilerplate("balanced"))
    found: list[Label] = []
    behind = -1
    for row, document in zip(rows, lines.documents_of(rows).tolist(), strict=True):
        if row < behind:
            continue
        start, end = int(lines.starts[document]), int(lines.starts[document + 1])
        behind = row + 1
        while behind < end and _is_tag(lines.text(behind), taken, behind):
            behind += 1
        tags = [at for at in range(row + 1, behind) if at not in taken]
        if len(tags) < tag_settings()["least"]:
            continue
        marked = all(MARKER.match(lines.text(at)) for at in tags)
        follows = any(
            at not in taken and is_paragraph(lines.text(at)) for at in range(behind, min(end, behind + LOOK_AHEAD))
        )
        near = any(at in known for at in (*range(max(start, row - NEAR), row), *range(behind, min(end, behind + NEAR))))
        if not near or (follows and not marked):
            continue
        evidence = f"{len(tags)} tags under '{lines.text(row)[:40]}'"
        found += [Label(at, "tags", "tags.under-word", evidence) for at in [row, *tags] if at not in taken]
    return found


def _is_tag(text: str, taken: set[int], row: int) -> bool:
    settings = tag_settings()
    if row in taken:
        return MARKER.match(text) is not None  # a tag that is a button's name too: '- World'
    return (
        len(text) <= settings["chars"] and len(text.split()) <= settings["words_most"] + 1 and not text.endswith(_ENDS)
    )
