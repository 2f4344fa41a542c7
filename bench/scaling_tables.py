"""The tables of `docs/scaling.md`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from bench import scaling_machine
from bench.documents import Rows
from bench.scaling_machine import SIZES, WORLD
from bench.scaling_model import (
    SHARES,
    allowed,
    first_sync,
    first_writing_s,
    most_tickets,
    most_written,
    paced_s,
    seconds,
    steady,
    written_a_run,
)
from bench.scaling_simulation import (
    Simulated,
    simulate_bursts,
    simulate_first_sync,
    simulate_hour,
    simulate_pacer,
    simulate_writing,
)
from bench.scaling_vendors import FRESHDESK, OTHERS, VENDORS, ZENDESK, Vendor
from bench.scaling_words import count_said, span_said
from connector.errors import RateLimitedError

SIMULATED = 1_000
"""About how many requests a first sync takes that is simulated."""

HUBSPOT = next(vendor for vendor in OTHERS if vendor.name == "HubSpot")
TOLD = tuple(vendor for vendor in VENDORS if vendor.is_told)


def first_syncs() -> Rows:
    """Return the hours of a first sync."""
    rows = [["vendor, limits a minute", *(f"{size:,}" for size in SIZES)]]
    for vendor in TOLD:
        found = [seconds(vendor, WORLD, first_sync(vendor, WORLD, n)) for n in SIZES]
        rows.append([vendor.name, *map(span_said, found)])
    return rows


def untold() -> Rows:
    """Return the requests of a first sync where nobody says how many are allowed."""
    rows = [["vendor", "requests for 1,000,000 tickets", "hours for each 100 a minute we may use"]]
    for vendor in (vendor for vendor in VENDORS if not vendor.is_told):
        requests = first_sync(vendor, WORLD, 1_000_000).all
        rows.append([vendor.name, f"{requests:,}", span_said(paced_s(requests, 100, 0.0))])
    return rows


def steadies() -> Rows:
    """Return what a run of a busy hour takes, and the largest account that fits."""
    rows = [
        [
            "vendor",
            "requests of a run at 1,000,000",
            "seconds",
            "at 10,000,000",
            "seconds",
            "fits to",
        ]
    ]
    for vendor in TOLD:
        cells = [vendor.name]
        for size in (1_000_000, 10_000_000):
            reading = steady(vendor, WORLD, size)
            cells += [f"{reading.all:,}", f"{seconds(vendor, WORLD, reading):,.0f}"]
        rows.append([*cells, f"{count_said(most_tickets(vendor, WORLD))} tickets"])
    return rows


def writes() -> Rows:
    """Return what is written in a run, what a busy hour asks for, and the very first writing."""
    rows = [
        ["vendor", "tickets a run", "simulated", "a busy hour fits to", "first labels at 1,000,000"]
    ]
    rows += [
        [
            vendor.name,
            f"{written_a_run(vendor, WORLD):,}",
            f"{simulate_writing(vendor, WORLD).written:,}",
            f"{count_said(most_written(vendor, WORLD))} tickets",
            span_said(first_writing_s(vendor, WORLD, 1_000_000)),
        ]
        for vendor in TOLD
        if vendor.writing
    ]
    return rows


def agreement() -> Rows:
    """Return the closed formula beside the simulation with the pacers of a run."""
    rows = [["vendor", "requests", "formula, s", "simulated, s", "ratio", "refused"]]
    for vendor in TOLD:
        size = simulated_size(vendor)
        formula = seconds(vendor, WORLD, first_sync(vendor, WORLD, size))
        seen = simulate_first_sync(vendor, WORLD, size)
        rows.append(_compared(vendor.name, seen.requests, formula, seen.seconds, seen.refused))
    pages = first_sync(ZENDESK[0], WORLD, SIZES[-1]).all
    formula = paced_s(pages, allowed(10, SHARES.share_of_exports), 0.0)
    pacer = simulate_pacer(pages, 10, SHARES.share_of_exports)
    rows.append(_compared("Zendesk, 100,000,000 tickets, pacer alone", pages, formula, pacer, 0))
    return rows


def hours() -> Rows:
    """Return busy hours of twelve runs, each with pacers that know nothing of the run before."""
    rows = [
        ["vendor", "tickets", "a run, formula, s", "longest simulated, s", "refused", "keeps up"]
    ]
    for vendor in (ZENDESK[0], ZENDESK[3], FRESHDESK[0], FRESHDESK[1]):
        for part in (0.5, 0.95, 1.2):
            size = most_tickets(vendor, WORLD) * part
            formula = seconds(vendor, WORLD, steady(vendor, WORLD, size))
            seen = simulate_hour(vendor, WORLD, size)
            longest, refused = max(run.seconds for run in seen), sum(run.refused for run in seen)
            keeps = "yes" if longest <= WORLD.interval_s else "no"
            said = [f"{formula:,.0f}", f"{longest:,.0f}", f"{refused}", keeps]
            rows.append([vendor.name, count_said(size), *said])
    return rows


def bursts() -> Rows:
    """Return where the pacing of today is not enough."""
    rows = [["vendor", "way of asking", "time", "requests", "refused"]]
    for vendor in FRESHDESK:
        for page, way in ((1, "a call a ticket"), (100, "a call a page, as `sync` does")):
            simulate = partial(simulate_first_sync, vendor, WORLD, SIMULATED, page=page)
            rows.append(_tried(vendor, way, simulate))
    for latency_s in (0.02, 0.05, 0.1):
        world = replace(WORLD, latency_s=latency_s)
        way = f"{latency_s:.2f} s a request, at most 110 in 10 s"
        rows.append(_tried(HUBSPOT, way, partial(simulate_bursts, HUBSPOT, world, 110, 10.0)))
    return rows


def _tried(vendor: Vendor, way: str, simulate: Callable[[], Simulated]) -> list[str]:
    try:
        seen = simulate()
    except RateLimitedError:
        return [vendor.name, way, "never: the first page is refused again and again", "", ""]
    return [vendor.name, way, span_said(seen.seconds), f"{seen.requests:,}", f"{seen.refused:,}"]


def assumptions() -> Rows:
    """Return what nobody measured."""
    return [
        ["assumed", "value", "twice as much means"],
        ["events of a ticket", f"{WORLD.events_a_ticket:.0f}", "twice the event pages"],
        ["years in the store", f"{WORLD.years:.0f}", "half the changes of a busy hour"],
        ["a busy hour against the mean", f"{WORLD.peak:.0f} times", "half the account fits"],
        ["labels written in a ticket's life", f"{WORLD.writes_a_ticket:.0f}", "half fits"],
        ["open tickets", f"{WORLD.open_share:.0%}", "twice the first writing"],
        ["seconds a request", f"{WORLD.latency_s:.1f}", "twice the hours without limits"],
        ["seconds of a write job", "1", "nothing, as long as requests are the limit"],
        ["a batch of 100 updates", "1 update of 100 a minute", "the vendor does not say"],
        ["tickets of a busy hour's events", "each another one", "more than it can be"],
    ]


def evidence() -> Rows:
    """Return where the limits are from."""
    return [["vendor", "limits"], *([vendor.name, vendor.evidence] for vendor in VENDORS)]


def simulated_size(vendor: Vendor) -> int:
    """Return tickets whose first sync takes about so many requests as are simulated."""
    a_ticket = first_sync(vendor, WORLD, 100_000).all / 100_000
    return max(100, int(SIMULATED / a_ticket) // 100 * 100)


def _compared(name: str, requests: int, formula: float, seen: float, refused: int) -> list[str]:
    ratio = f"{seen / formula:.3f}"
    return [name, f"{requests:,}", f"{formula:,.0f}", f"{seen:,.0f}", ratio, f"{refused}"]


TABLES: dict[str, Callable[[], Rows]] = {
    "breaks": scaling_machine.breaks,
    "first syncs": first_syncs,
    "untold": untold,
    "steady": steadies,
    "writes": writes,
    "guards": scaling_machine.guards,
    "stores": scaling_machine.stores,
    "fleets": scaling_machine.fleets,
    "agreement": agreement,
    "hours": hours,
    "bursts": bursts,
    "inputs": scaling_machine.inputs,
    "publications": scaling_machine.publications,
    "accounts": scaling_machine.accounts,
    "assumptions": assumptions,
    "evidence": evidence,
}
