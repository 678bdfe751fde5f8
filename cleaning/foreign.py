"""Lines in another script or language than their document, and how much of a document is in which language.

They are evidence and never dropped for that: a quote looks the same as a button. A short line can be told by its
script alone; in the same script it takes `_LONG` letters to tell another language.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning import neighbours, profiles
from cleaning.language import Language, detect_languages, langdetect_label, without_addresses
from cleaning.lines import Label, Lines
from cleaning.scripts import census, letters_of_scripts, scripts

LABEL = "foreign-script"

_LETTERS = 2
"""Letters that a line in another script must have in it: 'SNS 보내기' is a Korean button."""
_OTHER, _LATIN = 0.5, 0.8
"""Share of its letters, by weight, above which a line is in another script; Latin names stand in text of any other."""
_LONG = 60
"""Letters of a line from which another language of the same script can be told."""
_SAMPLE = 120
"""Characters of such a line that are compared first."""
_NATS = 15.0
"""How much likelier another language must be for the line to be looked at closely."""
_SURE = 0.9
"""Confidence from which a line is in another language."""
_SECOND, _SECOND_LETTERS = 0.2, 100
"""Share, 0-1, and letters, weighed as in scripts.toml, of the second language from which a document is bilingual."""
_LISTED = 0.05
_LINES_AT_ONCE = 10_000


class Share(NamedTuple):
    """How much of a document's letters is in a language."""

    language: str
    """BCP 47."""
    share: float
    """0-1."""


class Foreign(NamedTuple):
    """What was found in a batch of documents."""

    labels: list[Label]
    shares: list[tuple[Share, ...]]
    """For each document: its languages, the largest first, if it is in two or more; else ()."""


class _Census(NamedTuple):
    """For each distinct line of a batch: its script, letters in it, share of all letters by weight, and weight."""

    script: npt.NDArray[np.int64]
    letters: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]
    weight: npt.NDArray[np.int64]


def find_foreign(lines: Lines, kept: npt.NDArray[np.bool_], languages: Sequence[Language]) -> Foreign:
    """Label the lines that are not in their document's language or script, and sum up those that are `kept`."""
    counted = _count(lines.distinct)
    likeliest = _Likeliest(lines.distinct)
    labels: list[Label] = []
    shares: list[tuple[Share, ...]] = []
    keys = lines.key.tolist()
    for document, language in enumerate(languages):
        home = _scripts_of(language.tag)
        amounts: Counter[str] = Counter()
        other_script: dict[int, list[int]] = defaultdict(list)
        for row in lines.rows(document) if home else ():
            key = keys[row]
            script, tag = int(counted.script[key]), language.tag
            if script not in home:
                least = _LATIN if scripts().names[script] == "Latn" else _OTHER
                if counted.letters[key] >= _LETTERS and counted.share[key] > least:
                    name = scripts().names[script]
                    said = f"{counted.share[key]:.0%} of its letters are {name}, the document is in {language.tag}"
                    labels.append(Label(row, LABEL, "language.other-script", said))
                    if kept[row]:
                        other_script[script].append(row)
                    continue
            elif counted.letters[key] >= _LONG and (other := likeliest.other(key, script, language.tag)):
                said = f"it is in {other}, the document is in {language.tag}"
                labels.append(Label(row, LABEL, "language.other-language", said))
                tag = other
            if kept[row]:
                amounts[tag] += int(counted.weight[key])
        for rows in other_script.values():
            told = detect_languages(["\n".join(map(lines.text, rows))])[0]
            amounts[told.tag] += int(sum(counted.weight[keys[row]] for row in rows))
        shares.append(_shares(amounts))
    return Foreign(labels, shares)


def _count(texts: Sequence[str]) -> _Census:
    weights = scripts().weights
    parts = []
    for start in range(0, len(texts), _LINES_AT_ONCE):
        cleaned = [without_addresses(text) for text in texts[start : start + _LINES_AT_ONCE]]
        letters = letters_of_scripts(census(cleaned))
        weighed = letters * weights
        script = weighed.argmax(axis=1)
        line = np.arange(len(letters))
        weight = weighed.sum(axis=1)
        parts.append((script, letters[line, script], weighed[line, script] / np.maximum(weight, 1), weight))
    if not parts:
        none = np.zeros(0, np.int64)
        return _Census(none, none, np.zeros(0), none)
    return _Census(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class _Likeliest:
    """Which language a long line is in; each distinct line is scored once, and only if it is asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._scores: dict[int, npt.NDArray[np.int32]] = {}
        self._told: dict[int, Language] = {}

    def other(self, key: int, script: int, tag: str) -> str | None:
        """Another language than `tag` that the line is in; None if it may be in `tag` or a neighbour of it."""
        candidates = _candidates(script)
        if len(candidates) <= 2:
            return None  # Chinese of one kind of characters or the other is told by the document, not by a line
        if near := [label for label in _labels_of(tag) if label in candidates]:
            if key not in self._scores:
                self._scores[key] = profiles.score(self._texts[key][:_SAMPLE]).likelihoods
            likelihoods = self._scores[key]
            if max(likelihoods[candidates[label]] for label in near) + _NATS * profiles.UNIT > likelihoods.max():
                return None
        if key not in self._told:
            self._told[key] = detect_languages([self._texts[key]])[0]
        told = self._told[key]
        if told.tag in ("und", tag) or _confused(told.tag, tag) or (told.confidence or 0) < _SURE:
            return None
        return told.tag


def _confused(tag: str, other: str) -> bool:
    """Whether only words tell one from the other, which is too little for a line."""
    return other in neighbours.near(tag) and not (_well_known(tag) and _well_known(other))


@functools.cache
def _well_known(tag: str) -> bool:
    """Whether langdetect knows the language, or it has letters of its own."""
    letters = {rule.language for rules in scripts().letters for rule in rules}
    return tag in letters or langdetect_label(tag) in profiles.profiles().labels


@functools.cache
def _labels_of(tag: str) -> tuple[str, ...]:
    """langdetect's names for texts in a language, as far as that can be said."""
    label = langdetect_label(tag)
    if label in profiles.profiles().labels:
        return (label,)
    return () if _well_known(tag) else tuple(sorted(neighbours.near(tag)))


@functools.cache
def _candidates(script: int) -> dict[str, int]:
    labels = profiles.profiles().labels
    return {label: labels.index(label) for label in scripts().profiles[script]}


@functools.cache
def _scripts_of(tag: str) -> frozenset[int]:
    """The scripts that texts in a language are in; none for `und`."""
    table = scripts()
    found = {
        number
        for number in range(len(table.names))
        if tag == table.languages[number]
        or langdetect_label(tag) in table.profiles[number]
        or tag in {rule.language for rule in table.letters[number]}
        or tag in neighbours.written_in(table.names[number])
    }
    if tag.startswith("zh") or tag == "ja":
        found.add(table.han)
    return frozenset(found)


def _shares(amounts: Counter[str]) -> tuple[Share, ...]:
    total = amounts.total()
    ranked = sorted(
        ((amount, tag) for tag, amount in amounts.items() if tag != "und"), key=lambda one: (-one[0], one[1])
    )
    if len(ranked) < 2 or ranked[1][0] < max(_SECOND * total, _SECOND_LETTERS):
        return ()
    return tuple(Share(tag, round(amount / total, 3)) for amount, tag in ranked if amount >= _LISTED * total)
