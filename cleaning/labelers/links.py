"""Lists of other articles, told by their form: a heading such as 'Explore' and the headlines under it.

A heading alone proves little ('Explore' may head a chapter of the article), so what decides is the run of
lines that follows: headlines are short and end like no sentence. The run ends at a paragraph, or at a
blank line once it has begun, because a page that parts its paragraphs parts them from its lists too.
"""

from __future__ import annotations

from collections.abc import Sequence

from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.matching import Match
from cleaning.rules import load_rules

# Headlines measured on news pages of 25 languages: 99 % are shorter. Han and kana say more in less.
HEADLINE_CHARS = 150
HEADLINE_CHARS_CJK = 70
# A heading that is also an honest subhead has to prove itself by this many headlines.
LEAST_UNDER_DOUBTFUL = 3
# Share of a list's lines that may end like sentences: headlines cut off by the page do. Where nothing of
# the article follows, more of them may.
SENTENCES_INSIDE = 0.34
SENTENCES_AT_THE_END = 0.6
# In a list of no more lines a sentence at the end is taken for text.
MAY_BE_TEXT = 2

_SENTENCE_ENDS = (".", "。", "．", "।", "؟", "۔", "다", "요")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`related-links` for the headings of lists of other articles and for the headlines under them."""
    headings = load_rules().match_headings(lines.distinct)
    if not headings:
        return []
    drops = dropping("balanced")
    linked = {label.row for label in labels if label.label == "related-links"}
    gone = {label.row for label in labels if label.label in drops}
    found: list[Label] = []
    rows = [row for row, key in enumerate(lines.key.tolist()) if key in headings]
    documents = lines.documents_of(rows).tolist()
    tail, of = 0, -1
    # From the end, because whether anything of the article follows depends on the lists that follow.
    for row, document in zip(reversed(rows), reversed(documents), strict=True):
        end = int(lines.starts[document + 1])
        if document != of:
            tail, of = end, document
        while tail > row + 1 and tail - 1 in gone:
            tail -= 1
        match = headings[int(lines.key[row])]
        run = _run(lines, row, end, tail, gone, linked, headings)
        if match.rule.confirm and not _confirmed(run, tail, linked):
            continue
        items = [r for r in run if r not in gone]
        if match.rule.confirm:
            evidence = f"{match.evidence}, over {_count(len(run), 'headline')}"
            found.append(Label(row, "related-links", match.rule.id, evidence))
        evidence = f"{_count(len(items), 'headline line')} under '{lines.text(row)[:60]}'"
        found += [Label(r, "related-links", "links.under-heading", evidence) for r in items]
        gone.update(items)
        gone.add(row)
    return sorted(found, key=lambda label: label.row)


def _run(
    lines: Lines, heading: int, end: int, tail: int, gone: set[int], linked: set[int], headings: dict[int, Match]
) -> list[int]:
    """Rows under a heading that look like headlines, or that are boilerplate among such.

    `tail`: from this row to the document's `end` all is boilerplate.
    """
    # A page that parts its headlines by blank lines says nothing by one.
    most = max(1, int(lines.line_no[heading + 1] - lines.line_no[heading])) if heading + 1 < end else 1
    block: list[int] = []
    for row in range(heading + 1, end):
        if int(lines.key[row]) in headings or (block and lines.line_no[row] - lines.line_no[row - 1] > most):
            break
        if row not in gone and not _short(lines.text(row)):
            break
        block.append(row)
    while block and block[-1] in gone and block[-1] not in linked:
        block.pop()
    items = [row for row in block if row not in gone]
    sentences = [row for row in items if _ends_like_a_sentence(lines.text(row))]
    if block and block[-1] + 1 >= tail and len(sentences) <= SENTENCES_AT_THE_END * len(items):
        # a sentence under one headline or none: rather the last paragraph of the article than a link
        alone = sentences == items[-1:] and len(items) <= MAY_BE_TEXT
        return block[: block.index(items[-1])] if alone else block
    return _before_the_text(block, items, set(sentences), parted=_parted(lines, block, end, most))


def _parted(lines: Lines, block: list[int], end: int, most: int) -> bool:
    """Whether a blank line that means something stands behind the block."""
    after = block[-1] + 1 if block else end
    return after < end and most == 1 and bool(lines.line_no[after] - lines.line_no[after - 1] > 1)


def _before_the_text(block: list[int], items: list[int], sentences: set[int], *, parted: bool) -> list[int]:
    """The part of a block in the middle of the text that is a list: up to where sentences get too many.

    Without a blank line behind the block, sentences at its end are the article's own short paragraphs.
    """
    many = count = 0
    stop = len(block)
    listed = set(items)
    for at, row in enumerate(block):
        if row in listed:
            count += 1
            many += row in sentences
            if many > max(1, SENTENCES_INSIDE * count):
                stop = at
                break
    run = block[:stop]
    if parted and stop == len(block):
        return run
    headlines = [at for at, row in enumerate(run) if row in listed and row not in sentences]
    end = headlines[-1] + 1 if headlines else 0
    return run[:end] if sentences & set(run[end:]) else run


def _confirmed(run: list[int], tail: int, linked: set[int]) -> bool:
    """Whether what follows a doubtful heading is a list of articles."""
    if len(run) >= LEAST_UNDER_DOUBTFUL or any(row in linked for row in run):
        return True
    # Two are enough where nothing of the article follows.
    return len(run) == 2 and run[-1] + 1 >= tail


def _ends_like_a_sentence(text: str) -> bool:
    return text.rstrip("\"'”’»」』)").endswith(_SENTENCE_ENDS) and not text.endswith(("...", ".."))


def _short(text: str) -> bool:
    if len(text) <= HEADLINE_CHARS_CJK or text.isascii():
        return len(text) <= HEADLINE_CHARS
    head = text[:HEADLINE_CHARS_CJK]
    cjk = sum("\u3040" <= c <= "\u9fff" for c in head) * 2 > len(head)
    return not cjk and len(text) <= HEADLINE_CHARS


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
