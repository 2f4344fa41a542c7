"""The practice helpdesk's own time, which tests and the demo move at will."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

HOUR = 3600


class Clock:
    """Seconds since the epoch; stands still between moves unless it ticks."""

    def __init__(
        self,
        start: datetime | None = None,
        *,
        ticking: bool = False,
        real: Callable[[], float] = time.time,
    ) -> None:
        """Start at an aware datetime, or at the real present."""
        self._real = real
        self._anchor = real()
        self._base = float(int(self._anchor if start is None else start.timestamp()))
        self._ticking = ticking
        self._lock = threading.Lock()
        self._hooks: list[Callable[[], None]] = []
        self._hour = 0

    def now(self) -> float:
        """Return the present of the practice helpdesk."""
        with self._lock:
            passed = self._real() - self._anchor if self._ticking else 0.0
            return self._base + max(0.0, passed)

    def advance(self, seconds: float) -> float:
        """Move forward and return the new present."""
        if seconds < 0:
            message = "the clock of the practice helpdesk only moves forward"
            raise ValueError(message)
        while self._hooks and seconds >= (step := HOUR - self.now() % HOUR):
            self._move(step)
            seconds -= step
            self.settle()
        self._move(seconds)
        return self.now()

    def every_hour(self, hook: Callable[[], None]) -> None:
        """Have something done in each hour that the clock comes to."""
        self._hooks.append(hook)
        self._hour = int(self.now() // HOUR)

    def settle(self) -> None:
        """Do what is due when an hour has begun since the last time."""
        hour = int(self.now() // HOUR)
        if hour > self._hour:
            self._hour = hour
            for hook in self._hooks:
                hook()

    def _move(self, seconds: float) -> None:
        with self._lock:
            self._base += seconds

    def reach(self, at: float) -> None:
        """Move forward to an instant; do nothing when it has passed already."""
        self.advance(max(0.0, at - self.now()))


def stamp(at: float) -> datetime:
    """Return an instant as what the JSON encoder writes quickest, in the form of `iso`."""
    return datetime.fromtimestamp(int(at), tz=UTC)


def iso(at: float) -> str:
    """Render an instant as the wire writes it."""
    return f"{stamp(at).isoformat()[:19]}Z"
