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
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cleaning import neighbours
from cleaning.byprofile import ENOUGH, LEAST, SURE, Asked, by_profile
from cleaning.codes import codes_of
from cleaning.languagetags import RENAMED, UNKNOWN, Language
from cleaning.scripts import census, letters_of_scripts, scripts

_READ = 20_000
_TEXTS_AT_ONCE = 1_000

_FEW = 0.005
"""Share up to which a letter that a language lacks may occur, in quoted names."""

_LONG_LINE, _LINES = 60, 20
"""Characters and number of the lines that are told one by one where the text as a whole fits no language."""

_URL = re.compile(r"https?://[-_.?&~;+=/#0-9A-Za-z]{1,2000}")
_MAIL_CHARS = "-_.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MAIL_HOST, _MAIL_NAME = re.compile(r"@[-_.0-9A-Za-z]{2,255}"), 64


@functools.cache
def known_tags() -> frozenset[str]:
    """All tags that a text can be given.

    >>> sorted(known_tags() & {"ko", "kr", "zh", "zh-Hant", "pt-BR", "und"})
    ['ko', 'und', 'zh-Hant']
    """
    table = scripts()
    by_profile = {RENAMED.get(label, label) for labels in table.profiles for label in labels}
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
        elif found >= ENOUGH:
            asked.append(Asked(number, _in_script(texts[number], script, share), script, share))
    for one, language in zip(asked, by_profile(asked, least), strict=True):
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
        rows = np.flatnonzero((script == number) & (found >= ENOUGH))
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
    for line, told in zip(lines, detect_languages(lines, SURE), strict=True):
        letters[told.tag if (told.confidence or 0) >= SURE else "und"] += len(line)
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
        return told._replace(confidence=round(confidence, 3)) if confidence >= LEAST * share else UNKNOWN
    return Language(found.tag, round(share * found.probability, 3), "words")


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
    if jis == min(hans, hant) and sum(counts) < ENOUGH:
        return ""  # A headline of one language or the other; in more text than that, no kana means Chinese.
    if hans != hant and max(hans, hant) >= 3 * min(hans, hant):
        return "zh-Hans" if hans < hant else "zh-Hant"
    return ""
