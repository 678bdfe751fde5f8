"""Packs of rules: TOML files, one for each language and one for each site, read and held to their form.

Tamis ships its own in `cleaning/rules`. A user may have others beside them, which are given as text (`PackTexts`), so
that whatever a worker or a cluster needs of them travels with the settings.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from cleaning.matching import KINDS, LONGEST, MAX_CHARS, PackError, Rule, quoted
from cleaning.native import kept


class PackText(str):
    """The text of a pack that was read from a file. It is compared as its text alone: the file decides nothing."""

    __slots__ = ("path",)

    path: Path
    """As the user gave it, or found in a folder that the user gave."""

    def __new__(cls, text: str, path: Path) -> PackText:
        """A text and the file that it was read from."""
        made = super().__new__(cls, text)
        made.path = path
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Where a worker has it, it is text."""
        return str, (str(self),)


PackTexts = tuple[tuple[str, str], ...]
"""Packs of a user's own: of each its name, `phrases/en.toml` or `sites/example.com.toml`, and its text; by name."""

OWN = "own rules, "
"""What stands before the name of such a pack where a person is told of it, and its file is not known."""
MAX_BYTES = 2**20
"""Of one pack, in UTF-8; the largest that tamis ships has an eighth of it."""
_MOST_KEYS = 32
# Ids of rules that are no pack's begin with longer words (`fields.`, `dedupe.`): none can be taken for one.
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*|generic")
_SITE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Packs(NamedTuple):
    """What packs say, before it is made ready to match."""

    by_id: Mapping[str, Rule]
    """In the order of the packs."""
    marks: Mapping[str, str]
    """Phrases by which a document without a url is told to be of a site, and the site."""


@lru_cache(maxsize=1)
def shipped_packs() -> Packs:
    """The packs that this package carries. Raises PackError for one that is wrong, but for what RE2 says."""
    packs = {}
    for folder in ("phrases", "sites"):
        for path in (files("cleaning") / "rules" / folder).iterdir():
            if path.name.endswith(".toml"):
                packs[f"{folder}/{path.name}"] = path.read_text("utf-8")
    labels = (files("cleaning") / "labels.toml").read_text("utf-8")
    depends = json.dumps([labels, *sorted(packs.items())])
    rules, marks = json.loads(kept(__name__, "packs", depends, lambda: _saved(read_packs(packs))))
    # Where one process has read them, the others need not read TOML, which takes .15 s.
    by_id: dict[str, Rule] = {}
    for rule in rules:
        given: dict[str, Any] = {key: tuple(one) if key in _TEXTS else one for key, one in rule.items()}
        by_id[rule["id"]] = Rule(**given)
    return Packs(by_id, marks)


def _saved(packs: Packs) -> bytes:
    return json.dumps([[asdict(rule) for rule in packs.by_id.values()], packs.marks]).encode()


def find_packs(paths: Iterable[Path | str]) -> PackTexts:
    """The packs in files, and in folders at any depth: every `.toml` there that is not hidden.

    A file that is called as a domain is (`example.com.toml`) is a site's; it makes no difference where it stands.
    Raises PackError for what cannot be read, a folder without a pack, and two packs of one name.
    """
    found: dict[str, Path] = {}
    for given in paths:
        if not str(given).strip():
            raise PackError("a path of rule packs is empty: what should name it says nothing")
        path = Path(given)
        some = [path]
        if path.is_dir():
            some = sorted(one for one in path.rglob("*.toml") if not one.name.startswith("."))
            if not some:
                raise PackError(f"{path} has no rule pack in it: phrases/en.toml, sites/example.com.toml")
        for file in some:
            if file.exists() and not file.is_file():
                raise PackError(f"{file} is no file that a rule pack can be read from")
            name = f"{'sites' if '.' in file.stem else 'phrases'}/{file.stem}.toml"
            if name in found and not file.samefile(found[name]):
                raise PackError(f"{found[name]} and {file} are packs of one name: put the rules into one")
            found[name] = file
    return tuple((name, _read_text(found[name])) for name in sorted(found))


def _read_text(path: Path) -> PackText:
    try:
        with path.open("rb") as source:
            content = source.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise PackError(f"{path} has more than {MAX_BYTES:,} bytes, which no rule pack has")
        return PackText(content.decode("utf-8-sig"), path)
    except OSError as error:
        raise PackError(f"cannot read the rule pack {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PackError(f"{path} is not UTF-8, as a rule pack has to be: {error.reason}") from error


def read_packs(packs: Mapping[str, str], root: str = "rules/", beside: Mapping[str, Rule] | None = None) -> Packs:
    """Read packs, given as name and text: `phrases/en.toml` or `sites/example.com.toml`.

    The order is that of the names, the generic pack first. `root`: what stands before a name where a person is told of
    it; a text that knows its file is told of by that. `beside`: rules by id, none of which may stand in them again.
    Raises PackError with all that is wrong with their form.
    """
    labels = frozenset(tomllib.loads((files("cleaning") / "labels.toml").read_text("utf-8")))
    by_id: dict[str, Rule] = {}
    marks: dict[str, str] = {}
    faults: list[str] = []
    taken = beside or {}
    for file in sorted(packs, key=lambda file: (file != "phrases/generic.toml", file)):
        where = _where(root, file, packs[file])
        try:
            pack = _parse(where, packs[file])
            site = _read_head(where, file, pack)
        except PackError as error:
            faults += error.faults
            continue
        marks.update(dict.fromkeys(pack.get("recognise", ()), site or ""))
        for table in pack.get("rule", ()):
            try:
                rule = _read_rule(where, file, site, table, labels)
                if other := by_id.get(rule.id) or taken.get(rule.id):
                    raise PackError(f"{where}: rule {quoted(rule.id)} stands in {other.place} already")
            except PackError as error:
                faults += error.faults
                continue
            by_id[rule.id] = rule
    if faults:
        raise PackError(*faults)
    return Packs(by_id, marks)


def _where(root: str, file: str, text: str) -> str:
    """What a person is told that a pack is."""
    return str(text.path) if isinstance(text, PackText) else f"{root}{file}"


# A key within a key within a key takes time by the square of how many there are.
_KEY = r"""(?:"[^"\n]*"|'[^'\n]*'|[\w-]++)[ \t]*"""
_DEEP = re.compile(rf"(?<![\w-]){_KEY}(?:\.[ \t]*{_KEY}){{{_MOST_KEYS}}}", re.A)


def _parse(where: str, text: str) -> dict[str, Any]:
    if deep := _DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise PackError(f"{where}: more than {_MOST_KEYS} keys with dots between them (at line {line})")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is no TOMLDecodeError
        raise PackError(f"{where}: {error}") from error


def _read_head(where: str, file: str, pack: Mapping[str, Any]) -> str | None:
    """The site that a pack is for; None for a pack of phrases."""
    folder, _, name = file.removesuffix(".toml").partition("/")
    of_site = folder == "sites"
    if not (_SITE if of_site else _LANGUAGE).fullmatch(name):
        wanted = "a registrable domain (example.com.toml)" if of_site else "the tag of a language (en.toml), or generic"
        raise PackError(f"{where}: a pack of {folder} is called as {wanted}, in lower case")
    _refuse_unknown(where, pack, ("rule", "site", "seen", "recognise") if of_site else ("rule",))
    rules, marks = pack.get("rule", []), pack.get("recognise", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise PackError(f"{where}: each rule stands under [[rule]]")
    if not isinstance(marks, list) or not all(isinstance(mark, str) and mark.strip() for mark in marks):
        raise PackError(f"{where}: `recognise` has to be a list of strings, none of them empty")
    if not of_site:
        return None
    if pack.get("site") != name:
        raise PackError(f"{where}: `site` has to be {name!r}, as the file is called")
    if not isinstance(pack.get("seen"), date):
        raise PackError(f"{where}: `seen` has to be the day on which the site was looked at, such as 2026-11-22")
    return name


_TEXTS = ("text", "drops", "keeps")
_FLAGS = ("heading", "confirm", "subhead", "retired")
_KEYS = ("id", "label", "match", *_TEXTS, "why", "max_chars", *_FLAGS)


def _read_rule(pack: str, file: str, site: str | None, table: Mapping[str, Any], labels: frozenset[str]) -> Rule:
    where = f"{pack}, rule {quoted(table.get('id', '(no id)'))}"
    _refuse_unknown(where, table, _KEYS)
    for key in ("id", "label", "match", "why"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise PackError(f"{where}: {key!r} has to be a string, not empty")
    for key in _TEXTS:
        value = table.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
            raise PackError(f"{where}: {key!r} has to be a list of at least one string, none of them empty")
        if broken := [one for one in value if "\n" in one]:
            raise PackError(f"{where}: {quoted(broken[0])} in {key!r} has a line feed, which no line has")
    prefix = file.split("/")[1].removesuffix(".toml") + "."
    if not re.fullmatch(r"[a-z0-9.-]+", table["id"]) or not table["id"].startswith(prefix):
        raise PackError(f"{where}: an id is lower-case letters, digits, dots and dashes, and begins with {prefix!r}")
    _refuse_unknown(where, [table["label"]], sorted(labels), "label")
    _refuse_unknown(where, [table["match"]], KINDS, "match")
    limit = LONGEST if table["match"] == "regex" else MAX_CHARS
    length = table.get("max_chars", MAX_CHARS)
    if type(length) is not int or not 1 <= length <= limit:
        more = "" if limit == LONGEST else f"; of a regex, to {LONGEST}"
        raise PackError(f"{where}: 'max_chars' has to be a number from 1 to {limit}{more}")
    for key in _FLAGS:
        if type(table.get(key, False)) is not bool:
            raise PackError(f"{where}: {key!r} has to be true or false")
    given: dict[str, Any] = {key: tuple(value) if key in _TEXTS else value for key, value in table.items()}
    rule = Rule(pack=file, site=site, place=pack, **given)
    for text in rule.text if rule.match != "regex" else ():
        if re.search(r"\d", text) or not any(map(str.isalpha, text.replace("{n}", ""))):
            raise PackError(f"{where}: {quoted(text)} needs a letter, and {{n}} where a number stands")
    return rule


def _refuse_unknown(where: str, given: Iterable[str], known: Sequence[str], kind: str = "key") -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name[:80], known, 1, 0)
            raise PackError(f"{where}: unknown {kind} {quoted(name)}; did you mean {near[0]!r}?")
