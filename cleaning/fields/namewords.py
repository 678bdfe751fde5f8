"""The words of names, bylines, sections and copyright lines in data/, and what a line names."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple


class Byline(NamedTuple):
    """Who a line names."""

    names: tuple[str, ...]
    """Persons, in the order of the line, each once."""
    organisations: tuple[str, ...]
    """Agencies, papers and desks."""
    how: str
    """What makes it a byline: `by`, `colon`, `role`, `agency`, `korean`, `chinese`, `japanese`, `names`."""


@cache
def byline_words() -> dict[str, Any]:
    """The tables of data/bylines.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/bylines.toml").read_text("utf-8"))


@cache
def dateline_words() -> dict[str, Any]:
    """The tables of data/datelines.toml."""
    return tomllib.loads(resources.files("cleaning").joinpath("data/datelines.toml").read_text("utf-8"))


@cache
def word_set(table: str, key: str) -> frozenset[str]:
    """A list of the tables, to look words up in."""
    return frozenset(byline_words()[table][key])


@cache
def roles() -> frozenset[str]:
    """Words of roles: those that make a byline, and those that stand before them."""
    return word_set("roles", "nouns") | word_set("roles", "modifiers")


@cache
def section_words() -> dict[str, frozenset[str]]:
    """The lists of data/sections.toml."""
    text = resources.files("cleaning").joinpath("data/sections.toml").read_text("utf-8")
    return {name: frozenset(words) for name, words in tomllib.loads(text).items()}


@cache
def copyright_words() -> dict[str, tuple[str, ...]]:
    """The lists of data/copyright.toml."""
    text = resources.files("cleaning").joinpath("data/copyright.toml").read_text("utf-8")
    return {name: tuple(words) for name, words in tomllib.loads(text).items()}
