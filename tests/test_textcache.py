"""What is kept of single texts: the same answers as without, few texts asked for twice, bounded memory."""

from __future__ import annotations

import random
from collections.abc import Sequence

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
