"""A backward goal that its tests share: a backlog from 400 to 200 in the last quarter of 2026."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from connector.goals.backward_calendar import WorkingDays
from connector.goals.backward_plan import Known, Milestone, Plan
from connector.model.kpi import Direction
from connector.model.series import DaySeries, SeriesKind

DAY = timedelta(days=1)
START, END = date(2026, 10, 1), date(2027, 1, 1)  # 66 working days
CALENDAR = WorkingDays.of(day for day in (START + n * DAY for n in range(92)) if day.weekday() < 5)
TODAY = date(2026, 11, 2)  # 22 working days have passed, 44 are left


def milestone(name: str, day: date, **changes: Any) -> Milestone:
    return Milestone(name=name, day=day, **changes)


def plan(*milestones: Milestone, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "calendar": CALENDAR,
        "start": START,
        "end": END,
        "baseline": 400.0,
        "target": 200.0,
        "direction": Direction.LOWER,
    }
    return Plan(milestones=milestones, **{**values, **changes})


def known(*values: float | None, today: date = TODAY, **changes: Any) -> Known:
    """Return the goal's values on the last days before today; the last one is the current."""
    days = {today - (len(values) - n) * DAY: value for n, value in enumerate(values)}
    told = [value for value in values if value is not None]
    current = told[-1] if told else None
    return Known(**{"today": today, "values": days, "current": current, **changes})


def series(
    kind: SeriesKind, *, today: date = TODAY, q: float | None = None, **columns: Sequence[float]
) -> DaySeries:
    """Return days up to today; a column that is not given holds nothing."""
    length = len(next(iter(columns.values())))
    arrays = {
        name: np.asarray(columns.get(name, np.zeros(length)), dtype=float)
        for name in ("n", "hits", "total")
    }
    return DaySeries(kind=kind, zone="UTC", first=today - length * DAY, q=q, **arrays)
