"""What a person or a program sees of a run while it goes on, on stderr: bars, plain lines, or JSON lines."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from cleaning.article import visible
from pipelines.checks.found import count_of
from pipelines.journal import Event, Journal, Phase

# Seconds between two lines where there is no terminal to draw on.
QUIET = 10.0
# Seconds between two looks at whether a line is due.
_BEAT = 1.0
_NAMES = {"count": "reading", "clean": "cleaning", "settle": "comparing", "write": "writing", "validate": "checking"}
_NAMES |= {"report": "reporting", "read": "reading"}


def draws() -> bool:
    """Whether stderr is a terminal that a person looks at. A CI's log keeps every frame of what moves."""
    return (
        sys.stderr.isatty()
        and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
        and os.environ.get("CI", "").lower() in ("", "0", "false")
    )


@contextmanager
def listening(*, log_json: bool = False) -> Iterator[Journal]:
    """A journal that stderr hears from until the block ends: JSON lines if asked for, else bars or plain lines."""
    if draws() and not log_json:
        with Bars() as bars:
            journal = Journal(bars)
            yield journal
            journal.ends()
        return
    journal = Journal(JsonLines() if log_json else Lines(), every=QUIET)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(_BEAT):
            journal.beat()  # a long step says nothing by itself

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield journal
        journal.ends()
    finally:
        over.set()
        thread.join()


class Bars:
    """A bar for each phase, on a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False, force_terminal=True)
        self._progress = RichProgress(
            TextColumn("{task.description}"), BarColumn(bar_width=10), _Numbers(), console=console, refresh_per_second=5
        )
        self._drawn: tuple[Phase, TaskID] | None = None

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *args: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """See `Journal`."""
        if line := _in_words(event):
            self._progress.console.print(escape(line), soft_wrap=True)
        phase = event.phase
        if phase is None:
            return
        if not self._drawn or self._drawn[0] is not phase:
            task = self._progress.add_task(f"{_name(phase):<9}", total=None, phase=phase)
            self._drawn = phase, task
        done = phase.seconds is not None
        share = 1.0 if done else phase.fraction()
        # Without a total the bar runs to and fro: nobody knows how much there is to do.
        self._progress.update(self._drawn[1], total=None if share is None else 1.0, completed=share or 0.0)


class _Numbers(ProgressColumn):
    """Time left, documents, MB and rate of a phase. A narrow terminal cuts the end off, so what matters is in front."""

    def render(self, task: Task) -> Text:
        phase: Phase = task.fields["phase"]
        left, *more = numbers(phase, time.monotonic())
        return Text("  ".join([f"{left:<12}", *more]), no_wrap=True, overflow="ellipsis")


class Lines:
    """A plain line every so often, for a pipe or the log of a CI; short phases say nothing."""

    def __init__(self) -> None:
        self._told: Phase | None = None

    def __call__(self, event: Event) -> None:
        """See `Journal`."""
        phase, line = event.phase, _in_words(event)
        if phase and (event.name == "progress" or (event.name == "phase-finished" and phase is self._told)):
            self._told = phase
            line = f"{_name(phase)}: {', '.join(numbers(phase, event.now))}"
        if line:
            _print(line)


class JsonLines:
    """Each event as one JSON object on a line, all of it ASCII: nothing in it moves a cursor or ends the line."""

    def __call__(self, event: Event) -> None:
        """See `Journal`."""
        about = dict(event.about)
        if event.phase and "phase" not in about:
            about = {"phase": event.phase.name, **about}
        _print(json_line(event.name, **about))


def json_line(event: str, **about: str | int | float | None) -> str:
    """A line of `--log-json`: the time (UTC, ISO 8601, milliseconds), the event, and what is to be said about it.

    >>> json_line("failed", message="no such input: a\\x1b\\nb")[:12]
    '{"time": "20'
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {key: value for key, value in about.items() if value is not None}
    return json.dumps({"time": now, "event": event} | said)


def _print(line: str) -> None:
    with suppress(OSError):  # nobody reads it any more: no reason to stop
        print(line, file=sys.stderr, flush=True)


def _name(phase: Phase) -> str:
    return _NAMES.get(phase.name, phase.name)


def numbers(phase: Phase, now: float) -> list[str]:
    """How far a phase has come, in words for a person: time left, documents, MB, documents a second, MB a second.

    What is not known, or cannot be, is left out.
    """
    over = phase.seconds is not None
    if over:
        said = [f"took {clock(phase.elapsed(now))}"]
    elif (left := phase.left(now)) is not None:
        said = [f"~{clock(left)} left"]
    else:
        said = [f"{clock(phase.elapsed(now))} so far"]
    if phase.documents:
        said.append(f"{phase.documents:,} documents")
    if phase.size:
        said.append(f"{_mb(phase.size)}{f' of {_mb(phase.size_total)}' if phase.size_total and not over else ''} MB")
    documents, size = phase.rates(now)
    if documents >= 1 and phase.elapsed(now) >= 1:
        said.append(f"{documents:,.0f}/s")
        if size:
            said.append(f"{_mb(size)} MB/s")
    if phase.found_documents:
        said.append(f"{phase.found_documents:,} of them by an earlier run")
    return said


def _mb(size: int | float) -> str:
    """Bytes as MB (10^6), as precise as anyone wants them."""
    return f"{size / 1e6:,.0f}" if size >= 1e8 else f"{size / 1e6:.1f}"


def clock(seconds: float) -> str:
    """A time as a watch shows it.

    >>> clock(7.4), clock(83), clock(7384)
    ('0:07', '1:23', '2:03:04')
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _copies_in_words(about: Mapping[str, str]) -> str:
    """What becomes of the copies of what is taken down: they go too, or stay."""
    copies, kept, stand_in, originals = (int(about[name]) for name in ("copies", "kept", "stand_in", "originals"))
    line = f", and copies of them elsewhere: {copies:,}" if copies else ""
    if int(about["may_return"]):
        go = "1 copy without a row leaves" if copies == 1 else f"{copies:,} copies without rows leave"
        line = f"; {go} too, without a tombstone"
    if kept:
        line += "; 1 copy stays" if kept == 1 else f"; {kept:,} copies stay"
    if stand_in:
        line += f", {stand_in:,} of which {'stands' if stand_in == 1 else 'stand'} for the others from now on"
    stay = "says the same and stays" if originals == 1 else "say the same and stay"
    return line + (f"; {count_of(originals, 'row')} elsewhere {stay}" if originals else "")


def _in_words(event: Event) -> str:
    """What happened as one line for a person; '' for what the results say anyway, and for progress."""
    about = {key: visible(str(value)).replace("\n", " ") for key, value in event.about.items()}
    if event.name == "resumes":
        return f"an earlier run left {about['finished']} finished pieces of work: what holds of them is not done again"
    if event.name == "takes-down":
        line = f"takes down {about['sites'] or count_of(int(about['records']), 'record')}"
        if about["sites"] and about["of_sites"] != about["records"]:
            line = f"takes down {count_of(int(about['records']), 'record')}; with {about['sites']}"
        return line + _copies_in_words(about)
    if event.name == "compiles":
        return "compiling once, for about half a minute: later runs of this version find it"
    if event.name == "worker-died":
        return f"a worker died ({about['kind']}): its work is done again by another one"
    if event.name == "record-quarantined" and about["kind"] == "quarantine.corrupt-file":
        return (
            f"{about['source_file']} is damaged or cut off: nothing of it is read from record {about['source_row']} on"
        )
    if event.name == "record-quarantined" and about["kind"] in _BROKEN:
        return f"quarantined: {about['source_file']}, record {about['source_row']} ({about['kind']})"
    return ""


# A record that a worker broke on is worth a line at once; others are counted in the ledger.
_BROKEN = ("quarantine.crash", "quarantine.too-slow", "quarantine.stage-error")


class Status:
    """What goes on where nothing is counted: a line that changes in a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._status = Console(stderr=True, highlight=False, force_terminal=True).status("") if draws() else None
        self._said = time.monotonic()

    def __enter__(self) -> Status:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *args: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._status:
            self._status.stop()

    def say(self, line: str) -> None:
        """What is being done now."""
        if self._status:
            self._status.update(escape(visible(line)))
        elif time.monotonic() - self._said >= QUIET:
            self._said = time.monotonic()
            _print(visible(line))
