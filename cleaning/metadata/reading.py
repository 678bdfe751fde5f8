"""What is known of an article: what its record says, else what its lines say, with the line and the rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise, starmap
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaning.fields import captions
from cleaning.fields.asiandatelines import signed_from
from cleaning.fields.closings import CLOSING, read_closing
from cleaning.fields.datelines import may_have_dateline, read_dateline
from cleaning.fields.header import PAGE_TITLE, read_header
from cleaning.fields.headlines import UNSPACED, fold, headline
from cleaning.fields.picturecredits import MAX_CHARS
from cleaning.labels import dropping
from cleaning.lines import Label, Lines, end_with
from cleaning.metadata.credits import People, is_own, read_people, read_publisher, read_source_credit
from cleaning.metadata.page import Page, Read, all_given, of_record, who_says
from cleaning.metadata.sections import read_section
from cleaning.metadata.times import read_times
from cleaning.metadata.titles import printed_title
from cleaning.spoken import find_spoken


class Metadata(NamedTuple):
    """The metadata columns of one article, and where each value is from."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    """Persons; agencies and papers are in `publisher` or `source_credit`."""
    published_at: datetime | None = None
    """In UTC; midnight where only the day is stated, read as UTC where no zone is."""
    updated_at: datetime | None = None
    published_precision: str | None = None
    """`day`, `minute` or `second`."""
    published_zone: str | None = None
    """As stated; None: none stated."""
    publisher: str | None = None
    section: str | None = None
    dateline: str | None = None
    """The place before the first paragraph."""
    source_credit: str | None = None
    captions: tuple[str, ...] = ()
    evidence: tuple[tuple[str, int, str], ...] = ()
    """Field, line number (0: the record itself or its address) and rule_id of each value."""
    flags: tuple[tuple[str, str], ...] = ()
    """What a reader should know of the values, as names of flags with their evidence."""


def read_metadata(
    lines: Lines, labels: Sequence[Label], given: Sequence[Mapping[str, str]] | None = None
) -> list[Metadata]:
    """Metadata of each document of a batch.

    `given`: what each record says of itself, by the names of `config.RECORD_FIELDS`; it wins, and behind it a header
    over the text. A date there is ISO 8601, RFC 2822, seconds since 1970, or as a page prints it; one that cannot be
    read is left out.

    >>> from cleaning.lines import split
    >>> lines = split(["Council votes\\nBy Ann Lee"])
    >>> marks = [Label(0, "title", "fields.title.headline", ""), Label(1, "byline", "fields.byline.by", "")]
    >>> read_metadata(lines, marks)[0][:2]
    ('Council votes', ('Ann Lee',))
    """
    of: list[dict[str, list[Label]]] = [{} for _ in range(lines.documents)]
    spoken = find_spoken(lines, labels)
    some = [labels[at] for at in spoken.places(_READ).tolist()]
    documents = lines.documents_of([*map(_row, some)]).tolist() if some else []
    for label, document in zip(some, documents, strict=True):
        kinds = of[document]
        own = kinds.get(label[1])
        if own is None:
            kinds[label[1]] = [label]
        elif own[-1][0] != label[0]:
            own.append(label)
    texts, numbers = lines.texts, lines.line_no.tolist()
    records: Sequence[Mapping[str, str]] = given if given is not None else [{}] * len(of)
    gone = spoken.has(dropping("balanced"))
    rows = starmap(range, pairwise(lines.starts.tolist()))
    openings, closings = _openings(lines, gone), _closings(lines, gone)
    pages = zip(rows, lines.sites, of, openings, closings, records, lines.urls, strict=True)
    found = []
    for own, site, by_kind, opening, closing, record, url in pages:
        header = _header(lines, by_kind["header"]) if "header" in by_kind else {}
        address = record.get("url") or url or (header["url"].value if "url" in header else "")
        known = all_given(record, header)
        found.append(_read(Page(texts, numbers, own, site or "", by_kind, opening, closing, known, address)))
    return found


def _page_title(page: Page) -> Read | None:
    own = of_record(page, PAGE_TITLE)
    return own and own._replace(value=headline(own.value, page.site))


def _header(lines: Lines, labels: list[Label]) -> dict[str, Read]:
    """What the header over a text states; of a list, each item has a line."""
    found: dict[str, Read] = {}
    for label, (field, value) in zip(labels, read_header([lines.raw[label.row] for label in labels]), strict=False):
        if field and value:
            first = found.setdefault(field, Read("", int(lines.line_no[label.row]), label.rule_id))
            between = " " if field in ("title", PAGE_TITLE) else "; "
            found[field] = first._replace(value=f"{first.value}{between}{value}" if first.value else value)
    return found


# Labels of the lines that have values.
_READ = frozenset(("header", "title", "headline", "byline", "date", "section", "source-credit", "caption", "copyright"))
# A dateline is the head of one of so many lines of the body, the first that are of so many characters.
_OPENING, _OPENING_CHARS = 3, 40
# Han, kana and Hangul, which begin here, say it in half of that; a full stop may stand behind the last of them.
_OPENING_CHARS_CJK, _CJK = 20, 0x2E80


def _openings(lines: Lines, gone: npt.NDArray[np.bool_]) -> list[list[int]]:
    """The rows of each document in which a dateline may stand; `gone`: rows that leave the body."""
    least = np.where(lines.codes.codes[lines.codes.stops - 2] >= _CJK, _OPENING_CHARS_CJK, _OPENING_CHARS)
    rows = np.flatnonzero(~gone & (lines.sizes >= least)[lines.key])
    bounds = rows.searchsorted(lines.starts)
    first = rows[np.arange(len(rows)) - np.repeat(bounds[:-1], np.diff(bounds)) < _OPENING]
    first = first[may_have_dateline([lines.distinct[key] for key in lines.key[first].tolist()])]
    body = first.tolist()
    return [body[low:high] for low, high in pairwise(first.searchsorted(lines.starts).tolist())]


def _closings(lines: Lines, gone: npt.NDArray[np.bool_]) -> list[int]:
    """The last row of each document's body, if it may be signed at its end; else -1."""
    rows = np.flatnonzero(~gone)
    bounds = rows.searchsorted(lines.starts)
    last = np.append(rows, -1)[np.where(np.diff(bounds) > 0, bounds[1:] - 1, -1)]
    signed = end_with(lines, CLOSING)
    return np.where((last >= 0) & signed[lines.key[last]], last, -1).tolist() if len(lines) else [-1] * len(last)


_row = itemgetter(0)


def _read(page: Page) -> Metadata:
    evidence: list[tuple[str, int, str]] = []

    def take(field: str, read: Read | None) -> str | None:
        if read is None:
            return None
        evidence.append((field, read.line_no, read.rule))
        return read.value

    printed = printed_title(page)
    title = take("title", of_record(page, "title") or printed or _page_title(page))
    people = read_people(page)
    origin = _origin(page)
    authors = people.names
    if authors:
        evidence.append(("authors", people.line_no, people.rule))
    elif origin.names:
        authors = origin.names
        evidence.append(("authors", origin.line_no, _DATELINE))
    elif page.closing >= 0 and (authors := read_closing(page.text(page.closing))):
        evidence.append(("authors", page.no(page.closing), "fields.byline.closing"))
    published, updated, flags = read_times(page)
    flags = _with_contradictions(flags, page, printed, people)
    for field, time in (("published_at", published), ("updated_at", updated)):
        if time is not None:
            evidence.append((field, time.line_no, time.rule))
    section, place = read_section(page)
    where = Read(origin.place, origin.line_no, _DATELINE) if origin.place else place or _signed_from(page, people)
    dateline = take("dateline", where)
    agency = Read(origin.agency, origin.line_no, _DATELINE) if origin.agency else None
    credit = read_source_credit(page, people)
    # the page's own address says whose it is before an agency does, unless it is the agency's
    publisher = read_publisher(page, people, credit)
    addressed = publisher is not None and publisher.rule == "fields.publisher.address"
    if publisher is None or (addressed and agency is not None and is_own(agency.value, page.site)):
        publisher = agency
    elif credit is None and agency is not None and agency.value != publisher.value:
        credit = agency  # a paper that signs so itself has the story from nobody: `[김포=한강데일리]`
    return Metadata(
        title=title,
        authors=authors,
        published_at=published.moment.at if published else None,
        updated_at=updated.moment.at if updated else None,
        published_precision=published.moment.precision if published else None,
        published_zone=published.moment.zone if published else None,
        publisher=take("publisher", publisher),
        section=take("section", section),
        dateline=dateline,
        source_credit=take("source_credit", credit),
        captions=_captions(page, evidence),
        evidence=tuple(evidence),
        flags=flags,
    )


_SIGNED = ("fields.byline.korean", "fields.byline.chinese")


def _signed_from(page: Page, people: People) -> Read | None:
    """Where the byline says that its reporter writes from, as East Asian papers do."""
    if people.rule not in _SIGNED:
        return None
    text = next((page.text(one.row) for one in page.of("byline") if page.no(one.row) == people.line_no), "")
    return Read(town, people.line_no, people.rule) if (town := signed_from(text)) else None


def _with_contradictions(
    flags: tuple[tuple[str, str], ...], page: Page, printed: Read | None, people: People
) -> tuple[tuple[str, str], ...]:
    """The flags, and where the record's own title or authors are not those that the page prints."""
    if not flags and "title" not in page.given and "authors" not in page.given:
        return flags
    found = [evidence for name, evidence in flags if name == _CONTRADICTS]
    own = of_record(page, "title")
    if own is not None and printed is not None and printed.rule == "fields.title.headline":
        a, b = set(_words(own.value)), set(_words(printed.value))
        if a and b and len(a & b) < _SAME_TITLE * min(len(a), len(b)):
            found.append(
                f"title: {who_says(own.line_no)} says '{own.value[:60]}', line {printed.line_no} '{printed.value[:60]}'"
            )
    if page.given.get("authors") and people.names:
        on_page = read_people(page, given=False)
        if on_page.names and not {*map(_name, on_page.names)} & {*map(_name, people.names)}:
            found.append(
                f"authors: {who_says(people.line_no)} says {', '.join(people.names)[:80]}, "
                f"line {on_page.line_no} {', '.join(on_page.names)[:80]}"
            )
    others = tuple(flag for flag in flags if flag[0] != _CONTRADICTS)
    return (*others, (_CONTRADICTS, "; ".join(found))) if found else others


_CONTRADICTS = "contradicts-page"
# Share of the words of the shorter of two titles that the other has, if they are of one article.
_SAME_TITLE = 0.34


def _words(text: str) -> list[str]:
    return [*fold(text)] if UNSPACED.search(text) else fold(text).split()


def _name(name: str) -> str:
    return " ".join(sorted(fold(name).split()))


_DATELINE = "fields.dateline"


class _Origin(NamedTuple):
    place: str = ""
    agency: str = ""
    names: tuple[str, ...] = ()
    line_no: int = 0


def _origin(page: Page) -> _Origin:
    """The dateline of one of the first lines of the body that are long enough to have one."""
    for row in page.opening:
        if (found := read_dateline(page.texts[row])) is not None:
            return _Origin(*found, page.numbers[row])
    return _NOWHERE


_NOWHERE = _Origin()


_MOST_CAPTIONS = 50
_MARKDOWN_IMAGE = re.compile(r"^!\[([^\]]*)\]\([^)]*\)$")


def _captions(page: Page, evidence: list[tuple[str, int, str]]) -> tuple[str, ...]:
    """Each picture's words once: of two lines that say the same, the longer."""
    if "caption" not in page.by_kind:
        return ()
    kept: list[tuple[str, frozenset[str]]] = []
    for label in page.of("caption"):
        text = _MARKDOWN_IMAGE.sub(r"\1", page.text(label.row)).strip()
        if not text or label.rule_id == "fields.caption.only" or len(text) > MAX_CHARS:
            continue
        bag = captions.bag(text)
        same = (
            index
            for index, (other, words) in enumerate(kept)
            if captions.one_in_other(other, text) or captions.similar(bag, words) >= captions.SIMILARITY
        )
        if (twin := next(same, None)) is not None:
            kept[twin] = max(kept[twin], (text, bag), key=lambda one: len(one[0]))
        elif len(kept) < _MOST_CAPTIONS:
            kept.append((text, bag))
            evidence.append(("captions", page.no(label.row), label.rule_id))
    return tuple(text for text, _ in kept)
