"""Fit where lists of links end: `python -m pipelines.training.listends PAGES.jsonl… -o cleaning/data/listends.npz`.

PAGES are those of `line_model`: id, url, text and a label for each line; behind `--benches` those of which gold is not
our own. Every heading that the rules know gives a block of lines; the truth is the end at which least goes wrong, a
line of text lost counting twice. Pages have few such headings inside their text, so more are put between lines of text:
the heading and the first one or two headlines of a list of another page in the same language, or the heading alone, as
extractors leave it; and at their ends lists with a teaser under each headline, a sentence of yet another.

Boosted trees score each end of a block, and the likelihood is that of the best one among all. What is learned on a site
is never scored there: five folds.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.labelers import LABELERS, links
from cleaning.labelers.linkends import is_sentence, is_short
from cleaning.labelers.listends import FEATURES, LOST, Block, choose, features
from cleaning.language import detect_languages
from cleaning.linemodel.trees import LEAVES, Floats, Model, write_model
from cleaning.lines import Label, Lines, split
from pipelines.training.boosted import model_of
from pipelines.training.pages import FOLDS, Page, read_pages

TREES = 200
SEEDS = (1, 2, 3)
"""Of fits that are averaged: one alone is decided by chance where two ends are as good."""
BOOSTING = {
    "num_leaves": LEAVES,
    "learning_rate": 0.08,
    "min_data_in_leaf": 10,
    "lambda_l2": 1.0,
    "feature_fraction": 0.5,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}
TAIL = 0.25
"""What a line behind the last line of text counts that is left: most of them leave by other rules."""
INSERTED, ORPHANED = 0.1, 0.04
"""Weight of a block that was put into a page; and of one under a heading that was put in alone."""
BENCHED = 0.4
"""Weight of a page of a bench, of which gold takes lists for text now and then."""
SPOTS = 2
"""Places of a page into which lists are put, one of one headline and one of two into each."""


class Example(NamedTuple):
    """A block with what each end would get wrong."""

    values: Floats
    """Features of its ends."""
    costs: npt.NDArray[np.float64]
    lost: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    fold: int
    weight: float
    inserted: bool


class Told(NamedTuple):
    """A block of a page."""

    block: Block
    lines: Lines
    marks: list[str]
    """Labels of its lines."""
    heading: int
    """The number of the line above it: the heading's, unless the block is `headed`."""

    @property
    def texts(self) -> list[str]:
        """Its lines."""
        return [self.lines.texts[row] for row in self.block.rows]


def blocks_of(text: str, url: str | None, labels: Sequence[str]) -> list[Told]:
    """The blocks of a page. Where a list ends is told by the labels, as far as that matters to the blocks above it."""
    lines = split([text], [url])
    said: list[Label] = []
    for labeler in LABELERS:
        if labeler is links.label:
            break
        said += labeler(lines, said)
    marks = [labels[int(number) - 1] for number in lines.line_no]
    found: list[Told] = []

    def ends_of(blocks: Sequence[Block]) -> list[int]:
        own = [[marks[row] for row in block.rows] for block in blocks]
        found.extend(
            Told(block, lines, mine, int(lines.line_no[block.rows[0] - 1]))
            for block, mine in zip(blocks, own, strict=True)
        )
        return [int(np.argmin(_wrong(mine)[0])) for mine in own]

    links.label_lists(lines, said, ends_of)
    return found


def _wrong(marks: Sequence[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each number of headlines: the cost, lines of text lost, headlines left."""
    text, other = ([mark == name for mark in marks] for name in ("body", "other"))
    last = max((at for at, one in enumerate(text) if one), default=len(marks))
    counts = np.where(np.arange(len(marks)) > last, TAIL, 1.0) * other
    lost = np.concatenate([[0], np.cumsum(text)])
    left, cost = (np.concatenate([np.cumsum(one[::-1])[::-1], [0]]) for one in (np.array(other, np.int64), counts))
    return LOST * lost + cost, lost, left


def examples(pages: Sequence[Page]) -> list[Example]:
    """Those of pages as they are, and of pages with lists of others put into them."""
    found: list[Example] = []
    languages = [tag.tag for tag in detect_languages([page.text for page in pages])]
    donors: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    sentences: dict[str, list[str]] = defaultdict(list)
    for page, language in zip(pages, languages, strict=True):
        rows = page.text.split("\n")
        for one in blocks_of(page.text, page.url, page.labels):
            found.append(_example(one, page, inserted=False))
            headlines = [text for text, mark in zip(one.texts, one.marks, strict=True) if mark == "other"]
            if headlines and "body" not in one.marks and page.labels[one.heading - 1] == "other":
                donors[language].append((rows[one.heading - 1], headlines))
        own = zip(rows, page.labels, strict=True)
        sentences[language] += [row for row, said in own if said == "body" and is_sentence(row) and is_short(row)]
    for page, language in zip(pages, languages, strict=True):
        if len(lists := donors[language]) > 1:
            chance = random.Random(page.id)
            dirty = chain(_boxes(page, lists, chance), _teasers(page, lists, sentences[language], chance))
            for text, labels, heading in dirty:
                own_blocks = blocks_of(text, page.url, labels)
                found += [_example(one, page, inserted=True) for one in own_blocks if one.heading == heading]
    return found


Dirty = tuple[str, list[str], int]
"""A text, the labels of its lines, and the number of the heading that was put into it."""


def _boxes(page: Page, lists: Sequence[tuple[str, list[str]]], chance: random.Random) -> Iterator[Dirty]:
    """The page with a list of one or two headlines inside its text, with a heading that has lost its list, and with
    blank lines between all lines but those."""
    rows, labels = page.text.split("\n"), page.labels
    spots = [at for at in range(1, len(rows)) if labels[at] == "body" == labels[at - 1]]
    for at in chance.sample(spots, min(SPOTS, len(spots))):
        for many in (0, 1, 2):
            heading, headlines = chance.choice(lists)
            own = [heading, *headlines[:many]]
            yield "\n".join([*rows[:at], *own, *rows[at:]]), [*labels[:at], *["other"] * len(own), *labels[at:]], at + 1
        heading, headlines = chance.choice(lists)
        own = [heading, *headlines[: chance.randint(1, 3)]]
        text = "\n\n".join([*rows[:at], "\n".join(own), *rows[at:]])
        spaced = chain.from_iterable((label, "ambiguous") for label in labels)
        above, below = [*islice(spaced, 2 * at)], [*spaced][:-1]
        yield text, [*above, *["other"] * len(own), "ambiguous", *below], 2 * at + 1


def _teasers(
    page: Page, lists: Sequence[tuple[str, list[str]]], sentences: Sequence[str], chance: random.Random
) -> Iterator[Dirty]:
    """The page up to the end of its text, with a list behind it that has a teaser under each headline."""
    last = max((at for at, label in enumerate(page.labels) if label == "body"), default=-1)
    heading, headlines = chance.choice(lists)
    if last < 0 or len(headlines) < 3 or not sentences:
        return
    each = ((headline, chance.choice(sentences)) for headline in headlines[: chance.randint(3, 6)])
    own = [heading, *chain.from_iterable(each)]
    rows = page.text.split("\n")[: last + 1]
    yield "\n".join([*rows, *own]), [*page.labels[: last + 1], *["other"] * len(own)], last + 2


def _example(one: Told, page: Page, *, inserted: bool) -> Example:
    values, _ = features(one.lines, [one.block])
    weight = page.weight * (1.0 if not inserted else INSERTED if one.marks[0] == "other" else ORPHANED)
    return Example(values, *_wrong(one.marks), page.fold, weight, inserted)


def fit(some: Sequence[Example], about: dict[str, Any]) -> Model:
    """Trees of which the sum is the logarithm of the odds of each end among those of its block."""
    import lightgbm

    sizes = np.array([len(one.costs) for one in some])
    starts, of = np.cumsum(sizes) - sizes, np.repeat(np.arange(len(some)), sizes)
    best = [one.costs == one.costs.min() for one in some]
    wanted = np.concatenate([one / one.sum() for one in best])
    weight = np.array([one.weight for one in some])[of]

    def slopes(scores: npt.NDArray[np.float64], _: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        chance = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        chance /= np.add.reduceat(chance, starts)[of]
        return (chance - wanted) * weight, np.maximum(chance * (1 - chance), 1e-3) * weight

    data = lightgbm.Dataset(np.vstack([one.values for one in some]), wanted)
    fits = [lightgbm.train(BOOSTING | {"objective": slopes, "seed": seed}, data, TREES) for seed in SEEDS]
    trees = [tree for one in fits for tree in one.dump_model()["tree_info"]]
    return model_of(trees, FEATURES, about, fits=len(SEEDS))


def told(some: Sequence[Example], picks: Sequence[int]) -> dict[str, dict[str, int]]:
    """What goes wrong, of blocks as they are and of those put into pages."""
    scores = {}
    for inserted, name in ((False, "as they are"), (True, "put in")):
        own = [(one, pick) for one, pick in zip(some, picks, strict=True) if one.inserted == inserted]
        lost, left = sum(int(one.lost[pick]) for one, pick in own), sum(int(one.left[pick]) for one, pick in own)
        scores[name] = {"blocks": len(own), "lost": lost, "left": left}
    return scores


def pick(one: Example, model: Model) -> int:
    """Where the list ends, of a model."""
    return choose(model.odds(one.values), np.array([0, len(one.costs)]))[0]


def read_examples(pages: Sequence[Path], benches: Sequence[Path]) -> list[Example]:
    """Those of files of pages, and of files of which gold is not our own."""
    return [
        one._replace(weight=one.weight * weight)
        for files, weight in ((pages, 1.0), (benches, BENCHED))
        for one in examples([page for page in read_pages(files) if page.form == "whole"])
    ]


def ends_of_unseen(
    some: Sequence[Example], lines: Lines, folds: npt.NDArray[np.int64]
) -> Callable[[list[Block]], list[int]]:
    """What says where lists of some lines end without having seen their sites: trees fitted to the other folds.

    `folds`: that of each document. Trees of a fold are fitted when one of its lists is asked of.
    """

    @cache
    def model(without: int) -> Model:
        return fit([one for one in some if one.fold != without], {})

    def ends_of(blocks: list[Block]) -> list[int]:
        own = folds[lines.documents_of([block.rows[0] for block in blocks])]
        found = np.zeros(len(blocks), np.int64)
        for fold in sorted({*own.tolist()}):
            at = np.flatnonzero(own == fold)
            ends = features(lines, [blocks[number] for number in at.tolist()])
            found[at] = choose(model(fold).odds(ends.values), ends.starts)
        chosen: list[int] = found.tolist()
        return chosen

    return ends_of


def main() -> None:
    """Fit, cross-validate, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--benches", nargs="*", type=Path, default=[])
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    some = read_examples(given.pages, given.benches)
    picks = [0] * len(some)
    for fold in range(FOLDS):
        model = fit([one for one in some if one.fold != fold], {})
        for number, one in enumerate(some):
            if one.fold == fold:
                picks[number] = pick(one, model)
    crossed = told(some, picks)
    about = {
        "trained": date.today().isoformat(),
        "data": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in (*given.pages, *given.benches)
        },
        "cross-validated": crossed,
        "with": {"lightgbm": version("lightgbm")},
    }
    model = fit(some, about)
    print("trees of other sites:", crossed)
    print("trees of all:", told(some, [pick(one, model) for one in some]))
    print("best there is:", told(some, [int(np.argmin(one.costs)) for one in some]))
    print("lists without end:", told(some, [len(one.costs) - 1 for one in some]))
    with given.output.open("wb") as sink:
        write_model(model, sink)


if __name__ == "__main__":
    main()
