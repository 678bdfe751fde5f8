"""Letters from readers on one page: the names below them and the headings over them are of the text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import compress, pairwise

import numpy as np
import re2

from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.heads import ends
from cleaning.fields.namewords import word_set
from cleaning.fields.uncased import UNCASED
from cleaning.lines import Label, Lines
from cleaning.searching import find_matching
from cleaning.spoken import find_spoken

RULE, SIGNATURE = "letters.between", "letters.signature"
# The rule of what a letter closes with, and how many lines sign it below that, at most.
CLOSING, _SIGNS = "generic.fact.closing", 4
# Lines from the top of a page of which one says what it is, and characters of that at most.
_HEAD, _HEADING = 10, 100
# A letter has a sentence of so many characters; CJK says more in less.
_SENTENCE, _SENTENCE_CJK = 25, 12
# Characters of a heading or a name with a place, and how many such lines there are between two letters at most.
_LONGEST, _MOST = 80, 5
# Names and places below the last letter, and the share of their words that begin with a capital.
_LAST, _CAPITALS = 2, 0.6
# Lines over the first letter: what it is about, and whom it speaks to.
_HEADINGS = 2


@cache
def _settings() -> dict[str, list[str]]:
    return tomllib.loads(resources.files("cleaning").joinpath("data/letters.toml").read_text("utf-8"))


@cache
def _headings() -> re2._Regexp:
    either = "|".join(sorted(map(re.escape, _settings()["headings"]), key=len, reverse=True))
    before, behind = r"[\[【＜<(]?(?:[^\n:|]{0,24}[|/] ?)?", r"[\]】＞>)]?(?:$| ?[:|–—,　(-]| \d|[\]】])"
    return re2.compile(f"(?mi)^{before}(?:{either}){behind}".encode())


@cache
def _folders() -> re.Pattern[str]:
    return re.compile(rf"/(?:{'|'.join(map(re.escape, _settings()['folders']))})(?:/|$)")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`fact` for the short lines between the letters of a page of letters, and for the names below the last.

    On any page, for who signs a letter below the words that it closes with. What rules have spoken of is left alone.
    A page is one of letters where a line of its head or a folder of its address says so, in the words of
    data/letters.toml.

    >>> from cleaning.lines import split
    >>> one = "The ferry has been late every day since March, and nobody will say why it is."
    >>> lines = split([f"Letters to the editor\n{one}\nAnn Lee, Harbour\nDogs\n{one}\nBo Ek, Quay"])
    >>> [said.row for said in label(lines, [])]
    [2, 3, 5]
    """
    spoken = find_spoken(lines, labels)
    free = (spoken.kinds == 0).tolist()
    said: list[Label] = []
    for document in _of_letters(lines):
        rows = lines.rows(document)
        text = [row for row in rows if free[row] and _is_text(lines.text(row))]
        runs = [[row for row in range(above + 1, below) if free[row]] for above, below in pairwise(text)]
        if not runs:
            continue
        for between in runs:
            if len(between) <= _MOST:
                said += [_say(row) for row in between if len(lines.text(row)) <= _LONGEST]
        if 2 * sum(len(between) > 1 for between in runs) >= sum(map(bool, runs)) > 0:  # names below, headings above
            said += map(_say, _first(lines, free, rows.start, text[0]))
        said += map(_say, _last(lines, free, text[-1] + 1, rows.stop))
    known, columns = {one.row for one in said}, spoken.columns()
    for closing in columns.row[columns.ruled(CLOSING.__eq__)].tolist():
        stop = lines.rows(lines.documents_of([closing])[0]).stop
        evidence = f"signs below '{lines.text(closing)[:40]}'"
        signed = _last(lines, free, closing + 1, stop, _SIGNS)
        said += [Label(row, "fact", SIGNATURE, evidence) for row in signed if row not in known]
    return sorted(said)


def _say(row: int) -> Label:
    return Label(row, "fact", RULE, "among letters from readers")


def _of_letters(lines: Lines) -> list[int]:
    """The documents that are pages of letters."""
    starts = lines.starts[:-1]
    rows = np.concatenate([starts + at for at in range(_HEAD)]) if len(starts) else starts
    rows = rows[rows < np.tile(lines.starts[1:], _HEAD)]
    is_head = np.zeros(len(lines.first), np.bool_)
    is_head[lines.key[rows]] = True
    keys = np.flatnonzero(is_head & (lines.sizes <= _HEADING))
    hits = keys[find_matching(_headings(), [lines.distinct[key] for key in keys.tolist()])]
    found = set(lines.documents_of(rows[np.isin(lines.key[rows], hits)]).tolist()) if len(hits) else set()
    addressed = [bool(url) and _folders().search(url or "") is not None for url in lines.urls]
    return sorted(found | {*compress(range(lines.documents), addressed)})


def _is_text(text: str) -> bool:
    least = _SENTENCE_CJK if UNCASED.search(text) else _SENTENCE
    return len(text) >= least and (ends(text) or len(text) > 2 * _LONGEST)


def _first(lines: Lines, free: list[bool], start: int, text: int) -> list[int]:
    """The rows over the first letter that are its heading: what stands between it and the page's date."""
    found: list[int] = []
    for row in range(text - 1, max(start, text - 2 - _HEADINGS), -1):
        line = read_field_line(lines.text(row))
        if line.dated:
            return found
        if not free[row] or len(lines.text(row)) > _LONGEST or line.signed or line.section or line.source:
            return []
        found.append(row)
    return []


def _last(lines: Lines, free: list[bool], row: int, stop: int, signs: int = _LAST) -> list[int]:
    """The rows below the last letter that name who wrote it; where a list of something follows, only the first."""
    run = row
    while run < stop and free[run] and len(lines.text(run)) <= _LONGEST:
        run += 1
    most = signs if run - row <= signs else 1
    found = []
    for at in range(row, min(run, row + most)):
        if not _is_name(lines.text(at)):
            break
        found.append(at)
    return found


def _is_name(text: str) -> bool:
    plain = text.strip("—–- .")
    if plain.lower() in _settings()["withheld"]:
        return True
    if UNCASED.search(plain):
        return len(plain) <= 24 and not ends(plain)
    small = word_set("lists", "and") | word_set("lists", "particles")
    words = [word for word in re.findall(r"[^\s,]+", plain) if word.lower() not in small]
    return 0 < len(words) <= 8 and sum(word[0].isupper() for word in words) >= _CAPITALS * len(words)
