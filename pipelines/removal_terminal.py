"""A removal, planned or done, as a person sees it on stdout."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cleaning.article import visible
from pipelines.checks.found import count_of
from pipelines.kept_copies import Kept
from pipelines.removal_choice import Gone
from pipelines.removal_plan import Plan
from pipelines.remove import Removal
from pipelines.report.documents import clip
from pipelines.taken_sites import TakenSite, in_words
from pipelines.terminal import print_json


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """What a removal would take out and leave."""
    if as_json:
        more: dict[str, Any] = {"records": [one._asdict() for one in plan.records], "dry_run": True}
        more["kept"] = [one._asdict() for one in plan.kept]
        print_json(asdict(plan) | more | {"sites": [_site_json(one) for one in plan.sites]})
        return
    said = [
        ("would make", f"{plan.version}, after {plan.follows}; nothing is written (--dry-run)"),
        ("would go", count_of(len(plan.removed), "record")),
        *_records(plan.records),
        ("of them", f"rows {plan.published:,}, duplicates {plan.duplicates:,}, not published {plan.unpublished:,}"),
        *(("of site", f"{visible(site or '(none)')} {records:,}") for site, records in plan.of_sites[:_SITES]),
    ]
    if len(plan.of_sites) > _SITES:
        said.append(("of site", f"… and {len(plan.of_sites) - _SITES:,} more: --json has them all"))
    said += [("site", visible(in_words(taken))) for taken in plan.sites]
    if plan.copies:
        said.append(("copies", f"{plan.copies:,} of them you have not named: what stands for them is to go"))
    said += [*_by_place(plan.records), *_may_return(plan.may_return)]
    _show([*said, *_kept(plan.kept), *_left(plan.rows, plan.also, len(plan.kept))])


def _show(said: Sequence[tuple[str, str]]) -> None:
    """What is said under each heading, one below the other."""
    width = max(len(heading) for heading, _ in said) + 2
    for heading, text in said:
        print(f"{heading:<{width}}{text}")


def _may_return(names: Sequence[str]) -> list[tuple[str, str]]:
    """What becomes of copies that were to be kept and cannot stay, for the dataset has their text in no row."""
    if not names:
        return []
    one = len(names) == 1
    many = "1 copy on another page was" if one else f"{len(names):,} copies on other pages were"
    return [
        ("not kept", f"{many} left out when the dataset was made, for one row was enough. That row goes, and"),
        ("", f"{'it leaves' if one else 'they leave'} with it, but without a tombstone: the next run over the sources"),
        ("", "publishes the text again, from such a page"),
    ]


def _kept(kept: Sequence[Kept]) -> list[tuple[str, str]]:
    """A line for each copy that stays, and what it is from now on."""
    if not kept:
        return []
    many = "1 copy on another page stays" if len(kept) == 1 else f"{len(kept):,} copies on other pages stay"
    said = [("kept", f"{many}:")]
    for one in kept[:_RECORDS]:
        standing = f"stands for {one.duplicates:,} of them" if one.duplicates else ""
        standing = f"copy of {one.duplicate_of}" if one.duplicate_of else standing
        said.append(("", "  ".join(filter(None, (_named(one), standing)))))
    if len(kept) > _RECORDS:
        said.append(("", f"… and {len(kept) - _RECORDS:,} more: --json has them all"))
    return said


def _by_place(records: Sequence[Gone]) -> list[tuple[str, str]]:
    """What a tombstone cannot do for records without an id or a url of their own."""
    if not (unnamed := sum(one.by_place for one in records)):
        return []
    has = f"{count_of(unnamed, 'record')} {'has' if unnamed == 1 else 'have'} neither an id nor a url"
    return [
        ("by place", f"{has}: the tombstone is for the place in the file. Where records before it come or go,"),
        ("", "another record stays away for it: give the records ids, or take it out of the source"),
    ]


def _left(rows: int, also: Sequence[str], kept: int) -> list[tuple[str, str]]:
    return [("left", count_of(rows, "row")), *([("still", _same(also))] if len(also) > kept else [])]


# Sites of which a removal that is planned says how many records go.
_SITES = 20


# Records that are named one by one, and characters of a name.
_RECORDS, _CHARS = 20, 80


def _records(records: Sequence[Gone]) -> list[tuple[str, str]]:
    """A line for each: source_id, title or else url, doc_id."""
    said = [_named(one) for one in records[:_RECORDS]]
    if len(records) > _RECORDS:
        said.append(f"… and {len(records) - _RECORDS:,} more: --json has them all")
    return [("", text) for text in said]


def _named(one: Gone | Kept) -> str:
    names = [clip(" ".join(name.split()), _CHARS) for name in (one.source_id, one.title or one.url) if name]
    return "  ".join([*names, one.doc_id])


def _site_json(site: TakenSite) -> dict[str, Any]:
    return site._asdict() | {"hosts": dict(site.hosts)}


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _same(also: Sequence[str]) -> str:
    rows = f"{count_of(len(also), 'row')} that {'says' if len(also) == 1 else 'say'} the same"
    return f"{rows} under another url: {_some(also)}; --doc-id takes {'it' if len(also) == 1 else 'them'} down too"


def show_removal(removal: Removal, *, as_json: bool) -> None:
    """What is gone, what is left, and what has still to be done."""
    if as_json:
        said = {
            "output": str(removal.output), "version": removal.version, "removed": list(removal.removed),
            "records": [one._asdict() for one in removal.records],
            "copies": removal.copies, "may_return": list(removal.may_return),
            "rows": removal.rows, "also": list(removal.also), "kept": [one._asdict() for one in removal.kept],
            "sites": [_site_json(one) for one in removal.sites],
            "passed": removal.validation.passed,
        }  # fmt: skip
        print_json(said)
        return
    told = [
        ("version", f"{removal.version} of {visible(str(removal.output))}"),
        ("removed", count_of(len(removal.removed), "record")),
        *_records(removal.records),
        *(("site", visible(in_words(site))) for site in removal.sites),
    ]
    if removal.copies:
        told.append(("copies", f"{removal.copies:,} of them, wherever they stood: what stood for them was to go"))
    told += [*_by_place(removal.records), *_may_return(removal.may_return), *_kept(removal.kept)]
    checks = "passed" if removal.validation.passed else "failed: tamis check says which"
    _show([*told, *_left(removal.rows, removal.also, len(removal.kept)), ("checks", checks)])
    print("Versions that are published hold the records still: publish this one, and delete those.", file=sys.stderr)
