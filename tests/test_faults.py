"""A record that breaks a stage is found, quarantined with its reason, and the rest goes through."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cleaning.config import make_config
from pipelines.errors import ReadError
from tests.building import build_here, write_corpus
from tests.conftest import ROOT
from tests.faulty import FAULTY_CLEAN, FAULTY_COUNT, broken


def fates(folder: Path) -> dict[str, tuple[str, str, str]]:
    table = pq.read_table(folder / "audit/fates.parquet").to_pylist()
    return {row["source_id"]: (row["fate"], row["rule_id"], row["evidence"]) for row in table}


@pytest.mark.parametrize("stage", ["COUNT", "CLEAN"])
def test_faults_are_bisected_out(stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = {"COUNT": FAULTY_COUNT, "CLEAN": FAULTY_CLEAN}[stage]
    monkeypatch.setattr(f"pipelines.articles.{stage}", faulty)
    write_corpus(tmp_path / "in.jsonl", 8, ["raise", "crash", "exit"])
    config = make_config({"workers": 1})
    (tmp_path / "out").mkdir()
    ledger = build_here([tmp_path / "in.jsonl"], tmp_path / "out", config, isolated=True)
    assert (ledger.records_in, ledger.quarantined) == (8, 3)
    found = {who: fate for who, fate in fates(tmp_path / "out").items() if fate[0] == "quarantined"}
    assert found == {
        "7": ("quarantined", "quarantine.stage-error", f"stage {faulty.name} raised ZeroDivisionError"),
        "6": ("quarantined", "quarantine.crash", f"stage {faulty.name}: SIGSEGV"),
        "5": ("quarantined", "quarantine.crash", f"stage {faulty.name}: exit code 7"),
    }


def test_a_record_has_only_so_much_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs in compiled code that holds the interpreter's lock, where no signal is looked at."""
    monkeypatch.setattr("pipelines.articles.CLEAN", FAULTY_CLEAN)
    write_corpus(tmp_path / "in.jsonl", 5, ["hang"])
    config = make_config({"workers": 1, "record_seconds": 2.0})
    (tmp_path / "out").mkdir()
    build_here([tmp_path / "in.jsonl"], tmp_path / "out", config, isolated=True)
    fate = fates(tmp_path / "out")
    assert fate["4"] == ("quarantined", "quarantine.too-slow", "more than record_seconds = 2, in stage clean")
    assert fate["0"][0] == "published"


def test_a_worker_that_dies_of_everything_is_no_records_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.articles.CLEAN", broken("exit"))
    write_corpus(tmp_path / "in.jsonl", 4)
    (tmp_path / "out").mkdir()
    with pytest.raises(ReadError, match="dies whatever it is given"):
        build_here([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1}), isolated=True)


def test_a_stage_that_fails_on_everything_is_no_records_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.articles.CLEAN", broken("raise"))
    write_corpus(tmp_path / "in.jsonl", 4)
    (tmp_path / "out").mkdir()
    with pytest.raises(ZeroDivisionError):
        build_here([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1}))


def test_a_script_that_runs_where_workers_import_it(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in.jsonl", 4)
    (tmp_path / "script.py").write_text(
        "from cleaning.config import make_config\nfrom pipelines.run import run\n"
        "run(['in.jsonl'], 'out', make_config({'workers': 2, 'shard_records': 1}))\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    call = [sys.executable, "script.py"]
    done = subprocess.run(call, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "a script that calls run() has to do so under if __name__ == '__main__':" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("moment", "to_all", "again"),
    [(0.3, True, None), (1.2, False, None), (2.5, True, None), (0.3, True, 0.05), (1.2, True, 0.1), (2.5, False, 0.02)],
)
def test_ctrl_c_ends_in_two_seconds_and_says_how_to_go_on(
    moment: float, to_all: bool, again: float | None, tmp_path: Path
) -> None:
    """As a terminal sends it, to all processes of the group; as a batch system does, to the one it knows; and twice."""
    write_corpus(tmp_path / "in.jsonl", 2_500)
    call = [sys.executable, "-c", "from pipelines.cli import main; main()", "run", "in.jsonl", "-o", "out"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(call, cwd=tmp_path, env=env, stderr=subprocess.PIPE, start_new_session=True) as run:
        while not (tmp_path / ".out.partial").exists():  # before that nothing but imports goes on
            time.sleep(0.02)
            assert run.poll() is None
        time.sleep(moment)
        asked = time.monotonic()
        for pause in (again,) if again is None else (again, None):
            (os.killpg if to_all else os.kill)(run.pid, signal.SIGINT if to_all else signal.SIGTERM)
            time.sleep(pause or 0)
        _, errors = run.communicate(timeout=30)
        took = time.monotonic() - asked
    lines = [line for line in errors.decode().splitlines() if line.startswith("tamis:") or "Error" in line]
    (line,) = lines
    nothing = r"nothing was finished yet: the same command starts over"
    some = r"\d+ finished pieces of work are kept in \.out\.partial: the same command goes on from there .*"
    assert re.fullmatch(f"tamis: stopped; out is as it was before; ({nothing}|{some})", line), line
    assert run.returncode == 130
    assert took < 4, "two seconds, and as much again for a machine that has other things to do"
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out.partial/scratch/draft-*"))


def test_an_input_that_vanishes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.txt").write_text("A line.", "utf-8")
    inputs = [tmp_path / "in"]
    (tmp_path / "out").mkdir()
    from pipelines import sources

    found = sources.find_sources(inputs)
    (tmp_path / "in" / "1.txt").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.building.find_sources", lambda _: found)
        with pytest.raises(ReadError, match=r"cannot read .*1\.txt: No such file"):
            build_here(inputs, tmp_path / "out", make_config({"workers": 1}), isolated=True)


def test_damaged_compiled_code_is_compiled_again(tmp_path: Path) -> None:
    (tmp_path / "adding.py").write_text(
        "from cleaning.native import native\n\n"
        "@native('i8 i8 -> i8')\ndef add(a: int, b: int) -> int:\n    return a + b\n"
    )
    call = [sys.executable, "-W", "error", "-c", "import adding; print(adding.add(1, 2))"]
    env = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}

    def add() -> str:
        return subprocess.run(call, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout

    assert add() == "3\n"
    (file,) = (tmp_path / "__pycache__").glob("adding.add.o-*")
    content = file.read_bytes()
    half = len(content) // 2
    for damaged in (content[:half], content[:half] + b"\xff" * 40 + content[half + 40 :]):
        file.write_bytes(damaged)
        assert add() == "3\n"
        assert file.read_bytes()[:32] == content[:32], "compiled again, and kept"


def one_line(call: list[str], folder: Path) -> str:
    """What a run that exits with 3 says on stderr, which is one line."""
    call = [sys.executable, "-c", "from pipelines.cli import main; main()", "run", *call]
    done = subprocess.run(call, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    return line


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in.jsonl", 5)
    (tmp_path / "place").write_text("a file", "utf-8")
    assert one_line(["in.jsonl", "-o", "place/out"], tmp_path).startswith("tamis: cannot write place/out: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "place"]


def test_a_read_only_folder(tmp_path: Path) -> None:
    """As root nothing but a disk is read-only."""
    write_corpus(tmp_path / "in.jsonl", 5)
    folder = tmp_path / "folder"
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o500)
    elif subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("root may write to any folder, and mounting a read-only disk is not allowed here")
    try:
        for output in ("folder/out", "folder/new/out"):
            line = one_line(["in.jsonl", "-o", output], tmp_path)
            assert line.startswith(f"tamis: cannot write {output}: ")
        assert list(folder.iterdir()) == []
    finally:
        if os.geteuid():
            folder.chmod(0o700)
        else:
            subprocess.run(["umount", "-l", folder], check=True)
