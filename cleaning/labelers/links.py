"""Lists of other articles, told by their form: a heading such as 'Explore' and the headlines under it.

A heading alone proves little ('Explore' may head a chapter of the article), so what decides is the run of
lines that follows: headlines are short and end like no sentence. The run ends at a paragraph, or at a
blank line once it has begun, because a page that parts its paragraphs parts them from its lists too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from cleaning.fields.fieldlines import read_field_line
from cleaning.labelers.linkends import (
    HEADLINE_CHARS_CJK,
    SENTENCE_CHARS,
    SENTENCES_INSIDE,
    before_sentence,
    before_the_text,
    ends_like_a_sentence,
    find_sentences,
    goes_on,
    is_sentence,
    is_short,
    is_subhead,
    is_under_text,
    last_paragraph,
    parted,
    resumed,
    told_again,
    within_marks,
)
from cleaning.labels import dropping
from cleaning.lines import Label, Lines, labels_of
from cleaning.rules import find_headings
from cleaning.spoken import find_spoken

# A heading that is also an honest subhead has to prove itself by this many headlines.
LEAST_UNDER_DOUBTFUL = 3
# Headlines with a teaser under each: so many teasers, none longer, and with all their headlines no more than
# this share of the text before them.
LEAST_TEASERS = 3
TEASER_CHARS, TEASER_CHARS_CJK = 320, 140
TEASERS_SHARE = 0.5
# A heading so near the top may stand over the article itself, if no sentence of so many characters stands above: so
# many sentences in one piece, as long together, are its text.
HEAD = 60
TEXT_SENTENCES = 3
TEXT_CHARS, SENTENCE_ABOVE = 120, 40
# In a list of no more lines a sentence at the end is taken for text.
MAY_BE_TEXT = 2
# So many lines under a doubtful heading, the first of them a sentence, are the text under a subhead.
SUBHEAD_LINES = 6
# How a line of a bibliography ends.
_BOOK = re.compile(r"[,(] ?(?:1[89]|20)\d\d\)?\.?$")


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`related-links` for the headings of lists of other articles and for the headlines under them."""
    headings = find_headings(lines)
    if not headings:
        return []
    spoken = find_spoken(lines, labels)
    linked = spoken.rows(["related-links"])
    sections, signed = spoken.rows(["section"]), spoken.rows(["byline"])
    is_gone = spoken.has(dropping("balanced"))
    gone: list[bool] = is_gone.tolist()
    is_heading = np.zeros(len(lines.distinct), np.bool_)
    is_heading[list(headings)] = True
    rows = np.flatnonzero(is_heading[lines.key]).tolist()
    keys = lines.key[rows].tolist()
    # What stands under the headline is the article's, whatever menu it was that stood above it.
    stops = is_heading[lines.key].tolist()
    for row in spoken.headlines:
        stops[row] = True
    headlines = sorted(spoken.headlines)
    documents, numbers, starts = lines.documents_of(rows).tolist(), lines.line_no.tolist(), lines.starts.tolist()
    # up to each row the row behind the last that stays
    stayed = np.maximum.accumulate(np.where(is_gone, 0, np.arange(1, len(lines) + 1)))
    chars = np.concatenate([[0], np.cumsum(np.where(is_gone, 0, lines.sizes[lines.key]))])
    found: list[Label] = []
    tail, of = 0, -1
    # From the end, because whether anything of the article follows depends on the lists that follow.
    for row, key, document in zip(reversed(rows), reversed(keys), reversed(documents), strict=True):
        start, end = starts[document], starts[document + 1]
        if document != of:
            tail, of = max(row + 1, int(stayed[end - 1])), document
        while tail > row + 1 and gone[tail - 1]:
            tail -= 1
        match = headings[key]
        run = _run(lines, numbers, row, start, end, tail, gone, linked, stops)
        if not match.rule.confirm and run and run[-1] + 1 < tail:
            teasers = _teasers(lines, row, tail, gone, stops)
            if teasers and chars[teasers[-1] + 1] - chars[row] <= TEASERS_SHARE * (chars[row] - chars[start]):
                run = teasers
        if match.rule.confirm and row in sections and start <= _last_below(headlines, row):
            continue  # the name of the article's section under its headline
        if row - start <= HEAD:
            run = _up_to_text(lines, start, row, run, gone)
            run = _above_article(lines, start, row, run, tail, gone)
        if match.rule.confirm and row - start <= HEAD and _is_kicker(lines, run, signed):
            continue
        items = [r for r in run if not gone[r]]
        if match.rule.confirm and _is_text(lines, items):
            continue
        if match.rule.confirm and not _confirmed([r for r in run if not gone[r] or r in linked], tail, linked):
            continue
        if match.rule.confirm:
            evidence = f"{match.evidence}, over {_count(len(run), 'headline')}"
            found.append(Label(row, "related-links", match.rule.id, evidence))
        evidence = f"{_count(len(items), 'headline line')} under '{lines.texts[row][:60]}'"
        found += labels_of((r, "related-links", "links.under-heading", evidence) for r in items)
        for one in (row, *items):
            gone[one] = True
    return sorted(found, key=itemgetter(0))


def _last_below(numbers: list[int], most: int) -> int:
    """The greatest of ascending numbers below `most`; -1: none."""
    at = bisect_left(numbers, most)
    return numbers[at - 1] if at else -1


def _run(
    lines: Lines,
    numbers: list[int],
    heading: int,
    start: int,
    end: int,
    tail: int,
    gone: list[bool],
    linked: set[int],
    stops: list[bool],
) -> list[int]:
    """Rows under a heading that look like headlines, or that are boilerplate among such.

    `numbers`: of the lines. The document is from `start` to `end`; from `tail` on all of it is boilerplate. `stops`:
    rows that end a run.
    """
    # A page that parts its headlines by blank lines says nothing by one.
    most = max(1, numbers[heading + 1] - numbers[heading]) if heading + 1 < end else 1
    texts = lines.texts
    block: list[int] = []
    for row in range(heading + 1, end):
        if stops[row] or (block and numbers[row] - numbers[row - 1] > most):
            break
        if not gone[row] and len(text := texts[row]) > HEADLINE_CHARS_CJK and not is_short(text):
            break
        block.append(row)
    while block and gone[block[-1]] and block[-1] not in linked:
        block.pop()
    items = [row for row in block if not gone[row]]
    sentences = find_sentences(lines, items)
    inside = bool(sentences) and is_under_text(lines, heading, start, gone, stops)
    over = block[-1] + 1 if block else end
    if over < end and not gone[over] and not is_short(lines.texts[over]):
        inside = False  # the paragraph that follows says better where the article goes on
    goes_on_at = None
    if inside:
        above = items[0] - heading - 1 if items else 0
        goes_on_at = resumed(lines, items, sentences, above=above)
        if goes_on_at is None:
            goes_on_at = told_again(lines, items, sentences, headed=above > 0)
    if goes_on_at is not None:
        run = within_marks(lines, block[: block.index(goes_on_at)], gone)
        # one headline alone may be short
        return run[:-1] if len(run) > 1 and is_subhead(lines, run, gone, goes_on_at) else run
    if block and block[-1] + 1 >= tail and not goes_on(lines, items, sentences):
        if (prose := last_paragraph(lines, items)) is not None:
            run = before_sentence(lines, block[: block.index(prose)], gone, sentences)
            while run and run[-1] in sentences:
                run.pop()  # a short paragraph right above it
            return run
        # a sentence under one headline or none: rather the last paragraph of the article than a link
        alone = sentences == set(items[-1:]) and 0 < len(items) <= MAY_BE_TEXT
        if not alone and len(sentences) == 1 and (row := min(sentences)) in items[1:MAY_BE_TEXT]:
            # so is one over other boilerplate, whatever else is below that
            alone = gone[row + 1] and len(lines.texts[row]) >= SENTENCE_CHARS
        return block[: block.index(min(sentences))] if alone else block
    run = before_the_text(block, items, sentences, parted=parted(numbers, block, end, most))
    run = within_marks(lines, run, gone)
    over = run[-1] + 1 if run else end
    if (
        over < end - 1
        and not (gone[over] or gone[over + 1])
        and not stops[over]
        and not parted(numbers, block, end, most)
    ):
        return _without_subhead(lines, before_sentence(lines, run, gone, sentences), gone, sentences)
    return run


def _without_subhead(lines: Lines, run: list[int], gone: list[bool], sentences: set[int]) -> list[int]:
    """A run without the article's subhead at its end, and without what the article says right over that."""
    if not is_subhead(lines, run, gone, run[-1] + 1):
        return run
    run = run[:-1]
    while run and run[-1] in sentences and len(lines.texts[run[-1]]) >= SENTENCE_CHARS:
        run = run[:-1]
    return run


def _teasers(lines: Lines, heading: int, tail: int, gone: list[bool], stops: list[bool]) -> list[int]:
    """The rows under a heading if they are headlines with a teaser under each, else none.

    They end where the document's tail begins, at the next heading, or where three lines of boilerplate follow.
    """
    items: list[int] = []
    teasers = sentences = 0
    above = True  # whether the line above is a teaser, or the heading
    for row in range(heading + 1, tail):
        if stops[row] or (row + 2 < tail and gone[row] and gone[row + 1] and gone[row + 2]):
            break
        if gone[row]:
            continue
        text = lines.texts[row]
        teaser = not is_short(text)
        if teaser and (above or not is_short(text, TEASER_CHARS, TEASER_CHARS_CJK)):
            return []
        teasers += teaser
        sentences += not teaser and ends_like_a_sentence(text)
        above = teaser
        items.append(row)
    if teasers < LEAST_TEASERS or sentences > SENTENCES_INSIDE * (len(items) - teasers):
        return []
    return list(range(heading + 1, items[-1] + 1))


def _up_to_text(lines: Lines, start: int, heading: int, run: list[int], gone: list[bool]) -> list[int]:
    """A run near the top, up to the article where that has not begun above.

    Under `추천` stand the other buttons of its bar, and then the text.
    """
    sentences = find_sentences(lines, [row for row in run if not gone[row]]) if len(run) >= TEXT_SENTENCES else ()
    if len(sentences) < TEXT_SENTENCES:
        return run
    # From the heading up, for text stands near it rather than at the top.
    above = (row for row in range(heading - 1, start - 1, -1) if not gone[row])
    if any(len(text := lines.texts[row]) >= SENTENCE_ABOVE and ends_like_a_sentence(text) for row in above):
        return run
    said = 0
    for at, row in enumerate(run):
        if row not in sentences:
            said = 0
            continue
        said += 1
        piece = run[at + 1 - said : at + 1]
        if said >= TEXT_SENTENCES and sum(len(lines.texts[one]) for one in piece) >= TEXT_CHARS:
            return run[: at + 1 - said]
    return run


def _above_article(lines: Lines, start: int, heading: int, run: list[int], tail: int, gone: list[bool]) -> list[int]:
    """A run near the top down to the last line that says when or who, if it took all that there is of the article.

    An article of short lines under a menu looks like the menu's own links.
    """
    if not run:
        return run
    above = (row for row in range(heading - 1, start - 1, -1) if not gone[row])
    below = (row for row in range(run[-1] + 1, tail) if not gone[row])
    if any(len(lines.texts[row]) >= SENTENCE_ABOVE for row in above):
        return run
    if any(len(lines.texts[row]) >= TEXT_CHARS for row in below):
        return run
    said = [at for at, row in enumerate(run) if row - start <= HEAD and _says_when_or_who(lines.texts[row])]
    return run[: said[-1] + 1] if said else run


def _says_when_or_who(text: str) -> bool:
    line = read_field_line(text)
    return line.dated in ("posted", "line", "beside") or line.signed in ("by", "colon")


def _is_text(lines: Lines, items: list[int]) -> bool:
    """Whether what follows a doubtful heading is text.

    It begins with a sentence, most of it is in lower case, or all of it are books with their years.
    """
    if not items:
        return False
    texts = [lines.texts[row] for row in items]
    first = texts[0]
    if all(_BOOK.search(text) for text in texts):
        return True
    begun = is_sentence(first) or first[-1] == "。" or (first.endswith("다.") and len(first) >= 8)
    if begun and len(texts) <= SUBHEAD_LINES:
        return True
    return 2 * sum([text[0].islower() and "/" not in text for text in texts]) > len(texts)


def _is_kicker(lines: Lines, run: list[int], signed: set[int]) -> bool:
    """Whether a doubtful heading stands over a headline: its run has one byline, and below that the text begins."""
    own = signed.intersection(run)
    if len(own) != 1:
        return False
    below = [lines.texts[row] for row in run if row > min(own)]
    return sum(len(text) >= SENTENCE_ABOVE and ends_like_a_sentence(text) for text in below[:2]) > 0


def _confirmed(run: list[int], tail: int, linked: set[int]) -> bool:
    """Whether what follows a doubtful heading is a list of articles."""
    if len(run) >= LEAST_UNDER_DOUBTFUL or any(row in linked for row in run):
        return True
    # Two are enough where nothing of the article follows.
    return len(run) == 2 and run[-1] + 1 >= tail


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
