"""How much is still to come: the weekday profile of the last weeks, laid over the days ahead."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from connector.model.series import DAY, DaySeries, SeriesKind

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

PROFILE_DAYS: Final = 56
WEEK: Final = 7


class Profile(msgspec.Struct, frozen=True):
    """What a day brings, Monday first: its mean, and over how many days that mean was taken.

    `dispersion` is the variance of days around the mean of their weekday, as a multiple of the
    mean; 1 is what chance alone brings (Poisson), and it is never told as less.
    """

    means: Floats
    days: Floats
    dispersion: float


def last_days(series: DaySeries, days: int) -> DaySeries:
    """Return the last so many days of a series."""
    return series.since(series.end - days * DAY)


def weekdays(first: date, days: int) -> Places:
    """Return the weekdays (Monday is 0) of so many days from a date on."""
    found: Places = (first.weekday() + np.arange(max(days, 0))) % WEEK
    return found


def profile(series: DaySeries) -> Profile:
    """Return the weekday profile of a series' last 8 weeks: of its totals if it counts, else of n.

    A weekday that the series does not have is taken to be like all days.
    """
    recent = last_days(series, PROFILE_DAYS)
    amounts = recent.total if recent.kind is SeriesKind.COUNT else recent.n
    which = weekdays(recent.first, len(recent))
    days = np.bincount(which, minlength=WEEK).astype(np.float64)
    overall = float(amounts.mean()) if len(recent) else 0.0
    sums = np.bincount(which, weights=amounts, minlength=WEEK)
    means = np.where(days > 0, sums / np.maximum(days, 1), overall)
    squares = float(np.square(amounts - means[which]).sum())
    freedom = len(recent) - int(np.count_nonzero(days))
    variance = squares / freedom if freedom > 0 else overall
    dispersion = max(variance / overall, 1.0) if overall > 0 else 1.0
    return Profile(means, days, dispersion)


def days_ahead(start: date, end: date) -> Floats:
    """Return how many of the days from `start` to before `end` fall on each weekday."""
    ahead = weekdays(start, (end - start).days)
    return np.bincount(ahead, minlength=WEEK).astype(np.float64)


def expected_volume(series: DaySeries, start: date, end: date) -> float:
    """Return how much is to be expected from `start` to before `end`, from the last 8 weeks.

    Totals of a series that counts, otherwise n. The series must end where knowledge does.
    """
    return float(profile(series).means @ days_ahead(start, end))
