"""What a goal is judged on: the goal, its value, and what is known besides."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from connector.config.mapping import GoalTable
from connector.errors import MappingError, Problem
from connector.goals.grade import better_side, maintained, raw_progress
from connector.goals.pace import Shape, default_shape
from connector.goals.sample import is_enough
from connector.model.goal import Burn, DayVerdict, Forecast, GoalKind
from connector.model.kpi import Direction, KpiValue, MeasureDefinition, Period

DAY_S = 86_400.0


class Evaluation(msgspec.Struct, frozen=True):
    """An earlier verdict."""

    at: datetime
    status: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a goal besides its value.

    `elapsed` is the share of the period that has passed, in working time of the goal's schedule
    where it has one. `sub_periods` are the values of its completed weeks, for goals that keep a
    value where it is. `forecast` decides before pace does, where there is one. `today` is what
    was said when the present day began. `expected` is the value that a phased goal should have by
    now. `burn` is how an anti-goal of mode `budget` uses up its own.
    """

    elapsed: float
    baseline: float | None = None
    history: tuple[Evaluation, ...] = ()
    sub_periods: tuple[float | None, ...] = ()
    forecast: Forecast | None = None
    max_age_s: float = DAY_S
    today: DayVerdict | None = None
    expected: float | None = None
    burn: Burn | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One goal before its judges."""

    goal: GoalTable
    value: KpiValue
    definition: MeasureDefinition
    evidence: Evidence
    now: datetime

    @property
    def is_anti_goal(self) -> bool:
        """Tell whether the goal is a bad outcome to stay away from."""
        return GoalKind(self.goal.kind) is GoalKind.ANTI_GOAL

    @property
    def aim(self) -> float:
        """Return the target, or the limit of an anti-goal."""
        goal = self.goal
        named = (goal.limit, goal.target) if self.is_anti_goal else (goal.target, goal.limit)
        for quantity in named:
            if quantity is not None:
                return quantity.number
        wanted = "limit" if self.is_anti_goal else "target"
        raise MappingError([Problem(f"the goal {goal.title!r} has no {wanted}")])

    @property
    def direction(self) -> Direction:
        """Return which way is better."""
        baseline = self.evidence.baseline
        if self.is_anti_goal and Direction(self.definition.direction) is Direction.NEUTRAL:
            return Direction.LOWER if baseline is None or baseline < self.aim else Direction.HIGHER
        return better_side(
            self.definition, self.value.aggregate, baseline=baseline, target=self.aim
        )

    @property
    def shape(self) -> Shape:
        """Return how progress is expected over the period."""
        return Shape(self.goal.pace) if self.goal.pace else default_shape(self.value)

    @property
    def settled_at(self) -> datetime:
        """Return when the value is final: the period's end and the KPI's lag."""
        return self.value.period.end + timedelta(seconds=self.definition.lag_s)

    @property
    def is_over(self) -> bool:
        """Tell whether the data reach past the moment at which the value is final."""
        return min(self.now, self.value.as_of) >= self.settled_at

    @property
    def is_provisional(self) -> bool:
        """Tell whether the period has ended and its value may still change."""
        return self.now >= self.value.period.end and not self.is_over

    @property
    def is_stale(self) -> bool:
        """Tell whether the data are older than allowed."""
        return not self.is_over and self.age_s > self.evidence.max_age_s

    @property
    def age_s(self) -> float:
        """Return how old the data are."""
        return (self.now - self.value.as_of).total_seconds()

    @property
    def keeps_level(self) -> bool:
        """Tell whether the goal is to keep a value where it is."""
        if self.is_anti_goal:
            return False
        return self.shape is Shape.MAINTAIN or self.evidence.baseline == self.aim

    @property
    def raw(self) -> float | None:
        """Return the progress from baseline to target; None where the goal has no such thing."""
        baseline, value = self.evidence.baseline, self.value.value
        if self.is_anti_goal or baseline is None:
            return None
        if self.keeps_level:
            weeks = self.evidence.sub_periods
            return maintained(weeks, limit=self.aim, direction=self.direction)
        return None if value is None else raw_progress(value, baseline=baseline, target=self.aim)

    @property
    def heading(self) -> float | None:
        """Return where a sum lands if it goes on as it did so far, by its plan where it has one."""
        value, planned, elapsed = self.value.value, self.evidence.expected, self.evidence.elapsed
        if value is None:
            return None
        if planned:
            return value * self.aim / planned
        return value / elapsed if elapsed else None


def max_age_s(interval_s: float) -> float:
    """Return how old data may be: two intervals of the job, at least a day."""
    return max(2 * interval_s, DAY_S)


def baseline_period(period: Period) -> Period:
    """Return the stretch of the same length before the period, which a baseline is measured on."""
    return Period(period.start - (period.end - period.start), period.start)


def baseline_of(
    goal: GoalTable, before: KpiValue | None, definition: MeasureDefinition
) -> float | None:
    """Return the goal's baseline: as written, else the value before the period if n allows it."""
    if goal.baseline is not None and goal.baseline != "from_history":
        return goal.baseline.number
    if before is None or not is_enough(before, definition):
        return None
    return before.value
