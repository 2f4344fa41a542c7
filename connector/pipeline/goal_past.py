"""What became of one goal: its days, changes, versions, check-ins, and how its periods ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import msgspec

from connector.config.quantity import Quantity, format_quantity
from connector.config.table import nearest
from connector.errors import UsageError
from connector.goals.changes import StatusChange, changes
from connector.goals.grade import grade
from connector.goals.milestones import REACHED
from connector.goals.visibility import PERSON, sight
from connector.model.goal import (
    CheckIn,
    DayVerdict,
    Forecast,
    GoalKind,
    GoalReport,
    MilestoneReport,
)
from connector.pipeline.evaluating import require_published
from connector.pipeline.job import Job
from connector.pipeline.judging import judge_all
from connector.pipeline.rolling import Judged
from connector.pipeline.terms import Step, Terms
from connector.pipeline.views import views
from connector.store.goal_history import Closing, GoalHistory, GoalVersionRow


class PastDay(msgspec.Struct, frozen=True, kw_only=True):
    """How a goal stood when a day began; `raw` is its progress before it is cut to a grade."""

    day: date
    status: str
    raw_status: str
    value: float | None
    n: int
    grade: float | None
    raw: float | None
    target: float | None
    baseline: float | None
    forecast: Forecast | None
    version: int
    why: str


class TermChange(msgspec.Struct, frozen=True):
    """One thing that was changed in a goal, in words: from what to what."""

    name: str
    before: str
    after: str


class PastVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a goal, from when it holds, and what it changed."""

    version: int
    valid_from: datetime
    changes: tuple[TermChange, ...] = ()


class GoalPast(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a goal over time, oldest first.

    `goal` is how it stands now; None if it is no longer in a mapping. `milestones` are those that
    were reached.
    """

    id: str
    title: str
    kind: str
    unit: str
    clock: str
    goal: GoalReport | None
    days: tuple[PastDay, ...]
    changes: tuple[StatusChange, ...]
    versions: tuple[PastVersion, ...]
    checkins: tuple[CheckIn, ...]
    milestones: tuple[MilestoneReport, ...]
    closings: tuple[Closing, ...]

    @property
    def is_anti_goal(self) -> bool:
        """Tell whether it is a bad outcome to stay away from."""
        return self.kind == GoalKind.ANTI_GOAL


def goal_past(job: Job, goal: str, *, viewer: str | None, since: date | None = None) -> GoalPast:
    """Return what became of a goal; `since` leaves out what happened before that day.

    Days that no run kept yet are told from the published sets, and are not kept.
    """
    require_published(job)
    stopped: list[str] = []
    with views(job) as seen:
        judged = judge_all(job, seen, stopped)
    report = _report(judged, goal, viewer, stopped)
    history = GoalHistory(job.state)
    days = _days(judged, history, goal)
    last = report or job.state.last_evaluations().get(goal)
    kpi = judged.job.mappings.kpis.get("" if last is None else last.kpi)
    clock = "calendar" if kpi is None else kpi.clock
    first = since or date.min
    outlook = None if last is None else last.outlook
    return GoalPast(
        id=goal,
        title=goal if last is None else last.title,
        kind="" if last is None else last.kind,
        unit="" if last is None else last.unit,
        clock=clock,
        goal=report,
        days=tuple(_past(one) for one in days if one.day >= first),
        changes=changes(days, since),
        versions=tuple(
            one
            for one in versions_told(history.versions(goal), clock)
            if one.valid_from.date() >= first
        ),
        checkins=tuple(one for one in history.checkins(goal) if one.at.date() >= first),
        milestones=tuple(
            one
            for one in (() if outlook is None else outlook.milestones)
            if one.state == REACHED and (one.reached_on or one.day) >= first
        ),
        closings=tuple(one for one in history.closings(goal) if one.end.date() >= first),
    )


def versions_told(rows: Sequence[GoalVersionRow], clock: str) -> tuple[PastVersion, ...]:
    """Return the versions of a goal with what each changed; the first one changed nothing."""
    terms = [msgspec.json.decode(row.definition, type=Terms) for row in rows]
    changed = [(), *(_changed(before, now, clock) for before, now in pairwise(terms))]
    return tuple(
        PastVersion(version=row.version, valid_from=row.valid_from, changes=told)
        for row, told in zip(rows, changed, strict=False)
    )


def _report(
    judged: Judged, goal: str, viewer: str | None, stopped: Sequence[str]
) -> GoalReport | None:
    """Return how a goal stands, None for one that only the past knows; refuse what is hidden."""
    mappings, history = judged.job.mappings, GoalHistory(judged.job.state)
    if goal in sight(judged.nodes, viewer).hidden:
        raise UsageError(
            f"{goal} is the goal of a person, shown to them and to the owners above it:"
            " say who is looking with --viewer NAME"
        )
    for report in judged.goals:
        if report.id == goal:
            return report
    if goal in mappings.objectives:
        raise UsageError(
            f"{goal} is an objective: it stands as what serves it does; ask for one of these goals"
        )
    if goal in mappings.goals:
        told = next((one for one in stopped if f"goal {goal} " in one), "")
        raise UsageError(
            told or f"the helpdesks of {goal} have not been read; run `connector sync`"
        )
    past = history.last_days()
    if goal in past and not _was_of_a_person(judged, goal):
        return None
    hint = nearest(goal, (*mappings.goals, *past), "there are") or "`connector goals` lists them"
    raise UsageError(f'no goal is called "{goal}"; {hint}')


def _was_of_a_person(judged: Judged, goal: str) -> bool:
    """Tell whether a goal that is no longer in a mapping was a person's: nobody's to see now."""
    last = judged.job.state.last_evaluations().get(goal)
    return last is None or last.level == PERSON


def _days(judged: Judged, history: GoalHistory, goal: str) -> tuple[DayVerdict, ...]:
    """Return the days of a goal: of its present period, and those kept of periods before it."""
    kept = (msgspec.json.decode(row.evaluation, type=DayVerdict) for row in history.days(goal))
    found = {one.day: one for one in (*judged.days.get(goal, ()), *kept)}
    return tuple(found[day] for day in sorted(found))


def _past(one: DayVerdict) -> PastDay:
    return PastDay(
        day=one.day,
        status=one.status,
        raw_status=one.raw_status,
        value=one.value,
        n=one.n,
        grade=None if one.raw is None else grade(one.raw),
        raw=one.raw,
        target=one.target,
        baseline=one.baseline,
        forecast=one.forecast,
        version=one.version,
        why=one.why,
    )


def _changed(before: Terms, now: Terms, clock: str) -> tuple[TermChange, ...]:
    pairs = ((name, getattr(before, name), getattr(now, name)) for name in Terms.__struct_fields__)
    return tuple(_change(name, old, new, clock) for name, old, new in pairs if old != new)


def _change(name: str, before: Any, now: Any, clock: str) -> TermChange:
    if name == "meaning":
        return TermChange("definition of the KPI", "one", "another")
    return TermChange(name, _said(name, before, clock), _said(name, now, clock))


def _said(name: str, value: Any, clock: str) -> str:
    """Write a term the way people do."""
    if name == "milestones":
        return ", ".join(_step(one, clock) for one in value) or "none"
    if name == "window":
        return "none" if value is None else format_quantity(value, "s")
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Quantity):
        return format_quantity(value.number, value.unit, clock=clock)
    return str(value)


def _step(step: Step, clock: str) -> str:
    value = step.value
    what = "" if value is None else f" at {format_quantity(value.number, value.unit, clock=clock)}"
    return f"{step.name}{what} on {step.day}"
