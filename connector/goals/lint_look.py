"""What the rules of lint look at: goals as they are written, and what history says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

import msgspec

from connector.config.mapping import GoalTable, KpiTable, ObjectiveTable
from connector.config.quantity import Quantity, format_quantity
from connector.config.scale import Scale, scale_of
from connector.goals.sample import LEAST_N, LEAST_N_SHARE
from connector.model.goal import GoalReport
from connector.model.kpi import Direction, Family, MeasureDefinition, Unit
from connector.model.series import DaySeries

WITHOUT_LEAST_N: Final = frozenset(
    {Family.COUNT, Family.SUM, Family.DAYS, Family.SNAPSHOT, Family.RATIO, Family.IMPORTED}
)


class Remark(NamedTuple):
    """What a rule found: the reason in words with numbers, and what to do about it."""

    why: str
    suggestion: str


Remarks = Iterator[Remark]


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: the goal's report, its whole days before `today`.

    `members` are the days of the goals that `for_each` made. Of a goal of one person only the
    `series` are known, which say how many tickets it rests on: `report` is None.
    """

    today: date
    report: GoalReport | None = None
    series: DaySeries | None = None
    members: tuple[DaySeries, ...] = ()


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One goal as written, with its KPI; a development goal has none. `past` needs a sync."""

    id: str
    goal: GoalTable
    kpi: KpiTable | None = None
    definition: MeasureDefinition | None = None
    past: Past | None = None

    @property
    def measure(self) -> str:
        """Return the measure of its KPI without its variant, "" where it has none."""
        return self.kpi.measure if self.kpi else ""

    @property
    def scale(self) -> Scale | None:
        """Return what the numbers of its KPI can be."""
        if self.kpi is None or self.definition is None:
            return None
        return scale_of(self.kpi, self.definition)

    @property
    def report(self) -> GoalReport | None:
        """Return the goal as it was judged."""
        return self.past.report if self.past else None

    @property
    def aim(self) -> float | None:
        """Return the target, or the limit of an anti-goal."""
        wanted = self.goal.limit if self.goal.is_anti else self.goal.target
        return None if wanted is None else wanted.number

    @property
    def baseline(self) -> float | None:
        """Return where it starts: as written or, once that is known, as measured."""
        if isinstance(self.goal.baseline, Quantity):
            return self.goal.baseline.number
        return self.report.baseline if self.report else None

    @property
    def is_baseline_measured(self) -> bool:
        """Tell whether its baseline is left to be measured."""
        return not isinstance(self.goal.baseline, Quantity)

    @property
    def direction(self) -> Direction | None:
        """Return which way is better; None as long as nobody can tell."""
        if self.scale is None or self.aim is None:
            return None
        direction = Direction(self.scale.direction)
        if direction is not Direction.NEUTRAL:
            return direction
        if self.baseline is None or self.baseline == self.aim:
            return None
        points_up = (self.baseline < self.aim) is not self.goal.is_anti
        return Direction.HIGHER if points_up else Direction.LOWER

    @property
    def keeps_level(self) -> bool:
        """Tell whether it is to keep a value where it is."""
        return self.goal.pace == "maintain" or self.baseline == self.aim

    @property
    def least_n(self) -> int:
        """Return how many tickets a verdict needs; 0 where counting needs none."""
        if self.kpi is None or self.definition is None or self.scale is None:
            return 0
        if self.definition.family in WITHOUT_LEAST_N:
            return 0
        if self.scale.unit == Unit.RATIO:
            return LEAST_N_SHARE
        return LEAST_N.get(self.kpi.aggregate or self.definition.aggregates[0], 0)

    @property
    def is_for_persons(self) -> bool:
        """Tell whether single persons are held to it."""
        return self.goal.level == "person" or self.goal.for_each == "assignee"

    def said(self, number: float | None) -> str:
        """Write a value of its KPI for people."""
        if self.scale is None:
            return ""
        return format_quantity(number, self.scale.unit, clock=self.scale.clock)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was written, in the order of the files."""

    looks: Mapping[str, Look]
    objectives: Mapping[str, ObjectiveTable] = {}

    def before(self, look: Look) -> Iterator[Look]:
        """Yield the goals that stand before one, so that a pair is told once."""
        for other in self.looks.values():
            if other.id == look.id:
                return
            yield other

    def parents(self, look: Look) -> Iterator[Look]:
        """Yield the goals that a goal serves."""
        return (self.looks[name] for name in look.goal.parents if name in self.looks)

    def serving(self, name: str) -> Iterator[Look]:
        """Yield the goals that serve a goal or an objective directly."""
        return (look for look in self.looks.values() if name in look.goal.parents)

    def siblings(self, look: Look) -> Iterator[Look]:
        """Yield the goals that serve something that a goal serves as well, each once."""
        names = set(look.goal.parents)
        others = (one for one in self.looks.values() if one.id != look.id)
        return (one for one in others if names.intersection(one.goal.parents))

    def guards(self, look: Look) -> Iterator[Look]:
        """Yield the anti-goals that protect a goal at some time of its period."""
        for other in self.looks.values():
            if look.id in other.goal.protects and are_together(look, other):
                yield other

    def serve_each_other(self, one: Look, other: Look) -> bool:
        """Tell whether one of them serves the other, by way of others or not."""
        return one.id in self._above(other.id) or other.id in self._above(one.id)

    def _above(self, name: str) -> set[str]:
        found: set[str] = set()
        todo = [name]
        while todo:
            new = set(self._parents_of(todo.pop())) - found
            found |= new
            todo += sorted(new)
        return found

    def _parents_of(self, name: str) -> Iterable[str]:
        if name in self.looks:
            return self.looks[name].goal.parents
        return self.objectives[name].parents if name in self.objectives else ()


def are_together(one: Look, other: Look) -> bool:
    """Tell whether the periods of two goals have days in common."""
    mine, theirs = one.goal.period, other.goal.period
    return mine.start < theirs.end and theirs.start < mine.end
