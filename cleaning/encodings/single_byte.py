"""Which charset of one byte a letter: the reading whose words look most like those of a language.

The detector weighs single letters; langdetect's n-gram profiles weigh whole words, in all the languages that it knows.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from cleaning import profiles

_TRIED = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "cp1257", "cp1258", "iso8859-2", "iso8859-4",
    "iso8859-5", "iso8859-13", "koi8-u", "mac-roman", "cp866",
)  # fmt: skip
"""Of charsets that are read alike the commoner one; those of Hebrew and Thai are left to the detector."""

_SAMPLE_BYTES = 600
_HIGH = re.compile(rb"[\x80-\xff]")
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# A sign between two letters, or letters of two alphabets side by side: no word has that.
_NO_WORD = re.compile(
    r"(?<=[^\W\d_])(?![’'·\-\u200c\xad–—/.,…&@:])[^\w\s](?=[^\W\d_])"
    r"|[A-Za-z](?=[\u0370-\u06ff])|(?<=[\u0370-\u06ff])[A-Za-z]"
)
# Nats. Of the texts of tests/bench_encoding.py 2 to 6, and 5 to 20, read the same but for a quarter of a percent.
_FOR_THE_GUESS = 4.0
_FOR_NO_WORD = 10.0
_LEAST_FIT = 0.7
"""How well another reading must fit its language (`profiles.fit`): text in a language without a profile, such as
Icelandic, looks a little more like some language in a wrong charset than in its own."""


def single_byte(data: bytes, guess: str) -> str:
    """The likeliest charset, judging by 600 bytes around the first one beyond ASCII; `guess` if none is likelier.

    >>> single_byte("Vilniuje šį rytą sakė direktorė".encode("cp1257"), "cp1252")
    'cp1257'
    """
    first = _HIGH.search(data)
    begin = max(0, first.start() - _SAMPLE_BYTES // 2) if first else 0
    sample = data[begin : begin + _SAMPLE_BYTES]
    best, likeliest, found = -np.inf, guess, None
    for name in dict.fromkeys((guess, *_TRIED)):
        try:
            text = unicodedata.normalize("NFC", sample.decode(name))
        except UnicodeDecodeError:
            continue
        if _NO_TEXT.search(text):
            continue
        score = profiles.score(text)
        nats = score.likelihoods.max() / profiles.UNIT - _FOR_NO_WORD * len(_NO_WORD.findall(text))
        nats += _FOR_THE_GUESS if name == guess else 0
        if nats > best:
            best, likeliest, found = nats, name, score
    if likeliest == guess or found is None or not len(found.hits):
        return guess
    ranked = np.argsort(-found.likelihoods, kind="stable")
    return likeliest if profiles.fit(found, int(ranked[0]), int(ranked[1])) >= _LEAST_FIT else guess
