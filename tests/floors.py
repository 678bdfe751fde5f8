"""Floors of quality: floors.toml, and marks held against it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

FLOORS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))


def hold(name: str, marks: Mapping[str, float], *corpus: Path) -> None:
    """Fail where a mark is below its floor. Skips where a corpus is another file than the floor was measured on."""
    floors = dict(FLOORS[name])
    seen = "+".join(hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in corpus)
    if seen != floors.pop("corpus", ""):
        pytest.skip(f"{', '.join(path.name for path in corpus)}: another file than the floors were measured on")
    assert floors
    assert floors.keys() <= marks.keys()
    below = {
        mark: (marks[mark], bound)
        for mark, bound in floors.items()
        if not bound.get("least", -1) <= marks[mark] <= bound.get("most", 1e9)
    }
    assert below == {}
