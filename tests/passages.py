"""Texts of a given length out of our own sentences (cases/language/news.toml), for benches and floors."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from pathlib import Path

CASES = Path(__file__).parent / "cases"
LENGTHS = (15, 60, 300, 2000)
"""Characters."""


@functools.cache
def news() -> dict[str, list[str]]:
    """Eight sentences for each language, by its tag."""
    return dict(tomllib.loads((CASES / "language/news.toml").read_text("utf-8")))


def passages(tag: str, length: int) -> Iterator[str]:
    """Texts of so many characters, one from each third of each sentence on, running on into the next sentences.

    The sentences come round again where a text is longer than all of them.
    """
    sentences = news()[tag]
    for number in range(len(sentences)):
        text = " ".join(sentences[number:] + sentences[:number])
        text += f"\n{text}" * (length // len(text) + 1)
        third = len(sentences[number]) // 3
        for start in (0, third, 2 * third):
            begin = text.find(" ", start) + 1 if start and " " in text[start : start + 20] else start
            yield text[begin : begin + length].strip()
