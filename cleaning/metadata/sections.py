"""Which line over a headline is the article's section: by the address, the way from the front page, its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import unquote

from cleaning.fields.fieldlines import read_field_line, without_behind, without_marker
from cleaning.fields.headlines import plain_letters
from cleaning.fields.heads import head_settings
from cleaning.fields.namewords import section_words
from cleaning.lines import Label
from cleaning.metadata.page import Page, Read, of_record
from cleaning.textcache import Recent

# Rows over the headline of which one may be a folder of the address.
_OVER = 8
# Rows from the headline on in which the name of a section may stand under it.
_UNDER = 8
# So many names of sections with no more than so many rows from one to the next are a menu; a way from the front page
# has two.
_MENU, _NEXT = 3, 3
# Rows between a word alone and the headline, and one more.
_APART = 3
# Characters of a folder's name that is looked for, and of a line that may say it.
_FOLDER, _LINE = 3, 40
# Rows of a way from the front page, one name on each.
_WAY = 4
_ADDRESS = 300
# What a line that says a folder of the address may be instead: `/reuters/` over `Reuters`.
_OTHERS = ("byline", "date", "source-credit", "caption", "copyright")
# With one of these the names of a way from the front page end, but for the last.
_NEXT_SIGNS = (">", "›", "»", "→")
_NO_WORD = re.compile(r"[\W_]+")


def read_section(page: Page) -> tuple[Read | None, Read | None]:
    """As the record says, else as a line over the headline, or under it; and a place that stands in capitals beside
    the date, as sections do: the text says it too.

    First comes the line nearest to the headline that says a folder of the page's address. Where the address names
    another section, a word alone over the headline is its topic. A name that is as often a place or a topic counts
    at the end of a way from the front page, or where the page says it twice; one of a menu where it stands again
    right over the headline.
    """
    if own := of_record(page, "section"):
        return own, None
    labels = page.of("section")
    title = next((one.row for one in page.of("title") or page.of("headline")), None)
    if not labels and (title is None or title == page.rows.start):
        return None, None  # most texts: no line says it, and none stands over the headline
    if title is not None:
        if labels:
            title = _copy_below(page, labels, title)
        if way := _way_to(page, title):
            return way, None
    folders = _folders(page.url) if title is not None else ()
    if not labels and not folders:
        return None, None
    words = section_words()
    telling = [folder for folder in folders if folder not in _vague()]
    if title is not None and (found := _in_address(page, labels, title, telling)):
        return found, None
    named = any(folder in _known() for folder in telling)
    menus, place = _menus(page, labels), None
    for label in _in_order(labels, title):
        row = label.row
        section = read_field_line(page.text(row)).section
        if not section:
            continue
        read = Read(section, page.no(row), label.rule_id)
        if label.rule_id == "fields.section.beside-date":
            if not _is_place(page, row, section):
                return read, place
            place = place or read
            continue
        whole = _bare(page.text(row)) == section
        if not whole:
            return read, place  # the last of a breadcrumb
        if title is not None and (row < title - _APART or _is_in_menu(page, labels, row, title)):
            continue  # a menu's, with words that are no sections between
        if row in menus and not (row + 1 == title and any(_says(page, other, section) for other in menus - {row})):
            continue
        if named and _slug(section).isascii() and _slug(section) not in _vague() and row not in menus:
            continue
        if section.lower() in words["places"] and not _on_way(page, labels, row):
            continue
        return read, place
    vague = [folder for folder in folders if folder in _vague() and folder in _known()]
    if title is not None and (found := _in_address(page, labels, title, vague)):
        return found, place
    return None, place


def _copy_below(page: Page, labels: list[Label], title: int) -> int:
    """The row right under a section that says the headline again, as the page's title and heading do; else its row."""
    said = page.text(title)
    for row in (one.row + 1 for one in labels if title < one.row <= title + _UNDER and one.row + 1 < page.rows.stop):
        if len(page.text(row)) >= _COPY and said.startswith(page.text(row)):
            return row
    return title


def _way_to(page: Page, title: int) -> Read | None:
    """The last name of a way from the front page that ends with the headline, on a line right over it:
    `Home » World » The last ferry has left`."""
    said = page.text(title)
    for row in range(title - 1, max(page.rows.start, title - _NEXT) - 1, -1):
        text = page.text(row)
        if not text.endswith(said) or text == said:
            continue
        *parts, _ = [part.strip() for part in _LEADS.split(text[: len(text) - len(said)])]
        if 2 <= len(parts) <= _WAY and parts[0].lower() in section_words()["home"] and len(parts[-1]) <= _LINE:
            return Read(parts[-1], page.no(row), "fields.section.line")
    return None


# What stands between the names of a way.
_LEADS = re.compile(r"\s*[>›»→/|]\s*")
# Characters of a headline that is said again, at least.
_COPY = 10


def _in_order(labels: list[Label], title: int | None) -> list[Label]:
    """Those over the headline, the nearest first; then those under it."""
    if title is None:
        return labels
    under = [one for one in labels if title < one.row <= title + _UNDER]
    return [*reversed([one for one in labels if one.row < title]), *under]


def _in_address(page: Page, labels: list[Label], title: int, folders: Sequence[str]) -> Read | None:
    """The line nearest over the headline, or labelled under it, that says one of the folders."""
    if not folders:
        return None
    said = {one.row: one for one in labels}
    under = [one.row for one in labels if title < one.row <= title + _UNDER]
    for row in (*range(title - 1, max(page.rows.start, title - _OVER) - 1, -1), *under):
        text = page.text(row)
        if row in said:
            text = read_field_line(text).section or text
        elif len(text) > _LINE:
            continue
        if _slug(text) in folders and (row in said or not _is_other(page, row)):
            rule = said[row].rule_id if row in said else "fields.section.address"
            return Read(_bare(text), page.no(row), rule)
    return None


def _is_other(page: Page, row: int) -> bool:
    return any(one.row == row for kind in _OTHERS for one in page.of(kind))


def _on_way(page: Page, labels: list[Label], row: int) -> bool:
    """Whether the rows above lead from the front page here, one name on each."""
    homes, rows = section_words()["home"], {one.row for one in labels}
    for above in range(row - 1, max(page.rows.start, row - _WAY) - 1, -1):
        if without_marker(page.text(above)).strip(" |:>»›·•/-").lower() in homes:
            return True
        if above not in rows:
            return False
    return False


def _is_in_menu(page: Page, labels: list[Label], row: int, title: int) -> bool:
    """Whether a name of a section stands above, and below another word that is none: `News`, `Sport`, `Contact`."""
    below = row + 1
    if below >= title or all(one.row != row - 1 for one in labels) or not page.text(below).isalpha():
        return False
    return all(one.row != below for some in page.by_kind.values() for one in some)


def _says(page: Page, row: int, section: str) -> bool:
    return without_marker(page.text(row)).lower() == section.lower()


def _is_place(page: Page, row: int, name: str) -> bool:
    """Whether a word in capitals beside the date is none of the known sections, and one of the text's in title case."""
    if not name.isupper() or name.lower() in section_words()["names"]:
        return False
    return any(name.title() in page.text(other)[:1000] for other in range(row + 1, min(row + _UNDER, page.rows.stop)))


def _menus(page: Page, labels: list[Label]) -> set[int]:
    """The rows of runs of so many names that they are a menu; not where each but the last says what comes next."""
    if len(labels) < _MENU:
        return set()
    runs: list[list[int]] = [[]]
    for label in labels:
        if runs[-1] and label.row - runs[-1][-1] > _NEXT:
            runs.append([])
        runs[-1].append(label.row)
    return {row for run in runs if len(run) >= _MENU and not _is_way(page, run) for row in run}


def _is_way(page: Page, rows: list[int]) -> bool:
    return all(page.text(row).endswith(_NEXT_SIGNS) for row in rows[:-1])


def _bare(text: str) -> str:
    """The name that a line says, without marks around it and a word that stands behind names of sections."""
    return without_behind(without_marker(text).strip(" |:>»›·•/-"))


def _slug(text: str) -> str:
    """A line as a folder of an address has it.

    >>> _slug("Food & Drink"), _slug("Économie")
    ('food-drink', 'economie')
    """
    found = _SLUGS.get(text)
    if found is None and (found := _SLUGS.again(text)) is None:
        found = _SLUGS.keep(text, _NO_WORD.sub("-", plain_letters(_bare(text).lower()).replace("đ", "d")).strip("-"))
    return found


_SLUGS: Recent[str] = Recent(8192)


@cache
def _known() -> frozenset[str]:
    return frozenset(map(_slug, section_words()["names"]))


@cache
def _vague() -> frozenset[str]:
    """Folders of all kinds of articles."""
    return frozenset(map(_slug, head_settings()["address"]["vague"]))


def _folders(url: str) -> tuple[str, ...]:
    """The folders of an address, and what stands before its domain, as sites of one house have it.

    >>> _folders("https://milano.paper.example/cronaca/2025/traghetto.html")
    ('milano', 'cronaca')
    """
    host, _, path = url[:_ADDRESS].partition("://")[2].partition("/")
    parts = path.partition("?")[0].split("/")[:-1]
    if "%" in path:
        parts = [unquote(part) for part in parts]
    if host.count(".") > 1:
        parts.insert(0, host.partition(".")[0])
    return tuple(
        part.lower().replace("_", "-")
        for part in parts
        if len(part) >= _FOLDER and not part[0].isdigit() and part != "www"
    )
