"""The plainest date lines are read at a glance: as the grammar would, or not at all."""

from __future__ import annotations

import random

import pytest

from cleaning.fields.dates import DateLine, scan_words
from cleaning.fields.datewords import vocabulary
from cleaning.fields.plaindates import read_plain

WORDS = sorted(word for word in vocabulary()[0] if word.isascii() and word.isalpha())
MONTHS = [word for word in WORDS if vocabulary()[0][word][1]]
KINDS = [word for word in WORDS if vocabulary()[0][word][0] & {"published", "updated"}]
YEARS = ["2025", "1987", "1969", "1200", "9999", "03"]


def lines(seed: int, count: int) -> list[str]:
    """Lines that look like such dates, with words in the wrong place and figures that no calendar has among them."""
    chosen = random.Random(seed)

    def word(*some: list[str]) -> str:
        one = chosen.choice(chosen.choice(some))
        return chosen.choice((one, one.title(), one.upper()))

    found = []
    for _ in range(count):
        day, month = chosen.choice(("{}", "{:02d}")).format(chosen.randrange(34)), word(MONTHS, MONTHS, MONTHS, WORDS)
        line = chosen.choice((f"{month} {day}", f"{day} {month}")) + chosen.choice((", ", " ")) + chosen.choice(YEARS)
        if chosen.random() < 0.6:
            line = word(KINDS, KINDS, WORDS) + chosen.choice((" ", ": ", " : ", ", ")) + line
        if chosen.random() < 0.5:
            line += chosen.choice((", ", " ")) + f"{chosen.randrange(27)}:{chosen.randrange(63):02d}"
            line += chosen.choice(("", "", " KST", " EDT", f" {word(WORDS).upper()}"))
        found.append(line)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_is_read_as_by_the_grammar(seed: int) -> None:
    read = [(line, stamp) for line in lines(seed, 2000) if (stamp := read_plain(line)) is not None]
    assert len(read) > 200
    wrong = [line for line, stamp in read if scan_words(line) != DateLine((stamp,), False, ())]
    assert wrong == []
