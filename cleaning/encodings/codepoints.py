"""Single characters that are taken out or replaced, as characters.toml says; and width, which depends on the text."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

import re2
from ftfy.chardata import WIDTH_MAP

_DATA: dict[str, Any] = tomllib.loads((resources.files("cleaning") / "data/characters.toml").read_text("utf-8"))

REPAIR_KINDS: Mapping[str, str] = MappingProxyType(_DATA["kinds"])
"""Every kind of repair that can stand in `Repaired.repairs`, with its meaning."""


def _set(codes: Iterable[str], form: str = "\\U{:08x}") -> str:
    """The inside of a character class; `form` is how the syntax of re, or of RE2, writes a code point."""
    ranges = (code.partition("-") for code in codes)
    return "".join(f"{form.format(int(a, 16))}-{form.format(int(b or a, 16))}" for a, _, b in ranges)


def _sets(names: Iterable[str], form: str = "\\U{:08x}") -> str:
    return "".join(_set(_DATA["classes"][name], form) for name in names)


_RE2 = "\\x{{{:x}}}"
_WORDED = {"letter": r"[^\W\d_]", "not-space": r"\S"}


def _class(names: list[str]) -> str:
    return _WORDED[names[0]] if names[0] in _WORDED else f"[{_sets(names)}]"


def _pattern(rule: Mapping[str, Any]) -> re.Pattern[str]:
    marks = (("after", "(?<="), ("not_after", "(?<!"), ("before", "(?="), ("not_before", "(?!"))
    parts = {field: f"{mark}{_class(rule[field])})" if field in rule else "" for field, mark in marks}
    run = f"[{_set(rule['characters'])}]+"
    return re.compile(parts["after"] + parts["not_after"] + run + parts["before"] + parts["not_before"])


_RULES = tuple((rule["kind"], _pattern(rule), rule.get("to", "")) for rule in _DATA["change"])
_RULED = re.compile("[" + "".join(_set(rule["characters"]) for rule in _DATA["change"]) + "]")


def change(line: str, kinds: set[str]) -> str:
    """Apply the rules of characters.toml to one line, in its order, and add the kinds of what was done."""
    if _RULED.search(line):
        for kind, pattern, to in _RULES:
            line, times = pattern.subn(to, line)
            if times:
                kinds.add(kind)
    return line


_BIDI = {name: codes for name, codes in _DATA["bidi"].items() if isinstance(codes, list)}
_DIRECTED = re.compile(f"[{_set(_BIDI.pop('right_to_left'))}]")
_DIRECTIONS = re.compile("[" + "".join(map(_set, _BIDI.values())) + "]")
_PAIRED = re.compile("|".join(f"(?P<{name}>[{_set(codes)}])" for name, codes in _BIDI.items() if name != "marks"))


def without_idle_directions(line: str) -> str:
    r"""Without the marks of direction that direct nothing: all, or in a line with Hebrew or Arabic the unpaired.

    >>> without_idle_directions("\u200eSeoul\u202c"), without_idle_directions("\u202bשלום").isalpha()
    ('Seoul', True)
    """
    if not _DIRECTED.search(line):
        return _DIRECTIONS.sub("", line)
    waiting: dict[str, list[int]] = {"embedding": [], "isolate": []}
    unpaired: set[int] = set()
    for match in _PAIRED.finditer(line):
        what, _, kind = (match.lastgroup or "").partition("_")
        if what == "open":
            waiting[kind].append(match.start())
        elif waiting[kind]:
            waiting[kind].pop()
        else:
            unpaired.add(match.start())
    unpaired.update(*waiting.values())
    return "".join(c for i, c in enumerate(line) if i not in unpaired) if unpaired else line


_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_FLAG_OR_TAGS = re.compile(f"({_FLAG})|[{_set(_DATA['tags']['characters'])}]+")


def without_tags(line: str) -> str:
    """Without tag characters, but for those that spell the flag of a region behind a black flag."""
    return _FLAG_OR_TAGS.sub(lambda match: match[1] or "", line)


_HALF = {c: to for c, to in WIDTH_MAP.items() if (0xFF61 <= c <= 0xFFDC and c != 0xFFA0) or c >= 0xFFE8}
_HALF_WIDTH = re.compile("[" + "".join(map(chr, _HALF)) + "]")
_FULL_OR_SPACE = re.compile("[\uff01-\uff60\uffe0-\uffe6\u3000]")
_EAST_ASIAN = re.compile("[\u1100-\u11ff\u3041-\u318f\u3400-\u9fff\uac00-\ud7a3\uff66-\uffdc\U00020000-\U0003ffff]")


def width(text: str) -> str:
    """A text in standard width: halfwidth kana and Hangul always, fullwidth Latin only outside of East Asia.

    >>> width("ｶﾀｶﾅ、ＮＨＫ！"), width("ＳＡＬＥ！")
    ('カタカナ、ＮＨＫ！', 'SALE!')
    """
    utf8 = text.encode()
    if to_narrow(text, utf8):
        return text.translate(WIDTH_MAP)
    # All halfwidth forms begin with this byte, which is quicker to look for than they are.
    return text.translate(_HALF) if b"\xef" in utf8 and _HALF_WIDTH.search(text) else text


def to_narrow(text: str, utf8: bytes) -> bool:
    """Whether fullwidth Latin or the ideographic space stands in a text without Han, kana and Hangul.

    utf8: the text in UTF-8, where their first bytes are quick to look for.
    """
    if b"\xef" not in utf8 and b"\xe3" not in utf8:
        return False
    return not _EAST_ASIAN.search(text) and bool(_FULL_OR_SPACE.search(text))


_MARKS = re2.compile(r"\pM{31}")


def compose(line: str) -> str:
    """The line in NFC, with U+034F after each 30 combining marks in a row (Stream-Safe Text Format, UAX #15).

    No language stacks so many, and sorting a row of n marks takes n² steps.

    >>> compose("e\u0301"), len(compose("e" + "\u0323\u0301" * 40))
    ('é', 82)
    """
    if _MARKS.search(line):
        line = "".join(_with_joiners(line))
    return unicodedata.normalize("NFC", line)


def _with_joiners(line: str) -> Iterator[str]:
    run = 0
    for c in line:
        run = run + 1 if unicodedata.combining(c) else 0
        if run > 30:
            yield "\N{COMBINING GRAPHEME JOINER}"
            run = 1
        yield c


def _searched(rule: Mapping[str, Any]) -> str:
    """What must stand in a text for the rule to change it, for RE2, which cannot look around."""
    characters = f"[{_set(rule['characters'], _RE2)}]"
    before, after = rule.get("not_after", ["letter"]), rule.get("not_before", ["letter"])
    if any(name in _WORDED for name in (*before, *after)):
        return characters
    return f"(?:\\A|[^{_sets(before, _RE2)}]){characters}(?:[^{_sets(after, _RE2)}]|\\z)"


PRECHECK = (
    *map(_searched, _DATA["change"]),
    "[" + "".join(_set(codes, _RE2) for codes in (*_BIDI.values(), _DATA["tags"]["characters"])) + "]",
    "[" + "".join(map(chr, _HALF)) + "]",
)
"""RE2 patterns, of which one matches in every line that something here would change, but for `to_narrow`."""
