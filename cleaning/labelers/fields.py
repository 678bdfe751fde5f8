"""The labeler of metadata lines: title, byline, date, section, source credit, caption.

A line is read on its own (`fieldlines`), once for each distinct text; what stands around it decides. Only
the head of a document and its tail are looked at (`heads`); captions may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, starmap

import numpy as np
import numpy.typing as npt

from cleaning.fields.batch import Batch
from cleaning.fields.captions import find_captions
from cleaning.fields.dated import say_date, say_dates, say_times
from cleaning.fields.fieldlines import may_name_source, read_field_line
from cleaning.fields.heads import Place, find_places, find_wrapped, head_settings
from cleaning.fields.looks import ANYTHING, LATER, NAMES, OPENS, WHEN, WHO, find_looks, look
from cleaning.fields.namewords import byline_words
from cleaning.fields.signed import named, say_bylines, say_names, say_signature
from cleaning.fields.sitetitles import find_of_site
from cleaning.fields.titles import say_title
from cleaning.labels import dropping
from cleaning.lines import Label, Lines, labels_of, within
from cleaning.rules import load_rules
from cleaning.spoken import Spoken, find_spoken


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """Label the lines that are metadata and leave alone those that `labels` has spoken of.

    >>> from cleaning.lines import split
    >>> body = "\\n".join(["The council has voted on the bridge, after years of dispute over who pays for it all."] * 3)
    >>> lines = split([f"Council votes on the bridge at last\\nBy Ann Lee\\n2 September 2025\\n{body}"])
    >>> [(one.row, one.rule_id) for one in label(lines, [])]
    [(0, 'fields.title.headline'), (1, 'fields.byline.by'), (2, 'fields.date.line')]
    """
    batch, places = open_batch(lines, labels)
    heads, tails = batch.bounds[:, 0], batch.bounds[:, 1]
    # most heads and tails have no line that may be this or that
    may = zip(
        *(_held(rows, heads) for rows in (batch.when, batch.signed, batch.named, batch.sections)),
        *(_held(rows, tails) for rows in (batch.credits, batch.named)),
        strict=True,
    )
    each = zip(places, starmap(range, pairwise(lines.starts.tolist())), lines.urls, may, strict=True)
    for place, rows, url, (dated, signed, names, sections, credits, ended) in each:
        if len(rows) < 2:
            continue
        before = len(batch.said)
        clocks = say_dates(batch, place, dated) if dated else []
        if signed:
            say_bylines(batch, place, signed)
        title = say_title(batch, place, rows, url or "", signed=len(batch.said) > before)
        if names:
            say_names(batch, place, names, title)
        if sections:
            _sections(batch, place, sections)
        if clocks:
            say_times(batch, clocks, rows)
        if credits:
            _tail(batch, place, credits, rows.stop)
        if ended:
            say_signature(batch, place, ended[0], rows)
    said, rules = batch.said, head_settings()["rules"]
    return labels_of(
        (row, rules[rule]["label"], rule, evidence) for row in sorted(said) for rule, evidence in said[row]
    )


def open_batch(lines: Lines, labels: Sequence[Label]) -> tuple[Batch, list[Place]]:
    """A batch of which only the captions have been said, and the head and tail of each of its documents."""
    spoken = find_spoken(lines, labels)
    taken = spoken.kinds != 0
    if lines.own_packs:
        taken[_said_by_own(lines, spoken)] = False
    gone = spoken.has(dropping("balanced"))
    buttons, boxes = spoken.has(["navigation", "ui-string"]), spoken.has(["author-box"])
    said = {row: [mark] for row, mark in find_captions(lines, taken).items()}
    with_captions = taken.copy()
    with_captions[list(said)] = True
    places, bounds, prose = find_places(lines, with_captions)
    looks, placed = _looks(lines, bounds, prose)
    seen = np.where(placed, looks[lines.key], 0)
    left = placed & ~taken

    def rows(some: npt.NDArray[np.bool_], what: int) -> list[int]:
        found: list[int] = np.flatnonzero(some & (seen & what != 0)).tolist()
        return found

    batch = Batch(
        lines=lines,
        keys=lines.key.tolist(),
        texts=lines.texts,
        taken=set(np.flatnonzero(taken).tolist()),
        gone=np.flatnonzero(gone).tolist(),
        is_gone=gone.tolist(),
        bounds=bounds,
        wrapped=find_wrapped(lines),
        of_site=find_of_site(lines),
        looks=looks.tolist(),
        often=np.bincount(lines.key, minlength=len(lines.distinct)).tolist(),
        left=np.flatnonzero(left).tolist(),
        when=rows(left, WHEN),
        signed=rows(placed & (~taken | boxes), WHEN | OPENS | WHO),
        named=rows(left, NAMES),
        sections=rows(placed & (~taken | buttons), WHEN | OPENS),
        credits=rows(placed & (~taken | boxes), WHEN | OPENS | WHO),
        said=said,
        read={},
    )
    return batch, places


def _said_by_own(lines: Lines, spoken: Spoken) -> list[int]:
    """Rows of which only rules of a user's own have spoken, and which say by themselves who wrote, or when.

    Such a rule takes a line out of the body; that the column stays empty for it nobody would notice.
    """
    own = load_rules(lines.own_packs).by_id.keys() - load_rules().by_id.keys()
    said = spoken.columns()
    is_own = said.ruled(own.__contains__)
    rows = np.setdiff1d(said.row[is_own], said.row[~is_own])
    keys = np.unique(lines.key[rows])
    each = zip(keys.tolist(), look(lines.codes.some(keys)).tolist(), strict=True)
    read = {key: read_field_line(lines.distinct[key], may) for key, may in each if may}
    tells = {key for key, line in read.items() if line.signed or line.source or line.dated not in ("", "time")}
    return [row for row in rows.tolist() if int(lines.key[row]) in tells]


def _looks(
    lines: Lines, bounds: npt.NDArray[np.int64], prose: list[int]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """What the texts of heads and tails may say, by their key; and which rows are of those.

    Paragraphs are left for whoever asks of one: they have half of the characters and hardly ever anything to say.
    """
    steps = np.zeros(len(lines) + 1, np.int64)
    np.add.at(steps, bounds[..., 0], 1)
    np.subtract.at(steps, bounds[..., 1], 1)
    placed = np.cumsum(steps[:-1]) > 0
    looks = np.zeros(len(lines.distinct), np.uint8)
    looks[lines.key[prose]] = LATER
    placed[prose] = False
    keys = np.array(lines.keys_of(placed), np.int64)
    looks[keys] = find_looks(lines, keys) & ANYTHING
    return looks, placed


def _held(rows: list[int], bounds: npt.NDArray[np.int64]) -> list[list[int]]:
    """Those of ascending rows that are in each range."""
    places = np.array(rows, np.int64).searchsorted(bounds)
    some = np.flatnonzero(places[:, 0] < places[:, 1])
    held: list[list[int]] = [[]] * len(bounds)
    for at, (low, high) in zip(some.tolist(), places[some].tolist(), strict=True):
        held[at] = rows[low:high]
    return held


def _sections(batch: Batch, place: Place, rows: list[int]) -> None:
    """The name of a section, which may also be known as a word of menus. Behind a sentence it is a subhead.

    `rows`: those of the head that may name one.
    """
    if batch.said.keys() >= {*rows}:
        return
    stop = min([place.head.stop, *place.core[:1]])
    if not place.core:
        ended = (row for row in within(batch.left, place.head) if batch.free(row) and batch.text(row)[-1] in ".。!?")
        stop = next(ended, stop)
    for row in within(rows, range(place.head.start, stop)):
        if row not in batch.said and (section := batch.line(row).section):
            batch.say(row, "fields.section.line", f"names the section '{section}'")


def _tail(batch: Batch, place: Place, rows: list[int], stop: int) -> None:
    """Credits, and what says by itself that it is a byline, a date of publication or a source.

    `rows`: those of the tail that may say so. `stop`: the row behind the document.
    """
    credits = tuple(byline_words()["intro"]["credits"])
    near = head_settings()["tail"]["near"]
    for row in rows:
        if row in batch.said:
            continue
        text = batch.text(row)
        if len(text) <= 400 and text[:60].lower().lstrip(" (—–-[").startswith(credits):
            batch.say(row, "fields.byline.credits", "says who reported, wrote or edited")
            continue
        # of other articles
        far = row - place.tail.start >= near and (row + 1 == stop or row + 1 not in batch.taken)
        if far and not may_name_source(text):
            continue
        line = batch.line(row)
        if line.source:
            batch.say(row, "fields.source.line", f"names the source '{line.source[:60]}'")
        elif far:
            continue
        elif line.dated == "posted" or (line.dated and line.signed):
            say_date(batch, row, line)
        elif line.signed and line.signed != "role":
            batch.say(row, f"fields.byline.{line.signed}", named(line))
