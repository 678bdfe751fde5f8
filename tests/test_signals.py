"""Signals against their definitions in plain Python, and hostile input."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.signals import SIGNALS, TERMINAL, signals, word_counts, words_and_signals

CASES = Path(__file__).parent / "cases" / "language"
SENTENCES = [json.loads(line)["text"] for line in (CASES / "sentences.jsonl").read_text("utf-8").splitlines()]

# Han and kana, without what stands in their blocks and is no character of them.
SINGLE = re.compile(
    "[\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U0001aff0-\U0001b16f\U00020000-\U000323af]"
)
TEXTS = [
    "",
    " \n \n",
    "One line.",
    "The end is near.\nThe end is near.\n  The end is near.  \nReally?",
    "Share\nLike\nShare\nA sentence that is long enough not to be short here.\nShare",
    "NATO and the EU met; 27 of 30 agreed (see #3)...",
    "We waited... and waited.... and waited…\nMore…\nMore...\nMore..",
    "function() { return {}; }\nLorem ipsum dolor sit amet, lorem ipsum.",
    "the bridge is old and the bridge is long and the bridge is closed",
    "one two three four five six seven eight nine ten eleven " * 3,
    "“I will not go,” she said.\n»Ich gehe nicht.«\n„Nein“\nAnd then",
    "東京都は三日、新しい橋を公開した。\n「橋は美しい」\n東京都は三日、新しい橋を公開した。",
    "市政府宣布，新桥将在暑假前完成！\n市政府",
    "서울시는 새 다리를 공개했다.\n가나다라마바사아자차카타파하\n서울시는",
    "नगर निगम ने पुल का काम पूरा किया।\nनया पुल",
    "می‌شود گفت که کتاب‌ها خوب است؟",
    "e\u0301te\u0301 \u0301lone \u3099 か\u3099き",
    "ﾃﾚﾋﾞ ＡＢＣ ① ½ Ⅳ x² İstanbul ǅ ß",
    "👩\u200d👩\u200d👧 🎉🎉 !!! ???",
    "don't re-open e-mail@example.org 3.14 1,000",
    "a_b __ -- — …",
    "A B C\tD\u00a0E\u3000F",
]


def tokens(text: str) -> list[str]:
    """Words, and runs of what is neither word nor white space."""

    def kind(char: str) -> str:
        if SINGLE.match(char):
            return "i"
        if char.isalnum():
            return "w"
        if char.isspace():
            return " "
        return "m" if unicodedata.category(char)[0] == "M" or char in "\u200c\u200d" else "o"

    kinds = "".join(map(kind, text))
    return [text[match.start() : match.end()] for match in re.finditer("im*|w[wm]*|[om]+", kinds)]


def lower(word: str) -> str:
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in word)


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF" and unicodedata.category(char) != "Cn"


def plainly(text: str) -> dict[str, float]:
    """The signals, as the docstring of the module and the descriptions of the columns say."""
    every = tokens(text)
    words = [lower(token) for token in every if token[0].isalnum() or SINGLE.match(token[0])]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    letters = [[char for char in token if char.isalpha() or SINGLE.match(char)] for token in every]
    chars = sum(map(len, words))
    counts = Counter(words)
    pairs = Counter(pairwise(words)).most_common(1)
    tens = [tuple(words[at : at + 10]) for at in range(len(words) - 9)]
    in_tens = {at + more for at, run in enumerate(tens) if tens.count(run) > 1 for more in range(10)}
    above = [line for at, line in enumerate(lines) if line in lines[:at]]
    columns = [sum(2 if wide(char) else 1 for char in line) for line in lines]
    return {
        "rps_doc_mean_word_length": ratio(chars, len(words)),
        "rps_doc_symbol_to_word_ratio": ratio(sum(map(text.count, ("#", "...", "…"))), len(every)),
        "rps_doc_frac_lines_end_with_ellipsis": ratio(sum(line.endswith(("...", "…")) for line in lines), len(lines)),
        "rps_doc_frac_no_alph_words": ratio(sum(not some for some in letters), len(every)),
        "rps_doc_frac_all_caps_words": ratio(
            sum(
                any(char.isupper() for char in some)
                and not any(char.islower() or char.istitle() != char.isupper() for char in some)
                for some in letters
            ),
            len(every),
        ),
        "rps_doc_frac_unique_words": ratio(len(counts), len(words)),
        "rps_doc_unigram_entropy": -sum(n / len(words) * math.log(n / len(words)) for n in counts.values()),
        "rps_doc_frac_chars_top_2gram": ratio(
            sum(map(len, pairs[0][0])) * pairs[0][1] if pairs and pairs[0][1] > 1 else 0, chars
        ),
        "rps_doc_frac_chars_dupe_10grams": ratio(sum(len(words[at]) for at in in_tens), chars),
        "rps_doc_curly_bracket": ratio(text.count("{") + text.count("}"), len(text)),
        "rps_doc_lorem_ipsum": ratio(len(re.findall("[Ll]orem [Ii]psum|LOREM IPSUM", text)), len(text)),
        "dup_line_frac": ratio(len(above), len(lines)),
        "line_punct_ratio": ratio(sum(line.endswith(tuple(TERMINAL)) for line in lines), len(lines)),
        "short_line_ratio": ratio(sum(wide <= 30 for wide in columns), len(lines)),
        "char_dup_ratio": ratio(sum(map(len, above)), sum(map(len, lines))),
        "new_line_ratio": ratio(text.count("\n"), len(words)),
    }


def compare(texts: list[str]) -> None:
    found = signals(texts)
    assert list(found) == list(SIGNALS)
    for row, text in enumerate(texts):
        assert {name: float(values[row]) for name, values in found.items()} == pytest.approx(plainly(text), abs=1e-6)
    words = [sum(token[0].isalnum() or bool(SINGLE.match(token[0])) for token in tokens(text)) for text in texts]
    assert word_counts(texts).tolist() == words
    assert words_and_signals(texts)[0].tolist() == words


def test_own_texts() -> None:
    compare(TEXTS + SENTENCES)


# What makes a difference: case, marks, widths, ends of sentences, repeats.
HARD = st.text(st.sampled_from("aAbB1 \n.…#!\u0301\u200dé漢カｶ가ß_—{}ǅΣ①।\u3000"), max_size=80)


@given(st.lists(st.text(max_size=60) | HARD | st.lists(st.sampled_from(TEXTS), max_size=4).map("\n".join), max_size=6))
def test_any_texts(texts: list[str]) -> None:
    compare(texts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Seoul 2024", 2),
        ("don't", 2),
        ("東京タワー", 5),
        ("서울의 봄", 2),
        ("हिन्दी में", 2),
        ("می‌شود", 1),
        ("e\u0301te\u0301", 1),
        ("\u0301\u0302", 0),
        ("か\u3099", 1),
        ("iPhone을", 1),
        ("2024年3月", 4),
        ("🎉", 0),
    ],
)
def test_word_counts(text: str, words: int) -> None:
    assert word_counts([text]).tolist() == [words]


def test_every_signal_moves() -> None:
    found = signals(TEXTS)
    assert [name for name, values in found.items() if len(set(values.tolist())) == 1] == []


def test_arrays() -> None:
    assert all(values.dtype == np.float32 and values.shape == (2,) for values in signals(["a", "b"]).values())
    assert all(values.shape == (0,) for values in signals([]).values())
    assert word_counts([]).dtype == np.int32


def test_the_columns_say_what_the_values_are() -> None:
    for meaning in SIGNALS.values():
        assert re.search(r"0-1|0 or more|0 if", meaning)
        assert re.search(r"RedPajama|Gopher|C4|FineWeb", meaning)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "漢" * 1_000_000,
        "1" * 1_000_000,
        "." * 1_000_000,
        "😀" * 300_000,
        "\u0301" * 1_000_000,
        "e" + "\u0301" * 1_000_000,
        "\n" * 200_000,
        "word\n" * 200_000,
        "".join(f"line {number}\n" for number in range(200_000)),
        " ".join(str(number) for number in range(150_000)),
        "\ud800" * 100_000,
        "\0" * 100_000,
        "{" * 1_000_000,
    ],
    ids=lambda text: f"{text[:8]!a} x {len(text)}",
)
def test_hostile_texts_have_values(text: str) -> None:
    for values in signals([text]).values():
        assert np.isfinite(values).all() and (values >= 0).all()
    assert word_counts([text])[0] >= 0


def test_shares_are_shares(shared: Path) -> None:
    lines = (shared / "bench" / "extracted-dev.jsonl").read_text("utf-8").splitlines()
    found = signals([json.loads(line)["text"] for line in lines])
    for name, values in found.items():
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert "0-1" not in SIGNALS[name] or (values <= 1).all(), name
