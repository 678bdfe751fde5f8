"""Fit the choice of the headline: `python -m pipelines.training.headlines PAGES.jsonl -o cleaning/data/headlines.toml`.

PAGES holds a page a line: id, url, text; and title, the headline as its publisher gives it, where that is known. The
truth of a page with a title is the line of its head that is most like it, if one has most of its words. Where none
has any of them, the page has no headline; where the likest has some, it may be another headline, and teaches nothing.
Where no title is known, the truth is the line that a person has pointed at (`--lines`: the page's id, a tab, its number
or 0 for none), else the one line with the words of the page's address, which is then not looked at.

The heads of the project's own cases are pages too: `python -m tests.training_heads > heads.jsonl` prints them. Such a
row states what the page weighs (`weight`); an empty title says that it has no headline. They are scored apart (`own`).

A conditional logit: of the candidates of a page and 'none of them' (score 0) the truth is to have the greatest score.
What is learned on a site is never scored there: ten folds by registrable domain.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cleaning.fields.headlinefeatures import FEATURES
from pipelines.training.headline_pages import Page, read_lines, read_pages

FOLDS = 10
RIDGE = 4.0
"""Weight of the squares of the weights. Half or twice as much moves no cross-validated share by a hundredth."""


LEAST = 0.5
"""Score against that of `none of them`, which is 0: on pages without a headline buttons and notices come near to it.
By weights of other sites .5 finds as many headlines as .3, and leaves alone 80 of 160 heads without one, for 70."""
PRIOR = {
    "first": 0.5,
    "repeated": 1.0,
    "in_address": 2.0,
    "not_address": -0.5,
    "in_body": 1.3,
    "before_meta": 0.7,
    "above_meta": 0.7,
    "near_meta": 0.5,
    "first_meta": 0.8,
    "before_body": 0.3,
    "above_body": 0.3,
    "short": -1.5,
    "shortish": -0.6,
    "long": -0.5,
    "very_long": -0.5,
    "listed": -1,
    "listed_run": -0.8,
    "crumb": -1.5,
    "trail": -1.5,
    "sentence": -2.0,
    "two": -0.6,
    "open_end": -1.5,
    "small": -0.8,
    "dated": -1.2,
    "name": -1,
    "after_body": -0.7,
    "after_meta": -0.2,
    "later": -0.3,
    "continues": 1.0,
    "under_short": 0.6,
    "under_long": -1.0,
    "under_equal": 0.3,
    "over_long": 1.2,
    "over_short": -0.2,
    "middle": 0.8,
    "holds_other": -1.5,
    "twin": 0.4,
    "aside_above": 0,
    "aside_below": -0.4,
    "sentence_later": -1.0,
    "under_kicker": 0.8,
    "under_meta": 0.5,
    "barred": -2.0,
    "capitals": -0.3,
    "over_credit": -1.0,
    "over_deck": 1.2,
    "deck": -1.2,
    "top_over_deck": 0.5,
    "top_deck": -0.5,
    "opens_other": -1.5,
    "under_section": 0.0,
}
"""Weights as they were set by hand on shapes of pages; the ridge draws towards them."""


MEANS = {
    "first": "nothing but the name of a section or a button stands before it",
    "repeated": "the head or the document says it again",
    "in_address": "share of its words that stand in the address of the page, and of the address's that it has",
    "not_address": "none of them does, though the address has words",
    "in_body": "share of its long words that the first paragraphs use",
    "before_meta": "a date or a byline follows at once",
    "above_meta": "one follows next but one",
    "near_meta": "one follows within six lines",
    "first_meta": "it is first, and one follows at once",
    "before_body": "a paragraph follows",
    "above_body": "one follows next but one",
    "short": "one word or fewer than 10 characters (8 in scripts without spaces)",
    "shortish": "three words or fewer than 20 characters",
    "long": "more than 130 characters",
    "very_long": "more than 180",
    "listed": "a bullet or number stands before it; not a dash that no other line has",
    "listed_run": "and before the line above or below too",
    "crumb": "it is listed, and a line that is not follows within three",
    "trail": "the name of a section and a bar or arrow stand above it",
    "sentence": "it ends with a full stop",
    "two": "it holds the end of a sentence and the beginning of another",
    "open_end": "it ends with a colon, a comma or a dash",
    "small": "it begins in lower case",
    "dated": "it holds a date and more than a date line does",
    "name": "it is only a name",
    "after_body": "a paragraph stands before it",
    "after_meta": "a date or a byline stands before it",
    "later": "how many lines of a headline's size stand before it, 1 for three or more",
    "continues": "the line above ends with a colon or a dash",
    "under_short": "it stands right under a line of fewer than 40 characters that is shorter",
    "under_long": "it stands right under a shorter one of 40 or more",
    "under_equal": "it stands right under a line of a headline's size that is not shorter",
    "over_long": "it has 40 characters or more, and a longer line stands right under it",
    "over_short": "it has fewer, and a longer line stands right under it",
    "middle": "another stands right above it and a longer one right under it",
    "holds_other": "it ends with what another line says alone",
    "twin": "another line of the head has half of its words",
    "aside_above": "a button or the like stands right above it",
    "aside_below": "one stands right under it",
    "sentence_later": "it ends with a full stop, and a line of a headline's size stands before it",
    "under_kicker": "as long as the line right above, of fewer than 40 characters, and over a date, byline or text",
    "under_meta": "a date or a byline stands right above it",
    "barred": "it has two bars, arrows or slashes between its words, as menus and breadcrumbs do",
    "capitals": "all its letters are capitals",
    "over_credit": "a line that only says who took the picture stands right under it",
    "over_deck": "a date or a byline stands right above it, and another line is between it and a paragraph",
    "deck": "it is that other line",
    "top_over_deck": "nothing stands above it, and a longer line between it and a paragraph",
    "top_deck": "it is that longer line",
    "opens_other": "another line says it before a colon",
    "under_section": "the name of a section stands right above it",
}
"""What each of FEATURES says of a line, for the file."""


def fit(pages: Sequence[Page], rounds: int = 30) -> npt.NDArray[np.float64]:
    """Weights by Newton steps on the likelihood of the right candidates, with a ridge."""
    prior = np.array([PRIOR[name] for name in FEATURES])
    weights = prior
    for _ in range(rounds):
        slope, bend = -2 * RIDGE * (weights - prior), 2 * RIDGE * np.eye(len(FEATURES))
        for page in pages:
            scores = np.append(page.values @ weights, 0.0)
            chance = np.exp(scores - scores.max())
            chance /= chance.sum()
            right = list(page.right) or [len(scores) - 1]
            wanted = np.zeros(len(scores))
            wanted[right] = chance[right] / chance[right].sum()
            slope += page.weight * (wanted - chance)[:-1] @ page.values
            mean = chance[:-1] @ page.values
            bend += page.weight * ((page.values.T * chance[:-1]) @ page.values - np.outer(mean, mean))
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-4:
            break
    return weights


def chosen(page: Page, weights: npt.NDArray[np.float64], least: float = LEAST) -> int:
    """The candidate with the greatest score; -1: none has `least`."""
    scores = page.values @ weights
    return int(scores.argmax()) if len(scores) and scores.max() > least else -1


def share_right(pages: Sequence[Page], picks: Sequence[int], kind: str) -> float:
    """Share of the pages of a kind whose headline is chosen, 0-1; those whose title no line is like left out."""
    some = [(page, pick) for page, pick in zip(pages, picks, strict=True) if page.kind == kind and page.right]
    return sum(pick in page.right for page, pick in some) / max(1, len(some))


def crossed(pages: Sequence[Page]) -> list[int]:
    """What is chosen on each page by weights that were fitted on other sites."""
    fold_of = [zlib.crc32(page.site.encode()) % FOLDS for page in pages]
    picks = [-1] * len(pages)
    for number in range(FOLDS):
        weights = fit([page for page, own in zip(pages, fold_of, strict=True) if own != number])
        for at, page in enumerate(pages):
            if fold_of[at] == number:
                picks[at] = chosen(page, weights)
    return picks


def as_toml(weights: npt.NDArray[np.float64], scores: dict[str, float], source: str) -> str:
    """The data file: where the weights are from, how good they are, and what each means."""
    said = [
        f"# How a line of a head is weighed as the headline. From pipelines/training/headlines.py, {date.today()}.",
        "# The greatest score is the headline if it is above `least`. Shares are 0-1, all else is 0 or 1.",
        "",
        f"least = {LEAST}",
        "",
        "[trained]",
        f"source = {json.dumps(source)}",
        "# Share of the headlines that weights fitted on other sites choose: with the page's address, without it, and",
        "# of pages whose headline only the address tells (those are read without it). title, unseen: of pages whose",
        "# publisher gives the title; lined, lined-unseen: of those that a person has read; own, own-unseen: of the",
        "# project's own cases, which are easier and like each other.",
    ]
    said += [f"{name} = {score}" for name, score in scores.items()] + ["", "[weights]"]
    said += [f"{name:<11} = {weight:5.2f}  # {MEANS[name]}" for name, weight in zip(FEATURES, weights, strict=True)]
    return "\n".join(said) + "\n"


def main() -> None:
    """Fit, cross-validate, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--lines", type=Path, help="of some pages the line that is the headline: id, tab, number or 0")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    known = read_lines(args.lines) if args.lines else {}
    pages = [page for page in read_pages(args.pages, known) if len(page.values)]
    picks = crossed(pages)
    weights = fit(pages)
    kinds = sorted({page.kind for page in pages})
    scores = {kind: round(share_right(pages, picks, kind), 3) for kind in kinds}
    for kind, score in scores.items():
        own = share_right(pages, [chosen(page, weights) for page in pages], kind)
        count = sum(page.kind == kind and bool(page.right) for page in pages)
        print(
            f"{kind}: {count} pages, {score} of headlines chosen by weights of other sites, {own:.3f} by those of all"
        )
        taken = [pick in page.right for page, pick in zip(pages, picks, strict=True) if page.kind == kind and pick >= 0]
        print(f"  {len(taken)} lines taken by weights of other sites: {sum(taken)} of them right")
        none = [pick for page, pick in zip(pages, picks, strict=True) if page.kind == kind and not page.right]
        print(f"  {len(none)} without a headline: {sum(pick < 0 for pick in none)} left so by weights of other sites")
    files = [*args.pages, *([args.lines] if args.lines else [])]
    digests = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}" for path in files]
    args.output.write_text(as_toml(weights, scores, ", ".join(digests)), "utf-8")


if __name__ == "__main__":
    main()
