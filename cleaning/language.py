"""Which language a text is in: by its script where that decides, else by langdetect's n-gram profiles.

1. Letters are counted by script (`data/scripts.toml`) in the first 20,000 characters. The script of most of
   them is the text's, so interface strings or quotes in another one do not decide. Many scripts are written
   for one language. Some languages that langdetect does not know have letters of their own. Simplified and
   Traditional Chinese and Japanese without kana are told by which of GB 2312, Big5 and JIS X 0208 has the
   characters.
2. Else the languages of that script are compared by `profiles.score` on 400 characters: the first 50 of
   each eighth of the text, so that neither its head nor its tail decides alone. Where they leave any doubt,
   on the first 250 of each quarter.
3. Where that is unsure, mostly below 60 letters, langdetect itself decides.
4. Languages that langdetect takes for a neighbour, such as Malay for Indonesian, are told by their common
   words (`neighbours`).

The answer depends on the text alone, which should be NFC. Bosnian that has none of its own words in it is taken
for Croatian: in one sentence often, in 300 characters of news hardly ever. Not told apart, for want of a profile:
Montenegrin from Bosnian, Galician and Asturian from Spanish, Nynorsk from Bokmål, Turkmen from Turkish, Cantonese
from other Chinese, Bhojpuri or Maithili from Hindi. `python -m tests.bench_language` measures it.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning import neighbours, profiles
from cleaning.codes import codes_of
from cleaning.scripts import census, letters_of_scripts, scripts

_READ = 20_000
_TEXTS_AT_ONCE = 1_000
_STRETCH, _STRETCHES = 250, 4
_SHORT_STRETCH, _SHORT_STRETCHES = 50, 8
"""The same of a long text that is first looked at, and enough where it leaves no doubt. Of 19,133 pages and bodies none
got another tag by that, 14 another confidence."""
_DENSE = 2
"""N-grams a character there, at least: prose has 2.4, and words in capitals have none."""
_LONGEST = 10_000  # characters; Detector.max_text_length

_ENOUGH = 20
"""Letters that a language told by profile or by its own letters needs; one told by script alone needs 2."""
_FEW = 0.005
"""Share up to which a letter that a language lacks may occur, in quoted names."""

_TEMPERATURE = 3.5
"""What log-likelihoods are divided by before they are read as probabilities: n-grams overlap, so each says
less than it seems to. Fitted to slices of 20 to 300 characters of news and other sentences in 31
languages."""
_FAR = 150.0
"""Nats behind the likeliest of which a language adds nothing to a sum of probabilities in 53 bits."""
_SURE = 0.95
"""Probability below which langdetect is asked."""
_LEAST = 0.5
"""Below this a tag is no better than a coin: `und`."""

_LONG_LINE, _LINES = 60, 20
"""Characters and number of the lines that are told one by one where the text as a whole fits no language."""

_URL = re.compile(r"https?://[-_.?&~;+=/#0-9A-Za-z]{1,2000}")
_MAIL_CHARS = "-_.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MAIL_HOST, _MAIL_NAME = re.compile(r"@[-_.0-9A-Za-z]{2,255}"), 64
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_RENAMED = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}  # langdetect's names that are not BCP 47


class Language(NamedTuple):
    """The language of a text."""

    tag: str
    """BCP 47; `und` where it cannot be told."""
    confidence: float | None
    """0-1; null where the tag is `und`. The share of the text's letters that are in its script, times the
    probability of the language among those of the script, times how well the text fits its profile; where words
    decide among neighbours, what they leave of doubt. In slices of 20 to 100 characters of news in 48 languages the
    tag was right for 48, 59, 81, 89 and 92 % of the values of 0.5, 0.6, 0.7, 0.8 and 0.9, and 98.4 % of those from
    0.95 on. Of a text in two scripts it is low because the tag is not the whole answer."""
    method: str
    """What decided: `script`, `profile`, `langdetect`, `words` or `none`."""


UNKNOWN = Language("und", None, "none")


def valid_tag(tag: str) -> bool:
    """Say whether a tag is BCP 47 as tamis writes it: language, then script and region where given.

    >>> [valid_tag(tag) for tag in ("ko", "zh-Hant", "pt-BR", "und", "zh-cn", "english", "")]
    [True, True, True, True, False, False, False]
    """
    return _TAG.fullmatch(tag) is not None


@functools.cache
def known_tags() -> frozenset[str]:
    """All tags that a text can be given.

    >>> sorted(known_tags() & {"ko", "kr", "zh", "zh-Hant", "pt-BR", "und"})
    ['ko', 'und', 'zh-Hant']
    """
    table = scripts()
    by_profile = {_RENAMED.get(label, label) for labels in table.profiles for label in labels}
    by_letters = {one.language for letters in table.letters for one in letters}
    by_script = {language for language in table.languages if language}
    return frozenset(by_profile | by_letters | by_script | neighbours.known_tags() | {UNKNOWN.tag})


def detect_languages(texts: Sequence[str], least: float = 0.0) -> list[Language]:
    """Tell the language of each text, as the module's docstring says; any string will do.

    `least`: a confidence, 0-1; langdetect is not asked about a text whose profile is less sure than that.

    >>> [language.tag for language in detect_languages(["다리 공사가 끝났다.", "12:30", "Ok"])]
    ['ko', 'und', 'und']
    """
    return [
        language
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
        for language in _detect(texts[start : start + _TEXTS_AT_ONCE], least)
    ]


class _Asked(NamedTuple):
    """A text whose language its profile has to tell."""

    number: int
    text: str
    script: int
    share: float
    """Of the letters, by weight, that are in that script."""


def _detect(texts: Sequence[str], least: float) -> list[Language]:
    table = scripts()
    texts = [without_addresses(text[:_READ]) for text in texts]
    counts = census(texts)
    letters = letters_of_scripts(counts)
    weighed = letters * table.weights
    likeliest = weighed.argmax(axis=1)
    each = np.arange(len(texts))
    shares = weighed[each, likeliest] / np.maximum(weighed.sum(axis=1), 1)
    by_letters = _by_letters(counts, likeliest, letters[each, likeliest])
    told = [UNKNOWN] * len(texts)
    asked = []
    for number, (script, found, share) in enumerate(
        zip(likeliest.tolist(), letters[each, likeliest].tolist(), shares.tolist(), strict=True)
    ):
        if found < 2:
            continue
        if number in by_letters:
            told[number] = _among_neighbours(
                Language(by_letters[number], share, "script"), texts[number], table.names[script], share
            )
        elif tag := (
            _chinese(counts[number, table.han_sets].tolist()) if script == table.han else table.languages[script]
        ):
            told[number] = Language(tag, round(share, 3), "script")
        elif found >= _ENOUGH:
            asked.append(_Asked(number, _in_script(texts[number], script, share), script, share))
    for one, language in zip(asked, _by_profile(asked, least), strict=True):
        if language == UNKNOWN:
            language = _by_lines(one.text, one.share)
        told[one.number] = _among_neighbours(language, one.text, table.names[one.script], one.share)
    return told


def _by_letters(
    counts: npt.NDArray[np.int64], script: npt.NDArray[np.int64], found: npt.NDArray[np.int64]
) -> dict[int, str]:
    """Languages of the texts that have letters of their own, by the first rule of their script that holds."""
    told: dict[int, str] = {}
    for number, rules in enumerate(scripts().letters):
        rows = np.flatnonzero((script == number) & (found >= _ENOUGH))
        for rule in rules if len(rows) else ():
            has, lacks = (counts[rows][:, classes].sum(axis=1) for classes in (rule.has, rule.lacks))
            holds = (has >= rule.share * found[rows]) & (lacks <= _FEW * found[rows])
            for row in rows[holds].tolist():
                told.setdefault(row, rule.language)
    return told


def _in_script(text: str, script: int, share: float) -> str:
    """The text with spaces for letters of other scripts."""
    if share == 1:
        return text
    table = scripts()
    codes = codes_of([text]).codes
    of = table.classes[codes]
    codes = np.where((of > 0) & (table.members[script, of] == 0), np.uint32(ord(" ")), codes)
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _by_lines(text: str, share: float) -> Language:
    """Return the language of most letters, where lines are surely in two or more, which together fit none."""
    lines = [line for line in text.split("\n") if len(line) >= _LONG_LINE][:_LINES]
    if len(lines) < 2:
        return UNKNOWN
    letters: Counter[str] = Counter()
    for line, told in zip(lines, detect_languages(lines, _SURE), strict=True):
        letters[told.tag if (told.confidence or 0) >= _SURE else "und"] += len(line)
    unsure = letters.pop("und", 0)
    if len(letters) < 2 or unsure > 0.2 * letters.total():
        return UNKNOWN
    tag, most = min(letters.items(), key=lambda item: (-item[1], item[0]))
    return Language(tag, share * most / (letters.total() + unsure), "profile")


def _among_neighbours(told: Language, text: str, script: str, share: float) -> Language:
    """Let common words decide where only a neighbour is known, or none; and round the confidence."""
    found = neighbours.told_apart(text, script, told.tag)
    confidence = told.confidence or 0
    if found is None:
        return told._replace(confidence=round(confidence, 3) or None)
    if found.tag == told.tag:
        confidence *= found.probability
        return told._replace(confidence=round(confidence, 3)) if confidence >= _LEAST * share else UNKNOWN
    return Language(found.tag, round(share * found.probability, 3), "words")


def langdetect_label(tag: str) -> str:
    """Return langdetect's name of a language, whether it knows it or not.

    >>> langdetect_label("zh-Hant"), langdetect_label("ko")
    ('zh-tw', 'ko')
    """
    return next((label for label, renamed in _RENAMED.items() if renamed == tag), tag)


def without_addresses(text: str) -> str:
    """Take out what langdetect takes out (`Detector.append`), where there is any."""
    if "://" in text:
        text = _URL.sub(" ", text)
    return _without_mail(text) if "@" in text else text


def _without_mail(text: str) -> str:
    """The text with a space for each `[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{2,255}`, which is looked for by its `@`."""
    kept, done = [], 0
    for host in _MAIL_HOST.finditer(text):
        before = text[max(done, host.start() - _MAIL_NAME) : host.start()]
        if name := len(before) - len(before.rstrip(_MAIL_CHARS)):
            kept.append(text[done : host.start() - name])
            done = host.end()
    return " ".join([*kept, text[done:]])


def _chinese(counts: Sequence[int]) -> str:
    """Return the tag for Han characters counted by which sets have them (bits 1, 2, 4), or `""` if unclear."""
    # How many characters each of the three sets lacks.
    hans, hant, jis = (sum(count for sets, count in enumerate(counts) if not sets & bit) for bit in (1, 2, 4))
    if jis < min(hans, hant) and 20 * jis <= sum(counts):
        return "ja"  # with a rare character or two; a text in both kinds of Chinese ones lacks more
    if jis == min(hans, hant) and sum(counts) < _ENOUGH:
        return ""  # A headline of one language or the other; in more text than that, no kana means Chinese.
    if hans != hant and max(hans, hant) >= 3 * min(hans, hant):
        return "zh-Hans" if hans < hant else "zh-Hant"
    return ""


def _sample(text: str, stretch: int = _STRETCH, stretches: int = _STRETCHES) -> str:
    if len(text) <= stretch * stretches:
        return text
    part = len(text) // stretches
    return " ".join([text[start : start + stretch] for start in range(0, part * stretches, part)])


def _by_profile(asked: Sequence[_Asked], least: float) -> list[Language]:
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


def _by_more(asked: Sequence[_Asked], least: float) -> list[Language]:
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
    if len(score.hits) < 2 * _ENOUGH:
        return UNKNOWN
    labels = profiles.profiles().labels
    candidates, among = scripts().profiles[script], _candidates(script)
    values = score.likelihoods[among]
    first = int(values.argmax())
    behind = (values[first] - values) / profiles.UNIT
    near = sorted(behind[behind < _FAR].tolist())
    probability = 1 / sum([math.exp(-nats / _TEMPERATURE) for nats in near])
    label, method = labels[among[first]], "profile"
    if least <= probability < _SURE:
        asked = profiles.ask_langdetect(score.hits)
        if asked in candidates:
            method = "langdetect"
            if asked != label:
                label, probability = asked, _LEAST
    if len(candidates) > 2:  # Chinese is told by characters, which vary too much for this
        values[first] = -1
        probability *= profiles.fit(score, int(among[first]), int(among[values.argmax()]))
    if probability < _LEAST:
        return UNKNOWN
    return Language(_RENAMED.get(label, label), share * probability, method)
