"""What a line can be, and which policies leave such lines out: labels.toml, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class LabelKind:
    """An entry of labels.toml."""

    name: str
    family: str
    drops: frozenset[str]
    """Policies under which such a line leaves the body."""
    why: str
    precedence: int
    """Of several labels that drop a line, the one with the lowest number decides."""


@cache
def label_kinds() -> dict[str, LabelKind]:
    """Every label that a rule may give, by its name, in the order of precedence."""
    text = resources.files("cleaning").joinpath("labels.toml").read_text("utf-8")
    return {
        name: LabelKind(name, entry["family"], frozenset(entry["drops"]), entry["why"], rank)
        for rank, (name, entry) in enumerate(tomllib.loads(text).items())
    }


@cache
def dropping(policy: str) -> frozenset[str]:
    """Labels whose lines the policy leaves out."""
    return frozenset(kind.name for kind in label_kinds().values() if policy in kind.drops)


@cache
def boilerplate(policy: str) -> frozenset[str]:
    """Those of them that speak of boilerplate: no metadata, no copy, no mark between lines."""
    families = {"metadata", "repeats", "layout"}
    return frozenset(name for name in dropping(policy) if label_kinds()[name].family not in families)
