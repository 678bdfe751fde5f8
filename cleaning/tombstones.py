"""What was taken down stays away: a record whose id or site has a tombstone is rejected unread."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

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
    buried = frozenset(tombstones)
    return [_emptied(record) if _is_buried(record, buried) else record for record in records]


def _is_buried(record: Record, buried: Collection[str]) -> bool:
    if doc_id(record.identity) in buried:
        return True
    return f"{SITE}{registrable_domain(record.given.get('url'))}" in buried


def _emptied(record: Record) -> Record:
    given = {name: value for name, value in record.given.items() if name == "url"}
    problem = Problem(RULE, "it was taken down; its tombstone stands in tombstones.jsonl")
    return replace(record, content="", given=given, problem=problem, reading=None)
