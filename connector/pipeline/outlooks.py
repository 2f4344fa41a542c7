"""A backward goal seen from its end, and the value that a phased goal should have by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Final

from connector.config.mapping import GoalTable, KpiTable
from connector.goals import milestones
from connector.goals.backward import outlook
from connector.goals.backward_calendar import WorkingDays
from connector.goals.backward_plan import Known, Milestone, Plan
from connector.goals.evidence import Case
from connector.goals.pace import Shape, adds_up
from connector.kpi.past import Past
from connector.model.goal import DayVerdict, GoalKind, Outlook
from connector.model.series import DAY, DaySeries, SeriesKind
from connector.pipeline.subject import Subject
from connector.pipeline.two_years import two_years

DAY_S: Final = 86_400
FLOWS: Final = ("tickets_created", "tickets_solved")


def outlook_of(subject: Subject, case: Case, days: Sequence[DayVerdict]) -> Outlook | None:
    """Return what a running backward goal takes; None for goals of other kinds, or too early."""
    goal = subject.goal
    if GoalKind(goal.kind) is not GoalKind.BACKWARD or subject.today < subject.first:
        return None
    series = two_years(subject, case)
    inflow, solves = _flows(subject, case) if _is_level(series) else (None, None)
    known = Known(
        today=subject.today,
        current=case.value.value,
        values={**_values(days), **_settled_values(subject)},
        series=series,
        inflow=inflow,
        solves=solves,
    )
    return outlook(_plan(subject, case), known)


def expected_value(subject: Subject, case: Case, day: date) -> float | None:
    """Return the value that a phased goal should have when a day begins."""
    baseline = case.evidence.baseline
    if case.shape is not Shape.PHASED or baseline is None:
        return None
    is_sum = adds_up(case.value, subject.definition)
    return milestones.expected_value(
        _milestones(case.goal),
        baseline=0.0 if is_sum else baseline,
        start=subject.first,
        target=case.aim,
        end=subject.end,
        day=day,
        calendar=_calendar(subject),
    )


def _plan(subject: Subject, case: Case) -> Plan:
    return Plan(
        milestones=_milestones(case.goal),
        calendar=_calendar(subject),
        start=subject.first,
        end=subject.end,
        target=case.aim,
        baseline=case.evidence.baseline,
        direction=case.direction,
        lag_days=ceil(subject.definition.lag_s / DAY_S),
        review=case.goal.review,
        unit=case.value.unit,
        clock=case.value.clock,
        adds_up=adds_up(case.value, subject.definition),
    )


def _milestones(goal: GoalTable) -> tuple[Milestone, ...]:
    return tuple(
        Milestone(
            name=one.name,
            day=one.date,
            value=None if one.value is None else one.value.number,
            done=one.done,
            owner=one.owner or "",
            duration=one.duration,
            depends_on=one.depends_on,
        )
        for one in goal.milestones
    )


def _calendar(subject: Subject) -> WorkingDays:
    days = subject.working_time.days(subject.first, subject.end, subject.zone)
    return WorkingDays.of(days, subject.first, subject.end)


def _values(days: Sequence[DayVerdict]) -> Mapping[date, float | None]:
    """Return the values at the ends of days; a verdict is of the beginning of the next one."""
    return {one.day - DAY: one.value for one in days}


def _settled_values(subject: Subject) -> Mapping[date, float | None]:
    """Return what is known by now of the days that milestones fall on.

    Where a KPI has a lag that is more than was known when the day after began.
    """
    goal, known = subject.goal, min(subject.today, subject.end)
    wanted = [one.date for one in goal.milestones if subject.first <= one.date < known]
    if not wanted or not subject.definition.lag_s:
        return {}
    past = Past(
        subject.con,
        goal.kpi,
        subject.kpi,
        subject.period,
        first=subject.first,
        last=known,
        zone=subject.zone,
    )
    return {day: past.value(day + DAY).value for day in wanted}


def _is_level(series: DaySeries | None) -> bool:
    return series is not None and series.kind is SeriesKind.LEVEL


def _flows(subject: Subject, case: Case) -> tuple[DaySeries | None, DaySeries | None]:
    """Return what comes in and goes out of a backlog; None where mappings do not measure it."""
    where = dict(subject.kpi.where)
    found = (two_years(subject, case, KpiTable(measure=flow, where=where)) for flow in FLOWS)
    inflow, solves = (one if one is not None and one.total.any() else None for one in found)
    return inflow, solves
