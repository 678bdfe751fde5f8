"""What stands around the data and the audit once they are written: card, papers, checksums, reports, manifest last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.checks.beside import Beside
from pipelines.checks.data_docs import write_data_docs
from pipelines.checks.document_sums import DocumentSums
from pipelines.checks.found import Validation
from pipelines.checks.validate import Asked, Counted, Rows, check_rows, conclude, measure, write_reports
from pipelines.duplicates import Overview
from pipelines.engines.memory import give_back
from pipelines.journal import Journal
from pipelines.papers.card import write_card
from pipelines.papers.croissant import croissant
from pipelines.papers.front_matter import count_arrow_bytes
from pipelines.papers.licence import changelog, citation, licence_of, licence_text
from pipelines.report.quality import QUALITY_PAGE, count_all, quality_html, read_report
from pipelines.store import MANIFEST, write_bytes, write_json, write_sums
from pipelines.summary import Summary, summarise

PAPERS = ("README.md", "croissant.json", "CITATION.cff", "CHANGELOG.md", "LICENSE")
"""Beside the data; LICENSE only where a licence is declared. SHA256SUMS has them all."""


class Finished(NamedTuple):
    """What a dataset says of itself once it is whole."""

    summary: Summary
    validation: Validation


def finish(
    stage: Path,
    manifest: dict[str, Any],
    *,
    earlier: Sequence[Path] = (),
    before: str = "",
    news: str = "",
    duplicates: Overview | None = None,
    progress: Journal,
    beside: Beside,
    rows: Callable[[], Rows] | None = None,
) -> Finished:
    """Write everything but data/ and audit/ of the dataset in `stage`, manifest.json last.

    `earlier`: the datasets that stand for some of its records, for their texts in the report.
    `before`: CHANGELOG.md of the version that this one follows, and `news` what is new in it. `duplicates`: what the
    report shows of them, if somebody has looked. `beside`: where the dataset is checked; `rows`: what `check_rows`
    gives, where it has begun. The same tables and manifest give the same bytes.
    """
    summary = summarise(stage)
    data = [stage / entry["path"] for entry in manifest["files"] if entry["path"].startswith("data/")]
    languages = sorted(tag for tag in summary.languages if tag != "und")
    write_bytes(stage / "README.md", write_card(manifest, summary, count_arrow_bytes(data)).encode())
    write_json(stage / "croissant.json", croissant(manifest, languages))
    write_bytes(stage / "CITATION.cff", citation(manifest).encode())
    write_bytes(stage / "CHANGELOG.md", changelog(manifest, before, news).encode())
    if licence_of(manifest):
        write_bytes(stage / "LICENSE", licence_text(manifest).encode())
    papers = [stage / name for name in PAPERS if (stage / name).exists()]
    write_sums(stage, [*(stage / file["path"] for file in manifest["files"]), *papers])
    progress("validate", 0)
    give_back()
    asked, text = Asked(stage, manifest), manifest.get("report_text", True)
    rows = rows or beside.later(check_rows, asked)
    sums = DocumentSums()
    # Before Great Expectations is imported here, if it is: what DuckDB takes would come on top.
    counted = count_all(
        stage,
        manifest,
        text=text,
        earlier=earlier,
        duplicates=duplicates,
        memory=beside.memory,
        also=[sums.take],
    )
    measured = measure(asked, beside.memory, sums)
    del sums
    give_back()
    checked = Counted(asked, measured, rows())
    validation = beside.later(_conclude, checked)()
    documented = beside.later(_document, checked)
    progress("report", 0)
    give_back()
    page = quality_html(stage, manifest, read_report(stage), text=text, earlier=earlier, counted=counted)
    write_bytes(stage / QUALITY_PAGE, page)
    documented()
    beside.end()
    write_json(stage / MANIFEST, manifest)
    return Finished(summary, validation)


_concluded: dict[Path, Validation] = {}
"""By the dataset's folder what `_conclude` has found, for `_document` after it in the same process."""


def _conclude(counted: Counted) -> Validation:
    """The verdict, and the reports on it; without Great Expectations' own objects, which stay in their process."""
    asked = counted.asked
    validation = _concluded[asked.folder] = conclude(counted)
    write_reports(validation, asked.manifest, asked.folder / "reports", data_docs=False)
    return replace(validation, suites=())


def _document(counted: Counted) -> None:
    """The Data Docs, while the run writes its page. A process that was started anew in between concludes again."""
    asked = counted.asked
    validation = _concluded.pop(asked.folder, None) or conclude(counted)
    write_data_docs(validation, asked.manifest, asked.folder / "reports" / "data-docs")
