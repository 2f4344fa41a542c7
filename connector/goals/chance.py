"""Chances of whole numbers: beta-binomial and negative binomial, by their recurrences in logs.

Both are worked out on the stretch around their mean that holds all but about 1e-12 of them, so the
cost follows their spread and not the size of the numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from connector.model.kpi import Direction

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

REACH: Final = 40
"""Standard deviations on either side of the mean; tails may fall as slowly as exp(-x)."""

STEPS_A_DEVIATION: Final = 200
"""Where a standard deviation is longer than this, several whole numbers are taken as one."""

ROUNDING: Final = 1e-6
Z_TWO_SIDED_99: Final = 2.5758293035489004
LEAST_TO_COMPARE: Final = 20


class Spread(msgspec.Struct, frozen=True):
    """How likely each of the numbers `first`, `first` + 1 ... is, in units of `unit`."""

    first: int
    mass: Floats
    unit: float = 1.0

    def at_least(self, number: float) -> float:
        """Return the chance of a number or more."""
        place = math.ceil(number / self.unit - ROUNDING) - self.first
        return 1.0 if place <= 0 else min(float(self.mass[place:].sum()), 1.0)

    def at_most(self, number: float) -> float:
        """Return the chance of a number or less."""
        place = math.floor(number / self.unit + ROUNDING) - self.first + 1
        if place >= len(self.mass):
            return 1.0
        return min(float(self.mass[: max(place, 0)].sum()), 1.0)

    def meets(self, number: float, direction: Direction) -> float:
        """Return the chance of a number or one on its better side."""
        return self.at_least(number) if direction is Direction.HIGHER else self.at_most(number)

    def quantile(self, share: float) -> float:
        """Return the least number that is reached or stayed below with this chance."""
        place = int(np.searchsorted(np.cumsum(self.mass), share - 1e-12))
        return (self.first + min(place, len(self.mass) - 1)) * self.unit


def beta_binomial(trials: int, hits: float, misses: float) -> Spread:
    """Return how many of so many trials succeed, after `hits` and `misses` (Jeffreys' prior)."""
    a, b = hits + 0.5, misses + 0.5
    whole = a + b
    mean = trials * a / whole
    variance = mean * b / whole * (whole + trials) / (whole + 1)
    first, last = _stretch(mean, variance, trials)
    x = np.arange(first, last)
    ratios = (trials - x) * (a + x) / ((x + 1) * (b + trials - x - 1))
    return Spread(first, _mass(ratios))


def negative_binomial(mean: float, variance: float) -> Spread:
    """Return a count of this mean and variance; Poisson where the variance is not above the mean.

    A long sum is told in steps, and one that hardly varies as a Poisson number above a fixed part;
    both keep mean and variance.
    """
    if mean <= 0:
        return Spread(0, np.ones(1))
    variance = max(variance, mean)
    unit = max(math.sqrt(variance) / STEPS_A_DEVIATION, 1.0)
    mean, variance = mean / unit, variance / unit**2
    fixed = max(math.floor(mean - variance), 0)
    mean -= fixed
    excess = max(variance - mean, 0.0) / mean**2
    first, last = _stretch(mean, variance)
    x = np.arange(first, last)
    ratios = mean * (1 + excess * x) / ((x + 1) * (1 + excess * mean))
    return Spread(fixed + first, _mass(ratios), unit)


def differ(hits: float, n: float, other_hits: float, other_n: float) -> bool:
    """Tell whether two shares differ: the two-sided z test of two proportions, at 1 %.

    Fewer than 20 on either side say nothing.
    """
    if min(n, other_n) < LEAST_TO_COMPARE:
        return False
    pooled = (hits + other_hits) / (n + other_n)
    error = math.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / n + 1 / other_n))
    return error > 0 and abs(hits / n - other_hits / other_n) > Z_TWO_SIDED_99 * error


def _stretch(mean: float, variance: float, most: int | None = None) -> tuple[int, int]:
    reach = REACH * math.sqrt(variance) + REACH
    last = math.ceil(mean + reach)
    return max(math.floor(mean - reach), 0), last if most is None else min(last, most)


def _mass(ratios: Floats) -> Floats:
    """Return the chances of numbers in a row from how likely each is compared to the one before."""
    logs = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    mass = np.exp(logs - logs.max())
    found: Floats = mass / mass.sum()
    return found
