"""`tamis publish` to the hub: the real client against a small hub on loopback, and `load_dataset` reading it back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import CallError, ReadError
from pipelines.publishing.publish import publish
from pipelines.publishing.release import PublishError
from tests.hub_server import TOKEN, Hub, serve
from tests.test_publish import home, next_content, published_sample  # noqa: F401

# huggingface_hub warns of its own calls into httpx.
pytestmark = pytest.mark.filterwarnings("ignore")

NAME = "harbour/news"
TARGET = f"hf://datasets/{NAME}"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    with serve() as hub:
        for name, value in {
            "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        # What the client has read from the environment when it was imported.
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        resolve = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", resolve)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield hub


def tamis(*args: str | Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", "from pipelines.cli import main; main()", *map(str, args)]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(call, capture_output=True, text=True, env=env, timeout=300, check=False)


def test_one_commit_and_a_tag(home: Path, hub: Hub) -> None:  # noqa: F811
    done = publish(home, TARGET)
    assert (done.state, done.where) == ("published", f"{TARGET}@v1.2.0")
    repo = hub.repos[NAME]
    assert repo.private
    assert repo.messages == ["initial commit", "harbour 1.2.0"]
    assert repo.tags == {"v1.2.0": repo.log[-1]}
    files = repo.commits[repo.log[-1]]
    assert files["README.md"][0] == (home / "README.md").read_bytes()
    assert not [path for path in files if path.startswith("audit/")]
    assert [path for path, (_, large) in files.items() if large] == [
        "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"
    ]  # fmt: skip


def test_load_dataset_reads_it_back(home: Path, hub: Hub, tmp_path: Path) -> None:  # noqa: F811
    publish(home, TARGET)
    script = (
        "import datasets, sys\n"
        "train = datasets.load_dataset(sys.argv[1], revision='v1.2.0', split='train', cache_dir=sys.argv[2])\n"
        "print(train.num_rows, train[0]['doc_id'], len(train.features))\n"
    )
    call = [sys.executable, "-c", script, NAME, str(tmp_path / "cache")]
    done = subprocess.run(call, capture_output=True, text=True, env=dict(os.environ), timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    rows, doc_id, columns = done.stdout.split()
    assert (int(rows), int(columns), len(doc_id)) == (manifest["rows"], len(manifest["schema"]), 32)


def test_a_second_time_uploads_nothing(home: Path, hub: Hub) -> None:  # noqa: F811
    publish(home, TARGET)
    before = len(hub.writes())
    done = publish(home, TARGET)
    assert (done.state, done.uploaded) == ("there already", 0)
    assert len(hub.writes()) == before
    assert len(hub.repos[NAME].log) == 2


def test_other_content_under_the_same_version_is_refused(home: Path, hub: Hub) -> None:  # noqa: F811
    publish(home, TARGET)
    before = len(hub.writes())
    next_content(home)
    with pytest.raises(PublishError, match="declare the next one"):
        publish(home, TARGET)
    assert len(hub.writes()) == before


def test_the_next_version_takes_the_place_of_the_last(home: Path, hub: Hub) -> None:  # noqa: F811
    publish(home, TARGET)
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    (home / "LICENSE").unlink()
    (home / "manifest.json").write_text(json.dumps(manifest | {"version": "1.3.0"}), "utf-8")
    publish(home, TARGET)
    repo = hub.repos[NAME]
    assert list(repo.tags) == ["v1.2.0", "v1.3.0"]
    assert "LICENSE" in repo.commits[repo.tags["v1.2.0"]]
    assert "LICENSE" not in repo.commits[repo.tags["v1.3.0"]]
    assert ".gitattributes" in repo.commits[repo.tags["v1.3.0"]]


@pytest.mark.parametrize("broken_at", ["/commit/main", "/tag/", "reading"])
def test_an_interrupted_one_goes_on(broken_at: str, home: Path, hub: Hub) -> None:  # noqa: F811
    hub.fail = "resolve" if broken_at == "reading" else broken_at
    if broken_at == "reading":
        hub.fail = "GET /datasets/harbour/news/resolve/"
    with pytest.raises((ReadError, PublishError)):
        publish(home, TARGET)
    sent = [line for line in hub.writes() if line.startswith("PUT")]
    done = publish(home, TARGET)
    assert done.state == "published"
    repo = hub.repos[NAME]
    assert repo.messages == ["initial commit", "harbour 1.2.0"]
    assert repo.tags == {"v1.2.0": repo.log[-1]}
    # What had been sent is not sent again.
    assert [line for line in hub.writes() if line.startswith("PUT")] == sent
    assert len(sent) == 2


def test_two_at_once(home: Path, hub: Hub) -> None:  # noqa: F811
    """While our files go up another publishing makes its commit: ours is refused, and says so."""
    hub.before_commit = lambda: hub.repos[NAME].add(dict(hub.repos[NAME].commits[hub.repos[NAME].log[-1]]), "theirs")
    with pytest.raises(PublishError, match=r"another publishing .* was first"):
        publish(home, TARGET)
    assert hub.repos[NAME].messages == ["initial commit", "theirs"]
    assert hub.repos[NAME].tags == {}


def test_two_at_once_with_the_same_content(home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The other one tags the commit in between."""
    import pipelines.publishing.hub as client

    original, states = client._tag, []

    def tag(*args: object) -> bool:
        if not states:
            states.append("")
            states.append(publish(home, TARGET).state)
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(client, "_tag", tag)
    assert publish(home, TARGET).state == "another was first"
    assert states[1] == "published"
    assert len(hub.repos[NAME].log) == 2


def test_what_reads_back_wrong_gets_no_tag(home: Path, hub: Hub) -> None:  # noqa: F811
    def spoil() -> None:
        for digest in list(hub.large):
            hub.large[digest] = b"PAR1" + hub.large[digest][4:-1] + b"?"

    hub.before_commit = spoil
    with pytest.raises(PublishError, match="has another data/train-00000"):
        publish(home, TARGET)
    assert hub.repos[NAME].tags == {}


def test_public_needs_a_licence(home: Path, hub: Hub) -> None:  # noqa: F811
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    (home / "manifest.json").write_text(json.dumps(manifest | {"about": {}}), "utf-8")
    with pytest.raises(PublishError, match="declares no licence"):
        publish(home, TARGET, public=True)
    assert hub.repos == {}
    publish(home, TARGET)
    assert hub.repos[NAME].private
    hub.repos[NAME].private = False
    with pytest.raises(PublishError, match=r"is public and .* declares no licence"):
        publish(home, TARGET)


def test_public_when_it_is_asked_for(home: Path, hub: Hub) -> None:  # noqa: F811
    publish(home, TARGET, public=True)
    assert not hub.repos[NAME].private


def test_public_does_not_open_what_is_private(home: Path, hub: Hub) -> None:  # noqa: F811
    publish(home, TARGET)
    with pytest.raises(PublishError, match="is private"):
        publish(home, TARGET, public=True)


def test_no_secret_is_printed(
    published_sample: Path,  # noqa: F811
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = "hf_" + "w" * 30
    monkeypatch.setenv("HF_TOKEN", other)
    refused = tamis("publish", published_sample, TARGET, "--verbose")
    assert refused.returncode == 3, refused.stderr
    assert "cannot publish to hf://datasets/harbour/news" in refused.stderr
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    done = tamis("publish", published_sample, TARGET, "--verbose")
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("HF_ENDPOINT", "http://me:pa55word@127.0.0.1:9")
    away = tamis("publish", published_sample, TARGET, "--verbose")
    assert away.returncode == 3
    for one in (refused, done, away):
        assert not [secret for secret in (TOKEN, other, "pa55word") if secret in one.stdout + one.stderr]


def test_without_the_extra(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CallError, match=r"pip install 'tamis\[hub\]'"):
        publish(home, TARGET)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(CallError, match=r"pip install 'tamis\[s3\]'"):
        publish(home, "s3://bucket/news")
