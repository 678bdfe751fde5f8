"""The imports run one way: pipelines → cleaning, and inside cleaning from later stages to earlier ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# The stages, earliest first. A module may import from those before it, and never from those after.
STAGES = (
    "config", "records", "decode", "repair", "lines", "rules", "labelers", "assemble",
    "metadata", "language", "foreign", "flags", "documents", "corpus", "rows", "frames",
)  # fmt: skip
HEAVY = ("great_expectations", "pandas", "duckdb", "altair", "jinja2")


def modules(package: str) -> dict[str, set[str]]:
    """Each module of a package with the modules of this project that it imports, anywhere in it."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        imports: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                imports |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                imports |= {alias.name for alias in node.names}
        found[name] = {name for name in imports if name.split(".")[0] in ("cleaning", "pipelines", "expectations")}
    return found


def stage_of(module: str) -> int | None:
    parts = module.split(".")
    return STAGES.index(parts[1]) if len(parts) > 1 and parts[1] in STAGES else None


def test_cleaning_knows_nothing_of_files_and_people() -> None:
    for module, imports in modules("cleaning").items():
        assert not {name for name in imports if not name.startswith("cleaning")}, module


def test_no_circles() -> None:
    graph = modules("cleaning") | modules("pipelines")
    known = set(graph)
    TopologicalSorter({name: (imports & known) - {name, "cleaning"} for name, imports in graph.items()}).prepare()


@pytest.mark.parametrize("module", sorted(modules("cleaning")))
def test_stages_import_earlier_ones(module: str) -> None:
    mine = stage_of(module)
    if mine is None:
        return
    for imported in modules("cleaning")[module]:
        theirs = stage_of(imported)
        assert theirs is None or theirs <= mine, f"{module} imports {imported}, which comes later"


def test_the_stages_are_all_there() -> None:
    assert [name for name in STAGES if not any(stage_of(m) == STAGES.index(name) for m in modules("cleaning"))] == []


def test_the_cleaning_path_imports_no_validation() -> None:
    """A worker and a notebook's clean() pay for nothing that only validation or reports need."""
    code = (
        "import sys, cleaning; from pipelines import articles; cleaning.clean('One line.')\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_help_imports_next_to_nothing() -> None:
    code = "import sys; from pipelines import cli\nprint([n for n in ('pyarrow', 'numpy', 'ftfy') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
