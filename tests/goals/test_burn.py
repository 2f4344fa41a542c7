"""Budgets of bad events: thresholds as in the reference, alerts, and the laws they keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.goals.burn import (
    LEVELS,
    SLOW_DAYS,
    SLOW_SHARE,
    allowed_share,
    burn,
    fast_burn,
    slow_burn,
)
from connector.model.budget import BurnCounts, Tally
from connector.model.goal import Burn
from connector.model.kpi import Direction

QUARTER, MONTH = 65.0, 21.0


def counts(
    *,
    period: tuple[float, float] = (0, 0),
    week: tuple[float, float] = (0, 0),
    day: tuple[float, float] = (0, 0),
    hours: tuple[float, float] = (0, 0),
) -> BurnCounts:
    return BurnCounts(
        period=Tally(*period), week=Tally(*week), day=Tally(*day), hours=Tally(*hours)
    )


def burned(seen: BurnCounts, *, days: float = QUARTER, allowed: float = 0.1) -> Burn:
    """Burn a budget of 65 bad events: 10 in each hundred of 650."""
    return burn(seen, allowed=allowed, expected=65 / allowed, days=days)


def test_over_a_quarter_the_alerts_are_a_burn_of_six_and_a_half_and_half_of_that() -> None:
    assert fast_burn(0.05, QUARTER) == pytest.approx(6.5)
    assert slow_burn(0.05, QUARTER) == pytest.approx(3.25)


def test_over_a_month_the_fast_alert_is_a_burn_of_two_and_the_slow_one_is_dropped() -> None:
    assert fast_burn(0.05, MONTH) == pytest.approx(2.1)
    assert slow_burn(0.05, MONTH) is None


def test_a_slow_alert_in_a_month_would_be_the_allowed_rate_itself() -> None:
    assert pytest.approx(1.05) == SLOW_SHARE * MONTH / SLOW_DAYS


@pytest.mark.parametrize(("allowed", "most"), [(0.1, 10), (0.2, 5)])
def test_burn_tops_out_at_one_over_the_allowed_share(allowed: float, most: float) -> None:
    found = burned(counts(period=(5, 5), week=(5, 5), day=(5, 5)), allowed=allowed)
    assert found.burn == pytest.approx(most)


@pytest.mark.parametrize(("allowed", "asked"), [(0.1, 6.5), (0.2, 3.5), (0.5, 1.4)])
def test_no_alert_asks_for_more_than_seven_tenths_of_that(allowed: float, asked: float) -> None:
    assert fast_burn(allowed, QUARTER) == pytest.approx(asked)


def test_the_allowed_share_is_what_a_target_leaves_or_what_a_limit_says() -> None:
    assert allowed_share(0.9, Direction.HIGHER) == pytest.approx(0.1)
    assert allowed_share(0.15, Direction.LOWER) == 0.15


def test_a_tenth_of_the_budget_in_one_day_is_a_fast_alert() -> None:
    seven = counts(period=(7, 100), week=(7, 50), day=(7, 10), hours=(2, 2))
    six = counts(period=(6, 100), week=(6, 50), day=(6, 10), hours=(2, 2))
    assert burned(seven).alert == "fast"
    assert burned(six).alert == ""


def test_exactly_a_tenth_is_a_fast_alert_however_numbers_round() -> None:
    seen = counts(period=(3, 50), week=(3, 30), day=(3, 10), hours=(1, 1))
    assert burn(seen, allowed=1 - 0.7, expected=100, days=MONTH).alert == "fast"


def test_a_fast_burn_that_is_over_is_no_alert() -> None:
    day = {"period": (8.0, 100.0), "week": (8.0, 50.0), "day": (8.0, 20.0)}
    assert burned(counts(**day, hours=(1, 10))).alert == "fast"
    assert burned(counts(**day, hours=(1, 11))).alert == ""
    assert burned(counts(**day, hours=(0, 0))).alert == ""


def test_a_quarter_of_the_budget_in_five_days_is_a_slow_alert() -> None:
    enough = counts(period=(17, 200), week=(17, 60), day=(2, 12))
    short = counts(period=(16, 200), week=(16, 60), day=(2, 12))
    assert burned(enough).alert == "slow"
    assert burned(short).alert == ""


def test_a_slow_burn_that_ended_before_the_last_day_is_no_alert() -> None:
    assert burned(counts(period=(17, 200), week=(17, 60), day=(1, 11))).alert == ""


def test_a_short_period_has_no_slow_alert() -> None:
    seen = counts(period=(17, 200), week=(17, 60), day=(2, 12))
    assert burned(seen, days=MONTH).alert == ""
    assert burned(seen, days=30).alert == "slow"


def test_a_budget_is_exhausted_when_all_of_it_is_gone() -> None:
    assert burned(counts(period=(65, 400))).alert == "exhausted"
    assert burned(counts(period=(64, 400))).alert == ""


def test_fewer_than_three_bad_events_are_no_alert() -> None:
    two = counts(period=(2, 4), week=(2, 4), day=(2, 4), hours=(2, 4))
    assert burn(two, allowed=0.1, expected=10, days=QUARTER).alert == ""
    three = counts(period=(3, 4), week=(3, 4), day=(3, 4), hours=(2, 4))
    assert burn(three, allowed=0.1, expected=10, days=QUARTER).alert == "exhausted"
    assert burn(three, allowed=0.1, expected=100, days=QUARTER).alert == "fast"


def test_consumption_is_told_as_shares_of_the_budget() -> None:
    found = burned(counts(period=(26, 300), week=(13, 60), day=(6.5, 13), hours=(0, 0)))
    assert found.bad == 26
    assert found.budget == pytest.approx(65)
    assert found.consumed == pytest.approx(0.4)
    assert found.fast == pytest.approx(0.1)
    assert found.slow == pytest.approx(0.2)
    assert found.burn == pytest.approx(5)


def test_a_day_without_events_has_no_burn() -> None:
    assert burned(counts(period=(2, 20))).burn is None


def test_where_nothing_is_allowed_each_bad_event_is_a_whole_budget() -> None:
    seen = counts(period=(3, 100), week=(3, 30), day=(1, 10), hours=(0, 2))
    found = burn(seen, allowed=0, expected=650, days=QUARTER)
    assert (found.budget, found.consumed, found.alert) == (0, 3, "exhausted")


small = st.integers(0, 12)
tallies = st.tuples(small, small)


@st.composite
def seen_counts(draw: st.DrawFn) -> BurnCounts:
    """Windows that lie within each other, as they do in time."""
    bad, events, found = 0, 0, []
    for more_bad, more_good in draw(st.tuples(tallies, tallies, tallies, tallies)):
        bad, events = bad + more_bad, events + more_bad + more_good
        found.append(Tally(bad, events))
    hours, day, week, period = found
    return BurnCounts(hours=hours, day=day, week=week, period=period)


def more(seen: BurnCounts, bad: int, place: int) -> BurnCounts:
    """Add bad events: to the period alone, or to ever shorter windows as well."""
    windows = [seen.period, seen.week, seen.day, seen.hours]
    for i in range(place + 1):
        windows[i] = Tally(windows[i].bad + bad, windows[i].events + bad)
    return BurnCounts(period=windows[0], week=windows[1], day=windows[2], hours=windows[3])


BUDGETS = st.fixed_dictionaries(
    {
        "allowed": st.floats(0.001, 0.9),
        "expected": st.just(0.0) | st.floats(0.01, 3000),
        "days": st.floats(0, 260),
    }
)


@given(seen_counts(), st.integers(1, 30), st.integers(0, 3), BUDGETS)
def test_more_bad_events_never_lower_the_alert(
    seen: BurnCounts, bad: int, place: int, budget: dict[str, float]
) -> None:
    before = burn(seen, **budget)
    after = burn(more(seen, bad, place), **budget)
    assert LEVELS.index(after.alert) >= LEVELS.index(before.alert)
    assert after.consumed > before.consumed


@given(tallies, tallies, BUDGETS)
def test_without_anything_bad_there_is_no_alert(
    first: tuple[int, int], second: tuple[int, int], budget: dict[str, float]
) -> None:
    seen = counts(period=(0, sum(first) + sum(second)), week=(0, sum(first)), day=(0, first[0]))
    found = burn(seen, **budget)
    assert (found.alert, found.consumed, found.fast, found.slow) == ("", 0, 0, 0)


@given(seen_counts(), st.integers(0, 40), st.integers(0, 40), st.floats(0.001, 0.9))
def test_consumption_adds_up(seen: BurnCounts, one: int, other: int, allowed: float) -> None:
    def consumed(bad: int) -> float:
        return burn(more(seen, bad, 0), allowed=allowed, expected=1000, days=QUARTER).consumed

    assert consumed(one + other) - consumed(0) == pytest.approx(
        consumed(one) - consumed(0) + consumed(other) - consumed(0)
    )
