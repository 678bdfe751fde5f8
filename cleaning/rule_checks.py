"""Rules held to their examples: every rule catches what it must, and no rule what another one keeps."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from cleaning.matching import Match, PackError, fold_phrases, keys
from cleaning.packs import OWN, PackTexts
from cleaning.rule_index import look_up, prepare
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
    """
    caught = _Caught(book)
    wrong = []
    seen: dict[tuple[str | None, str], str] = {}
    for rule in book.rules:
        if rule.retired:
            continue
        caught_by = {line: [one for one in caught.of(line, rule.site) if one.rule is rule] for line in rule.drops}
        hits = {one.phrase for some in caught_by.values() for one in some}
        wrong += [f"{rule.id} does not catch its own {line!r}" for line, some in caught_by.items() if not some]
        if rule.match != "line":
            wrong += [f"{rule.id}: no line of `drops` shows {text!r} at work" for text in rule.text if text not in hits]
        for line in rule.keeps:
            sites = [None, rule.site] if rule.site else [None, *caught.sites(line)]
            found = {one.rule.id for site in sites for one in caught.of(line, site) if not one.rule.confirm}
            wrong += [f"{one} catches {line!r}, which {rule.id} keeps" for one in sorted(found)]
        for text, level in zip(rule.text, keys(fold_phrases(rule.text)), strict=True) if rule.match == "line" else ():
            key = (rule.site, level)
            if key in seen:
                wrong.append(f"{rule.id}: {text!r} stands in {seen[key]} already")
            seen[key] = rule.id
    return wrong


class _Caught:
    """Which rules catch each example of a book."""

    def __init__(self, book: RuleBook) -> None:
        lines = sorted({line for rule in book.rules if not rule.retired for line in (*rule.drops, *rule.keeps)})
        prepared = prepare(lines)
        self._general = {lines[row]: matches for row, matches in look_up(book.general, prepared).items()}
        self._of_sites: defaultdict[str, dict[str, tuple[Match, ...]]] = defaultdict(dict)
        for site, indexes in book.sites.items():
            for row, matches in look_up(indexes, prepared).items():
                self._of_sites[lines[row]][site] = matches

    def sites(self, line: str) -> list[str]:
        """The sites that have a rule which catches a line."""
        return [*self._of_sites.get(line, ())]

    def of(self, line: str, site: str | None) -> tuple[Match, ...]:
        """The general rules that catch a line, and those of `site`."""
        own = self._of_sites.get(line, {}).get(site, ()) if site else ()
        return (*self._general.get(line, ()), *own)
