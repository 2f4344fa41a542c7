"""What is true of the teams' year, from the plan alone: every KPI by day and by quarter.

A quarter's true value is that of all its days together, each weighing as many tickets as it is to
expect; no ticket is drawn for it. A target is what `steady` truly has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import log, pi, sqrt
from operator import attrgetter
from statistics import NormalDist

import msgspec

from connector.practice.teams import (
    BAD_RATINGS,
    COURSES,
    LIMIT_S,
    RATED,
    REOPENED,
    REPLY_S,
    SPREAD,
    ZONE,
    Course,
    Plan,
    multiple,
)

NORMAL = NormalDist()
HALVINGS, DIGITS = 50, 12
SAME = 1e-9
"""Values that differ by less, relatively, are the same: a median is found by halving."""
FAR = Course("far", *[((0, 1.2),)] * 4)
"""Where a goal says that it began: 20 % worse than its target."""
FOLLOWS = {
    "first_reply": attrgetter("waits"),
    "in_time": attrgetter("waits"),
    "satisfied": attrgetter("ratings"),
    "reopened": attrgetter("reopenings"),
    "contacts": attrgetter("contacts"),
}
"""The KPIs, and which part of a team's course each of them follows."""


class Stretch(msgspec.Struct, frozen=True):
    """The true value of some days, the tickets it is to rest on, and its standard error."""

    value: float
    n: float
    error: float


class QuarterTruth(msgspec.Struct, frozen=True):
    """A KPI over a quarter.

    `chance` is how likely what then happens meets the target: one half for a team on target.
    """

    start: date
    end: date
    target: float
    baseline: float
    value: float
    n: float
    meets: bool
    chance: float


class KpiTruth(msgspec.Struct, frozen=True):
    """A KPI of a team; `days` has its true value on every day of the year."""

    team: str
    kpi: str
    lower_is_better: bool
    quarters: list[QuarterTruth]
    days: list[float]


class Truth(msgspec.Struct, frozen=True):
    """Everything that is true of a plan."""

    seed: int
    start: date
    end: date
    zone: str
    weekly: float
    kpis: list[KpiTruth]


def truth_of(plan: Plan) -> Truth:
    """Return everything that is true of a plan."""
    kpis = [_kpi(plan, course, kpi) for course in COURSES for kpi in FOLLOWS]
    return Truth(plan.seed, plan.start, plan.end, str(ZONE), plan.weekly, kpis)


def stretch(plan: Plan, course: Course, kpi: str, days: Sequence[int]) -> Stretch:
    """Return what is true of a KPI over some days of the year together."""
    points = FOLLOWS[kpi](course)
    weights = {day: plan.expected(course, day) for day in days}
    parts = [(multiple(points, day), weight) for day, weight in weights.items()]
    n = sum(weights.values())
    if kpi == "contacts":
        return Stretch(n, n, sqrt(n))
    if kpi == "first_reply":
        value = REPLY_S * _median(parts)
        return Stretch(value, n, value * SPREAD * sqrt(pi / 2 / n))
    n *= RATED if kpi == "satisfied" else 1.0
    share = round(_mean([(SHARES[kpi](bad), weight) for bad, weight in parts]), DIGITS)
    return Stretch(share, n, sqrt(share * (1 - share) / n))


def _kpi(plan: Plan, course: Course, kpi: str) -> KpiTruth:
    days = range((plan.end - plan.start).days)
    return KpiTruth(
        course.name,
        kpi,
        lower_is_better=kpi not in {"in_time", "satisfied"},
        quarters=[_quarter(plan, course, kpi, quarter) for quarter in plan.quarters],
        days=[stretch(plan, course, kpi, [day]).value for day in days],
    )


def _quarter(plan: Plan, course: Course, kpi: str, quarter: tuple[date, date]) -> QuarterTruth:
    days = range(*((day - plan.start).days for day in quarter))
    target, far, true = (stretch(plan, one, kpi, days) for one in (COURSES[0], FAR, course))
    ahead = (target.value - true.value) * (1 if far.value > target.value else -1)
    ahead = 0.0 if abs(ahead) < SAME * target.value else ahead
    chance = NORMAL.cdf(ahead / true.error)
    aims = (target.value, far.value)
    return QuarterTruth(*quarter, *aims, true.value, true.n, meets=ahead >= 0, chance=chance)


def _median(parts: Sequence[tuple[float, float]]) -> float:
    """Return the median of waits with these medians, mixed by weight."""
    low, high = min(one for one, _ in parts), max(one for one, _ in parts)
    for _ in range(HALVINGS if low < high else 0):
        middle = (low + high) / 2
        shorter = _mean([(NORMAL.cdf(log(middle / one) / SPREAD), part) for one, part in parts])
        low, high = (middle, high) if shorter < 1 / 2 else (low, middle)
    return low


def _mean(parts: Sequence[tuple[float, float]]) -> float:
    return sum(value * weight for value, weight in parts) / sum(weight for _, weight in parts)


SHARES: Mapping[str, Callable[[float], float]] = {
    "in_time": lambda bad: NORMAL.cdf(log(LIMIT_S / (REPLY_S * bad)) / SPREAD),
    "satisfied": lambda bad: 1 - BAD_RATINGS * bad,
    "reopened": lambda bad: REOPENED * bad,
}
"""How a share follows from how bad things are."""
