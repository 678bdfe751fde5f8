"""What is kept of single texts: the same answers as without, few texts asked for twice, bounded memory."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from cleaning import linecache
from cleaning.codes import Spans
from cleaning.linecache import LineCache, MarkCache, find_known
from cleaning.lines import split
from cleaning.textcache import SHORT, TextCache


def test_answers_are_those_of_the_function_and_memory_is_bounded() -> None:
    asked: list[str] = []

    def find(texts: Sequence[str]) -> list[int]:
        asked.extend(texts)
        return [len(text) for text in texts]

    cache, chosen = TextCache(find, most=20), random.Random(1)
    for _ in range(200):
        texts = [str(chosen.randrange(60)) * chosen.randrange(1, 3) for _ in range(chosen.randrange(12))]
        assert cache(texts) == [*map(len, texts)]
        assert len(cache._young) <= 20 + 12
        assert len(cache._old) <= 20 + 12
    assert len(asked) < 900  # of 1,100: some were asked for again, not all


def test_what_was_met_lately_is_not_asked_for_again() -> None:
    asked: list[str] = []
    cache = TextCache(lambda texts: [asked.append(text) for text in texts], most=3)
    for texts in (["a", "b"], ["c", "d"], ["a"], ["e", "f", "g"], ["a"], ["b"]):
        cache(texts)
    # a was met after the first four were laid aside, so it outlives b
    assert asked == ["a", "b", "c", "d", "e", "f", "g", "b"]


def test_long_texts_are_not_kept() -> None:
    asked: list[str] = []
    cache = TextCache(lambda texts: [asked.append(text) for text in texts])
    for _ in range(2):
        cache(["x" * SHORT, "y" * (SHORT + 1)])
    assert [len(text) for text in asked] == [SHORT, SHORT + 1, SHORT + 1]


def test_answers_of_lines_are_those_of_the_function_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecache, "_MOST", 40)
    asked: list[str] = []

    def find(texts: Sequence[str]) -> list[str]:
        asked.extend(texts)
        return [text[:2] if text[0] in "12" else "" for text in texts]

    cache, chosen = LineCache(find, name=lambda value: value, longest=SHORT + 1), random.Random(1)
    met = 0
    for _ in range(200):
        texts = [str(chosen.randrange(60)) * chosen.choice((1, 2, SHORT)) for _ in range(chosen.randrange(12))]
        lines = split(["\n".join(texts)])
        met += len(lines.distinct)
        told = {key: text[:2] for key, text in enumerate(lines.distinct) if text[0] in "12" and len(text) <= SHORT + 1}
        answers = cache.ask(lines)
        assert list(answers.telling.items()) == list(told.items())
        named = {key: name for key, name in told.items() if name in ("1", "17") and len(lines.distinct[key]) <= SHORT}
        assert answers.names(["1", "17", "99"]) == named
        assert len(cache._asked) <= 2 * (40 + 12)
    assert len(asked) < 0.9 * met  # some were asked for again, not all


def test_lines_that_share_a_hash_are_told_apart() -> None:
    table = linecache._Table(0)
    some, same = split(["Share\nPrint\nMail"]), np.full(3, 7, np.uint64)
    assert table.find(some.codes, same).tolist() == [0, 1, 2]
    other = split(["Mail\nShare\n" + "\n".join(f"line {number}" for number in range(5_000))])
    numbers = table.find(other.codes, np.concatenate([same[:2], other.hashes[2:]]))
    assert numbers.tolist() == [2, 0, *range(3, 5_003)]
    assert table.find(some.codes, same).tolist() == [0, 1, 2]


def test_lines_of_a_table_that_was_forgotten_are_asked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecache, "_MOST", 2)
    cache = LineCache(lambda texts: [*texts])
    before = split(["a\nb"])
    first = find_known(before)
    later = split(["b\nc"])
    assert find_known(later).table > first.table
    assert cache.ask(later).telling == {0: "b", 1: "c"}
    assert cache.ask(before).telling == {0: "a", 1: "b"}


def test_marks_of_lines_are_those_of_the_function_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecache, "_MOST", 40)
    asked: list[int] = []

    def find(texts: Spans) -> npt.NDArray[np.uint8]:
        asked.extend(texts.sizes.tolist())
        return (texts.codes[texts.starts] - 48 + 10 * (texts.sizes > SHORT)).astype(np.uint8)

    cache, chosen = MarkCache(find), random.Random(1)
    met = 0
    for _ in range(200):
        texts = [str(chosen.randrange(20)) * chosen.choice((1, 2, SHORT)) for _ in range(chosen.randrange(1, 12))]
        lines = split(["\n".join(texts)])
        keys = np.flatnonzero(np.array([chosen.random() < 0.7 for _ in lines.distinct]))
        met += len(keys)
        some = [lines.distinct[key] for key in keys.tolist()]
        assert cache.ask(lines, keys).tolist() == [int(text[0]) + 10 * (len(text) > SHORT) for text in some]
        assert len(cache._marks) <= 2 * (40 + 12)
    assert len(asked) < 0.9 * met  # some were asked for again, not all
    assert max(asked) > SHORT  # which are asked for each time
