"""Rate limits as helpdesks announce them, and the pacing that keeps us below them.

`announced` reads the header families in use (`X-Rate-Limit`, `ratelimit-*`, and one header a
window such as `zendesk-ratelimit-incremental-exports`); `Pacer` waits ahead of time.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connector.model.page import Limits

WINDOW_S = 60.0
MARGIN_S = 1.0
RESERVE = 0.02
"""The part of a limit that is left to others who are just then asking."""

LONGEST_RESET_S = 600.0
EPOCH = 1_000_000_000
"""A reset beyond this is no number of seconds to wait, but an instant."""

_WINDOW_HEADER = re.compile(r"(?:^|-)rate-?limit-(?P<name>[a-z-]+)$")
_WINDOW_VALUE = re.compile(r"(total|remaining|resets)\s*=\s*(\d+)")
_DECIMAL = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)
_FAMILIES = ("ratelimit", "x-rate-limit", "x-ratelimit", "rate-limit")


def retry_after(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Return the seconds that `Retry-After` asks for; dates count from the server's time."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        at = http_date(text)
    if at is None or now is None:
        return None
    return max(0.0, (at - now).total_seconds())


def http_date(text: str | None) -> datetime | None:
    """Return the aware UTC time of an HTTP date, None when there is none or it is unreadable."""
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def announced(headers: Mapping[str, str]) -> Limits | None:
    """Return the limit of the whole account, from whichever header family is there."""
    for family in _FAMILIES:
        total = headers.get(family) or headers.get(f"{family}-limit")
        remaining = headers.get(f"{family}-remaining")
        if total or remaining:
            return Limits(
                total=_a_minute(_number(total), headers.get(f"{family}-limit-period")),
                remaining=_number(remaining),
                resets_in_s=_resets_in_s(headers, f"{family}-reset"),
            )
    return None


def _a_minute(total: int | None, period: str | None) -> int | None:
    """Return how many requests a minute are allowed by a limit for so many seconds."""
    seconds = _seconds(period)
    return max(1, int(total * WINDOW_S / seconds)) if total and seconds else total


def announced_windows(headers: Mapping[str, str]) -> dict[str, Limits]:
    """Return the limits of single windows (`incremental-exports`, `tickets-update`) by name."""
    windows: dict[str, Limits] = {}
    for header, value in headers.items():
        match = _WINDOW_HEADER.search(header.lower())
        figures = {key: int(number) for key, number in _WINDOW_VALUE.findall(value)}
        if match and figures:
            windows[match["name"]] = Limits(
                total=figures.get("total"),
                remaining=figures.get("remaining"),
                resets_in_s=figures.get("resets"),
            )
    return windows


def _resets_in_s(headers: Mapping[str, str], name: str) -> float | None:
    resets = _seconds(headers.get(name))
    if resets is None or resets < EPOCH:
        return resets
    now = http_date(headers.get("Date"))
    return max(0.0, resets - now.timestamp()) if now else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None


def _seconds(text: str | None) -> float | None:
    return float(text) if text and _DECIMAL.fullmatch(text.strip()) else None


class Pacer:
    """Lets at most so many requests start in any minute; one pacer serves all that share a limit.

    It remembers when the last requests started, so it never allows the double burst that a bucket
    with a full start would. Requests reach the helpdesk later than they start, some more than
    others: a second beside the minute keeps that from adding up to one too many. Others use the
    same limit, so the pacer also stops when the helpdesk says that little is left, until the
    reset. Without a rate it lets everything pass.
    """

    def __init__(
        self,
        *,
        share: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        per_minute: float | None = None,
    ) -> None:
        """Start with what is known of the vendor's limit before it announced anything."""
        self._share = share
        self._clock = clock
        self._sleep = sleep
        self._per_minute = per_minute
        self._started: deque[float] = deque()
        self._blocked_until = 0.0

    def another(self) -> Pacer:
        """Return a pacer with the same share for another limit, of which nothing is known yet."""
        return Pacer(share=self._share, clock=self._clock, sleep=self._sleep)

    @property
    def allowed(self) -> int | None:
        """Return how many requests may start in a minute, None for any number."""
        return None if self._per_minute is None else max(1, int(self._per_minute * self._share))

    def learn(self, limits: Limits | None) -> None:
        """Take over what the helpdesk announced; next to nothing left means waiting for more."""
        if limits is None:
            return
        if limits.total:
            self._per_minute = limits.total
        if limits.remaining is None or limits.remaining > RESERVE * (self._per_minute or 0):
            return
        resets_in_s = WINDOW_S if limits.resets_in_s is None else limits.resets_in_s
        until = self._clock() + min(resets_in_s, LONGEST_RESET_S) + MARGIN_S
        self._blocked_until = max(self._blocked_until, until)

    def wait(self) -> float:
        """Sleep until one more request may start, note its start, and return the seconds slept."""
        now = self._clock()
        until = max(self._blocked_until, self._free_at(now))
        if until > now:
            self._sleep(until - now)
        self._started.append(max(until, now))
        return max(0.0, until - now)

    def note(self, requests: int) -> None:
        """Count requests that started without waiting, as parts of a call of several."""
        self._started.extend([self._clock()] * requests)

    def _free_at(self, now: float) -> float:
        while self._started and self._started[0] <= now - WINDOW_S - MARGIN_S:
            self._started.popleft()
        allowed = self.allowed
        if allowed is None or len(self._started) < allowed:
            return now
        return self._started[-allowed] + WINDOW_S + MARGIN_S
