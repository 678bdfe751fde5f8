r"""A text in Markdown, as readers for language models and some extractors give it, to the plain text that it says.

Marks and addresses go, words and lines stay: no line is added, joined or taken away, so that a line has the number that
it has in its source. Of a picture between words nothing stays; one that stands alone stays as it is, for the rule that
knows it (`generic.markdown.image`). What is said is CommonMark's (spec 0.31) as far as lines can tell; text in fenced
code is left alone.

A parser such as markdown-it-py joins lines of a paragraph, sees no emphasis in `*「開通」*と`, and takes twice as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from cleaning.formats.plaintext import BEGIN, END, HELD, NO_MARKS, TOP, Plain, read_marks

# The address of a link, with one level of brackets in it, and a title; or `<an address>`. Nothing is tried twice.
_TITLE = r"(?:\s{1,9}(?:\"[^\"\n]*+\"|'[^'\n]*+'))?\s{0,9}"
_ADDRESS = rf"\(\s{{0,9}}(?:<[^<>\n]*+>|(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*+\))*+){_TITLE}\)"
# The words of a link: with one level of brackets in them, and lines.
_INSIDE = r"(?:[^\[\]\\]|\\[\s\S])*+"
_WORDS = rf"(?:[^\[\]\\]|\\[\s\S]|\[{_INSIDE}\])*+"
_IMAGE = re.compile(rf"!\[((?:[^\[\]\\\n]|\\.|\[(?:[^\[\]\\\n]|\\.)*+\])*+)\]({_ADDRESS})")
_LINK = re.compile(rf"(?<!\\)(?<!!)\[({_WORDS})\]{_ADDRESS}(?:\{{[#.:][^{{}}\n]{{0,200}}\}})?")
_REFERRED = re.compile(rf"(?<![\\!\]])\[({_WORDS})\] ?\[([^\[\]\n]{{0,99}})\]")
_REFERENCE = re.compile(r"^ {0,3}\[([^\[\]\n]{1,99})\]:[ \t]*(?:<[^<>\n]*>|(?:https?://|/|#|mailto:)\S*)", re.MULTILINE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]*+)>")

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(?=\S)", re.MULTILINE)
# A heading with a line of signs under it, which markdownify writes; a blank line stands before it, or nothing.
_UNDERLINED_HEADING = re.compile(
    r"(?:\A|(?<=\n\n))(?! {0,3}[-=>*+#|]) {0,3}(\S[^\n]{0,200})\n {0,3}(?:(={3,})|(-{3,}))[ \t]*$", re.MULTILINE
)
_BULLET = re.compile(r"^([ \t]{0,12})[*+-][ \t]+(?=\S)", re.MULTILINE)
_QUOTE = re.compile(r"^ {0,3}>[ \t]?(?:>[ \t]?)*+", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]*)$", re.MULTILINE)
_RULE = re.compile(r"[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)")

_STRONG = re.compile(r"(?<![*\\])\*{2,3}(?=[^\s*])((?:[^*\n\\]|\\.|(?<!\*)\*(?!\*))*+)(?<=[^\s\\])\*{2,3}(?!\*)")
_UNDERLINED = re.compile(r"(?<![\w_\\])_{2,3}(?=[^\s_])((?:[^_\n\\]|\\.|(?<!_)_(?!_))*+)(?<=[^\s\\])_{2,3}(?![\w_])")
_STRUCK = re.compile(r"(?<![~\\])~~(?=[^\s~])([^~\n]*+)(?<=\S)~~(?!~)")
# Not within a word, but Chinese, Japanese and Korean leave no space beside one.
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_STARRED = re.compile(rf"(?<!{_LETTER})(?<![*\\])\*(?=[^\s*])((?:[^*\n\\]|\\.)*+)(?<=[^\s\\])\*(?!\*)(?!{_LETTER})")
_SLANTED = re.compile(r"(?<![\w_\\])_(?=[^\s_])((?:[^_\n\\]|\\.|(?<=\w)_(?=\w))*+)(?<=[^\s\\])_(?![\w_])")
# What pandoc writes behind a heading or a link, and around a part of a page.
_ATTRIBUTES = re.compile(r"\{[#.:][^{}\n]{0,200}\}[ \t]*$")
_DIVISION = re.compile(r"^ {0,3}:{3,}[ \t]*+(?:\{[^{}\n]{0,200}\}|[\w-]{0,60})[ \t]*+:*$")
_CODE = re.compile(r"(?<![`\\])(`{1,2})(?!`)([^`\n]++)\1(?!`)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BREAK = re.compile(r"(?<!\\)((?:\\\\)*)\\$", re.MULTILINE)

# What one reader numbers pictures with.
_NUMBERED = re.compile(r"^Image \d{1,4}(?:: |$)")

# A text is Markdown if so many links stand on such a share of its lines; if it has two headings of lower levels and a
# link or bold words; or if the only heading of the first level is its first line or stands under front matter, or is
# among its first lines and there is something else of Markdown. A page may print a link or two so, or headings in an
# example: what it prints stays.
_LINKS, _SHARE, _HEAD, _HEADINGS = 3, 0.2, 12, 2
_WEB = re.compile(r"\]\(<?(?:https?://|//|/|#|\.{1,2}/|mailto:|tel:|javascript:|data:|www\.)")
_BOLD = re.compile(r"(?<![*\\])\*\*[^\s*][^*\n]{0,300}\*\*(?!\*)")


def is_markdown(text: str) -> bool:
    r"""Whether a text is in Markdown. Time is linear in its length.

    >>> is_markdown("# Bridge opens\n\nThe [bridge](https://example.com/bridge) is open.")
    True
    >>> is_markdown("A link is written [so](https://example.com).\n# 1 of hits\n# 2 of hits"), is_markdown("#bridge")
    (False, False)
    """
    # One character is looked for in a tenth of the time that two take; nearly all texts have none of these.
    linked = "]" in text and "](" in text and _WEB.search(text) is not None
    headed = "#" in text and (text[0] == "#" or "\n#" in text)
    if not (linked or headed or ("=" in text and "\n===" in text)):
        return False
    text = _with_signs(text)
    lines = [*_outside_code(text)]
    if linked and sum(1 for _ in _WEB.finditer(text)) >= _LINKS:
        with_link = sum(_WEB.search(line) is not None for line in lines)
        if with_link >= _SHARE * len(lines):
            return True
    levels = [len(found[1]) for line in lines if (found := _HEADING.match(line))]
    lower = sum(level > 1 for level in levels)
    marked = linked or _BOLD.search(text) is not None
    if lower >= _HEADINGS and marked:
        return True
    first = next((at for at, line in enumerate(lines[:_HEAD]) if _HEADING.match(line)), None)
    if first is None or levels[0] != 1 or levels.count(1) > 1:
        return False
    return lower > 0 or marked or first == 0 or lines[0] in ("---", "+++")  # under front matter


def _outside_code(text: str) -> Iterator[str]:
    """The lines that are neither blank nor between fences."""
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif line and not fenced and not line.isspace():
            yield line


def plain(text: str) -> Plain:
    r"""What a text in Markdown says, line by line. Time is linear in its length.

    >>> plain("## Bridge **opens**\n\nThe [toll](/toll) is *two* crowns.\n\n*   [Home](/)\n[News](/n) | [Mail](/m)")
    Plain(text='Bridge opens\n\nThe toll is two crowns.\n\n- Home\nNews | Mail', linked=(5, 6, 6), headline=0)
    >>> plain("[![Image 2: The pier](/a.jpg)](/b)\nsnake_case, 2 * 3 * 4 and \\*this\\*").text
    '![The pier](/a.jpg)\nsnake_case, 2 * 3 * 4 and *this*'
    """
    text = text.translate(NO_MARKS)
    parts, at = [], 0
    while (fence := _FENCE.search(text, at)) is not None:
        closed = re.compile(rf"^ {{0,3}}{re.escape(fence[1][0])}{{{len(fence[1])},}}[ \t]*$", re.MULTILINE)
        close = closed.search(text, fence.end())
        if close is None:
            break  # nothing that is open to the end of a page is code
        parts += [_without_marks(text[at : fence.start()]), text[fence.start() : close.end()]]
        at = close.end()
    return read_marks("".join([*parts, _without_marks(text[at:])]).split("\n"))


_CODE_HELD = re.compile(f"{HELD}([0-9]+){HELD}")


def _with_signs(text: str) -> str:
    """Headings with a line of signs under them as those with signs before them; the line is blank then."""
    if "\n===" not in text and "\n---" not in text:
        return text
    return _UNDERLINED_HEADING.sub(lambda match: f"{'#' if match[2] else '##'} {match[1]}\n", text)


def _without_marks(text: str) -> str:
    code: list[str] = []
    if "`" in text:  # what stands in it has no marks
        code = [match[2] for match in _CODE.finditer(text)]
        numbers = count()
        text = _CODE.sub(lambda _: f"{HELD}{next(numbers)}{HELD}", text)
    text = _BREAK.sub(r"\1", _with_signs(text))
    if "](" in text:
        if "![" in text:
            text = _IMAGE.sub(_picture, text)
        text = _LINK.sub(_words, text)  # a link may have a picture in it
    if "][" in text or "] [" in text:
        known = {name.casefold() for name in _REFERENCE.findall(text)}
        text = _REFERRED.sub(lambda m: m[1] if (m[2] or m[1]).casefold() in known else m[0], text)
    text = "\n".join([*map(_line, _AUTOLINK.sub(r"\1", text).split("\n"))])
    return _CODE_HELD.sub(lambda match: code[int(match[1])], text) if code else text


def _words(match: re.Match[str]) -> str:
    if match[1].isdecimal() and match[0].startswith(f"[{match[1]}](#"):
        return f"[{match[1]}]"  # of a note
    words = match[1].replace("\n", f"{END}\n{BEGIN}")  # Firecrawl's cards are links of several lines
    apart = " " if match.string.startswith(("[", "!["), match.end()) else ""  # `[News](/n)[Mail](/m)`
    return f"{BEGIN}{words}{END}{apart}"


def _picture(match: re.Match[str]) -> str:
    words = _NUMBERED.sub("", match[1])
    return f"![{words}]{match[2]}"


def _line(line: str) -> str:
    """A line without its marks but those of links."""
    if not line or _RULE.fullmatch(line):
        return line
    if "{" in line or line.lstrip().startswith(":::"):
        line = _DIVISION.sub("", _ATTRIBUTES.sub("", line)).rstrip()
    line = _QUOTE.sub("", line)
    top = ""
    if heading := _HEADING.match(line):
        line, top = line[heading.end() :].rstrip(), TOP if len(heading[1]) == 1 else ""
        if line[-1:] == "#" and (closed := line.rstrip("#"))[-1:] in " \t":
            line = closed.rstrip()
    else:
        line = _BULLET.sub(r"\1- ", line)
    if "![" in line and (pictures := _IMAGE.findall(line)):
        rest = _IMAGE.sub("", line)
        if not any(map(str.isalnum, rest)):
            return " ".join(f"![{words}]{address}" for words, address in pictures)
        line = " ".join(rest.split())
    if "*" in line:
        line = _STARRED.sub(r"\1", _STRONG.sub(r"\1", line))
    if "_" in line:
        line = _SLANTED.sub(r"\1", _UNDERLINED.sub(r"\1", line))
    if "~~" in line:
        line = _STRUCK.sub(r"\1", line)
    return top + (_ESCAPED.sub(r"\1", line) if "\\" in line else line)
