"""Pages to learn from which line of a head is the headline: their candidates, and what the truth is of each."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.fields.candidates import candidates
from cleaning.fields.dated import say_dates
from cleaning.fields.headlinefeatures import FEATURES
from cleaning.fields.headlines import address_share, address_words, fold, headline, long_words
from cleaning.fields.headrows import mark_repeated, read_head
from cleaning.fields.signed import say_bylines
from cleaning.fields.titles import opening
from cleaning.labelers import RULES, fields
from cleaning.labelers.fields import open_batch
from cleaning.lines import Label, split, within
from cleaning.repair import repair
from cleaning.sites import registrable_domain
from pipelines.store import json_lines

# Of the pages whose headline only the address tells, and of pages read without their address.
SILVER, UNSEEN = 0.3, 0.5
# Of the pages whose headline a person has pointed at: one page stands there as several extractors left it.
LINED = 0.15


class Page(NamedTuple):
    """The candidates of a page."""

    site: str
    values: npt.NDArray[np.float64]
    """(candidates, FEATURES)."""
    right: tuple[int, ...]
    """The candidates that are the headline; empty: it has none."""
    weight: float
    texts: tuple[str, ...]
    """What they say."""
    kind: str
    """`title`, `unseen` (the same without its address); `lined`, `lined-unseen`: a person has pointed at the line;
    `own`, `own-unseen`: the row states its weight; `address`."""


def read_lines(path: Path) -> dict[str, int]:
    """The file of `--lines`: of each page the number of its headline's line, 0 for none. `#` opens a comment."""
    rows = (row.split("\t") for row in path.read_text("utf-8").splitlines() if row and not row.startswith("#"))
    return {page: int(number) for page, number in rows}


def _words(text: str) -> list[str]:
    return re.findall(r"\w", text) if re.search(r"[\u3040-\u30ff\u3400-\u9fff]", text) else fold(text).split()


def likeness(line: str, title: str) -> float:
    """Twice the words in common over the words of both, 0-1; all words of one in a longer other count more."""
    a, b = set(_words(headline(line))), set(_words(title))
    if not a or not b:
        return 0.0
    both = len(a & b)
    return max(2 * both / (len(a) + len(b)), 0.95 * (both == len(b)) * min(1.0, 2 * len(b) / len(a)))


def read_pages(paths: Sequence[Path], known: Mapping[str, int]) -> Iterator[Page]:
    """The pages of the files, as the labeler sees them when it chooses.

    `known`: of some pages, by their id, the number of the line that is the headline; 0: none is.
    """
    rows = [json.loads(line) for path in paths for line in json_lines(path)]
    lines = split([repair(row["text"]).text for row in rows], [row["url"] for row in rows])
    labels: list[Label] = []
    for labeler in RULES[: RULES.index(fields.label)]:
        labels += labeler(lines, labels)
    batch, places = open_batch(lines, labels)
    seen: set[tuple[str, str]] = set()
    for document, (row, place) in enumerate(zip(rows, places, strict=True)):
        if len(lines.rows(document)) < 2:
            continue
        say_dates(batch, place, within(batch.when, place.head))
        say_bylines(batch, place, within(batch.signed, place.head))
        head = read_head(batch, place, lines.rows(document))
        mark_repeated(head, batch, place, lines.rows(document))
        address = address_words(row["url"] or "")
        body = opening(batch, place, lines.rows(document))
        site = registrable_domain(row["url"]) or row["id"]
        for kind, words in (("title", address), ("unseen", frozenset[str]())):
            some = candidates(head, body, words)
            texts = [head[index].text for index, _ in some]
            values = np.array([each for _, each in some]).reshape(-1, len(FEATURES))
            if row["id"] in known:
                numbers = [int(lines.line_no[place.head[index]]) for index, _ in some]
                right = numbered(texts, numbers, known[row["id"]])
                if right is not None:
                    yield Page(site, values, right, LINED, tuple(texts), "lined" if kind == "title" else "lined-unseen")
            elif row.get("title") or "weight" in row:
                if kind == "unseen" and "weight" in row and not address:
                    continue  # it would be the same page once more
                title = unicodedata.normalize("NFC", row["title"])
                right = _like(texts, title) if title else ()
                if right is None or (right and values[list(right), FEATURES.index("crumb")].all()):
                    continue  # another headline than the page prints, or one for its breadcrumb alone
                weight = row.get("weight") or (1.0 if kind == "title" else UNSEEN)
                yield Page(site, values, right, weight, tuple(texts), _OWN[kind] if "weight" in row else kind)
            elif kind == "unseen" and address:
                right = _addressed(texts, address)
                if right and (site, fold(texts[right[0]])) not in seen:
                    seen.add((site, fold(texts[right[0]])))
                    yield Page(site, values, right, SILVER, tuple(texts), "address")


def numbered(texts: list[str], numbers: list[int], line_no: int) -> tuple[int, ...] | None:
    """The candidates that say what the line with this number says; none for 0; None where it is no candidate."""
    if not line_no:
        return ()
    if line_no not in numbers:
        return None
    said = fold(texts[numbers.index(line_no)])
    return tuple(at for at, text in enumerate(texts) if fold(text) == said)


def _like(texts: list[str], title: str) -> tuple[int, ...] | None:
    """The candidates that are the title; none; or None where nobody can tell."""
    likest = [likeness(text, title) for text in texts]
    best = max(likest, default=0.0)
    if best >= _LIKE:
        return tuple(at for at, one in enumerate(likest) if one >= best - 0.02)
    return None if best >= _UNLIKE else ()


_LIKE, _UNLIKE = 0.45, 0.1
_OWN = {"title": "own", "unseen": "own-unseen"}


def _addressed(texts: list[str], address: frozenset[str]) -> tuple[int, ...]:
    shares = [address_share(words, address) if (words := long_words(text)) else 0.0 for text in texts]
    best = max(shares, default=0.0)
    folded = {fold(text) for text, share in zip(texts, shares, strict=True) if share >= best - 0.15}
    return tuple(at for at, one in enumerate(shares) if one == best) if best >= 0.7 and len(folded) == 1 else ()
