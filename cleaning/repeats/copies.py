"""Which lines of a document are copies that nobody meant, and which are meant to be said twice.

A body pasted again, a part of it, or a paragraph that a scraper doubled is a copy. Refrains, formulas,
quoted lines, tables, and notices of one pattern with other names or figures are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from cleaning.repeats.told import LIMITS, Said


class Copy(NamedTuple):
    """A line that is a copy."""

    source: int
    """Index of the line it repeats; that may be a copy itself."""
    body: bool
    """Part of a body, rather than one paragraph."""
    run: int
    """Copies of one run follow each other as their sources do."""


def find_copies(lines: Said) -> dict[int, Copy]:
    """The copies by their index."""
    copies: dict[int, Copy] = {}
    often = Counter(lines.digest)
    for run in _runs(lines):
        parts = [run]
        if not _accepted(run, lines, often):
            parts = [[at] for at in run if lines.words[at] >= LIMITS.paragraph and _accepted([at], lines, often)]
        for part in parts:
            body = len(part) > 1 or lines.words[part[0]] >= LIMITS.long
            copies |= {at: Copy(lines.source[at], body, part[0]) for at in part}
    for at, source in _doubled(lines).items():
        copies.setdefault(at, Copy(source, False, at))
    for at in _captions(lines, often):
        copies.setdefault(at, Copy(at - 1, False, at))
    return copies


def _runs(lines: Said) -> Iterator[list[int]]:
    """Copied lines that follow each other as their sources do."""
    run: list[int] = []
    broken = False  # something new stands among them
    for at, copied in enumerate(lines.copied):
        if not copied:
            broken = True
            continue
        if run:
            before = run[-1]
            if not (
                lines.strange[at] - lines.strange[before] <= LIMITS.strange
                and _after(lines, before, at)
                and (lines.last[at] < run[0] or (not broken and at - lines.first[at] == run[0] - lines.first[run[0]]))
            ):
                yield run
                run = []
        if not run:
            broken = False
        run.append(at)
    if run:
        yield run


def _after(lines: Said, before: int, at: int) -> bool:
    """Whether the source of one line comes after that of another; in one line, after its place there."""
    last, first = lines.last[before], lines.first[at]
    return last < first or (last == first and lines.before[at] + lines.after[before] >= 0.9 * lines.words[last])


def _accepted(run: list[int], lines: Said, often: Counter[int]) -> bool:
    """Whether a run of copied lines is a copy that nobody meant."""
    begin, end = lines.first[run[0]], lines.last[run[-1]]
    words = _sum(lines.words, run)
    # Of lines that repeat each other only the period counts: 'ha ha' a hundred times is two words.
    length = min(words, lines.upto[run[0]] - lines.upto[begin])
    if length < LIMITS.paragraph:
        return False
    mean = length / max(1, min(len(run), run[0] - begin))
    equal = _sum(lines.equal, run) / words
    target = lines.upto[run[-1] + 1] - lines.upto[run[0]]
    if words < max(LIMITS.source_pure * _source_words(run, lines), LIMITS.target_pure * target):
        return False
    if length >= LIMITS.long and equal >= LIMITS.long_equal:
        return not _pattern(run, lines)
    between = max(0.0, lines.upto[run[0]] - lines.upto[end + 1])
    if between and max(often[lines.digest[at]] for at in run) > 2:
        return length >= LIMITS.formula and mean >= LIMITS.prose
    if any(lines.edits[at] for at in run):
        if length >= LIMITS.edited and mean >= LIMITS.prose and equal >= LIMITS.long_equal:
            same_names = _sum(lines.name_edits, run) <= LIMITS.edited_names * _sum(lines.edits, run)
            can_tell = equal >= LIMITS.block_equal or not any(lines.caseless_edits[at] for at in run)
            return len(run) > 1 and same_names and can_tell and not _pattern(run, lines)
        return (
            length >= LIMITS.block
            and between <= LIMITS.near
            and mean >= LIMITS.prose
            and equal >= (LIMITS.block_equal if len(run) > 1 else LIMITS.line_equal)
            and not any(lines.name_edits[at] or lines.caseless_edits[at] for at in run)
        )
    if between == 0 and begin == 0 and length >= LIMITS.whole and mean >= LIMITS.whole_prose:
        return True
    if mean < LIMITS.prose:
        return False
    if between == 0 and len(run) == 1:
        return length >= LIMITS.paragraph
    if between <= LIMITS.near and len(run) > 1:
        return length >= LIMITS.block
    return length >= (LIMITS.distant if mean >= LIMITS.distant_prose else LIMITS.quoted)


def _source_words(run: list[int], lines: Said) -> float:
    """Words of all lines that the run repeats, wholly or in part."""
    words, stop = 0.0, 0
    for at in run:
        words += lines.upto[lines.last[at] + 1] - lines.upto[max(stop, lines.first[at])]
        stop = lines.last[at] + 1
    return words


def _pattern(run: list[int], lines: Said) -> bool:
    """Whether edited lines fill another text's pattern with figures and names of their own."""
    edits = _sum(lines.edits, run)
    changed = _sum(lines.figures_changed, run)
    if changed >= 3 and changed > LIMITS.figures_changed * _sum(lines.figures, run):
        return _sum(lines.figure_edits, run) > LIMITS.figures_edited * edits
    return edits >= LIMITS.pattern and _sum(lines.name_edits, run) > LIMITS.names_edited * edits


def _sum(column: list[int] | list[float], run: list[int]) -> float:
    return sum(column[at] for at in run)


def _doubled(lines: Said) -> dict[int, int]:
    """Lines that follow their twin where most lines do (A A B B C C), each with the first of its kind."""
    out: dict[int, int] = {}
    block: list[range] = []
    for group in (*_twins(lines), range(0), range(0)):
        block.append(group)
        if len(group) > 1 or (len(block) > 1 and len(block[-2]) > 1):
            continue
        groups = [twins for twins in block if len(twins) > 1]  # two lines that stand alone end the block
        words = sum(lines.words[twins[0]] for twins in groups)
        if (
            len(groups) >= LIMITS.doubled_groups
            and len(block) - 2 <= (1 + LIMITS.single) * len(groups)
            and words >= max(LIMITS.doubled, LIMITS.doubled_prose * len(groups))
        ):
            for twins in groups:
                out |= dict.fromkeys(twins[1:], twins[0])
        block = []
    return out


def _captions(lines: Said, often: Counter[int]) -> Iterator[int]:
    """Lines of a caption's length that follow their only twin, right over a longer line of prose."""
    for at in range(1, len(lines) - 1):
        if (
            lines.digest[at] == lines.digest[at - 1]
            and often[lines.digest[at]] == 2
            and lines.words[at] >= LIMITS.caption
            and lines.words[at + 1] >= max(LIMITS.prose, lines.words[at])
            and max(lines.words[at + 1 : at + (4 if at <= LIMITS.head else 2)]) >= LIMITS.paragraph
            and (at == 1 or often[lines.digest[at - 2]] == 1)  # else a chant
        ):
            yield at


def _twins(lines: Said) -> Iterator[range]:
    """All lines, each with those after it that have the same words."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines.digest[at] != lines.digest[start]:
            yield range(start, at)
            start = at
