"""`python -m tests.bench_repair`: every change that repair makes to the shared pages, to be read by a person.

Each distinct change once: how often, from what to what, and the words around it. Line ends and NFC are only counted.
Mojibake is listed apart, for in text that has none any change is one too many.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from cleaning.repair import REPAIR_KINDS, mojibake_left, repair

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


def main() -> None:
    """Print the changes of each file."""
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
