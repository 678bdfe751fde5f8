"""Lines of recipes: how long and for how many, and where the ingredients begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from cleaning.fields.headlinefeatures import HeadLine
from cleaning.fields.heads import head_settings


class _Words(NamedTuple):
    facts: frozenset[str]
    chars: int
    serves: frozenset[str]
    numbers: frozenset[str]
    ingredients: frozenset[str]


@cache
def _words() -> _Words:
    table = head_settings()["recipe"]
    return _Words(
        frozenset(table["facts"]),
        table["chars"],
        frozenset(table["serves"]),
        frozenset(table["numbers"]),
        frozenset(table["ingredients"]),
    )


def is_recipe_fact(text: str) -> bool:
    """Whether a line says only how long a recipe takes or for how many it is.

    >>> is_recipe_fact("Prep: 20 minutes"), is_recipe_fact("Serves four"), is_recipe_fact("Serves him right")
    (True, True, False)
    """
    words = _words()
    what, colon, rest = text.partition(":")
    if colon:
        return len(rest) <= words.chars and what.strip().lower() in words.facts and bool(rest.strip())
    parts = text.split(None, 3)
    if not 2 <= len(parts) <= 3 or parts[0].lower() not in words.serves:
        return False
    return parts[1][0].isdecimal() or parts[1].lower() in words.numbers


def is_ingredients(text: str) -> bool:
    """Whether a line is the heading of a recipe's ingredients.

    >>> is_ingredients("Ingredients:"), is_ingredients("Ingredients of a good story")
    (True, False)
    """
    return len(text) <= 20 and text.strip(" :").lower() in _words().ingredients


def recipe_name(head: Sequence[HeadLine]) -> int:
    """Index of the line over a recipe's buttons, times and servings that names it, be it one word; -1 for none.

    >>> name, below = (HeadLine(text, text == "Pancakes", False, False, False) for text in ("Pancakes", "Ingredients"))
    >>> recipe_name([name, below]), recipe_name([name, below._replace(text="Print", aside=True), below])
    (-1, 0)
    """
    listed = next((at for at, one in enumerate(head) if is_ingredients(one.text)), 0)
    of_card = False
    for at in range(listed - 1, -1, -1):
        line = head[at]
        if line.open and not line.paragraph:
            return at if of_card and line.text[0].isalpha() and not line.text.endswith(":") else -1
        of_card = of_card or line.aside or line.meta
    return -1


_AMOUNT = re.compile(r"[\d¼-¾⅐-⅞]")
_HOUR = re.compile(r"\d\d?[:.]\d\d")


def is_amount(text: str) -> bool:
    """Whether a line may say how much of something is needed.

    >>> is_amount("2 cups of flour"), is_amount("½ onion"), is_amount("Share"), is_amount("10:05 GMT")
    (True, True, False, False)
    """
    return _AMOUNT.search(text) is not None and not _HOUR.search(text)
