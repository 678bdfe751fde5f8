"""What goes with a dataset on paper: its licence, CITATION.cff, CHANGELOG.md. Nothing of a record is in them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from pipelines.manifest import version_of


class Licence(NamedTuple):
    """The licence that a dataset declares."""

    hub: str
    """Its identifier on the Hugging Face hub, `other` where that has none."""
    name: str
    """SPDX's identifier, or as declared where SPDX's is not known here."""
    url: str | None
    spdx: bool
    """Whether `name` is SPDX's."""


@cache
def _known() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("pipelines").joinpath("templates/licences.toml").read_text("utf-8"))


def licence_of(manifest: Mapping[str, Any]) -> Licence | None:
    """What the dataset declares in `about.license`; None: nothing.

    >>> licence_of({"about": {"license": "CC-BY-4.0"}}).hub
    'cc-by-4.0'
    >>> licence_of({"about": {"license": "kogl-1"}})[:2]
    ('other', 'kogl-1')
    """
    about = about_of(manifest)
    declared = about.get("license")
    if not declared:
        return None
    for name, known in _known().items():
        if declared.lower() in (name, known["spdx"].lower()):
            return Licence(name, known["spdx"], about.get("license_url", known["url"]), True)
    return Licence("other", declared, about.get("license_url"), False)


def about_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the dataset says of itself: strings by the keys of `config.ABOUT_FIELDS`."""
    about = manifest.get("about")
    found = about if isinstance(about, Mapping) else {}
    return {str(name): value for name, value in found.items() if isinstance(value, str)}


def authors_of(manifest: Mapping[str, Any]) -> list[str]:
    """Who made the dataset, as declared, one by one."""
    return [name.strip() for name in about_of(manifest).get("authors", "").split(";") if name.strip()]


def title_of(manifest: Mapping[str, Any]) -> str:
    """The title as declared, else the name of the folder."""
    return about_of(manifest).get("title", str(manifest["name"]))


def licence_text(manifest: Mapping[str, Any]) -> str:
    """LICENSE of the dataset: which licence, where its text stands, whom the sources are to be credited to."""
    licence, about = licence_of(manifest), about_of(manifest)
    if licence is None:
        raise ValueError("no licence is declared")
    lines = [f"{title_of(manifest)} is published under {licence.name}."]
    lines += [f"The text of the licence: {licence.url}"] if licence.url else []
    lines += ["", f"Sources: {about['attribution']}"] if "attribution" in about else []
    lines += ["", "What the sources hold rights to stays under their terms."]
    return "\n".join(lines) + "\n"


def citation(manifest: Mapping[str, Any]) -> str:
    """CITATION.cff, version 1.2.0 of the format (https://citation-file-format.github.io).

    The format asks for authors: where none are declared, it names the makers of the dataset as one entity.
    """
    about, licence, title = about_of(manifest), licence_of(manifest), title_of(manifest)
    lines = [
        "cff-version: 1.2.0",
        "type: dataset",
        f"title: {_quoted(title)}",
        "message: " + _quoted("If you use this dataset, please cite it as below."),
        f"version: {_quoted(version_of(manifest))}",
        "authors:",
    ]
    lines += [f"- name: {_quoted(name)}" for name in authors_of(manifest) or [f"The makers of {title}"]]
    if "description" in about:
        lines.append(f"abstract: {_quoted(about['description'])}")
    if licence and licence.spdx:
        lines.append(f"license: {_quoted(licence.name)}")
    elif licence and licence.url:
        lines.append(f"license-url: {_quoted(licence.url)}")
    if "homepage" in about:
        lines.append(f"url: {_quoted(about['homepage'])}")
    lines += ["keywords:", "- news", "- text"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML scalar that is a string whatever it says: JSON is YAML."""
    return json.dumps(text, ensure_ascii=False)


def changelog(manifest: Mapping[str, Any], before: str = "", news: str = "") -> str:
    """CHANGELOG.md with an entry for this version, above those that `before`, an earlier one, has of other versions."""
    version = version_of(manifest)
    said = news or f"{manifest['rows']:,} articles, made by tamis {manifest['pipeline_version']}."
    entries = re.split(r"^(?=## )", before, flags=re.M)[1:]
    entries = [entry for entry in entries if entry.splitlines()[0].rstrip() != f"## {version}"]
    return "".join([f"# Changelog\n\n## {version}\n\n- {said}\n", *(f"\n{entry.rstrip()}\n" for entry in entries)])
