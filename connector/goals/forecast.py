"""The chance that a goal's aim is met at the end of its period, and where its value may land.

Told from whole days of the past (kpi-reference 5.5). The same series and dates give the same
answer, whatever was asked before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from connector.goals.chance import (
    LEAST_TO_COMPARE,
    ROUNDING,
    beta_binomial,
    differ,
    negative_binomial,
)
from connector.goals.grade import is_met
from connector.goals.resampling import DRAWS, draw_days, draw_sums, quiet_weekdays, widened
from connector.goals.volume import (
    PROFILE_DAYS,
    days_ahead,
    expected_volume,
    last_days,
    profile,
    weekdays,
)
from connector.model.goal import Forecast
from connector.model.kpi import Direction
from connector.model.series import DaySeries, SeriesKind

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

SEED: Final = 20_260_901
RECENT_DAYS: Final = 28
LEAST_HISTORY_DAYS: Final = 14
LEAST_DAYS_WITH_DATA: Final = 4
TAIL: Final = 0.05


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a forecast is made.

    `known` holds all days with data, `so_far` those of the period; `ahead` is the first day that is
    not known.
    """

    known: DaySeries
    so_far: DaySeries
    start: date
    ahead: date
    end: date
    aim: float
    direction: Direction
    seed: int

    @property
    def days_left(self) -> int:
        """Return how many days of the period are not known."""
        return max((self.end - self.ahead).days, 0)

    @property
    def is_higher_better(self) -> bool:
        """Tell whether the aim is to be reached from below."""
        return self.direction is Direction.HIGHER

    def generator(self) -> np.random.Generator:
        """Return a new source of chance; each forecast has its own."""
        return np.random.default_rng(self.seed)


def forecast(
    series: DaySeries,
    *,
    start: date,
    today: date,
    end: date,
    aim: float,
    direction: Direction,
    seed: int = SEED,
) -> Forecast | None:
    """Forecast a goal's value at the end of the period from `start` to before `end`.

    Only the days before `today` count. None where they are too few: less than 14 of history, less
    than 4 of them with data, or nothing measured. On the last day's end the chance is 0 or 1.
    """
    known = series.until(min(today, end))
    standing = Standing(
        known=known,
        so_far=known.since(start),
        start=start,
        ahead=max(known.end, start),
        end=end,
        aim=aim,
        direction=direction,
        seed=seed,
    )
    if not standing.days_left:
        return _settled(standing)
    if len(known) < LEAST_HISTORY_DAYS or _days_with_data(known) < LEAST_DAYS_WITH_DATA:
        return None
    return BY_KIND[series.kind](standing)


def share_forecast(
    hits: float,
    n: float,
    more: int,
    *,
    aim: float,
    direction: Direction,
    basis: tuple[float, float] | None = None,
) -> Forecast:
    """Forecast a share that stands at `hits` of `n`, with so many `more` answers to come.

    `basis` is the (hits, n) that drive the remainder; without it that is all so far.
    """
    basis_hits, basis_n = basis or (hits, n)
    final = n + more
    spread = beta_binomial(more, basis_hits, max(basis_n - basis_hits, 0.0))
    return Forecast(
        probability=spread.meets(aim * final - hits, direction),
        low=(hits + spread.quantile(TAIL)) / final,
        high=(hits + spread.quantile(1 - TAIL)) / final,
        method=f"beta-binomial: {hits:g} of {n:g} so far, about {more} to come",
    )


def _share(standing: Standing) -> Forecast | None:
    so_far = standing.so_far
    hits, n = float(so_far.hits.sum()), float(so_far.n.sum())
    more = round(expected_volume(standing.known, standing.ahead, standing.end))
    if n + more <= 0:
        return None
    basis, told = _basis(standing, hits, n)
    found = share_forecast(
        hits, n, more, aim=standing.aim, direction=standing.direction, basis=basis
    )
    return msgspec.structs.replace(found, method=f"{found.method}{told}")


def _basis(standing: Standing, hits: float, n: float) -> tuple[tuple[float, float] | None, str]:
    """Return the (hits, n) that drive the rest of a share, and in words why; None: all so far.

    The last 28 days do where they differ from the days of the period before them, and where the
    period is too young to say anything, or nothing of it has settled yet.
    """
    if n < LEAST_TO_COMPARE:
        recent = last_days(standing.known, RECENT_DAYS)
        basis = float(recent.hits.sum()), float(recent.n.sum())
        if basis[1] > n:
            return basis, f"; the last {RECENT_DAYS} days drive the rest, the period is too young"
        return None, ""
    recent = last_days(standing.so_far, RECENT_DAYS)
    late_hits, late_n = float(recent.hits.sum()), float(recent.n.sum())
    if differ(late_hits, late_n, hits - late_hits, n - late_n):
        return (late_hits, late_n), f"; the last {RECENT_DAYS} days differ and drive the rest"
    return None, ""


def _quantile(standing: Standing) -> Forecast | None:
    """Tell the chance from daily counts alone; the values themselves would give the interval."""
    needed = _needed_share(standing)
    recent, so_far = last_days(standing.known, RECENT_DAYS), standing.so_far
    n = float(so_far.n.sum())
    margins = recent.hits - needed * recent.n
    if n:
        (more,) = _futures(standing, recent, margins)
    else:
        more, sizes = _futures(standing, recent, margins, recent.n)
        more = more[sizes > 0]
    if not more.size:
        return None
    met = more + float(so_far.hits.sum()) - needed * n >= -ROUNDING
    told = f"{_draws_told(RECENT_DAYS)}; daily counts alone bound no value"
    return Forecast(probability=float(met.mean()), method=told)


def _mean(standing: Standing) -> Forecast | None:
    recent, so_far = last_days(standing.known, RECENT_DAYS), standing.so_far
    more, sizes = _futures(standing, recent, recent.total, recent.n)
    n = sizes + float(so_far.n.sum())
    total = more + float(so_far.total.sum())
    measured = n > 0
    if not measured.any():
        return None
    values = total[measured] / n[measured] * _scale(standing.known)
    return _from_draws(values, standing, _draws_told(RECENT_DAYS))


def _count(standing: Standing) -> Forecast:
    week = profile(standing.known)
    ahead = days_ahead(standing.ahead, standing.end)
    expected = week.means * ahead
    repeated = 1 + ahead / np.maximum(week.days, 1)
    variance = week.dispersion * float(expected @ repeated)
    mean = float(expected.sum())
    so_far = float(standing.so_far.total.sum())
    spread = negative_binomial(mean, variance)
    return Forecast(
        probability=spread.meets(standing.aim - so_far, standing.direction),
        low=so_far + spread.quantile(TAIL),
        high=so_far + spread.quantile(1 - TAIL),
        method=f"weekday means of 8 weeks, negative binomial, about {mean:.0f} to come",
    )


def _level(standing: Standing) -> Forecast:
    """Let daily changes go on from the last day's level; what would fall below 0 stays there."""
    recent = last_days(standing.known, PROFILE_DAYS + 1)
    past = weekdays(recent.first, len(recent))[1:]
    flows = widened(np.diff(recent.total), past)
    ahead = weekdays(standing.known.end, (standing.end - standing.known.end).days)
    level = np.full(DRAWS, float(recent.total[-1]))
    for changes in draw_days(flows, past, ahead, standing.generator()):
        level = np.maximum(level + changes, 0.0)
    found = _from_draws(level, standing, f"{_draws_told(PROFILE_DAYS)}, changes by weekday")
    low = math.floor((found.low or 0.0) + ROUNDING)  # there are no halves of tickets
    high = math.ceil((found.high or 0.0) - ROUNDING)
    return msgspec.structs.replace(found, low=float(low), high=float(high))


def _settled(standing: Standing) -> Forecast | None:
    """Tell what the value is, where no day is left."""
    so_far = standing.so_far
    if standing.known.kind is SeriesKind.QUANTILE:
        n = float(so_far.n.sum())
        if not n:
            return None
        met = float(so_far.hits.sum()) >= _needed_share(standing) * n - ROUNDING
        return Forecast(probability=float(met), method="no day is left")
    value = _value(so_far)
    if value is None:
        return None
    met = is_met(value, standing.aim, standing.direction)
    return Forecast(probability=float(met), low=value, high=value, method="no day is left")


def _value(days: DaySeries) -> float | None:
    """Return the value that days pool to."""
    if days.kind is SeriesKind.LEVEL:
        return float(days.total[-1]) if len(days) else None
    if days.kind is SeriesKind.COUNT:
        return float(days.total.sum())
    amounts = days.hits if days.kind is SeriesKind.SHARE else days.total
    n = float(days.n.sum())
    return float(amounts.sum()) / n * _scale(days) if n else None


def _scale(days: DaySeries) -> float:
    return 100.0 if days.kind is SeriesKind.SCORE else 1.0


def _needed_share(standing: Standing) -> float:
    """Return which share of all values must be at the aim or better, so that the quantile is."""
    q = standing.known.q if standing.known.q is not None else 0.5
    return 1 - q if standing.is_higher_better else q


def _futures(standing: Standing, recent: DaySeries, *amounts: Floats) -> list[Floats]:
    """Return sums of amounts of recent days over the days that are left, in many futures."""
    quiet = quiet_weekdays(recent)
    past = quiet[weekdays(recent.first, len(recent))]
    ahead = quiet[weekdays(standing.ahead, standing.days_left)]
    return draw_sums(amounts, past, ahead, standing.generator())


def _from_draws(values: Floats, standing: Standing, told: str) -> Forecast:
    slack = ROUNDING * max(abs(standing.aim), 1.0)
    if standing.is_higher_better:
        met = values >= standing.aim - slack
    else:
        met = values <= standing.aim + slack
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    return Forecast(probability=float(met.mean()), low=float(low), high=float(high), method=told)


def _draws_told(days: int) -> str:
    return f"{DRAWS:,} draws of whole days from the last {days}"


def _days_with_data(days: DaySeries) -> int:
    if days.kind is SeriesKind.LEVEL:
        return int(np.count_nonzero(np.isfinite(days.total)))
    amounts = days.total if days.kind is SeriesKind.COUNT else days.n
    return int(np.count_nonzero(amounts))


BY_KIND: Final[dict[SeriesKind, Callable[[Standing], Forecast | None]]] = {
    SeriesKind.SHARE: _share,
    SeriesKind.QUANTILE: _quantile,
    SeriesKind.MEAN: _mean,
    SeriesKind.SCORE: _mean,
    SeriesKind.RATIO: _mean,
    SeriesKind.COUNT: _count,
    SeriesKind.LEVEL: _level,
}
