"""A goal's status as a fold over fixed daily instants: how often the job runs changes nothing.

Each instant is the beginning of a local day of the goal's zone, judged on the whole days before it
and on the verdict of the day before. A chance that only grazes a line does not turn the status: it
has to cross by a margin, or to stay across for two days (kpi-reference 5.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import takewhile

from connector.goals.evidence import Case
from connector.goals.status import LIKELY_FROM, UNLIKELY_BELOW, verdict_on
from connector.goals.verdict import Verdict
from connector.model.goal import DayVerdict, GoalState

MARGIN = 0.05
ROUNDING = 1e-9
LADDER = (GoalState.OFF_TRACK, GoalState.AT_RISK, GoalState.ON_TRACK)
EDGES = (UNLIKELY_BELOW, LIKELY_FROM)
"""The chances between the steps of the ladder."""


def next_day(case: Case, before: DayVerdict | None, day: date, *, version: int) -> DayVerdict:
    """Judge a goal at the beginning of a day, after the verdict of the day before."""
    found = verdict_on(case)
    status = settled(found, before)
    why = found.why
    if status is not found.status:
        why = f"{why}; too near to the line to turn the status in one day"
    return DayVerdict(
        day=day,
        status=status.value,
        raw_status=found.status.value,
        why=why,
        flag=found.flag,
        value=case.value.value,
        n=case.value.n,
        raw=case.raw,
        baseline=case.evidence.baseline,
        target=case.aim,
        forecast=case.evidence.forecast,
        version=version,
    )


def settled(found: Verdict, before: DayVerdict | None) -> GoalState:
    """Return the status after a day that says `found`: the one before, where it only grazes."""
    if before is None or found.chance is None or found.status not in LADDER:
        return found.status
    last = GoalState(before.status)
    if last not in LADDER or found.status is last:
        return found.status
    here, there = LADDER.index(last), LADDER.index(found.status)
    step = 1 if there > here else -1
    while here != there and _is_across(found.chance, before, here, step):
        here += step
    return LADDER[here]


def holds_since(days: Sequence[DayVerdict]) -> date | None:
    """Return from which day on the newest status holds; the days are in order."""
    if not days:
        return None
    same = list(takewhile(lambda one: one.status == days[-1].status, reversed(days)))
    return same[-1].day


def _is_across(chance: float, before: DayVerdict, here: int, step: int) -> bool:
    """Tell whether a step of the ladder is left for good: by the margin, or for the second day."""
    edge = EDGES[min(here, here + step)]
    if step * (chance - edge) >= MARGIN - ROUNDING:
        return True
    raw = GoalState(before.raw_status)
    return raw in LADDER and step * (LADDER.index(raw) - here) > 0
