"""audit/rules: the rule packs of a user's own that a dataset was made with, as they were.

They stand with what they gave reasons for, and are published where that is. The manifest has the sha256 of each, and
the folder is one that `--rules` takes.
"""

from __future__ import annotations

from pathlib import Path

from cleaning.matching import PackError
from cleaning.packs import PackTexts, find_packs
from cleaning.rule_ids import RuleNote, rule_notes
from pipelines.checks.measures import DatasetError
from pipelines.store import write_bytes

RULES = "audit/rules"


def write_rules(folder: Path, own: PackTexts) -> None:
    """Write packs into a dataset's folder, each as a file; none where there are none."""
    for name, text in own:
        write_bytes(folder / RULES / name, text.encode())


def notes_of(folder: Path) -> dict[str, RuleNote]:
    """All rules by id, those of the dataset's own packs too. Raises DatasetError where one of these cannot be read."""
    if not (folder / RULES).is_dir():
        return rule_notes()
    try:
        return rule_notes(find_packs([folder / RULES]))
    except PackError as error:
        raise DatasetError(error.faults[0]) from error
