r"""Broken text to right text: line ends, mojibake, entities, characters that no reader sees. Every kind is named.

A text in which `precheck` finds nothing comes back as it is. Another is taken line by line, since damage is local, and
again only the lines that need it. ftfy works by lines as well, so that changes no result but one: a line with a
tag in it keeps its entities, the lines after it do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ftfy.fixes import unescape_html

from cleaning.encodings import codepoints, mojibake
from cleaning.encodings.by_ftfy import by_ftfy
from cleaning.encodings.codepoints import REPAIR_KINDS
from cleaning.encodings.escapes import unescaped
from cleaning.encodings.precheck import read_as_utf8, suspect

__all__ = ["REPAIR_KINDS", "Repaired", "mojibake_left", "repair"]

ROUNDS = 4
"""How often a text is gone over at most, where one repair uncovers the need for another."""


class Repaired(NamedTuple):
    """A text and what was done to it."""

    text: str
    repairs: tuple[str, ...]
    """Kinds of repair, names from `REPAIR_KINDS`, sorted, each once; () exactly if the text is unchanged."""


def repair(text: str) -> Repaired:
    r"""Repair one document. The result is NFC, has no surrogates, and LF for line ends.

    >>> repair("It\u2019s fine.\n")
    Repaired(text='It’s fine.\n', repairs=())
    >>> repair("Fish &amp; chips, Â£5\r\nÇÑ±¹ Á¤ºÎ")
    Repaired(text='Fish & chips, £5\n한국 정부', repairs=('html-entities', 'line-ends', 'mojibake', 'mojibake-cp949'))
    """
    if text.isprintable() and text.isascii() and "&" not in text and "\\" not in text:
        return Repaired(text, ())  # as most titles, names and dates of records are
    kinds: set[str] = set()
    fixed = unescaped(text)
    if fixed != text:
        kinds.add("escapes")
    fixed = _line_ends(fixed, kinds)
    for _ in range(ROUNDS):
        if not suspect(fixed):
            break
        before, fixed = fixed, _round(_surrogates(fixed, kinds), kinds)
        if fixed == before:
            break
    return Repaired(fixed, tuple(sorted(kinds)) if fixed != text else ())


def mojibake_left(text: str) -> bool:
    """Whether a repaired text still looks broken: mojibake beyond repair, or U+FFFD and question marks for letters.

    >>> mojibake_left("The caf\ufffd"), mojibake_left("The café")
    (True, False)
    """
    return (not text.isascii() or "??" in text) and mojibake.broken(text)


# Line ends, surrogates and width are matters of the whole text.

_BREAKS = re.compile("\r\n?|[\v\f\u2028\u2029]")
_C1 = re.compile("[\x80-\x9f]")
_NEL_BREAK = re.compile(r"(?<=[\x00-\x7f\x85])\x85(?![\sa-z.,;:!?)\]])")


def _line_ends(text: str, kinds: set[str]) -> str:
    """Every line end as LF.

    U+0085 is one only in a text that has neither another line end nor another C1 control, and where all of them stand
    behind ASCII and before what can begin a line; else it is cp1252's `…` or half of a letter, and ftfy's to repair.
    """
    if "\r" in text or "\v" in text or "\f" in text or "\u2028" in text or "\u2029" in text:
        kinds.add("line-ends")
        text = _BREAKS.sub("\n", text)
    if "\x85" in text and "\n" not in text and len(_NEL_BREAK.findall(text)) == len(_C1.findall(text)):
        kinds.add("line-ends")
        text = text.replace("\x85", "\n")
    return text


def _surrogates(text: str, kinds: set[str]) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        kinds.add("surrogates")
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _width(text: str, kinds: set[str]) -> str:
    changed = codepoints.width(text)
    if changed != text:
        kinds.add("width")
    return changed


# Everything else is done line by line, and adds its kind if it changed one.


def _round(text: str, kinds: set[str]) -> str:
    lines = text.split("\n")
    todo = []
    for i, line in enumerate(lines):
        if not suspect(line):
            continue
        # What is sound then holds no entity and nothing of another charset, so it is no evidence for others either.
        if (fixed := read_as_utf8(line)) is not None:
            kinds.add("mojibake")
            lines[i] = fixed
        else:
            todo.append(i)
    for i, line in zip(todo, in_right_charset([lines[i] for i in todo], kinds), strict=True):
        lines[i] = change(line, kinds)
    return _width("\n".join(lines), kinds)


def in_right_charset(lines: list[str], kinds: set[str]) -> list[str]:
    """The lines in the charsets that they were written in, without entities. What is evidence is pooled over them."""
    told = _misread(lines, kinds)
    plain = [_unescape(line) for line in told]
    if plain != told:
        kinds.add("html-entities")
    # Entities can hold mojibake: '&Ccedil;&Ntilde;&plusmn;&sup1;'.
    return lines if plain == told == lines else _misread(plain, kinds)


def _misread(lines: list[str], kinds: set[str]) -> list[str]:
    found = mojibake.undo(lines)
    kinds.update(kind for _, kind in found.values())
    return [found[i][0] if i in found else line for i, line in enumerate(lines)]


_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--")
_ENTITY_PAIR = re.compile(
    r"&#(x[Dd][89ABab][0-9A-Fa-f]{2}|5[5-6][0-9]{3});&#(x[Dd][C-Fc-f][0-9A-Fa-f]{2}|5[6-7][0-9]{3});"
)


def _join_pair(match: re.Match[str]) -> str:
    """One character for two references to the halves of its UTF-16 pair, which JavaScript writes for emoji."""
    high, low = (int(g[1:], 16) if g[0] == "x" else int(g) for g in match.groups())
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
    return match[0]


_AMPERSANDS = re.compile(r"&(?:amp;)+")


def _unescape(line: str) -> str:
    """Entities that end in `;`, even if their `&` was escaped many times. A line with a tag is HTML: it stays."""
    if "&" not in line or _TAG.search(line):
        return line
    return unescape_html(_ENTITY_PAIR.sub(_join_pair, _AMPERSANDS.sub("&", line)))


def change(line: str, kinds: set[str]) -> str:
    """One line, taken through CHANGES."""
    if (fixed := read_as_utf8(line)) is not None:
        kinds.add("mojibake")
        return fixed  # it is sound: nothing would change it any more
    for step in CHANGES:
        line = step(line, kinds)
    return line


Change = Callable[[str, set[str]], str]


def _named(kind: str, change: Callable[[str], str]) -> Change:
    def named(line: str, kinds: set[str]) -> str:
        changed = change(line)
        if changed != line:
            kinds.add(kind)
        return changed

    return named


CHANGES: tuple[Change, ...] = (
    by_ftfy,
    codepoints.change,
    _named("bidi-controls", codepoints.without_idle_directions),
    _named("invisible-characters", codepoints.without_tags),
    _named("nfc", codepoints.compose),
)
"""What is done to a line in which something was found, in this order, once it is read in the right charset."""
