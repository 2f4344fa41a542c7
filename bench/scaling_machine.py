"""What the machine gives, and what ends first: the tables that rest on measurements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil

import msgspec

from bench.documents import Rows
from bench.scaling_model import (
    HOUR_S,
    World,
    first_sync,
    most_tickets,
    most_written,
    seconds,
)
from bench.scaling_store import KEPT, Measured, Ran, Stores
from bench.scaling_vendors import ZENDESK
from bench.scaling_words import MILLION, count_said, size_said, span_said
from connector.adapters.zendesk.write import MOST_OPEN
from connector.config.settings import WritebackTable
from connector.store.publishing import MOST_IN_PARTS
from connector.writeback.apply import Poll

STORES = msgspec.json.decode(KEPT.read_bytes(), type=Stores)
WORLD = World()
SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
ACCOUNTS = (1, 10, 100, 1_000)
MANY_DAYS = 30
RUNS = {
    "first": "first sync",
    "idle": "run that finds nothing new",
    "busy": "run after an hour of life",
}
DISK_BYTES = 100e9
EVERY_TICKET_S = 600.0
"""Zendesk counts updates of one ticket over ten minutes."""

UPDATES_OF_A_TICKET = 30
GOALS_CPU_S = {
    "205 goals, a run later in the day": 43.3,
    "205 goals, the first run of a day": 91.9,
    "21 goals, a run later in the day": 6.2,
    "21 goals, the first run of a day": 10.9,
}
"""CPU seconds of judging over a million tickets: docs/performance.md."""


def breaks() -> Rows:
    """Return what ends first as a Zendesk account grows, in that order."""
    zendesk, of = ZENDESK[0], 10_000_000
    first_s = seconds(zendesk, WORLD, first_sync(zendesk, WORLD, of)) / of
    found = [
        ("the first sync takes a day", 24 * HOUR_S / first_s, "formula"),
        (f"the first sync takes {MANY_DAYS} days", MANY_DAYS * 24 * HOUR_S / first_s, "formula"),
        ("export pages of a busy hour fill the runs", most_tickets(zendesk, WORLD), "formula"),
        ("labels of a busy hour fill the runs", most_written(zendesk, WORLD), "formula"),
        ("100 GB of disk", DISK_BYTES / _disk(), "in proportion"),
    ]
    whole, between = _publishing_cpu_s(), runs_between_whole_sets()
    what = f"a set is written whole, one busy run in {between:.0f}: 300 s of CPU"
    found.append((what, WORLD.interval_s / whole, "in proportion"))
    for goals, cpu_s in GOALS_CPU_S.items():
        at = WORLD.interval_s / (cpu_s / MILLION + whole / between)
        found.append((f"{goals}, and publishing: 300 s of CPU", at, "in proportion"))
    found.sort(key=lambda one: one[1])
    rows = [["what ends", "at tickets", "from"]]
    return rows + [[what, count_said(at), whence] for what, at, whence in found]


def runs_between_whole_sets() -> float:
    """Return how many runs of busy hours it takes until a set has to be written whole again."""
    changed = WORLD.arriving(1.0) * WORLD.events_a_ticket
    return MOST_IN_PARTS / changed


def stores() -> Rows:
    """Return what a store costs the machine."""
    rows = [["tickets", "store", "published, two sets", "first sync, CPU", "at Zendesk's pace"]]
    for size in SIZES:
        paced_s = seconds(ZENDESK[0], WORLD, first_sync(ZENDESK[0], WORLD, size))
        rows.append(
            [
                f"{size:,}",
                size_said(_slope(lambda one: one.store_bytes) * size),
                size_said(2 * _slope(_set) * size),
                span_said(_slope(lambda one: one.first.cpu_s) * size),
                span_said(paced_s),
            ]
        )
    return rows


def fleets() -> Rows:
    """Return what many accounts take that one config reads one after the other."""
    heads = ["accounts", "idle run, s", "CPU s", "within 5 minutes"]
    rows = [[*heads, "first syncs of 100,000 tickets, one config", "a config each"]]
    one_s = seconds(ZENDESK[0], WORLD, first_sync(ZENDESK[0], WORLD, 100_000))
    for accounts in ACCOUNTS:
        idle_s = STORES.one.wall_s + (accounts - 1) * _account(lambda ran: ran.wall_s)
        cpu_s = STORES.one.cpu_s + (accounts - 1) * _account(lambda ran: ran.cpu_s)
        fits = "yes" if idle_s <= WORLD.interval_s else "no"
        cells = [f"{accounts:,}", f"{idle_s:,.0f}", f"{cpu_s:,.0f}", fits]
        rows.append([*cells, span_said(one_s * accounts), span_said(one_s)])
    most = 1 + (WORLD.interval_s - STORES.one.wall_s) / _account(lambda ran: ran.wall_s)
    return [*rows, [f"{most:,.0f}", "300", "", "the last that do", "", ""]]


def guards() -> Rows:
    """Return limits of Zendesk's writing that a run does not come near to."""
    poll = Poll(now=lambda: datetime.now(tz=UTC), sleep=lambda _: None)
    left = ceil(WORLD.interval_s / poll.limit_s)
    hourly = WritebackTable().max_writes_per_hour
    allowed = UPDATES_OF_A_TICKET * HOUR_S / EVERY_TICKET_S
    return [
        ["limit of Zendesk", "at most by us", "part"],
        ["30 updates of a ticket in 10 minutes", f"{hourly} an hour", f"{hourly / allowed:.0%}"],
        [
            f"{MOST_OPEN} jobs at once",
            f"{left} left unfinished by a run",
            f"{left / MOST_OPEN:.0%}",
        ],
    ]


def inputs() -> Rows:
    """Return what was measured for this."""
    small, large = STORES.small, STORES.large
    rows = [["measured", f"{small.tickets:,} tickets", f"{large.tickets:,}", "a ticket more"]]
    rows += [
        _measured("events", lambda one: one.events),
        _measured("measured rows", lambda one: one.measures),
        _measured("store, bytes", lambda one: one.store_bytes),
        _measured("a published set, bytes", _set),
        _measured("of it events, bytes", lambda one: one.published_bytes["events"]),
        _measured("first sync, CPU ms", lambda one: one.first.cpu_s * 1_000),
    ]
    for name in ("first", "idle", "busy"):
        runs: list[Ran] = [getattr(one, name) for one in (small, large)]
        cells = [f"{run.cpu_s:.1f} s, {run.peak_mb:.0f} MB" for run in runs]
        rows.append([f"{RUNS[name]}: CPU and memory", *cells, ""])
    return rows


def publications() -> Rows:
    """Return what was measured of writing a set whole: tickets, events and measures."""
    rows = [["tickets", "CPU s", "s", "set"]]
    rows += [
        [
            f"{one.tickets:,}",
            f"{one.took.cpu_s:.1f}",
            f"{one.took.wall_s:.1f}",
            size_said(one.bytes),
        ]
        for one in STORES.published
    ]
    return [*rows, ["a million more", f"{_publishing_cpu_s() * MILLION:.1f}", "", ""]]


def accounts() -> Rows:
    """Return what was measured of idle accounts."""
    found = (
        (f"{1}", STORES.one),
        (f"{STORES.accounts}", STORES.many),
    )
    rows = [["accounts", "CPU s", "s", "MB"]]
    rows += [
        [name, f"{ran.cpu_s:.2f}", f"{ran.wall_s:.2f}", f"{ran.peak_mb:.0f}"] for name, ran in found
    ]
    more = [_account(lambda ran: ran.cpu_s), _account(lambda ran: ran.wall_s)]
    return [*rows, ["one more", *(f"{one:.2f}" for one in more), ""]]


def _measured(name: str, of: Callable[[Measured], float]) -> list[str]:
    return [
        name,
        *(f"{of(one):,.0f}" for one in (STORES.small, STORES.large)),
        f"{_slope(of):,.1f}",
    ]


def _publishing_cpu_s() -> float:
    """Return what one ticket more costs where tickets, events and measures are written anew."""
    small, large = STORES.published
    return (large.took.cpu_s - small.took.cpu_s) / (large.tickets - small.tickets)


def _disk() -> float:
    return _slope(lambda one: one.store_bytes) + 2 * _slope(_set)


def _account(of: Callable[[Ran], float]) -> float:
    """Return what one idle account more costs."""
    return (of(STORES.many) - of(STORES.one)) / (STORES.accounts - 1)


def _set(one: Measured) -> int:
    return sum(one.published_bytes.values())


def _slope(of: Callable[[Measured], float]) -> float:
    """Return what one ticket more costs, its events included."""
    small, large = STORES.small, STORES.large
    return (of(large) - of(small)) / (large.tickets - small.tickets)
