from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.goals.chance import Spread, beta_binomial, differ, negative_binomial


def log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def textbook_beta_binomial(trials: int, a: float, b: float) -> list[float]:
    """The closed form, by gamma functions."""
    return [
        math.comb(trials, x) * math.exp(log_beta(x + a, trials - x + b) - log_beta(a, b))
        for x in range(trials + 1)
    ]


def moments(spread: Spread) -> tuple[float, float]:
    numbers = (spread.first + np.arange(len(spread.mass))) * spread.unit
    mean = float(numbers @ spread.mass)
    return mean, float(np.square(numbers - mean) @ spread.mass)


@given(st.integers(0, 60), st.integers(0, 80), st.integers(0, 80))
def test_beta_binomial_is_that_of_the_textbook(trials: int, hits: int, misses: int) -> None:
    found = beta_binomial(trials, hits, misses)
    expected = textbook_beta_binomial(trials, hits + 0.5, misses + 0.5)
    assert found.first == 0
    assert found.mass == pytest.approx(expected, abs=1e-10)


def test_large_numbers_cost_their_spread_and_not_their_size() -> None:
    found = beta_binomial(1_000_000, 900_000, 100_000)
    assert len(found.mass) < 50_000
    mean, variance = moments(found)
    assert mean == pytest.approx(900_000, rel=1e-6)
    assert math.sqrt(variance) == pytest.approx(math.sqrt(2 * 1_000_000 * 0.09), rel=1e-3)


@pytest.mark.parametrize(
    ("mean", "variance"),
    [(0.5, 0.5), (4, 4), (12, 30), (600, 2_000), (600, 90_000), (3e8, 9e14), (1e9, 1e10)],
)
def test_a_count_keeps_its_mean_and_variance(mean: float, variance: float) -> None:
    found = negative_binomial(mean, variance)
    assert len(found.mass) < 20_000
    assert moments(found)[0] == pytest.approx(mean, rel=1e-6)
    assert moments(found)[1] == pytest.approx(variance, rel=1e-4)


def test_a_variance_below_the_mean_is_poisson() -> None:
    found = negative_binomial(3, 1)
    poisson = [math.exp(-3) * 3**x / math.factorial(x) for x in range(10)]
    assert found.mass[:10] == pytest.approx(poisson, abs=1e-12)


def test_a_negative_binomial_is_that_of_the_textbook() -> None:
    """Mean 6 and variance 15: four successes of chance 0.4."""
    found = negative_binomial(6, 15)
    expected = [math.comb(x + 3, x) * 0.4**4 * 0.6**x for x in range(12)]
    assert found.mass[:12] == pytest.approx(expected, abs=1e-12)


def test_nothing_expected_is_surely_nothing() -> None:
    found = negative_binomial(0, 0)
    assert (found.at_least(1), found.at_most(0), found.quantile(0.95)) == (0, 1, 0)


def test_chances_at_and_beyond_the_ends() -> None:
    found = beta_binomial(10, 5, 5)
    assert (found.at_least(0), found.at_least(-3), found.at_least(11)) == (1, 1, 0)
    assert (found.at_most(10), found.at_most(12), found.at_most(-1)) == (1, 1, 0)
    assert found.at_least(4) + found.at_most(3) == pytest.approx(1)


def test_a_number_that_is_whole_but_for_rounding_is_whole() -> None:
    found = beta_binomial(20, 5, 5)
    assert found.at_least(7 + 1e-9) == found.at_least(7)
    assert found.at_most(7 - 1e-9) == found.at_most(7)
    assert found.at_least(7.1) == found.at_least(8)


def test_a_quantile_is_the_least_number_with_its_chance() -> None:
    found = negative_binomial(12, 30)
    for share in (0.05, 0.5, 0.95):
        number = found.quantile(share)
        assert found.at_most(number) >= share > found.at_most(number - 1)


def test_shares_differ_beyond_one_in_a_hundred() -> None:
    """90 of 100 against 77 or 76 of 100: z is 2.48 and 2.65, the line is 2.576."""
    assert not differ(90, 100, 77, 100)
    assert differ(90, 100, 76, 100)
    assert differ(76, 100, 90, 100)


def test_few_answers_never_differ() -> None:
    assert not differ(0, 19, 900, 900)
    assert differ(0, 20, 900, 900)
    assert not differ(0, 0, 0, 0)
    assert not differ(50, 50, 50, 50)
