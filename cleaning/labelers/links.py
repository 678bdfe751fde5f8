"""Lists of other articles, told by their form: a heading such as 'Explore' and the headlines under it.

A heading alone proves little ('Explore' may head a chapter of the article), so what decides is the run of
lines that follows: headlines are short and end like no sentence. The run ends at a paragraph, or at a
blank line once it has begun, because a page that parts its paragraphs parts them from its lists too; or before
that, where the article goes on with short lines: `listends` says where.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.labelers.linkends import (
    HEADLINE_CHARS_CJK,
    TEXT_ENDS,
    ends_like_a_sentence,
    is_sentence,
    is_short,
    is_under_text,
)
from cleaning.labelers.listends import Block, ends_of_lists
from cleaning.labels import dropping
from cleaning.lines import Label, Lines, labels_of
from cleaning.matching import Match
from cleaning.rules import find_headings
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
    batch = _look(lines, labels, headings, rows)
    found: list[Label] = []
    # All documents side by side, so that the trees are asked of many blocks at a time.
    each = zip(lines.documents_of(rows).tolist(), rows.tolist(), strict=True)
    waiting: list[tuple[_Asking, int | None]] = [
        (_document(batch, document, [row for _, row in own], found), None)
        for document, own in groupby(each, itemgetter(0))
    ]
    while waiting:
        asked: list[tuple[_Asking, Block]] = []
        for one, end in waiting:
            with suppress(StopIteration):
                asked.append((one, next(one) if end is None else one.send(end)))
        ends = ends_of([block for _, block in asked]) if asked else []
        waiting = [(one, end) for (one, _), end in zip(asked, ends, strict=True)]
    return sorted(found, key=itemgetter(0))


_Asking = Generator[Block, int, None]


class _Batch(NamedTuple):
    """What is known of each row."""

    lines: Lines
    headings: Mapping[int, Match]
    """By the key of their text."""
    numbers: list[int]
    gone: list[bool]
    """It leaves, by another rule or by this one; of these a document's own rows are added as its lists are found."""
    stops: list[bool]
    """It ends a run: a heading of a list, or a headline. What stands under that is the article's, whatever menu it was
    that stood above it."""
    linked: set[int]
    sections: set[int]
    signed: set[int]
    headlines: list[int]
    """Ascending, as rows."""
    stayed: npt.NDArray[np.int64]
    """The row behind the last up to it that stays."""
    chars: npt.NDArray[np.int64]
    """Characters that stay before it."""


def _look(lines: Lines, labels: Sequence[Label], headings: Mapping[int, Match], rows: npt.NDArray[np.int64]) -> _Batch:
    """`rows`: those of the headings."""
    spoken = find_spoken(lines, labels)
    is_gone = spoken.has(dropping("balanced"))
    stops = np.zeros(len(lines), np.bool_)
    stops[rows] = True
    stops[list(spoken.headlines)] = True
    return _Batch(
        lines=lines,
        headings=headings,
        numbers=lines.line_no.tolist(),
        gone=is_gone.tolist(),
        stops=stops.tolist(),
        linked=spoken.rows(["related-links"]),
        sections=spoken.rows(["section"]),
        signed=spoken.rows(["byline"]),
        headlines=sorted(spoken.headlines),
        stayed=np.maximum.accumulate(np.where(is_gone, 0, np.arange(1, len(lines) + 1))),
        chars=np.concatenate([[0], np.cumsum(np.where(is_gone, 0, lines.sizes[lines.key]))]),
    )


def _document(batch: _Batch, document: int, rows: list[int], found: list[Label]) -> _Asking:
    """Labels for the lists under the headings of a document, which stand in `rows`; asks where each block ends.

    From the end, because whether anything of the article follows depends on the lists that follow.
    """
    lines, gone, chars = batch.lines, batch.gone, batch.chars
    start, end = (int(lines.starts[at]) for at in (document, document + 1))
    tail = max(rows[-1] + 1, int(batch.stayed[end - 1]))
    for row in reversed(rows[-MOST_HEADINGS:]):
        while tail > row + 1 and gone[tail - 1]:
            tail -= 1
        match = batch.headings[int(lines.key[row])]
        run = yield from _run(batch, row, start, end, tail)
        if not match.rule.confirm and run and run[-1] + 1 < tail:
            teasers = _teasers(lines, row, tail, gone, batch.stops)
            if teasers and chars[teasers[-1] + 1] - chars[row] <= TEASERS_SHARE * (chars[row] - chars[start]):
                run = teasers
        items = [r for r in run if not gone[r]]
        if match.rule.confirm and (
            # the name of the article's section under its headline
            (row in batch.sections and start <= _last_below(batch.headlines, row))
            or (row - start <= HEAD and _is_kicker(lines, run, batch.signed))
            or _is_text(lines, items)
            or not _confirmed([r for r in run if not gone[r] or r in batch.linked], tail, batch.linked)
        ):
            continue
        if match.rule.confirm:
            evidence = f"{match.evidence}, over {_count(len(run), 'headline')}"
            found.append(Label(row, "related-links", match.rule.id, evidence))
        evidence = f"{_count(len(items), 'headline line')} under '{lines.texts[row][:60]}'"
        found += labels_of((r, "related-links", "links.under-heading", evidence) for r in items)
        for one in (row, *items):
            gone[one] = True


def _last_below(numbers: list[int], most: int) -> int:
    """The greatest of ascending numbers below `most`; -1: none."""
    at = bisect_left(numbers, most)
    return numbers[at - 1] if at else -1


def _run(batch: _Batch, heading: int, start: int, end: int, tail: int) -> Generator[Block, int, list[int]]:
    """Rows under a heading that look like headlines, or that are boilerplate among such.

    The document is from `start` to `end`; from `tail` on all of it is boilerplate.
    """
    numbers, gone, stops, texts = batch.numbers, batch.gone, batch.stops, batch.lines.texts
    # A page that parts its headlines by blank lines says nothing by one.
    most = max(1, numbers[heading + 1] - numbers[heading]) if heading + 1 < end else 1
    run: list[int] = []
    for row in range(heading + 1, end):
        if stops[row] or (run and numbers[row] - numbers[row - 1] > most) or len(run) == MOST_LINES:
            break
        if not gone[row] and len(text := texts[row]) > HEADLINE_CHARS_CJK and not is_short(text):
            break
        run.append(row)
    while run and gone[run[-1]] and run[-1] not in batch.linked:
        run.pop()
    rows = [row for row in run if not gone[row]]
    if not rows:
        return run
    over = run[-1] + 1
    if over >= tail and not any(texts[row][-1] in TEXT_ENDS for row in rows):
        return run  # a list at the end of a page
    at = yield Block(
        rows=rows,
        gaps=[numbers[row] - numbers[row - 1] for row in rows],
        inside=is_under_text(batch.lines, heading, start, gone, stops),
        closes=over >= tail,
        over_text=over < end and not gone[over] and not is_short(texts[over]),
        over_heading=over < end and stops[over],
        parted=over < end and most == 1 and numbers[over] - numbers[over - 1] > 1,
        headed=rows[0] > heading + 1,
    )
    return run if at == len(rows) else run[: run.index(rows[at])]


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
    if all(_BOOK.search(text) for text in texts):
        return True
    begun = is_sentence(first) or first[-1] == "。" or (first.endswith("다.") and len(first) >= 8)
    if begun and len(texts) <= SUBHEAD_LINES:
        return True
    return 2 * sum([text[0].islower() and "/" not in text for text in texts]) > len(texts)


def _is_kicker(lines: Lines, run: list[int], signed: set[int]) -> bool:
    """Whether a doubtful heading stands over a headline: its run has one byline, and below that the text begins."""
    own = signed.intersection(run)
    if len(own) != 1:
        return False
    below = [lines.texts[row] for row in run if row > min(own)]
    return sum(len(text) >= KICKED_CHARS and ends_like_a_sentence(text) for text in below[:2]) > 0


def _confirmed(run: list[int], tail: int, linked: set[int]) -> bool:
    """Whether what follows a doubtful heading is a list of articles."""
    if len(run) >= LEAST_UNDER_DOUBTFUL or any(row in linked for row in run):
        return True
    # Two are enough where nothing of the article follows.
    return len(run) == 2 and run[-1] + 1 >= tail


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
