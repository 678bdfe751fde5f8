from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import pipelines.cli
from pipelines.engines.server import Server
from tests.commands import Done

# Run in an environment of their own, by the bench.
collect_ignore = ["peers"]

# The first call of a compiled function compiles it; and speed is the bench's to measure.
settings.register_profile("tamis", deadline=None)
settings.load_profile("tamis")

# A job in the background of a shell ignores Ctrl-C, and so would all that it starts: the runs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


_SERVER = Server()


@pytest.fixture(scope="module", autouse=True)
def loaded(request: pytest.FixtureRequest) -> None:
    """What runs in this process fork their workers from is loaded once, and not for each run: two seconds.

    A module with `OWN_SERVER` has one for each run, as users have: what workers take is known when their server ends.
    """
    if getattr(request.module, "OWN_SERVER", False):
        _SERVER.stop()
    else:
        _SERVER.started()


@pytest.fixture(scope="session", autouse=True)
def stopped() -> Iterator[None]:
    yield
    _SERVER.stop()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real text that is not ours to ship; a test that asks for it skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared folder with real text is not here")
    return SHARED


@pytest.fixture(scope="session")
def sample() -> Path:
    return ROOT / "pipelines" / "sample"


@pytest.fixture
def tamis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command in this process: what it costs to start another is saved."""

    def call(*args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["tamis", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            pipelines.cli.main()
        return Done(int(stop.value.code or 0), *capsys.readouterr())

    return call
