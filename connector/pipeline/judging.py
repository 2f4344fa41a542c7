"""Step two of a run: KPIs and goals over the latest published sets, of one or more helpdesks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from connector.config.mapping import GoalTable, KpiTable
from connector.errors import MappingError, StoreError
from connector.goals.evidence import Evaluation, Evidence, baseline_of, baseline_period, max_age_s
from connector.goals.status import judge as judge_goal
from connector.kpi.card import KpiCard, explain_kpi
from connector.kpi.elapsed import working_share
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import definition_of
from connector.model.goal import GoalReport
from connector.model.kpi import Family, KpiValue, Period
from connector.pipeline.freezing import frozen
from connector.pipeline.job import Job
from connector.pipeline.views import Views, views
from connector.store.published import latest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RECENT = timedelta(days=28)
YEAR = timedelta(days=366)


class _Moment(NamedTuple):
    """Up to when the data reaches, and what time it is there."""

    as_of: datetime
    now: datetime


def goal_reports(
    job: Job, seen: Views, stopped: list[str] | None = None, *, keep: bool = False
) -> list[GoalReport]:
    """Judge every goal whose helpdesks have been read.

    A goal whose KPI names what no helpdesk has is left out, and said in `stopped`; without such a
    list it is an error. With `keep` values that are final now are frozen.
    """
    before = job.state.last_evaluations()
    reports = []
    for goal_id in job.mappings.goals:
        helpdesks = job.helpdesks_of("goal", goal_id)
        con = seen.over(helpdesks)
        if con is not None:
            moment = _Moment(seen.as_of(helpdesks), seen.now(helpdesks, job.clock()))
            with stopping(f"goal {goal_id} is not judged", stopped):
                last = before.get(goal_id)
                reports.append(_judged(job, con, goal_id, last, moment, keep=keep))
    return reports


def kpi_values(
    job: Job,
    seen: Views,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    stopped: list[str] | None = None,
    keep: bool = False,
) -> list[KpiValue]:
    """Evaluate every mapped KPI, by default over the 28 days up to the newest data.

    One that names what no helpdesk has is left out, and said in `stopped`, as for goals. With
    `keep` what is final now is frozen, where an `end` was asked for.
    """
    values = []
    for kpi_id, kpi in job.mappings.kpis.items():
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        con = seen.over(helpdesks)
        if con is None:
            continue
        as_of = seen.as_of(helpdesks)
        last = end or as_of
        period = Period(start or last - usual_stretch(job, kpi), last)
        with stopping(f"KPI {kpi_id} is not measured", stopped), placed(job, kpi_id):
            value = evaluate(con, kpi_id, kpi, period, now=as_of, as_of=as_of)
            values.append(value if end is None else frozen(job, con, kpi, value, keep=keep))
    return values


def usual_stretch(job: Job, kpi: KpiTable) -> timedelta:
    """Return over how long a KPI is told if nobody says: imports come by month or by quarter."""
    return YEAR if is_imported(job, kpi) else RECENT


def is_imported(job: Job, kpi: KpiTable) -> bool:
    """Tell whether a KPI, or a part of its ratio, comes from outside."""
    definition = definition_of(kpi, job.definitions)
    parts = {definition.id, definition.numerator, definition.denominator} - {""}
    known = {**job.definitions, definition.id: definition}
    return any(known[part].family == Family.IMPORTED for part in parts)


def period_of(goal: GoalTable) -> Period:
    """Return a goal's period as instants."""
    return Period(*goal.period.instants())


def _judged(
    job: Job,
    con: DuckDBPyConnection,
    goal_id: str,
    last: GoalReport | None,
    moment: _Moment,
    *,
    keep: bool,
) -> GoalReport:
    as_of = moment.as_of
    goal = job.mappings.goals[goal_id]
    kpi = job.mappings.kpis[goal.kpi]
    definition = kpi.definition_in(job.definitions)
    period = period_of(goal)
    with placed(job, goal.kpi):
        zone = goal.period.timezone
        value = evaluate(con, goal.kpi, kpi, period, now=as_of, as_of=as_of, zone=zone)
        value = frozen(job, con, kpi, value, zone=zone, keep=keep)
        before = _before(con, goal, kpi, as_of)
    evidence = Evidence(
        elapsed=working_share(con, period, as_of),
        baseline=baseline_of(goal, before, definition),
        history=() if last is None else (Evaluation(last.as_of, last.status),),
        max_age_s=max_age_s(job.settings.run.every_s),
    )
    return judge_goal(
        goal_id, goal, value, definition=definition, now=moment.now, evidence=evidence
    )


def _before(
    con: DuckDBPyConnection, goal: GoalTable, kpi: KpiTable, as_of: datetime
) -> KpiValue | None:
    """Measure the stretch before the period, for a goal whose baseline comes from there."""
    if goal.baseline not in {None, "from_history"}:
        return None
    period = baseline_period(period_of(goal))
    until, zone = min(as_of, period.end), goal.period.timezone
    return evaluate(con, goal.kpi, kpi, period, now=as_of, as_of=until, zone=zone)


@contextmanager
def stopping(what: str, stopped: list[str] | None) -> Iterator[None]:
    """Go on without what a mistake in a mapping stops, and say what it is."""
    try:
        yield
    except MappingError as error:
        if stopped is None:
            raise
        stopped += (f"{what}: {problem}" for problem in error.problems)


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


def require_published(job: Job) -> None:
    """Refuse to report on nothing: say that a sync comes first."""
    if all(latest(job.folder(helpdesk.name)) is None for helpdesk in job.settings.helpdesk):
        raise StoreError("nothing has been read yet; run `connector sync` first")


def explained(job: Job, kind: str, key: str) -> tuple[GoalReport | None, KpiCard]:
    """Return the card of a KPI or, for a goal, its report and the card of its KPI and period."""
    require_published(job)
    with views(job) as seen:
        helpdesks = job.helpdesks_of(kind, key)
        con = seen.over(helpdesks)
        if con is None:
            raise StoreError(f"the helpdesks of {key} have not been read; run `connector sync`")
        as_of = seen.as_of(helpdesks)
        if kind == "kpi":
            kpi = job.mappings.kpis[key]
            period = Period(as_of - usual_stretch(job, kpi), as_of)
            with placed(job, key):
                return None, explain_kpi(con, key, kpi, period, now=as_of, as_of=as_of)
        goal = job.mappings.goals[key]
        kpi, period, zone = job.mappings.kpis[goal.kpi], period_of(goal), goal.period.timezone
        with placed(job, goal.kpi):
            card = explain_kpi(con, goal.kpi, kpi, period, now=as_of, as_of=as_of, zone=zone)
        shown = frozen(job, con, kpi, card.value, zone=zone)
        card = msgspec.structs.replace(card, value=shown)
        return next(r for r in goal_reports(job, seen, []) if r.id == key), card
