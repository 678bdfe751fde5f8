"""A dataset's data/ and audit/, built without validation and without a swap."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from cleaning.config import Config
from pipelines.articles import build
from pipelines.engines.local import Local
from pipelines.ledger import Ledger
from pipelines.sources import find_sources


def build_here(inputs: Sequence[Path], folder: Path, config: Config) -> Ledger:
    """Build `inputs` into a folder that is there."""
    with Local(config, folder / "scratch") as engine:
        ledger = build(find_sources(inputs)[0], folder, config, engine)
    shutil.rmtree(folder / "scratch")
    return ledger
