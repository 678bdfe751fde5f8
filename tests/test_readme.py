"""README.md cannot lie: it names every command, option, column, setting and label there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from cleaning.tables import ARTICLES
from pipelines.cli import app
from tests.readme import PAGES, README, SECTIONS, render

PAGE = README.read_text("utf-8")


def test_generated_parts_are_up_to_date() -> None:
    assert sorted(name for names in PAGES.values() for name in names) == sorted(SECTIONS)
    for path, names in PAGES.items():
        page = path.read_text("utf-8")
        assert all(f"<!-- {name} -->" in page for name in names), path
        assert render(page) == page, "run: python -m tests.readme"


def test_every_command_is_named() -> None:
    root = typer.main.get_command(app)
    names = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        names += [f"tamis {name} {sub}" for sub in inner] if inner else [f"tamis {name}"]
    assert len(names) >= 5
    assert [name for name in names if name not in PAGE] == []


def test_every_option_of_run_is_named() -> None:
    options = [name for one in typer.main.get_command(app).commands["run"].params for name in one.opts]  # type: ignore[attr-defined]
    assert "--force" in options
    assert [name for name in options if name.startswith("--") and f"`{name}" not in PAGE] == []


def test_every_column_is_named() -> None:
    assert [name for name in ARTICLES.names if f"`{name}`" not in PAGE] == []


@pytest.mark.slow
def test_the_lines_about_articles_of_ones_own_can_be_pasted(tmp_path: Path) -> None:
    """All that is to be typed with articles.jsonl, in the order of the page, in one folder: none of it fails."""
    blocks = [block for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) if "articles.jsonl" in block]
    assert len(blocks) == 3
    typed = "\n".join(blocks).replace("source .venv/bin/activate\n", "", 1)  # it is active: see PATH
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    there = os.environ | {"PATH": path, "PYTHONPATH": os.pathsep.join(["", *sys.path]).strip(os.pathsep)}
    done = subprocess.run(
        ["bash", "-e", "-c", typed], cwd=tmp_path, env=there, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split("title: Council votes on the ferry\n")[1:]
    assert re.search(r"keep +Give this a wave", before)
    assert re.search(r"DROP +Give this a wave .*en\.own\.wave", after)


def test_it_opens_with_the_two_commands() -> None:
    head = PAGE[: PAGE.index("## The flow")]
    assert head.index("make run") < head.index("make test")
