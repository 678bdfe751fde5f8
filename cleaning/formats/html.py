"""A text in HTML, a page or a part of one, to the lines of plain text that it says.

Each element that a browser gives lines of its own ends a line, white space is one space, references are characters.
What tags tell is kept: lines that are nothing but links, the only heading of the first level; and what the head of a
page states of it stands over the text as front matter, which is read as any other (`fields.header`).

Tags are read one after the other. A parser that builds the tree of HTML 5 makes 12 million nodes of `<p><font a=1>`,
`<p><font a=2>`, … in 79,000 characters (Lexbor, as selectolax 1.0 has it; resiliparse 2.0 takes 3 GB), and Python's own
takes the square of time for `<!--<!--`.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html import unescape

from cleaning.formats.htmltags import CDATA, Tag, elements, first_number, image_says, named, number_of, read_tags
from cleaning.formats.pagehead import Head
from cleaning.formats.pagelines import BLANK, BROKEN, CELL, KEPT, LINE, OWN, ROW, SEAM, read_lines
from cleaning.formats.plaintext import BEGIN, END, TOP, Plain, read_marks

_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,10})(?=[\s/>])[^<>]{0,1000}>")
# The first element, behind the declaration of XML and a comment.
_FIRST = re.compile(
    r"\s*+(?:<\?xml\b[^<>]{0,200}>\s*+)?(?:<!--.{0,2000}?-->\s*+)?<(!doctype(?=\s+html)|[a-z][a-z0-9]{0,10})(?=[\s/>])",
    re.DOTALL | re.IGNORECASE,
)
# White space of HTML, and what is a line feed to others. A no-break space is none.
_SPACE = re.compile("[ \t\n\r\f\v\x1c-\x1f\x85\u2028\u2029]+")
_LINE_ENDS = re.compile("\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Lines of a link that is a card of several; one with more was never closed.
_CARD = 8
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Breaks within a heading, at most.
_HEADING = 2


def is_html(text: str) -> bool:
    """Whether a text is HTML, and not one about it. Time is linear in its length.

    >>> is_html("<p>The bridge is open.</p>"), is_html("It is open.<br><br>The toll is<br>two crowns.<br>")
    (True, True)
    >>> is_html("A <br> ends a line, she said, and a <p> a paragraph."), is_html("1 < 2")
    (False, False)
    """
    if "<" not in text:
        return False
    limit = elements()["is"]
    first = _FIRST.match(text)
    name = first[1].lower() if first else ""
    if name in limit["pages"]:
        return True
    known = _breaks() - {"br"}
    tags = [(match[1], match[2].lower()) for match in _ANY_TAG.finditer(text)]
    if len(tags) < limit["tags"]:
        return False
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    tagged = sum(_ANY_TAG.search(line) is not None for line in lines)
    if tagged < limit["share"] * len(lines):
        return False
    breaks = sum(name in limit["breaks"] for _, name in tags)
    if name in known or name in limit["inline"]:
        return breaks >= limit["least"] or any(closes for closes, _ in tags)
    return breaks >= max(limit["least"], len(lines) - 1) and 2 * breaks >= len(tags)


# Where a page names its charset: within so many bytes, as HTML has it for 1,024.
_CHARSET_BYTES = 4096
_CHARSET = re.compile(
    rb"<(?:meta\b[^<>]*?\bcharset|\?xml\b[^<>]*?\bencoding)\s{0,9}=\s{0,9}[\"']?([\w.:-]{2,40})", re.IGNORECASE
)


def charset_of(data: bytes) -> str | None:
    """The charset that a page names in its head; None where none is named.

    >>> charset_of(b"<html><meta charset=euc-kr>"), charset_of(b"The charset=euc-kr of a page")
    ('euc-kr', None)
    """
    found = _CHARSET.search(data[:_CHARSET_BYTES])
    return found[1].decode("ascii", "replace") if found else None


_EMPTY_LINES = re.compile(r"(?<![ \t\r])[ \t\r]*+\n(?:[ \t\r]*+\n)++[ \t]*+")
_TEXT_ENDS = re.compile(r"[^\s>][ \t\r]*+\n[ \t\r]*+\n")
_LINES = re.compile(r"(?<![ \t\r])[ \t\r]*+\n[ \t]*+")


def _breaking(text: str) -> re.Pattern[str] | None:
    """What ends lines of text other than elements: all line ends, where none has another end; blank lines in texts as
    they lie in blogs' databases, which make paragraphs of them; in others nothing.
    """
    names = Counter(match[2].lower() for match in _ANY_TAG.finditer(text))
    if names.keys() & named("page"):
        return None
    if not names.keys() & _breaks():
        return _LINES
    ends = sum(names[name] for name in elements()["is"]["breaks"])  # of paragraphs both tags count
    return _EMPTY_LINES if sum(1 for _ in _TEXT_ENDS.finditer(text)) > ends else None


@cache
def _breaks() -> frozenset[str]:
    return named("paragraphs") | named("lines") | named("cells") | {"br"}


def plain(text: str) -> Plain:
    r"""What a text in HTML says. Time is linear in its length.

    >>> plain("<h1>The bridge <b>opens</b></h1><ul><li><a href=/>Home</a><li>News</ul><p>2&nbsp;kr<br>a day")
    Plain(text='The bridge opens\n\n- Home\n- News\n\n2\xa0kr\na day', linked=(3,), headline=1)
    >>> plain("<title>Open | Herald</title><meta name=author content='Ann Lee'><p>It is open.").text
    "---\npage_title: 'Open | Herald'\nauthor: 'Ann Lee'\n---\nIt is open."
    """
    text = text.translate(OWN)
    if CDATA in text:
        text = text.replace("]]>", "")
    page = _Page(_breaking(text))
    at = 0
    for tag in read_tags(text):
        page.say(text[at : tag.begin])
        page.open(tag)
        at = tag.end
    page.say(text[at:])
    return page.plain()


_STATING = {"title": Head.title, "meta": Head.meta, "link": Head.link, "script": Head.linked_data}


class _Page:
    """The text of a page while its tags are read."""

    def __init__(self, breaking: re.Pattern[str] | None) -> None:
        self._breaking = breaking
        self._parts: list[str] = []
        self._lists: list[int] = []
        """Of each list that is open how many points it has had if it numbers them, else -1."""
        self._bullet = ""
        self._link: list[int] | None = None
        """Where the marks of the link that is open stand in the parts."""
        self._pre = 0
        self._ended = -1
        """Where in the text the end of an element within a line ended, if that was the last tag."""
        self._ruby = self._reading = False
        """Whether ruby is open, and what says how its words are read."""
        self._raised = False
        self._heading: list[int] | None = None
        """Where the breaks of the heading that is open stand in the parts."""
        self._head = Head()

    def say(self, source: str) -> None:
        """Add what stands between two tags."""
        if not source or self._reading:
            return
        words = unescape(source).translate(OWN)
        if self._raised and words.isascii() and words.isdecimal():
            words = words.translate(_RAISED)  # `10<sup>6</sup>`, and the number of a note behind a year
        if self._pre:
            for number, line in enumerate(_LINE_ENDS.split(words)):
                if number:
                    self._break(BROKEN)
                self._parts.append(line.replace(" ", KEPT))
            return
        if self._breaking is None:
            self._add(words)
            return
        ends = [BLANK if end.count("\n") > 1 else BROKEN for end in self._breaking.findall(words)]
        for line, end in zip(self._breaking.split(words), [*ends, ""], strict=True):
            self._add(line)
            if end:
                self._break(end)

    def _add(self, words: str) -> None:
        """Add words that stand in a line."""
        words = _SPACE.sub(" ", words)
        if self._bullet and words != " ":
            self._parts.append(self._bullet)
            self._bullet, words = "", words.lstrip(" ")
        self._parts.append(words)

    def open(self, tag: Tag) -> None:
        """Go on behind a tag."""
        name = tag.name
        if not name:
            return
        self._seam(tag)
        if name in named("ruby"):
            self._ruby = (self._ruby or name == "ruby") and not (tag.closes and name == "ruby")
            self._reading = self._ruby and name in ("rt", "rp", "rtc") and not tag.closes
        elif name == "sup":
            self._raised = not tag.closes
        elif name == "q":
            self._parts.append("”" if tag.closes else "“")
        elif name == "img":
            self._parts.append(image_says(tag.attributes))
        elif name == "br":
            self._break_line()
        elif name in _STATING:
            if not tag.closes:
                _STATING[name](self._head, tag.attributes)
        elif name in named("cells"):
            if not tag.closes:
                self._parts.append(CELL)
        elif name == "a":
            self._close_link()
            if not tag.closes and "href" in tag.attributes.lower():
                # `<a>News</a><a>Sport</a>`
                apart = " " if self._parts[-1:] == [END] else SEAM if self._ended == tag.begin else ""
                self._parts += [apart, BEGIN]
                self._link = [len(self._parts) - 1]
        elif name in named("paragraphs") or name in named("lines"):
            self._break(BLANK if name in named("paragraphs") else LINE)
            self._ruby = self._reading = self._raised = False
            self._heading = [] if name in named("headings") and not tag.closes else None
            if name == "h1" and not tag.closes:
                self._parts.append(TOP)
            elif name in named("rows"):
                self._parts.append(ROW)
            elif name == "pre":
                self._pre = max(0, self._pre + (-1 if tag.closes else 1))
            elif name in named("lists"):
                self._bullet = ""
                if not tag.closes:
                    self._lists.append(first_number(tag.attributes) - 1 if name == "ol" else -1)
                elif self._lists:
                    self._lists.pop()
            elif name == "li":
                self._bullet = "" if tag.closes else self._next_point(tag.attributes)

    def _seam(self, tag: Tag) -> None:
        if tag.name not in named("seams"):
            self._ended = -1
        elif tag.closes:
            self._ended = tag.end
        elif self._ended == tag.begin and not (tag.name == "a" and "href" in tag.attributes.lower()):
            self._parts.append(SEAM)

    def _next_point(self, attributes: str) -> str:
        if not self._lists or self._lists[-1] < 0:
            return "- "
        self._lists[-1] = number_of("value", attributes, self._lists[-1] + 1)
        return f"{self._lists[-1]}. "

    def _break(self, sign: str) -> None:
        if self._link is None:
            self._parts.append(sign)
            return
        self._parts += [END, sign, BEGIN]
        self._link += [len(self._parts) - 3, len(self._parts) - 1]
        if len(self._link) > 2 * _CARD:
            self._cancel_link()

    def _break_line(self) -> None:
        """`<br>`. A heading is one line, if it is one: some pages are headings from end to end."""
        if self._heading is None:
            self._break(BROKEN)
            return
        self._heading.append(len(self._parts))
        self._parts.append(" " if len(self._heading) <= _HEADING else BROKEN)
        if len(self._heading) == _HEADING + 1:
            for at in self._heading:
                self._parts[at] = BROKEN

    def _close_link(self) -> None:
        if self._link is not None:
            self._parts.append(END)
            self._link = None

    def _cancel_link(self) -> None:
        """What is open for so long is no link."""
        for at in self._link or ():
            self._parts[at] = ""
        self._link = None

    def plain(self) -> Plain:
        """The whole text."""
        self._cancel_link()
        return read_marks([*self._head.lines(), *read_lines(self._parts)])
