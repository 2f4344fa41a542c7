"""A backward goal as it is planned, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from connector.config.quantity import format_quantity
from connector.goals.backward_calendar import WorkingDays
from connector.model.kpi import Direction, Unit
from connector.model.series import DAY, DaySeries


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """A step on the way, due by the end of `day`.

    It has a `value` of the goal's KPI or a `done` flag; with neither it gets its value from the
    ramp. `duration` is its work in working days, `depends_on` names what has to come first.
    `done_on` is the day on which the flag was first seen, where that is known.
    """

    name: str
    day: date
    value: float | None = None
    done: bool | None = None
    done_on: date | None = None
    owner: str = ""
    duration: float | None = None
    depends_on: tuple[str, ...] = ()

    @property
    def work(self) -> float:
        """Return the working days that it takes; without a duration it is a point in time."""
        return self.duration or 0.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where a backward goal ends and how it gets there; `end` is the first date after it.

    `lag_days` is how long values may change after a date. On `review` people look at the goal.
    `unit` and `clock` are those of its KPI, which `adds_up` where it is a sum that grows from zero
    over the period.
    """

    milestones: tuple[Milestone, ...]
    calendar: WorkingDays
    start: date
    end: date
    target: float
    baseline: float | None = None
    direction: Direction = Direction.HIGHER
    lag_days: int = 0
    review: date | None = None
    unit: str = Unit.COUNT
    clock: str = "calendar"
    adds_up: bool = False

    @property
    def origin(self) -> float | None:
        """Return the value at the start, from which the ramp runs; None while it is not known."""
        return 0.0 if self.adds_up else self.baseline

    @property
    def settled_end(self) -> date:
        """Return the first date on which the value of the whole period is final."""
        return self.end + timedelta(days=self.lag_days)

    @property
    def sign(self) -> int:
        """Return 1 where more is better, else -1."""
        return 1 if self.direction == Direction.HIGHER else -1

    def due(self, milestone: Milestone) -> date:
        """Return the first date on which a milestone is overdue; never after the end."""
        return min(milestone.day + DAY, self.end)

    def settled(self, milestone: Milestone) -> date:
        """Return the first date on which its value is final."""
        return self.due(milestone) + timedelta(days=self.lag_days)

    def is_met(self, value: float, aim: float) -> bool:
        """Tell whether a value is at an aim or on its better side."""
        return self.sign * (value - aim) >= 0

    def amount(self, value: float) -> str:
        """Write a value with the unit of the goal's KPI."""
        return format_quantity(value, self.unit, clock=self.clock)

    def difference(self, change: float) -> str:
        """Write how far two values are apart; shares are apart by points."""
        if self.unit == Unit.RATIO:
            return f"{abs(change) * 100:.3g} points"
        return self.amount(abs(change))


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the beginning of `today`: whole days before it.

    `current` is the goal's value; `values` are the goal's values, period to date, at the end of
    each day (None, or no entry, where too little was measured to tell). `series` is the KPI day by
    day; `inflow` and `solves` are counts of the tickets that come in and go out of a backlog.
    """

    today: date
    current: float | None = None
    values: Mapping[date, float | None] = {}
    series: DaySeries | None = None
    inflow: DaySeries | None = None
    solves: DaySeries | None = None
