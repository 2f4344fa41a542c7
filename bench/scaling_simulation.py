"""A vendor that enforces its limits, read and written through the pacing that runs use.

The clock is simulated: hours cost nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bench.scaling_model import SHARES, Reading, World, first_sync, steady
from bench.scaling_vendors import Vendor, Writing
from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.adapters.limits import WINDOW_S, Pacer
from connector.adapters.retrying import RetryingAdapter
from connector.errors import RateLimitedError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.page import EventSource, Identity, Limits, Page, Schema, Stream
from connector.model.ticket import Event, Ticket
from connector.writeback.apply import Poll, collect

EXPORTS, UPDATES = "incremental-exports", "tickets-update"
STREAMS = frozenset({Stream.TICKETS, Stream.EVENTS})
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        """Begin late enough for every window to be empty."""
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the present."""
        return self.now

    def at(self) -> datetime:
        """Return the present as an instant."""
        return EPOCH + timedelta(seconds=self.now)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Window:
    """A limit that the vendor counts over any so many seconds."""

    def __init__(self, total: int, clock: Clock, length_s: float = WINDOW_S) -> None:
        """Begin with nothing taken."""
        self.total = total
        self._clock = clock
        self._length_s = length_s
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Take one request, or tell that there is none left; refused ones do not count."""
        self._sweep()
        if len(self._taken) >= self.total:
            return False
        self._taken.append(self._clock.now)
        return True

    def limits(self) -> Limits:
        """Return what the vendor announces."""
        self._sweep()
        left = self.total - len(self._taken)
        resets_in_s = self._taken[0] + self._length_s - self._clock.now if self._taken else 0.0
        return Limits(total=self.total, remaining=left, resets_in_s=resets_in_s)

    def _sweep(self) -> None:
        while self._taken and self._taken[0] <= self._clock.now - self._length_s:
            self._taken.popleft()


class LimitedVendor(Adapter):
    """An account that holds nothing, takes its time, and refuses what is beyond its limits."""

    kind = "limited"
    settings_model = AdapterSettings
    capabilities = Capabilities(streams=STREAMS, events=EventSource.STREAM, export_streams=STREAMS)

    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Begin without limits."""
        del settings, watched_fields
        self.clock = Clock()
        self.latency_s = 0.1
        self.windows: dict[str, Window] = {}
        self.short: Window | None = None
        self.writing = Writing(batch=1, requests=1)
        self.refused = 0
        self._sent = 0
        self._told: dict[str, Limits] = {}

    @property
    def requests(self) -> int:
        """Return how many requests were sent."""
        return self._sent

    @property
    def limits(self) -> Mapping[str, Limits]:
        """Return what was announced last."""
        return self._told

    def check(self) -> Identity:
        """Say nothing of use."""
        return Identity(id="1", name="model", role="admin")

    def discover(self) -> Schema:
        """Say that there is nothing."""
        return Schema(groups={})

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Answer with an empty page."""
        del stream, cursor
        self._request("", EXPORTS)
        return Page(records=(), cursor=None, has_more=False)

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Take a request."""
        del ids
        self._request("")
        return ()

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Take a request for each ticket, one after the other."""
        for _ in ids:
            self._request("")
        return ()

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Take a batch: as a job where asking for it costs requests, else one by one."""
        self._request("", UPDATES)
        if self.writing.polls_s:
            return Receipt(changes=tuple(changes), job=f"{self.clock.now + self.writing.polls_s}")
        for _ in range(self.writing.requests - 2):
            self._request("")
        return Receipt(changes=tuple(changes), results=_written(changes))

    def collect(self, receipt: Receipt) -> tuple[WriteResult, ...] | None:
        """Answer when the job is over."""
        if receipt.job is None:
            return receipt.results
        self._request("")
        is_over = self.clock.now >= float(receipt.job)
        return _written(receipt.changes) if is_over else None

    def _request(self, *names: str) -> None:
        self._sent += 1
        windows = [self.windows[name] for name in names if name in self.windows]
        taken = all(window.take() for window in (*windows, *filter(None, [self.short])))
        told = {name: window.limits() for name, window in self.windows.items() if name in names}
        self._told = self._told | told
        self.clock.sleep(self.latency_s)
        if not taken:
            self.refused += 1
            raise RateLimitedError("slow down", status=429, retry_after_s=WINDOW_S)


def _written(changes: Sequence[TicketChange]) -> tuple[WriteResult, ...]:
    return tuple(
        WriteResult(ticket_id=change.ticket_id, outcome=Outcome.WRITTEN) for change in changes
    )


class Simulated(msgspec.Struct, frozen=True):
    """What was seen: seconds, requests sent, requests refused, and tickets written."""

    seconds: float
    requests: int
    refused: int
    written: int = 0


def opened(vendor: Vendor, world: World, inner: LimitedVendor) -> RetryingAdapter:
    """Wrap a vendor as a run does, with pacers that know nothing yet but a first guess of lists."""
    clock = inner.clock
    inner.latency_s = world.latency_s
    limits = {"": vendor.requests_a_minute, EXPORTS: vendor.lists_a_minute}
    if vendor.writing:
        inner.writing = vendor.writing
        limits[UPDATES] = vendor.writing.updates_a_minute
    if not inner.windows:
        inner.windows = {name: Window(total, clock) for name, total in limits.items() if total}
    exports = Pacer(
        share=SHARES.share_of_exports,
        per_minute=vendor.lists_a_minute,
        clock=clock,
        sleep=clock.sleep,
    )
    calls = Pacer(share=SHARES.share_of_requests, clock=clock, sleep=clock.sleep)
    return RetryingAdapter(inner, sleep=clock.sleep, clock=clock, pacer=calls, export_pacer=exports)


def account() -> LimitedVendor:
    """Return an account that holds nothing."""
    return LimitedVendor(AdapterSettings(), watched_fields=frozenset())


def simulate_first_sync(vendor: Vendor, world: World, tickets: int, *, page: int = 1) -> Simulated:
    """Read everything; `page` is how many histories one call asks for."""
    inner = account()
    adapter = opened(vendor, world, inner)
    begun = inner.clock.now
    _read(adapter, first_sync(vendor, world, tickets), page)
    return Simulated(inner.clock.now - begun, inner.requests, inner.refused)


def simulate_hour(vendor: Vendor, world: World, tickets: float) -> list[Simulated]:
    """Run every so often for a busy hour, each run with pacers of its own, as processes have."""
    inner, found = account(), []
    begun = inner.clock.now
    for number in range(int(3_600 / world.interval_s)):
        inner.clock.now = max(inner.clock.now, begun + number * world.interval_s)
        adapter = opened(vendor, world, inner)
        started, sent, refused = inner.clock.now, inner.requests, inner.refused
        _read(adapter, steady(vendor, world, tickets), 1)
        found.append(
            Simulated(inner.clock.now - started, inner.requests - sent, inner.refused - refused)
        )
    return found


def simulate_writing(vendor: Vendor, world: World) -> Simulated:
    """Write as many batches as one run begins, polled as the writer polls."""
    inner = account()
    adapter = opened(vendor, world, inner)
    clock, begun = inner.clock, inner.clock.now
    poll = Poll(
        now=clock.at, sleep=clock.sleep, until=clock.at() + timedelta(seconds=world.interval_s)
    )
    changes = [TicketChange(ticket_id=str(n)) for n in range(inner.writing.batch)]
    written = 0
    while not poll.is_over:
        adapter.look([change.ticket_id for change in changes])
        written += len(collect(adapter, adapter.submit(changes), poll) or ())
    return Simulated(clock.now - begun, inner.requests, inner.refused, written)


def simulate_pacer(requests: int, a_minute: int, share: float) -> float:
    """Return how long requests that take no time are held back, by the pacer alone."""
    clock = Clock()
    pacer = Pacer(share=share, per_minute=a_minute, clock=clock, sleep=clock.sleep)
    begun = clock.now
    for _ in range(requests):
        pacer.wait()
    return clock.now - begun


def _read(adapter: RetryingAdapter, reading: Reading, page: int) -> None:
    """Read pages, each with its part of the other requests."""
    done = 0
    for number in range(1, reading.lists + 1):
        adapter.read(Stream.TICKETS)
        due = reading.others * number // reading.lists
        while done < due:
            ids = ["1"] * min(page, due - done)
            adapter.history(ids)
            done += len(ids)


def simulate_bursts(vendor: Vendor, world: World, total: int, length_s: float) -> Simulated:
    """Read a thousand pages of a vendor that also counts over a shorter time."""
    inner = account()
    adapter = opened(vendor, world, inner)
    inner.short = Window(total, inner.clock, length_s)
    begun = inner.clock.now
    _read(adapter, Reading(1_000, 0), 1)
    return Simulated(inner.clock.now - begun, inner.requests, inner.refused)
