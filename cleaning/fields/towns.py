"""A town that no list knows before a dash at the head of a text: `Brennau – Der Stadtrat hat`. The page has to tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from cleaning.fields.datelines import before_dash
from cleaning.fields.fieldlines import read_field_line
from cleaning.fields.namewords import dateline_words

# Characters of a name; of a word of it so many may be another ending (`w Łódce Małej`), but for its first ones.
_CHARS = (4, 40)
_ENDING, _STEM = 2, 3
# Share of the times a page says the name, beside its head, in which it stands behind a word such as `in`.
_SHARE = 0.5
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@cache
def _locatives() -> str:
    return "|".join(map(re.escape, dateline_words()["locatives"]))


def read_town(text: str, others: Iterable[str]) -> str:
    """The town before the dash that a text begins with, '' if that may be anything else.

    It is one where the other texts of its page say the name behind a word such as `in`, and at least half of the
    times so: who acts, a company or a party, stands otherwise more often. What the page joins again, `Paris - Roubaix`,
    is a race or a match.

    >>> read_town("Brennau – Der Stadtrat hat getagt.", ["Das Bad in Brennau bleibt zu, sagt der Stadtrat."])
    'Brennau'
    >>> read_town("Nordag – Der Konzern hat getagt.", ["Nordag baut um. Die Nordag streicht Stellen in Nordag-Werken."])
    ''
    """
    match = before_dash(text)
    if match is None:
        return ""
    name, behind = match["place"], text[match.start("behind") :]
    words = name.split()
    if not _CHARS[0] <= len(name) <= _CHARS[1] or not all(map(_WORD.fullmatch, words)) or any(map(str.isupper, words)):
        return ""
    if name.lower() in dateline_words()["notices"] or read_field_line(name).section:
        return ""
    stems = (re.escape(word[: max(_STEM, len(word) - _ENDING)]) + r"[^\W\d_]{0,4}" for word in words)
    said = re.compile(rf"(?P<there>\b(?i:{_locatives()}) )?\b(?:{' '.join(stems)})(?P<more>-\w)?\b")
    pair = re.compile(rf"{re.escape(name)} ?[-–—] ?{re.escape(match['behind'])}\b")  # a race, a match, a line
    there = elsewhere = 0
    for one in (behind, *others):
        if pair.search(one):
            return ""
        for hit in said.finditer(one):
            located = hit["there"] is not None and hit["more"] is None
            there, elsewhere = there + located, elsewhere + (not located)
    return name if there and there >= _SHARE * (there + elsewhere) else ""
