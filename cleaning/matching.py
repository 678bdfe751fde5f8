"""What a rule and a match are, and how texts are folded, so that a phrase and a line are compared by what they say.

What costs is touching characters one line at a time, so each step runs once over a whole batch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

KINDS = ("line", "starts", "ends", "contains", "regex")

# A paragraph is not boilerplate because it begins with a phrase. Only a `regex` may look at more (a
# copyright notice with its terms), and nothing looks at a line longer than LONGEST.
MAX_CHARS = 120
LONGEST = 300
# What a site says of itself in sentences. A reporter may quote it: `Sign up for our newsletter, they all said.`
VOICE = frozenset(
    (
        "newsletter",
        "paywall",
        "login",
        "app-prompt",
        "promo",
        "cookie-notice",
        "copyright",
        "ui-string",
        "comment-widget",
    )
)


class PackError(ValueError):
    """Rule packs that are wrong; of each fault a line that names the file, the rule and the key.

    Of many there are the first MOST_FAULTS, and how many more.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults = first_faults(faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


MOST_FAULTS = 20


def first_faults(faults: Sequence[str]) -> tuple[str, ...]:
    """As many as a person reads, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    return (*faults[:MOST_FAULTS], *([f"… and {more:,} more"] if more > 0 else ()))


def quoted(value: object) -> str:
    """What a pack holds, as a fault says it: cut, for it may be anything."""
    said = repr(value[: _QUOTED + 1] if isinstance(value, str) else value)
    return said if len(said) <= _QUOTED + 2 else f"{said[:_QUOTED]}…"


_QUOTED = 80


@dataclass(frozen=True)
class Rule:
    """One rule of a pack, as written there."""

    id: str
    """Such as `en.comments.counter`; begins with the pack's name and is never used again for another rule."""
    label: str
    """A name from `labels.toml`."""
    match: str
    """`line`, `starts`, `ends`, `contains` or `regex`."""
    text: tuple[str, ...]
    """The phrases, in which `{n}` stands for any number; or the RE2 patterns of a `regex`."""
    why: str
    drops: tuple[str, ...]
    """Lines that this rule must catch."""
    keeps: tuple[str, ...]
    """Lines that no rule of any pack may catch."""
    pack: str
    """The file it stands in, such as `phrases/en.toml`."""
    place: str
    """The same as a person is told of it: `rules/phrases/en.toml`, or `own rules, phrases/en.toml`."""
    site: str | None = None
    """Registrable domain whose documents it is for; None: every document."""
    max_chars: int = MAX_CHARS
    """Longest line that it may match, in characters."""
    heading: bool = False
    """It stands over a list of other articles, so the lines below it want a look as well."""
    confirm: bool = False
    """The phrase is not enough: the lines around it have to agree."""
    subhead: bool = False
    """It may head a chapter of the text too, so it says nothing between two paragraphs."""
    retired: bool = False
    """Matches nothing any more; kept so that its id is not used again."""


class Match(NamedTuple):
    """A rule that catches a line, and how."""

    rule: Rule
    phrase: str
    """The phrase or pattern of the rule that does."""
    evidence: str
    """What a reader of `tamis explain` sees, such as `equals 'Read more'`."""


def match_of(rule: Rule, phrase: str) -> Match:
    """A phrase or pattern of a rule as what may catch a line."""
    verb = {"line": "equals", "starts": "starts with", "ends": "ends with", "contains": "contains"}
    # A pattern explains nothing to a reader; `tamis rules list` has it by the rule's id.
    if rule.match == "regex":
        return Match(rule, phrase, f"has the form of: {' '.join(rule.why.split())}")
    return Match(rule, phrase, f"{verb[rule.match]} '{phrase}'")


# Kinds of quotes and dashes are one; brackets go, so that `Comments (3)` and `Comments 3` are one. Capitals
# are often written without their accents (`A LIRE AUSSI`, `ΔΗΜΟΦΙΛΗ`), so accents go, and so does the dot
# that tells the two Turkish i apart.
_PLAIN = dict(
    zip(
        "‘’‚´ʼ“”„‐‑‒–—―−()[]\tàáâãäåèéêëìíîïòóôõöùúûüýçñάέήίόύώϊϋΐΰı\u0307",
        [*"'''''\"\"\"-------     aaaaaaeeeeiiiiooooouuuuycnαεηιουωιυιυi", ""],
        strict=True,
    )
)
_CALL = re.compile(r"\(\)(?<=\w\(\))")  # `close()` is code; begins with what is rare, for speed
_NUMBER = re.compile(r"\d[\d.,' ]*(?:[km]\b|[만천억万千萬])?")
_DOTS = re.compile(r"\.\.+")
# What stands before and behind the words of a button: bullets, arrows, icons, marks. Quotation marks,
# `?`, `!`, a full stop and a closing `*` (a form's mark for 'required') stay: they tell things apart.
_EDGE = (
    " :,|/\\-_~+>^<•·∙‧●○◦■□▪▫◆◇★☆▶►▷▸◀◁◄◂▼▽▾▲△▴→←↑↓↗↘➜➔➤➡⬇⬆❯«»‹›⟩☞✓✔✕✖×☰⋮"
    "📨📩📧🔔🔥✅👉👇🔗💬👍❤♥📷📸📹🎥🎧🔊🔍📌📰📱🌟🙂😊\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0f"
)


def fold(texts: Sequence[str]) -> list[str]:
    """Texts levelled in all that a phrase and a line may differ in; as many as came in.

    Width and compatibility forms (NFKC), case, white space, kinds of quotes and dashes, brackets, bullets
    and arrows at the ends; every number becomes `0`.

    >>> fold(["▶ Read  More…", "Comments (1,234)", "“Close”"])
    ['read more', 'comments 0', '"close"']
    """
    # Most of the characters below are none of ASCII, and to replace them there costs nothing.
    return _apart(_fold, texts)


def _apart(change: Callable[[Sequence[str]], list[str]], texts: Sequence[str]) -> list[str]:
    """What `change` makes of each text, those of ASCII given to it without the others."""
    plain = iter(change([text for text in texts if text.isascii()]))
    other = iter(change([text for text in texts if not text.isascii()]))
    return [next(plain if text.isascii() else other) for text in texts]


def _fold(texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    blob = "\n".join(texts)
    if blob.count("\n") != len(texts) - 1:  # a caller's text of several lines
        blob = "\n".join([text.replace("\n", " ") for text in texts])
    # Each step runs once over the whole batch: a call for each line would cost ten times as much.
    blob = blob.lower() if blob.isascii() else unicodedata.normalize("NFKC", blob).casefold()
    blob = _CALL.sub("§", blob)
    for character, plain in _PLAIN.items():  # fifteen times as fast as `translate`
        blob = blob.replace(character, plain)
    blob = "\n" + _DOTS.sub(" ", _with_one_number(blob.replace("**", "")))
    blob = _with_single_spaces(blob)
    for level in range(1, 7) if "\n#" in blob else ():  # Markdown headings
        blob = blob.replace("\n" + "#" * level + " ", "\n")
    return [line.strip(_EDGE).lstrip("* ") for line in blob[1:].split("\n")]


def _with_one_number(text: str) -> str:
    """A text with `0 ` for every number."""
    if not text.isascii():
        return _NUMBER.sub("0 ", text)
    # To look for digits character by character is most of what that takes.
    digit = np.frombuffer(text.encode(), np.uint8) - np.uint8(ord("0")) < 10
    digit[1:] &= ~digit[:-1]
    pieces, at = [], 0
    for begin in np.flatnonzero(digit).tolist():
        if begin >= at and (number := _NUMBER.match(text, begin)):
            pieces += [text[at:begin], "0 "]
            at = number.end()
    return "".join([*pieces, text[at:]])


def _with_single_spaces(text: str) -> str:
    """A text, not empty, with one space for several in a row."""
    if text.isascii():  # at a fifth of what looking for pairs costs
        codes = np.frombuffer(text.encode(), np.uint8)
        again = (codes[1:] == ord(" ")) & (codes[:-1] == ord(" "))
        return str(codes[np.concatenate([[True], ~again])].tobytes(), "ascii")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def keys(folded: Sequence[str]) -> list[str]:
    """What `line` rules compare: folded texts without spaces and joints, so that `e-mail` is `email`."""
    return _apart(_without_joints, folded)


_JOINTS = " -/|:·"
_TO_NOTHING = str.maketrans("", "", _JOINTS)


def _without_joints(texts: Sequence[str]) -> list[str]:
    blob = "\n".join(texts)
    if blob.isascii():
        blob = blob.translate(_TO_NOTHING)  # fast for ASCII alone
    else:
        for joint in _JOINTS:
            blob = blob.replace(joint, "")
    return blob.split("\n") if texts else []


def fold_phrases(phrases: Sequence[str]) -> list[str]:
    """Phrases of rules folded as lines are; `{n}` stands for any number."""
    return fold([phrase.replace("{n}", "0") for phrase in phrases])
