"""Goals without a KPI: open until somebody closes them by hand, with evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.config.mapping import GoalTable
from connector.config.phrases import written
from connector.goals.verdict import Verdict
from connector.model.goal import CheckIn, GoalReport, GoalState
from connector.model.kpi import Period

GRADES = {GoalState.ACHIEVED: 1.0, GoalState.MISSED: 0.0}
"""Nothing lies between done and not done."""


def judge_development(
    goal_id: str, goal: GoalTable, checkins: Sequence[CheckIn], now: datetime
) -> GoalReport:
    """Judge a goal without a KPI by what was said of it up to now."""
    said = sorted((one for one in checkins if one.at <= now), key=lambda one: one.at)
    period = Period(*goal.period.instants())
    verdict = _verdict(goal, period, said, now)
    grade = GRADES.get(verdict.status)
    return GoalReport(
        id=goal_id,
        kind=goal.kind,
        title=goal.title,
        level=goal.level,
        scope="",
        kpi="",
        period=period,
        baseline=None,
        target=None,
        value=None,
        unit="",
        n=0,
        grade=grade,
        raw=grade,
        status=verdict.status.value,
        flags=(verdict.flag,) if verdict.flag else (),
        forecast=None,
        as_of=now,
        why=verdict.why,
        owner=goal.owner,
        parents=goal.parents,
        commitment=goal.commitment,
        timezone=goal.period.timezone,
        checkin=said[-1] if said else None,
    )


def _verdict(goal: GoalTable, period: Period, said: Iterable[CheckIn], now: datetime) -> Verdict:
    zone = ZoneInfo(goal.period.timezone)
    closed = next((one for one in said if one.evidence), None)
    if closed is not None:
        return _closed(closed, period, zone)
    if now < period.start:
        day = written(period.start.astimezone(zone))
        return Verdict(GoalState.NOT_STARTED, f"the period starts on {day}")
    if now >= period.end:
        return Verdict(GoalState.MISSED, "the period is over and nobody gave evidence")
    if goal.paused:
        return Verdict(GoalState.PAUSED, "paused in the mapping")
    return Verdict(GoalState.ON_TRACK, "open: closed by hand, with evidence")


def _closed(closed: CheckIn, period: Period, zone: ZoneInfo) -> Verdict:
    is_late = closed.at >= period.end
    late = ", after the period" if is_late else ""
    by = f" by {closed.by}" if closed.by else ""
    why = f"closed{by} on {written(closed.at.astimezone(zone))}{late}: {closed.evidence}"
    return Verdict(GoalState.ACHIEVED, why, flag="late" if is_late else "")
