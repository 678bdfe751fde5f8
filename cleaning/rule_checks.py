"""Rules held to their examples: every rule catches what it must, and no rule what another one keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cleaning.matching import Match, PackError, fold_phrases, keys, quoted
from cleaning.packs import OWN, PackTexts
from cleaning.rule_index import Index, look_up, prepare
from cleaning.rules import RuleBook, load_rules


@lru_cache(maxsize=8)
def refuse_faulty(own: PackTexts) -> None:
    """Raises PackError with all that is wrong with packs of a user's own: their form, or their examples.

    They are tried together with the packs that tamis ships, whose `keeps` they must not catch either.
    """
    if faults := check_rules(load_rules(own)):
        raise PackError(*(f"{OWN}{fault}" for fault in faults))


def check_rules(book: RuleBook) -> list[str]:
    """What is wrong with rules by their own examples, a sentence each; empty when all is well.

    A rule catches all its `drops`, and each of its phrases that is not a whole line catches one of them. No
    rule catches any rule's `keeps`, but for rules with `confirm`, which say nothing alone; a site's rules are
    tried on the keeps of the general rules and on their own. A whole line stands in one rule only.

    Raises PackError where patterns of a user's own are too large to be matched.
    """
    size = 0
    for index in book.own:
        size = index.compile(size)
    caught = _Caught(book)
    wrong = []
    seen: dict[tuple[str | None, str], str] = {}
    for rule in book.rules:
        if rule.retired:
            continue
        caught_by = {line: [one for one in caught.of(line, rule.site) if one.rule is rule] for line in rule.drops}
        hits = {one.phrase for some in caught_by.values() for one in some}
        wrong += [f"{rule.id} does not catch its own {quoted(line)}" for line, some in caught_by.items() if not some]
        if rule.match != "line":
            idle = [text for text in rule.text if text not in hits]
            wrong += [f"{rule.id}: no line of `drops` shows {quoted(text)} at work" for text in idle]
        for line in rule.keeps:
            sites = [None, rule.site] if rule.site else [None, *caught.sites(line)]
            found = {one.rule.id for site in sites for one in caught.of(line, site) if not one.rule.confirm}
            wrong += [f"{one} catches {quoted(line)}, which {rule.id} keeps" for one in sorted(found)]
        for text, level in zip(rule.text, keys(fold_phrases(rule.text)), strict=True) if rule.match == "line" else ():
            key = (rule.site, level)
            if key in seen:
                wrong.append(f"{rule.id}: {quoted(text)} stands in {seen[key]} already")
            seen[key] = rule.id
    return wrong


class _Caught:
    """Which rules catch each example of a book; a site's rules are asked of its own and of what general rules keep."""

    def __init__(self, book: RuleBook) -> None:
        lines: defaultdict[str | None, set[str]] = defaultdict(set)
        kept: set[str] = set()
        for rule in book.rules:
            if not rule.retired:
                lines[rule.site].update(rule.drops, rule.keeps)
                kept.update(rule.keeps if rule.site is None else ())
        self._general = _look_up_all(book.general, set[str]().union(*lines.values()))
        self._of_sites: defaultdict[str, dict[str, tuple[Match, ...]]] = defaultdict(dict)
        texts = sorted(kept)
        prepared = prepare(texts)
        for site, indexes in book.sites.items():
            found = {texts[row]: matches for row, matches in look_up(indexes, prepared).items()}
            for line, matches in (found | _look_up_all(indexes, lines[site])).items():
                self._of_sites[line][site] = matches

    def sites(self, line: str) -> list[str]:
        """The sites that have a rule which catches a line that a general rule keeps."""
        return [*self._of_sites.get(line, ())]

    def of(self, line: str, site: str | None) -> tuple[Match, ...]:
        """The general rules that catch a line, and those of `site`."""
        own = self._of_sites.get(line, {}).get(site, ()) if site else ()
        return (*self._general.get(line, ()), *own)


def _look_up_all(indexes: Sequence[Index], lines: Iterable[str]) -> dict[str, tuple[Match, ...]]:
    texts = sorted(lines)
    return {texts[row]: matches for row, matches in look_up(indexes, prepare(texts)).items()}
