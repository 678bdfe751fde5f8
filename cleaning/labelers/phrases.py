"""The labeler that applies the rule packs: whole lines and short phrases, whatever stands around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleaning.lines import Label, Lines
from cleaning.rules import Match, load_rules

# So many lines in a row that may all be buttons are buttons: no text is written in one-word lines that
# all happen to be names of networks, form fields and menus.
RUN = 4


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """Label the lines that a rule catches, in the order of the rows; `labels` is not looked at.

    A document whose site is not known is given the one that it names in a mark of that site's pack. A rule
    with `confirm` counts in a run of lines that rules catch one after the other, if one of them needs no
    confirming or there are at least RUN; headings with `confirm` are left to the labeler of lists of links.

    >>> from cleaning.lines import split
    >>> lines = split(["He stood up.\\n\\nFacebook\\nTwitter\\nRead more"])
    >>> [(one.row, one.label, one.evidence) for one in label(lines, [])][:1]
    [(1, 'share-bar', "equals 'Facebook'")]
    """
    return [
        Label(row, rule.label, rule.id, evidence)
        for row, some in _confirmed(lines, _hits(lines))
        for rule, _, evidence in some
    ]


def _hits(lines: Lines) -> dict[int, tuple[Match, ...]]:
    """What catches each row, whether confirmed or not; rows in their order, those that nothing catches left out."""
    book = load_rules()
    general = book.match_distinct(lines.distinct)
    caught = np.zeros(len(lines.distinct), np.bool_)
    caught[list(general)] = True
    hits = {row: general[int(lines.key[row])] for row in np.flatnonzero(caught[lines.key]).tolist()}

    documents: dict[str, list[int]] = {}
    marks = book.recognise(lines.distinct) if None in lines.sites else {}
    for document, site in enumerate(lines.sites):
        if site is None and marks:
            site = next((marks[key] for key in lines.key[lines.rows(document)].tolist() if key in marks), None)
        if site in book.sites:
            documents.setdefault(str(site), []).append(document)
    for site, some in documents.items():
        rows = [row for document in some for row in lines.rows(document)]
        distinct = sorted(set(lines.key[rows].tolist()))
        found = book.match_distinct([lines.distinct[key] for key in distinct], site)
        by_key = {distinct[number]: matches for number, matches in found.items()}
        for row in rows:
            if matches := by_key.get(int(lines.key[row])):
                hits[row] = (*hits.get(row, ()), *matches)
    return dict(sorted(hits.items()))


def _confirmed(lines: Lines, hits: dict[int, tuple[Match, ...]]) -> list[tuple[int, Sequence[Match]]]:
    """Rows with the rules that count for them, once the lines around have been asked."""
    firsts = set(lines.starts.tolist())
    out: list[tuple[int, Sequence[Match]]] = []
    run: list[int] = []
    for row in [*hits, -1]:
        if run and (row != run[-1] + 1 or row in firsts):
            doubtful = [of for of in run if any(one.rule.confirm for one in hits[of])]
            sure = len(run) >= RUN or any(not one.rule.confirm for of in run for one in hits[of])
            out += [(of, hits[of]) for of in run] if not doubtful else _settle(run, hits, sure)
            run = []
        run.append(row)
    return out


def _settle(run: list[int], hits: dict[int, tuple[Match, ...]], sure: bool) -> list[tuple[int, Sequence[Match]]]:
    kept = [(row, [one for one in hits[row] if not one.rule.confirm or (sure and not one.rule.heading)]) for row in run]
    return [(row, some) for row, some in kept if some]
