"""Lists of other articles, told by their form: a heading such as 'Explore' and the headlines under it.

A heading alone proves little ('Explore' may head a chapter of the article), so what decides is the run of
lines that follows: headlines are short and end like no sentence. The run ends at a paragraph, or at a
blank line once it has begun, because a page that parts its paragraphs parts them from its lists too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise, takewhile
from operator import itemgetter

import numpy as np

from cleaning.fields.fieldlines import MARKER, read_field_line
from cleaning.labels import dropping
from cleaning.lines import Label, Lines
from cleaning.rules import find_headings
from cleaning.spoken import find_spoken

# Headlines measured on news pages of 25 languages: 99 % are shorter. Han and kana say more in less.
HEADLINE_CHARS = 150
HEADLINE_CHARS_CJK = 70
# A heading that is also an honest subhead has to prove itself by this many headlines.
LEAST_UNDER_DOUBTFUL = 3
# Share of a list's lines that may end like sentences: headlines cut off by the page do. Where nothing of
# the article follows, more of them may.
SENTENCES_INSIDE = 0.34
SENTENCES_AT_THE_END = 0.6
# Sentences behind the headlines, one of them so long, and none among them, are the article going on.
SENTENCE_CHARS = 60
# A shorter one may be the end of a line that was broken.
LEAST_CHARS = 20
# Of so many characters a line of two sentences in a list at the end is rather the article's last paragraph, if it is
# the only one: teasers are several.
PARAGRAPH_CHARS = 80
_TWO_SENTENCES = re.compile(r"\w[.!?][\"'”’»“)]* +[\"'“‘«»„(]*[^\W\d_a-z].*[.!?][\"'”’»“)]*$|[。！？].{8,}[。！？]")
_SPOKEN = re.compile(r"[\"“„«»‟][^\"“”„«»]{8,}[\"“”«»],? [^\W\d_A-Z].*[.!?][\"”“«»]?$")
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

# A subhead has at most so many characters, and this share of those of the headlines above it.
SUBHEAD_CHARS = 30
SUBHEAD_SHARE = 0.6
# In a list of no more lines a sentence at the end is taken for text.
MAY_BE_TEXT = 2
# A teaser inside a text names no more headlines; sentences that follow them in one piece, one of them so long, are the
# article again where few lines follow that are too short for headlines, such as names and tags; or more, of a word.
TEASER_HEADLINES = 3
RESUMED_CHARS, RESUMED_CHARS_CJK = 40, 20
BUTTONS, BUTTON_CHARS, FEW_CHARS = 5, 45, 15

_SENTENCE_ENDS = (".", "。", "．", "।", "؟", "۔", "다", "요")
_FULL_STOPS = (".", "。", "．", "।", "۔")
# The German and the Danish close with what opens elsewhere: “ and «.
_CLOSING = "\"'”’»“‘«」』)"
# Who wrote the paragraph, in brackets behind its full stop.
_SIGNED = re.compile(r"(?<=[.!?”“\"»«]) \([^()]{2,60}\)$")
_LAST = frozenset((*_SENTENCE_ENDS, *_CLOSING))


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    """`related-links` for the headings of lists of other articles and for the headlines under them."""
    headings = find_headings(lines)
    if not headings:
        return []
    spoken = find_spoken(lines, labels)
    linked = spoken.rows(["related-links"])
    sections = spoken.rows(["section"])
    is_gone = spoken.has(dropping("balanced"))
    gone = set(np.flatnonzero(is_gone).tolist())
    is_heading = np.zeros(len(lines.distinct), np.bool_)
    is_heading[list(headings)] = True
    rows = np.flatnonzero(is_heading[lines.key]).tolist()
    # What stands under the headline is the article's, whatever menu it was that stood above it.
    stops = {*rows, *spoken.headlines}
    headlines = sorted(spoken.headlines)
    documents, numbers = lines.documents_of(rows).tolist(), lines.line_no.tolist()
    chars = np.concatenate([[0], np.cumsum(np.where(is_gone, 0, lines.sizes[lines.key]))])
    found: list[Label] = []
    tail, of = 0, -1
    # From the end, because whether anything of the article follows depends on the lists that follow.
    for row, document in zip(reversed(rows), reversed(documents), strict=True):
        start, end = int(lines.starts[document]), int(lines.starts[document + 1])
        if document != of:
            tail, of = end, document
        while tail > row + 1 and tail - 1 in gone:
            tail -= 1
        match = headings[int(lines.key[row])]
        run = _run(lines, numbers, row, end, tail, gone, linked, stops)
        if not match.rule.confirm and run and run[-1] + 1 < tail:
            teasers = _teasers(lines, row, tail, gone, stops)
            if teasers and chars[teasers[-1] + 1] - chars[row] <= TEASERS_SHARE * (chars[row] - chars[start]):
                run = teasers
        if match.rule.confirm and row in sections and start <= _last_below(headlines, row):
            continue  # the name of the article's section under its headline
        if row - start <= HEAD:
            run = _up_to_text(lines, start, row, run, gone)
        if match.rule.confirm and not _confirmed([r for r in run if r not in gone or r in linked], tail, linked):
            continue
        items = [r for r in run if r not in gone]
        if match.rule.confirm:
            evidence = f"{match.evidence}, over {_count(len(run), 'headline')}"
            found.append(Label(row, "related-links", match.rule.id, evidence))
        evidence = f"{_count(len(items), 'headline line')} under '{lines.text(row)[:60]}'"
        found += [Label(r, "related-links", "links.under-heading", evidence) for r in items]
        gone.update(items)
        gone.add(row)
    return sorted(found, key=itemgetter(0))


def _last_below(numbers: list[int], most: int) -> int:
    """The greatest of ascending numbers below `most`; -1: none."""
    at = bisect_left(numbers, most)
    return numbers[at - 1] if at else -1


def _run(
    lines: Lines,
    numbers: list[int],
    heading: int,
    end: int,
    tail: int,
    gone: set[int],
    linked: set[int],
    stops: set[int],
) -> list[int]:
    """Rows under a heading that look like headlines, or that are boilerplate among such.

    `numbers`: of the lines. `tail`: from this row to the document's `end` all is boilerplate. `stops`: rows that
    end a run.
    """
    # A page that parts its headlines by blank lines says nothing by one.
    most = max(1, numbers[heading + 1] - numbers[heading]) if heading + 1 < end else 1
    block: list[int] = []
    for row in range(heading + 1, end):
        if row in stops or (block and numbers[row] - numbers[row - 1] > most):
            break
        if row not in gone and not is_short(lines.text(row)):
            break
        block.append(row)
    while block and block[-1] in gone and block[-1] not in linked:
        block.pop()
    items = [row for row in block if row not in gone]
    sentences = {row for row in items if _ends_like_a_sentence(lines.text(row))}
    above = next((row for row in range(heading - 1, max(heading - 4, -1), -1) if row not in gone), heading)
    inside = _ends_like_a_sentence(lines.text(above))
    over = block[-1] + 1 if block else end
    if over < end and over not in gone and not is_short(lines.text(over)):
        inside = False  # the paragraph that follows says better where the article goes on
    if inside and (resumed := _resumed(lines, items, sentences)) is not None:
        run = _within_marks(lines, block[: block.index(resumed)], gone)
        # one headline alone may be short
        return run[:-1] if len(run) > 1 and _is_subhead(lines, run, gone) else run
    if block and block[-1] + 1 >= tail and not _goes_on(lines, items, sentences):
        if (prose := _paragraph(lines, items)) is not None:
            return block[: block.index(prose)]
        # a sentence under one headline or none: rather the last paragraph of the article than a link
        alone = sentences == set(items[-1:]) and 0 < len(items) <= MAY_BE_TEXT
        if not alone and len(sentences) == 1 and (row := min(sentences)) in items[1:MAY_BE_TEXT]:
            # so is one over other boilerplate, whatever else is below that
            alone = row + 1 in gone and len(lines.text(row)) >= SENTENCE_CHARS
        return block[: block.index(min(sentences))] if alone else block
    run = _before_the_text(block, items, sentences, parted=_parted(numbers, block, end, most))
    run = _within_marks(lines, run, gone)
    over = run[-1] + 1 if run else end
    if over < end - 1 and not gone & {over, over + 1} and over not in stops and not _parted(numbers, block, end, most):
        return run[:-1] if _is_subhead(lines, run, gone) else run
    return run


def _goes_on(lines: Lines, items: list[int], sentences: set[int]) -> bool:
    """Whether a block at the end of a document is more than a list: sentences are too many, or all at its end, or two
    of them follow each other below a headline, which teasers do not."""
    if len(sentences) > SENTENCES_AT_THE_END * len(items):
        return True
    if any(_are_prose(lines, pair) for pair in pairwise(items) if pair[0] != items[0]):
        return True
    closing = list(takewhile(sentences.__contains__, reversed(items)))
    return (
        0 < len(closing) < len(items)
        and closing == sorted(sentences, reverse=True)
        and any(len(lines.text(row)) >= SENTENCE_CHARS for row in closing)
    )


def _are_prose(lines: Lines, rows: tuple[int, int]) -> bool:
    """Whether two lines are sentences to the full stop, one of them no short one."""
    texts = [_SIGNED.sub("", lines.text(row)) for row in rows]
    ended = all(text.rstrip(_CLOSING).endswith(_FULL_STOPS) and _ends_like_a_sentence(text) for text in texts)
    return ended and max(map(len, texts)) >= SENTENCE_CHARS and min(map(len, texts)) >= LEAST_CHARS


def _resumed(lines: Lines, items: list[int], sentences: set[int]) -> int | None:
    """The row where the article goes on: behind few headlines the first of sentences that stand in one piece."""
    first = next((at for at, row in enumerate(items) if row in sentences), 0)
    if not 0 < first <= TEASER_HEADLINES:
        return None
    piece = list(takewhile(sentences.__contains__, items[first:]))
    after = items[first + len(piece) :]
    length = sum(len(lines.text(row)) for row in after)
    if len(after) > 1 and length > len(after) * (BUTTON_CHARS if len(after) <= BUTTONS else FEW_CHARS):
        return None
    long = any(not is_short(lines.text(row), RESUMED_CHARS - 1, RESUMED_CHARS_CJK - 1) for row in piece)
    return piece[0] if long else None


def _paragraph(lines: Lines, items: list[int]) -> int | None:
    """The row of the one line that says two sentences and more, if it is no teaser of the first headline.

    A line that begins with what somebody said and goes on with who is none, wherever it stands.
    """
    found = [row for row in items if len(text := lines.text(row)) >= PARAGRAPH_CHARS and _TWO_SENTENCES.search(text)]
    if found and found[0] in items[1:] and _SPOKEN.match(text := lines.text(found[0])) and _ends_like_a_sentence(text):
        return found[0]
    return found[0] if len(found) == 1 and found[0] in items[2:] else None


def _parted(numbers: list[int], block: list[int], end: int, most: int) -> bool:
    """Whether a blank line that means something stands behind the block."""
    after = block[-1] + 1 if block else end
    return after < end and most == 1 and numbers[after] - numbers[after - 1] > 1


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


def _is_subhead(lines: Lines, run: list[int], gone: set[int]) -> bool:
    """Whether the last line of a run, right over a paragraph, is of another kind than the headlines: far shorter."""
    text = lines.text(run[-1])
    said = read_field_line(text)
    if run[-1] in gone or MARKER.match(text) or "/" in text or said.dated or said.signed or said.bare:
        return False
    others = [len(lines.text(row)) for row in run[:-1] if row not in gone]
    length = len(text)
    return length <= SUBHEAD_CHARS and (not others or length * len(others) < SUBHEAD_SHARE * sum(others))


def _teasers(lines: Lines, heading: int, tail: int, gone: set[int], stops: set[int]) -> list[int]:
    """The rows under a heading if they are headlines with a teaser under each, else none.

    They end where the document's tail begins, at the next heading, or where three lines of boilerplate follow.
    """
    items: list[int] = []
    teasers = sentences = 0
    above = True  # whether the line above is a teaser, or the heading
    for row in range(heading + 1, tail):
        if row in stops or (row + 2 < tail and row in gone and row + 1 in gone and row + 2 in gone):
            break
        if row in gone:
            continue
        text = lines.text(row)
        teaser = not is_short(text)
        if teaser and (above or not is_short(text, TEASER_CHARS, TEASER_CHARS_CJK)):
            return []
        teasers += teaser
        sentences += not teaser and _ends_like_a_sentence(text)
        above = teaser
        items.append(row)
    if teasers < LEAST_TEASERS or sentences > SENTENCES_INSIDE * (len(items) - teasers):
        return []
    return list(range(heading + 1, items[-1] + 1))


def _up_to_text(lines: Lines, start: int, heading: int, run: list[int], gone: set[int]) -> list[int]:
    """A run near the top, up to the article where that has not begun above.

    Under `추천` stand the other buttons of its bar, and then the text.
    """
    above = (row for row in range(start, heading) if row not in gone)
    if any(len(text := lines.text(row)) >= SENTENCE_ABOVE and _ends_like_a_sentence(text) for row in above):
        return run
    said = 0
    for at, row in enumerate(run):
        text = lines.text(row)
        if row in gone or not _ends_like_a_sentence(text):
            said = 0
            continue
        said += 1
        piece = run[at + 1 - said : at + 1]
        if said >= TEXT_SENTENCES and sum(len(lines.text(one)) for one in piece) >= TEXT_CHARS:
            return run[: at + 1 - said]
    return run


def _within_marks(lines: Lines, run: list[int], gone: set[int]) -> list[int]:
    """A run of which lines carry bullets or numbers, up to where the next of them would have to stand.

    A list in the middle of a text whose entries are marked does not end with a line that is not: that is the
    next subhead.
    """
    marked = [at for at, row in enumerate(run) if row not in gone and MARKER.match(lines.text(row))]
    if len(marked) < 2 or marked[0] > 1:
        return run
    return run[: marked[-1] + max(after - before for before, after in pairwise(marked))]


def _confirmed(run: list[int], tail: int, linked: set[int]) -> bool:
    """Whether what follows a doubtful heading is a list of articles."""
    if len(run) >= LEAST_UNDER_DOUBTFUL or any(row in linked for row in run):
        return True
    # Two are enough where nothing of the article follows.
    return len(run) == 2 and run[-1] + 1 >= tail


def _ends_like_a_sentence(text: str) -> bool:
    if text[-1] == ")":
        text = _SIGNED.sub("", text)
    return text[-1] in _LAST and text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS) and not text.endswith(("...", ".."))


def is_short(text: str, most: int = HEADLINE_CHARS, most_cjk: int = HEADLINE_CHARS_CJK) -> bool:
    """Whether a line has at most `most` characters, or `most_cjk` where most of them are Han or kana."""
    if len(text) <= most_cjk or text.isascii():
        return len(text) <= most
    head = text[:most_cjk]
    cjk = sum("\u3040" <= c <= "\u9fff" for c in head) * 2 > len(head)
    return not cjk and len(text) <= most


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
