"""What is seen of a run while it goes on: on a terminal, in a pipe, as JSON lines, and in run.json afterwards."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

import pipelines.cli
from cleaning.config import Config, make_config
from pipelines.articles import build
from pipelines.checks.validate import validate
from pipelines.dataset import read_manifest
from pipelines.diff.compare import diff
from pipelines.disk import disk_error
from pipelines.engines.local import Local
from pipelines.engines.server import Server
from pipelines.errors import CallError, ReadError
from pipelines.file_rows import bytes_of
from pipelines.journal import Event, Journal, Phase
from pipelines.progress import JsonLines, Lines, draws, listening, numbers
from pipelines.publishing.publish import publish
from pipelines.remove import remove
from pipelines.run import run
from pipelines.run_record import RUN_RECORD, write_run_record
from pipelines.sources import cut_shards, find_sources
from pipelines.staging import DONE, SCRATCH, staging
from tests.building import files_of, write_corpus
from tests.conftest import ROOT
from tests.faulty import FAULTY_CLEAN
from tests.test_sources import write_all

STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

OWN_SERVER = True


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def journal_of(clock: Clock, tell: Callable[[Event], None] = lambda event: None, every: float = 0.0) -> Journal:
    return Journal(tell, every=every, clock=clock)


def test_time_left_is_by_bytes() -> None:
    """Half of the documents in a tenth of the bytes is a tenth of the way."""
    clock = Clock()
    journal = journal_of(clock)
    journal.begins("clean", documents=100, size=1000)
    clock.now += 10
    journal("clean", 50, 100)
    (phase,) = journal.phases
    assert phase.fraction() == 0.1
    assert phase.left(clock.now) == pytest.approx(90)
    assert phase.rates(clock.now) == (5, 10)
    clock.now += 10
    assert phase.left(clock.now) == pytest.approx(180), "nothing comes: it takes longer"


def test_time_left_without_bytes_is_by_documents_and_without_either_unknown() -> None:
    clock = Clock()
    journal = journal_of(clock)
    journal.begins("clean", documents=100)
    clock.now += 10
    journal("clean", 25)
    assert journal.phases[-1].left(clock.now) == pytest.approx(30)
    journal.begins("settle")
    clock.now += 10
    assert journal.phases[-1].left(clock.now) is None
    assert numbers(journal.phases[-1], clock.now) == ["0:10 so far"]
    assert journal.phases[0].seconds == 10


def test_what_an_earlier_run_did_says_nothing_of_the_pace() -> None:
    clock = Clock()
    journal = journal_of(clock)
    journal.begins("clean", size=1000)
    clock.now += 5
    journal("clean", 80, 800, found=True)
    assert journal.phases[-1].left(clock.now) is None, "nothing was done by this run: who knows"
    clock.now += 5
    journal("clean", 5, 50)
    assert journal.phases[-1].left(clock.now) == pytest.approx(150 / (50 / 10))
    assert journal.phases[-1].as_json(clock.now)["resumed_documents"] == 80


def test_the_pace_is_that_of_the_last_minute() -> None:
    clock = Clock()
    journal = journal_of(clock)
    journal.begins("clean", size=10_000)
    for step in (100, 10):
        for _ in range(10):
            clock.now += 10
            journal("clean", 1, step)
    assert journal.phases[-1].left(clock.now) == pytest.approx((10_000 - 1100) / 1, rel=0.01)


def test_a_limit_ends_the_phase_before_its_bytes() -> None:
    clock = Clock()
    journal = journal_of(clock)
    journal.begins("count", size=10**9, most=100)
    clock.now += 10
    journal("count", 50, 1000)
    assert journal.phases[-1].left(clock.now) == pytest.approx(10)


def test_a_phase_that_nobody_announced() -> None:
    """As the engine for Spark and `rules suggest` call it: with documents, when some are done."""
    clock = Clock()
    told: list[str] = []
    journal = journal_of(clock, lambda event: told.append(event.name))
    clock.now += 4
    journal("read", 8)
    journal("validate", 0)
    journal.ends()
    assert [(phase.name, phase.documents, phase.seconds) for phase in journal.phases] == [
        ("read", 8, 4.0),
        ("validate", 0, 0.0),
    ]
    assert told[:3] == ["phase-started", "progress", "phase-finished"]


def test_plain_lines_come_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    journal = journal_of(clock, Lines(), every=10)
    journal.begins("count", size=10**6)
    for _ in range(25):
        clock.now += 1
        journal("count", 10, 30_000)
    journal.begins("settle")
    clock.now += 9
    journal.beat()
    clock.now += 1
    journal.beat()
    journal.ends()
    assert capsys.readouterr().err.splitlines() == [
        "reading: ~0:23 left, 100 documents, 0.3 of 1.0 MB, 10/s, 0.0 MB/s",
        "reading: ~0:13 left, 200 documents, 0.6 of 1.0 MB, 10/s, 0.0 MB/s",
        "reading: took 0:25, 250 documents, 0.8 MB, 10/s, 0.0 MB/s",
        "comparing: 0:10 so far",
        "comparing: took 0:10",
    ]


def test_json_lines_escape_everything(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(JsonLines())
    journal.begins("clean")
    name = 'a\x1b]0;me\x07\n"이\udcff\u202e.txt'
    about = {"source_file": name, "source_row": 3}
    journal.happened("record-quarantined", "quarantine.crash", source_file=name, source_row=3)
    err = capsys.readouterr().err
    assert err.isascii()
    assert not STEERING.search(err)
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in lines] == ["phase-started", "record-quarantined"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[1].pop("time"))
    assert lines[1] == {"event": "record-quarantined", "phase": "clean", "kind": "quarantine.crash"} | about


def test_plain_lines_escape_too(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(Lines())
    journal.happened("record-quarantined", "quarantine.crash", source_file="a\x1b[2J\r\nb", source_row=3)
    journal.happened("record-quarantined", "quarantine.bad-json", source_file="b", source_row=3)
    line = capsys.readouterr().err
    assert line == "quarantined: a\\x1b[2J\\r b, record 3 (quarantine.crash)\n"


def test_a_million_broken_lines_are_counted_not_told() -> None:
    told: list[Event] = []
    journal = Journal(told.append)
    for number in range(1200):
        journal.happened("record-quarantined", "quarantine.bad-json", source_row=number)
    journal.happened("record-quarantined", "quarantine.crash")
    assert len(told) == 1001
    assert journal.events == {"record-quarantined": 1201}


def test_a_pipe_that_nobody_reads_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    Journal(JsonLines()).begins("clean")


@pytest.mark.parametrize(
    ("term", "ci", "drawn"), [("xterm", "", True), ("xterm", "true", False), ("dumb", "", False), ("", "", False)]
)
def test_where_a_bar_is_drawn(term: str, ci: str, drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("FORCE_COLOR", "1")  # colour in a CI's log is no terminal
    assert not draws()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert draws() == drawn


def test_bytes_of_every_kind_of_input_add_up(tmp_path: Path) -> None:
    """As they lie on the disk, compressed or not, in whatever shards."""
    (tmp_path / "scratch").mkdir()
    paths = write_all(tmp_path / "in")
    (tmp_path / "in" / "text.txt").write_text("One line.", "utf-8")
    for path in [*paths, tmp_path / "in" / "text.txt"]:
        sources = find_sources([path])[0]
        shards = list(cut_shards(sources, make_config({"shard_records": 2}), tmp_path / "scratch"))
        assert len(shards) == (1 if path.suffix == ".txt" else 3)
        assert sum(shard.size for shard in shards) == path.stat().st_size == bytes_of(sources), path.name


def in_a_terminal(
    args: Sequence[str | Path],
    cwd: Path,
    *,
    code: str = "from pipelines.cli import main; main()",
    stop_at: bytes = b"",
    **env: str,
) -> tuple[int, str]:
    """The command on a pseudo-terminal: its exit code and all that it writes there; Ctrl-C once it shows `stop_at`."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ.pop("NO_COLOR", None)
        os.environ |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "CI": "", **env}
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        os.execv(sys.executable, [sys.executable, "-W", "error", "-c", code, *map(str, args)])
    written, deadline = b"", time.monotonic() + 300
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        written += read
        if stop_at and stop_at in written:
            stop_at = b""
            os.write(terminal, b"\x03")  # what the key sends
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), written.decode()


def plain(written: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)


# pty.fork() warns of threads that other tests have left; what is forked runs nothing but exec.
forks = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@forks
def test_a_terminal_shows_a_bar_for_each_phase(sample: Path, tmp_path: Path) -> None:
    code, written = in_a_terminal(["run", sample, "-o", "out"], tmp_path)
    assert code == 0, written
    before, last = written.rsplit("\x1b[?25h", 1)
    assert "\x1b[?25l" in before, "the cursor is hidden while bars are drawn"
    assert "\x1b[?25l" not in last, "and shown afterwards"
    assert "\x1b[1A" in before, "the bars move in their place"
    drawn = [line for line in re.split(r"[\r\n]+", plain(before)) if line.strip()]
    for name in ("reading", "cleaning", "comparing", "writing", "checking", "reporting"):
        assert re.search(rf"^{name} +━+ took \d:\d\d", "\n".join(drawn), re.M), name
    assert re.search(r"^cleaning +━+ took \d:\d\d +45 documents  0\.1 MB", "\n".join(drawn), re.M)
    assert max(map(len, drawn)) <= 80
    assert "Ledger: what went in" in last


@forks
def test_ctrl_c_in_compiled_code_on_a_terminal(tmp_path: Path) -> None:
    """Python does not hear of it, and the process is ended from another thread while a bar is drawn."""
    code = """
import ctypes, signal
from pipelines.interrupt import ends_soon
from pipelines.progress import listening
with ends_soon(lambda: "tamis: stopped"), listening() as journal:
    signal.signal(signal.SIGINT, lambda *_: None)  # it may come before the call below does
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    journal.begins("blocked")
    ctypes.CDLL(None).sleep(60)
"""
    exit_code, written = in_a_terminal((), tmp_path, code=code, stop_at=b"blocked")
    assert exit_code == 130
    assert written.endswith("\x1b[?25h\r\ntamis: stopped\r\n")


@forks
def test_ctrl_c_on_a_terminal(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in.jsonl", 9_000)
    (tmp_path / "c.toml").write_text("shard_records = 100\n", "utf-8")
    done = b"cleaning"
    code, written = in_a_terminal(["run", "in.jsonl", "-o", "out", "--config", "c.toml"], tmp_path, stop_at=done)
    assert code == 130
    assert "\x1b[?25h" in written, "the cursor is back"
    last = plain(written).strip().splitlines()[-1]
    assert re.fullmatch(
        r"tamis: stopped; out is as it was before; [\d,]+ finished pieces of work are kept in \.out\.partial: "
        r"the same command goes on from there \(--no-resume starts over\)",
        last,
    ), last


@forks
def test_a_ci_with_a_terminal_gets_plain_lines(tmp_path: Path) -> None:
    code = """
import time
import pipelines.progress
pipelines.progress.QUIET = 0.1
with pipelines.progress.listening() as journal:
    journal.begins("clean", size=10)
    time.sleep(0.2)
    journal("clean", 5, 5)
"""
    exit_code, written = in_a_terminal((), tmp_path, code=code, CI="true")
    assert exit_code == 0, written
    assert re.fullmatch(
        r"cleaning: 0:00 so far, 5 documents, 0\.0 of 0\.0 MB\r\ncleaning: took 0:00, 5 documents, 0\.0 MB\r\n", written
    )


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Done]:
    """The command in a pipe, in this process, which has paid for the imports already."""

    def call(*args: str | Path) -> Done:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["tamis", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            pipelines.cli.main()
        return Done(int(stop.value.code or 0), *capsys.readouterr())

    return call


def test_a_pipe_gets_plain_lines(sample: Path, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while one long step says nothing by itself; so short a wait that no machine is too fast for it."""
    monkeypatch.setattr("pipelines.progress.QUIET", 0.02)
    monkeypatch.setattr("pipelines.progress._BEAT", 0.02)
    done = command("run", sample, "-o", "out")
    assert done.returncode == 0, done.stderr
    assert not STEERING.search(done.stderr)
    lines = done.stderr.splitlines()
    assert lines
    assert all(re.match(r"(reading|cleaning|comparing|writing|checking|reporting): [\d~t]", line) for line in lines)
    assert any(re.match(r"checking: \d:\d\d so far", line) for line in lines)


def test_json_lines_of_a_run(sample: Path, command: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "photo.png").write_bytes(b"x")
    rows = (sample / "wire.jsonl").read_text("utf-8")
    (tmp_path / "in" / "wire.jsonl").write_text(rows + '{"text": "my secret, cut', "utf-8")
    done = command("run", "in", "-o", "out", "--log-json", "--json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"time", "event"} <= line.keys() for line in lines)
    assert "secret" not in done.stderr
    phases = [line["phase"] for line in lines if line["event"] == "phase-finished"]
    assert phases == ["count", "clean", "settle", "write", "validate", "report"]
    finished = lines[-1]
    ledger = json.loads(done.stdout)["ledger"]["records"]
    assert finished["event"] == "finished"
    assert {name: finished[f"records_{name}"] for name in ledger} == ledger
    assert {"event": "passed-over", "file": str(tmp_path / "in" / "photo.png")}.items() <= lines[0].items()
    quarantined = [line for line in lines if line["event"] == "record-quarantined"]
    assert len(quarantined) == ledger["quarantined"] >= 2
    assert {"quarantine.bad-json"} <= {line["kind"] for line in quarantined}
    checks = [line for line in lines if line["event"] == "check-failed"]
    failed = json.loads((tmp_path / "out/reports/report.json").read_text("utf-8"))["checks"]
    assert len(checks) == sum(not check["passed"] for check in failed)
    size = (tmp_path / "in" / "wire.jsonl").stat().st_size
    assert [line["bytes"] for line in lines if line["event"] == "phase-finished"][:2] == [size, size]


def test_json_lines_to_the_end(command: Callable[..., Done]) -> None:
    """What is wrong with the call is a JSON line too."""
    done = command("run", "absent.txt", "--log-json")
    assert done.returncode == 3
    (line,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert (line["event"], line["exit_code"], line["message"]) == ("failed", 3, "no such input: absent.txt")


def built(source: Path, output: Path, config: Config, journal: Journal) -> None:
    """Data and audit as a run makes them, without validation, which is a matter of seconds."""
    with staging(output, force=False) as stage, Local(config, stage / SCRATCH, journal, isolated=True) as engine:
        build(find_sources([source])[0], stage, config, engine, journal=journal)


def heard(events: list[Event], name: str) -> list[dict[str, Any]]:
    return [dict(event.about) for event in events if event.name == name]


def test_workers_that_die_and_records_they_die_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.articles.CLEAN", FAULTY_CLEAN)
    write_corpus(tmp_path / "in.jsonl", 8, ["raise", "crash"])
    events: list[Event] = []
    journal = Journal(events.append)
    built(tmp_path / "in.jsonl", tmp_path / "out", make_config({"workers": 1}), journal)
    assert heard(events, "record-quarantined") == [
        {"kind": "quarantine.crash", "source_file": "in.jsonl", "source_row": 6},
        {"kind": "quarantine.stage-error", "source_file": "in.jsonl", "source_row": 7},
    ]
    assert {about["kind"] for about in heard(events, "worker-died")} == {"SIGSEGV"}
    write_run_record(tmp_path, "run", journal)
    record = json.loads((tmp_path / RUN_RECORD).read_text("utf-8"))
    assert record["events"]["worker-died"] == len(heard(events, "worker-died")) > 1
    assert record["memory"]["workers"] > 1
    assert record["memory"]["worker_peak_bytes"] > 50e6
    assert 0 < record["phases"][1]["cpu_seconds"] < record["cpu_seconds"]


def test_a_run_that_goes_on_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(tmp_path / "in.jsonl", 40)
    config = make_config({"workers": 1, "shard_records": 10})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Local, "settle", stop)
        with pytest.raises(KeyboardInterrupt):
            built(tmp_path / "in.jsonl", tmp_path / "out", config, Journal())
    events: list[Event] = []
    journal = Journal(events.append)
    built(tmp_path / "in.jsonl", tmp_path / "out", config, journal)
    assert heard(events, "resumes") == [{"finished": 8}]
    size = (tmp_path / "in.jsonl").stat().st_size
    assert [(p.name, p.documents, p.found_documents, p.size, p.found_size) for p in journal.phases[:2]] == [
        ("count", 40, 40, size, size),
        ("clean", 40, 40, size, size),
    ]


def test_a_run_that_is_stopped_while_it_validates_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(tmp_path / "in.jsonl", 12)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.finish.measure", _no_room)
        with pytest.raises(ReadError, match=r"the disk is full.*pieces of work are kept in .*goes on from there"):
            run([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1}))
    assert not (tmp_path / "out").exists()
    journal = Journal()
    run([tmp_path / "in.jsonl"], tmp_path / "out", make_config({"workers": 1}), progress=journal)
    assert journal.phases[1].found_documents == 12
    assert not list((tmp_path / "out").rglob(SCRATCH))


def _no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same run into two folders."""
    root = tmp_path_factory.mktemp("twice")
    write_corpus(root / "in.jsonl", 30)
    folders = root / "a" / "out", root / "b" / "out"
    for folder in folders:
        run([root / "in.jsonl"], folder, make_config({"workers": 1, "about": {"license": "cc0-1.0"}}))
    return folders


def test_the_run_record_is_no_part_of_the_dataset(twice: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = map(files_of, twice)
    assert first.pop(RUN_RECORD) != second.pop(RUN_RECORD)
    dated = {name for name in first if "data-docs" in name}
    assert {name for name in first if first[name] != second.get(name)} <= dated
    for name in ("manifest.json", "SHA256SUMS", "croissant.json", "README.md", "reports/report.json"):
        assert RUN_RECORD not in (twice[0] / name).read_text("utf-8"), name
    assert diff(*twice).identical
    assert validate(twice[0], read_manifest(twice[0])).passed
    publish(twice[0], str(tmp_path / "there"), audit=True)
    assert list((tmp_path / "there").rglob("manifest.json"))
    assert not list((tmp_path / "there").rglob(RUN_RECORD)), "it stays at home"


def test_what_the_run_record_says(twice: tuple[Path, Path]) -> None:
    record = json.loads((twice[0] / RUN_RECORD).read_text("utf-8"))
    assert (record["format"], record["command"]) == (1, "run")
    assert [phase["phase"] for phase in record["phases"]] == ["count", "clean", "settle", "write", "validate", "report"]
    assert [phase["documents"] for phase in record["phases"][:4]] == [30] * 4
    assert record["seconds"] == pytest.approx(sum(phase["seconds"] for phase in record["phases"]), abs=0.1)
    assert record["cpu_seconds"] == pytest.approx(sum(phase["cpu_seconds"] for phase in record["phases"]), abs=0.5)
    assert record["phases"][1]["cpu_seconds"] > 0
    assert record["memory"]["driver_peak_bytes"] > 50e6
    assert record["versions"].keys() >= {"python", "tamis", "pyarrow", "ftfy"}
    assert "pytest" not in record["versions"]
    assert record["machine"]["cores"] == os.cpu_count()
    written = sum(path.stat().st_size for part in ("data", "audit") for path in (twice[0] / part).iterdir())
    page = (twice[0] / "audit/duplicates.html").stat().st_size
    assert record["phases"][3]["bytes"] == written - page
    assert str(ROOT) not in json.dumps(record)


def test_a_removal_has_a_record_of_its_own(twice: tuple[Path, Path], tmp_path: Path) -> None:
    remove(twice[0], urls=["https://www.a.example/0"], output=tmp_path / "out")
    record = json.loads((tmp_path / "out" / RUN_RECORD).read_text("utf-8"))
    assert record["command"] == "remove"
    assert [phase["phase"] for phase in record["phases"]] == ["remove", "validate", "report"]


def test_a_dataset_as_an_input_is_its_rows(twice: tuple[Path, Path], tmp_path: Path) -> None:
    """Not its card, its audit and its reports; also where it lies in a folder that is given."""
    for given in (twice[0], twice[0].parent):
        sources, passed_over = find_sources([given])
        assert [source.name.split("out/")[-1] for source in sources] == ["data/train-00000-of-00001.parquet"]
        assert not passed_over
    journal = Journal()
    built(twice[0], tmp_path / "again", make_config({"workers": 1}), journal)
    assert journal.phases[1].documents == 29
    table = pq.read_table(tmp_path / "again" / "data").to_pylist()
    assert [(row["url"], row["text"]) for row in table] == [
        (row["url"], row["text"]) for row in pq.read_table(twice[0] / "data").to_pylist()
    ]
    (twice[1] / "manifest.json").rename(tmp_path / "manifest.json")
    try:
        assert len(find_sources([twice[1]])[0]) > 1, "a folder without a manifest is a folder"
    finally:
        (tmp_path / "manifest.json").rename(twice[1] / "manifest.json")


def test_a_dataset_behind_a_url_is_its_rows(twice: tuple[Path, Path]) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(str(twice[0]), "/lake/out", recursive=True)
    try:
        sources, _ = find_sources(["memory://lake/out"])
        assert [source.name for source in sources] == ["out/data/train-00000-of-00001.parquet"]
        assert bytes_of(sources) == (twice[0] / "data/train-00000-of-00001.parquet").stat().st_size
    finally:
        memory.rm("/lake", recursive=True)


def test_an_input_in_the_output_is_refused(twice: tuple[Path, Path]) -> None:
    before = files_of(twice[0])
    with pytest.raises(CallError, match="which this run would replace"):
        run([twice[0]], twice[0], make_config({"workers": 1}), force=True)
    assert files_of(twice[0]) == before


def test_an_input_that_vanishes_while_it_is_read(tmp_path: Path) -> None:
    """Exit code 3, and a last line that says what is kept; once it is back, the same command goes on."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(800):
        (folder / f"{number:04}.txt").write_text(f"The harbour opened its gate number {number}.\n" * 20, "utf-8")
    (tmp_path / "c.toml").write_text("shard_records = 10\nworkers = 1\n", "utf-8")
    call = [
        sys.executable,
        "-c",
        "from pipelines.cli import main; main()",
        "run",
        "in",
        "-o",
        "out",
        "--config",
        "c.toml",
    ]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(call, cwd=tmp_path, env=env, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob(f".out.partial/{SCRATCH}/clean-*/{DONE}")):
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        folder.rename(tmp_path / "elsewhere")
        _, errors = running.communicate(timeout=120)
    assert running.returncode == 3
    last = errors.decode().splitlines()[-1]
    assert re.fullmatch(
        rf"tamis: cannot read {re.escape(str(folder))}/\d+\.txt: No such file or directory; [\d,]+ finished pieces of "
        r"work are kept in \.out\.partial: the same command goes on from there \(--no-resume starts over\)",
        last,
    ), last
    assert not (tmp_path / "out").exists()
    (tmp_path / "elsewhere").rename(folder)
    journal = Journal()
    built(folder, tmp_path / "out", make_config({"shard_records": 10, "workers": 1}), journal)
    assert 0 < journal.phases[1].found_documents < 800


def test_an_input_that_is_gone_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the output, as most are: it is the input that cannot be read, not the output that cannot be written."""
    for name in ("a.txt", "b.jsonl"):
        (tmp_path / name).write_text('{"text": "A line."}\n', "utf-8")
        found = find_sources([tmp_path / name])
        (tmp_path / name).unlink()
        monkeypatch.setattr("pipelines.run.find_sources", lambda inputs, found=found: found)
        with pytest.raises(ReadError, match=rf"cannot read .*{name}: No such file .*nothing was finished yet"):
            run([tmp_path / name], tmp_path / "out", make_config({"workers": 1}))
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("a/out", True), ("a/out/data/x", True), ("a/.out.partial/scratch/y", True), ("a/.out.old", True), ("a", True),
        ("a/in.txt", False), ("a/in/x.txt", False), ("a/.other.partial", False), ("b/out", False),
    ],
)  # fmt: skip
def test_whose_file_the_disk_complains_of(path: str, ours: bool) -> None:
    error = disk_error(PermissionError(13, "Permission denied", path), Path("a/out"))
    assert (error is not None) == ours


def test_a_read_error_in_a_staging_folder_keeps_its_words(tmp_path: Path) -> None:
    says = r"^it is broken; nothing was finished yet: the same command starts over$"
    with pytest.raises(ReadError, match=says), staging(tmp_path / "out", force=False):
        raise ReadError("it is broken")


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from no server there")
@pytest.mark.parametrize("compiled", [True, False])
def test_a_first_run_says_that_it_compiles(
    compiled: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipelines.engines.server.is_kept", lambda *of: compiled)
    monkeypatch.setattr("pipelines.engines.server._running", iter((None, 1, 1, 1)).__next__)
    monkeypatch.setattr("multiprocessing.forkserver.ensure_running", lambda: None)
    with listening() as journal:
        Server(journal).started()
    said = capsys.readouterr().err
    assert said == ("" if compiled else "compiling once, for about half a minute: later runs of this version find it\n")


def test_a_phase_in_words() -> None:
    phase = Phase("clean", 0.0, 9_000, 27_000_000, documents=4_000, size=12_600_000)
    phase.seconds = 10.0
    assert numbers(phase, 99.0) == ["took 0:10", "4,000 documents", "12.6 MB", "400/s", "1.3 MB/s"]
