"""What a site says of itself below an article: `We may earn a commission if you buy something.`"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import re2

from cleaning.labelers.bios import QUOTES
from cleaning.labelers.tails import KNOWN, Tail, find_tails
from cleaning.lines import Label, Lines
from cleaning.searching import find_matching
from cleaning.wordlists import ANY_SPACE, compiled, either, folded, read_lists, words_of

RULE = "imprint.said"
# Characters of a line, and of a name that begins it.
_LEAST, _LONGEST, _NAME = 12, 700, 4
# Folded characters before a name.
_BEFORE = 24
# Over the text a site says this of it, and little else.
_OVER = frozenset(["promo", "ui-string"])
_OWNER = re.compile(
    r"(?:©|\([Cc]\)|ⓒ|[Cc]opyright(?: ©)?)(?: ?[Bb]y)?[ .,]*"
    r"(?:\d{4}(?: ?[-–] ?\d{4})?)?[ .,]*(?:[Bb]y )?([^\d©|.,;:–—()]{3,40})"
)


class _Said(NamedTuple):
    label: str
    who: str
    what: str


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""Label what begins with the site's name, or has `we`, and says what sites say, below the last paragraph.

    The words and labels are those of data/imprint.toml. The name is that of the address or of a notice of copyright.
    Something else of the page has to be boilerplate, and nothing that reports say may stand in it.

    >>> from cleaning.lines import split
    >>> body = "The ferry will sail again, the office said, once divers have looked at the quay. " * 2
    >>> lines = split([f"{body}\n{body}\nShare\nPrint\nWe may earn a commission if you buy something."])
    >>> label(lines, [Label(row, "share-bar", "en.share.button", "") for row in (2, 3)])[0][1:]
    ('promo', 'imprint.said', "says 'may earn a commission' of itself ('we'), below the last paragraph")
    """
    said: list[Label] = []
    for tail in find_tails(lines, labels, _find_telling, (_LEAST // 2, _LONGEST), 0):
        owners: set[str] | None = None
        found: list[Label] = []
        for row, below in tail.below():
            if below:
                break
            text = lines.text(row)
            owners = _owners(lines, tail) if owners is None else owners
            if one := _read(text, owners):
                evidence = f"says '{one.what}' of {one.who}, below the last paragraph"
                found.append(Label(row, one.label, RULE, evidence))
                tail.pass_by(row)
        for row in tail.above():
            one = _read(lines.text(row), set())
            if one and one.label in _OVER and row not in {label.row for label in found}:
                found.append(Label(row, one.label, RULE, f"says '{one.what}' of {one.who}, over the first paragraph"))
        if tail.known + len(found) > KNOWN or tail.known >= KNOWN:
            said += found
    return sorted(said)


def _find_telling(texts: Sequence[str]) -> list[int]:
    """Which texts `_read` may give something of: it needs a word beside those of `we`."""
    return find_matching(_telling(*_labels(), "of_site"), texts)


@cache
def _telling(*kinds: str) -> re2._Regexp:
    begin, within = either("imprint", kinds)
    return compiled(f"(?m)(?:(?:^|{ANY_SPACE}){begin}|{within}).*")


def _read(text: str, owners: set[str]) -> _Said | None:
    if not _LEAST // 2 <= len(text) <= _LONGEST:
        return None
    behind = _behind(folded(text), owners) if owners else 0
    if not behind and not _telling(*_labels()).search(text.encode("utf-8", "replace")):
        return None
    words = words_of("imprint", text)
    if not words:
        return None
    reports = words_of("bios", text)
    spoken = read_lists("imprint").settings["may"]
    in_reports = {word.language for word in reports if word.kind == "not" and word.text not in spoken}
    # `media` is Finnish and Indonesian too: the language is that of which the line has most words
    counts = Counter(word.language for word in (*words, *reports))
    most = max(counts.values())
    for language in (one for one, count in counts.items() if count >= most - 1 and one not in in_reports):
        mine = [word for word in words if word.language == language]
        if behind:
            # `Harbour Post is …`, or two things that only sites say of themselves
            joined = any(
                word.kind == "is" and word.language == language and abs(word.at - behind) < 3 for word in reports
            )
            portrait = [word for word in mine if word.kind != "we"]
            if len({word.text for word in portrait}) > (0 if joined or language in _unspaced() else 1):
                kind = "promo" if portrait[0].kind == "of_site" else portrait[0].kind
                return _Said(kind, "the site by its name", portrait[0].text)
        we = next((word.text for word in mine if word.kind == "we"), "")
        if we and text[0] not in QUOTES:
            for word in mine:
                if word.kind in _labels():
                    return _Said(word.kind, f"itself ('{we}')", word.text)
    return None


def _behind(line: str, owners: set[str]) -> int:
    """Where in a folded line the name of its site ends that begins it; 0: none does. `Post's` is no name of a site."""
    for name in owners:
        size, at = 0, 0
        squeezed = line.replace(" ", "")
        at = squeezed.find(name)
        if 0 <= at <= _BEFORE:
            for place, character in enumerate(line):
                size += character != " "
                if size == at + len(name):
                    rest = line[place + 1 :]
                    return 0 if rest.startswith(" s ") else place + 1
    return 0


@cache
def _unspaced() -> frozenset[str]:
    return frozenset(read_lists("imprint").settings["unspaced"])


@cache
def _labels() -> frozenset[str]:
    kinds = {kind for table in read_lists("imprint").tables.values() for kind in table}
    return frozenset(kinds - {"we", "of_site"})


def _owners(lines: Lines, tail: Tail) -> set[str]:
    """Names of the site without spaces: out of its address and of notices of copyright."""
    names = set()
    document = int(lines.documents_of([tail.rows.start])[0])
    if site := lines.sites[document]:
        names.add(folded(site.partition(".")[0]).replace(" ", ""))
    for row in tail.rows[-30:]:
        text = lines.text(row)
        if not tail.free[row - tail.rows.start] and len(text) < 300 and (match := _OWNER.search(text)):
            names.add(folded(match[1]).replace(" ", ""))
    return {name for name in names if len(name) >= _NAME or not name.isascii()}
