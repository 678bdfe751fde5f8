"""Great Expectations' pages without a network: what they load is taken out, a style sheet of ours put in.

They load Bootstrap, jQuery, Vega and icons from six content networks, and their logo with the time of the build in its
address. Nothing of that is needed to read them: the tables are plain HTML, the style sheet does `Failed Only`, and the
index, which a script fills, is written here. A warning is no failure: they know no such thing, so marks and words of it
are put in.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.checks.found import count_of
from pipelines.store import write_bytes

if TYPE_CHECKING:
    from pipelines.checks.found import Check

STYLES = "static/data-docs.css"
_LOGO = "static/images/logo-long.png"
_ICON = "static/images/favicon.ico"
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.S)
_STYLE = re.compile(r"<style>.*?</style>", re.S)
_LINK = re.compile(r"<link\b[^>]*>")  # the icon too, whose way is wrong by a folder
_IMAGE = re.compile(r'(<img\b[^>]*src=")https?:[^"]*(")')
_FOOTER = re.compile(r"<footer>.*?</footer>", re.S)  # to subscribe to a newsletter
_HANDLER = re.compile(r' onclick="[^"]*"')
_STATUS = re.compile(r'(Status:</span> )<i class="fas [^>]*></i> (?:Failed|Succeeded)')
_CONTAINER = re.compile(r'<div class="container-fluid[^>]*>')
# The mark of an expectation that does not hold, and the words of `_described` behind it, in the next cell.
_FAILED = re.compile(
    r'fa-times text-danger("[^>]*></i>\s*</span>\s*</div></td><td[^>]*><div[^>]*>\s*<span[^>]*>\s*'
    r"([^<]{1,1000}?) \(warning\):)"
)


def take_offline(folder: Path, checks: Sequence[Check], heading: str) -> Path:
    """Make all pages of a site that is written in `folder` load nothing but files beside them; returns the index page.

    `checks`: what index and pages count. `heading`: a line of plain text above each page. Fonts, films and scripts of
    the site are deleted.
    """
    static = folder / "static"
    kept = {name: path.read_bytes() for name in (_LOGO, _ICON) if (path := folder / name).exists()}
    shutil.rmtree(static, ignore_errors=True)
    for name, content in kept.items():
        write_bytes(folder / name, content)
    styles = resources.files("pipelines").joinpath("templates/data-docs.css").read_bytes()
    write_bytes(folder / STYLES, styles)
    index = folder / "index.html"
    for page in sorted(folder.rglob("*.html")):
        if page != index:
            words = _without_network(page.read_text("utf-8"), _up(page, folder))
            words = _CONTAINER.sub(lambda match: f"{match[0]}\n<h1>{html.escape(heading)}</h1>", words, count=1)
            if page.is_relative_to(folder / "validations"):
                words = _with_warnings(words, [check for check in checks if check.suite == page.stem])
            write_bytes(page, words.encode())
    write_bytes(index, _index(folder, checks, heading).encode())
    return index


def _up(page: Path, folder: Path) -> str:
    """The way from a page to the folder of the site, such as `../..`."""
    return Path(os.path.relpath(folder, page.parent)).as_posix()


def _without_network(page: str, up: str) -> str:
    for pattern in (_SCRIPT, _STYLE, _LINK, _FOOTER, _HANDLER):
        page = pattern.sub("", page)
    page = _IMAGE.sub(lambda match: f"{match[1]}{up}/{_LOGO}{match[2]}", page)
    return page.replace("</head>", f"{_links(up)}</head>", 1)


def _with_warnings(page: str, checks: Sequence[Check]) -> str:
    """A page of results whose warnings are told from failures."""
    page = _STATUS.sub(lambda match: match[1] + _status(checks), page)
    warned = {html.escape(check.name) for check in checks if not check.passed and check.level == "warning"}
    return _FAILED.sub(
        lambda match: f"fa-exclamation-triangle text-warning{match[1]}" if match[2] in warned else match[0], page
    )


def _status(checks: Sequence[Check]) -> str:
    """How a suite ended: its mark and words such as `Passed, 1 warning`."""
    failed = sum(not check.passed and check.level == "critical" for check in checks)
    warnings = sum(not check.passed and check.level == "warning" for check in checks)
    mark = "fa-times" if failed else "fa-exclamation-triangle" if warnings else "fa-check-circle"
    words = f"Failed, {failed:,} critical" if failed else "Passed"
    words += f", {count_of(warnings, 'warning')}" if warnings else ""
    return f'<i class="fas {mark}" aria-hidden="true"></i> {words}'


def _links(up: str) -> str:
    return f'<link rel="stylesheet" href="{up}/{STYLES}">\n<link rel="icon" href="{up}/{_ICON}">\n'


def _index(folder: Path, checks: Sequence[Check], heading: str) -> str:
    """The front page: a line for each suite, with the way to its results and its expectations."""
    rows = []
    for results in sorted((folder / "validations").rglob("*.html")):
        suite = results.stem
        own = [check for check in checks if check.suite == suite]
        hold = sum(check.passed for check in own)
        where = html.escape(results.relative_to(folder).as_posix())
        name = html.escape(suite)
        rows.append(
            f'<tr><td>{_status(own)}</td><td><a href="{where}">{name}</a></td>'
            f"<td>{hold} of {len(own)} expectations hold</td>"
            f'<td><a href="expectations/{name}.html">expectations</a></td></tr>'
        )
    head = "<th>Status</th><th>Validation results</th><th></th><th>Expectation suite</th>"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="UTF-8">\n<title>Data Docs</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1.0">\n'
        f'{_links(".")}</head>\n<body>\n<nav class="navbar sticky-top">'
        f'<img src="{_LOGO}" alt="Great Expectations"></nav>\n<div class="container-fluid">\n'
        f"<h1>{html.escape(heading)}</h1>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>\n</div>\n"
        "</body>\n</html>\n"
    )
