"""What kpi-reference 5.4 says of small samples, computed exactly with the intervals in use."""

from __future__ import annotations

import math

import pytest

from connector.goals.sample import Z_ONE_SIDED_90, Z_TWO_SIDED_95, wilson
from connector.kpi.aggregates import ranks


def masses(n: int, p: float) -> list[float]:
    """Return the chance of each number of hits among n."""
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def wald(k: int, n: int) -> tuple[float, float]:
    share = k / n
    half = Z_TWO_SIDED_95 * math.sqrt(share * (1 - share) / n)
    return share - half, share + half


@pytest.mark.parametrize(("n", "of_wald", "of_wilson"), [(10, 0.65, 0.93), (30, 0.81, 0.97)])
def test_wilson_covers_where_the_plain_interval_does_not(
    n: int, of_wald: float, of_wilson: float
) -> None:
    true = 0.9
    plain = wils = 0.0
    for k, mass in enumerate(masses(n, true)):
        low, high = wald(k, n)
        plain += mass * (low <= true <= high)
        found = wilson(k, n)
        wils += mass * (found.low <= true <= found.high)
    assert plain == pytest.approx(of_wald, abs=0.005)
    assert wils == pytest.approx(of_wilson, abs=0.005)


@pytest.mark.parametrize(("share", "enough", "too_few"), [(0.85, 160, 60), (0.87, 450, 160)])
def test_a_small_drop_takes_many_ratings_to_see(share: float, enough: int, too_few: int) -> None:
    """A drop from 90 % is seen by the one-sided bound of anti-goals, about four times in five."""

    def seen(n: int) -> float:
        bounds = (wilson(k, n, Z_ONE_SIDED_90).high for k in range(n + 1))
        return sum(mass for mass, high in zip(masses(n, share), bounds, strict=True) if high < 0.9)

    assert seen(enough) == pytest.approx(0.8, abs=0.05)
    assert seen(too_few) < 0.6


@pytest.mark.parametrize("n", [10, 20, 50, 100])
def test_order_statistics_cover_a_median(n: int) -> None:
    low, high = ranks(n, 0.5)
    assert low is not None
    assert high is not None
    chances = masses(n, 0.5)  # how many values lie below the median
    covered = sum(mass for k, mass in enumerate(chances) if low <= k < high)
    assert 0.95 <= covered <= 0.98
