"""Every rule that may be named in LABELS and FATES, with what it is for."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from cleaning.fields.heads import head_settings
from cleaning.labelers.gaps import load_gaps
from cleaning.redaction import notes as redaction_notes
from cleaning.rules import own_packs


class RuleNote(NamedTuple):
    """What a person should know of a rule."""

    id: str
    label: str
    """The label it gives; '' where it takes another's, or decides on records."""
    match: str
    """How it matches: as `Rule.match`, or `structure`, or `record`."""
    why: str


@cache
def rule_notes() -> dict[str, RuleNote]:
    """All rules by id: those of the packs, of heads and tails, of structure, of missing words, of records."""
    structure = tomllib.loads(resources.files("cleaning").joinpath("data/structure.toml").read_text("utf-8"))
    notes = [RuleNote(rule.id, rule.label, rule.match, rule.why) for rule in own_packs().by_id.values()]
    for rules in (head_settings()["rules"], structure["lines"]):
        notes += [RuleNote(name, rule["label"], "structure", rule["why"]) for name, rule in rules.items()]
    notes += [RuleNote(gap.id, "extraction-gap", "regex", gap.why) for gap in load_gaps()]
    notes += [RuleNote(name, "redacted", "regex", why) for name, why in redaction_notes().items()]
    notes += [RuleNote(name, "", "record", why) for name, why in structure["records"].items()]
    return {note.id: note for note in notes}
