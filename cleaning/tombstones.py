"""What was taken down stays away: a record whose id or site has a tombstone is rejected unread."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from cleaning.records import Problem, Record, doc_id
from cleaning.sites import registrable_domain

SITE = "site:"
"""How the entry of a site begins; the others are doc_ids."""
RULE = "reject.removed"


def bury(records: Sequence[Record], tombstones: Collection[str]) -> list[Record]:
    """The records, those with a tombstone without their content and what they said of themselves but for the url.

    A tombstone is for a page, so for all records of its identity, however often it was scraped.

    >>> page = Record("in.jsonl", 0, content="text", given={"url": "https://example.com/1"})
    >>> bury([page], {doc_id(page.identity)})[0].problem.rule_id
    'reject.removed'
    """
    if not tombstones:
        return list(records)
    buried = _as_compared(frozenset(tombstones))
    return [_emptied(record) if _is_buried(record, buried) else record for record in records]


def _is_buried(record: Record, buried: Collection[str]) -> bool:
    if doc_id(record.identity) in buried:
        return True
    site = registrable_domain(record.given.get("url"))
    return site is not None and f"{SITE}{spelled(site)}" in buried


@lru_cache(8)
def _as_compared(tombstones: frozenset[str]) -> frozenset[str]:
    """Sites as `site_of` has them: settings name them as a person writes them."""
    sites = {name for name in tombstones if name.startswith(SITE)}
    named = {name: site_of(name.removeprefix(SITE)) for name in sites}
    return (tombstones - sites) | {f"{SITE}{site}" if site else name for name, site in named.items()}


# A label of a host: what a url or a terminal would take for something else is in none.
_HOST = re.compile(r"""[^\s./:\\@?#%\[\]<>"'`]+(?:\.[^\s./:\\@?#%\[\]<>"'`]+)*""")
_LONGEST = 253  # characters of a host, RFC 1035, 2.3.4


def site_of(said: str) -> str | None:
    """The site that a person names by its domain, one of its hosts or an address there; None: it cannot be one.

    >>> site_of("EXAMPLE.com"), site_of("https://www.example.com/"), site_of("xn--bcher-kva.example.")
    ('example.com', 'example.com', 'bücher.example')
    >>> site_of("no site"), site_of("")
    (None, None)
    """
    if not said.isprintable() or len(said) > 2_000:
        return None
    host = registrable_domain(f"https://{said.split('://')[-1]}")
    site = spelled(host) if host else ""
    return site if _HOST.fullmatch(site) and len(site) <= _LONGEST else None


@lru_cache(100_000)
def spelled(host: str) -> str:
    """A host in one spelling: lower case, NFKC, without a dot at its end, labels of Punycode (RFC 3492) decoded.

    >>> spelled("XN--Bcher-kva.example.")
    'bücher.example'
    """
    host = unicodedata.normalize("NFKC", host).lower().replace("。", ".").rstrip(".")
    return ".".join(_decoded(label) for label in host.split("."))


def _decoded(label: str) -> str:
    if not label.startswith("xn--") or len(label) > 63:  # RFC 1035, 2.3.4
        return label
    try:
        decoded = unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode"))
    except (UnicodeError, ValueError):
        return label
    # What NFKC makes a dot or a slash of would name another host.
    return decoded if "." not in decoded and _HOST.fullmatch(decoded) and decoded.isprintable() else label


def _emptied(record: Record) -> Record:
    given = {name: value for name, value in record.given.items() if name == "url"}
    problem = Problem(RULE, "it was taken down; its tombstone stands in tombstones.jsonl")
    return replace(record, content="", given=given, problem=problem, reading=None)
