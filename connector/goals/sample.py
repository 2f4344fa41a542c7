"""What a number of tickets allows one to say: intervals, and the least n for a status."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import msgspec

from connector.model.kpi import Direction, Family, KpiValue, MeasureDefinition, Unit

Z_TWO_SIDED_95 = NormalDist().inv_cdf(0.975)
Z_ONE_SIDED_90 = NormalDist().inv_cdf(0.90)
LEAST_N = {"median": 10, "p75": 50, "p90": 50, "p95": 50, "mean": 50, "nps": 30}
LEAST_N_SHARE = 20
NARROW_SHARE = 0.10  # half-width of the interval at which a share needs no least n


class Interval(msgspec.Struct, frozen=True):
    """A range of values that the data do not rule out."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Return half the distance between the ends."""
        return (self.high - self.low) / 2


def wilson(k: int, n: int, z: float = Z_TWO_SIDED_95) -> Interval:
    """Return the Wilson interval of a share: k of n, n at least 1."""
    share = k / n
    spread = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / spread
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / spread
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0))


def is_share(value: KpiValue) -> bool:
    """Tell whether the value is k of n tickets; one amount over another is not."""
    return value.unit == Unit.RATIO and value.aggregate != Family.RATIO


def hits(value: KpiValue) -> int:
    """Return the numerator of a share."""
    return value.k if value.k is not None else round((value.value or 0.0) * value.n)


def interval(value: KpiValue) -> Interval | None:
    """Return the 95 % interval of a value; None where there is none."""
    if value.value is None:
        return None
    if is_share(value) and value.n:
        return wilson(hits(value), value.n)
    if value.low is None or value.high is None:
        return None
    return Interval(value.low, value.high)


def least_n(value: KpiValue, definition: MeasureDefinition) -> int:
    """Return how many tickets a status needs; counts and snapshots need none."""
    if definition.family == Family.IMPORTED and not value.n:
        return 0  # nobody says what it rests on: it is judged by its pace alone
    if is_share(value):
        return LEAST_N_SHARE
    if definition.family in {"count", "snapshot"}:
        return 0
    return LEAST_N.get(value.aggregate, 0)


def is_enough(value: KpiValue, definition: MeasureDefinition) -> bool:
    """Tell whether the value rests on enough tickets to be judged."""
    if value.value is None:
        return False
    if value.n >= least_n(value, definition):
        return True
    found = interval(value)
    return is_share(value) and found is not None and found.half_width <= NARROW_SHARE


def surely_past(value: KpiValue, limit: float, direction: Direction) -> bool:
    """Tell whether the value is past a limit beyond reasonable doubt.

    A share is past it when its one-sided 90 % bound is; a count or sum when it is itself; a
    quantile or a mean when the end of its 95 % interval is (more cautious), and never without an
    interval.
    """
    if value.value is None:
        return False
    best_case = _best_case(value, direction)
    if best_case is None:
        return False
    return best_case < limit if direction is Direction.HIGHER else best_case > limit


def is_exact(value: KpiValue) -> bool:
    """Tell whether the value is a count or a sum, of which nothing is in doubt."""
    return value.aggregate == "sum" or (value.unit == Unit.COUNT and value.aggregate not in LEAST_N)


def _best_case(value: KpiValue, direction: Direction) -> float | None:
    """Return the most favourable value that the data allow."""
    if is_share(value):
        if not value.n:
            return None
        bounds = wilson(hits(value), value.n, Z_ONE_SIDED_90)
        return bounds.high if direction is Direction.HIGHER else bounds.low
    if is_exact(value):
        return value.value
    return value.high if direction is Direction.HIGHER else value.low
