"""What stands around the data and the audit once they are written: card, papers, checksums, reports, manifest last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.checks.validate import Validation, validate, write_reports
from pipelines.engines.memory import give_back
from pipelines.papers.card import write_card
from pipelines.papers.croissant import croissant
from pipelines.papers.front_matter import count_arrow_bytes
from pipelines.papers.licence import changelog, citation, licence_of, licence_text
from pipelines.report.quality import QUALITY_PAGE, quality_html, read_report
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
    progress: Callable[[str, int], None],
) -> Finished:
    """Write everything but data/ and audit/ of the dataset in `stage`, manifest.json last.

    `earlier`: the datasets that stand for some of its records, for their texts in the report.
    `before`: CHANGELOG.md of the version that this one follows, and `news` what is new in it.
    The same tables and manifest give the same bytes.
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
    validation = validate(stage, manifest)
    write_reports(validation, manifest, stage / "reports")
    progress("report", 0)
    give_back()
    page = quality_html(stage, manifest, read_report(stage), text=manifest.get("report_text", True), earlier=earlier)
    write_bytes(stage / QUALITY_PAGE, page)
    write_json(stage / MANIFEST, manifest)
    return Finished(summary, validation)
