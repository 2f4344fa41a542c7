"""Reading and storing an account's export: ours against the least code that could do it.

Both read the same pages from a server that costs them nothing, each in a process of its own, in
turns; what is compared is the CPU time of that process after its imports. The server announces no
limits and nobody waits, but for the last figures, which have the vendor's ten pages a minute and a
clock that goes on whenever somebody would sleep.
"""

from __future__ import annotations

import os
import shutil
import time
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from bench.serving.started import TOKEN, Served, serving
from bench.timing import Cost, Figure, alone, ratio
from connector.adapters.limits import Pacer
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.model.page import Stream

PAGE = 1_000
TIMES_FLOOR = 1.5
MEMORY_MB, LARGE_MEMORY_MB = 250, 400
GROWTH = 1.1
A_MINUTE = 9.5
"""Export pages a minute that have to be read at the least, where ten are allowed."""
WAYS = ("floor", "ours")
Costs = dict[str, Any]


def figures(
    folder: Path, tickets: int, large: int, rounds: int, *, paced: int = 0, grown: int = 0
) -> list[Figure]:
    """Read `tickets` with their events in both ways, and `large` without in ours.

    With `grown` only memory is measured, for as many tickets as that against `large`.
    """
    if grown:
        return _growth(folder, large, grown)
    found: list[Figure] = []
    with serving(tickets) as served:
        told = _in_turns(folder, served, ("tickets", "events"), rounds)
        found += _all_of(told, "tickets", tickets, MEMORY_MB)
        found += _all_of(told, "events", tickets, MEMORY_MB)
        found.append(_needless(served, rounds))
    with serving(large, "--events-per", 0) as served:
        told = _in_turns(folder, served, ("tickets",), 1, ways=("ours",))
        found += _ours(told["tickets", "ours"], "tickets", large, LARGE_MEMORY_MB)
    return [*found, *_paced(paced)] if paced else found


def _in_turns(
    folder: Path,
    served: Served,
    streams: tuple[str, ...],
    rounds: int,
    ways: tuple[str, ...] = WAYS,
) -> dict[tuple[str, str], list[Costs]]:
    """Read in each way, again and again into nothing; return what each told of each stream."""
    found: dict[tuple[str, str], list[Costs]] = {}
    for _ in range(rounds):
        stores = {way: _made(folder / f"reading-{way}") for way in ways}
        for stream in streams:
            for way, store in stores.items():
                told = alone(f"bench.reading.{way}", stream, served.url, served.ca, store)
                found.setdefault((stream, way), []).append(told)
        for store in stores.values():
            shutil.rmtree(store)
    return found


def _made(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _all_of(
    told: dict[tuple[str, str], list[Costs]], stream: str, tickets: int, memory: float
) -> list[Figure]:
    """Return the figures of one stream."""
    ours, floor = told[stream, "ours"], told[stream, "floor"]
    rounds = {
        name: [Cost(one["wall_s"], one["cpu_s"]) for one in costs]
        for name, costs in (("ours", ours), ("floor", floor))
    }
    compared = Figure(
        name=f"{_of(ours, stream, tickets)} into the store: CPU, ours / the least code",
        value=ratio(rounds, "ours", "floor"),
        bound=TIMES_FLOOR,
        unit="x",
        rounds=rounds,
        notes={
            "imports, ours": median(one["imports_s"] for one in ours),
            "imports, floor": median(one["imports_s"] for one in floor),
            "MB, floor": max(one["peak_mb"] for one in floor),
        },
    )
    return [compared, *_ours(ours, stream, tickets, memory)]


def _ours(ours: list[Costs], stream: str, tickets: int, memory: float) -> list[Figure]:
    """Return what ours cost, by itself."""
    of, rows = _of(ours, stream, tickets), ours[0]["rows"]
    unit, words = (1_000_000, "a million") if stream == "events" else (100_000, "100,000")
    return [
        Figure(
            name=f"{of}: CPU seconds for {words}",
            value=median(one["cpu_s"] for one in ours) / rows * unit,
            unit="s",
        ),
        Figure(
            name=f"{of}: stored a second",
            value=rows / median(one["wall_s"] for one in ours),
            unit="/s",
        ),
        Figure(
            name=f"{of}: memory",
            value=max(one["peak_mb"] for one in ours),
            bound=memory,
            unit="MB",
        ),
    ]


def _of(ours: list[Costs], stream: str, tickets: int) -> str:
    rows = ours[0]["rows"]
    return f"{rows:,} events of {tickets:,} tickets" if stream == "events" else f"{rows:,} tickets"


def _needless(served: Served, rounds: int) -> Figure:
    """Count the requests of both ways that the API does not ask for.

    Tickets come a thousand a page. The last event of a page comes again with the next, and the end
    of the tickets is looked at once more before the events are read; `count` says how long it is
    where there is more than a page.
    """
    pages = {
        "GET incremental/tickets/cursor": 2 * ceil(served.tickets / PAGE) + 1,
        "GET incremental/ticket_events": 2 * ceil((served.events - 1) / (PAGE - 1)),
        "GET tickets/count": int(served.tickets > PAGE),
    }
    counted = served.counts()
    asked = {name: count / rounds for name, count in counted.items()}
    return Figure(
        name=f"requests for {served.tickets:,} tickets and {served.events:,} events: needless",
        value=sum(asked.values()) - sum(pages.values()),
        bound=0,
        unit="requests",
        notes=asked,
    )


def _growth(folder: Path, tickets: int, grown: int) -> list[Figure]:
    peaks = []
    for size in (tickets, grown):
        with serving(size, "--events-per", 0) as served:
            store = _made(folder / "reading-ours")
            told = alone("bench.reading.ours", "tickets", served.url, served.ca, store)
            shutil.rmtree(store)
            peaks.append(told["peak_mb"])
    return [
        Figure(
            name=f"memory for {grown:,} tickets / for {tickets:,}",
            value=peaks[1] / peaks[0],
            bound=GROWTH,
            unit="x",
            notes={"MB": peaks[1]},
        )
    ]


def _paced(tickets: int) -> list[Figure]:
    """Read at the vendor's own limit, in a time that goes on when somebody would sleep."""
    with serving(tickets, "--events-per", 0, "--limits", "real") as served:
        pages, minutes = _read_paced(served)
        refused = served.counts().get("429", 0)
    return [
        Figure(
            name=f"{pages} pages of the export, ten a minute allowed: pages a minute",
            value=pages / minutes,
            bound=A_MINUTE,
            at_least=True,
            unit="pages",
        ),
        Figure(name=f"{pages} pages: answers with 429", value=refused, bound=0, unit="answers"),
    ]


def _read_paced(served: Served) -> tuple[int, float]:
    ahead_s = 0.0

    def clock() -> float:
        return time.monotonic() + ahead_s

    def sleep(seconds: float) -> None:
        nonlocal ahead_s
        ahead_s += seconds
        served.advance(seconds)

    os.environ["REQUESTS_CA_BUNDLE"] = served.ca
    settings = ZendeskSettings(url=served.url, access_token=SecretStr(TOKEN))
    zendesk = ZendeskAdapter(settings, watched_fields=frozenset())
    exports = Pacer(share=1.0, per_minute=10, clock=clock, sleep=sleep)
    calls = Pacer(share=1.0, clock=clock, sleep=sleep)
    adapter = RetryingAdapter(zendesk, sleep=sleep, clock=clock, pacer=calls, export_pacer=exports)
    started, pages, cursor = clock(), 0, None
    while True:
        page = adapter.read(Stream.TICKETS, cursor)
        pages, cursor = pages + 1, page.cursor
        if not page.has_more:
            break
    adapter.close()
    return pages, (clock() - started) / 60
