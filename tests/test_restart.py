"""A run that is killed goes on where it was, and ends with the bytes of one that nobody disturbed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cleaning.config import Config, make_config
from cleaning.sitelines import SiteLines
from pipelines.engines.local import Local
from pipelines.errors import CallError
from pipelines.reading import read_shard
from pipelines.scratch import find, keep, made_by, name_of
from pipelines.sources import cut_shards, find_sources
from pipelines.stages import CLEAN, COUNT
from pipelines.staging import DONE, SCRATCH, stage_of, staging
from pipelines.store import MANIFEST
from tests.building import build_staged, files_of, write_corpus
from tests.conftest import ROOT

RECORDS = 120


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "in.jsonl"
    write_corpus(path, RECORDS)
    return path


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    build_staged(source, folder, make_config({"workers": 1}))
    return files_of(folder)


def start(source: Path, output: Path, errors: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-m", "tests.building", str(source), str(output)]
    return subprocess.Popen(call, cwd=ROOT, stderr=errors, stdout=subprocess.DEVNULL)


def children(process: int) -> list[int]:
    """Worker processes of a run, as /proc knows them: forked from the one that it starts for that."""
    parent_of = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, rest = path.read_text().partition(" (")
            state, parent = rest.rpartition(") ")[2].split()[:2]
            if state != "Z":
                parent_of[int(pid)] = int(parent)
    return [pid for pid, parent in parent_of.items() if parent_of.get(parent) == process]


def finished(output: Path) -> int:
    """How much is finished; a draft that only wants its name is not."""
    found = output.with_name(f".{output.name}.partial").glob(f"{SCRATCH}/*/{DONE}")
    return sum(not path.parent.name.startswith("draft-") for path in found)


class Runs:
    """Runs that are forked from a process which has loaded all they need, each of them killed as one."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.building"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate(timeout=60)

    def run(self, output: Path, kill_after: float | None = None) -> int:
        """The exit code of a run; `kill_after`: so many seconds. Of one that was over by then its own."""
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps([str(self._source), str(output)]) + "\n")
        self._server.stdin.flush()
        process = int(self._server.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(process, signal.SIGKILL)
        self._server.stdin.write("\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def test_what_loads_for_workers_leaves_nothing_when_it_is_killed(tmp_path: Path) -> None:
    """It is killed when its run ends, in its first second too: nothing of it may have a name at any time."""
    code = (
        "import dataclasses, os, pipelines.stages as stages\n"
        "clean = stages.CLEAN.function\n"
        "def killed_here(*given):\n"
        "    print(os.listdir(os.environ['TMPDIR']), len(clean(*given)['articles']), flush=True)\n"
        "stages.CLEAN = dataclasses.replace(stages.CLEAN, function=killed_here)\n"
        "import pipelines.engines.loaded\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert set(done.stdout.splitlines()) == {"[] 1"}, done.stderr


KILLS = 14
"""Of whole runs that work in one process; MORE_KILLS of runs with two workers; and WORKER_KILLS: 25 in all."""
MORE_KILLS, WORKER_KILLS = 3, 8


def test_killed_as_a_whole_at_random_moments(source: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    """A kill counts where it ended the run, and as often as it takes until they are enough."""
    rng, kills, runs = random.Random(1), 0, 0
    with Runs(source) as server:
        began = time.monotonic()
        assert server.run(tmp_path / "whole") == 0
        latest = time.monotonic() - began
        while kills < KILLS:
            output, done = tmp_path / str(runs), [0]
            while kills < KILLS and (code := server.run(output, rng.uniform(0, latest))) == -signal.SIGKILL:
                kills += 1
                latest *= 1.1
                assert not output.exists()
                # Of a dataset that is whole scratch is being cleared, and what is gone by then is done again.
                whole = (stage_of(output) / MANIFEST).exists()
                done = [0] if whole else [*done, finished(output)]
                assert done == sorted(done), "what was finished was done again"
            if kills == KILLS:
                code = server.run(output)
            latest *= 0.7  # it was over by then: a run that goes on takes less, and one of a machine with less to do
            assert code == 0
            assert files_of(output) == undisturbed
            runs += 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["whole", *map(str, range(runs))])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="workers are found in /proc")
def test_killed_with_its_workers_at_random_moments(source: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    """The run is killed, and its workers are left to end by themselves."""
    rng, kills, runs = random.Random(2), 0, 0
    while kills < MORE_KILLS:
        output = tmp_path / str(runs)
        with start(source, output) as run:
            while not children(run.pid) and run.poll() is None:
                time.sleep(0.02)
            time.sleep(rng.uniform(0, 0.3))
            run.kill()
        if run.returncode == 0:  # it had nothing left for workers, or was over sooner: that was no kill
            assert files_of(output) == undisturbed
            runs += 1
            continue
        assert run.returncode == -signal.SIGKILL
        assert not output.exists()
        kills += 1
    with start(source, output) as run:
        assert run.wait(180) == 0
    assert files_of(output) == undisturbed


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="workers are found in /proc")
def test_workers_killed_at_random_moments(source: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    rng, kills, runs = random.Random(12), 0, 0
    while kills < WORKER_KILLS:
        output = tmp_path / str(runs)
        with start(source, output, errors=subprocess.PIPE) as run:
            while run.poll() is None and kills < WORKER_KILLS:
                time.sleep(rng.uniform(0.02, 0.2))
                if workers := children(run.pid):
                    with suppress(ProcessLookupError):
                        os.kill(rng.choice(workers), signal.SIGKILL)
                        kills += 1
            _, errors = run.communicate(timeout=180)
        assert run.returncode == 0, errors.decode()
        assert files_of(output) == undisturbed
        runs += 1


def test_workers_do_not_outlive_their_run(source: Path, tmp_path: Path) -> None:
    with start(source, tmp_path / "out") as run:
        deadline = time.monotonic() + 60
        while not (workers := children(run.pid)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        run.kill()
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.1)


def test_what_is_finished_is_not_done_again(
    source: Path, undisturbed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All stages of all shards are there: a run that cannot run a stage gives the dataset all the same."""
    output, config = tmp_path / "out", make_config({"workers": 1, "shard_records": 40})
    interrupted(source, output, config, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.engines.local.run_task", None)
        build_staged(source, output, config, isolated=False)
    assert files_of(output) == undisturbed


def interrupted(source: Path, output: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scratch folder of a run that was stopped when it came to write."""
    with monkeypatch.context() as patch:
        patch.setattr(Local, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            build_staged(source, output, config, isolated=False)
    return output.with_name(f".{output.name}.partial") / SCRATCH


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def names(scratch: Path, stage: str) -> set[str]:
    return {path.name for path in scratch.glob(f"{stage}-*")}


@pytest.mark.parametrize(
    ("changed", "counted_again", "cleaned_again", "settled_again"),
    [
        ({"near_threshold": 0.9}, False, False, True),
        ({"rows_per_file": 25}, False, False, True),
        ({"workers": 1}, False, False, False),
        ({"policy": "strict"}, False, True, True),
        ({"max_record_bytes": 10_000}, True, True, True),
        ({"shard_records": 30}, True, True, True),
    ],
)
def test_what_a_change_makes_anew(
    changed: dict[str, Any],
    counted_again: bool,
    cleaned_again: bool,
    settled_again: bool,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = tmp_path / "out"
    scratch = interrupted(source, output, make_config({"workers": 1, "shard_records": 40}), monkeypatch)
    before = {stage: names(scratch, stage) for stage in ("count", "clean", "settled")}
    settings = {"workers": 1, "shard_records": 40} | changed
    interrupted(source, output, make_config(settings), monkeypatch)
    again = {stage: names(scratch, stage) != before[stage] for stage in before}
    assert again == {"count": counted_again, "clean": cleaned_again, "settled": settled_again}
    for folder in (output, tmp_path / "fresh"):
        build_staged(source, folder, make_config(settings), isolated=False)
    assert files_of(output) == files_of(tmp_path / "fresh")


class Watched(Config):
    """Settings that remember which of them were asked for."""

    asked: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in {field.name for field in fields(Config)}:
            Watched.asked.add(name)
        return super().__getattribute__(name)


def test_a_stage_looks_at_no_setting_that_it_does_not_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaning.rows.Config.sha256", lambda config: "")  # written by the outputs
    write_corpus(tmp_path / "in.jsonl", 30)
    SiteLines().save(tmp_path / "site-lines.npz")
    shard = next(cut_shards(find_sources([tmp_path / "in.jsonl"])[0], Config(), tmp_path))
    Watched.asked = set()
    watched = Watched()
    for stage in (COUNT, CLEAN):
        Watched.asked.clear()
        records = read_shard(shard, watched, keep=True)
        stage.function(records, watched, {"site-lines": tmp_path / "site-lines.npz"})
        assert ("fields" if stage is COUNT else "policy") in Watched.asked
        assert Watched.asked <= set(stage.settings)


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "no-end"])
def test_damaged_work_is_done_again(damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "clean-1"
    assert find(folder) is None
    table = pa.table({"a": list(range(1000))})
    assert keep(folder, {"rows": table, "none": table.slice(0, 0)}, 7) == find(folder) == (7, ("none", "rows"))
    path = folder / "rows.arrow"
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-100])
    elif damage == "changed":
        path.write_bytes(content[:3000] + b"\xff" + content[3001:])
    elif damage == "gone":
        path.unlink()
    else:
        (folder / DONE).write_text((folder / DONE).read_text()[:-5])
    assert find(folder) is None
    keep(folder, {"rows": table}, 7)
    assert find(folder) == (7, ("rows",))
    assert [each.name for each in tmp_path.iterdir()] == ["clean-1"]


def test_code_and_versions_name_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    before = name_of(CLEAN, Config(), {}, "content")
    assert before == name_of(CLEAN, Config(workers=3), {}, "content")
    assert before != name_of(COUNT, Config(), {}, "content")
    assert before != name_of(CLEAN, Config(), {"site-lines": "0"}, "content")
    assert before != name_of(CLEAN, Config(), {}, "other content")
    monkeypatch.setattr("pipelines.scratch.version", lambda package: "0")
    made_by.cache_clear()
    try:
        assert before != name_of(CLEAN, Config(), {}, "content")
    finally:
        made_by.cache_clear()


def test_no_resume_starts_over(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output, config = tmp_path / "out", make_config({"workers": 1})
    scratch = interrupted(source, output, config, monkeypatch)
    assert any(scratch.iterdir())
    with staging(output, force=False, resume=False) as stage:
        assert not (stage / SCRATCH).exists()


def test_an_input_that_changed_is_read_again(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output, config = tmp_path / "out", make_config({"workers": 1, "shard_records": 40})
    mine = tmp_path / "in.jsonl"
    mine.write_bytes(source.read_bytes())
    scratch = interrupted(mine, output, config, monkeypatch)
    before = names(scratch, "count")
    lines = mine.read_text("utf-8").splitlines(keepends=True)
    mine.write_text("".join(lines[:-1]), "utf-8")
    interrupted(mine, output, config, monkeypatch)
    after = names(scratch, "count")
    assert len(before) == 3
    assert len(after - before) == 1, "only the shard that changed"


def test_a_run_that_fails_before_anything_is_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staging(tmp_path / "out", force=False) as stage:
        (stage / SCRATCH).mkdir()
        (stage / SCRATCH / "spool.arrow").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_one_run_at_a_time(source: Path, tmp_path: Path) -> None:
    """The lock dies with its run: the one after a kill gets it."""
    with start(source, tmp_path / "out") as run:
        deadline = time.monotonic() + 60
        while not (tmp_path / ".out.partial" / SCRATCH).exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(CallError, match="another run is writing to"), staging(tmp_path / "out", force=False):
            pass
        run.kill()
    with staging(tmp_path / "out", force=False):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk(source: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    """One line and nothing published; with more room the same command goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", str(disk)], capture_output=True)
    if made.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with start(source, disk / "out", errors=subprocess.PIPE) as run:
            _, errors = run.communicate(timeout=120)
        assert b"the disk is full: nothing was written to" in errors
        assert b"the same command goes on" in errors
        assert not (disk / "out").exists()
        assert finished(disk / "out")
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        with start(source, disk / "out") as run:
            assert run.wait(120) == 0
        assert files_of(disk / "out") == undisturbed
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_dataset_whose_swap_was_killed_is_in_nobodys_way(source: Path, tmp_path: Path) -> None:
    """Between the end of its mark and its new name it stands whole in the staging folder."""
    output = tmp_path / "out"
    with start(source, output) as run:
        assert run.wait(180) == 0
    before = files_of(output)
    output.rename(tmp_path / ".out.partial")
    with start(source, output) as run:
        assert run.wait(180) == 0
    assert files_of(output) == before
