"""The title that a page prints, as its publisher would give it."""

from __future__ import annotations

import re

from cleaning.fields.fieldlines import without_marker
from cleaning.fields.headlines import fold, headline, without_kicker
from cleaning.fields.kickers import address_has, run_on_kicker
from cleaning.metadata.page import Page, Read


def printed_title(page: Page) -> Read | None:
    """What the line labelled as the headline says, without its kicker, site and soft hyphens; None where none is."""
    rows = page.of("title") or page.of("headline")
    best = next((one for one in rows if one.rule_id == "fields.title.headline"), rows[0] if rows else None)
    if best is None:
        return None
    text, site = page.text(best.row), page.site
    value = headline(text, site)
    copies: list[str] = []
    if len(rows) > 1:
        # the headline in a breadcrumb may have the colon that the headline itself has lost
        folded = fold(text)
        copies = [headline(copy, site) for one in rows[:20] if fold(copy := page.text(one.row)) == folded]
        value = without_kicker(max([value, *copies], key=len), copies)
        if any(one.row == best.row + 1 and one.rule_id == "fields.title.continued" for one in rows):
            value += page.text(best.row + 1)
    value = _with_kicker(page, best.row, _without_outlet(page, best.row, value), copies)
    if not value.isascii() or "  " in value or "\t" in value:
        value = _SPACE.sub(" ", value)
    return Read(value, page.no(best.row), best.rule_id) if value else None


_BEFORE_SEAM = re.compile(r"(?s:(.*)) [-–—|·] ")
# Rows around a headline in which another line may say it without the name of the outlet behind it.
_NEAR, _LEAST = 4, 15


def _without_outlet(page: Page, row: int, title: str) -> str:
    """A title without ` - The Example` behind it, where a line nearby says it without."""
    seam = _BEFORE_SEAM.match(title)
    if seam is None or seam.end(1) < _LEAST:
        return title
    before = seam[1]
    near = page.texts[max(page.rows.start, row - _NEAR) : min(page.rows.stop, row + _NEAR)]
    return before if any(len(text) < len(title) and fold(text) == fold(before) for text in near) else title


# An ideographic space is one that a Japanese headline has between its parts.
_SPACE = re.compile(r"[^\S\u3000]+")
# Rows over a headline and under it in which a breadcrumb may say it without its kicker.
_ABOVE, _BELOW = 12, 6


def _with_kicker(page: Page, row: int, title: str, copies: list[str]) -> str:
    """A title without the kicker that its line runs on to it, and with the one that the page's address counts in.

    `copies`: what other lines say that say the same.
    """
    above, _, rest = title.partition(": ")
    if rest and f"{above} {rest}" in copies:  # a breadcrumb has the mark that the headline itself has lost
        alone = address_has(page.url, rest) and not address_has(page.url, above, rest)
        return rest if alone else title
    near = page.texts[max(page.rows.start, row - _ABOVE) : min(page.rows.stop, row + _BELOW)]
    kicker = run_on_kicker(title, near)
    if kicker:
        title = title[len(kicker) :].strip()
    elif page.url and row > page.rows.start and len(over := page.text(row - 1)) <= _KICKER:
        over = without_marker(over)
        kicker = over.rstrip(" :") if over[:1].isalpha() or over[:1] in _QUOTES else ""  # no date
    return f"{kicker}: {title}" if kicker and address_has(page.url, kicker, title) else title


# Characters of a kicker, at most; and what it may begin with but for letters.
_KICKER, _QUOTES = 60, "\"“„«»‘'"
