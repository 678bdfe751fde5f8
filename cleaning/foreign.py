"""Lines in another script or language than their document, and how much of a document is in which language.

They are evidence and never dropped for that: a quote looks the same as a button. A short line can be told by its
script alone; in the same script it takes `_LONG` letters to tell another language.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning import neighbours, profiles
from cleaning.codes import spans_of
from cleaning.language import detect_languages, without_addresses
from cleaning.languagetags import Language, langdetect_label
from cleaning.lines import Label, Lines, labels_of, within
from cleaning.scripts import script_letters, scripts

Numbers = npt.NDArray[np.int64]

LABEL = "foreign-script"

_LETTERS = 2
"""Letters that a line in another script must have in it: 'SNS 보내기' is a Korean button."""
_OTHER, _LATIN = 0.5, 0.8
"""Share of its letters, by weight, above which a line is in another script; Latin names stand in text of any other."""
_LONG = 60
"""Letters of a line from which another language of the same script can be told."""
_SAMPLE = 64
"""Characters of such a line that are compared first. Of 662 sentences in other languages put into 1,200 English pages
two are missed by that; none is with 80 characters."""
_NATS = 8.0
"""How much likelier another language must be for the line to be looked at closely. Of 770 lines that are found without
this look, in 2,700 pages of which 400 have lines of others in them, it loses six, none of them in another language."""
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
    counted = _count(lines)
    tags = [language.tag for language in languages]
    document = np.repeat(np.arange(lines.documents), np.diff(lines.starts))
    names, tag_of = np.unique(np.array(tags, str), return_inverse=True)
    home = np.zeros((len(names), len(scripts().names) + 1), np.bool_)
    for number, name in enumerate(names.tolist()):
        if of_tag := _scripts_of(name):
            home[number, [*of_tag, -1]] = True
    script, letters, share = counted.script[lines.key], counted.letters[lines.key], counted.share[lines.key]
    tag = tag_of[document]
    known, at_home = home[tag, -1], home[tag, script]
    least = np.full(len(scripts().names), _OTHER)
    least[scripts().names.index("Latn")] = _LATIN
    other_script = known & ~at_home & (letters >= _LETTERS) & (share > least[script])
    whole = np.bincount(document, np.where(known & kept & ~other_script, counted.weight[lines.key], 0), len(tags))
    amounts: dict[int, Counter[str]] = {}

    def amount(of: int) -> Counter[str]:
        """Of a document with lines in another language."""
        if of not in amounts:
            amounts[of] = Counter({tags[of]: int(whole[of])} if whole[of] else {})
        return amounts[of]

    said: list[tuple[int, str, str, str]] = []
    others: dict[tuple[int, int], list[int]] = defaultdict(list)
    some = np.flatnonzero(other_script)
    columns = (some, document[some], script[some], share[some], kept[some])
    for row, of, written, part, stays in zip(*(column.tolist() for column in columns), strict=True):
        said.append((row, LABEL, "language.other-script", _evidence(part, written, tags[of])))
        if stays:
            others[of, written].append(row)
    for row, other in _other_languages(lines, np.flatnonzero(at_home & (letters >= _LONG)), document, script, tags):
        of = int(document[row])
        said.append((row, LABEL, "language.other-language", f"it is in {other}, the document is in {tags[of]}"))
        if kept[row]:
            weight = int(counted.weight[lines.key[row]])
            amount(of)[tags[of]] -= weight
            amount(of)[other] += weight
    told = detect_languages(["\n".join(map(lines.text, rows)) for rows in others.values()])
    for (of, _), rows, language in zip(others, others.values(), told, strict=True):
        amount(of)[language.tag] += int(counted.weight[lines.key[rows]].sum())
    shares: list[tuple[Share, ...]] = [()] * len(tags)
    for of, found in amounts.items():
        shares[of] = _shares(found)
    return Foreign(labels_of(sorted(said)), shares)


@functools.lru_cache(1_000)  # nearly all such lines of a site are all in one script
def _evidence(part: float, script: int, tag: str) -> str:
    return f"{part:.0%} of its letters are {scripts().names[script]}, the document is in {tag}"


def _count(lines: Lines) -> _Census:
    texts, weights = lines.distinct, scripts().weights
    addressed = [key for key, text in enumerate(texts) if "@" in text or "://" in text]
    parts = []
    for start in range(0, len(texts), _LINES_AT_ONCE):
        here = range(start, min(start + _LINES_AT_ONCE, len(texts)))
        letters = script_letters(lines.codes.some(np.array(here)))
        if keys := within(addressed, here):
            plain = [without_addresses(texts[key]) for key in keys]
            letters[np.array(keys) - start] = script_letters(spans_of(plain))
        weighed = letters * weights
        script = weighed.argmax(axis=1)
        line = np.arange(len(letters))
        weight = weighed.sum(axis=1)
        parts.append((script, letters[line, script], weighed[line, script] / np.maximum(weight, 1), weight))
    if not parts:
        none = np.zeros(0, np.int64)
        return _Census(none, none, np.zeros(0), none)
    return _Census(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _other_languages(
    lines: Lines, rows: Numbers, document: Numbers, script: Numbers, tags: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """Those of the rows, all of them long, that are in another language than their document, and in which."""
    # Chinese of one kind of characters or the other is told by the document, not by a line.
    several = np.array([len(_candidates(number)) > 2 for number in range(len(scripts().names))])
    rows = rows[several[script[rows]]]
    keys, place = np.unique(lines.key[rows], return_inverse=True)
    likelihoods = profiles.likelihoods_of(lines.codes.some(keys).first(_SAMPLE))
    # How likely the document's own language is, or one that it may be.
    names, tag_of = np.unique(np.array(tags), return_inverse=True)
    several_scripts = len(scripts().names)
    kinds, kind_of = np.unique(tag_of[document[rows]] * several_scripts + script[rows], return_inverse=True)
    far = np.ones(len(rows), np.bool_)
    most = likelihoods.max(axis=1, initial=0)
    for kind, (name, number) in enumerate(divmod(one, several_scripts) for one in kinds.tolist()):
        candidates = _candidates(number)
        if near := [candidates[label] for label in _labels_of(str(names[name])) if label in candidates]:
            of_kind = np.flatnonzero(kind_of == kind)
            own = likelihoods[place[of_kind]][:, near].max(axis=1)
            far[of_kind] = own + _NATS * profiles.UNIT <= most[place[of_kind]]
    keys = np.unique(lines.key[rows[far]])
    texts = [lines.distinct[key] for key in keys.tolist()]
    told = dict(zip(keys.tolist(), detect_languages(texts, _SURE), strict=True))
    for row in rows[far].tolist():
        tag, other = tags[document[row]], told[int(lines.key[row])]
        if other.tag not in ("und", tag) and not _confused(other.tag, tag) and (other.confidence or 0) >= _SURE:
            yield row, other.tag


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
    if len(amounts) < 2:
        return ()
    total = amounts.total()
    ranked = sorted(
        ((amount, tag) for tag, amount in amounts.items() if tag != "und"), key=lambda one: (-one[0], one[1])
    )
    if len(ranked) < 2 or ranked[1][0] < max(_SECOND * total, _SECOND_LETTERS):
        return ()
    return tuple(Share(tag, round(amount / total, 3)) for amount, tag in ranked if amount >= _LISTED * total)
