"""Made-up quarters with a known end: what forecasts are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from connector.goals.forecast import forecast
from connector.model.kpi import Direction
from connector.model.series import DAY, DaySeries, SeriesKind

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

START = date(2026, 4, 6)
END = date(2026, 7, 6)
HISTORY_DAYS = 56
FIRST = START - HISTORY_DAYS * DAY
DAYS = HISTORY_DAYS + (END - START).days
LOOKS = (30, 52, 74)
BUSY = np.array([1.3, 1.2, 1.1, 1.0, 0.9, 0.3, 0.2])
WEEKDAY = (FIRST.weekday() + np.arange(DAYS)) % 7
PATTERN = (BUSY / BUSY.mean())[WEEKDAY]
BINS = 5


def series(
    kind: SeriesKind,
    *,
    n: Iterable[float] = (),
    hits: Iterable[float] = (),
    total: Iterable[float] = (),
    first: date = FIRST,
    q: float | None = None,
) -> DaySeries:
    """Build a series; what is not given is zero."""
    columns = [np.array(list(column), dtype=np.float64) for column in (n, hits, total)]
    days = max(len(column) for column in columns)
    filled = [column if len(column) else np.zeros(days) for column in columns]
    return DaySeries(
        kind=kind, zone="UTC", first=first, n=filled[0], hits=filled[1], total=filled[2], q=q
    )


class Quarter(msgspec.Struct, frozen=True):
    """A quarter after its end: the days, the value it came to, and whether that met the aim."""

    days: DaySeries
    value: float
    is_met: bool


def share_quarter(rng: np.random.Generator, a_day: float, truths: tuple[float, float]) -> Quarter:
    n = rng.poisson(a_day * PATTERN)
    days = series(SeriesKind.SHARE, n=n, hits=rng.binomial(n, rng.uniform(*truths)))
    period = days.since(START)
    hits, n_in_all = period.hits.sum(), period.n.sum()
    return Quarter(days, hits / n_in_all, bool(hits >= 0.9 * n_in_all - 1e-9))


def median_quarter(rng: np.random.Generator) -> Quarter:
    """Within a day tickets go well or badly together."""
    n = rng.poisson(8 * PATTERN)
    within = np.clip(rng.uniform(0.44, 0.56) + rng.normal(0, 0.08, DAYS), 0, 1)
    days = series(SeriesKind.QUANTILE, n=n, hits=rng.binomial(n, within), q=0.5)
    period = days.since(START)
    return Quarter(days, float("nan"), bool(period.hits.sum() >= 0.5 * period.n.sum()))


def score_quarter(rng: np.random.Generator) -> Quarter:
    n = rng.poisson(6 * PATTERN)
    up, down = rng.uniform(0.44, 0.56), 0.2
    votes = rng.multinomial(n, [up, down, 1 - up - down])
    days = series(SeriesKind.SCORE, n=n, total=votes[:, 0] - votes[:, 1])
    period = days.since(START)
    value = float(100 * period.total.sum() / period.n.sum())
    return Quarter(days, value, value >= 30)


def count_quarter(rng: np.random.Generator) -> Quarter:
    """Days vary twice as much as chance alone would make them."""
    truth = 6 * PATTERN * rng.uniform(0.85, 1.15)
    days = series(SeriesKind.COUNT, total=rng.poisson(rng.gamma(truth)))
    value = float(days.since(START).total.sum())
    return Quarter(days, value, value >= 6 * 91)


def level_quarter(rng: np.random.Generator) -> Quarter:
    changes = rng.normal(rng.uniform(-0.6, 0.6), 8, DAYS)
    changes += np.array([8.0, 4, 0, -3, -9, 0, 0])[WEEKDAY]
    days = series(SeriesKind.LEVEL, total=np.maximum(np.round(400 + np.cumsum(changes)), 0))
    value = float(days.total[-1])
    return Quarter(days, value, value <= 400)


class Calibration(msgspec.Struct, frozen=True):
    """How forecasts did: by fifths of the chance, what was predicted and what came true."""

    predicted: Floats
    came_true: Floats
    looks: Floats
    covered: float


def calibrate(
    make: Callable[[np.random.Generator], Quarter],
    *,
    aim: float,
    direction: Direction,
    quarters: int,
    seed: int,
) -> Calibration:
    """Forecast made-up quarters at three looks each."""
    rng = np.random.default_rng(seed)
    rows = []
    for quarter in (make(rng) for _ in range(quarters)):
        for look in LOOKS:
            found = forecast(
                quarter.days,
                start=START,
                today=START + look * DAY,
                end=END,
                aim=aim,
                direction=direction,
            )
            assert found is not None
            assert found.probability is not None
            low = -np.inf if found.low is None else found.low
            high = np.inf if found.high is None else found.high
            inside = low - 1e-9 <= quarter.value <= high + 1e-9
            rows.append((found.probability, quarter.is_met, inside))
    table = np.array(rows, dtype=np.float64)
    which = np.minimum((table[:, 0] * BINS).astype(int), BINS - 1)
    looks = np.bincount(which, minlength=BINS).astype(np.float64)
    return Calibration(
        predicted=np.bincount(which, weights=table[:, 0], minlength=BINS) / looks,
        came_true=np.bincount(which, weights=table[:, 1], minlength=BINS) / looks,
        looks=looks,
        covered=float(table[:, 2].mean()),
    )
