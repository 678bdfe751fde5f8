"""Rows are checked in a process beside the run, which is ended with it, and whose faults are the run's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.checks.beside import Beside
from pipelines.checks.evaluate import NotEvaluated
from pipelines.engines.single import Died, Single
from pipelines.errors import ReadError
from pipelines.journal import Event, Journal
from pipelines.parquet_views import MEMORY
from pipelines.run_record import RUN_RECORD
from tests.building import files_of, write_corpus
from tests.conftest import ROOT

RECORDS = 400


def double(number: int) -> int:
    return 2 * number


def own_number(nothing: None) -> int:
    return os.getpid()


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def refuse(line: str) -> None:
    raise NotEvaluated(line)


def crash(code: int) -> None:
    os.kill(os.getpid(), code)


def once(path: Path) -> str:
    """Ends its process the first time, by the signal that the file is called after."""
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.Signals[path.name])
    return "the second time"


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def single(heard: list[Event]) -> Iterator[Single]:
    process = Single(Journal(heard.append))
    yield process
    process.end()


def test_tasks_are_done_in_their_order_by_one_process(single: Single) -> None:
    results = [single.later(double, number) for number in range(5)]
    first, second = single.later(own_number, None), single.later(own_number, None)
    assert [result() for result in results] == [0, 2, 4, 6, 8]
    assert first() == second() != os.getpid()


@pytest.mark.parametrize("ended_by", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_one_that_is_killed_is_started_anew_with_what_it_had_to_do(
    ended_by: str, single: Single, heard: list[Event], tmp_path: Path
) -> None:
    if signal.getsignal(signal.Signals[ended_by]) is signal.SIG_IGN:
        pytest.skip(f"{ended_by} is ignored here, as under nohup")
    results = [single.later(double, 4), single.later(once, tmp_path / ended_by), single.later(double, 5)]
    assert [result() for result in results] == [8, "the second time", 10]
    assert [(event.name, event.about["kind"]) for event in heard] == [("worker-died", ended_by)]


def test_an_error_comes_through_and_says_where(single: Single) -> None:
    with pytest.raises(NotEvaluated, match="no verdict") as caught:
        single.later(refuse, "no verdict")()
    assert str(caught.value) == "no verdict"
    assert "in refuse" in "".join(caught.value.__notes__)
    assert single.later(double, 1)() == 2


def test_one_that_crashes_is_not_tried_again(single: Single, heard: list[Event]) -> None:
    crashes, never = single.later(crash, signal.SIGSEGV), single.later(double, 1)
    with pytest.raises(Died) as caught:
        crashes()
    assert (caught.value.code, len(heard)) == (-signal.SIGSEGV, 1)
    assert single.later(double, 2)() == 4
    del never


def test_its_end_is_soon(single: Single) -> None:
    slow, number = single.later(sleep, 60.0), single.later(own_number, None)
    time.sleep(0.2)
    started = time.monotonic()
    single.end()
    assert time.monotonic() - started < 2
    del slow, number


@pytest.mark.parametrize(("workers", "size", "records", "lines", "imported", "there"), [
    (2, 900, 10, 90, False, True), (1, 900, 10, 90, False, False), (2, 900, 10, 90, True, False),
    (2, 2_000_000_000, 10, 90, False, False), (2, 900, 1_000_000, 90, False, False),
    (2, 900, 10, 9_000_000, False, False),
])  # fmt: skip
def test_whether_there_is_one(
    workers: int, size: int, records: int, lines: int, imported: bool, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where one process is asked for, where memory is short, and where the import is paid for already."""
    monkeypatch.delitem(sys.modules, "great_expectations", raising=False)
    if imported:
        monkeypatch.setitem(sys.modules, "great_expectations", sys)
    with Beside(workers, Journal()) as beside:
        beside.begin(size)
        beside.reconsider({"records": records, "lines_kept": lines})
        assert (beside.later(own_number, None)() != os.getpid()) == there
        assert (beside.memory != MEMORY) == there
        beside.end()
        assert (beside.later(own_number, None)(), beside.memory) == (os.getpid(), MEMORY)


def test_its_death_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "great_expectations", raising=False)
    with Beside(2, Journal()) as beside:
        beside.begin(1)
        with pytest.raises(ReadError, match=r"the process that checks the rows died \(SIGABRT\)"):
            beside.later(crash, signal.SIGABRT)()


# Whole runs.


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "in.jsonl"
    write_corpus(path, RECORDS)
    return path


def start(source: Path, folder: Path, workers: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    (folder / "workers.toml").write_text(f"workers = {workers}\nshard_records = 100\n")
    tamis = [sys.executable, "-c", "from pipelines.cli import main; main()", "run", str(source), "-o", "out"]
    call = [*tamis, "--config", "workers.toml", "--log-json"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        call, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def beside(run: int, started_as: bytes = b"spawn_main") -> int:
    """The process beside a run, when it is there; or another of its children, by a word of its command."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parent = int(path.read_text().rpartition(") ")[2].split()[1])
                # As the standard library starts it; what workers are forked from is another.
                if parent == run and started_as in path.with_name("cmdline").read_bytes():
                    return int(path.parent.name)
        time.sleep(0.02)
    raise AssertionError("there is none")


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    with start(source, folder, 1) as run:
        _, errors = run.communicate(timeout=300)
    assert run.returncode == 0, errors.decode()
    return dataset(folder / "out")


def dataset(folder: Path) -> dict[str, str]:
    """Without what is dated."""
    return {name: digest for name, digest in files_of(folder).items() if "data-docs" not in name and name != RUN_RECORD}


@pytest.mark.slow
@pytest.mark.parametrize("after", [None, 0.0, 1.5, 4.0])
def test_killed_it_is_replaced_and_the_dataset_is_the_same(
    after: float | None, source: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    with start(source, tmp_path / "run", 2) as run:
        process = beside(run.pid)
        if after is not None:
            time.sleep(after)
            os.kill(process, signal.SIGKILL)
        _, errors = run.communicate(timeout=300)
    assert run.returncode == 0, errors.decode()
    assert dataset(tmp_path / "run" / "out") == undisturbed
    events = [json.loads(line) for line in errors.decode().splitlines()]  # and nothing else is said
    died = [event for event in events if event["event"] == "worker-died"]
    assert len(died) == (after is not None)
    assert (tmp_path / "run" / "out" / "reports" / "data-docs" / "index.html").exists()


@pytest.mark.parametrize("after", [0.1, 0.8])
def test_what_workers_are_forked_from_is_killed_while_it_loads(
    after: float, source: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    with start(source, tmp_path / "run", 2) as run:
        process = beside(run.pid, b"forkserver")
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        _, errors = run.communicate(timeout=300)
    assert run.returncode == 0, errors.decode()
    assert dataset(tmp_path / "run" / "out") == undisturbed


@pytest.mark.parametrize("after", [0.1, 3.0])
def test_it_does_not_outlive_its_run(after: float, source: Path, tmp_path: Path) -> None:
    with start(source, tmp_path / "run", 2) as run:
        process = beside(run.pid)
        time.sleep(after)
        run.kill()
    ends(process)


def ends(process: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.05)


@pytest.mark.parametrize(("after", "to_all"), [(0.02, True), (1.0, True), (3.0, False)])
def test_ctrl_c_ends_both(after: float, to_all: bool, source: Path, tmp_path: Path) -> None:
    with start(source, tmp_path / "run", 2) as run:
        process = beside(run.pid)
        time.sleep(after)
        asked = time.monotonic()
        (os.killpg if to_all else os.kill)(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=30)
        took = time.monotonic() - asked
    assert run.returncode == 130, errors.decode()
    assert took < 4, "two seconds, and as much again for a machine that has other things to do"
    assert all(json.loads(line) for line in errors.decode().splitlines()), "no traceback of either"
    ends(process)
    assert not (tmp_path / "run" / "out").exists()
