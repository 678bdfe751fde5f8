"""How a rule meets a line: texts are folded, whole lines looked up, and the rest met by RE2 sets.

What costs is touching characters one line at a time, so each step runs once over a whole batch. `line` rules
are one look-up in a dict; `starts`, `ends`, `contains` and `regex` are a few RE2 sets, whose time is linear in
the line whatever it holds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import re2

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
    site: str | None = None
    """Registrable domain whose documents it is for; None: every document."""
    max_chars: int = MAX_CHARS
    """Longest line that it may match, in characters."""
    heading: bool = False
    """It stands over a list of other articles, so the lines below it want a look as well."""
    confirm: bool = False
    """The phrase is not enough: the lines around it have to agree."""
    retired: bool = False
    """Matches nothing any more; kept so that its id is not used again."""


class Match(NamedTuple):
    """A rule that catches a line, and how."""

    rule: Rule
    phrase: str
    """The phrase or pattern of the rule that does."""
    evidence: str
    """What a reader of `tamis explain` sees, such as `equals 'Read more'`."""


def _match(rule: Rule, phrase: str) -> Match:
    verb = {"line": "equals", "starts": "starts with", "ends": "ends with", "contains": "contains"}
    # A pattern explains nothing to a reader; `tamis rules list` has it by the rule's id.
    said = f"has the form of: {rule.why}" if rule.match == "regex" else f"{verb[rule.match]} '{phrase}'"
    return Match(rule, phrase, said)


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
    plain = iter(_fold([text for text in texts if text.isascii()]))
    other = iter(_fold([text for text in texts if not text.isascii()]))
    return [next(plain if text.isascii() else other) for text in texts]


def _fold(texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    blob = "\n".join(texts)
    if blob.count("\n") != len(texts) - 1:  # a caller's text of several lines
        blob = "\n".join([text.replace("\n", " ") for text in texts])
    # Each step runs once over the whole batch: a call for each line would cost ten times as much.
    blob = unicodedata.normalize("NFKC", blob).casefold()
    blob = _CALL.sub("§", blob)
    for character, plain in _PLAIN.items():  # fifteen times as fast as `translate`
        blob = blob.replace(character, plain)
    blob = "\n" + _DOTS.sub(" ", _NUMBER.sub("0 ", blob.replace("**", "")))
    while "  " in blob:
        blob = blob.replace("  ", " ")
    for level in range(1, 7) if "\n#" in blob else ():  # Markdown headings
        blob = blob.replace("\n" + "#" * level + " ", "\n")
    return [line.strip(_EDGE).lstrip("* ") for line in blob[1:].split("\n")]


def keys(folded: Sequence[str]) -> list[str]:
    """What `line` rules compare: folded texts without spaces and joints, so that `e-mail` is `email`."""
    blob = "\n".join(folded)
    for joint in " -/|:·":
        blob = blob.replace(joint, "")
    return blob.split("\n") if folded else []


def fold_phrases(phrases: Sequence[str]) -> list[str]:
    """Phrases of rules folded as lines are; `{n}` stands for any number."""
    return fold([phrase.replace("{n}", "0") for phrase in phrases])


def _unspaced(character: str) -> bool:
    """Chinese, Japanese and Korean, which say in six characters what takes twelve in other scripts."""
    return "\u2e80" <= character <= "\ud7ff"


def _spellings(key: str) -> set[str]:
    """Keys that a `line` phrase is met by; one as long as a sentence with and without its full stop."""
    bare = key.rstrip(".!。")
    sentence = len(bare) >= (6 if _unspaced(bare[:1]) else 12)
    return {key, bare, bare + ".", bare + "!", bare + "。"} if sentence else {key}


def _pattern(match: str, phrase: str) -> str:
    """RE2 pattern of a folded phrase of a `starts`, `ends` or `contains` rule."""

    def border(character: str) -> str:
        # A word is met whole, but Chinese, Japanese and Korean leave no space after one.
        return "" if _unspaced(character) else r"[^\pL\pN]"

    left = "^" if match == "starts" else f"(?:^|{border(phrase[0])})"
    right = "$" if match == "ends" else f"(?:{border(phrase[-1])}|$)"
    return f"{left}{re2.escape(phrase)}{right}"


class Index(NamedTuple):
    """Rules made ready for look-up. Numbers are places in `found`, which is in the order of the packs."""

    found: tuple[Match, ...]
    lines: Mapping[str, tuple[int, ...]]
    sets: tuple[tuple[Any, list[int]], ...]
    """Four RE2 sets, each with the place of each of its patterns: `starts`, `ends` and `contains`, over
    folded lines; `regex` that begin with `^` and a word, which most lines leave after a character or two;
    `regex` that begin with `^` and so many characters of any kind, whose states would multiply with those of
    all others; other `regex`, which read every character and so see no line longer than MAX_CHARS."""


_ANCHORED = re.compile(r"(?:\(\?i\))?\^")
_VAGUE = re.compile(r"(?:\(\?i\))?\^(?:\.|\\S\{|\[\^|\[\\pL)")


def make_index(rules: Iterable[Rule]) -> Index:
    """Make rules ready for `look_up`. Raises ValueError for a `regex` that RE2 does not know."""
    found = tuple(_match(rule, text) for rule in rules if not rule.retired for text in rule.text)
    folded = fold_phrases([one.phrase for one in found])
    lines: dict[str, tuple[int, ...]] = {}
    options = re2.Options()
    options.max_mem = 64 << 20  # the default, 8 MB, holds about a hundred patterns with classes of letters
    options.log_errors = False
    sets: tuple[tuple[Any, list[int]], ...] = (
        (re2.Set.SearchSet(options), []),
        (re2.Set.MatchSet(options), []),
        (re2.Set.MatchSet(options), []),
        (re2.Set.SearchSet(options), []),
    )
    for place, (one, phrase, key) in enumerate(zip(found, folded, keys(folded), strict=True)):
        if one.rule.match == "line":
            for spelling in _spellings(key):
                lines[spelling] = (*lines.get(spelling, ()), place)
            continue
        text = one.phrase if one.rule.match == "regex" else _pattern(one.rule.match, phrase)
        patterns, places = sets[
            0 if one.rule.match != "regex" else 2 if _VAGUE.match(text) else 1 if _ANCHORED.match(text) else 3
        ]
        try:
            patterns.Add(text)
        except re2.error as error:
            raise ValueError(f"rules/{one.rule.pack}, rule {one.rule.id!r}: {text!r} is not an RE2 pattern") from error
        places.append(place)
    for patterns, _ in sets:
        patterns.Compile()
    return Index(found, lines, sets)


class Prepared(NamedTuple):
    """The texts of a batch that are short enough for a rule: their numbers, and what rules look at.

    Those of MAX_CHARS at most come first, and `folded` and `keys` hold only them.
    """

    rows: list[int]
    chars: list[int]
    raw: list[bytes]
    """The trimmed text as RE2 reads it: UTF-8, a lone surrogate as `?`."""
    folded: list[str]
    keys: list[str]


def prepare(texts: Sequence[str]) -> Prepared:
    """What `look_up` needs of texts, whatever the index."""
    trimmed = [text.strip() for text in texts]
    short = [row for row, text in enumerate(trimmed) if len(text) <= MAX_CHARS]
    rows = short + [row for row, text in enumerate(trimmed) if MAX_CHARS < len(text) <= LONGEST]
    folded = fold([trimmed[row] for row in short])
    return Prepared(
        rows=rows,
        chars=[len(trimmed[row]) for row in rows],
        raw=[trimmed[row].encode("utf-8", "replace") for row in rows],
        folded=folded,
        keys=keys(folded),
    )


def look_up(index: Index, lines: Prepared) -> dict[int, tuple[Match, ...]]:
    """Which rules catch each text, by its number, in the order of the packs; texts that none catches left out."""
    places: dict[int, list[int]] = {}
    for at, key in enumerate(lines.keys):
        if key in index.lines:
            places[at] = list(index.lines[key])
    folded = [text.encode("utf-8", "replace") for text in lines.folded] if index.sets[0][1] else []
    looked_at = (folded, lines.raw, lines.raw, lines.raw[: len(lines.folded)])
    for (patterns, of), some in zip(index.sets, looked_at, strict=True):
        if of:
            # The set behind re2's wrapper, whose Match only encodes what is encoded already.
            for at, hits in enumerate(map(patterns._set.Match, some)):
                if hits:
                    places.setdefault(at, []).extend([of[hit] for hit in hits])
    out = {}
    for at, found in places.items():
        first: dict[str, Match] = {}  # of the phrases of one rule, the first says it
        for place in sorted(found):
            one = index.found[place]
            if lines.chars[at] <= one.rule.max_chars:
                first.setdefault(one.rule.id, one)
        if any(_is_voice(one.rule) for one in first.values()) and _is_quoted(lines.raw[at]):
            first = {rule: one for rule, one in first.items() if not _is_voice(one.rule)}
        if first:
            out[lines.rows[at]] = tuple(first.values())
    return out


def _is_voice(rule: Rule) -> bool:
    """Whether a rule knows sentences of a site by their form."""
    return rule.match != "line" and rule.label in VOICE and rule.site is None


def _is_quoted(raw: bytes) -> bool:
    """Whether a line ends with who says it."""
    return bool(_speech()._set.Match(raw))


@cache
def _speech() -> Any:
    patterns = re2.Set.SearchSet()
    for text in tomllib.loads(resources.files("cleaning").joinpath("data/speech.toml").read_text("utf-8"))["sentences"]:
        patterns.Add(f"(?i){text}")
    patterns.Compile()
    return patterns
