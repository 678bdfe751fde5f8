"""`python -m tests.bench_repair`: how much mojibake is repaired, and what repair changes in real pages.

First our own sentences, written in one charset and read as Latin-1 or cp1252: exactly right again, else flagged
mojibake-left, else neither. Then every change made to the shared pages, to be read by a person, each distinct one
once: how often, from what to what, and the words around it. Line ends and NFC are only counted. Mojibake is listed
apart, for in text that has none any change is one too many.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from cleaning.repair import REPAIR_KINDS, mojibake_left, repair
from tests.bench_encoding import write
from tests.passages import LENGTHS, passages

# Charset written and language; in the last ones the misread letters are letters or signs of Western Europe too.
MISREAD = (
    ("cp949", "ko"), ("cp932", "ja"), ("euc_jp", "ja"), ("gb18030", "zh-Hans"), ("big5", "zh-Hant"), ("cp1251", "ru"),
    ("cp1251", "uk"), ("koi8-r", "ru"), ("cp1253", "el"), ("cp1255", "he"), ("cp1256", "ar"), ("cp874", "th"),
    ("utf-8", "ko"), ("utf-8", "ja"), ("utf-8", "zh-Hans"), ("utf-8", "ru"), ("utf-8", "ar"), ("utf-8", "fr"),
    ("utf-8", "de"), ("utf-8", "pl"), ("utf-8", "tr"), ("utf-8", "vi"), ("cp1250", "pl"), ("cp1254", "tr"),
)  # fmt: skip
BENCH = Path(__file__).parents[2] / "shared" / "bench"
NAMES = ("news-dev", "articles-3k", "extracted-dev")
MOJIBAKE = {kind for kind in REPAIR_KINDS if kind.startswith("mojibake")}


def changes(before: str, after: str) -> Iterator[tuple[str, str, str]]:
    """What was replaced by what, and the line around it, as ASCII."""
    lines = before.split("\n"), after.split("\n")
    if len(lines[0]) != len(lines[1]):
        yield "line ends", "", ""
        return
    for old, new in zip(*lines, strict=True):
        if unicodedata.normalize("NFC", old) == new:
            continue
        for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal":
                yield ascii(old[i:j]), ascii(new[k:m]), ascii(old[max(0, i - 25) : j + 25])


def measure(charset: str, tag: str, read: str, length: int) -> tuple[int, int, int]:
    """How many texts of one length came out exactly right, were flagged, and neither."""
    right = flagged = neither = 0
    for text in passages(tag, length):
        written = write(text, charset)
        if written is None or written[0].isascii():
            continue
        done = repair(written[1].decode(read))
        if done.text == written[0]:
            right += 1
        elif mojibake_left(done.text):
            flagged += 1
        else:
            neither += 1
    return right, flagged, neither


def main() -> None:
    """Print both."""
    print("mojibake: % repaired exactly, flagged, neither; texts of 15, 60, 300 characters")
    for charset, tag in MISREAD:
        for read in ("latin-1", "sloppy-windows-1252"):
            cells = []
            for length in LENGTHS[:3]:
                counts = measure(charset, tag, read, length)
                cells.append(" ".join(f"{100 * count / sum(counts):5.1f}" for count in counts))
            print(f"  {tag:<8}{charset:<9}as {read.removeprefix('sloppy-'):<13}" + "   ".join(cells))
    if BENCH.is_dir():
        list_changes()


def list_changes() -> None:
    """Print the changes of each shared file."""
    for name in NAMES:
        kinds: Counter[str] = Counter()
        found: dict[bool, Counter[tuple[str, str]]] = {False: Counter(), True: Counter()}
        around: dict[tuple[str, str], str] = {}
        left = rows = 0
        with (BENCH / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for text in (json.loads(line)["text"] for line in lines):
                rows += 1
                done = repair(text)
                kinds.update(done.repairs)
                left += mojibake_left(done.text)
                for old, new, context in changes(text, done.text) if done.repairs else ():
                    found[bool(MOJIBAKE & set(done.repairs))][old, new] += 1
                    around.setdefault((old, new), context)
        print(f"{name}: {rows} documents, repaired: {dict(kinds.most_common())}, mojibake-left: {left}")
        for broken in (False, True):
            print("  in documents with mojibake:" if broken else "  in documents without mojibake:")
            for (old, new), times in found[broken].most_common(40 if broken else None):
                print(f"    {times:>5}  {old} -> {new}   {around[old, new]}")


if __name__ == "__main__":
    main()
