"""`python -m tests.bench_encoding`: how often bytes of unknown charset become exactly the right text, by charset and length.

Our own sentences in every language of cases/language/news.toml, written in the charsets of cases/encoding/charsets.toml.
In a charset of one byte a letter only texts that have something beyond ASCII count: the others are the same in all.
"""

from __future__ import annotations

import functools
import time
import tomllib
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

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

    def __add__(self, other: tuple[int, ...]) -> Score:  # type: ignore[override]
        return Score(self.tried + other[0], self.right + other[1])

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


def charsets() -> Iterator[tuple[str, str, str]]:
    """Whether it is `common` or `rare`, charset and language, for every pair that is tried."""
    table = tomllib.loads((CASES / "encoding/charsets.toml").read_text("utf-8"))
    for group in ("common", "rare"):
        yield from ((group, charset, tag) for charset in table["unicode"][group] for tag in news())
        yield from ((group, charset, tag) for charset, tags in table[group].items() for tag in tags)


def read(text: str, charset: str) -> tuple[int, int]:
    """Whether a text counts in that charset, and whether it comes back, 0 or 1 each."""
    written = write(text, charset)
    if written is None or (charset[:3] not in ("utf", "iso2") and written[0].isascii()):
        return 0, 0
    try:
        decoded = decode(written[1]).text
    except UndecodableError:
        return 1, 0
    return 1, int(unicodedata.normalize("NFC", decoded) == unicodedata.normalize("NFC", written[0]))


@functools.cache
def measure() -> dict[tuple[str, str, str, int], Score]:
    """The score of each (group, charset, language, length)."""
    found = {}
    for group, charset, tag in charsets():
        for length in LENGTHS:
            score = sum((read(text, charset) for text in passages(tag, length)), Score())
            if score.tried:
                found[group, charset, tag, length] = score
    return found


def shares(group: str, length: int) -> float:
    """Share of a group's texts of one length that came out right: the mean of its charsets, each counting once."""
    rows: dict[str, Score] = {}
    for (of, charset, _, chars), score in measure().items():
        if (of, chars) == (group, length):
            rows[charset] = rows.get(charset, Score()) + score
    return sum(score.share for score in rows.values()) / len(rows)


def main() -> None:
    """Print the table, what went wrong, and the cost."""
    scores = measure()
    print(f"{len(news())} languages; % exactly right at " + ", ".join(f"{length:,}" for length in LENGTHS) + " characters")
    for group in ("common", "rare"):
        for charset in dict.fromkeys(key[1] for key in scores if key[0] == group):
            line = []
            for length in LENGTHS:
                mine = [s for key, s in scores.items() if key[:2] == (group, charset) and key[3] == length]
                line.append(f"{100 * sum(mine, Score()).share:6.1f}" if mine else "     -")
            tags = list(dict.fromkeys(key[2] for key in scores if key[:2] == (group, charset)))
            said = " ".join(tags) if len(tags) < 20 else "all"
            print(f"  {group:<7}{charset:<12}{' '.join(line)}   {said}")
        print(f"  {group:<7}{'mean':<12}" + " ".join(f"{100 * shares(group, length):6.1f}" for length in LENGTHS))
    print("below 95 % at 60 characters or more:")
    for (_, charset, tag, length), score in scores.items():
        if length >= 60 and score.share < 0.95:
            print(f"  {tag} in {charset}, {length:,}: {score.right} of {score.tried}")
    docs = [text for tag in news() for text in passages(tag, 2000)]
    data = [text.encode() for text in docs]
    for name, function, of in (("decode", decode, data), ("repair", repair, docs)):
        started = time.process_time()
        for one in of:
            function(one)  # type: ignore[operator]
        spent = time.process_time() - started
        print(f"{name} of sound UTF-8, {sum(map(len, data)) / len(data):,.0f} bytes a document: "
              f"{1000 * spent / len(of):.4f} ms each, {len(of) / spent:,.0f} documents a CPU second")


if __name__ == "__main__":
    main()
