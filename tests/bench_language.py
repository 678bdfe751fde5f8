"""`python -m tests.bench_language`: how often the language is told rightly, by language, and what it costs.

Our own sentences (cases/language/news.toml and sentences.jsonl), one at a time and joined to 300 characters, and
langdetect itself beside it, seeded, where it has a profile. `und` counts as wrong. langdetect takes Traditional
Chinese for Korean (that is known of it), so those texts are left out where labels are compared.
"""

from __future__ import annotations

import functools
import json
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import langdetect
from langdetect.detector_factory import DetectorFactory

from cleaning.language import detect_languages
from cleaning.profiles import profiles
from tests.passages import CASES, news, passages

BENCH = Path(__file__).parents[2] / "shared" / "bench"
LONG = 300
RENAMED = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}


class Score(NamedTuple):
    """What became of the texts of one language and kind."""

    tried: int
    right: int
    taken_for: dict[str, int]
    """Other tags and how often each was given, most often first."""
    compared: int
    """Texts of which langdetect has the language."""
    same: int
    """Of those, the ones to which it gives the same label."""


@functools.cache
def texts() -> dict[str, tuple[list[str], list[str]]]:
    """For each language its sentences, and its passages of 300 characters."""
    single = {tag: list(sentences) for tag, sentences in news().items()}
    for case in map(json.loads, (CASES / "language/sentences.jsonl").read_text("utf-8").splitlines()):
        single.setdefault(case["tag"], []).append(case["text"])
    long = {tag: list(passages(tag, LONG)) for tag in news()}
    return {tag: (single[tag], long.get(tag, [])) for tag in sorted(single)}


@functools.cache
def factory() -> DetectorFactory:
    """langdetect as it is, seeded."""
    made = DetectorFactory()
    made.load_profile(langdetect.PROFILES_DIRECTORY)
    made.set_seed(0)
    return made


def langdetects_label(text: str) -> str:
    """As BCP 47."""
    detector = factory().create()
    detector.append(text)
    label = str(detector.detect())
    return RENAMED.get(label, label)


@functools.cache
def measure(kind: int, compare: bool = False) -> dict[str, Score]:
    """Scores by language: of sentences (kind 0) or of texts of 300 characters (1)."""
    known = {RENAMED.get(label, label) for label in profiles().labels}
    found = {}
    for tag, kinds in texts().items():
        if not kinds[kind]:
            continue
        told = [language.tag for language in detect_languages(kinds[kind])]
        wrong = [other for other in told if other != tag]
        pairs = [(a, langdetects_label(b)) for a, b in zip(told, kinds[kind], strict=True)] if compare else []
        pairs = pairs if tag in known else []
        taken_for = {
            other: wrong.count(other) for other in sorted(wrong, key=lambda other: (-wrong.count(other), other))
        }
        found[tag] = Score(len(told), len(told) - len(wrong), taken_for, len(pairs), sum(a == b for a, b in pairs))
    return found


def accuracy(kind: int) -> float:
    """Share of texts told rightly, 0-1: the mean of the languages, each counting once."""
    scores = measure(kind).values()
    return sum(score.right / score.tried for score in scores) / len(scores)


def same_on_pages(bench: Path) -> tuple[int, int]:
    """Shared pages and articles of 300 characters or more: with the same label as langdetect, and all compared."""
    rows = [
        json.loads(line)
        for name in ("extracted-dev.jsonl", "news-dev.jsonl", "articles-3k.truth.jsonl")
        for line in (bench / name).read_text("utf-8").splitlines()[:: 5 if "truth" in name else 1]
    ]
    pages = [text for row in rows if len(text := row.get("text") or row["body"]) >= LONG]
    pairs = [(one.tag, langdetects_label(text)) for one, text in zip(detect_languages(pages), pages, strict=True)]
    pairs = [pair for pair in pairs if pair != ("zh-Hant", "ko")]
    return sum(ours == theirs for ours, theirs in pairs), len(pairs)


def main() -> None:
    """Print the table and the cost."""
    print(f"language, % right: sentences, texts of {LONG} characters; same label as langdetect at {LONG}; taken for")
    sentences, long = measure(0), measure(1, compare=True)
    for tag, score in sentences.items():
        more = long.get(tag)
        right = f"{100 * more.right / more.tried:6.1f}" if more else "     -"
        same = f"{100 * more.same / more.compared:6.1f}" if more and more.compared else "     -"
        wrong = Counter(score.taken_for) + Counter(more.taken_for if more else {})
        said = " ".join(f"{other} {count}" for other, count in wrong.items())
        print(f"  {tag:<8}{score.tried:>4}{100 * score.right / score.tried:7.1f} {right} {same}  {said}".rstrip())
    compared = [score for tag, score in long.items() if score.compared and tag != "zh-Hant"]
    same = sum(score.same for score in compared) / sum(score.compared for score in compared)
    print(f"  {'mean':<12}{100 * accuracy(0):7.1f} {100 * accuracy(1):6.1f} {100 * same:6.1f}")
    if BENCH.is_dir():
        same_label, all_pages = same_on_pages(BENCH)
        print(
            f"shared pages with langdetect's label: {same_label} of {all_pages}, {100 * same_label / all_pages:.2f} %"
        )
    documents = [text for tag in news() for text in passages(tag, 3000)]
    detect_languages(documents[:50])
    started = time.process_time()
    detect_languages(documents)
    speed = len(documents) / (time.process_time() - started)
    print(f"detect_languages, 3,000 characters: {speed:,.0f} documents a CPU second")


if __name__ == "__main__":
    main()
