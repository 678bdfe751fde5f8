from __future__ import annotations

import pytest

from cleaning import clean
from cleaning.labelers import enclosed
from cleaning.lines import split

LONG = "The planet is warmer than it was when the first of these reports was written, and they know why. " * 3
SKIP, AFTER = "skip past newsletter promotion", "after newsletter promotion"


@pytest.mark.parametrize(
    ("lines", "dropped"),
    [
        (["He left.", SKIP, "Down to Earth", AFTER, "She stayed."], {1, 2, 3}),
        (["He left.", "list of 3 items", "list 1 of 3", "Ships", "end of list", "She stayed."], {1, 2, 3, 4}),
        (["He left.", SKIP, "Down to Earth", "She stayed."], set()),
        (["He left.", SKIP, LONG, AFTER, "She stayed."], set()),
        ([SKIP, *["A verse"] * 15, AFTER], set()),
        ([SKIP, "A verse", "end of list"], set()),
        (["They skip past newsletter promotion", "A verse", AFTER], set()),
    ],
)  # fmt: skip
def test_what_stands_between(lines: list[str], dropped: set[int]) -> None:
    assert {one.row for one in enclosed.label(split(["\n".join(lines)]), [])} == dropped


def test_no_further_than_the_document() -> None:
    texts = [f"A text.\n{SKIP}\nDown to Earth", f"{AFTER}\nAnother text."]
    assert enclosed.label(split(texts), []) == []


def test_a_page_says_it_aloud() -> None:
    text = "The seals are back on the sandbank, says the warden, who has counted them for sixteen years."
    article = clean("\n".join([text, SKIP, "Down to Earth", AFTER, text.replace("back", "gone")]))
    assert [line.kept for line in article.lines] == [True, False, False, False, True]
    assert article.lines[2].dropped_by is not None
    assert article.lines[2].dropped_by.rule_id == "enclosed.between"
