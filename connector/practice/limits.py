"""Rate limits as the vendor announces them; their minute is real, not the practice clock's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from connector.practice.refusal import Refusal

ACCOUNT, EXPORTS, UPDATES, TICKET = "account", "incremental-exports", "tickets-update", "ticket"


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests allowed: each minute, and for updates of one ticket by one user each ten minutes.

    `jobs` is how many may be queued or working at once.
    """

    account: int = 700
    exports: int = 10
    updates: int = 100
    ticket: int = 30
    jobs: int = 30
    enforced: bool = True

    @classmethod
    def named(cls, name: str) -> Limits:
        """Return the limits called real, generous or off."""
        known = {
            "real": cls(),
            "generous": cls(
                account=100_000, exports=1_000, updates=10_000, ticket=1_000, jobs=1_000
            ),
            "off": cls(enforced=False),
        }
        return known[name]


@dataclass(slots=True)
class Window:
    """What is left of one limit in the running window."""

    total: int
    length_s: float
    began: float
    used: int = 0

    def take(self, now: float) -> bool:
        """Use one request; False when none is left."""
        if now - self.began >= self.length_s:
            self.began, self.used = now, 0
        if self.used >= self.total:
            return False
        self.used += 1
        return True

    def resets_in(self, now: float) -> int:
        """Return whole seconds until the window begins anew."""
        return max(1, int(self.length_s - (now - self.began) + 0.999))


class RateLimiter:
    """Counts requests and writes the headers that announce what is left."""

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with full windows."""
        self.limits = limits
        self._now = now
        self._windows: dict[str, Window] = {}

    def admit(self, names: tuple[str, ...], whose: str = "") -> dict[str, str]:
        """Count a request against limits and return the headers, or refuse with 429.

        `whose` names the user and the ticket that the limit of one ticket is about.

        Without limits nothing is announced either, else a client that paces itself would wait.
        """
        if not self.limits.enforced:
            return {}
        now = self._now()
        headers: dict[str, str] = {}
        for name in names:
            window = self._window(name, whose, now)
            is_admitted = window.take(now)
            headers |= _announced(name, window, now)
            if not is_admitted:
                headers["Retry-After"] = str(window.resets_in(now))
                description = "Number of allowed API requests per minute exceeded"
                body = {"error": "APIRateLimitExceeded", "description": description}
                raise Refusal(429, body, headers)
        return headers

    def _window(self, name: str, whose: str, now: float) -> Window:
        totals = {
            ACCOUNT: self.limits.account,
            EXPORTS: self.limits.exports,
            UPDATES: self.limits.updates,
            TICKET: self.limits.ticket,
        }
        key = f"{name} {whose}" if name == TICKET else name
        length = 600.0 if name == TICKET else 60.0
        return self._windows.setdefault(key, Window(totals[name], length, now))


def _announced(name: str, window: Window, now: float) -> dict[str, str]:
    left, resets = max(0, window.total - window.used), window.resets_in(now)
    if name == ACCOUNT:
        return {
            "X-Rate-Limit": str(window.total),
            "X-Rate-Limit-Remaining": str(left),
            "ratelimit-limit": str(window.total),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": str(resets),
        }
    value = f"total={window.total}; remaining={left}; resets={resets}"
    return {f"zendesk-ratelimit-{name}": value}
