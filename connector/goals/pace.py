"""Pace: what progress is expected by now, and what a goal's progress means against it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from connector.model.goal import GoalState
from connector.model.kpi import Family, KpiValue, MeasureDefinition, Period, Unit

ON_TRACK_FROM = 0.95
AT_RISK_FROM = 0.75
EARLY_UNTIL = 0.10


class Shape(StrEnum):
    """How progress is expected over the period.

    Step by step, the target from the first day, by the values of milestones, or week by week inside
    the limit.
    """

    RAMP = "ramp"
    LEVEL = "level"
    PHASED = "phased"
    MAINTAIN = "maintain"


def default_shape(value: KpiValue) -> Shape:
    """Return `level` for shares, since a rate holds all period, and `ramp` for all else."""
    return Shape.LEVEL if value.unit == Unit.RATIO else Shape.RAMP


def expected_progress(shape: Shape, elapsed: float) -> float:
    """Return the share of the way that should be done after this share of the period."""
    return 1.0 if shape is Shape.LEVEL else elapsed


def status_of_pace(progress: float, expected: float) -> GoalState:
    """Return what progress means against what is expected, which a plan may have below nothing."""
    if progress >= min(ON_TRACK_FROM * expected, expected):
        return GoalState.ON_TRACK
    return GoalState.AT_RISK if progress >= AT_RISK_FROM * expected else GoalState.OFF_TRACK


def is_early(elapsed: float) -> bool:
    """Tell whether too little of the period has passed to judge by pace."""
    return elapsed < EARLY_UNTIL


def adds_up(value: KpiValue, definition: MeasureDefinition) -> bool:
    """Tell whether the value is a sum that grows from zero over the period."""
    return value.aggregate == "sum" or definition.family in {Family.COUNT, Family.DAYS}


def calendar_fraction(period: Period, now: datetime) -> float:
    """Return the share of the period's clock time that has passed, 0 to 1."""
    whole = (period.end - period.start).total_seconds()
    passed = (now - period.start).total_seconds()
    return min(max(passed / whole, 0.0), 1.0)


def working_fraction(
    open_hours: Iterable[tuple[datetime, datetime]], period: Period, now: datetime
) -> float:
    """Return the share of the period's working time that has passed, 0 to 1.

    `open_hours` are the stretches in which the goal's schedule is open, in any order, not
    overlapping. Without any inside the period, clock time is used.
    """
    passed = whole = 0.0
    for start, end in open_hours:
        begin = max(start, period.start)
        whole += max((min(end, period.end) - begin).total_seconds(), 0.0)
        passed += max((min(end, period.end, now) - begin).total_seconds(), 0.0)
    return passed / whole if whole else calendar_fraction(period, now)
