"""The rules of all packs, ready to match, and what they say of the lines of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from cleaning.atoms import atoms_of_all
from cleaning.linecache import Answers, LineCache
from cleaning.lines import Lines
from cleaning.matching import LONGEST, Match, Rule
from cleaning.once import once
from cleaning.packs import OWN, Packs, PackTexts, read_packs, shipped_packs
from cleaning.patterns import OF_OWN, OF_SHIPPED, Memory
from cleaning.rule_index import Index, look_up, prepare
from cleaning.textcache import TextCache

# Longer than the longest heading over a list of links that any pack knows.
HEADING_CHARS = 60


class Said(NamedTuple):
    """What the general rules say of a text."""

    matches: tuple[Match, ...]
    """Those that catch it, in the order of the packs."""
    folded: str
    """The text as phrases are compared with it; '' where it is longer than HEADING_CHARS."""


_NOTHING = Said((), "")
# In a third of the time that `Said` takes.
_said_of: Callable[[tuple[tuple[Match, ...], str]], Said] = partial(tuple.__new__, Said)


@dataclass(frozen=True)
class RuleBook:
    """All rules of all packs, ready to match."""

    rules: tuple[Rule, ...]
    by_id: Mapping[str, Rule]
    marks: Mapping[str, str]
    """Phrases by which a document without a url is told to be of a site, and the site."""
    general: tuple[Index, ...]
    """The shipped ones, and those of a user's own: what those say does not depend on these."""
    sites: Mapping[str, tuple[Index, ...]]
    own: tuple[Index, ...] = ()
    """Those of a user's own, of whatever site."""

    @cached_property
    def said(self) -> TextCache[Said]:
        """What the general rules say of each of many texts."""
        return TextCache(self._say)

    @cached_property
    def said_of_lines(self) -> LineCache[Said]:
        """The same of the lines of batches."""
        return LineCache(self._say, attrgetter("matches"), attrgetter("folded"), LONGEST)

    def _say(self, texts: Sequence[str]) -> list[Said]:
        lines = prepare(texts)
        said = [_NOTHING] * len(texts)
        for row, text, folded in zip(lines.rows, lines.texts, lines.folded, strict=False):
            if len(text) <= HEADING_CHARS:
                said[row] = _said_of(((), folded))
        for row, matches in look_up(self.general, lines).items():
            said[row] = Said(matches, said[row].folded)
        return said

    def match(self, text: str, site: str | None = None) -> list[Match]:
        """Every rule that catches a line, in the order of the packs; of `site`'s pack too if it has one.

        >>> [(one.rule.id, one.evidence) for one in load_rules().match("View more comments")]
        [('en.comments.widget', "equals 'View more comments'")]
        """
        some = (*self.general, *self.sites.get(site or "", ()))
        return [*look_up(some, prepare([text])).get(0, ())]

    def match_distinct(self, texts: Sequence[str], site: str | None = None) -> dict[int, tuple[Match, ...]]:
        """The rules of one kind that catch each text, by its number: the general ones, or those of `site`.

        Texts that nothing catches have no entry. `match` gives for each text what this gives for both.
        """
        some = self.general if site is None else self.sites.get(site)
        return look_up(some, prepare(texts)) if some else {}

    def recognise(self, texts: Sequence[str]) -> dict[int, str]:
        """The site that a text names in one of its marks, by the text's number; texts of any length."""
        blob = "\n".join(texts)
        marks = [(mark, site) for mark, site in self.marks.items() if mark in blob]
        return {row: site for mark, site in reversed(marks) for row, text in enumerate(texts) if mark in text}


def load_rules(own: PackTexts = ()) -> RuleBook:
    """The rules of the packs that this package carries, and of packs of a user's own, ready to match.

    Raises PackError for a pack that is wrong, naming the file, the rule and the key.
    """
    return _load(own)


@lru_cache(maxsize=8)
def _load(own: PackTexts) -> RuleBook:
    if not own:
        packs = shipped_packs()
        patterns = [text for rule in packs.by_id.values() if rule.match == "regex" for text in rule.text]
        return _bind(packs, OF_SHIPPED, atoms_of_all(patterns))
    shipped = _load(())
    added = _bind(read_packs(dict(own), OWN, shipped.by_id), OF_OWN)
    sites = {**shipped.sites, **added.sites}
    return RuleBook(
        rules=(*shipped.rules, *added.rules),
        by_id={**shipped.by_id, **added.by_id},
        marks={**shipped.marks, **{mark: site for mark, site in added.marks.items() if mark not in shipped.marks}},
        general=(*shipped.general, *added.general),
        sites={site: (*shipped.sites.get(site, ()), *added.sites.get(site, ())) for site in sorted(sites)},
        own=(*added.general, *(index for some in added.sites.values() for index in some)),
    )


@once
def find_said(lines: Lines) -> Answers[Said]:
    """What the general rules say of each distinct text of a batch."""
    return load_rules(lines.own_packs).said_of_lines.ask(lines)


def rows_saying(lines: Lines, words: Iterable[str], longest: int = HEADING_CHARS) -> list[int]:
    """Rows, ascending, whose text is one of some folded words, and has `longest` characters at most."""
    says = np.zeros(len(lines.first), np.bool_)
    says[[*find_said(lines).names(words)]] = True
    says &= lines.sizes <= longest
    rows: list[int] = np.flatnonzero(says[lines.key]).tolist()
    return rows


@once
def find_phrases(lines: Lines) -> dict[int, tuple[Match, ...]]:
    """The general rules that catch each distinct text of a batch, by its key; texts that none catches left out."""
    return {key: said.matches for key, said in find_said(lines).telling.items()}


@once
def find_headings(lines: Lines) -> dict[int, Match]:
    """The first rule with `heading` that catches each distinct text, those to be confirmed included, by its key."""
    return {
        key: headings[0]
        for key, matches in find_phrases(lines).items()
        if (headings := [one for one in matches if one.rule.heading]) and len(lines.distinct[key]) <= HEADING_CHARS
    }


def bind_packs(packs: Mapping[str, str]) -> RuleBook:
    """Read packs, given as file name and content, and make them ready to match. Raises PackError as `load_rules`."""
    return _bind(read_packs(packs))


def _bind(
    packs: Packs, memory: Memory = OF_SHIPPED, atoms: Mapping[str, frozenset[str] | None] = MappingProxyType({})
) -> RuleBook:
    rules = tuple(packs.by_id.values())
    of_site: dict[str | None, list[Rule]] = {}
    for rule in rules:
        of_site.setdefault(rule.site, []).append(rule)
    return RuleBook(
        rules=rules,
        by_id=packs.by_id,
        marks=packs.marks,
        general=(Index(of_site.pop(None, ()), memory, atoms),),
        sites={site: (Index(of_site[site], memory, atoms),) for site in sorted(filter(None, of_site))},
    )
