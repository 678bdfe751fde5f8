"""What a headline and a sentence are, to those who look for lists of other articles."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from cleaning.lines import Lines

# Headlines measured on news pages of 25 languages: 99 % are shorter. Han and kana say more in less.
HEADLINE_CHARS = 150
HEADLINE_CHARS_CJK = 70
# A shorter sentence may be the end of a line that was broken.
LEAST_CHARS = 20
# In so many rows above a heading less one stands the line that says whether it is inside the text.
_ABOVE = 4
_SENTENCE_ENDS = (".", "。", "．", "।", "؟", "۔", "다", "요")
_FULL_STOPS = (".", "。", "．", "।", "۔")
# The German and the Danish close with what opens elsewhere: “ and «.
_CLOSING = "\"'”’»“‘«」』)"
# Who wrote the paragraph, in brackets behind its full stop.
_SIGNED = re.compile(r"(?<=[.!?”“\"»«]) \([^()]{2,60}\)$")
# The paper or agency, in capitals behind a dash: `… di bumbung. - BERNAMA`.
_SENT = re.compile(r"(?<=[.!?”“\"»«]) ?[-–—] ?[A-Z][A-Z .]{1,24}$")
# Kana and Han, and what stands between them.
_CJK = (0x3040, 0x9FFF)
_LAST = frozenset((*_SENTENCE_ENDS, *_CLOSING))
TEXT_ENDS = _LAST | frozenset(":：")
"""Characters with which sentences end, and what announces something; headlines hardly do."""


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


def ends_like_a_sentence(text: str) -> bool:
    """Whether a line ends as sentences do, a closing mark and who signed it left out."""
    if text[-1] == ")":
        text = _SIGNED.sub("", text)
    elif text[-1].isupper():
        text = _SENT.sub("", text)
    return text[-1] in _LAST and text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS) and not text.endswith(("...", ".."))


def is_sentence(text: str) -> bool:
    """Whether a line is a sentence to the full stop, and no short one."""
    return (
        not is_short(text, LEAST_CHARS, LEAST_CHARS // 2)
        and text.rstrip(_CLOSING).endswith(_FULL_STOPS)
        and ends_like_a_sentence(text)
    )


def are_short(lines: Lines) -> npt.NDArray[np.bool_]:
    r"""Whether each distinct text `is_short`.

    >>> from cleaning.lines import split
    >>> lines = split(["\n".join(["a" * 150, "a" * 151, "橋" * 70, "橋" * 71, "橋" * 35 + "a" * 36])])
    >>> are_short(lines).tolist() == [is_short(text) for text in lines.distinct]
    True
    """
    sizes, spans = lines.sizes, lines.codes
    short: npt.NDArray[np.bool_] = sizes <= HEADLINE_CHARS
    some = np.flatnonzero(short & (sizes > HEADLINE_CHARS_CJK))
    heads = spans.codes[spans.starts[some, None] + np.arange(HEADLINE_CHARS_CJK)]
    cjk = ((heads >= _CJK[0]) & (heads <= _CJK[1])).sum(1)
    short[some] = cjk * 2 <= HEADLINE_CHARS_CJK
    return short


def is_short(text: str, most: int = HEADLINE_CHARS, most_cjk: int = HEADLINE_CHARS_CJK) -> bool:
    """Whether a line has at most `most` characters, or `most_cjk` where most of them are Han or kana."""
    if len(text) <= most_cjk or text.isascii():
        return len(text) <= most
    head = text[:most_cjk]
    cjk = sum(_CJK[0] <= ord(c) <= _CJK[1] for c in head) * 2 > len(head)
    return not cjk and len(text) <= most
