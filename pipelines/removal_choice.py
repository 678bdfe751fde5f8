"""Which records a removal takes out of a dataset: those named, others of their page, copies they stood for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from cleaning.records import Record, doc_id
from cleaning.tombstones import site_of, spelled
from pipelines.dataset import read_manifest
from pipelines.errors import CallError, ReadError
from pipelines.store import sha256_of
from pipelines.taken_sites import TakenSite, taken_site


class Gone(NamedTuple):
    """A record that is to go, or a copy of one that stays, so that a person can tell which. None: the dataset does not
    say."""

    doc_id: str
    source_id: str | None
    title: str | None
    url: str | None
    by_place: bool
    """It has neither an id nor a url, and is known by its file and its number there: so is its tombstone."""


@dataclass(frozen=True)
class Chosen:
    """What is to go, and what that means for what stays."""

    gone: frozenset[str]
    records: tuple[Gone, ...]
    """The same, by doc_id."""
    bases: frozenset[str]
    """doc_ids of the pages that they are records of, in the dataset or not."""
    sites: tuple[TakenSite, ...]
    also: tuple[str, ...]
    """doc_ids of rows that stay and say the same as a record that is to go."""
    copies: int
    """How many of what goes were not asked for: copies, wherever they stood, of a row that is gone."""
    kept: frozenset[str]
    """Rows that stay though they were copies of a row that is to go."""
    kept_records: tuple[Gone, ...]
    """The same, and what people know them by, by doc_id."""
    may_return: frozenset[str]
    """Those of what goes that get no tombstone: copies of which the dataset has no row to keep."""
    fewer: Counter[str]
    """How many records less each row stands for."""


def choose_of_whole(
    dataset: Path, doc_ids: Sequence[str], urls: Sequence[str], sites: Sequence[str], keep_copies: bool
) -> tuple[dict[str, Any], Chosen]:
    """The manifest of a dataset, and what is to go from it.

    Raises ReadError where a file is not what the manifest says, and CallError as `choose` does.
    """
    manifest = read_manifest(dataset)
    for entry in manifest["files"]:
        path = dataset / entry["path"]
        if not path.is_file() or sha256_of(path) != entry["sha256"]:
            raise ReadError(f"{entry['path']} is not the file that the manifest names: tamis check {dataset}")
    if not doc_ids and not urls and not sites:
        raise CallError("what is to be removed? Give --doc-id, --url or --site")
    return manifest, choose(dataset, manifest, doc_ids, urls, sites, keep_copies)


# What people know a record by, its doc_id first.
_KNOWN_BY = ["doc_id", "title", "url"]
_WHO = ["doc_id", "url", "site", "source_id", "source_file", "source_row", "duplicate_of"]


def choose(
    dataset: Path,
    manifest: dict[str, Any],
    doc_ids: Sequence[str],
    urls: Sequence[str],
    sites: Sequence[str],
    keep_copies: bool,
) -> Chosen:
    """Find the records that are named. Raises CallError for one that the dataset does not have.

    `keep_copies`: copies of them on other pages are not taken down. Those that are rows stay; the others, which the
    dataset has no row of, leave it, for what stood for them is gone, but may come back.
    """
    rows = {row["doc_id"]: row for row in _articles(dataset, manifest).to_table(columns=_WHO).to_pylist()}
    audit = _fates(dataset, manifest)
    names = ["doc_id", "fate", "evidence", "rule_id", "source_id", "source_file", "source_row", "site"]
    if missing := [name for name in names if name not in audit.schema.names]:
        raise ReadError(f"{dataset}/audit has no column {missing[0]}: another version of tamis wrote it; make it anew")
    fates = {row["doc_id"]: row for row in audit.to_table(columns=names).to_pylist()}
    identities: set[str] = set()
    named: set[str] = set()
    for name in (_doc_id(dataset, name, fates) for name in doc_ids):
        named.add(name)
        who = rows.get(name) or fates[name]
        identities.add(_identity(who))
    for url in urls:
        found = _family(f"url\n{url}", fates)
        if not found:
            raise CallError(f"{dataset} has no record with the url {url[:200]!r}: the url has to be as it was given")
        identities.add(f"url\n{url}")
    taken: list[TakenSite] = []
    for site, said in {_domain(said): said for said in sites}.items():
        of_site = {name for name, row in fates.items() if row["site"] and spelled(row["site"]) == site}
        if not of_site:
            looked = "" if said == site else f", which was looked for as the site {site[:200]!r}"
            raise CallError(f"{dataset} has no record of {said[:200]!r}{looked}")
        taken.append(taken_site(site, _urls(dataset, manifest, rows, of_site)))
        named |= of_site
        identities |= {_identity(rows[name]) for name in of_site & rows.keys()}
    for identity in identities:
        named |= _family(identity, fates)
    stands = {name: row["evidence"] for name, row in fates.items() if row["fate"] == "duplicate"}
    stands |= {name: row["duplicate_of"] for name, row in rows.items() if row["duplicate_of"]}
    copies = {name for name, of in stands.items() if of in named} - named
    kept = copies & rows.keys() if keep_copies else set()
    gone = named | copies - kept
    also = sorted(kept | {of for name, of in stands.items() if name in gone and of not in gone and of in rows})
    fewer = Counter(of for name, of in stands.items() if name in gone and of not in gone)
    bases = frozenset(doc_id(identity) for identity in identities)
    records = _known_by(dataset, manifest, gone, fates)
    return Chosen(
        gone=frozenset(gone),
        records=records,
        bases=bases,
        sites=tuple(taken),
        also=tuple(also),
        copies=len(gone - named),
        kept=frozenset(kept),
        kept_records=_known_by(dataset, manifest, kept, fates) if kept else (),
        may_return=frozenset(gone - named if keep_copies else ()),
        fewer=fewer,
    )


def _doc_id(dataset: Path, name: str, fates: dict[str, Any]) -> str:
    """The doc_id that `name` is, or is the source_id of where only one record has it; else raises CallError."""
    if name in fates:
        return name
    found = sorted(who for who, row in fates.items() if row["source_id"] == name)
    if not found:
        raise CallError(f"{dataset} has no record with the doc_id or source_id {name[:64]!r}")
    if len(found) > 1:
        some = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        raise CallError(f"{len(found)} records have the source_id {name[:64]!r}: name those that are meant: {some}")
    return found[0]


def _domain(site: str) -> str:
    domain = site_of(site)
    if domain is None:
        raise CallError(f"{ascii(site)[:64]} is not the domain of a site, such as example.com")
    return domain


def _urls(
    dataset: Path, manifest: dict[str, Any], rows: dict[str, dict[str, Any]], names: Collection[str]
) -> list[str | None]:
    """The url of each record as far as the dataset has it: in its row, or in the audit of what is not published."""
    urls: dict[str, str | None] = {name: row["url"] for name, row in rows.items()}
    for entry in manifest["files"]:
        if re.fullmatch(r"audit/unpublished(-[^/]+)?\.parquet", entry["path"]):
            audit = pq.read_table(dataset / entry["path"], columns=["doc_id", "url"])
            urls |= dict(zip(audit["doc_id"].to_pylist(), audit["url"].to_pylist(), strict=True))
    return [urls.get(name) for name in names]


def _known_by(
    dataset: Path, manifest: dict[str, Any], gone: Collection[str], fates: dict[str, Any]
) -> tuple[Gone, ...]:
    """What people know each record by that is to go, by doc_id."""
    ids = pa.array(sorted(gone), pa.string())
    some = [e["path"] for e in manifest["files"] if re.fullmatch(r"(data/|audit/unpublished).*\.parquet", e["path"])]
    known: dict[str, dict[str, Any]] = {}
    for path in some:
        if set(_KNOWN_BY) <= set(pq.read_schema(dataset / path).names):
            rows = pq.read_table(dataset / path, columns=_KNOWN_BY)
            known |= {row["doc_id"]: row for row in rows.filter(pc.is_in(rows["doc_id"], ids)).to_pylist()}
    who = {name: fates.get(name, {}) | known.get(name, {}) for name in sorted(gone)}
    return tuple(
        Gone(name, row.get("source_id"), row.get("title"), row.get("url"), by_place=_is_by_place(name, row))
        for name, row in who.items()
    )


def _is_by_place(name: str, row: Mapping[str, Any]) -> bool:
    return row.keys() >= {"source_file", "source_row"} and name == doc_id(
        Record(row["source_file"], row["source_row"]).identity
    )


def _identity(row: dict[str, Any]) -> str:
    """As `Record.identity` has it. A record that is not published has no url here: then its own id has to do."""
    given = {"url": row["url"]} if row.get("url") else {}
    return Record(row["source_file"], row["source_row"], row["source_id"], given=given).identity


def _family(identity: str, fates: dict[str, Any]) -> set[str]:
    """The records of one identity: they are numbered from 0."""
    found: set[str] = set()
    while (name := doc_id(identity, len(found))) in fates:
        found.add(name)
    return found


def _articles(dataset: Path, manifest: dict[str, Any]) -> ds.Dataset:
    return ds.dataset(
        [dataset / e["path"] for e in manifest["files"] if e["path"].startswith("data/")], format="parquet"
    )


def _fates(dataset: Path, manifest: dict[str, Any]) -> ds.Dataset:
    named = [e["path"] for e in manifest["files"] if re.fullmatch(r"audit/fates(-[^/]+)?\.parquet", e["path"])]
    if not named:
        raise CallError(f"{dataset} was published without its audit: take the record out of the dataset at home")
    return ds.dataset([dataset / path for path in named], format="parquet")
