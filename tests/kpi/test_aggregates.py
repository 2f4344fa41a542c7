"""The worked examples of kpi-reference 5.4, and the laws behind them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import UsageError
from connector.kpi.aggregates import (
    Estimate,
    binomial_ppf,
    estimate,
    is_enough,
    mean_interval,
    ranks,
    share,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(45, 50, 78.6, 95.7), (9, 10, 59.6, 98.2), (10, 10, 72.2, 100), (0, 5, 0, 43.4)],
)
def test_wilson_matches_the_worked_examples(k: int, n: int, low: float, high: float) -> None:
    found = wilson(k, n)
    assert [round(bound * 100, 1) for bound in found] == [low, high]


@pytest.mark.parametrize(
    ("n", "q", "expected"),
    [
        (20, 0.5, (6, 15)),
        (10, 0.5, (2, 9)),
        (6, 0.5, (1, 6)),
        (5, 0.5, (None, None)),
        (50, 0.9, (41, 50)),
        (36, 0.9, (29, 36)),
        (35, 0.9, (28, None)),
    ],
)
def test_order_statistics_match_the_worked_examples(
    n: int, q: float, expected: tuple[int | None, int | None]
) -> None:
    assert ranks(n, q) == expected


@given(st.integers(1, 400), st.sampled_from([0.5, 0.9, 0.95]), st.floats(0.001, 0.999))
def test_a_binomial_quantile_is_the_least_that_reaches_its_chance(
    n: int, p: float, probability: float
) -> None:
    def chance(k: int) -> float:
        return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))

    found = binomial_ppf(probability, n, p)
    assert chance(found) > probability - 1e-9
    assert chance(found - 1) < probability + 1e-9


def test_ten_million_values_have_ranks_too() -> None:
    low, high = ranks(10_000_000, 0.5)
    assert (low, high) == (4_996_901, 5_003_100)


def test_quantiles_interpolate_linearly() -> None:
    values = np.array([10.0, 20.0, 30.0, 40.0])
    assert estimate(values, "median").value == 25
    assert estimate(values, "p90").value == pytest.approx(37)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=60), st.sampled_from(["median", "p90"]))
def test_quantiles_agree_with_numpy(values: list[float], aggregate: str) -> None:
    array = np.array(values)
    q = {"median": 0.5, "p90": 0.9}[aggregate]
    assert estimate(array, aggregate).value == pytest.approx(float(np.quantile(array, q)))


def test_the_interval_of_a_median_is_made_of_its_order_statistics() -> None:
    found = estimate(np.arange(1.0, 21.0), "median")
    assert (found.low, found.high) == (6, 15)


def test_exactly_at_the_limit_is_within() -> None:
    found = estimate(np.array([59.0, 60.0, 61.0]), "within", limit=60)
    assert (found.k, found.n) == (2, 3)


def test_within_needs_a_limit() -> None:
    with pytest.raises(UsageError, match="limit"):
        estimate(np.array([1.0]), "within")


@pytest.mark.parametrize("aggregate", ["median", "mean", "p90"])
def test_nothing_has_no_value_and_is_not_zero(aggregate: str) -> None:
    assert estimate(np.array([]), aggregate) == Estimate(value=None, n=0)


def test_no_share_of_nothing() -> None:
    assert share(0, 0).value is None


def test_the_bootstrap_is_repeatable_and_holds_the_mean() -> None:
    values = np.arange(200.0)
    low, high = mean_interval(values)
    assert (low, high) == mean_interval(values[::-1])
    assert low < values.mean() < high


def test_the_bootstrap_meets_the_normal_interval_where_it_ends() -> None:
    values = np.random.default_rng(1).exponential(100, 5_000)
    small, large = mean_interval(values), mean_interval(np.append(values, values.mean()))
    assert small == pytest.approx(large, rel=0.01)


@pytest.mark.parametrize(
    ("aggregate", "found", "expected"),
    [
        ("rate", share(10, 20), True),
        ("rate", share(10, 19), False),
        ("within", share(19, 19), True),  # half-width 8.4 points
        ("median", Estimate(value=1, n=9), False),
        ("median", Estimate(value=1, n=10), True),
        ("p90", Estimate(value=1, n=49), False),
        ("mean", Estimate(value=1, n=50), True),
        ("count", Estimate(value=0, n=0), True),
    ],
)
def test_a_status_needs_its_minimum_of_tickets(
    aggregate: str, found: Estimate, *, expected: bool
) -> None:
    assert is_enough(aggregate, found) is expected
