"""A goal with everything that it is judged on: its KPI, the sets that are open, the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.config.mapping import GoalTable, KpiTable
from connector.errors import MappingError
from connector.kpi.burn_counts import Spendings
from connector.kpi.elapsed import WorkingTime
from connector.kpi.forms import definition_of
from connector.kpi.series import days_between
from connector.model.kpi import Direction, MeasureDefinition, Period
from connector.model.series import DaySeries
from connector.pipeline.job import Job
from connector.pipeline.shared import Shared

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Moment:
    """Up to when the data reaches, and what time it is there.

    `is_past` tells that a past moment was asked for, `run` names the run whose verdicts are kept,
    "" when nothing is kept.
    """

    as_of: datetime
    now: datetime
    is_past: bool = False
    run: str = ""


@dataclass(frozen=True)
class Subject:
    """One goal to be judged over the sets of its helpdesks."""

    job: Job
    con: DuckDBPyConnection
    id: str
    goal: GoalTable
    moment: Moment
    shared: Shared = field(default_factory=Shared)

    @property
    def kpi(self) -> KpiTable:
        """Return the goal's KPI as written."""
        return self.job.mappings.kpis[self.goal.kpi]

    @cached_property
    def definition(self) -> MeasureDefinition:
        """Return the definition of what the KPI measures."""
        return definition_of(self.kpi, self.job.definitions)

    @cached_property
    def period(self) -> Period:
        """Return the goal's period as instants."""
        return period_of(self.goal)

    @property
    def zone(self) -> str:
        """Return the zone in which the goal's days begin."""
        return self.goal.period.timezone

    @property
    def first(self) -> date:
        """Return the first local day of the period."""
        return self.goal.period.start

    @property
    def end(self) -> date:
        """Return the first local day after the period."""
        return self.goal.period.end

    @property
    def today(self) -> date:
        """Return the local day that the data reaches into."""
        return self.moment.as_of.astimezone(ZoneInfo(self.zone)).date()

    @cached_property
    def working_time(self) -> WorkingTime:
        """Return the open hours of the period."""
        return self.shared.working_time(self.con, self.period)

    @cached_property
    def spendings(self) -> Callable[[bool], Spendings]:
        """Return the events of an anti-goal's budget, read once; a hit is bad, or what is none."""
        return cache(self._read_spendings)

    def _read_spendings(self, is_bad_when_hit: bool) -> Spendings:  # noqa: FBT001  # a cache's key
        return Spendings(
            self.con,
            self.kpi,
            self.period,
            last=self.moment.as_of,
            zone=self.zone,
            is_bad_when_hit=is_bad_when_hit,
        )

    def daily(
        self,
        start: date,
        end: date,
        *,
        aim: float,
        direction: Direction,
        kpi: KpiTable | None = None,
    ) -> DaySeries | None:
        """Return the local days [start, end) of the goal's KPI, or of another one."""
        begins = self.shared.known_since(self.con, self.zone)
        if begins is None:
            return None
        return days_between(
            self.con,
            kpi or self.kpi,
            max(start, begins),
            end,
            zone=self.zone,
            aim=aim,
            direction=direction,
        )


def period_of(goal: GoalTable) -> Period:
    """Return a goal's period as instants."""
    return Period(*goal.period.instants())


@contextmanager
def placed(job: Job, kpi_id: str) -> Iterator[None]:
    """Say where the KPI stands whose `where` names what no helpdesk has."""
    try:
        yield
    except MappingError as error:
        path, line = job.mappings.origin[f"kpi.{kpi_id}"]
        told = (
            replace(problem, file=str(path), line=line, key=f"kpi.{kpi_id}.{problem.key}")
            for problem in error.problems
        )
        raise MappingError(list(told)) from error


@contextmanager
def stopping(what: str, stopped: list[str] | None) -> Iterator[None]:
    """Go on without what a mistake in a mapping stops, and say what it is."""
    try:
        yield
    except MappingError as error:
        if stopped is None:
            raise
        stopped += (f"{what}: {problem}" for problem in error.problems)
