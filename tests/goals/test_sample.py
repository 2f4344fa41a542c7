"""Small samples: the intervals of the reference, and the least n for a status."""

from __future__ import annotations

import pytest

from connector.goals.sample import interval, is_enough, surely_past, wilson
from connector.model.kpi import Direction
from tests.goals.cases import BACKLOG, CSAT, count, definition, share, value


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(45, 50, 78.6, 95.7), (9, 10, 59.6, 98.2), (10, 10, 72.2, 100), (0, 5, 0, 43.4)],
)
def test_wilson_gives_the_intervals_of_the_reference(
    k: int, n: int, low: float, high: float
) -> None:
    found = wilson(k, n)
    assert found.low * 100 == pytest.approx(low, abs=0.06)
    assert found.high * 100 == pytest.approx(high, abs=0.06)


def test_a_share_needs_20_tickets() -> None:
    assert not is_enough(share(15, 19), CSAT)
    assert is_enough(share(16, 20), CSAT)


def test_a_share_near_its_end_is_known_with_fewer() -> None:
    assert is_enough(share(19, 19), CSAT)


@pytest.mark.parametrize(
    ("aggregate", "needed"),
    [("median", 10), ("p75", 50), ("p90", 50), ("p95", 50), ("mean", 50), ("nps", 30)],
)
def test_a_value_needs_as_many_as_its_aggregate_says(aggregate: str, needed: int) -> None:
    assert not is_enough(value(60, aggregate=aggregate, n=needed - 1), definition())
    assert is_enough(value(60, aggregate=aggregate, n=needed), definition())


def test_a_snapshot_needs_none() -> None:
    assert is_enough(count(0), BACKLOG)


def test_nothing_measured_is_never_enough() -> None:
    assert not is_enough(value(None, n=0, unit="count"), BACKLOG)


def test_the_interval_of_a_median_is_the_one_given() -> None:
    found = interval(value(60, low=50, high=80))
    assert found is not None
    assert (found.low, found.high) == (50, 80)


def test_a_share_is_past_a_limit_by_its_one_sided_90_percent_bound() -> None:
    assert surely_past(share(20, 100), 0.15, Direction.LOWER)
    assert not surely_past(share(18, 100), 0.15, Direction.LOWER)


def test_a_median_is_past_a_limit_only_with_its_whole_interval() -> None:
    assert surely_past(value(80, low=61, high=99), 60, Direction.LOWER)
    assert not surely_past(value(80, low=59, high=99), 60, Direction.LOWER)
    assert not surely_past(value(80), 60, Direction.LOWER)


def test_a_count_is_past_a_limit_by_itself() -> None:
    assert surely_past(count(201), 200, Direction.LOWER)
    assert not surely_past(count(200), 200, Direction.LOWER)


def test_a_sum_of_money_is_past_a_limit_by_itself() -> None:
    spent = value(101.0, unit="EUR", aggregate="sum", n=0)
    assert surely_past(spent, 100.0, Direction.LOWER)
    assert not surely_past(spent, 101.0, Direction.LOWER)
