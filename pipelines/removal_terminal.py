"""A removal, planned or done, as a person sees it on stdout."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cleaning.article import visible
from pipelines.checks.found import count_of
from pipelines.removal_choice import Gone
from pipelines.removal_plan import Plan
from pipelines.remove import Removal
from pipelines.report.documents import clip
from pipelines.taken_sites import TakenSite, in_words
from pipelines.terminal import print_json


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """What a removal would take out and leave."""
    if as_json:
        said: dict[str, Any] = {"records": [one._asdict() for one in plan.records], "dry_run": True}
        print_json(asdict(plan) | said | {"sites": [_site_json(one) for one in plan.sites]})
        return
    print(f"would make  {plan.version}, after {plan.follows}; nothing is written (--dry-run)")
    print(f"would go    {count_of(len(plan.removed), 'record')}")
    _show_records(plan.records, 12)
    print(f"of them     rows {plan.published:,}, copies {plan.duplicates:,}, not published {plan.unpublished:,}")
    for site, records in plan.of_sites[:_SITES]:
        print(f"of site     {visible(site or '(none)')} {records:,}")
    if len(plan.of_sites) > _SITES:
        print(f"of site     … and {len(plan.of_sites) - _SITES:,} more: --json has them all")
    for taken in plan.sites:
        print(f"site        {visible(in_words(taken))}")
    if plan.copies:
        print(f"copies      {plan.copies:,} of them are not named: what stands for them is to go")
    print(f"left        {count_of(plan.rows, 'row')}")
    if plan.also:
        print(f"still       {_same(plan.also)}")


# Sites of which a removal that is planned says how many records go.
_SITES = 20


# Records that are named one by one, and characters of a name.
_RECORDS, _CHARS = 20, 80


def _show_records(records: Sequence[Gone], indent: int) -> None:
    """A line for each: source_id, title or else url, doc_id."""
    for one in records[:_RECORDS]:
        names = [clip(" ".join(name.split()), _CHARS) for name in (one.source_id, one.title or one.url) if name]
        print(" " * indent + "  ".join([*names, one.doc_id]))
    if len(records) > _RECORDS:
        print(" " * indent + f"… and {len(records) - _RECORDS:,} more: --json has them all")


def _site_json(site: TakenSite) -> dict[str, Any]:
    return site._asdict() | {"hosts": dict(site.hosts)}


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _same(also: Sequence[str]) -> str:
    rows = f"{count_of(len(also), 'row')} that {'says' if len(also) == 1 else 'say'} the same"
    return f"{rows} under another url: {_some(also)}; --doc-id takes it down too"


def show_removal(removal: Removal, *, as_json: bool) -> None:
    """What is gone, what is left, and what has still to be done."""
    if as_json:
        said = {
            "output": str(removal.output), "version": removal.version, "removed": list(removal.removed),
            "records": [one._asdict() for one in removal.records],
            "copies": removal.copies, "rows": removal.rows, "also": list(removal.also),
            "sites": [_site_json(one) for one in removal.sites],
            "passed": removal.validation.passed,
        }  # fmt: skip
        print_json(said)
        return
    print(f"version  {removal.version} of {visible(str(removal.output))}")
    print(f"removed  {count_of(len(removal.removed), 'record')}")
    _show_records(removal.records, 9)
    for site in removal.sites:
        print(f"site     {visible(in_words(site))}")
    if removal.copies:
        print(f"copies   {removal.copies:,} of them, wherever they stood: what stood for them was to go")
    print(f"left     {count_of(removal.rows, 'row')}")
    if removal.also:
        print(f"still    {_same(removal.also)}")
    print("checks   " + ("passed" if removal.validation.passed else "failed: tamis check says which"))
    print("Versions that are published hold the records still: publish this one, and delete those.", file=sys.stderr)
