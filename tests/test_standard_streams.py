"""Output that nobody reads, streams that are closed, and a disk that is full where others write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.checks.data_docs import write_data_docs
from pipelines.checks.evaluate import quiet
from pipelines.checks.validate import validate
from pipelines.dataset import read_manifest
from tests.conftest import ROOT
from tests.small_dataset import make_tables, write_dataset

TAMIS = [sys.executable, "-c", "from pipelines.cli import main; main()"]
ENV = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "dataset"
    write_dataset(folder, make_tables())
    return folder


@pytest.mark.parametrize("call", [["rules", "list"], ["--help"]])
def test_a_reader_that_goes_is_no_error(call: list[str]) -> None:
    """What a terminal's own programs end with there: 141; by Rich and by print alike."""
    with subprocess.Popen([*TAMIS, *call], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout and run.stderr
        run.stdout.close()
        errors = run.stderr.read()
    assert (run.returncode, errors) == (141, b"")


def test_another_pipe_that_breaks_is_one() -> None:
    """Typer would make exit code 1 of it, which says that a check failed, and be silent."""
    code = "import pipelines.cli as c\ndef breaks(): raise BrokenPipeError(32, 'Broken pipe', 'a worker')\n"
    code += "c.app.command()(breaks)\nc.main()"
    run = subprocess.run([sys.executable, "-c", code, "breaks"], env=ENV, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (3, "tamis: Broken pipe: a worker\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full is Linux's")
@pytest.mark.parametrize("buffered", [True, False], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("call", [["rules", "list"], ["--version"]])
def test_a_full_disk_under_stdout_is_named(call: list[str], buffered: bool) -> None:
    """More than is written at once, and less: Python would try again when it ends, and make 120 of the exit code."""
    environment = {name: value for name, value in ENV.items() if name != "PYTHONUNBUFFERED"}
    environment |= {} if buffered else {"PYTHONUNBUFFERED": "1"}
    with Path("/dev/full").open("w") as full:
        run = subprocess.run([*TAMIS, *call], env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    said = "tamis: cannot write the result to standard output: No space left on device\n"
    assert (run.returncode, run.stderr) == (3, said)


@pytest.mark.parametrize(("closed", "code", "said"), [("2>&-", 0, b"checks"), (">&-", 0, b""), ("<&- 2>&-", 0, b"che")])
def test_streams_that_are_closed(closed: str, code: int, said: bytes, small_dataset: Path) -> None:
    command = f'exec "$@" {closed}'
    call = ["sh", "-c", command, "sh", *TAMIS, "check", str(small_dataset)]
    run = subprocess.run(call, env=ENV, capture_output=True, check=False)
    assert (run.returncode, run.stdout[: len(said)]) == (code, said)


def test_an_error_does_not_go_to_stdout_where_stderr_is_closed(tmp_path: Path) -> None:
    call = ["sh", "-c", 'exec "$@" 2>&-', "sh", *TAMIS, "check", str(tmp_path / "none")]
    run = subprocess.run(call, env=ENV, capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (3, b"")


def test_a_full_disk_under_data_docs_is_an_error_not_a_traceback_and_a_page_less(
    small_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Great Expectations catches it, says a page of traceback and goes on."""
    # pyspark, which that imports, ends a process whose main module has no file, as that of a worker of the tests.
    monkeypatch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
    with quiet():
        from great_expectations.data_context.store.html_site_store import HtmlSiteStore

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "page.html")

    monkeypatch.setattr(HtmlSiteStore, "set", full)
    with pytest.raises(OSError, match="No space left"):
        manifest = read_manifest(small_dataset)
        write_data_docs(validate(small_dataset, manifest), manifest, tmp_path / "docs")
    assert capfd.readouterr().err == ""
