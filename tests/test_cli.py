"""The commands as their users call them: exit codes, one line for an error, results apart from progress."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import pipelines.cli
from pipelines.staging import staging

ROOT = Path(__file__).parents[1]


def tamis(*args: str | Path, cwd: Path, **kwargs: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    call = [sys.executable, "-W", "error", "-c", "from pipelines.cli import main; main()", *map(str, args)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(call, capture_output=True, text=True, cwd=cwd, env=env, timeout=300, **kwargs)  # type: ignore[call-overload,no-any-return]


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command in this process, which has paid for the imports already."""

    def run(*args: str | Path, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["tamis", *map(str, args)])
        code = 0
        try:
            pipelines.cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as `tamis run` makes it, from a folder that is not the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = tamis("run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["output"] == "output/sample"
    assert result["rows"] == result["ledger"]["records"]["published"] > 20
    return folder / "output" / "sample"


def test_the_folder_holds_what_it_should(dataset: Path) -> None:
    names = {path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file()}
    assert names >= {
        "README.md", "manifest.json", "SHA256SUMS", "data/train-00000-of-00001.parquet", "reports/report.json",
        "reports/quality.md", "reports/junit.xml", "reports/data-docs/index.html", "audit/lines.parquet",
        "audit/labels.parquet", "audit/flags.parquet", "audit/values.parquet", "audit/fates.parquet",
        "audit/unpublished.parquet", "audit/quarantine.jsonl",
    }  # fmt: skip
    assert not [name for name in names if "scratch" in name or name.startswith(".")]
    assert [path.name for path in dataset.parent.iterdir()] == ["sample"]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dataset, check=True)


def test_check(dataset: Path, tmp_path: Path, call: Callable[..., Done]) -> None:
    good = call("check", dataset, cwd=tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "passed" in good.stdout
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", dataset, copy], check=True)
    with (copy / "data/train-00000-of-00001.parquet").open("r+b") as file:
        file.seek(3000)
        file.write(b"damage")
    assert call("check", copy, cwd=tmp_path).returncode in (1, 3)
    assert call("check", tmp_path, cwd=tmp_path).returncode == 3


def test_a_dataset_by_its_url(dataset: Path, tmp_path: Path, call: Callable[..., Done]) -> None:
    (tmp_path / "a folder").symlink_to(dataset)
    url = f"file://{tmp_path}/a%20folder"
    assert call("check", url, "--json", cwd=tmp_path).returncode == 0
    assert call("diff", dataset, url, "--json", cwd=tmp_path).returncode == 0
    for args in (["check"], ["report"], ["explain"], ["duplicates"], ["rules", "stats"], ["diff", dataset]):
        done = call(*args, "s3://bucket/news?X-Amz-Signature=1234", cwd=tmp_path)
        said = (
            "tamis: s3://bucket/news?… is not on this machine, where a dataset has to be for this: copy it here first\n"
        )
        assert (done.returncode, done.stderr) == (2, said), args


def test_an_output_that_would_be_gone_at_once(tmp_path: Path, call: Callable[..., Done]) -> None:
    done = call("run", "-o", "memory://bucket/news", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("memory://bucket/news would be gone when this command ends: give another -o\n")


def test_an_input_that_is_cut_off_is_told_of(tmp_path: Path, call: Callable[..., Done]) -> None:
    rows = "".join(json.dumps({"id": str(n), "text": f"The council met {n} times. " * 40}) + "\n" for n in range(300))
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(rows.encode())[:-200])
    done = call("run", "in.jsonl.gz", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = r"^in\.jsonl\.gz is damaged or cut off: nothing of it is read from record \d+ on$"
    assert re.search(said, done.stderr, re.MULTILINE)


def test_explain_a_row(dataset: Path, tmp_path: Path, call: Callable[..., Done]) -> None:
    quarantined = [json.loads(x) for x in (dataset / "audit/quarantine.jsonl").read_text("utf-8").splitlines()]
    assert quarantined
    done = call("explain", dataset, quarantined[0]["doc_id"], cwd=tmp_path)
    assert "quarantined" in done.stdout
    unknown = call("explain", dataset, "0" * 32, cwd=tmp_path)
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)


def test_explain_a_file(tmp_path: Path, call: Callable[..., Done]) -> None:
    (tmp_path / "a.txt").write_text(
        "The bridge is open again.\n0 comments\nclear \x1b]0;me\x07 this sentence.\n", "utf-8"
    )
    plain = call("explain", "a.txt", cwd=tmp_path)
    assert plain.returncode == 0, plain.stderr
    assert "DROP  0 comments   [comment-widget en.comments.counter" in plain.stdout
    assert "\x1b" not in plain.stdout
    assert "\x07" not in plain.stdout
    result = json.loads(call("explain", "a.txt", "--json", cwd=tmp_path).stdout)
    assert [line["kept"] for line in result["lines"]] == [True, False, True]


def test_explain_a_file_of_several_records(tmp_path: Path, call: Callable[..., Done]) -> None:
    rows = [{"id": f"a{number}", "text": f"The bridge is open again, the {word} time."}
            for number, word in enumerate(("first", "second"))]  # fmt: skip
    (tmp_path / "two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "one.jsonl").write_text(json.dumps(rows[0]) + "\n", "utf-8")
    for args, shows, says in (
        (["two.jsonl"], "first", "two.jsonl has several records; this is the first: --row 1 is the next\n"),
        (["two.jsonl", "--row", "0"], "first", ""),
        (["two.jsonl", "--row", "1"], "second", ""),
        (["one.jsonl"], "first", ""),
    ):
        done = call("explain", *args, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, says)
        assert f"the {shows} time" in done.stdout
    beyond = call("explain", "two.jsonl", "--row", "2", cwd=tmp_path)
    assert (beyond.returncode, beyond.stderr) == (2, "tamis: two.jsonl has no record 2\n")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["run", "absent.txt"], 3, "no such input: absent.txt"),
        (["run", "a.txt", "--policy", "strikt"], 2, "did you mean 'strict'"),
        (["run", "a.txt", "--config", "bad.toml"], 2, "did you mean 'policy'"),
        (["run", "a.txt", "--config", "absent.toml"], 2, "cannot read the config"),
        (["run", "a.txt", "-o", "taken"], 2, "exists already"),
        (["run", "a.txt", "-o", "other", "--force"], 2, "is no dataset of tamis"),
        (["run", "a.txt", "-o", "extension", "--force"], 2, "is no dataset of tamis"),
        (["run", "a.txt", "-o", "/"], 2, "give another -o"),
        (["run", "a.docx"], 2, "of no kind that tamis reads"),
        (["run", "a.txt", "a.txt"], 2, "given twice"),
        (["run", "b.csv"], 2, "no field is known to hold the text"),
        (["check", "."], 3, "manifest"),
        (["explain", "absent.txt"], 3, "no such input"),
        (["explain", "other"], 2, "is a folder, but no dataset"),
        (["run", "a.txt", "--languages", "english"], 2, "BCP 47 tags such as en"),
        (["run", "a.txt", "--languages", "en,kr"], 2, "'kr' is no language that tamis tells; Korean is 'ko'"),
        (["run", "a.txt", "--languages", "pt-BR"], 2, "'pt-BR' is no language that tamis tells; 'pt' is"),
        (["run", "a.txt", "--limit", "0"], 2, "--limit"),
        (["run", "--frobnicate"], 2, "--frobnicate"),
        (["run", "c.csv", "--config", "names.toml"], 2, "did you mean 'Link'"),
    ],
)
def test_a_wrong_call_is_one_line(
    args: list[str], code: int, says: str, tmp_path: Path, call: Callable[..., Done]
) -> None:
    (tmp_path / "a.txt").write_text("A line.", "utf-8")
    (tmp_path / "a.docx").write_bytes(b"")
    (tmp_path / "b.csv").write_text("x,y\n1,2\n", "utf-8")
    (tmp_path / "c.csv").write_text("text,Link\nx,y\n", "utf-8")
    (tmp_path / "names.toml").write_text('fields = {url = "Lnk"}\n', "utf-8")
    (tmp_path / "bad.toml").write_text('polcy = "strict"\n', "utf-8")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "manifest.json").write_text("{}", "utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").write_text("mine", "utf-8")
    (tmp_path / "extension").mkdir()
    (tmp_path / "extension" / "manifest.json").write_text('{"manifest_version": 3}', "utf-8")
    before = sorted(path for path in tmp_path.rglob("*"))
    done = call(*args, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("tamis: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "output") == before
    assert (tmp_path / "other" / "thesis.doc").read_text() == "mine"


def test_a_run_that_publishes_nothing_fails_its_check(tmp_path: Path, call: Callable[..., Done]) -> None:
    (tmp_path / "in.jsonl").write_text("", "utf-8")
    done = call("run", "in.jsonl", "-o", "out", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "critical: no record was published" in done.stdout


def test_a_full_disk_leaves_nothing(sample: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk."""
    done = tamis(
        "run", sample, "-o", "out", "--workers", "1", cwd=tmp_path,
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
        ),
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("tamis: ")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_no_dataset(sample: Path, tmp_path: Path) -> None:
    call = [sys.executable, "-c", "from pipelines.cli import main; main()", "run", str(sample), "-o", "out"]
    with subprocess.Popen(
        call, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    ) as run:
        deadline = time.monotonic() + 60
        while not (tmp_path / ".out.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        run.kill()
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("manifest.json"))
    again = tamis("run", sample, "-o", "out", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_runs_into_one_folder(tmp_path: Path, call: Callable[..., Done]) -> None:
    with staging(tmp_path / "out", force=False) as stage:
        (stage / "manifest.json").write_text("{}")
        (tmp_path / "a.txt").write_text("A line.", "utf-8")
        done = call("run", "a.txt", "-o", "out", cwd=tmp_path)
        assert done.returncode == 2
        assert "another run is writing" in done.stderr
    assert (tmp_path / "out" / "manifest.json").exists()


def test_no_socket_is_opened(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a socket: {args}")

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:  # by one the run speaks with its own workers
            refuse(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(
        sys, "argv", ["tamis", "run", str(sample), "-o", str(tmp_path / "out"), "--workers", "1", "--json"]
    )
    with pytest.raises(SystemExit) as stop:
        pipelines.cli.main()
    assert not stop.value.code
    assert (tmp_path / "out" / "manifest.json").exists()
