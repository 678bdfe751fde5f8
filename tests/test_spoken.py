"""What labels say of rows is counted up once; a list that is not the same is counted anew."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from cleaning.fields.heads import find_paragraphs
from cleaning.lines import Label, Lines, split
from cleaning.once import once
from cleaning.spoken import find_spoken

SHARE = Label(0, "share-bar", "en.share.button", "")
TITLE = Label(1, "title", "fields.title.headline", "")


def test_each_row_has_its_labels() -> None:
    lines = split(["Share\nBridge\nMore"])
    spoken = find_spoken(lines, [SHARE, TITLE, Label(0, "title", "fields.title.repeated", "")])
    assert spoken.rows(["share-bar"]) == {0}
    assert spoken.rows(["title"]) == {0, 1}
    assert (spoken.kinds == 0).tolist() == [False, False, True]
    assert spoken.dropped[0] == spoken.dropped[1] >= 0 > spoken.dropped[2]
    assert spoken.headlines == [1]


def test_another_list_is_counted_anew() -> None:
    lines = split(["Share\nBridge"])
    labels = [SHARE]
    assert find_spoken(lines, labels).rows(["share-bar", "title"]) == {0}
    assert find_spoken(lines, [TITLE]).rows(["share-bar", "title"]) == {1}
    labels += [TITLE]
    assert find_spoken(lines, labels).rows(["share-bar", "title"]) == {0, 1}
    assert find_spoken(split(["Share\nBridge"]), labels[:1]).rows(["title"]) == set()


def test_a_batch_is_asked_once_and_let_go() -> None:
    asked = []

    @once
    def count(lines: Lines) -> int:
        asked.append(len(lines))
        return len(lines)

    lines = split(["a\nb"])
    assert (count(lines), count(lines), count(split(["c"]))) == (2, 2, 1)
    assert asked == [2, 1]
    find_paragraphs(lines)
    find_spoken(lines, [SHARE])
    kept = weakref.ref(lines)
    del lines
    gc.collect()
    assert kept() is None


def test_no_lines() -> None:
    lines = split([""])
    assert len(find_paragraphs(lines)) == 0
    assert not np.any(find_spoken(lines, []).kinds)
