"""Every rule that may be named in LABELS and FATES, with what it is for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from cleaning.fields.heads import head_settings
from cleaning.labelers.gaps import load_gaps
from cleaning.matching import Rule
from cleaning.packs import OWN, PackTexts, read_packs, shipped_packs
from cleaning.redaction import notes as redaction_notes


class RuleNote(NamedTuple):
    """What a person should know of a rule."""

    id: str
    label: str
    """The label it gives; '' where it takes another's, or decides on records."""
    match: str
    """How it matches: as `Rule.match`, or `structure`, or `record`."""
    why: str


def rule_notes(own: PackTexts = ()) -> dict[str, RuleNote]:
    """All rules by id: those of the packs, of heads and tails, of structure, of missing words, of records.

    `own`: packs of a user's own, which say what they did where a later tamis has a rule of the same id. Raises
    PackError for one that is wrong.
    """
    return _with_notes_of(own) if own else _shipped_notes()


@lru_cache(maxsize=8)
def _with_notes_of(own: PackTexts) -> dict[str, RuleNote]:
    return _shipped_notes() | _notes_of(read_packs(dict(own), OWN).by_id)


def _notes_of(rules: Mapping[str, Rule]) -> dict[str, RuleNote]:
    return {rule.id: RuleNote(rule.id, rule.label, rule.match, rule.why) for rule in rules.values()}


@cache
def _shipped_notes() -> dict[str, RuleNote]:
    structure = tomllib.loads(resources.files("cleaning").joinpath("data/structure.toml").read_text("utf-8"))
    notes = [*_notes_of(shipped_packs().by_id).values()]
    for rules in (head_settings()["rules"], structure["lines"]):
        notes += [RuleNote(name, rule["label"], "structure", rule["why"]) for name, rule in rules.items()]
    notes += [RuleNote(gap.id, "extraction-gap", "regex", gap.why) for gap in load_gaps()]
    notes += [RuleNote(name, "redacted", "regex", why) for name, why in redaction_notes().items()]
    notes += [RuleNote(name, "", "record", why) for name, why in structure["records"].items()]
    return {note.id: note for note in notes}
