"""The action, the example workflows and the hook do what they say: their scripts run here under bash."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.small_dataset import make_tables, name, write_dataset
from tests.test_ci import runner_reads
from tests.workflows import BASH, ROOT, Job, environment, read_yaml

EXAMPLES = ROOT / "expectations/examples"
ACTION = {"uses": "./.github/actions/check"}
TAMIS = '#!/bin/sh\nexec "{python}" -c "from pipelines.cli import main; main()" "$@"\n'


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job whose `tamis` is the one under test; `released/news` is a sound dataset."""
    work = tmp_path / "work"
    work.mkdir()
    env = environment(tmp_path / "runner")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "tamis").write_text(TAMIS.format(python=sys.executable))
    (binaries / "tamis").chmod(0o755)
    env["PATH"] = f"{binaries}:/usr/bin:/bin"
    write_dataset(work / "released/news", make_tables(20))
    return Job(env, work)


def break_dataset(folder: Path) -> None:
    tables = make_tables(20)
    tables.articles[3]["title"] = " "
    shutil.rmtree(folder)
    write_dataset(folder, tables)


def test_the_action_passes_a_sound_dataset(job: Job) -> None:
    job.run_steps([ACTION | {"with": {"dataset": "released/news"}}], {})
    assert not job.failed, job.out
    assert job.ran == ["uses: ./.github/actions/check", "Look for tamis", "Check", "uses: actions/upload-artifact@v6"]
    assert job.outputs["passed"] == "true"
    uploaded = Path(job.used["actions/upload-artifact@v6"]["path"])
    assert uploaded == Path(job.outputs["reports"])
    assert {path.name for path in uploaded.iterdir()} >= {"report.json", "quality.md", "junit.xml", "badge.json"}
    assert [one.name for one in runner_reads(job.out)] == ["notice"]


def test_the_action_fails_the_job_and_uploads_all_the_same(job: Job) -> None:
    break_dataset(job.cwd / "released/news")
    after = {"name": "Later", "run": "echo never"}
    job.run_steps([ACTION | {"with": {"dataset": "released/news", "artifact": "mine"}}, after], {})
    assert job.failed
    assert "Later" not in job.ran
    assert job.outputs["passed"] == "false"
    assert job.used["actions/upload-artifact@v6"]["name"] == "mine"
    (error, notice) = runner_reads(job.out)
    assert (error.name, notice.name) == ("error", "notice")
    assert name(3) in error.message
    assert "title-not-blank" in Path(job.env["GITHUB_STEP_SUMMARY"]).read_text("utf-8")


def test_a_baseline_and_a_suite_are_passed_on(job: Job) -> None:
    write_dataset(job.cwd / "new", make_tables(9))
    given = {"dataset": "new", "baseline": "released/news", "suite": str(EXAMPLES / "suites"), "artifact": ""}
    job.run_steps([ACTION | {"with": given}], {})
    assert job.failed
    titles = [one.properties.get("title") for one in runner_reads(job.out)]
    assert "baseline: rows-kept-limit" in titles
    assert "house-release: enough-articles" in titles
    assert not job.used


@pytest.mark.parametrize(
    ("field", "hostile"),
    [
        ("dataset", '$(touch hit)`touch hit`\'"; touch hit; "\nx'),
        ("dataset", "--help"),
        ("baseline", '$(touch hit)`touch hit`\'"; touch hit; "'),
        ("suite", "--version $(touch hit)"),
    ],
)
def test_inputs_are_names_and_no_scripts(job: Job, hostile: str, field: str) -> None:
    job.run_steps([ACTION | {"with": {"dataset": "released/news"} | {field: hostile}}], {})
    assert job.failed, job.out
    assert not (job.cwd / "hit").exists()
    assert job.outputs["passed"] == "false"


def test_without_tamis_the_action_installs_its_own(job: Job, tmp_path: Path) -> None:
    """pip is a stand-in here, which says what it was asked for and makes tamis appear."""
    (tmp_path / "bin/tamis").rename(tmp_path / "tamis")
    python = tmp_path / "bin/python"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > asked\ncp {tmp_path}/tamis {tmp_path}/bin/tamis\n')
    python.chmod(0o755)
    job.run_steps([ACTION | {"with": {"dataset": "released/news"}}], {})
    assert not job.failed, job.out
    assert "uses: actions/setup-python@v6" in job.ran
    asked = (job.cwd / "asked").read_text().splitlines()
    assert asked[:3] == ["-m", "pip", "install"]
    assert (Path(asked[-1]) / "pyproject.toml").resolve() == ROOT / "pyproject.toml"


def workspace(job: Job) -> Job:
    """The checkout as the job of this repository finds it, and a python that installs nothing."""
    for part in ("pipelines", "expectations", ".ci"):
        (job.cwd / part).symlink_to(ROOT / part)
    python = job.cwd.parent / "bin/python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return job


def test_the_workflow_of_this_repository(job: Job) -> None:
    workflow = read_yaml(ROOT / ".github/workflows/dataset.yml")
    assert workflow["permissions"] == {"contents": "read"}
    workspace(job).run_steps(workflow["jobs"]["build"]["steps"], {})
    assert not job.failed, job.out
    assert job.ran[-1] == "uses: actions/upload-artifact@v6"
    assert (job.cwd / "output/sample/manifest.json").exists()
    assert json.loads((Path(job.outputs["reports"]) / "report.json").read_text())["passed"] is True


def test_the_workflow_for_others_says_what_fails(job: Job) -> None:
    """A corpus that gives nothing: the build writes its dataset, and the check tells why and fails the job."""
    (job.cwd / "articles").mkdir()
    (job.cwd / "articles/a.txt").write_text("Too short.")
    shutil.copytree(EXAMPLES / "suites", job.cwd / "suites")
    workflow = read_yaml(EXAMPLES / "dataset.yml")
    workspace(job).run_steps(workflow["jobs"]["build"]["steps"], {})
    assert job.failed
    assert {"Build", "Check"} <= set(job.ran)
    assert job.ran[-1] == "uses: actions/upload-artifact@v6"
    assert any(one.name == "error" for one in runner_reads(job.out))


def test_the_build_step_fails_for_a_call_that_is_wrong(job: Job) -> None:
    workflow = read_yaml(EXAMPLES / "dataset.yml")
    workspace(job).run_steps(workflow["jobs"]["build"]["steps"], {})
    assert job.failed
    assert "no such input" in job.out
    assert "Check" not in job.ran


def test_gitlab(job: Job) -> None:
    """GitLab joins the lines of a script into one of bash, and reads junit.xml."""
    config = read_yaml(EXAMPLES / "gitlab-ci.yml")["dataset"]
    shutil.copytree(ROOT / "pipelines/sample/articles", job.cwd / "articles")
    shutil.copytree(EXAMPLES / "suites", job.cwd / "suites")
    workspace(job)
    script = "set -eo pipefail\n" + "\n".join(config["script"])
    done = subprocess.run([*BASH, "-c", script], env=job.env, cwd=job.cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert config["artifacts"]["when"] == "always"
    root = ElementTree.parse(job.cwd / config["artifacts"]["reports"]["junit"]).getroot()
    assert int(root.get("tests", "0")) > 50


def test_the_hook(job: Job) -> None:
    """pre-commit runs the entry with the args of the configuration."""
    (hook,) = read_yaml(ROOT / ".pre-commit-hooks.yaml")
    assert {"id", "name", "entry", "language"} <= hook.keys()
    config = read_yaml(EXAMPLES / "pre-commit-config.yaml")["repos"][0]["hooks"][0]
    assert config["id"] == hook["id"]
    shutil.copytree(EXAMPLES / "suites", job.cwd / "suites")
    call = [*shlex.split(hook["entry"]), *config["args"]]

    def run() -> int:
        return subprocess.run(call, env=job.env, cwd=job.cwd, capture_output=True, timeout=300).returncode

    found = shutil.which("tamis", path=job.env["PATH"])
    assert found
    call[0] = found
    assert run() == 0
    break_dataset(job.cwd / "released/news")
    assert run() == 1
    files = re.compile(hook["files"])
    assert files.search("released/news/manifest.json")
    assert files.search("released/news/data/train-00000-of-00001.parquet")
    assert not files.search("notes/data.md")


def test_examples_name_no_file_that_is_not_there() -> None:
    page = (ROOT / "expectations/README.md").read_text("utf-8")
    named = re.findall(r"\]\(([^)#]+)\)", page)
    assert len(named) >= 5
    assert [path for path in named if "://" not in path and not (ROOT / "expectations" / path).exists()] == []
