"""What a run has done so far, phase by phase: counted here, shown by `pipelines.progress`, kept in run.json.

    engine, flow → Journal → events → a bar, plain lines, or JSON lines

Names and numbers only: no piece of a record ever comes here, so what listens may write all of it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from pipelines.usage import Meter

# Time left follows the pace of so many seconds, not of the whole phase: a corpus is not the same throughout.
_WINDOW = 60.0
# Before that, time left would tell of how long workers take to start.
_TOO_EARLY = 3.0
# So many events of one kind are told one by one; a corpus may have a million broken lines.
_MOST = 1000


@dataclass
class Phase:
    """A part of a run, and how far it has come. Times are seconds on the journal's clock."""

    name: str
    started: float
    documents_total: int | None = None
    """None where it is not known before the phase ends."""
    size_total: int | None = None
    most: int | None = None
    """The phase ends after so many documents, or earlier."""
    documents: int = 0
    size: int = 0
    """Bytes: of the inputs as they lie on the disk, compressed or not; in the phase `write`, written."""
    found_documents: int = 0
    """Of `documents`: those that an earlier run into the same output had finished."""
    found_size: int = 0
    seconds: float | None = None
    """Set when it ends."""
    cpu_seconds: float = 0.0
    """Of all processes; set when it ends."""
    _pace: deque[tuple[float, float]] = field(default_factory=deque, repr=False)

    def __post_init__(self) -> None:
        self._pace.append((self.started, 0.0))

    def fraction(self) -> float | None:
        """How much of it is done, 0-1: by bytes, else by documents; None where neither is known."""
        return self._share(self.documents, self.size)

    def _share(self, documents: int, size: int) -> float | None:
        shares = []
        if self.size_total and self.size:
            shares.append(size / self.size_total)
        elif self.documents_total:
            shares.append(documents / self.documents_total)
        if self.most:
            shares.append(documents / self.most)
        return min(1.0, max(shares)) if shares else None

    def advance(self, documents: int, size: int, now: float, *, found: bool) -> None:
        """So much more is done; `found`: it had been done by an earlier run."""
        self.documents, self.size = self.documents + documents, self.size + size
        if found:
            self.found_documents, self.found_size = self.found_documents + documents, self.found_size + size
        self._pace.append((now, self._made()))
        while len(self._pace) > 2 and self._pace[1][0] <= now - _WINDOW:
            self._pace.popleft()

    def _made(self) -> float:
        """The share that this run has done itself."""
        return self._share(self.documents - self.found_documents, self.size - self.found_size) or 0.0

    def rates(self, now: float) -> tuple[float, float]:
        """Documents and bytes a second that this run does itself."""
        seconds = max(self.elapsed(now), 1e-3)
        return (self.documents - self.found_documents) / seconds, (self.size - self.found_size) / seconds

    def elapsed(self, now: float) -> float:
        """Seconds that it takes, or has taken."""
        return now - self.started if self.seconds is None else self.seconds

    def left(self, now: float) -> float | None:
        """Seconds until it ends, at the pace of the last minute; None while nobody can tell.

        Where nothing comes, the pace falls and the time grows: it does not count down to a moment that passes.
        """
        done, (since, before) = self.fraction(), self._pace[0]
        if done is None or self.seconds is not None or now - self.started < _TOO_EARLY:
            return None
        pace = (self._made() - before) / max(now - since, 1e-3)
        return (1 - done) / pace if pace > 0 else None

    def as_json(self, now: float) -> dict[str, str | int | float | None]:
        """For the log and the run record; sizes in bytes, times in seconds."""
        return {
            "phase": self.name,
            "documents": self.documents,
            "documents_total": self.documents_total,
            "bytes": self.size,
            "bytes_total": self.size_total,
            "resumed_documents": self.found_documents,
            "seconds": round(self.elapsed(now), 3),
        }


class Event(NamedTuple):
    """Something that whoever watches a run may want to hear of."""

    name: str
    """`phase-started`, `progress`, `phase-finished`, or what `happened`."""
    about: Mapping[str, str | int | float | None]
    phase: Phase | None
    now: float
    """Seconds on the journal's clock."""


class Journal:
    """Hears from the flow and its engine, counts, and tells what listens.

    `tell` hears of each event; of progress at most every `every` seconds, and that often if something calls `beat`.
    It is called by one thread at a time, and its errors are the run's.
    """

    def __init__(
        self,
        tell: Callable[[Event], None] = lambda event: None,
        *,
        every: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._every, self._clock = tell, every, clock
        self._lock = threading.RLock()
        self._said = self._heard = self.started = clock()
        self.began = datetime.now(UTC)
        self.meter = Meter()
        self._cpu_seconds = 0.0
        self.phases: list[Phase] = []
        self.events: Counter[str] = Counter()
        """How often what happened."""
        self._kinds: Counter[tuple[str, str]] = Counter()

    def __call__(self, phase: str, documents: int, size: int = 0, *, found: bool = False) -> None:
        """So many documents more, of so many bytes, are done with in this phase, which begins if it is a new one.

        `found`: an earlier run had done them, and they were not done again.
        """
        with self._lock:
            if not self.phases or self.phases[-1].name != phase or self.phases[-1].seconds is not None:
                # Nobody has said when it began: when something was last heard, if it has come to something since.
                self._begin(Phase(phase, self._heard if documents else self._clock()))
            self._heard = self._clock()
            self.phases[-1].advance(documents, size, self._heard, found=found)
            self.beat()

    def begins(
        self, phase: str, *, documents: int | None = None, size: int | None = None, most: int | None = None
    ) -> None:
        """A phase begins, over so many documents or bytes if that is known, and the one before has ended."""
        with self._lock:
            self._heard = self._clock()
            self._begin(Phase(phase, self._heard, documents or None, size or None, most))

    def _begin(self, phase: Phase) -> None:
        self.ends()
        self.phases.append(phase)
        self._said = self._clock()
        self._say("phase-started", phase.as_json(self._said))

    def ends(self) -> None:
        """The phase under way has ended."""
        with self._lock:
            if self.phases and (last := self.phases[-1]).seconds is None:
                now, spent = self._clock(), self.meter.cpu_seconds()
                last.seconds, last.cpu_seconds = now - last.started, spent - self._cpu_seconds
                self._cpu_seconds = spent
                self._say("phase-finished", last.as_json(now) | {"cpu_seconds": round(last.cpu_seconds, 3)})

    def happened(self, event: str, kind: str = "", **about: str | int | float | None) -> None:
        """Something happened that is no progress. Of one event and `kind` the first thousand are told."""
        with self._lock:
            self.events[event] += 1
            self._kinds[event, kind] += 1
            if self._kinds[event, kind] <= _MOST:
                self._say(event, {**({"kind": kind} if kind else {}), **about})

    def beat(self) -> None:
        """Tell of the phase under way, if that is due."""
        with self._lock:
            now = self._clock()
            if self.phases and self.phases[-1].seconds is None and now - self._said >= self._every:
                self._said = now
                left = self.phases[-1].left(now)
                more = {"seconds_left": None if left is None else round(left, 1)}
                self._say("progress", self.phases[-1].as_json(now) | more)

    def _say(self, name: str, about: Mapping[str, str | int | float | None]) -> None:
        self._tell(Event(name, about, self.phases[-1] if self.phases else None, self._clock()))
