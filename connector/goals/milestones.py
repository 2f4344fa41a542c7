"""Milestones: the values they stand for, where each one stands, and which were won since.

A milestone with a value is judged once, on the value as of its date, when that is final; before
that it counts as reached while the value is there. Missing one moves neither the later values nor
the end: what the rest needs from here is told beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
import numpy as np

from connector.config.phrases import written
from connector.goals.backward_calendar import WorkingDays
from connector.goals.backward_plan import Known, Milestone, Plan
from connector.goals.realism import past_windows
from connector.model.goal import MilestoneReport
from connector.model.series import DAY, SeriesKind

REACHED, MISSED, UNREACHABLE = "reached", "missed", "unreachable"
SOON_DAYS = 5
SOON_SHARE = 0.10  # of the milestone's own duration


def expected_value(
    milestones: Sequence[Milestone],
    *,
    baseline: float,
    start: date,
    target: float,
    end: date,
    day: date,
    calendar: WorkingDays,
) -> float:
    """Return the value that is expected at the beginning of a day.

    It runs along working days from the baseline at the start over the milestones that have a value
    to the target at the end; without any such milestone it is the plain ramp.
    """
    known = sorted((min(m.day + DAY, end), m.value) for m in milestones if m.value is not None)
    points = {start: baseline, **{due: value for due, value in known if due > start}}
    points[end] = target
    places = np.array([calendar.position(at) for at in points], dtype=float)
    if places[0] == places[-1]:  # no working day in the whole period: all days count
        places = np.array([at.toordinal() for at in points], dtype=float)
        return float(np.interp(day.toordinal(), places, list(points.values())))
    return float(np.interp(calendar.position(day), places, list(points.values())))


def planned(plan: Plan) -> tuple[Milestone, ...]:
    """Return the milestones, those with neither value nor flag with their value from the ramp."""
    return tuple(_with_value(milestone, plan) for milestone in plan.milestones)


def judged(plan: Plan, known: Known) -> tuple[MilestoneReport, ...]:
    """Return where each milestone stands, by its flag or by the goal's values."""
    milestones = planned(plan)
    reports = tuple(_judge(milestone, plan, known) for milestone in milestones)
    if known.current is None or all(report.state != MISSED for report in reports):
        return reports
    return tuple(_replanned(report, plan, known) for report in reports)


def wins(
    before: Sequence[MilestoneReport], now: Sequence[MilestoneReport]
) -> tuple[MilestoneReport, ...]:
    """Return the milestones that have been reached since."""
    had = {report.name for report in before if report.state == REACHED}
    return tuple(r for r in now if r.state == REACHED and r.name not in had)


def _with_value(milestone: Milestone, plan: Plan) -> Milestone:
    if milestone.value is not None or milestone.done is not None or plan.origin is None:
        return milestone
    value = _on_the_way(plan, plan.origin, plan.start, plan.due(milestone))
    return msgspec.structs.replace(milestone, value=value)


def _on_the_way(plan: Plan, value: float, start: date, day: date) -> float:
    """Return where the ramp from a value on a date to the target at the end is on another date."""
    return expected_value(
        (),
        baseline=value,
        start=start,
        target=plan.target,
        end=plan.end,
        day=day,
        calendar=plan.calendar,
    )


def _judge(milestone: Milestone, plan: Plan, known: Known) -> MilestoneReport:
    if milestone.done is not None:
        return _by_flag(milestone, plan, known)
    if milestone.value is None:
        why = "it has no value yet, since the goal has no baseline"
        return _report(milestone, "upcoming", flags=("needs_baseline",), why=why)
    return _by_value(milestone, milestone.value, plan, known)


def _by_flag(milestone: Milestone, plan: Plan, known: Known) -> MilestoneReport:
    overdue = known.today >= plan.due(milestone)
    if milestone.done:
        timing = _timing(milestone, milestone.done_on)
        timing = timing or ("" if overdue else "early")
        return _report(
            milestone, REACHED, timing=timing, reached_on=milestone.done_on, why="it is done"
        )
    if overdue:
        return _report(milestone, MISSED, why=f"it was due on {written(milestone.day)}")
    return _waiting(milestone, plan, known)


def _by_value(milestone: Milestone, aim: float, plan: Plan, known: Known) -> MilestoneReport:
    is_final = known.today >= plan.settled(milestone)
    asked = min(known.today, plan.due(milestone))
    if plan.adds_up and plan.sign < 0 and asked < plan.due(milestone):
        return _waiting(milestone, plan, known)  # a sum is low at first, which wins nothing
    actual, since = _standing(aim, plan, known, before=asked)
    if since is None and is_final:
        late, since = _standing(aim, plan, known, before=known.today)
        actual = late if since is not None else actual
    if since is not None:
        why = f"{plan.amount(actual or 0.0)} is at or past {plan.amount(aim)}"
        flags = () if is_final else ("provisional",)
        report = _report(milestone, REACHED, actual=actual, flags=flags, why=why)
        return msgspec.structs.replace(report, timing=_timing(milestone, since), reached_on=since)
    if is_final:
        shown = "nothing was measured" if actual is None else f"it was {plan.amount(actual)}"
        why = f"{plan.amount(aim)} was due on {written(milestone.day)} and {shown}"
        return _report(milestone, MISSED, actual=actual, why=why)
    report = msgspec.structs.replace(_waiting(milestone, plan, known), actual=actual)
    return _unreachable(report, aim, plan, known) or report


def _standing(
    aim: float, plan: Plan, known: Known, *, before: date
) -> tuple[float | None, date | None]:
    """Return the last value before a date, and from when on it was at the aim or past it."""
    told = sorted((day, v) for day, v in known.values.items() if v is not None and day < before)
    since: date | None = None
    for day, value in reversed(told):
        if not plan.is_met(value, aim):
            break
        since = day
    return (told[-1][1] if told else None), since


def _waiting(milestone: Milestone, plan: Plan, known: Known) -> MilestoneReport:
    due = plan.due(milestone)
    if known.today >= due:
        final = written(plan.settled(milestone))
        why = f"its date has passed; the value is final on {final}"
        return _report(milestone, "due_soon", flags=("provisional",), why=why)
    left = plan.calendar.count(known.today, due)
    soon = left <= max(SOON_DAYS, SOON_SHARE * milestone.work)
    why = f"{left} working days are left until {written(milestone.day)}"
    return _report(milestone, "due_soon" if soon else "upcoming", why=why)


def _unreachable(
    report: MilestoneReport, aim: float, plan: Plan, known: Known
) -> MilestoneReport | None:
    """Return the report as unreachable, where no past window of that length changed as much."""
    days = (report.day + DAY - known.today).days
    series = known.series
    if known.current is None or series is None or series.kind is SeriesKind.QUANTILE:
        return None
    windows = past_windows(series, known.today, days)
    needed = aim - known.current
    if not windows.exceeded_by(needed, plan.sign):
        return None
    most = plan.difference(windows.best(plan.sign))
    why = (
        f"{plan.difference(needed)} are needed in {days} days, and the best of "
        f"{len(windows.changes)} past windows of that length had {most}"
    )
    return msgspec.structs.replace(report, state=UNREACHABLE, why=why)


def _replanned(report: MilestoneReport, plan: Plan, known: Known) -> MilestoneReport:
    """Say what a later milestone would be on the way from today's value to the target."""
    begin = max(known.today, plan.start)
    is_ahead = report.state not in {REACHED, MISSED} and report.day >= begin
    if not is_ahead or report.value is None or known.current is None:
        return report
    due = min(report.day + DAY, plan.end)
    value = plan.amount(_on_the_way(plan, known.current, begin, due))
    return msgspec.structs.replace(
        report,
        flags=(*report.flags, "replanned"),
        why=f"{report.why}; planned anew from today it is {value}",
    )


def _timing(milestone: Milestone, reached_on: date | None) -> str:
    if reached_on is None:
        return ""
    if reached_on == milestone.day:
        return "on_time"
    return "early" if reached_on < milestone.day else "late"


def _report(
    milestone: Milestone,
    state: str,
    *,
    why: str,
    actual: float | None = None,
    flags: tuple[str, ...] = (),
    timing: str = "",
    reached_on: date | None = None,
) -> MilestoneReport:
    return MilestoneReport(
        name=milestone.name,
        day=milestone.day,
        state=state,
        value=milestone.value,
        actual=actual,
        owner=milestone.owner,
        timing=timing,
        reached_on=reached_on,
        flags=flags,
        why=why,
    )
