"""Visitors' comments: a thread of names, stamps, prose and buttons that stands behind the article.

Prose alone tells nobody that a visitor wrote it. What tells is its frame: a heading such as '12 comments', and
under it, again and again, 'Ann Lee says', a stamp, a button 'Reply'. Those are the marks of a thread. From its
heading, or its first mark, to the end of its last comment everything goes, the prose included.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from cleaning.fields.dates import scan
from cleaning.fields.fieldlines import without_marker
from cleaning.fields.heads import find_paragraphs
from cleaning.fields.looks import find_timeless
from cleaning.labels import dropping
from cleaning.linecache import LineCache
from cleaning.linemodel.shapes import find_shapes
from cleaning.lines import Label, Lines, labels_of, within
from cleaning.matching import fold
from cleaning.spoken import find_spoken

# Longest line that can be a mark, in characters: a name of three words, a date with its time and place.
MARK_CHARS = 70
# Rows between two marks of one thread: a long comment has ten paragraphs, an article behind it more.
APART = 25
# Rows between a heading and the first mark: house rules, buttons of sorting and of signing in.
NEAR = 12
# Paragraphs of the article that have to stand before a thread.
BEFORE = 2
# Marks of a thread under a heading, and of one without; and lines that say all at once: who, when, 'said'.
LEAST, LEAST_ALONE, LEAST_SIGNED = 2, 4, 3
# Rows above the first button in which its comment begins.
BACK = 8
# So many marks are looked at to tell whether they are those of a thread.
ENOUGH = 20
# Paragraphs in a row that no mark parts are a second article, not a comment.
MOST_PARAGRAPHS = 8


@cache
def comment_words() -> dict[str, Any]:
    """The tables of data/comments.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/comments.toml").read_text("utf-8"))


_AROUND = " :()[]0123456789.-–—·•*|\u00a0"


class Marks(NamedTuple):
    """Keys of the lines that mark a thread."""

    reply: frozenset[int]
    says: frozenset[int]
    signed: frozenset[int]
    """'Ann Lee on 3 May 2024 at 5:23 pm said:'"""


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`comment-widget` for every line of a thread that nothing else has labelled.

    >>> from cleaning.lines import split
    >>> body = "\n".join(["The council has voted on the bridge, after years of dispute on who pays. " * 2] * 3)
    >>> lines = split([f"{body}\n2 comments\nAnn says:\nI doubt it.\nBob says:\nSo do I."])
    >>> found = label(lines, [Label(3, "comment-widget", "en.comments.counter", "equals '2 comments'")])
    >>> [one.row for one in found], found[0].evidence
    ([4, 5, 6, 7], "in the thread of comments under '2 comments'")
    """
    marks = find_marks(lines)
    spoken = find_spoken(lines, labels)
    widgets = spoken.rows(["comment-widget"])
    told = np.zeros(len(lines.distinct), np.bool_)
    told[[*marks.reply, *marks.says, *marks.signed]] = True
    speaks = told[lines.key]
    speaks[list(widgets)] = True
    speaking = np.flatnonzero(speaks)
    if not len(speaking):
        return []
    told |= (find_shapes(lines).column("digits") > 0) & (lines.sizes <= MARK_CHARS)
    is_taken = spoken.has(dropping("balanced"))
    page = _Page(
        lines,
        lines.key.tolist(),
        marks,
        widgets,
        is_taken.tolist(),
        speaking.tolist(),
        np.flatnonzero(told[lines.key]).tolist(),
        np.flatnonzero(find_paragraphs(lines) & ~is_taken).tolist(),
        {},
    )
    documents, firsts = np.unique(lines.documents_of(speaking), return_index=True)
    threads = [
        _Thread(page, lines.rows(document), page.speaking[first])
        for document, first in zip(documents.tolist(), firsts.tolist(), strict=True)
    ]
    # most have a number and no date: to read them for one takes far longer than to look
    page.stamped.update(dict.fromkeys(find_timeless(lines, [row for thread in threads for row in thread.may]), False))
    out: list[Label] = []
    for thread in threads:
        for begin, end, evidence in thread.find():
            out += labels_of(
                (row, "comment-widget", "comments.thread", evidence) for row in range(begin, end) if not page.taken[row]
            )
    return out


class _Page(NamedTuple):
    """What is known of the rows of a batch."""

    lines: Lines
    keys: list[int]
    marks: Marks
    widgets: set[int]
    """Rows that a rule takes for part of a thread."""
    taken: list[bool]
    """Whether each row leaves the body."""
    speaking: list[int]
    """Rows that are such, or marks whatever stands around them."""
    may: list[int]
    """Rows that are marks, or may be stamps."""
    prose: list[int]
    """Rows of paragraphs that stay."""
    stamped: dict[int, bool]
    """Of keys that were asked for already whether the line is a stamp."""


def find_marks(lines: Lines) -> Marks:
    """Which lines are marks of a thread whatever stands around them; stamps are not looked for."""
    found: dict[str, list[int]] = {"reply": [], "says": [], "signed": []}
    for key, kind in _marks().ask(lines).telling.items():
        found[kind].append(key)
    return Marks(**{kind: frozenset(keys) for kind, keys in found.items()})


@cache
def _marks() -> LineCache[str]:
    return LineCache(_find_kinds, longest=MARK_CHARS)


def _find_kinds(texts: Sequence[str]) -> list[str]:
    """For each text the field of Marks that it belongs to, or ''."""
    hints, last_words = _hints()
    kinds = [""] * len(texts)
    some = [
        at
        for at, text in enumerate(texts)
        if (plain := text.casefold().strip(_AROUND)) in hints or plain[plain.rfind(" ") + 1 :] in last_words
    ]
    buttons, speaker = _buttons(), _speaker()
    for at, text in zip(some, fold([texts[at] for at in some]), strict=True):
        if text.removesuffix(" 0") in buttons:
            kinds[at] = "reply"
        elif speaker.search(text):
            when = scan(texts[at])
            if when and any(stamp.day for stamp in when.stamps):
                kinds[at] = "signed"
            elif _is_speaker(texts[at]):
                kinds[at] = "says"
    return kinds


@cache
def _hints() -> tuple[frozenset[str], frozenset[str]]:
    """Buttons, and the last words of those behind a name, in small letters, with and without their accents."""
    words = comment_words()
    hints = {word.casefold() for word in words["reply"]["words"]} | _buttons()
    last = {word.casefold().split()[-1] for word in words["says"]["words"]}
    return frozenset(hints), frozenset(last | {word.split()[-1] for word in fold(words["says"]["words"])})


@cache
def _buttons() -> frozenset[str]:
    return frozenset(fold(comment_words()["reply"]["words"]))


@cache
def _speaker() -> re.Pattern[str]:
    words = sorted(fold(comment_words()["says"]["words"]), key=len, reverse=True)
    return re.compile(rf"\w\W? (?:{'|'.join(map(re.escape, words))}) ?:?$")


def _is_speaker(text: str) -> bool:
    """Whether a line that ends with 'says' is a name and no clause: at most four words before it, no comma."""
    return len(text) <= 45 and len(without_marker(text).split()) <= 5 and not any(mark in text for mark in ',;?!“"«')


def _stamped(text: str) -> bool:
    """Whether a line is a day, or how long ago, and next to nothing besides: a name, a place."""
    when = scan(text)
    if when is None or not (when.relative or any(stamp.day for stamp in when.stamps)):
        return False
    return sum(map(len, when.rest)) <= 30


class _Thread:
    """A document in which something speaks of comments."""

    def __init__(self, page: _Page, rows: range, first: int) -> None:
        """`first`: the row where something speaks of comments for the first time."""
        self.page, self.lines, self.keys, self.marks = page, page.lines, page.keys, page.marks
        self.start, self.stop = max(self._behind_the_text(rows), first - BACK), rows.stop
        may = within(page.may, range(self.start, self.stop))
        self.may = may if len(may) >= LEAST else []
        self.marked: list[int] = []

    def find(self) -> Iterator[tuple[int, int, str]]:
        """First row, the row behind the last, and evidence of each thread."""
        self.marked = [row for row in self.may if self._is_mark(row)]
        if len(self.marked) < LEAST:
            return
        behind = self.start
        for row in within(self.page.speaking, range(self.start, self.stop)):
            if row < behind:
                continue
            if found := self._under_a_heading(row) or self._under_signatures(row) or self._over_buttons(row):
                yield found
                behind = found[1]

    def _under_a_heading(self, row: int) -> tuple[int, int, str] | None:
        if row not in self.page.widgets or self._is_button(row):
            return None
        marks = self._marks(row)
        if len(marks) < LEAST or not self._has_prose(row, marks):
            return None
        return row, self._end(row), f"in the thread of comments under '{self.lines.texts[row][:40]}'"

    def _under_signatures(self, row: int) -> tuple[int, int, str] | None:
        if self.keys[row] not in self.marks.signed:
            return None
        marks = self._marks(row)
        if sum(self.keys[at] in self.marks.signed for at in marks) < LEAST_SIGNED:
            return None
        return row, self._end(row), f"in a thread of comments, each under a line like '{self.lines.texts[row][:60]}'"

    def _over_buttons(self, row: int) -> tuple[int, int, str] | None:
        if not self._is_button(row):
            return None
        first = self._first(row)
        marks = self._marks(first)
        again = sum(self.keys[at] == self.keys[row] for at in marks)
        if len(marks) < LEAST_ALONE or again < LEAST or not self._has_prose(first, marks):
            return None
        return first, self._end(first), f"in a thread of comments, each with '{self.lines.texts[row][:40]}'"

    def _behind_the_text(self, rows: range) -> int:
        """The row behind the first paragraphs of the article; the document's end where there are too few."""
        prose = self.page.prose
        last = bisect_left(prose, rows.start) + BEFORE - 1
        return prose[last] + 1 if last < len(prose) and prose[last] < rows.stop else rows.stop

    def _is_button(self, row: int) -> bool:
        return self.keys[row] in self.marks.reply

    def _is_mark(self, row: int) -> bool:
        key = self.keys[row]
        if key in self.marks.reply or key in self.marks.says or key in self.marks.signed:
            return True
        stamped = self.page.stamped.get(key)
        if stamped is None:
            text = self.lines.distinct[key]
            stamped = self.page.stamped[key] = len(text) <= MARK_CHARS and _stamped(text)
        return stamped

    def _marks(self, row: int, limit: int = ENOUGH) -> list[int]:
        """Rows of the first marks from `row` on, none of them too far from the one before."""
        found: list[int] = []
        last, most = row, NEAR
        begin = bisect_left(self.marked, row)
        for number in range(begin, min(begin + limit, len(self.marked))):
            at = self.marked[number]
            if at - last > most or self._paragraphs(last + 1, at) > MOST_PARAGRAPHS:
                break
            found.append(at)
            last, most = at, APART
        return found

    def _paragraphs(self, first: int, stop: int) -> int:
        if stop - first <= MOST_PARAGRAPHS:
            return 0
        return len(within(self.page.prose, range(first, stop)))

    def _has_prose(self, row: int, marks: list[int]) -> bool:
        """Whether something nobody has labelled stands between the marks, twice at least."""
        between = 0
        for first, last in pairwise([row, *marks, min(marks[-1] + 2, self.stop)]):
            between += not all(self.page.taken[first + 1 : last])
        return between >= LEAST

    def _first(self, row: int) -> int:
        """Where the comment above the first button begins: at its stamp or name, else at the button."""
        for at in range(row - 1, max(self.start, row - BACK) - 1, -1):
            if self.page.taken[at]:
                break
            if self._is_mark(at):
                named = at > self.start and not self.page.taken[at - 1] and len(self.lines.texts[at - 1]) <= 30
                return at - 1 if named else at
        return row

    def _end(self, row: int) -> int:
        """The row behind the last comment: what other marks have under them, the last may have too."""
        marks = self._marks(row, len(self.marked))
        last = marks[-1]
        if self._is_button(last) and not self._is_button(marks[0]):
            return last + 1  # the button closes each comment
        longest = max((after - before for before, after in pairwise(marks)), default=1)
        end = last + 1
        while end < self.stop and end - last < max(longest, 2) and not self.page.taken[end]:
            end += 1
        return end
