"""What taking a site down takes: a site is a registrable domain, with the records of all its hosts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from cleaning.tombstones import spelled
from pipelines.checks.found import count_of

# Hosts that are named, those with most records first.
_NAMED = 5


class TakenSite(NamedTuple):
    """A site that is taken down."""

    site: str
    """Its registrable domain."""
    records: int
    """Published or not; copies elsewhere are not counted."""
    hosts: tuple[tuple[str, int], ...]
    """Hosts and their records, the most first. Records whose url the dataset no longer has are of none."""


def taken_site(site: str, urls: Iterable[str | None]) -> TakenSite:
    """Count the records of a site, given the url of each, by host.

    >>> taken_site("example.jp", ["https://news.example.jp/1", "https://WWW.example.jp/2", None])
    TakenSite(site='example.jp', records=3, hosts=(('news.example.jp', 1), ('www.example.jp', 1)))
    """
    hosts = [_host(url) for url in urls]
    counted = Counter(host for host in hosts if host)
    return TakenSite(site, len(hosts), tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0]))))


def in_words(site: TakenSite) -> str:
    """The records of a site and where they stood.

    >>> in_words(TakenSite("example.jp", 2, (("news.example.jp", 1), ("www.example.jp", 1))))
    '2 records of example.jp, of 2 hosts: news.example.jp 1, www.example.jp 1'
    """
    words = f"{count_of(site.records, 'record')} of {site.site}"
    if not site.hosts:
        return words
    named = ", ".join(f"{host} {records:,}" for host, records in site.hosts[:_NAMED])
    return f"{words}, of {count_of(len(site.hosts), 'host')}: {named}{', …' if len(site.hosts) > _NAMED else ''}"


def all_in_words(sites: Sequence[TakenSite]) -> str:
    """Several sites, one after the other."""
    return "; ".join(map(in_words, sites))


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname if url else None
    except ValueError:
        return None
    return spelled(host) if host else None
