"""Pacing, simulated: a helpdesk that enforces its limits never has to refuse a request."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence

import pytest
from requests.structures import CaseInsensitiveDict

from connector.adapters.base import Capabilities
from connector.adapters.limits import MARGIN_S, Pacer, announced
from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.adapters.retrying import RetryingAdapter
from connector.errors import RateLimitedError, UnavailableError
from connector.model.change import Receipt, TicketChange
from connector.model.page import EventSource, Limits, Page, Stream

EXPORTS = frozenset({Stream.TICKETS, Stream.EVENTS, Stream.PEOPLE})
UPLOAD_S = 0.9
ANSWER_S = 4.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Window:
    """A limit as the vendor may count it: in fixed minutes, or in any minute."""

    def __init__(self, total: int, *, is_sliding: bool) -> None:
        self.total = total
        self.is_sliding = is_sliding
        self.begun = 0.0
        self.taken: deque[float] = deque()

    def take(self, now: float, *, requests: int = 1) -> bool:
        if self.is_sliding:
            while self.taken and self.taken[0] <= now - 60:
                self.taken.popleft()
        elif now - self.begun >= 60:
            self.begun = now
            self.taken.clear()
        self.taken.extend([now] * requests)
        return len(self.taken) <= self.total

    def limits(self, now: float) -> Limits:
        begun = self.taken[0] if self.is_sliding else self.begun
        left = max(0, self.total - len(self.taken))
        return Limits(total=self.total, remaining=left, resets_in_s=int(begun + 60 - now))


class LimitedAdapter(MemoryAdapter):
    """A helpdesk that refuses what is beyond its limits, and takes its time on the way."""

    capabilities = Capabilities(
        streams=frozenset(Stream),
        events=EventSource.STREAM,
        export_streams=EXPORTS,
        exports_per_minute=10,
    )

    def __init__(self, clock: Clock, *, is_sliding: bool = False, account: int = 700) -> None:
        super().__init__(MemorySettings(account="paced"), watched_fields=frozenset())
        self.exports = Window(10, is_sliding=is_sliding)
        self.updates = Window(5, is_sliding=is_sliding)
        self.account = Window(account, is_sliding=is_sliding)
        self.refused = 0
        self.others = 0
        self._clock = clock
        self._random = random.Random(7)  # noqa: S311  # the same latencies every time
        self._told: dict[str, Limits] = {}

    @property
    def limits(self) -> Mapping[str, Limits]:
        return self._told

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        windows = {"": self.account}
        if stream in EXPORTS:
            windows["incremental-exports"] = self.exports
        self._pass(windows)
        return super().read(stream, cursor)

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        self._pass({"": self.account, "tickets-update": self.updates})
        return super().submit(changes)

    def _pass(self, windows: Mapping[str, Window]) -> None:
        self._clock.now += self._random.uniform(0, UPLOAD_S)
        now = self._clock.now
        if self.others:
            self.account.take(now, requests=self.others)
            self.others = 0
        taken = [window.take(now) for window in windows.values()]
        self._told = self._told | {name: window.limits(now) for name, window in windows.items()}
        self._clock.now += self._random.uniform(0, ANSWER_S)
        if not all(taken):
            self.refused += 1
            raise RateLimitedError("slow down", status=429)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def desk() -> MemoryHelpdesk:
    return MemoryHelpdesk("paced")


def paced(
    inner: LimitedAdapter, clock: Clock, *, exports: float = 1.0, requests: float = 1.0
) -> RetryingAdapter:
    def pacer(share: float, per_minute: float | None) -> Pacer:
        return Pacer(share=share, per_minute=per_minute, clock=clock, sleep=clock.sleep)

    return RetryingAdapter(
        inner,
        sleep=clock.sleep,
        clock=clock,
        pacer=pacer(requests, None),
        export_pacer=pacer(exports, inner.capabilities.exports_per_minute),
    )


@pytest.mark.parametrize("is_sliding", [False, True], ids=["fixed", "sliding"])
@pytest.mark.parametrize("share", [0.5, 0.8, 1.0])
def test_a_thousand_pages_provoke_no_refusal_and_use_the_share(
    clock: Clock, share: float, *, is_sliding: bool
) -> None:
    inner = LimitedAdapter(clock, is_sliding=is_sliding)
    adapter = paced(inner, clock, exports=share)
    begun = clock.now
    streams = sorted(EXPORTS)
    for number in range(1_000):
        adapter.read(streams[number % 3])
    used = 1_000 / ((clock.now - begun) / 60)
    assert inner.refused == 0
    assert used >= 0.95 * share * 10


def test_all_calls_share_the_limit_of_the_account(clock: Clock) -> None:
    inner = LimitedAdapter(clock, account=20)
    adapter = paced(inner, clock, requests=0.5)
    begun = clock.now
    for _ in range(100):
        adapter.read(Stream.GROUPS)
        adapter.read(Stream.TICKETS)
    used = 200 / ((clock.now - begun) / 60)
    assert inner.refused == 0
    assert 0.95 * 10 <= used <= 10.5


def test_a_window_of_its_own_holds_back_the_calls_it_is_for(clock: Clock) -> None:
    inner = LimitedAdapter(clock)
    adapter = paced(inner, clock)
    for _ in range(50):
        adapter.submit([])
    assert inner.refused == 0
    busy = clock.now
    adapter.read(Stream.GROUPS)
    assert clock.now - busy <= UPLOAD_S + ANSWER_S


def test_what_others_use_up_is_waited_for(clock: Clock) -> None:
    inner = LimitedAdapter(clock, account=100)
    adapter = paced(inner, clock)
    for _ in range(40):
        inner.others = 98
        adapter.read(Stream.GROUPS)
    assert inner.refused == 0


def test_requests_beyond_the_first_of_a_call_are_counted(clock: Clock) -> None:
    class Listing(LimitedAdapter):
        def read(self, stream: Stream, cursor: str | None = None) -> Page:
            for _ in range(4):
                self.account.take(self._clock.now)
                MemoryAdapter.read(self, stream, cursor)
            return super().read(stream, cursor)

    inner = Listing(clock, account=50)
    adapter = paced(inner, clock)
    for _ in range(60):
        adapter.read(Stream.GROUPS)
    assert inner.refused == 0


def test_a_slow_helpdesk_does_not_outlast_the_budget(clock: Clock) -> None:
    class Slow(LimitedAdapter):
        def read(self, stream: Stream, cursor: str | None = None) -> Page:
            clock.now += 60
            self.refused += 1
            raise UnavailableError("did not answer in time")

    inner = Slow(clock)
    adapter = RetryingAdapter(inner, budget_s=120, sleep=clock.sleep, clock=clock)
    with pytest.raises(UnavailableError):
        adapter.read(Stream.TICKETS)
    assert inner.refused == 2


def test_a_reset_without_a_time_is_waited_for_a_minute(clock: Clock) -> None:
    one = Pacer(share=1, clock=clock, sleep=clock.sleep)
    one.learn(Limits(total=10, remaining=0))
    assert one.wait() == 60 + MARGIN_S


def test_a_reset_that_is_an_instant_counts_from_the_servers_time() -> None:
    headers = {
        "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1795348830",
    }
    limits = announced(CaseInsensitiveDict(headers))
    assert limits is not None
    assert limits.resets_in_s == 30


def test_a_reset_far_away_is_not_waited_for_in_full(clock: Clock) -> None:
    one = Pacer(share=1, clock=clock, sleep=clock.sleep)
    one.learn(Limits(total=10, remaining=0, resets_in_s=86_400))
    assert one.wait() <= 600 + MARGIN_S
