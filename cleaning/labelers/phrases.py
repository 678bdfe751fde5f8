"""The labeler that applies the rule packs: whole lines and short phrases, whatever stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from cleaning.fields.heads import ends
from cleaning.lines import Label, Lines, labels_of
from cleaning.matching import Match
from cleaning.rules import RuleBook, find_phrases, load_rules

# So many lines in a row that may all be buttons are buttons: no text is written in one-word lines that
# all happen to be names of networks, form fields and menus. Three would still be a short list.
RUN = 4
# A sentence of so many characters is a paragraph, above or below a subhead.
PROSE_CHARS = 60
# Points of a list: so many at least, and so many on either side of one are looked at.
_STEPS, _MOST_STEPS = 3, 40
_POINT = re.compile(r"(?:[-–—•*·‣▪●○]|\(?\d{1,2}[.)])\s*[^\W\d]")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """Label the lines that a rule catches, in the order of the rows; `labels` is not looked at.

    A document whose site is not known is given the one that it names in a mark of that site's pack. A rule
    with `confirm` counts in a run of lines that rules catch one after the other, if one of them needs no
    confirming or there are at least RUN; headings with `confirm` are left to the labeler of lists of links. One with
    `subhead` does not count between two paragraphs, and none counts that catches a step among others of instructions.

    >>> from cleaning.lines import split
    >>> lines = split(["He stood up.\\n\\nFacebook\\nTwitter\\nRead more"])
    >>> [(one.row, one.label, one.evidence) for one in label(lines, [])][:1]
    [(1, 'share-bar', "equals 'Facebook'")]
    """
    rows, of, hits = _hits(lines)
    if not len(rows):
        return []
    firm = np.array([any(not one.rule.confirm for one in some) for some in hits])
    new = np.ones(len(rows), np.bool_)
    new[1:] = (np.diff(rows) != 1) | np.isin(rows[1:], lines.starts)
    run = np.cumsum(new) - 1
    sure = (np.bincount(run) >= RUN) | (np.bincount(run, firm[of]) > 0)
    alone = [_said(one for one in some if not one.rule.confirm) for some in hits]
    backed = [_said(one for one in some if not (one.rule.confirm and one.rule.heading)) for some in hits]
    inside = _subheads(lines, rows, of, hits) | _steps(lines, rows)
    return labels_of(
        (row, label, rule, evidence)
        for row, hit, is_sure in zip(rows.tolist(), of.tolist(), sure[run].tolist(), strict=True)
        if row not in inside
        for label, rule, evidence in (backed if is_sure else alone)[hit]
    )


def _subheads(
    lines: Lines, rows: npt.NDArray[np.int64], of: npt.NDArray[np.int64], hits: list[tuple[Match, ...]]
) -> set[int]:
    """Rows between two paragraphs that only rules with `subhead` catch."""
    may_be = np.array([all(one.rule.subhead for one in some) for some in hits])
    some = rows[may_be[of]]
    if not len(some):
        return set()
    caught = set(rows.tolist())

    def is_prose(row: int) -> bool:
        return row not in caught and len(text := lines.text(row)) >= PROSE_CHARS and ends(text)

    edges = {int(start) for start in lines.starts}
    return {
        row
        for row in some.tolist()
        if row not in edges and row + 1 not in edges and is_prose(row - 1) and is_prose(row + 1)
    }


def _steps(lines: Lines, rows: npt.NDArray[np.int64]) -> set[int]:
    """Rows, of those that rules catch, that are points of a list between two paragraphs which says more than buttons:
    `- Open the menu`, `- Copy link`, `- Click the green arrow`.

    A bar of buttons between two paragraphs has points that are caught for the most part.
    """
    keys = lines.key[rows]
    marked = {key for key in set(keys.tolist()) if _POINT.match(lines.distinct[key])}
    if not marked:
        return set()
    caught, edges = set(rows.tolist()), {int(start) for start in lines.starts}
    spared: set[int] = set()
    for row in (row for row, key in zip(rows.tolist(), keys.tolist(), strict=True) if key in marked):
        if row in spared:
            continue
        first = last = row
        while first not in edges and row - first < _MOST_STEPS and _POINT.match(lines.text(first - 1)):
            first -= 1
        while last + 1 not in edges and last - row < _MOST_STEPS and _POINT.match(lines.text(last + 1)):
            last += 1
        own = [one for one in range(first, last + 1) if one in caught]
        if first in edges or last + 1 in edges or 2 * len(own) > last + 1 - first:
            continue
        if last - first >= _STEPS - 1 and not caught & {first - 1, last + 1}:
            above, below = lines.text(first - 1), lines.text(last + 1)
            if (ends(above) or above[-1] in ":：") and ends(below) and len(below) >= PROSE_CHARS:
                spared.update(own)
    return spared


def _said(matches: Iterable[Match]) -> list[tuple[str, str, str]]:
    return [(rule.label, rule.id, evidence) for rule, _, evidence in matches]


def _hits(lines: Lines) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[tuple[Match, ...]]]:
    """Rows that a rule catches, confirmed or not; for each the place of its matches in the list that comes last."""
    book = load_rules(lines.own_packs)
    general = find_phrases(lines)
    hits = list(general.values())
    by_key = np.full(len(lines.distinct), -1, np.int64)
    by_key[list(general)] = np.arange(len(general))
    of = by_key[lines.key]
    for site, documents in sites_asked(lines, book).items():
        rows = [row for document in documents for row in lines.rows(document)]
        keys = sorted(set(lines.key[rows].tolist()))
        found = book.match_distinct([lines.distinct[key] for key in keys], site)
        own = {keys[number]: matches for number, matches in found.items()}
        for row in rows:
            if matches := own.get(int(lines.key[row])):
                hits.append((*(hits[of[row]] if of[row] >= 0 else ()), *matches))
                of[row] = len(hits) - 1
    rows_hit = np.flatnonzero(of >= 0)
    return rows_hit, of[rows_hit], hits


def sites_asked(lines: Lines, book: RuleBook) -> dict[str, list[int]]:
    """The sites that have a pack, each with its documents: by their url, else by a mark that stands in the text."""
    marks = book.recognise(lines.distinct) if None in lines.sites else {}
    documents: dict[str, list[int]] = {}
    for document, given in enumerate(lines.sites):
        site = given
        if given is None and marks:
            keys = lines.key[lines.starts[document] : lines.starts[document + 1]].tolist()
            site = next((marks[key] for key in keys if key in marks), None)
        if site is not None and site in book.sites:
            documents.setdefault(site, []).append(document)
    return documents
