"""Pages to learn from, each in four forms: whole, clean, short and mixed.

Clean is nothing but its gold paragraphs, for a clean article is to stay as it is; short has a few first sentences for
its body, for an article of four sentences is one too; mixed has its body in the frame of another page of its fold.
"""

from __future__ import annotations

import collections
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cleaning.language import detect_languages
from cleaning.sites import registrable_domain
from pipelines.store import json_lines

FOLDS = 5
WEIGHTS = {"clean": 0.5, "short": 0.4, "mixed": 0.4}
"""Of the other forms of a page, against the whole page."""
_FIRST_SENTENCE = re.compile(r"^.{15,}?[.!?。！？]+[\"'”’»」』)]*(?=\s|$|(?<=[。！？」』]))")


@dataclass(frozen=True)
class Page:
    """A page, or its gold paragraphs alone."""

    id: str
    file: str
    url: str | None
    text: str
    labels: tuple[str, ...]
    gold: tuple[str, ...]
    weight: float
    form: str
    """`whole`, `clean`, `short` or `mixed`."""

    @property
    def fold(self) -> int:
        """Pages of one site are of one fold, and copies of one page whose site is not known."""
        site = registrable_domain(self.url) or self.id.split("/")[0]
        return zlib.crc32(site.encode()) % FOLDS


def read_pages(paths: Sequence[Path]) -> list[Page]:
    """All pages of the files, and each page's gold paragraphs once."""
    pages: list[Page] = []
    for path in paths:
        rows = [json.loads(line) for line in json_lines(path)]
        often = collections.Counter(tuple(row["gold"]) for row in rows)
        seen: set[tuple[str, ...]] = set()
        for row in rows:
            gold = tuple(row["gold"])
            # an article that stands in the file n times, as n extractors left it, is no n articles
            weight = often[gold] ** -0.5 * row.get("weight", 1.0)
            whole = Page(row["id"], path.name, row["url"], row["text"], tuple(row["labels"]), gold, weight, "whole")
            pages.append(whole)
            own = row.get("weight", 1.0)
            if gold not in seen:
                text = "\n".join(" ".join(paragraph.split()) for paragraph in gold)
                labels = ("body",) * len(gold)
                pages.append(replace(whole, text=text, labels=labels, weight=own * WEIGHTS["clean"], form="clean"))
                pages.append(replace(_short(whole), weight=own * WEIGHTS["short"]))
            seen.add(gold)
    return [*pages, *_mixed(pages)]


def _mixed(pages: Sequence[Page]) -> Iterator[Page]:
    """Each page's body with what stands around the body of the next page of its fold, of the same language where there
    is one: so less is learned of which frames stand around which articles."""
    languages = [one.tag for one in detect_languages(["\n".join(page.gold) for page in pages])]
    groups: collections.defaultdict[tuple[str, int], list[tuple[str, int, Page]]] = collections.defaultdict(list)
    for page, language in zip(pages, languages, strict=True):
        if page.form == "whole" and "body" in page.labels:
            groups[page.file, page.fold].append((language, zlib.crc32(page.id.encode()), page))
    for group in groups.values():
        some = [page for _, _, page in sorted(group, key=lambda one: one[:2])]
        for page, frame in zip(some, some[1:] + some[:1], strict=True):
            if page.gold != frame.gold and "other" in frame.labels:
                yield _framed(page, frame)


def _framed(page: Page, frame: Page) -> Page:
    """The page's body lines in place of the frame's, spread over the runs of body lines that the frame has."""
    body = [line for line, said in zip(page.text.split("\n"), page.labels, strict=True) if said == "body"]
    slots = frame.labels.count("body")
    kept: list[tuple[str, str]] = []
    filled = 0
    for line, said in zip(frame.text.split("\n"), frame.labels, strict=True):
        if said != "body":
            kept.append((line, said))
            continue
        filled += 1
        upto = len(body) * filled // slots
        kept += [(one, said) for one in body[len(body) * (filled - 1) // slots : upto]]
    text, labels = "\n".join(line for line, _ in kept), tuple(said for _, said in kept)
    return replace(page, text=text, labels=labels, weight=page.weight * WEIGHTS["mixed"], form="mixed")


def _short(page: Page) -> Page:
    """The page with the first sentences of its first paragraphs, three to eight, for a body."""
    left = 3 + zlib.crc32(page.id.encode()) % 6
    kept: list[tuple[str, str]] = []
    for line, said in zip(page.text.split("\n"), page.labels, strict=True):
        if said == "body":
            left -= 1
            if left < 0:
                continue
            first = _FIRST_SENTENCE.match(line)
            kept.append((first.group() if first else line, said))
        else:
            kept.append((line, said))
    text, labels = "\n".join(line for line, _ in kept), tuple(said for _, said in kept)
    return replace(page, text=text, labels=labels, form="short")
