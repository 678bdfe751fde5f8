"""All settings in one frozen object. An unknown key is an error that names the nearest one."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cleaning.packs import PackTexts, find_packs

POLICIES = ("keep", "conservative", "balanced", "strict")
DUPLICATES = ("drop", "flag", "off")
SAME_TEMPLATE = ("flag", "drop")
FORMATS = ("plain", "keep")
REDACT = ("emails", "phones", "ips", "resident-numbers")
# What a record may carry, by the names under which `fields` maps an input's own names to them.
RECORD_FIELDS = (
    "id", "text", "url", "title", "authors", "published", "updated", "crawled", "publisher", "section", "encoding",
)  # fmt: skip

# What a dataset may say of itself, by the keys of `about`.
ABOUT_FIELDS = (
    "title", "description", "version", "license", "license_url", "attribution", "authors", "contact", "homepage",
    "task_categories",
)  # fmt: skip
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,17})\.(?:0|[1-9][0-9]{0,17})\.(?:0|[1-9][0-9]{0,17})")
_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")

_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?|und")


class ConfigError(ValueError):
    """A setting that does not exist or has a value it cannot have; one line that says what to do."""


def nearest(word: str, among: tuple[str, ...]) -> str:
    """` (did you mean 'x'?)` for the closest of the known words, else a list of them."""
    close = difflib.get_close_matches(word, among, 1)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(among)})"


def _check_language(tag: str) -> None:
    if not _TAG.fullmatch(tag):
        raise ConfigError(f"languages takes BCP 47 tags such as en, ko or zh-Hant, not {tag!r}")
    from cleaning.known_languages import is_told, known_tags, meant  # 0.3 s, for those who ask for languages

    if not is_told(tag):
        hint = meant(tag) or nearest(tag, tuple(sorted(known_tags())))
        raise ConfigError(f"languages: {tag!r} is no language that tamis tells{hint}")


def _how_only() -> dict[str, bool]:
    """Marks a setting that decides how a run goes, never what the dataset says."""
    return {"how": True}


@dataclass(frozen=True)
class Config:
    """Every setting of a run. Those that cannot change a byte of the dataset are left out of `sha256()`."""

    policy: str = "balanced"
    """Which labels leave the body: `keep` (none), `conservative`, `balanced` or `strict` (see labels.toml)."""
    duplicates: str = "drop"
    """`drop`: one row for each cluster; `flag`: keep all and fill duplicate_of; `off`: do not look."""
    languages: tuple[str, ...] = ()
    """BCP 47 tags to keep, others are rejected; empty: all. `zh` also stands for `zh-Hans` and `zh-Hant`."""
    max_loss: float = 0.7
    """Share of the text that rules leave, 0-1, which the line model may take; if it would take more, it takes none."""
    min_chars: int = 100
    """Characters that a cleaned body must have, else the record is rejected as too short; of Chinese, Japanese and
    Korean each counts twice."""
    near_threshold: float = 0.7
    """Jaccard similarity of shingles, 0-1, from which two bodies are near duplicates."""
    containment: float = 0.8
    """Share of the shorter body's shingles, 0-1, found in a longer one for it to count as contained; 0: do not look."""
    same_template: str = "flag"
    """Bodies that differ only in figures or dates: `flag` keeps and flags them, `drop` compares them as any others."""
    html: str = "plain"
    """Of a text in HTML, a page or a part of one: `plain` takes its tags away, `keep` leaves it as it is."""
    markdown: str = "plain"
    """Of a text in Markdown: `plain` takes its marks and addresses away, `keep` leaves it as it is."""
    redact: tuple[str, ...] = ()
    """Replaced by marks in everything that is written: `emails`, `phones`, `ips`; `resident-numbers` go with any."""
    shingle_size: int = 5
    """Words in a shingle."""
    max_record_bytes: int = 16 * 2**20
    """A larger record is quarantined unread: while it is cleaned it takes some 30 times its bytes of memory."""
    max_record_lines: int = 100_000
    """A record of more lines is quarantined: each line takes some 2 kB of memory."""
    rows_per_file: int = 250_000
    """Rows of one data file at most."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Input field names: `{"text": "story", "id": "docno"}`, of records that have them; what is
    not named is found."""

    rules: PackTexts = ()
    """Rule packs of one's own beside those that tamis ships: files, or folders of them; `--rules PATH` too."""
    tombstones: tuple[str, ...] = ()
    """What was taken down and stays away: doc_ids, or `site:` and a domain; `--tombstones FILE` reads them."""
    about: Mapping[str, str] = field(default_factory=dict, metadata=_how_only())
    """What card, licence and citation say: `title`, `description`, `version` (1.2.0), `license`, `license_url`,
    `attribution` of the sources, `authors` (with `;`), `contact`, `homepage`, `task_categories` (with `,`)."""
    workers: int = field(default=0, metadata=_how_only())
    """Worker processes; 0: one for each core, where there is enough to do."""
    shard_records: int = field(default=2_000, metadata=_how_only())
    """Records that are cleaned at a time."""
    record_seconds: float = field(default=60.0, metadata=_how_only())
    """Seconds of CPU, or ten times as many by the clock, that a record may take in a stage; else it is quarantined."""
    report_text: bool = field(default=True, metadata=_how_only())
    """Whether reports/quality.html may hold a sample of the documents' text, of dropped lines and of copies too."""

    def __post_init__(self) -> None:
        _one_of("policy", self.policy, POLICIES)
        _one_of("duplicates", self.duplicates, DUPLICATES)
        _one_of("same_template", self.same_template, SAME_TEMPLATE)
        _one_of("html", self.html, FORMATS)
        _one_of("markdown", self.markdown, FORMATS)
        for tag in self.languages:
            _check_language(tag)
        for kind in self.redact:
            _one_of("redact", kind, REDACT)
        for name in self.fields:
            if name not in RECORD_FIELDS:
                raise ConfigError(f"fields has no key {name!r}{nearest(name, RECORD_FIELDS)}")
        _check_about(self.about)
        if self.rules:
            from cleaning.rule_checks import refuse_faulty  # two seconds, for those who have rules of their own

            refuse_faulty(self.rules)
        for entry in self.tombstones:
            if not re.fullmatch(r"[0-9a-f]{32}|site:[^\s/:]+", entry):
                raise ConfigError(f"tombstones has doc_ids, or site: and a domain, not {entry!r}")
        if not 0 <= self.max_loss <= 1:
            raise ConfigError(f"max_loss must be from 0 to 1, not {self.max_loss}")
        if not 0 < self.near_threshold <= 1:
            raise ConfigError(f"near_threshold must be above 0 and at most 1, not {self.near_threshold}")
        if not 0 <= self.containment <= 1:
            raise ConfigError(f"containment must be from 0, which is off, to 1, not {self.containment}")
        for name, least in (("min_chars", 0), ("workers", 0), ("shingle_size", 1), ("rows_per_file", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if self.shingle_size > 100:
            raise ConfigError(f"shingle_size must be at most 100, not {self.shingle_size}")
        if not 0 < self.record_seconds < 1e6:
            raise ConfigError(f"record_seconds must be above 0 and below a million, not {self.record_seconds}")
        for name in ("max_record_bytes", "max_record_lines", "shard_records"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")

    def deciding(self) -> dict[str, Any]:
        """The settings that decide what the dataset says, as JSON can hold them."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if not f.metadata.get("how")}
        values |= {"redact": [kind for kind in REDACT if kind in self.redact]}
        values["tombstones"] = _digest(self.tombstones)
        values["rules"] = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.rules}
        if not self.rules:
            del values["rules"]  # without any, settings and their sha256 are what they were before there could be some
        return values | {"languages": list(self.languages), "fields": dict(sorted(self.fields.items()))}

    def sha256(self) -> str:
        """64 hex digits over `deciding()`."""
        return hashlib.sha256(json.dumps(self.deciding(), sort_keys=True).encode()).hexdigest()


def _digest(tombstones: tuple[str, ...]) -> str:
    """There may be thousands, and they stand in a file of their own. 64 hex digits; '' for none."""
    return hashlib.sha256("\n".join(sorted(set(tombstones))).encode()).hexdigest() if tombstones else ""


def _check_about(about: Mapping[str, str]) -> None:
    for name, value in about.items():
        if name not in ABOUT_FIELDS:
            raise ConfigError(f"about has no key {name!r}{nearest(name, ABOUT_FIELDS)}")
        if not value.strip():
            raise ConfigError(f"about.{name} is empty: say it, or leave the key out")
    if not _VERSION.fullmatch(about.get("version", "1.0.0")):
        raise ConfigError(f"about.version has to be three numbers such as 1.0.0, not {about['version']!r}")
    if not _LICENSE.fullmatch(about.get("license", "x")):
        raise ConfigError(f"about.license has to be an identifier such as cc-by-4.0, not {about['license']!r}")
    for name in ("license_url", "homepage"):
        if not re.fullmatch(r"https?://[^\s<>\"]+", about.get(name, "https://x")):
            raise ConfigError(f"about.{name} has to be a web address, not {about[name]!r}")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{name} cannot be {value!r}{nearest(value, known)}")


def make_config(settings: Mapping[str, Any]) -> Config:
    """A Config from plain values, as read from TOML or given as keyword arguments.

    `rules` are paths here, which are read. Raises ConfigError for an unknown key or a value of the wrong type, and
    PackError for rule packs that are wrong.

    >>> make_config({"duplicates": "flag"}).duplicates
    'flag'
    >>> make_config({"polcy": "strict"})
    Traceback (most recent call last):
    cleaning.config.ConfigError: no setting is called 'polcy' (did you mean 'policy'?)
    """
    known = {f.name: f for f in dataclasses.fields(Config)}
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in known:
            raise ConfigError(f"no setting is called {name!r}{nearest(name, tuple(known))}")
        values[name] = _typed(name, value)
    return Config(**values)


def _typed(name: str, value: Any) -> Any:
    if name == "rules":
        items = [value] if isinstance(value, str | Path) else value
        if isinstance(items, list | tuple) and all(isinstance(x, str | Path) for x in items):
            return find_packs(items)
        raise ConfigError(f"rules must be a list of paths, not {value!r}")
    default = getattr(Config(), name)
    if isinstance(default, tuple):
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple) and all(isinstance(x, str) for x in items):
            return tuple(items)
        raise ConfigError(f"{name} must be a list of strings, not {value!r}")
    if isinstance(default, Mapping):
        if isinstance(value, Mapping) and all(isinstance(x, str) for x in value.values()):
            return dict(sorted(value.items()))
        raise ConfigError(f"{name} must be a table of strings, not {value!r}")
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise ConfigError(f"{name} must be {type(default).__name__}, not {value!r}")
    return value


def read_config(path: Path) -> dict[str, Any]:
    """Settings of a TOML file; paths of rules in it are relative to it. Raises ConfigError where it cannot be read."""
    try:
        settings = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read the config {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    if isinstance(rules := settings.get("rules"), str):
        rules = [rules]
    if isinstance(rules, list):
        settings["rules"] = [path.parent / one if isinstance(one, str) and one.strip() else one for one in rules]
    return settings
