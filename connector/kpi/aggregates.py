"""Many tickets' values to one number with its interval (kpi-reference 5.4).

Quantiles interpolate linearly; rates are pooled, never averaged. Intervals cover 95 %: Wilson for
shares, order statistics for quantiles, the bootstrap with a fixed seed for means, the standard
error for the net promoter score. Counts and sums of a period are what they are and have none.

Weights say how much of a ticket counts. A weighted quantile interpolates between the middles of
the values' shares, which is the plain quantile where all weights are 1; its interval and that of a
weighted mean rest on Kish's effective number of values.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from connector.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

Z95: Final = 1.959963984540054
RESAMPLES: Final = 2_000
SEED: Final = 20_260_701
BOOTSTRAP_MAX: Final = 5_000
"""Above this many values the mean's bootstrap and its normal interval agree to three digits."""

DRAWS_AT_ONCE: Final = 1_000_000

QUANTILES: Final = {"median": 0.5, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
SHARES: Final = frozenset({"within", "rate"})
COUNTS: Final = frozenset({"count", "sum", "ratio"})
MINIMUM_N: Final = {
    "rate": 20, "within": 20, "median": 10, "p50": 10, "mean": 50, "nps": 30,
}  # fmt: skip
MINIMUM_TAIL_N: Final = 50  # quantiles beyond the median
WIDEST_SHARE: Final = 0.10  # half-width at which a share may be shown with fewer tickets


class Estimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A number with what it rests on; `low`, `high` are None where the sample cannot bound it.

    `n` and `k` are whole numbers but where tickets are shared among those who replied.
    """

    value: float | None
    n: float
    k: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def tickets(self) -> int:
        """Return n as whole tickets; a part of one is one."""
        return self.n if isinstance(self.n, int) else max(round(self.n), math.ceil(min(self.n, 1)))

    @property
    def hits(self) -> int | None:
        """Return k as whole tickets."""
        return None if self.k is None else round(self.k)


def estimate(
    values: Values,
    aggregate: str,
    *,
    limit: float | None = None,
    weights: Values | None = None,
) -> Estimate:
    """Aggregate numbers: a quantile, the mean, the sum, or the share of those up to `limit`."""
    n = values.size if weights is None else float(weights.sum())
    if aggregate == "within":
        return share(_weight_of(values <= _given(limit), weights), n)
    if aggregate in {"sum", "count"}:
        amounts = values if aggregate == "sum" else np.ones(values.size)
        return Estimate(value=float(np.dot(amounts, _ones(values, weights))), n=n)
    if values.size == 0:
        return Estimate(value=None, n=0)
    if weights is not None:
        return _weighted(values, weights, aggregate)
    if aggregate == "mean":
        low, high = mean_interval(values)
        return Estimate(value=float(values.mean()), n=n, low=low, high=high)
    return quantile(values, QUANTILES[aggregate])


def _given(limit: float | None) -> float:
    if limit is None:
        raise UsageError("aggregate 'within' needs a limit")
    return limit


def _ones(values: Values, weights: Values | None) -> Values:
    return np.ones(values.size) if weights is None else weights


def _weight_of(hits: npt.NDArray[np.bool_], weights: Values | None) -> float:
    return int(np.count_nonzero(hits)) if weights is None else float(weights[hits].sum())


def _weighted(values: Values, weights: Values, aggregate: str) -> Estimate:
    n, effective = float(weights.sum()), float(weights.sum() ** 2 / np.square(weights).sum())
    if aggregate == "mean":
        value = float(np.average(values, weights=weights))
        spread = math.sqrt(float(np.average(np.square(values - value), weights=weights)))
        half = Z95 * spread / math.sqrt(effective)
        return Estimate(value=value, n=n, low=value - half, high=value + half)
    order = np.argsort(values, kind="stable")
    places, ordered = _places(weights[order]), values[order]
    q, whole = QUANTILES[aggregate], math.floor(effective + 1e-9)
    below, above = ranks(whole, q)
    low, high = (
        None if rank is None else float(np.interp((rank - 1) / max(whole - 1, 1), places, ordered))
        for rank in (below, above)
    )
    value = float(np.interp(q, places, ordered))
    return Estimate(value=value, n=n, low=low, high=high)


def _places(weights: Values) -> Values:
    """Return where values in order stand between 0 and 1, by the middles of their weights."""
    middles: Values = np.cumsum(weights) - weights / 2
    span = float(middles[-1] - middles[0])
    return (middles - middles[0]) / span if span > 0 else np.zeros(weights.size)


def nps(promoters: float, detractors: float, n: float) -> Estimate:
    """Return the net promoter score, -100 to 100; answers that all agree cannot bound it."""
    if not n:
        return Estimate(value=None, n=0)
    up, down = promoters / n, detractors / n
    score = 100 * (up - down)
    half = Z95 * 100 * math.sqrt(max(up + down - (up - down) ** 2, 0) / n)
    if not half:
        return Estimate(value=score, n=n)
    return Estimate(value=score, n=n, low=max(score - half, -100), high=min(score + half, 100))


def share(k: float, n: float) -> Estimate:
    """Return k of n with its Wilson interval; nothing of nothing is no share."""
    if not n:
        return Estimate(value=None, n=0, k=0)
    low, high = wilson(k, n)
    return Estimate(value=k / n, n=n, k=k, low=low, high=high)


def quantile(values: Values, q: float) -> Estimate:
    """Return a quantile with the order statistics that bound it."""
    n = int(values.size)
    below, above = ranks(n, q)
    position = (n - 1) * q
    floor, ceiling = math.floor(position), math.ceil(position)
    wanted = {floor, ceiling, *(rank - 1 for rank in (below, above) if rank is not None)}
    ordered = np.partition(values, sorted(wanted))
    lower, upper = float(ordered[floor]), float(ordered[ceiling])
    return Estimate(
        value=lower + (upper - lower) * (position - floor),
        n=n,
        low=None if below is None else float(ordered[below - 1]),
        high=None if above is None else float(ordered[above - 1]),
    )


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson interval of a share."""
    p, scale = k / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def ranks(n: int, q: float, alpha: float = 0.05) -> tuple[int | None, int | None]:
    """Return the ranks (from 1) of the order statistics that bound a quantile, None: unbounded."""
    low = binomial_ppf(alpha / 2, n, q)
    high = binomial_ppf(1 - alpha / 2, n, q) + 1
    return (low if low >= 1 else None), (high if high <= n else None)


def binomial_ppf(probability: float, n: int, p: float) -> int:
    """Return the least k with P(X <= k) >= probability, X ~ Binomial(n, p), 0 < p < 1.

    Sums the mass within ten standard deviations of the mean: all of it, to double precision.
    """
    reach = 10 * math.sqrt(n * p * (1 - p)) + 20
    first, last = max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach))
    k = np.arange(first, last)
    steps = np.log((n - k) / (k + 1)) + math.log(p / (1 - p))
    start = math.lgamma(n + 1) - math.lgamma(first + 1) - math.lgamma(n - first + 1)
    start += first * math.log(p) + (n - first) * math.log(1 - p)
    mass = np.exp(start + np.concatenate(([0.0], np.cumsum(steps))))
    found = int(np.searchsorted(np.cumsum(mass), probability - 1e-12))
    return min(first + found, last)


def mean_interval(values: Values) -> tuple[float, float]:
    """Return the bootstrap percentile interval of the mean, the same for the same values."""
    n = int(values.size)
    if n > BOOTSTRAP_MAX:
        half = Z95 * float(values.std(ddof=1)) / math.sqrt(n)
        return float(values.mean()) - half, float(values.mean()) + half
    generator = np.random.default_rng(SEED)
    ordered = np.sort(values)
    rows = max(DRAWS_AT_ONCE // n, 1)
    means = np.concatenate(
        [
            ordered[generator.integers(0, n, (min(rows, RESAMPLES - done), n))].mean(axis=1)
            for done in range(0, RESAMPLES, rows)
        ]
    )
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def is_enough(aggregate: str, found: Estimate) -> bool:
    """Tell whether a status may be shown on this many tickets; counts are always enough."""
    if aggregate in COUNTS:
        return True
    if found.n >= MINIMUM_N.get(aggregate, MINIMUM_TAIL_N):
        return True
    if aggregate in SHARES and found.low is not None and found.high is not None:
        return (found.high - found.low) / 2 <= WIDEST_SHARE
    return False
