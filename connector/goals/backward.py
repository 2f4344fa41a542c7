"""Backward goals: what it takes to be at the end value on the end date, and what stands against it.

Everything is told as of the beginning of a day, from the whole days before it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connector.goals import backward_checks
from connector.goals.backward_checks import Reach
from connector.goals.backward_plan import Known, Plan
from connector.goals.critical_path import Slot, critical_path, slots
from connector.goals.milestones import MISSED, REACHED, UNREACHABLE, judged
from connector.goals.realism import BLOCK, past_windows, pooled, realism, simulated
from connector.model.goal import MilestoneReport, Outlook
from connector.model.series import DAY, SeriesKind

UPWARDS = 1


def outlook(plan: Plan, known: Known) -> Outlook:
    """Return a backward goal seen from its end.

    `needed` is the target less today's value, `rate_per_day` the same a working day (nothing once
    the target is met).
    """
    reports = judged(plan, known)
    reached = {report.name for report in reports if report.state == REACHED}
    today, end = (plan.calendar.position(day) for day in (known.today, plan.end))
    found = slots(plan.milestones, today=today, end=end, reached=reached)
    path = critical_path(plan.milestones, found, reached)
    needed = None if known.current is None else plan.target - known.current
    left = max(end - plan.calendar.position(max(known.today, plan.start)), 0)
    reach = _reach(plan, known)
    milestones = tuple(_placed(report, plan, found, path) for report in reports)
    return Outlook(
        needed=needed,
        rate_per_day=_rate(plan, known, left),
        working_days_left=left,
        realism=realism(reach.share),
        share=reach.share,
        windows=len(reach.windows.changes),
        independent=reach.windows.independent,
        simulated=_simulated(plan, known),
        milestones=milestones,
        critical_path=path,
        flags=_flags(milestones, reach),
        problems=(
            *backward_checks.problems(plan, known),
            *backward_checks.chain(plan, found, path),
            *backward_checks.reach(reach),
        ),
    )


def _reach(plan: Plan, known: Known) -> Reach:
    days = (plan.end - max(known.today, plan.start)).days
    windows = past_windows(known.series, known.today, days)
    return Reach(_needed_of_days(plan, known), _sign(plan, known), days, windows)


def _needed_of_days(plan: Plan, known: Known) -> float | None:
    """Return the change that is needed, in the terms of the days of the series.

    Days of a quantile hold how many were at the target or on its better side. A quantile meets its
    target when that share of all do, so what is needed is that share less the one so far.
    """
    series = known.series
    if series is None or series.kind is not SeriesKind.QUANTILE:
        return None if known.current is None else plan.target - known.current
    past = series.until(known.today)
    so_far = pooled(past.since(plan.start))
    so_far = pooled(past.since(known.today - BLOCK * DAY)) if so_far is None else so_far
    return None if so_far is None or series.q is None else series.q - so_far


def _sign(plan: Plan, known: Known) -> int:
    """Return the direction of the days: more hits of a quantile are better, whatever the KPI."""
    is_quantile = known.series is not None and known.series.kind is SeriesKind.QUANTILE
    return UPWARDS if is_quantile else plan.sign


def _rate(plan: Plan, known: Known, left: int) -> float | None:
    if known.current is None:
        return None
    if plan.is_met(known.current, plan.target):
        return 0.0
    return (plan.target - known.current) / left if left else None


def _simulated(plan: Plan, known: Known) -> float | None:
    if known.series is None or known.current is None:
        return None
    past = known.series.until(known.today)
    return simulated(past, known.current, plan.target, plan.sign, plan.end)


def _placed(
    report: MilestoneReport, plan: Plan, found: Mapping[str, Slot], path: tuple[str, ...]
) -> MilestoneReport:
    """Return the report with its place in the plan; a reached milestone needs none any more."""
    if report.state == REACHED:
        return report
    slot = found[report.name]
    return msgspec.structs.replace(
        report,
        latest_start=plan.calendar.at(slot.latest),
        float_days=slot.float_days,
        is_critical=report.name in path,
        flags=(*report.flags, slot.flag) if slot.flag else report.flags,
    )


def _flags(milestones: tuple[MilestoneReport, ...], reach: Reach) -> tuple[str, ...]:
    said = {flag for report in milestones for flag in report.flags}
    states = {report.state for report in milestones}
    found = {
        "infeasible": "infeasible" in said,
        "tight": "tight" in said,
        "unreachable": reach.is_beyond or UNREACHABLE in states,
        "replanned": MISSED in states,
    }
    return tuple(flag for flag, holds in found.items() if holds)
