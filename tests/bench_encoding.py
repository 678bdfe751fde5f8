"""`python -m tests.bench_encoding`: how often bytes of unknown charset become exactly the right text.

Our own sentences in every language of cases/language/news.toml, in the charsets of cases/encoding/charsets.toml.
In a charset of one byte a letter only texts with something beyond ASCII count: the others are the same in all.
"""

from __future__ import annotations

import functools
import time
import tomllib
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from cleaning.decode import UndecodableError, decode
from cleaning.repair import repair
from tests.passages import CASES, LENGTHS, news, passages

# What people typed where a charset lacks a sign or letter.
_INSTEAD = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "»": '"', "«": '"',
     "ș": "ş", "ț": "ţ", "Ș": "Ş", "Ț": "Ţ", "ی": "ي", "ک": "ك", "\u200c": " "}
)  # fmt: skip
_TONES = "\u0300\u0301\u0303\u0309\u0323"


class Score(NamedTuple):
    """Texts read, and those that came out exactly right."""

    tried: int = 0
    right: int = 0

    def __add__(self, other: Any) -> Score:
        return Score(self.tried + other.tried, self.right + other.right)

    @property
    def share(self) -> float:
        """Of those tried, 0-1."""
        return self.right / self.tried


def write(text: str, charset: str) -> tuple[str, bytes] | None:
    """The text as it is written in a charset, and its bytes; None if it cannot be."""
    if charset == "cp1258":
        text = "".join(map(_for_cp1258, text))
    for written in (text, "".join(c if _has(charset, c) else c.translate(_INSTEAD) for c in text)):
        try:
            return written, written.encode(charset)
        except UnicodeEncodeError:
            continue
    return None


def _for_cp1258(char: str) -> str:
    """A letter with its tone mark behind it, as Vietnamese is written in cp1258, unless it has the whole."""
    parts = unicodedata.normalize("NFD", char)
    tone = "".join(c for c in parts if c in _TONES)
    base = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
    return char if _has("cp1258", char) else base + tone


@functools.cache
def _has(charset: str, char: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def charsets(group: str) -> Iterator[tuple[str, str]]:
    """Charset and language of every pair that is tried."""
    table = tomllib.loads((CASES / "encoding/charsets.toml").read_text("utf-8"))
    yield from ((charset, tag) for charset in table["unicode"][group] for tag in news())
    yield from ((charset, tag) for charset, tags in table[group].items() for tag in tags)


def read(text: str, charset: str) -> Score:
    """Whether one text counts in that charset, and whether it comes back."""
    written = write(text, charset)
    if written is None or (charset[:3] not in ("utf", "iso2") and written[0].isascii()):
        return Score()
    try:
        decoded = decode(written[1]).text
    except UndecodableError:
        return Score(1)
    return Score(1, int(unicodedata.normalize("NFC", decoded) == unicodedata.normalize("NFC", written[0])))


@functools.cache
def measure(group: str) -> dict[tuple[str, str, int], Score]:
    """The score of each (charset, language, length) of `common` or `rare`."""
    found = {}
    for charset, tag in charsets(group):
        for length in LENGTHS:
            score = Score()
            for text in passages(tag, length):
                score += read(text, charset)
            if score.tried:
                found[charset, tag, length] = score
    return found


def by_charset(group: str, length: int) -> dict[str, Score]:
    """The score of each charset over all its languages, for texts of one length."""
    rows: dict[str, Score] = {}
    for (charset, _, chars), score in measure(group).items():
        if chars == length:
            rows[charset] = rows.get(charset, Score()) + score
    return rows


def mean(group: str, length: int) -> float:
    """Share of texts of one length that came out right, 0-1: the mean of the charsets, each counting once."""
    rows = by_charset(group, length).values()
    return sum(score.share for score in rows) / len(rows)


def main() -> None:
    """Print the table, what went wrong, and the cost."""
    heads = " ".join(f"{length:>6}" for length in LENGTHS)
    print(f"decoding, {len(news())} languages: % exactly right, by characters")
    print(f"  {'':<19}{heads}")
    for group in ("common", "rare"):
        rows = [by_charset(group, length) for length in LENGTHS]
        for charset in rows[-1]:
            tags = list(dict.fromkeys(tag for name, tag, _ in measure(group) if name == charset))
            shares = " ".join(f"{100 * row[charset].share:6.1f}" for row in rows)
            print(f"  {group:<7}{charset:<12}{shares}   {' '.join(tags) if len(tags) < len(news()) else 'all'}")
        print(f"  {group:<7}{'mean':<12}" + " ".join(f"{100 * mean(group, length):6.1f}" for length in LENGTHS))
    print("  below 95 % from 60 characters on:")
    for group in ("common", "rare"):
        for (charset, tag, length), score in measure(group).items():
            if length >= 60 and score.share < 0.95:
                print(f"    {tag} in {charset}, {length} characters: {score.right} of {score.tried}")
    texts = [text for tag in news() for text in passages(tag, 2000)]
    data = [text.encode() for text in texts]
    size = sum(map(len, data)) / len(data)
    for name, function, documents in (("decode", decode, data), ("repair", repair, texts)):
        started = time.process_time()
        for document in documents:
            function(document)  # type: ignore[operator]
        spent = time.process_time() - started
        print(
            f"{name} of sound UTF-8, {size:,.0f} bytes a document: {1000 * spent / len(data):.4f} ms each, "
            f"{len(data) / spent:,.0f} documents a CPU second"
        )


if __name__ == "__main__":
    main()
