"""Rules as data: read the packs, refuse what is wrong in them, and hold every rule to every example.

A pack is a TOML file, one for each language (`rules/phrases/en.toml`) and one for each site
(`rules/sites/<domain>.toml`). A rule carries what it must catch (`drops`) and what it must not (`keeps`).
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, lru_cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from cleaning.lines import Lines
from cleaning.matching import (
    KINDS,
    LONGEST,
    MAX_CHARS,
    Match,
    PackError,
    Rule,
    fold_phrases,
    keys,
)
from cleaning.once import once
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
    general: Index
    sites: Mapping[str, Index]

    @cached_property
    def said(self) -> TextCache[Said]:
        """What the general rules say of each of many texts."""

        def find(texts: Sequence[str]) -> list[Said]:
            lines = prepare(texts)
            said = [_NOTHING] * len(texts)
            for row, text, folded in zip(lines.rows, lines.texts, lines.folded, strict=False):
                if len(text) <= HEADING_CHARS:
                    said[row] = _said_of(((), folded))
            for row, matches in look_up(self.general, lines).items():
                said[row] = Said(matches, said[row].folded)
            return said

        return TextCache(find)

    def match(self, text: str, site: str | None = None) -> list[Match]:
        """Every rule that catches a line, in the order of the packs; of `site`'s pack too if it has one.

        >>> [(one.rule.id, one.evidence) for one in load_rules().match("View more comments")]
        [('en.comments.widget', "equals 'View more comments'")]
        """
        lines = prepare([text])
        some = (self.general, self.sites.get(site)) if site else (self.general,)
        return [one for index in some if index for one in look_up(index, lines).get(0, ())]

    def match_distinct(self, texts: Sequence[str], site: str | None = None) -> dict[int, tuple[Match, ...]]:
        """The rules of one kind that catch each text, by its number: the general ones, or those of `site`.

        Texts that nothing catches have no entry. `match` gives for each text what this gives for both.
        """
        index = self.general if site is None else self.sites.get(site)
        return look_up(index, prepare(texts)) if index else {}

    def recognise(self, texts: Sequence[str]) -> dict[int, str]:
        """The site that a text names in one of its marks, by the text's number; texts of any length."""
        blob = "\n".join(texts)
        marks = [(mark, site) for mark, site in self.marks.items() if mark in blob]
        return {row: site for mark, site in reversed(marks) for row, text in enumerate(texts) if mark in text}


class Packs(NamedTuple):
    """What packs say, before it is made ready to match."""

    by_id: Mapping[str, Rule]
    """In the order of the packs."""
    marks: Mapping[str, str]
    """As `RuleBook.marks`."""


@lru_cache(maxsize=1)
def own_packs() -> Packs:
    """The packs that this package carries. Raises PackError as `load_rules` does, but for what RE2 says."""
    packs = {}
    for folder in ("phrases", "sites"):
        for path in (files("cleaning") / "rules" / folder).iterdir():
            if path.name.endswith(".toml"):
                packs[f"{folder}/{path.name}"] = path.read_text("utf-8")
    return _read_packs(packs)


@lru_cache(maxsize=1)
def load_rules() -> RuleBook:
    """The rules of the packs that this package carries, ready to match.

    Raises PackError for a pack that is wrong, naming the file, the rule and the key.
    """
    return _bind(own_packs())


@once
def find_said(lines: Lines) -> list[Said]:
    """What the general rules say of each distinct text of a batch, by its key."""
    return load_rules().said(lines.distinct)


@once
def _find_folded(lines: Lines) -> dict[str, list[int]]:
    """Keys of the distinct texts by what they are when folded; longer ones than HEADING_CHARS are left out."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for key, said in enumerate(find_said(lines)):
        if said.folded:
            found[said.folded].append(key)
    return found


def rows_saying(lines: Lines, words: Iterable[str], longest: int = HEADING_CHARS) -> list[int]:
    """Rows, ascending, whose text is one of some folded words, and has `longest` characters at most."""
    folded = _find_folded(lines)
    says = np.zeros(len(lines.distinct), np.bool_)
    says[[key for word in words for key in folded.get(word, ()) if len(lines.distinct[key]) <= longest]] = True
    rows: list[int] = np.flatnonzero(says[lines.key]).tolist()
    return rows


@once
def find_phrases(lines: Lines) -> dict[int, tuple[Match, ...]]:
    """The general rules that catch each distinct text of a batch, by its key; texts that none catches left out."""
    return {key: said.matches for key, said in enumerate(find_said(lines)) if said.matches}


@once
def find_headings(lines: Lines) -> dict[int, Match]:
    """The first rule with `heading` that catches each distinct text, those to be confirmed included, by its key."""
    return {
        key: headings[0]
        for key, matches in find_phrases(lines).items()
        if (headings := [one for one in matches if one.rule.heading]) and len(lines.distinct[key]) <= HEADING_CHARS
    }


def bind_packs(packs: Mapping[str, str]) -> RuleBook:
    """Read packs, given as file name and content, and make them ready to match.

    The order is that of the names, the generic pack first. Raises PackError as `load_rules` does.
    """
    return _bind(_read_packs(packs))


def _read_packs(packs: Mapping[str, str]) -> Packs:
    labels = frozenset(tomllib.loads((files("cleaning") / "labels.toml").read_text("utf-8")))
    by_id: dict[str, Rule] = {}
    marks: dict[str, str] = {}
    for file in sorted(packs, key=lambda file: (file != "phrases/generic.toml", file)):
        try:
            pack = tomllib.loads(packs[file])
        except tomllib.TOMLDecodeError as error:
            raise PackError(f"rules/{file}: {error}") from error
        site = _read_head(file, pack)
        marks.update(dict.fromkeys(pack.get("recognise", ()), site or ""))
        for table in pack.get("rule", ()):
            rule = _read_rule(file, site, table, labels)
            if rule.id in by_id:
                raise PackError(f"rules/{file}: rule {rule.id!r} stands in rules/{by_id[rule.id].pack} already")
            by_id[rule.id] = rule
    return Packs(by_id, marks)


def _bind(packs: Packs) -> RuleBook:
    rules = tuple(packs.by_id.values())
    return RuleBook(
        rules=rules,
        by_id=packs.by_id,
        marks=packs.marks,
        general=Index(rule for rule in rules if rule.site is None),
        sites={
            site: Index(rule for rule in rules if rule.site == site)
            for site in sorted({rule.site for rule in rules if rule.site})
        },
    )


def _read_head(file: str, pack: Mapping[str, Any]) -> str | None:
    """The site that a pack is for; None for a pack of phrases."""
    known = ("rule", "site", "seen", "recognise") if file.startswith("sites/") else ("rule",)
    _refuse_unknown(f"rules/{file}", pack, known)
    if not file.startswith("sites/"):
        return None
    name = file.removeprefix("sites/").removesuffix(".toml")
    if pack.get("site") != name:
        raise PackError(f"rules/{file}: `site` has to be {name!r}, as the file is called")
    if not isinstance(pack.get("seen"), date):
        raise PackError(f"rules/{file}: `seen` has to be the day on which the site was looked at, such as 2026-11-22")
    return name


_TEXTS = ("text", "drops", "keeps")
_FLAGS = ("heading", "confirm", "subhead", "retired")
_KEYS = ("id", "label", "match", *_TEXTS, "why", "max_chars", *_FLAGS)


def _read_rule(file: str, site: str | None, table: Mapping[str, Any], labels: frozenset[str]) -> Rule:
    where = f"rules/{file}, rule {table.get('id', '(no id)')!r}"
    _refuse_unknown(where, table, _KEYS)
    for key in ("id", "label", "match", "why"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise PackError(f"{where}: {key!r} has to be a string, not empty")
    for key in _TEXTS:
        value = table.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
            raise PackError(f"{where}: {key!r} has to be a list of at least one string, none of them empty")
    prefix = file.split("/")[1].removesuffix(".toml") + "."
    if not re.fullmatch(r"[a-z0-9.-]+", table["id"]) or not table["id"].startswith(prefix):
        raise PackError(f"{where}: an id is lower-case letters, digits, dots and dashes, and begins with {prefix!r}")
    _refuse_unknown(where, [table["label"]], sorted(labels), "label")
    _refuse_unknown(where, [table["match"]], KINDS, "match")
    limit = LONGEST if table["match"] == "regex" else MAX_CHARS
    length = table.get("max_chars", MAX_CHARS)
    if type(length) is not int or not 1 <= length <= limit:
        raise PackError(f"{where}: 'max_chars' has to be a number from 1 to {limit}")
    for key in _FLAGS:
        if type(table.get(key, False)) is not bool:
            raise PackError(f"{where}: {key!r} has to be true or false")
    given: dict[str, Any] = {key: tuple(value) if key in _TEXTS else value for key, value in table.items()}
    rule = Rule(pack=file, site=site, **given)
    for text in rule.text if rule.match != "regex" else ():
        if re.search(r"\d", text) or not any(map(str.isalpha, text.replace("{n}", ""))):
            raise PackError(f"{where}: {text!r} needs a letter, and {{n}} where a number stands")
    return rule


def _refuse_unknown(where: str, given: Iterable[str], known: Sequence[str], kind: str = "key") -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1, 0)
            raise PackError(f"{where}: unknown {kind} {name!r}; did you mean {near[0]!r}?")


def check_rules(book: RuleBook) -> list[str]:
    """What is wrong with rules by their own examples, a sentence each; empty when all is well.

    A rule catches all its `drops`, and each of its phrases that is not a whole line catches one of them. No
    rule catches any rule's `keeps`, but for rules with `confirm`, which say nothing alone; a site's rules are
    tried on the keeps of the general rules and on their own. A whole line stands in one rule only.
    """
    wrong = []
    seen: dict[tuple[str | None, str], str] = {}
    for rule in book.rules:
        if rule.retired:
            continue
        caught_by = {line: [one for one in book.match(line, rule.site) if one.rule is rule] for line in rule.drops}
        hits = {one.phrase for some in caught_by.values() for one in some}
        wrong += [f"{rule.id} does not catch its own {line!r}" for line, some in caught_by.items() if not some]
        if rule.match != "line":
            wrong += [f"{rule.id}: no line of `drops` shows {text!r} at work" for text in rule.text if text not in hits]
        for line in rule.keeps:
            for site in [None, rule.site] if rule.site else [None, *book.sites]:
                caught = {one.rule.id for one in book.match(line, site) if not one.rule.confirm}
                wrong += [f"{one} catches {line!r}, which {rule.id} keeps" for one in sorted(caught)]
        for text, level in zip(rule.text, keys(fold_phrases(rule.text)), strict=True) if rule.match == "line" else ():
            key = (rule.site, level)
            if key in seen:
                wrong.append(f"{rule.id}: {text!r} stands in {seen[key]} already")
            seen[key] = rule.id
    return wrong
