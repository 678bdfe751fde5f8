"""The site of a url: its registrable domain, by the public suffix list that travels with tldextract."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import tldextract


@cache
def _suffixes() -> tldextract.TLDExtract:
    import tldextract  # 0.2 s, which `tamis --help` need not pay

    # No download and no cache on disk: the answer has to be the same on every machine.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


# A host with no port, no user and no capital before it: what urlsplit takes ten times as long to find.
_PLAIN_HOST = re.compile(r"[a-z]+://([a-z0-9.-]+)(?=[/?#]|\Z)")


def registrable_domain(url: str | None) -> str | None:
    """`bbc.co.uk` for `https://www.bbc.co.uk/news`, `paper.test` for `https://www.paper.test/news`.

    A suffix that the list does not know is the last label of the host, by the list's default rule `*`
    (https://github.com/publicsuffix/list/wiki/Format). The host itself where it is an address, one label or a suffix.
    None without a url or where the url has no host.
    """
    if not url:
        return None
    if plain := _PLAIN_HOST.match(url):
        return _registrable(plain[1])
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None
    return _registrable(host) if host and ("." in host or "//" in url) else None


@lru_cache(100_000)
def _registrable(host: str) -> str | None:
    found = _suffixes()(host)
    if found.suffix or ":" in host or host.rstrip(".").rpartition(".")[2].isdigit():
        return found.top_domain_under_public_suffix or host
    labels = host.strip(".").split(".")
    return ".".join(labels[-2:]) if all(labels) else host  # a label is never empty: that is no domain
