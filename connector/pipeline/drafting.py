"""A goal drafted for a slice that got worse: how far it can come back, and what guards it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.goals.realism import BLOCK, past_windows, pooled, realism
from connector.goals.sample import is_enough
from connector.goals.suggest import (
    LEAST_STRETCHES,
    Amount,
    Fall,
    Slice,
    limit_of,
    met_in,
    reached,
    written,
)
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import definition_of
from connector.kpi.series import daily
from connector.model.kpi import Direction, KpiValue
from connector.model.series import DAY, DaySeries, SeriesKind
from connector.pipeline.job import Job
from connector.pipeline.suggesting import (
    direction_of,
    lag_of,
    narrowed,
    stretches,
    with_kpis,
)
from connector.pipeline.views import Views, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GOAL_DAYS: Final = 91
HISTORY: Final = 731 * DAY
FEASIBLE: Final = frozenset({"realistic", "stretch", "unknown"})
CSAT, REOPENED, RESOLVED = "csat_pct", "reopen_rate", "full_resolution_time"

GUARDS: Final[Mapping[str, tuple[str, ...]]] = {
    "first_resolution_time": (REOPENED, CSAT),
    "full_resolution_time": (REOPENED, CSAT),
    "resolution_active_time": (REOPENED, CSAT),
    "requester_wait_time": (REOPENED, CSAT),
    "tickets_solved": (REOPENED, CSAT),
    "handle_time": ("fcr_system", REOPENED),
    "deflection_rate": ("repeat_contact_rate",),
    CSAT: (RESOLVED,),
    "csat_mean": (RESOLVED,),
    "dsat_pct": (RESOLVED,),
    REOPENED: (RESOLVED,),
    "fcr_system": (RESOLVED,),
    "repeat_contact_rate": (RESOLVED,),
}
"""What usually suffers where a measure is pushed, the likeliest first."""

USUAL_GUARDS: Final = (CSAT, REOPENED)


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What must not get worse meanwhile: a KPI of the same slice, and its limit."""

    table: KpiTable
    title: str
    limit: Amount
    slice: Slice


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A goal for a slice: its KPI, from where to where, and whether the past had as much.

    `share` of the past windows as long as the goal changed as much, None where there are too few;
    the target was `met` in so many of the earlier stretches. `realism` goes by the better of both:
    where a KPI was, it can be again.
    """

    fall: Fall
    table: KpiTable
    title: str
    start: date
    baseline: Amount
    target: Amount
    met: int
    realism: str
    share: float | None
    guard: Guard | None

    @property
    def end(self) -> date:
        """Return the first day after the goal's period: a quarter later."""
        return self.start + GOAL_DAYS * DAY


def drafts(job: Job, seen: Views, falls: Sequence[Fall]) -> list[Draft]:
    """Draft a goal for each; what guards them is measured where no mapping asked for it yet."""
    more = {
        f"{i} {measure}": (_guard_table(job, fall.of, measure), fall.of.kpi)
        for i, fall in enumerate(falls)
        for measure in GUARDS.get(fall.of.measure, USUAL_GUARDS)
    }
    if not more:
        return []
    wider = with_kpis(job, more)
    with views(wider) as measured:
        guards = [_guard(wider, measured, fall.of, f"{i} ") for i, fall in enumerate(falls)]
    found = (_draft(job, seen, fall, guard) for fall, guard in zip(falls, guards, strict=True))
    return [one for one in found if one is not None]


def _draft(job: Job, seen: Views, fall: Fall, guard: Guard | None) -> Draft | None:
    """Return a goal with the best target that the past shows to be in reach."""
    one = fall.of
    helpdesks = job.helpdesks_of("kpi", one.kpi)
    con, table = seen.over(helpdesks), narrowed(job.mappings.kpis[one.kpi], one.dimension, one.name)
    if con is None:
        return None
    is_lower = one.direction is Direction.LOWER
    baseline = written(one.recent.value or 0.0, one.recent.unit, up=is_lower)
    today = seen.as_of(helpdesks).date()
    tried = [written(level, one.recent.unit, up=is_lower) for level in reached(one)]
    told = [(target, _share(con, table, one, target.number, today)) for target in tried]
    likely = (pair for pair in told if realism(pair[1]) in FEASIBLE)
    target, share = next(likely, told[-1])
    if baseline.number == target.number or (baseline.number < target.number) is is_lower:
        return None
    met = met_in(one, target.number)
    return Draft(
        fall=fall,
        table=table,
        title=definition_of(table, job.definitions).title,
        start=today,
        baseline=baseline,
        target=target,
        met=met,
        realism=realism(max(share or 0.0, met / len(one.past))),
        share=share,
        guard=guard,
    )


def _share(
    con: DuckDBPyConnection, table: KpiTable, one: Slice, target: float, today: date
) -> float | None:
    """Return the share of past windows, as long as the goal, that changed as much as is needed."""
    series = daily(
        con, table, today - HISTORY, today, zone="UTC", aim=target, direction=one.direction
    )
    if series is None:
        return None
    windows = past_windows(series, today, GOAL_DAYS)
    if series.kind is SeriesKind.QUANTILE:
        needed = _needed_hits(series, today)
        return None if needed is None else windows.share(needed, 1)
    sign = -1 if one.direction is Direction.LOWER else 1
    return windows.share(target - (one.recent.value or 0.0), sign)


def _needed_hits(series: DaySeries, today: date) -> float | None:
    so_far = pooled(series.since(today - BLOCK * DAY))
    return None if so_far is None or series.q is None else series.q - so_far


def _guard_table(job: Job, one: Slice, measure: str) -> KpiTable:
    """Return the KPI of a guard: over the tickets that the slice has."""
    table = narrowed(job.mappings.kpis[one.kpi], one.dimension, one.name)
    return KpiTable(measure=measure).model_copy(update={"where": table.where})


def _guard(job: Job, seen: Views, one: Slice, prefix: str) -> Guard | None:
    """Return the first guard that enough tickets tell something of."""
    helpdesks = job.helpdesks_of("kpi", one.kpi)
    con = seen.over(helpdesks)
    for measure in GUARDS.get(one.measure, USUAL_GUARDS) if con else ():
        table = job.mappings.kpis[f"{prefix}{measure}"]
        found = _history(job, con, table, seen.as_of(helpdesks))
        if len(found) > LEAST_STRETCHES:
            direction = direction_of(job, table)
            known = msgspec.structs.replace(
                one, measure=measure, direction=direction, recent=found[0], past=tuple(found[1:])
            )
            title = definition_of(table, job.definitions).title
            return Guard(table=table, title=title, limit=limit_of(known), slice=known)
    return None


def _history(
    job: Job, con: DuckDBPyConnection | None, table: KpiTable, as_of: datetime
) -> list[KpiValue]:
    """Return what a KPI was, newest stretch first, where enough tickets tell."""
    if con is None:
        return []
    definition = definition_of(table, job.definitions)
    periods = stretches(con, as_of, lag_of(job, table))
    found = (evaluate(con, "", table, period, now=as_of, as_of=as_of) for period in periods)
    return [value for value in found if is_enough(value, definition)]
