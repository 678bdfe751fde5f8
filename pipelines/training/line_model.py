"""Train the line model: `python -m pipelines.training.line_model PAGES.jsonl… -o cleaning/data/line_model.npz`.

PAGES are our own, behind `--benches` those of which gold is not, behind `--lists` those that only tell where lists of
links end: what `listends` is given, whose trees are fitted anew here. A file holds a page a line: id, url, text (all
lines of the page), labels (one a line: body, ambiguous, or what else the line is), gold (the body's paragraphs) and, if
it is to count more or less than others, weight. Of each page `pipelines.training.pages` makes other forms.

What is learned on a site is never scored there: five folds by registrable domain. The weights of words that the trees
see are those of other sites again, and so are the ends of lists. Needs `pip install tamis[train]`.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cleaning.assemble import assemble
from cleaning.config import Config
from cleaning.labelers import RULES, links
from cleaning.labelers.line_model import Limits, find_low, load_limits
from cleaning.linemodel.context import Context, read_context
from cleaning.linemodel.counts import UNIT, Floats
from cleaning.linemodel.shapes import BUCKETS, shapes
from cleaning.linemodel.trees import Model, write_model
from cleaning.lines import Label, Lines, split
from cleaning.repair import repair
from pipelines.training.boosted import model_of
from pipelines.training.listends import Example, ends_of_unseen, read_examples
from pipelines.training.pages import FOLDS, Page, read_pages

# Found by cross-validation; none of them moves F1 by more than .002 between half and double.
SEEDS, TREES = (1, 2, 3), 240
"""Three models of so many trees, whose mean is taken: it drops .4 % more boilerplate at the same harm than one."""
OMITTED = 0.7
"""From which probability of body text on, 0-1, in the eyes of a model that has not seen its site, a line that is
labelled as no body is not learned from: most are text of the article that gold leaves out, such as facts in boxes."""
BOOSTING = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 16, "min_data_in_leaf": 40, "feature_fraction": 0.2,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5, "deterministic": True,
    "force_col_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


class Corpus:
    """The pages, cleaned by rules alone, and what is learned from parts of them."""

    def __init__(self, pages: Sequence[Page], lists: Sequence[Example] = ()) -> None:
        """`lists`: from which is learned where lists of links end, for each page from those of other folds; of none the
        ends are those that the shipped trees tell, which may have seen the pages."""
        self.pages = pages
        self.lines: Lines = split([repair(page.text).text for page in pages], [page.url for page in pages])
        folds = np.array([page.fold for page in pages])
        told = {}
        if lists:
            told[links.label] = partial(links.label_lists, ends_of=ends_of_unseen(lists, self.lines, folds))
        self.labels: list[Label] = []
        for labeler in RULES:
            self.labels += told.get(labeler, labeler)(self.lines, self.labels)
        page_of = self.lines.documents_of(np.arange(len(self.lines)))
        said = [pages[page].labels[number - 1] for page, number in zip(page_of, self.lines.line_no, strict=True)]
        self.known = np.array([one != "ambiguous" for one in said])
        self.is_body = np.array([one == "body" for one in said])
        self.fold = folds[page_of]
        many = np.diff(self.lines.starts)
        weight = np.array([page.weight for page in pages]) * (np.maximum(many, 1) / 50) ** -0.3
        length = np.array([len(text) for text in self.lines.distinct])[self.lines.key]
        self.weight = weight[page_of] * np.maximum(length, 10) ** 0.3
        self.page_of = page_of
        self._grams = shapes(self.lines.distinct)

    @cache  # noqa: B019 - one corpus a process
    def words(self, without: frozenset[int]) -> npt.NDArray[np.int16]:
        """Weights of grams, learned from the pages of all folds but some: logistic regression on single lines."""
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression

        grams = self._grams
        many = np.diff(grams.starts)
        each = np.repeat(1 / np.sqrt(np.maximum(many, 1)), many)
        matrix = csr_matrix(
            (each, (grams.grams & (BUCKETS - 1)).astype(np.int32), grams.starts), shape=(len(many), BUCKETS)
        )
        matrix.sum_duplicates()
        rows = np.flatnonzero(self.known & ~np.isin(self.fold, list(without)))
        fitted = LogisticRegression(C=2, max_iter=40, solver="liblinear", random_state=1).fit(
            matrix[self.lines.key[rows]], self.is_body[rows], sample_weight=self.weight[rows]
        )
        weights: npt.NDArray[np.int16] = np.rint(-fitted.coef_[0] * UNIT).astype(np.int16)
        return weights

    @cache  # noqa: B019
    def context(self, without: frozenset[int]) -> Context:
        """What is known of each line, its words weighed by pages of other folds."""
        return read_context(self.lines, self.labels, self.words(without))

    def model(self, without: frozenset[int], about: dict[str, Any]) -> Model:
        """A model learned from the pages of all folds but some; what gold seems to omit is left out of the lesson.

        After C. Northcutt et al., Confident learning, 2021.
        """
        import lightgbm

        context = self.context(without)
        fold = self.fold[context.rows]
        values = np.zeros_like(context.values)
        for one in range(FOLDS):  # a page's own words must not speak for it
            values[fold == one] = self.context(without | {one}).values[fold == one]
        is_body, weight = self.is_body[context.rows], self.weight[context.rows]

        def fit(some: npt.NDArray[np.bool_], seed: int) -> Any:
            data = lightgbm.Dataset(values[some], is_body[some], weight=weight[some])
            return lightgbm.train(BOOSTING | {"seed": seed}, data, TREES)

        used = self.known[context.rows] & ~np.isin(fold, list(without))
        trusted = used.copy()
        for one in set(fold[used].tolist()):
            mine = used & (fold == one)
            trusted[mine] = is_body[mine] | (fit(used & (fold != one), SEEDS[0]).predict(values[mine]) < OMITTED)
        trees = [tree for seed in SEEDS for tree in fit(trusted, seed).dump_model()["tree_info"]]
        return model_of(trees, context.names, about, self.words(without), fits=len(SEEDS))

    def predict(self, model: Model, fold: int) -> Floats:
        """Probability of body for the lines of one fold, in the order of the context's rows."""
        context = read_context(self.lines, self.labels, model.words)
        body: Floats = context.agreed(model.body(context.values))[self.fold[context.rows] == fold]
        return body


def _shingles(text: str) -> collections.Counter[tuple[str, ...]]:
    """4-word shingles; Japanese and Chinese by character."""
    words: list[str] = []
    for run in re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower()):
        unspaced = sum("\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" for c in run)
        words.extend(run if unspaced * 2 > len(run) else [run])
    return collections.Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))


def cut(corpus: Corpus, body: Floats, limits: Limits, max_loss: float) -> npt.NDArray[np.bool_]:
    """For each line of the corpus whether it stays, as a run decides it."""
    context = corpus.context(frozenset())
    low, dropped = find_low(corpus.lines, corpus.labels, context, body, limits)
    rows = context.rows[low[dropped]]
    learned = [Label(row, "boilerplate", "model.boilerplate", "") for row in rows.tolist()]
    return assemble(corpus.lines, corpus.labels + learned, "balanced", max_loss).kept


def score(corpus: Corpus, stays: npt.NDArray[np.bool_], file: str) -> dict[str, float]:
    """How pages of a file come out: macro F1 of shingles, share of body lines kept and of others dropped; and how
    the other forms of the pages come out: share of lines kept, share of clean pages left whole."""
    marks: dict[str, list[float]] = collections.defaultdict(list)
    for number, page in enumerate(corpus.pages):
        if page.file != file:
            continue
        rows = corpus.lines.rows(number)
        kept = [row for row in rows if stays[row]]
        if page.form == "clean":
            marks["clean_kept"] += stays[rows].tolist()
            marks["clean_whole"].append(len(kept) == len(rows))
            continue
        if page.form == "mixed":
            continue
        if page.form == "short":
            labels = np.array(page.labels)[corpus.lines.line_no[rows] - 1]
            marks["short_kept"] += stays[rows][labels == "body"].tolist()
            marks["short_dropped"] += (~stays[rows][labels == "other"]).tolist()
            continue
        texts = {corpus.lines.text(row) for row in kept}
        for row in rows:
            said = page.labels[corpus.lines.line_no[row] - 1]
            if said == "body":
                marks["body_kept"].append(corpus.lines.text(row) in texts)
            elif said == "other":
                marks["boilerplate_dropped"].append(corpus.lines.text(row) not in texts)
        mine, gold = _shingles("\n".join(corpus.lines.text(row) for row in kept)), _shingles("\n".join(page.gold))
        both = sum((mine & gold).values())
        marks["f1"].append(2 * both / max(1, sum(mine.values()) + sum(gold.values())))
    return {name: round(float(np.mean(values)), 4) for name, values in marks.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Cross-validate, print the marks for several limits, and write the model that is learned from all pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--benches", nargs="*", type=Path, default=[])
    parser.add_argument("--lists", nargs="*", type=Path, default=[])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument(
        "--predictions", type=Path, help="write the cross-validated bodies as JSON lines: source_id, text"
    )
    given = parser.parse_args(arguments)
    paths = [*given.benches, *given.pages]
    corpus = Corpus(read_pages(paths), read_examples([*given.pages, *given.lists], given.benches))
    fold_of = corpus.fold[corpus.context(frozenset()).rows]
    body = np.zeros(len(fold_of), np.float32)
    for fold in range(FOLDS):
        body[fold_of == fold] = corpus.predict(corpus.model(frozenset({fold}), {}), fold)
    files = [path.name for path in paths]
    limits, max_loss = load_limits(), Config().max_loss
    tried = [(limits.raw["balanced"], limit) for limit in (0.1, 0.15, 0.2, 0.25)]
    tried += [(limit, limits.clean["balanced"]) for limit in (0.2, 0.25, 0.3, 0.35, 0.4)]
    for raw, clean in tried:
        other = limits._replace(raw=limits.raw | {"balanced": raw}, clean=limits.clean | {"balanced": clean})
        stays = cut(corpus, body, other, max_loss)
        for file in files:
            print(f"raw {raw:.2f} clean {clean:.2f} {file}: {score(corpus, stays, file)}", flush=True)
    stays = cut(corpus, body, limits, max_loss)
    if given.predictions:
        _write_predictions(corpus, stays, given.predictions)
    about = {
        "trained": date.today().isoformat(),
        "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in [*paths, *given.lists]},
        "cross-validated": {file: score(corpus, stays, file) for file in files},
        "with": {name: version(name) for name in ("lightgbm", "scikit-learn")},
    }
    with given.output.open("wb") as sink:
        write_model(corpus.model(frozenset(), about), sink)
    return 0


def _write_predictions(corpus: Corpus, stays: npt.NDArray[np.bool_], path: Path) -> None:
    with path.open("w", encoding="utf-8") as sink:
        for number, page in enumerate(corpus.pages):
            if page.form == "whole":
                text = "\n".join(corpus.lines.text(row) for row in corpus.lines.rows(number) if stays[row])
                sink.write(json.dumps({"source_id": page.id, "text": text}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
