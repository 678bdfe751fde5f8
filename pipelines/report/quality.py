"""`reports/quality.html`: the page a person reads first, from what lies in the folder of a dataset."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from cleaning.collector import seldom_collected
from pipelines.audit_lines import Take, read_lines
from pipelines.checks.measures import DatasetError
from pipelines.duplicates import Duplicates, Overview
from pipelines.parquet_views import MEMORY, connection
from pipelines.report.documents import BYTES, pick, sample
from pipelines.report.embed import json_for_html
from pipelines.report.numbers import Numbers, count, ledger_of, share
from pipelines.report.page import read_part, render
from pipelines.report.removals import Family, Risks, RiskyLines, by_family, find_risks
from pipelines.report.tables import Tables, open_tables
from pipelines.rule_stats import RuleStat, RuleSums

if TYPE_CHECKING:
    from pipelines.report.charts import Spec

QUALITY_PAGE = "reports/quality.html"
MOST_BYTES = 3_000_000
"""The page is smaller, whatever the dataset."""
# Bars of a chart at most; its table has more.
_BARS = 20
# Clusters that are shown.
_CLUSTERS = 15
# Bytes kept free for what the sample brings besides its documents, and bytes that it should have.
_SPARE, _LEAST_ROOM = 60_000, 400_000
_NO_DOCUMENTS: dict[str, Any] = {"reasons": [], "documents": []}


class _Limits(NamedTuple):
    """How much of what can be long is shown."""

    rules: int
    """Of a family."""
    pairs: int
    """Of copies, side by side."""
    chars: int
    """Of a line in a table."""


# The first is what is shown but where a dataset's names and lines are out of the ordinary.
_LIMITS = (_Limits(40, 15, 240), _Limits(20, 8, 120), _Limits(10, 4, 60), _Limits(5, 1, 30), _Limits(1, 0, 10))
_VENDOR = ("vega", "vega-lite", "vega-embed")


class Counted(NamedTuple):
    """What the page says that no check has to be known for."""

    numbers: Numbers
    risks: Risks
    charts: dict[str, Spec]
    """By their ids in the page."""
    rules: list[RuleStat]
    duplicates: Overview | None
    """None without the audit."""


@seldom_collected()
def count_all(
    folder: Path,
    manifest: Mapping[str, Any],
    *,
    text: bool = True,
    earlier: Sequence[Path] = (),
    duplicates: Overview | None = None,
    memory: str = MEMORY,
    also: Sequence[Take] = (),
) -> Counted:
    """The longer half of `quality_html`, which says what the arguments are; `memory` is DuckDB's, such as `384MB`.

    `duplicates`: an overview of them, if somebody has it. `also`: what else is given the lines, where the
    audit is at hand.
    """
    policy = str(_mapping(manifest.get("config")).get("policy", "balanced"))
    risky, stats = RiskyLines(), []
    with open_tables(folder, manifest, memory) as tables:
        if tables.has_audit:
            with connection(memory) as db:  # closed before other queries take as much
                rules = RuleSums(db, policy)
                read_lines(tables.audit["lines"], tables.audit["labels"], [rules.take, risky.take, *also], memory)
                stats = rules.stats()
            if duplicates is None:
                duplicates = Duplicates(folder, earlier).overview(_CLUSTERS, _LIMITS[0].pairs if text else 0)
        numbers, risks = count(tables), find_risks(tables, risky)
    return Counted(numbers, risks, _charts(numbers, ledger_of(manifest)[0]), stats, duplicates)


@seldom_collected()
def quality_html(
    folder: Path,
    manifest: Mapping[str, Any],
    report: Mapping[str, Any] | None,
    *,
    text: bool = True,
    earlier: Sequence[Path] = (),
    counted: Counted | None = None,
) -> bytes:
    """The page, in less than MOST_BYTES; the same bytes for the same dataset.

    `report` is report.json, None where the dataset was not checked; `text` allows a sample of the documents' text in
    it, of dropped lines and of copies too. `earlier`: datasets that this one was held against, to show their texts.
    `counted`: what `count_all` has given of the same dataset. Raises DatasetError where the tables cannot be read.
    """
    checks = _checks(report)
    failing = [who for check in checks or () if not check["passed"] for who in check["failing"]]
    numbers, risks, specs, rules, duplicates = counted or count_all(folder, manifest, text=text, earlier=earlier)
    with open_tables(folder, manifest) as tables:
        doc_ids = pick(tables, [*failing[:60], *risks.doc_ids()])
        for most in _LIMITS:

            def draw(shown: dict[str, Any], sampled: Collection[str], most: _Limits = most) -> bytes:
                return _page(
                    manifest, report, checks, numbers, specs, risks, by_family(rules, most.rules), shown, sampled,
                    tables, _shown(duplicates, most.pairs if text else 0), most.chars, text=text,
                ).encode()  # fmt: skip

            # What is left beside the rest of the page, in which every document may be linked to.
            room = MOST_BYTES - len(draw(_NO_DOCUMENTS, set(doc_ids))) - _SPARE
            if room >= _LEAST_ROOM:
                break
        while True:
            shown = sample(tables, doc_ids, text=text, bytes_left=max(0, min(room, BYTES)))
            page = draw(shown, {document["id"] for document in shown["documents"]})
            if len(page) < MOST_BYTES or room <= 0:
                return page
            room -= len(page) - MOST_BYTES + _SPARE


def _page(
    manifest: Mapping[str, Any],
    report: Mapping[str, Any] | None,
    checks: list[dict[str, Any]] | None,
    numbers: Numbers,
    specs: dict[str, Spec],
    risks: Risks,
    families: list[Family],
    shown: dict[str, Any],
    sampled: Collection[str],
    tables: Tables,
    duplicates: dict[str, Any] | None,
    chars: int,
    *,
    text: bool,
) -> str:
    records, lines = ledger_of(manifest)
    totals = numbers.totals
    config = _mapping(manifest.get("config"))
    return render(
        "quality.html",
        scripts=[_vendored(name) for name in _VENDOR] + [read_part("templates/page.js")],
        text=text,
        name=manifest["name"],
        manifest={"pipeline_version": None, "config_sha256": None} | dict(manifest),
        verdict=_verdict(checks),
        checks=None if checks is None else _by_suite(checks),
        failed=[check for check in checks or () if not check["passed"]],
        diff=(report or {}).get("diff"),
        records=records,
        lines=lines,
        totals=totals,
        lost=share(totals["dropped_chars"], totals["source_chars"]),
        published_share=share(records["published"], records["in"]),
        numbers=numbers,
        charts=specs,
        chart_rows=_BARS,
        families=families,
        risks=risks,
        has_audit=tables.has_audit,
        sampled=sampled,
        chars=chars,
        shown_documents=len(shown["documents"]),
        duplicates=duplicates,
        looked_for_duplicates=config.get("duplicates") != "off",
        settings=[(name, _setting(value)) for name, value in config.items()],
        versions=list(_mapping(manifest.get("versions")).items()),
        against=[_mapping(one) for one in manifest.get("against") or ()],
        data=Markup(json_for_html({"charts": specs, **shown})),
    )


def _vendored(name: str) -> str:
    return read_part(f"vendor/{name}.min.js")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _charts(numbers: Numbers, records: dict[str, int]) -> dict[str, Spec]:
    """Those charts that have something to show, by their ids in the page."""
    from pipelines.report import charts  # imports Altair

    found = {"funnel": charts.funnel(records, numbers.fates)}
    if numbers.removed and numbers.removed.families:
        found["families"] = charts.families(numbers.removed)
        for column, rows in (("language", numbers.removed.by_language), ("site", numbers.removed.by_site)):
            if rows:
                found[f"by_{column}"] = charts.families_by(rows, column)
    if not numbers.totals["documents"]:
        return found
    found |= {"lengths": charts.lengths(numbers), "losses": charts.losses(numbers)}
    if numbers.dates:
        found["dates"] = charts.dates(numbers)
    encodings = [
        row | {"encoding": f"{row['encoding']} ({row['method']})" if row["encoding"] else "none: the record was text"}
        for row in numbers.encodings
    ]
    for rows, name, description in (
        (numbers.languages, "language", "Documents by language."),
        (numbers.sites, "site", "Documents by site, the largest."),
        (encodings, "encoding", "Documents by the charset that they were read in."),
        (numbers.repairs, "repair", "Documents by what had to be repaired in them."),
        (numbers.flags, "flag", "Documents by their flags."),
    ):
        if rows:
            found[f"{name}s"] = charts.bars(rows[:_BARS], name, description=description)
    return found


def _shown(found: Overview | None, pairs: int) -> dict[str, Any] | None:
    """What is shown of the duplicates; None where nothing is known of them."""
    if found is None:
        return None
    return {
        "total": found.total, "rules": found.rules, "largest": found.largest[:_CLUSTERS],
        "riskiest": found.riskiest[:pairs],
    }  # fmt: skip


_CHECK: dict[str, Any] = {
    "suite": "", "name": "", "column": None, "level": "critical", "expected": "", "observed": "", "passed": False,
    "failing": [], "meaning": "",
}  # fmt: skip


def _checks(report: Mapping[str, Any] | None) -> list[dict[str, Any]] | None:
    """The checks of report.json; None where there are none to speak of."""
    if report is None:
        return None
    checks = report.get("checks")
    if not isinstance(checks, list) or not all(isinstance(check, Mapping) for check in checks):
        raise DatasetError("report.json has no list of checks: tamis check writes a new one")
    return [_CHECK | dict(check) for check in checks]


def _by_suite(checks: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(suite, sorted(some, key=_rank)) for suite, some in groupby(checks, _suite)]


def _suite(check: Mapping[str, Any]) -> str:
    return str(check["suite"])


def _rank(check: Mapping[str, Any]) -> int:
    """What fails stands first, critical before warning."""
    return 2 if check["passed"] else int(check["level"] != "critical")


def _verdict(checks: list[dict[str, Any]] | None) -> dict[str, str]:
    """One line on the checks: its sign, its words, and the class it is drawn in."""
    if not checks:
        return {"state": "unknown", "sign": "?", "words": "Not checked yet"}
    failed = [check for check in checks if not check["passed"]]
    critical = sum(check["level"] == "critical" for check in failed)
    warnings = len(failed) - critical
    words = f"{len(checks) - len(failed)} of {len(checks)} checks hold"
    if critical:
        words = f"Failed: {words}, {critical} critical failed, {_warned(warnings)}"
        return {"state": "critical", "sign": "✕", "words": words}
    if warnings:
        return {"state": "warning", "sign": "!", "words": f"Passed, with {_warned(warnings)}: {words}"}
    return {"state": "pass", "sign": "✓", "words": f"Passed: {words}"}


def _warned(number: int) -> str:
    return f"{number} warning{'' if number == 1 else 's'}"


def read_report(folder: Path) -> dict[str, Any] | None:
    """reports/report.json of a dataset, with reports/diff.json in it where that stands beside it; None: not checked."""
    report = _read_json(folder / "reports/report.json")
    diff = _read_json(folder / "reports/diff.json")
    return report if diff is None or report is None else report | {"diff": diff}


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DatasetError(f"{path} has to be a JSON object")
    return value
