"""Which language of a script a text is in, by langdetect's n-gram profiles; where these are unsure, by langdetect."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning import profiles
from cleaning.languagetags import RENAMED, UNKNOWN, Language
from cleaning.scripts import scripts

_STRETCH, _STRETCHES = 250, 4
_SHORT_STRETCH, _SHORT_STRETCHES = 50, 8
"""The same of a long text that is first looked at, and enough where it leaves no doubt. Of 19,133 pages and bodies none
got another tag by that, 14 another confidence."""
_DENSE = 2
"""N-grams a character there, at least: prose has 2.4, and words in capitals have none."""
_LONGEST = 10_000  # characters; Detector.max_text_length

ENOUGH = 20
"""Letters that a language told by profile or by its own letters needs; one told by script alone needs 2."""

_TEMPERATURE = 3.5
"""What log-likelihoods are divided by before they are read as probabilities: n-grams overlap, so each says
less than it seems to. Fitted to slices of 20 to 300 characters of news and other sentences in 31
languages."""
_FAR = 150.0
"""Nats behind the likeliest of which a language adds nothing to a sum of probabilities in 53 bits."""
SURE = 0.95
"""Probability below which langdetect is asked."""
LEAST = 0.5
"""Below this a tag is no better than a coin: `und`."""


class Asked(NamedTuple):
    """A text whose language its profile has to tell."""

    number: int
    text: str
    script: int
    share: float
    """Of the letters, by weight, that are in that script."""


def _sample(text: str, stretch: int = _STRETCH, stretches: int = _STRETCHES) -> str:
    if len(text) <= stretch * stretches:
        return text
    part = len(text) // stretches
    return " ".join([text[start : start + stretch] for start in range(0, part * stretches, part)])


def by_profile(asked: Sequence[Asked], least: float) -> list[Language]:
    """The language of each text, UNKNOWN where none fits. `least`: a confidence, 0-1; langdetect is not asked about a
    text whose profile is less sure than that.
    """
    told: dict[int, Language] = {}
    long = [number for number, one in enumerate(asked) if len(one.text) >= _STRETCH * _STRETCHES]
    samples = [_sample(asked[number].text, _SHORT_STRETCH, _SHORT_STRETCHES) for number in long]
    for number, sample, score in zip(long, samples, profiles.score_each(samples), strict=True):
        one = asked[number]
        language = _likeliest(score, one.script, one.share, least=1.0)
        if language.confidence == one.share and len(score.hits) >= _DENSE * len(sample):
            told[number] = language
    unsure = [number for number in range(len(asked)) if number not in told]
    told |= zip(unsure, _by_more([asked[number] for number in unsure], least), strict=True)
    return [told[number] for number in range(len(asked))]


def _by_more(asked: Sequence[Asked], least: float) -> list[Language]:
    """The language of each by all that is read of a text."""
    samples = [_sample(one.text) for one in asked]
    scores = list(profiles.score_each(samples))

    def again(numbers: list[int], changed: Iterable[str]) -> None:
        for number, sample in zip(numbers, changed, strict=True):
            samples[number] = sample
        for number, score in zip(numbers, profiles.score_each([samples[number] for number in numbers]), strict=True):
            scores[number] = score

    # Prose has 2.4 n-grams a character; langdetect skips words in capitals.
    few = [number for number, score in enumerate(scores) if len(score.hits) < len(samples[number])]
    again(few, [samples[number].lower() for number in few])
    # A table, or the stretches fell between the words.
    few = [number for number, score in enumerate(scores) if len(score.hits) < _STRETCH]
    again(few, [asked[number].text[:_LONGEST].lower() for number in few])
    return [_likeliest(score, one.script, one.share, least) for one, score in zip(asked, scores, strict=True)]


@functools.cache
def _candidates(script: int) -> npt.NDArray[np.int64]:
    """Places among langdetect's labels of the languages that are written in a script."""
    labels = profiles.profiles().labels
    return np.array([labels.index(label) for label in scripts().profiles[script]])


def _likeliest(score: profiles.Score, script: int, share: float, least: float) -> Language:
    """The language of a script whose profile fits a sample best, if it does."""
    if len(score.hits) < 2 * ENOUGH:
        return UNKNOWN
    labels = profiles.profiles().labels
    candidates, among = scripts().profiles[script], _candidates(script)
    values = score.likelihoods[among]
    first = int(values.argmax())
    behind = (values[first] - values) / profiles.UNIT
    near = sorted(behind[behind < _FAR].tolist())
    probability = 1 / sum([math.exp(-nats / _TEMPERATURE) for nats in near])
    label, method = labels[among[first]], "profile"
    if least <= probability < SURE:
        asked = profiles.ask_langdetect(score.hits)
        if asked in candidates:
            method = "langdetect"
            if asked != label:
                label, probability = asked, LEAST
    if len(candidates) > 2:  # Chinese is told by characters, which vary too much for this
        values[first] = -1
        probability *= profiles.fit(score, int(among[first]), int(among[values.argmax()]))
    if probability < LEAST:
        return UNKNOWN
    return Language(RENAMED.get(label, label), share * probability, method)
