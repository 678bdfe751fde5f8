"""Where the head of a document ends and its tail begins: what stands around its paragraphs."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.lines import Lines, end_with
from cleaning.once import once


@cache
def head_settings() -> dict[str, Any]:
    """The tables of data/head.toml: rules by their id, and how much of a document is looked at."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/head.toml").read_text("utf-8"))


class Place(NamedTuple):
    """The rows of a document that may be metadata, and the first paragraphs between them."""

    head: range
    tail: range
    early: tuple[int, ...]
    """Paragraphs that stand alone before the text: a deck, a banner, a caption."""
    core: tuple[int, ...]
    """The first paragraphs of the text, at most three."""
    prose: frozenset[int]
    """The paragraphs of the head."""


# A headline may end with any of these; with one of the first, a line of a hundred characters is a paragraph.
FULL_STOPS, _CLOSED = frozenset(".。।۔"), frozenset('.!?…。！？।۔؟」』”"’“)]»«')
# Its end comes first, by which a line is searched several times as fast as by the letters before it.
SENTENCE = re.compile(r"[.!?…。！？](?:(?<=[。！？])|(?<=[^\W\d_]{2}[.!?…])[\"”’»)]?\s{1,3}[\"“„«(]?[A-ZÀ-ÖØ-ÞΑ-ΩА-Я])")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def is_paragraph(text: str) -> bool:
    """Whether a line is a sentence or more of prose, by its length and its end.

    >>> is_paragraph("Council votes on bridge"), is_paragraph("The council has voted. " * 6)
    (False, True)
    """
    limit = head_settings()["paragraph"]
    text = text.rstrip()
    size = len(text)
    if size < limit["unspaced"]:
        return False
    if size >= limit["long"]:
        return True
    if text[-1] not in _CLOSED:
        return False
    if size < limit["chars"] and (text.isascii() or len(_UNSPACED.findall(text)) * 2 < size):
        return False
    return text[-1] in FULL_STOPS or size >= limit["either"] or SENTENCE.search(text) is not None


@once
def find_paragraphs(lines: Lines) -> npt.NDArray[np.bool_]:
    """Whether each row is a paragraph, whatever a rule says of it."""
    limit = head_settings()["paragraph"]
    size = lines.sizes
    prose = size >= limit["long"]
    doubtful = ~prose & (size >= limit["unspaced"]) & end_with(lines, _CLOSED)
    stopped = end_with(lines, FULL_STOPS) | (size >= limit["either"])
    prose |= doubtful & (size >= limit["chars"]) & stopped  # as `is_paragraph` has it
    left = np.flatnonzero(doubtful & ~prose).tolist()
    prose[left] = [is_paragraph(lines.distinct[key]) for key in left]
    rows: npt.NDArray[np.bool_] = prose[lines.key]
    return rows


# German closes with “, Danish and German with «; 'in brackets behind the full stop' a paragraph may be signed.
_CLOSING = frozenset("\"'”’»“‘«」』)] ")
_STOPS = frozenset(".!?…。！？।؟۔다요")
_ENDS = re.compile(r"(?:[.!?…。！？।؟۔][\"'”’»“‘«」』)\] ]*|\.[\"”»“«]? \([\w .,/&-]{2,60}\)|[다요])$")


def ends(text: str) -> bool:
    """Whether a line ends like a sentence.

    >>> ends("“The ferry is back.”"), ends("The ferry is back")
    (True, False)
    """
    last = text[-1]
    return last in _STOPS or (last in _CLOSING and _ENDS.search(text[-64:]) is not None)


class Places(NamedTuple):
    """Head and tail of each document of a batch."""

    each: list[Place]
    bounds: npt.NDArray[np.int64]
    """(documents, 2, 2): of the head and the tail of each, the first row and the row behind the last."""
    prose: list[int]
    """The rows that are `Place.prose` of any of them."""


# So many paragraphs of a document tell where its head ends.
_LOOKED_AT = 40
_NOWHERE, _NONE = range(0), frozenset[int]()


def find_places(lines: Lines, taken: npt.NDArray[np.bool_]) -> Places:
    """Head and tail of each document. Rows in `taken` are no paragraphs: a rule has spoken of them."""
    prose = np.flatnonzero(find_paragraphs(lines))
    bounds = prose.searchsorted(lines.starts)
    nth = np.arange(len(prose)) - np.repeat(bounds[:-1], np.diff(bounds))
    first = prose[(nth < _LOOKED_AT) & ~taken[prose]]
    pieces = first.searchsorted(lines.starts)
    some = np.flatnonzero(np.diff(pieces))
    low, high = pieces[some], pieces[some + 1]
    starts, stops, last = lines.starts[some], lines.starts[some + 1], prose[bounds[some + 1] - 1]

    limit = head_settings()["head"]
    # the text begins where paragraphs come close to each other
    near = np.append(np.flatnonzero(np.diff(first) <= limit["apart"]), len(first))
    begin = near[near.searchsorted(low)]
    begin = np.where(begin < high - 1, begin, low)
    core = np.minimum(begin + limit["paragraphs"] + 1, high)
    end = np.where(core - begin > limit["paragraphs"], first[core - 1], stops)
    head = np.maximum(starts, first[begin] - limit["before"])
    behind = np.minimum(end, first[begin] + limit["behind"])
    behind = np.where(core - begin > 1, np.minimum(behind, last + 1), behind)  # below a short text stands its tail
    tail = np.maximum(last + 1, behind)
    tail_stop = np.minimum(stops, tail + head_settings()["tail"]["lines"])

    ends = np.zeros((lines.documents, 2, 2), np.int64)
    ends[some] = np.stack([head, behind, tail, tail_stop], 1).reshape(-1, 2, 2)
    within_head = first.searchsorted(ends[some, 0])
    rows, each = first.tolist(), [Place(_NOWHERE, _NOWHERE, (), (), _NONE)] * lines.documents
    columns = zip(some.tolist(), ends[some].tolist(), within_head.tolist(), begin.tolist(), core.tolist(), strict=True)
    for document, ((start, stop), below), (one, other), at, stop_core in columns:
        prose_rows = frozenset(rows[one:other])
        each[document] = Place(
            range(start, stop), range(*below), tuple(rows[one:at]), tuple(rows[at:stop_core]), prose_rows
        )
    for document in np.flatnonzero(pieces[:-1] == pieces[1:]).tolist():
        top = _top(taken, *lines.starts[document : document + 2].tolist())
        each[document] = each[document]._replace(head=top)
        ends[document, 0] = top.start, top.stop
    return Places(each, ends, [row for place in each for row in place.prose])


def _top(taken: npt.NDArray[np.bool_], start: int, stop: int) -> range:
    """The head of a text without paragraphs: so many rows, not counting those of which a rule has spoken, as menus."""
    limit = head_settings()["head"]
    free = np.flatnonzero(~taken[start : min(stop, start + limit["menu"])])[: limit["without"]]
    return range(start, min(stop, max(start + limit["without"], start + int(free[-1]) + 1 if len(free) else start)))


# So many lines of a text, and such a share of those that have one right below, must run on for it to be hard-wrapped.
_RUN_ON, _RUN_ON_SHARE = 2, 0.25
# Characters: where no line of a text is longer than the one, a line from the other on is broken for want of room.
_WIDEST, _WIDE = 100, 50
# And a shorter one is none of a text that is broken at all: `facebook` over `x`.
_PIECE = 16
_QUOTED = ">|: "


def find_wrapped(lines: Lines) -> set[int]:
    """Rows of hard-wrapped paragraphs, as mail and old wires have them: a piece of a sentence is no headline.

    A line runs on where it does not end a sentence and the one right below begins in lower case, or the text
    is narrow and the line fills it. Where lines do, all lines of their block are pieces: some break before a name.

    >>> from cleaning.lines import split
    >>> text = "Rates rise\\n\\nLloyds Bank Plc said it is\\nraising its base rate\\nto Monday's level\\nof ten pct."
    >>> sorted(find_wrapped(split([text])))
    [1, 2, 3, 4]
    """
    if len(lines) < 2:
        return set()
    size = lines.sizes[lines.key]
    ended = end_with(lines, _CLOSED)
    # row and row + 1: of one document, with no blank line between
    below = np.diff(lines.line_no) == 1
    below[lines.starts[(lines.starts > 0) & (lines.starts < len(lines))] - 1] = False
    goes_on = below & ~ended[lines.key[:-1]] & (size[:-1] >= _PIECE)
    lower = np.zeros(len(lines.distinct), np.bool_)
    below_it = np.array(lines.keys_of(np.concatenate([[False], goes_on])), np.int64)
    first = lines.codes.codes[lines.codes.starts[below_it]]
    lower[below_it] = (first >= ord("a")) & (first <= ord("z"))
    others = below_it[np.isin(first, [*map(ord, _QUOTED)]) | (first > ord("~"))].tolist()
    lower[others] = [lines.distinct[key].lstrip(_QUOTED)[:1].islower() for key in others]
    lower_below = goes_on & lower[lines.key[1:]]
    wide = goes_on & (size[:-1] >= _WIDE)
    narrow = _counts(size > _WIDEST, lines.starts) == 0
    runs_on = np.where(narrow, _counts(lower_below | wide, lines.starts), _counts(lower_below, lines.starts))
    is_wrapped = runs_on >= np.maximum(_RUN_ON, _RUN_ON_SHARE * _counts(below, lines.starts))
    found: set[int] = set()
    for document in np.flatnonzero(is_wrapped).tolist():
        start, stop = int(lines.starts[document]), int(lines.starts[document + 1])
        here = slice(start, stop - 1)
        on = lower_below[here] | wide[here] if narrow[document] else lower_below[here]
        block = 0
        for row, more in enumerate([*below[here].tolist(), False]):
            if not more:
                if on[block:row].any():
                    found.update(range(start + block, start + row + 1))
                block = row + 1
    return found


def _counts(mark: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many rows of each document are marked; no mark stands for the last row where one is missing."""
    sums = np.concatenate([[0], np.cumsum(mark), [0]])
    sums[-1] = sums[-2]
    counts: npt.NDArray[np.int64] = np.diff(sums[starts])
    return counts
