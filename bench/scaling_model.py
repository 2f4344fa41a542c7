"""Closed formulas of a first sync, of steady state and of writing, under a vendor's limits.

`bench.scaling_simulation` does the same with the pacing that runs use.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, inf

import msgspec

from bench.scaling_vendors import Vendor
from connector.adapters.limits import MARGIN_S, WINDOW_S
from connector.config.settings import LimitsTable

SHARES = LimitsTable()
ROUND_S = WINDOW_S + MARGIN_S
"""How long a share of a limit lasts: the pacer adds its margin to the vendor's minute."""

HOUR_S = 3_600.0
DAY_S = 86_400.0


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What is assumed of an account beside its number of tickets."""

    events_a_ticket: float = 10.0
    years: float = 2.0
    peak: float = 3.0
    writes_a_ticket: float = 2.0
    open_share: float = 0.02
    interval_s: float = 300.0
    latency_s: float = 0.1

    def events(self, tickets: float) -> int:
        """Return how many events a store has."""
        return ceil(tickets * self.events_a_ticket)

    def arriving(self, tickets: float) -> float:
        """Return how many tickets are new in an interval of a busy hour."""
        return tickets / (self.years * 365 * DAY_S) * self.interval_s * self.peak


class Reading(msgspec.Struct, frozen=True):
    """Requests of a read: list pages, which may have a limit of their own, and others."""

    lists: int
    others: int

    @property
    def all(self) -> int:
        """Return all requests."""
        return self.lists + self.others


def first_sync(vendor: Vendor, world: World, tickets: int) -> Reading:
    """Return what reading everything takes."""
    events = world.events(tickets)
    lists = ceil(tickets / vendor.tickets_a_page)
    if vendor.events_a_page:
        lists += ceil(events / vendor.events_a_page)
    return Reading(lists, ceil(tickets * vendor.history))


def steady(vendor: Vendor, world: World, tickets: float) -> Reading:
    """Return what a run of a busy hour takes, where every event is of another ticket."""
    moved = ceil(world.arriving(tickets) * world.events_a_ticket)
    if not moved:
        return Reading(1, 0)
    lists = ceil(moved / vendor.tickets_a_page)
    if vendor.events_a_page:
        lists += ceil(moved / vendor.events_a_page)
    return Reading(lists, ceil(moved * vendor.history) + vendor.extras)


def seconds(vendor: Vendor, world: World, reading: Reading) -> float:
    """Return how long a read takes at our shares; infinite where the limit is not told."""
    if not vendor.is_told:
        return inf
    return max(
        paced_s(reading.lists, allowed(vendor.lists_a_minute, SHARES.share_of_exports), 0.0),
        paced_s(
            reading.all,
            allowed(vendor.requests_a_minute, SHARES.share_of_requests),
            world.latency_s,
        ),
    )


def allowed(a_minute: int | None, share: float) -> int | None:
    """Return how many requests our share of a limit is, as the pacer counts it."""
    return None if a_minute is None else max(1, int(a_minute * share))


def paced_s(requests: int, allowed: int | None, latency_s: float) -> float:
    """Return how long requests take one after the other, at most so many in a round."""
    if not requests:
        return 0.0
    before = requests - 1
    if allowed is None or allowed * latency_s >= ROUND_S:
        return requests * latency_s
    return before // allowed * ROUND_S + before % allowed * latency_s + latency_s


def most_tickets(vendor: Vendor, world: World) -> float:
    """Return the largest account whose busy hour still fits the interval between runs."""
    return _largest(lambda n: seconds(vendor, world, steady(vendor, world, n)) <= world.interval_s)


def written_a_run(vendor: Vendor, world: World) -> int:
    """Return how many tickets are written before a run's time for writing is over."""
    writing = vendor.writing
    if writing is None or not vendor.is_told:
        return 0
    batch_s = writing.requests * world.latency_s + writing.polls_s
    most = [ceil(world.interval_s / batch_s)]
    for a_minute, requests in (
        (vendor.requests_a_minute, writing.calls),
        (writing.updates_a_minute, writing.updates),
    ):
        limit = allowed(a_minute, SHARES.share_of_requests)
        if limit is not None:
            most.append(_in_rounds(world.interval_s, limit, requests, batch_s))
    return min(most) * writing.batch


def _in_rounds(interval_s: float, limit: int, requests: int, batch_s: float) -> int:
    """Return how many batches begin in an interval, at most so many requests in a round."""
    whole, rest_s = floor(interval_s / ROUND_S), interval_s % ROUND_S
    last = min(limit, ceil(rest_s / batch_s) * requests)
    return floor((whole * limit + last) / requests) + 1  # one begins and waits beyond the end


def most_written(vendor: Vendor, world: World) -> float:
    """Return the largest account whose busy hour's writes fit into the runs of that hour."""
    room = written_a_run(vendor, world)
    return _largest(lambda n: world.arriving(n) * world.writes_a_ticket <= room) if room else 0.0


def first_writing_s(vendor: Vendor, world: World, tickets: int) -> float:
    """Return how long it takes until all open tickets were written once."""
    room = written_a_run(vendor, world)
    return ceil(tickets * world.open_share / room) * world.interval_s if room else inf


def _largest(fits: Callable[[float], bool]) -> float:
    """Return the largest number of tickets that fits, to a hundredth; 0 if none does."""
    low, high = 0.0, 1e13
    if fits(high):
        return inf
    while high - low > 0.005 * low + 1:
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
