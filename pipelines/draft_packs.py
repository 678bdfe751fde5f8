"""Suggested lines as rule packs to review: TOML in the form of cleaning/rules, with `keeps` left for a person."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pipelines.checks.found import count_of
from pipelines.disk import disk_errors
from pipelines.errors import CallError
from pipelines.store import write_bytes
from pipelines.suggest import Suggestion

# What the id of a rule and the name of a pack may hold.
_PACK = re.compile(r"[a-z0-9.-]+")

HEAD = """\
# Lines that recur and that no rule knows. To review: delete what may stand in an article, give each of the others
# its label (`tamis rules list`), say in `why` what it is, and put into `keeps` a line like it that must stay. Without
# `keeps` a pack is refused. `tamis rules test --rules FOLDER` tries what is in the folder with {file},
# and `tamis run --rules FOLDER` goes by it.
"""
_NOTHING = "# No line recurs that no rule knows, of {}; --least-pages, --share and --least-sites ask for less.\n"


def draft_packs(suggestions: Sequence[Suggestion], seen: date) -> dict[str, str]:
    """Packs by file name, `phrases/en.toml` or `sites/example.com.toml`, in the order of the suggestions.

    `seen`: the day to write into site packs. A site whose name no pack can have (not ASCII) is left out.
    """
    packs: dict[str, list[str]] = {}
    for one in suggestions:
        name = one.site or (one.language.split("-")[0] if one.language != "und" else "generic")
        if not _PACK.fullmatch(name):
            continue
        file = f"{'sites' if one.site else 'phrases'}/{name}.toml"
        if file not in packs:
            head = HEAD.format(file=file)
            packs[file] = [head + (f"\nsite = {_quoted(name)}\nseen = {seen.isoformat()}\n" if one.site else "")]
        packs[file].append(_rule(name, one))
    return {file: "\n".join(parts) for file, parts in packs.items()}


def nothing_recurs(pages: int) -> str:
    """What to say where so many distinct pages suggest nothing: a comment in TOML."""
    return _NOTHING.format(count_of(pages, "distinct page"))


def one_document(packs: Mapping[str, str]) -> str:
    """All packs as one TOML document, empty where there are none.

    What heads a site's pack is a comment in it: it stands once in a document.
    """
    parts = []
    for file, text in packs.items():
        text = re.sub(r"^(site|seen) = ", r"# \1 = ", text, flags=re.M)
        parts.append(f"# --- {file} {'-' * max(1, 110 - len(file))}\n{text}")
    return "\n".join(parts)


def write_packs(packs: Mapping[str, str], folder: Path) -> None:
    """Each pack as a file of its own. Raises CallError where one is there already: it may be reviewed by now."""
    for file in packs:
        if (folder / file).exists():
            raise CallError(f"{folder / file} exists already: give another -o")
    with disk_errors(folder):
        for file, text in packs.items():
            write_bytes(folder / file, text.encode())


def _rule(pack: str, one: Suggestion) -> str:
    where = f"of {one.site}" if one.site else f"of {one.sites} sites"
    # Nothing of the line: ids stand in what is to hold no text of a document, such as a report without text.
    mark = hashlib.blake2b(one.text.encode(), digest_size=5).hexdigest()
    share = one.pages / one.of_pages
    return f"""\
[[rule]]  # {one.pages} of {one.of_pages} pages {where}, {share:.0%}
id    = {_quoted(f"{pack}.suggested.{mark}")}
label = {_quoted(one.label)}  # a guess
match = "line"
text  = [{_quoted(one.text)}]
why   = {_quoted(f"Stands on {one.pages} of {one.of_pages} pages {where}.")}
drops = [{", ".join(map(_quoted, one.examples))}]
keeps = []  # to fill in: one line at least that is like it and must stay; without one the pack is refused
"""


def _quoted(text: str) -> str:
    r"""A TOML string, with what could steer a terminal escaped.

    >>> _quoted('say "\x1b[2J"')
    '"say \\"\\u001b[2J\\""'
    """
    return re.sub(
        "[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]",
        lambda hit: f"\\u{ord(hit.group()):04x}",
        json.dumps(text, ensure_ascii=False),
    )
