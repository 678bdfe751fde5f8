"""Quality signals of a cleaned body, the usual ones of Gopher, C4, FineWeb and RedPajama-v2, and its word count.

Named as in the originals, so that their thresholds can be looked up. Three things differ, for all languages
to be treated alike: a word is what `word_counts` counts, not what white space or a tokenizer for English
splits; letters, capitals and ends of sentences are those of any script; and what cannot be computed, for a text
without words or lines, is 0.

*Words* are runs of letters, digits and the marks that belong to them, and each Han character or kana; compared
in lower case. *Tokens* are words and, between them, runs of anything else that is not white space (NLTK's
WordPunctTokenizer, which RedPajama-v2 uses for its raw words). *Lines* are the lines that are not blank, without
the white space at their ends. Thai, Lao, Khmer and Burmese are written without spaces, so a phrase counts as one
word there. In Python terms `tests/test_signals.py` has all of this once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cleaning.codes import codes_of
from cleaning.signal_characters import TERMINAL, characters
from cleaning.signal_loops import Repeats, Totals, count_words, logarithms, measure
from cleaning.tables import ARTICLES

__all__ = ["SIGNALS", "TERMINAL", "signals", "word_counts", "words_and_signals"]

_NAMES = (
    "rps_doc_mean_word_length",
    "rps_doc_symbol_to_word_ratio",
    "rps_doc_frac_lines_end_with_ellipsis",
    "rps_doc_frac_no_alph_words",
    "rps_doc_frac_all_caps_words",
    "rps_doc_frac_unique_words",
    "rps_doc_unigram_entropy",
    "rps_doc_frac_chars_top_2gram",
    "rps_doc_frac_chars_dupe_10grams",
    "rps_doc_curly_bracket",
    "rps_doc_lorem_ipsum",
    "dup_line_frac",
    "line_punct_ratio",
    "short_line_ratio",
    "char_dup_ratio",
    "new_line_ratio",
)
SIGNALS: Mapping[str, str] = {name: ARTICLES.field(name).metadata[b"description"].decode() for name in _NAMES}
"""The columns, in the order of `_values`: meaning, unit, range; in brackets the source, and what it keeps."""

_TEXTS_AT_ONCE = 500


def signals(texts: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
    """Compute `SIGNALS`: for each an array with a value for each text, never NaN.

    >>> signals(["One line.\\nOne line.", ""])["dup_line_frac"].tolist()
    [0.5, 0.0]
    """
    return words_and_signals(texts)[1]


def words_and_signals(texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], dict[str, npt.NDArray[np.float32]]]:
    """What `word_counts` and `signals` give, from one look at each text."""
    values, words = np.empty((len(texts), len(SIGNALS)), np.float32), np.empty(len(texts), np.int32)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        here = slice(start, start + _TEXTS_AT_ONCE)
        values[here], words[here] = _values(texts[here])
    return words, {name: values[:, column].copy() for column, name in enumerate(SIGNALS)}


def word_counts(texts: Sequence[str]) -> npt.NDArray[np.int32]:
    """Count words: runs of letters and digits; each Han character or kana counts as one.

    >>> word_counts(["Seoul 2024: 서울의 봄", "東京タワー", "—"]).tolist()
    [4, 5, 0]
    """
    counts = np.zeros(len(texts), np.int32)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = texts[start : start + _TEXTS_AT_ONCE]
        count_words(*codes_of(some), characters()[0], counts[start : start + len(some)])
    return counts


def _values(texts: Sequence[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """(texts, len(SIGNALS)): the values of `SIGNALS`, in their order; and the words of each text."""
    kinds, lower = characters()
    codes, starts = codes_of(texts)
    size = np.diff(starts)
    totals = np.zeros((len(texts), len(Totals._fields)), np.int64)
    found = np.zeros((len(texts), 4, len(Repeats._fields)), np.float64)
    most = int(size.max(initial=0)) + 1
    room = 1 << max(2, (2 * most).bit_length())
    measure(
        codes, starts, kinds, lower,
        np.empty((4, most), np.int64), np.empty(most, np.int64),
        np.zeros(room, np.int64), np.zeros(room, np.int64), logarithms(), totals, found,
    )  # fmt: skip
    total = Totals(*totals.T)
    one, two, ten, whole = (Repeats(*found[:, number].T) for number in range(4))
    lorem_ipsum = np.zeros(len(texts), np.int64)
    for number in np.flatnonzero(total.lorem).tolist():
        lorem_ipsum[number] = sum(map(texts[number].count, _LOREM))
    values = np.stack(
        [
            _share(total.word_chars, total.words),
            _share(total.symbols, total.tokens),
            _share(total.ellipses, total.lines),
            _share(total.no_letter, total.tokens),
            _share(total.capitals, total.tokens),
            _share(one.different, total.words),
            one.entropy,
            _share(two.top, total.word_chars),
            _share(ten.covered, total.word_chars),
            _share(total.brackets, size),
            _share(lorem_ipsum, size),
            _share(whole.again, total.lines),
            _share(total.punctuated, total.lines),
            _share(total.short, total.lines),
            _share(whole.again_chars, total.line_chars),
            _share(total.breaks, total.words),
        ],
        axis=1,
    )
    return values, total.words


_LOREM = ("lorem ipsum", "Lorem ipsum", "Lorem Ipsum", "LOREM IPSUM")


def _share(part: npt.ArrayLike, whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    share: npt.NDArray[np.float64] = np.where(whole > 0, np.asarray(part, np.float64) / np.maximum(whole, 1), 0.0)
    return share
