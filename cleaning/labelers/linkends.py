"""Where a list of other articles ends, and what under its heading is the article going on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise, takewhile
from string import ascii_lowercase, digits

from cleaning.fields.fieldlines import MARKER, read_field_line
from cleaning.lines import Lines

# Headlines measured on news pages of 25 languages: 99 % are shorter. Han and kana say more in less.
HEADLINE_CHARS = 150
HEADLINE_CHARS_CJK = 70
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
# A subhead has at most so many characters, and this share of those of the headlines above it.
SUBHEAD_CHARS = 40
SUBHEAD_SHARE = 0.6
# A teaser inside a text names no more headlines; sentences that follow them in one piece, one of them so long, are the
# article again where few lines follow that are too short for headlines, such as names and tags; or more, of a word.
TEASER_HEADLINES = 3
RESUMED_CHARS, RESUMED_CHARS_CJK = 40, 20
BUTTONS, BUTTON_CHARS, FEW_CHARS = 5, 45, 15
_SPEECH = re.compile(r"[-–—] ?[\"“„«]?[^\W\d_]")
# For each sentence behind the headlines so many lines that are none, such as points and subheads.
OTHERS = 2
# A point of a list; a dash is as often somebody who speaks.
_POINT = re.compile(r"(?:[•*·▪]|\d{1,2}[.)])\s+")
# In so many rows above a heading less one stands the line that says whether it is inside the text.
_ABOVE = 4
# So many lines has such a list at least with the sentence and the subhead behind it.
MIDDLE_LINES = 4
_SENTENCE_ENDS = (".", "。", "．", "।", "؟", "۔", "다", "요")
_FULL_STOPS = (".", "。", "．", "।", "۔")
# The German and the Danish close with what opens elsewhere: “ and «.
_CLOSING = "\"'”’»“‘«」』)"
# Who wrote the paragraph, in brackets behind its full stop.
_SIGNED = re.compile(r"(?<=[.!?”“\"»«]) \([^()]{2,60}\)$")
# The paper or agency, in capitals behind a dash: `… di bumbung. - BERNAMA`.
_SENT = re.compile(r"(?<=[.!?”“\"»«]) ?[-–—] ?[A-Z][A-Z .]{1,24}$")
_LAST = frozenset((*_SENTENCE_ENDS, *_CLOSING))
# With one of these most headlines end, and no sentence.
_NO_ENDS = frozenset(ascii_lowercase + digits)


def goes_on(lines: Lines, items: list[int], sentences: set[int]) -> bool:
    """Whether a block at the end of a document is more than a list: sentences are too many, or all at its end, or two
    of them follow each other below a headline, which teasers do not, and few headlines follow. Below two or three
    headlines the sentence at the end may be a short one."""
    if not sentences:
        return False
    if len(sentences) > SENTENCES_AT_THE_END * len(items):
        return True
    # From the end, so that what follows is counted once.
    after = said = 0
    for at in range(len(items) - 1, 0, -1):
        row = items[at]
        if len(lines.texts[row]) > FEW_CHARS:  # a button is no headline
            after, said = after + 1, said + (row in sentences)
        if (
            at + 1 < len(items)
            and row in sentences
            and items[at + 1] in sentences
            and said >= SENTENCES_AT_THE_END * after
            and _are_prose(lines, (row, items[at + 1]))
        ):
            return True
    closing = list(takewhile(sentences.__contains__, reversed(items)))
    return (
        0 < len(closing) < len(items)
        and closing == sorted(sentences, reverse=True)
        and (
            any(len(lines.texts[row]) >= SENTENCE_CHARS for row in closing)
            or (2 < len(items) <= TEASER_HEADLINES + 1 and is_sentence(lines.texts[items[-1]]))
        )
    )


def _are_prose(lines: Lines, rows: tuple[int, int]) -> bool:
    """Whether two lines are sentences to the full stop, one of them no short one."""
    texts = [_SIGNED.sub("", lines.texts[row]) for row in rows]
    ended = all(text.rstrip(_CLOSING).endswith(_FULL_STOPS) and ends_like_a_sentence(text) for text in texts)
    return ended and max(map(len, texts)) >= SENTENCE_CHARS and min(map(len, texts)) >= LEAST_CHARS


def resumed(lines: Lines, items: list[int], sentences: set[int], *, above: int) -> int | None:
    """The row where the article goes on: behind few headlines the first of sentences that stand in one piece.

    `above`: so many lines between the heading and these are another rule's already, a headline the first of them.
    """
    first = next((at for at, row in enumerate(items) if row in sentences), -1)
    if not (above == 0) <= first <= TEASER_HEADLINES:
        return None
    piece = list(takewhile(sentences.__contains__, items[first:]))
    after = items[first + len(piece) :]
    length = sum(len(lines.texts[row]) for row in after)
    if len(after) > 1 and length > len(after) * (BUTTON_CHARS if len(after) <= BUTTONS else FEW_CHARS):
        return None
    long = any(not is_short(lines.texts[row], RESUMED_CHARS - 1, RESUMED_CHARS_CJK - 1) for row in piece)
    # Short ones that the text ends with: teasers are several, and over a reader's comment stand buttons.
    alone = above <= 1 and piece[0] - items[0] == first and sentences.isdisjoint(after)
    return piece[0] if long or (alone and all(is_sentence(lines.texts[row]) for row in piece)) else None


def told_again(lines: Lines, items: list[int], sentences: set[int], *, headed: bool) -> int | None:
    """The row where the article goes on behind few headlines, told by what no list of links has: two sentences one
    below the other or in one line, what somebody says, points that end with a semicolon, a colon over other lines.

    That row is a sentence or announces what follows. `headed`: another rule has a headline already.
    """
    if not sentences:
        return None
    texts = [lines.texts[row] for row in items]
    said = [row in sentences and is_sentence(text) for row, text in zip(items, texts, strict=True)]
    if not any(said):
        return None
    announces = [len(text) >= LEAST_CHARS and text[-1] in ":：" for text in texts]
    first = next((at for at, one in enumerate(said) if one or announces[at]), -1)
    if not 1 - headed <= first <= TEASER_HEADLINES or not any(said[first:]):
        return None
    if all(is_short(text, RESUMED_CHARS - 1, RESUMED_CHARS_CJK - 1) for text in texts[first:]):
        return None
    others = sum(
        not (one or told) and len(text) > FEW_CHARS for one, told, text in zip(said, announces, texts, strict=True)
    )
    if others - first > OTHERS * (sum(said) + sum(announces)):
        return None
    for at in range(first, len(items)):
        if at + 1 < len(items) and (announces[at] or (said[at] and said[at + 1])):
            return items[first]
        if texts[at][-1] in ";；" or (
            said[at] and (_SPEECH.match(texts[at]) or _SPOKEN.match(texts[at]) or _TWO_SENTENCES.search(texts[at]))
        ):
            return items[first]
    return None


def last_paragraph(lines: Lines, items: list[int]) -> int | None:
    """The row of the one line that says two sentences and more, if it is no teaser of the first headline.

    A line that begins with what somebody said and goes on with who is none, wherever it stands.
    """
    found = [row for row in items if len(text := lines.texts[row]) >= PARAGRAPH_CHARS and _TWO_SENTENCES.search(text)]
    if found and found[0] in items[1:] and _SPOKEN.match(text := lines.texts[found[0]]) and ends_like_a_sentence(text):
        return found[0]
    return found[0] if len(found) == 1 and found[0] in items[2:] else None


def parted(numbers: list[int], block: list[int], end: int, most: int) -> bool:
    """Whether a blank line that means something stands behind the block."""
    after = block[-1] + 1 if block else end
    return after < end and most == 1 and numbers[after] - numbers[after - 1] > 1


def before_the_text(block: list[int], items: list[int], sentences: set[int], *, parted: bool) -> list[int]:
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


def is_under_text(lines: Lines, heading: int, start: int, gone: list[bool], stops: list[bool]) -> bool:
    """Whether the line above a heading ends like a sentence, or the line above the one list that stands right above."""
    for _ in range(2):
        above = next(
            (row for row in range(heading - 1, max(heading - _ABOVE, start - 1), -1) if not gone[row]), heading
        )
        if ends_like_a_sentence(lines.texts[above]):
            return True
        listed = (row for row in range(above, max(above - _ABOVE, start), -1) if stops[row])
        heading = next(listed, start)
        if heading == start:
            return False
    return False


def is_subhead(lines: Lines, run: list[int], gone: list[bool], below: int) -> bool:
    """Whether the last line of a run is of another kind than the headlines: far shorter, or no point as the row below
    the run is, with which the article goes on.
    """
    text = lines.texts[run[-1]]
    said = read_field_line(text)
    if gone[run[-1]] or MARKER.match(text) or "/" in text or said.dated or said.signed or said.bare:
        return False
    others = [len(lines.texts[row]) for row in run[:-1] if not gone[row]]
    length = len(text)
    if others and length <= SUBHEAD_CHARS and _POINT.match(lines.texts[below]):
        return not any(MARKER.match(lines.texts[row]) for row in run)
    return length <= SUBHEAD_CHARS and (not others or length * len(others) < SUBHEAD_SHARE * sum(others))


def before_sentence(lines: Lines, run: list[int], gone: list[bool], sentences: set[int]) -> list[int]:
    """A run over a paragraph without the one sentence in it and the short line below that, a subhead or a name.

    Two headlines and more stand above them: below a single one they may be its teaser and who wrote it.
    """
    items = [row for row in run if not gone[row]]
    if len(items) < MIDDLE_LINES or sentences.intersection(items) != {items[-2]}:
        return run
    sentence, last = lines.texts[items[-2]], lines.texts[items[-1]]
    if not is_sentence(sentence) or len(last) > SUBHEAD_CHARS or MARKER.match(last) or read_field_line(last).dated:
        return run
    return run[: run.index(items[-2])]


def within_marks(lines: Lines, run: list[int], gone: list[bool]) -> list[int]:
    """A run of which lines carry bullets or numbers, up to where the next of them would have to stand.

    A list in the middle of a text whose entries are marked does not end with a line that is not: that is the
    next subhead.
    """
    marked = [at for at, row in enumerate(run) if not gone[row] and MARKER.match(lines.texts[row])]
    if len(marked) < 2 or marked[0] > 1:
        return run
    return run[: marked[-1] + max(after - before for before, after in pairwise(marked))]


def ends_like_a_sentence(text: str) -> bool:
    """Whether a line ends as sentences do, a closing mark and who signed it left out."""
    if text[-1] == ")":
        text = _SIGNED.sub("", text)
    elif text[-1].isupper():
        text = _SENT.sub("", text)
    return text[-1] in _LAST and text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS) and not text.endswith(("...", ".."))


def find_sentences(lines: Lines, rows: Iterable[int]) -> set[int]:
    """Those of some rows that end like sentences."""
    texts = lines.texts
    return {row for row in rows if (text := texts[row])[-1] not in _NO_ENDS and ends_like_a_sentence(text)}


def is_sentence(text: str) -> bool:
    """Whether a line is a sentence to the full stop, and no short one."""
    return (
        not is_short(text, LEAST_CHARS, LEAST_CHARS // 2)
        and text.rstrip(_CLOSING).endswith(_FULL_STOPS)
        and ends_like_a_sentence(text)
    )


def is_short(text: str, most: int = HEADLINE_CHARS, most_cjk: int = HEADLINE_CHARS_CJK) -> bool:
    """Whether a line has at most `most` characters, or `most_cjk` where most of them are Han or kana."""
    if len(text) <= most_cjk or text.isascii():
        return len(text) <= most
    head = text[:most_cjk]
    cjk = sum("\u3040" <= c <= "\u9fff" for c in head) * 2 > len(head)
    return not cjk and len(text) <= most
