"""Lists of other articles, told by their form: a heading such as 'Explore' and the headlines under it.

A heading alone proves little ('Explore' may head a chapter of the article), so what decides is the run of
lines that follows: headlines are short and end like no sentence. The run ends at a paragraph, or at a
blank line once it has begun, because a page that parts its paragraphs parts them from its lists too; or before
that, where the article goes on with short lines: `listends` says where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.labelers.enclosed import closing_marks
from cleaning.labelers.linkends import (
    TEXT_ENDS,
    are_short,
    ends_like_a_sentence,
    is_sentence,
    is_short,
    is_under_text,
)
from cleaning.labelers.listends import Block, ends_of_lists
from cleaning.labels import dropping
from cleaning.lines import Label, Lines, end_with, labels_of, within
from cleaning.matching import Match
from cleaning.rules import find_headings, rows_saying
from cleaning.spoken import find_spoken

# A heading that is also an honest subhead has to prove itself by this many headlines.
LEAST_UNDER_DOUBTFUL = 3
# Headlines with a teaser under each: so many teasers, none longer, and with all their headlines no more than
# this share of the text before them.
LEAST_TEASERS = 3
TEASER_CHARS, TEASER_CHARS_CJK = 320, 140
TEASERS_SHARE = 0.5
# Of their headlines such a share may end like sentences.
TEASERS_SENTENCES = 0.34
# A doubtful heading so near the top may be the kicker of the article, whose text begins with a sentence so long.
HEAD = 60
KICKED_CHARS = 40
# So many lines under a doubtful heading, the first of them a sentence, are the text under a subhead.
SUBHEAD_LINES = 6
# So many headings of a document are looked at, from the end, and so many lines under each: more than any page has.
MOST_HEADINGS, MOST_LINES = 500, 1000
# How a line of a bibliography ends.
_BOOK = re.compile(r"[,(] ?(?:1[89]|20)\d\d\)?\.?$")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`related-links` for the headings of lists of other articles and for the headlines under them."""
    return label_lists(lines, labels, partial(ends_of_lists, lines))


def label_lists(lines: Lines, labels: Sequence[Label], ends_of: Callable[[list[Block]], list[int]]) -> list[Label]:
    """The same with any `ends_of`, which says how many lines of each block are headlines: who fits asks the truth."""
    headings = find_headings(lines)
    if not headings:
        return []
    is_heading = np.zeros(len(lines.distinct), np.bool_)
    is_heading[list(headings)] = True
    rows = np.flatnonzero(is_heading[lines.key])
    batch, runs = _look(lines, labels, rows)
    waiting = [[*own][-MOST_HEADINGS:] for _, own in groupby(runs, attrgetter("start"))]
    found: list[Label] = []
    # Of each document from the end, because whether anything of the article follows depends on the lists that follow;
    # all documents side by side, so that the trees are asked of many blocks at a time.
    while waiting:
        now = [own.pop() for own in waiting]
        blocks = [_block(batch, run) for run in now]
        asked = [block for block in blocks if block is not None]
        ends = iter(ends_of(asked) if asked else ())
        for run, block in zip(now, blocks, strict=True):
            match = headings[int(lines.key[run.heading])]
            found += _say(batch, run, len(run.items) if block is None else next(ends), match)
        waiting = [own for own in waiting if own]
    found.sort(key=itemgetter(0))
    return found


class _Batch(NamedTuple):
    """What is known of each row."""

    lines: Lines
    gone: list[bool]
    """It leaves, by another rule or by this one; of these a document's own rows are added as its lists are found."""
    stops: list[bool]
    """It ends a run: a heading of a list, a line that says that one ends, or a headline. What stands under that is the
    article's, whatever menu it was that stood above it."""
    linked: set[int]
    sections: set[int]
    signed: list[int]
    """Ascending, as `headlines`."""
    headlines: list[int]
    chars: npt.NDArray[np.int64]
    """Characters that stay before it."""
    tails: dict[int, int]
    """By the first row of a document: the row from which on all of it leaves, as far as that is known."""


class _Run(NamedTuple):
    """The lines under a heading that look like headlines, or that are boilerplate among such."""

    heading: int
    start: int
    """The first row of the document."""
    stop: int
    """The row behind the document."""
    over: int
    """The row behind the run."""
    items: list[int]
    """Rows of the run that no other rule drops."""
    ended: bool
    """One of these ends as sentences do."""
    parted: bool
    """A blank line stands behind the run, and none between its lines."""


def _look(lines: Lines, labels: Sequence[Label], rows: npt.NDArray[np.int64]) -> tuple[_Batch, list[_Run]]:
    """`rows`: those of the headings."""
    spoken = find_spoken(lines, labels)
    gone = spoken.has(dropping("balanced"))
    stops = np.zeros(len(lines), np.bool_)
    stops[rows] = True
    stops[rows_saying(lines, closing_marks())] = True
    stops[list(spoken.headlines)] = True
    runs = _runs(lines, gone, gone & ~spoken.has(["related-links"]), stops, rows)
    stayed = _last(~gone)
    batch = _Batch(
        lines=lines,
        gone=gone.tolist(),
        stops=stops.tolist(),
        linked=spoken.rows(["related-links"]),
        sections=spoken.rows(["section"]),
        signed=sorted(spoken.rows(["byline"])),
        headlines=sorted(spoken.headlines),
        chars=np.concatenate([[0], np.cumsum(np.where(gone, 0, lines.sizes[lines.key]))]),
        tails={run.start: max(run.heading, int(stayed[run.stop - 1])) + 1 for run in runs},
    )
    return batch, runs


def _runs(
    lines: Lines,
    gone: npt.NDArray[np.bool_],
    idle: npt.NDArray[np.bool_],
    stops: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.int64],
) -> list[_Run]:
    """What stands under each heading, up to a paragraph, a stop or a blank line.

    `idle`: rows with which no run ends, being boilerplate that is none of a list's.
    """
    documents = lines.documents_of(rows)
    starts, ends = lines.starts[documents], lines.starts[documents + 1]
    steps = np.diff(lines.line_no, prepend=0, append=0)
    # A page that parts its headlines by blank lines says nothing by one.
    most = np.where(rows + 1 < ends, steps[rows + 1], 1)
    limits = np.minimum(ends, rows + 1 + MOST_LINES)
    stop = np.minimum(_next(stops | ~(gone | are_short(lines)[lines.key]))[rows + 1], limits)
    gaps = np.append(_next(steps[:-1] > 1), len(lines))[rows + 2]
    for at in np.flatnonzero(most > 1).tolist():
        below = range(int(rows[at]) + 2, int(stop[at]))
        gaps[at] = next((row for row in below if steps[row] > most[at]), len(lines))
    over = np.maximum(_last(~idle)[np.minimum(stop, gaps) - 1], rows) + 1
    left = np.flatnonzero(~gone)
    is_ended = ~gone & end_with(lines, TEXT_ENDS)[lines.key]
    ended = np.concatenate([[0], np.cumsum(is_ended)])
    parted = (over < ends) & (most == 1) & (steps[over] > 1)
    columns = (
        rows, starts, ends, over, left.searchsorted(rows + 1), left.searchsorted(over), ended[over] > ended[rows + 1],
        parted,
    )  # fmt: skip
    kept: list[int] = left.tolist()
    return [
        _Run(heading, start, end, behind, kept[low:high], said, alone)
        for heading, start, end, behind, low, high, said, alone in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _last(rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The last row that is marked, up to each; -1: none."""
    return np.maximum.accumulate(np.where(rows, np.arange(len(rows)), -1))


def _next(rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The first row that is marked, from each on and from behind the last; their number: none."""
    marked = np.append(np.where(rows, np.arange(len(rows)), len(rows)), len(rows))
    return np.minimum.accumulate(marked[::-1])[::-1]


def _block(batch: _Batch, run: _Run) -> Block | None:
    """What the trees are asked of; None where all of a run are headlines: a list at the end of a page, or no line."""
    gone, over = batch.gone, run.over
    tail = batch.tails[run.start]
    while tail > run.heading + 1 and gone[tail - 1]:
        tail -= 1
    batch.tails[run.start] = tail
    if not run.items or (over >= tail and not run.ended):
        return None
    return Block(
        rows=run.items,
        inside=is_under_text(batch.lines, run.heading, run.start, gone, batch.stops),
        closes=over >= tail,
        over_text=over < run.stop and not gone[over] and not is_short(batch.lines.texts[over]),
        over_heading=over < run.stop and batch.stops[over],
        parted=run.parted,
        headed=run.items[0] > run.heading + 1,
    )


def _say(batch: _Batch, run: _Run, end: int, match: Match) -> list[Label]:
    """Labels for a heading and its list, of which so many lines are headlines; none if it is no heading of one."""
    lines, gone, chars = batch.lines, batch.gone, batch.chars
    row, tail = run.heading, batch.tails[run.start]
    over, items = (run.over, run.items) if end == len(run.items) else (run.items[end], run.items[:end])
    sure = not match.rule.confirm
    if sure and row + 1 < over < tail:
        teasers = _teasers(lines, row, tail, gone, batch.stops)
        if teasers and chars[teasers[-1] + 1] - chars[row] <= TEASERS_SHARE * (chars[row] - chars[run.start]):
            over, items = teasers[-1] + 1, [r for r in teasers if not gone[r]]
    if not sure and (
        # the name of the article's section under its headline
        (row in batch.sections and within(batch.headlines, range(run.start, row)))
        or (row - run.start <= HEAD and _is_kicker(lines, range(row + 1, over), batch.signed))
        or _is_text(lines, items)
        or not _confirmed(batch, range(row + 1, over), items, tail)
    ):
        return []
    for one in (row, *items):
        gone[one] = True
    evidence = f"{_count(len(items), 'headline line')} under '{lines.texts[row][:60]}'"
    found = labels_of([(r, "related-links", "links.under-heading", evidence) for r in items])
    if not sure:
        evidence = f"{match.evidence}, over {_count(over - row - 1, 'headline')}"
        found.append(Label(row, "related-links", match.rule.id, evidence))
    return found


def _teasers(lines: Lines, heading: int, tail: int, gone: list[bool], stops: list[bool]) -> list[int]:
    """The rows under a heading if they are headlines with a teaser under each, else none.

    They end where the document's tail begins, at the next heading, or where three lines of boilerplate follow.
    """
    items: list[int] = []
    teasers = sentences = 0
    above = True  # whether the line above is a teaser, or the heading
    for row in range(heading + 1, tail):
        if stops[row] or (row + 2 < tail and gone[row] and gone[row + 1] and gone[row + 2]):
            break
        if gone[row]:
            continue
        text = lines.texts[row]
        teaser = not is_short(text)
        if teaser and (above or not is_short(text, TEASER_CHARS, TEASER_CHARS_CJK)):
            return []
        teasers += teaser
        sentences += not teaser and ends_like_a_sentence(text)
        above = teaser
        items.append(row)
    if teasers < LEAST_TEASERS or sentences > TEASERS_SENTENCES * (len(items) - teasers):
        return []
    return list(range(heading + 1, items[-1] + 1))


def _is_text(lines: Lines, items: list[int]) -> bool:
    """Whether what follows a doubtful heading is text.

    It begins with a sentence, most of it is in lower case, or all of it are books with their years.
    """
    if not items:
        return False
    texts = [lines.texts[row] for row in items]
    first = texts[0]
    if all(map(_BOOK.search, texts)):
        return True
    begun = is_sentence(first) or first[-1] == "。" or (first.endswith("다.") and len(first) >= 8)
    if begun and len(texts) <= SUBHEAD_LINES:
        return True
    return 2 * sum([text[0].islower() and "/" not in text for text in texts]) > len(texts)


def _is_kicker(lines: Lines, run: range, signed: list[int]) -> bool:
    """Whether a doubtful heading stands over a headline: its run has one byline, and below that the text begins."""
    own = within(signed, run)
    if len(own) != 1:
        return False
    below = lines.texts[own[0] + 1 : min(own[0] + 3, run.stop)]
    return any(len(text) >= KICKED_CHARS and ends_like_a_sentence(text) for text in below)


def _confirmed(batch: _Batch, run: range, items: list[int], tail: int) -> bool:
    """Whether what follows a doubtful heading is a list of articles."""
    if len(items) >= LEAST_UNDER_DOUBTFUL or any(row in batch.linked for row in run):
        return True
    # Two are enough where nothing of the article follows.
    return len(items) == 2 and items[-1] + 1 >= tail


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
