"""The model of `docs/scaling.md`: its formulas agree with the pacing of runs."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bench.scaling import DOCUMENT, quietly, renewed
from bench.scaling_model import (
    ROUND_S,
    World,
    first_sync,
    first_writing_s,
    most_tickets,
    paced_s,
    seconds,
    steady,
    written_a_run,
)
from bench.scaling_simulation import (
    simulate_bursts,
    simulate_first_sync,
    simulate_hour,
    simulate_pacer,
    simulate_writing,
)
from bench.scaling_tables import HUBSPOT, TABLES, TOLD, simulated_size
from bench.scaling_vendors import FRESHDESK, OTHERS, OWN_SERVERS, ZENDESK, Vendor
from connector.errors import RateLimitedError

WORLD = World()
RATIO = 0.01
WRITERS = [vendor for vendor in TOLD if vendor.writing]


@pytest.fixture(autouse=True)
def quiet() -> None:
    quietly()


@pytest.mark.parametrize("vendor", TOLD, ids=lambda vendor: vendor.name)
def test_the_formula_of_a_first_sync_agrees_with_the_pacing_of_runs(vendor: Vendor) -> None:
    size = simulated_size(vendor)
    seen = simulate_first_sync(vendor, WORLD, size)
    assert seen.seconds == pytest.approx(
        seconds(vendor, WORLD, first_sync(vendor, WORLD, size)), rel=RATIO
    )
    assert seen.requests == first_sync(vendor, WORLD, size).all
    assert seen.refused == 0


@pytest.mark.parametrize("vendor", WRITERS, ids=lambda vendor: vendor.name)
def test_the_formula_of_writing_agrees_with_the_pacing_of_runs(vendor: Vendor) -> None:
    seen = simulate_writing(vendor, WORLD)
    assert seen.written == pytest.approx(written_a_run(vendor, WORLD), rel=RATIO)
    assert seen.refused == 0


@given(requests=st.integers(1, 400), a_minute=st.integers(1, 60), share=st.floats(0.05, 1))
def test_the_pacer_takes_as_long_as_the_formula_says(
    requests: int, a_minute: int, share: float
) -> None:
    allowed = max(1, int(a_minute * share))
    assert simulate_pacer(requests, a_minute, share) == pytest.approx(
        paced_s(requests, allowed, 0.0)
    )


@given(requests=st.integers(0, 10_000), allowed=st.integers(1, 500))
def test_one_request_more_never_takes_less_and_a_round_more_at_most(
    requests: int, allowed: int
) -> None:
    more = paced_s(requests + 1, allowed, 0.1) - paced_s(requests, allowed, 0.1)
    assert 0 <= more <= ROUND_S


@pytest.mark.parametrize("vendor", [ZENDESK[0], FRESHDESK[0]], ids=lambda vendor: vendor.name)
def test_the_largest_account_that_fits_is_the_largest_that_keeps_up(vendor: Vendor) -> None:
    most = most_tickets(vendor, WORLD)
    assert all(run.seconds <= WORLD.interval_s for run in simulate_hour(vendor, WORLD, most * 0.95))
    assert all(run.seconds > WORLD.interval_s for run in simulate_hour(vendor, WORLD, most * 1.25))


def test_runs_that_know_nothing_of_each_other_are_not_refused() -> None:
    vendor = ZENDESK[0]
    runs = simulate_hour(vendor, WORLD, most_tickets(vendor, WORLD) * 1.25)
    assert len(runs) == 12
    assert sum(run.refused for run in runs) == 0


def test_a_million_zendesk_tickets_and_their_events_take_eleven_thousand_pages() -> None:
    reading = first_sync(ZENDESK[0], WORLD, 1_000_000)
    assert (reading.lists, reading.others) == (11_000, 0)
    assert seconds(ZENDESK[0], WORLD, reading) == pytest.approx(11_000 / 8 * ROUND_S, rel=RATIO)


def test_the_add_on_makes_a_first_sync_three_times_as_quick() -> None:
    slow, quick = (
        seconds(vendor, WORLD, first_sync(vendor, WORLD, 1_000_000))
        for vendor in (ZENDESK[0], ZENDESK[3])
    )
    assert slow / quick == pytest.approx(3, rel=RATIO)


def test_without_limits_the_answers_of_the_server_are_what_takes_time() -> None:
    tracker = OWN_SERVERS[0]
    reading = first_sync(tracker, WORLD, 1_000)
    assert seconds(tracker, replace(WORLD, latency_s=0.2), reading) == pytest.approx(0.2 * 1_010)


def test_a_limit_that_nobody_tells_gives_no_time() -> None:
    untold = next(vendor for vendor in OTHERS if not vendor.is_told)
    assert seconds(untold, WORLD, first_sync(untold, WORLD, 100)) == inf
    assert written_a_run(untold, WORLD) == 0
    assert first_writing_s(untold, WORLD, 100) == inf


def test_a_quiet_account_is_asked_once_a_run() -> None:
    assert steady(ZENDESK[0], WORLD, 0).all == 1


def test_histories_of_a_page_in_one_call_never_get_below_a_limit_smaller_than_a_page() -> None:
    assert simulate_first_sync(FRESHDESK[0], WORLD, 200, page=1).refused == 0
    with pytest.raises(RateLimitedError):
        simulate_first_sync(FRESHDESK[0], WORLD, 200, page=100)


def test_quick_answers_burst_through_a_limit_of_ten_seconds() -> None:
    assert simulate_bursts(HUBSPOT, replace(WORLD, latency_s=0.02), 110, 10.0).refused > 0
    assert simulate_bursts(HUBSPOT, WORLD, 110, 10.0).refused == 0


def test_the_tables_of_the_document_are_those_of_the_model() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert renewed(text) == text
    assert all(f"<!-- table: {name} -->" in text for name in TABLES)
