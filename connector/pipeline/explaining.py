"""Why a number is what it is: the card of a KPI, and of the KPI behind a goal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from connector.config.mapping import GoalTable
from connector.errors import StoreError
from connector.goals.grade import better_side
from connector.kpi.card import KpiCard, explain_kpi
from connector.kpi.culprits import Line, culprits
from connector.kpi.weights import Weight
from connector.model.goal import GoalKind, GoalReport, GoalState
from connector.model.kpi import Period
from connector.pipeline.evaluating import require_published, usual_stretch
from connector.pipeline.freezing import frozen
from connector.pipeline.job import Job
from connector.pipeline.judging import judge_all
from connector.pipeline.rolling import Judged
from connector.pipeline.subject import Moment, Subject, placed
from connector.pipeline.views import Views, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BROKEN: Final = frozenset({GoalState.WARNING, GoalState.VIOLATED})


class Explained(NamedTuple):
    """What is behind a number: the card of its KPI and, for a goal, its report and its tickets.

    `goal` is the goal as written, of `for_each` the one that was made. `culprits` are the tickets
    that pushed an anti-goal past its limit.
    """

    card: KpiCard | None
    report: GoalReport | None = None
    goal: GoalTable | None = None
    culprits: tuple[Weight, ...] = ()


def explained_kpi(job: Job, key: str) -> Explained:
    """Explain a KPI over its usual stretch."""
    require_published(job)
    with views(job) as seen:
        helpdesks = job.helpdesks_of("kpi", key)
        con = _opened(seen, helpdesks, key)
        as_of = seen.as_of(helpdesks)
        kpi = job.mappings.kpis[key]
        period = Period(as_of - usual_stretch(job, kpi), as_of)
        with placed(job, key):
            return Explained(explain_kpi(con, key, kpi, period, now=as_of, as_of=as_of))


def explained_goal(job: Job, key: str, viewer: str | None = None) -> Explained:
    """Explain a goal: how it stands, its KPI over its period, and who broke a limit.

    Raises `UsageError` for a goal that does not exist, or that the viewer may not see, and
    `MappingError` for one that a mistake keeps from being judged.
    """
    require_published(job)
    with views(job) as seen:
        judged = judge_all(job, seen, [])
        _require_judged(judged, seen, key)
        report = judged.one(key, viewer)
        job, goal = judged.job, judged.job.mappings.goals[key]
        if not goal.kpi:
            return Explained(None, report, goal)
        helpdesks = job.helpdesks_of("goal", key)
        con = _opened(seen, helpdesks, key)
        moment = Moment(seen.as_of(helpdesks), seen.now(helpdesks, job.clock()))
        subject = Subject(job, con, key, goal, moment)
        with placed(job, goal.kpi):
            card = _card(subject)
            return Explained(card, report, goal, _culprits(subject, report, card.value.aggregate))


def _require_judged(judged: Judged, seen: Views, key: str) -> None:
    """Say what is wrong with a goal that was left out: judged alone, its mistake is an error."""
    goals = judged.job.mappings.goals
    if key in goals and all(report.id != key for report in judged.alone):
        alone = msgspec.structs.replace(judged.job.mappings, goals={key: goals[key]})
        judge_all(replace(judged.job, mappings=alone), seen)


def _card(subject: Subject) -> KpiCard:
    kpi, zone, as_of = subject.kpi, subject.zone, subject.moment.as_of
    card = explain_kpi(
        subject.con, subject.goal.kpi, kpi, subject.period, now=as_of, as_of=as_of, zone=zone
    )
    shown = frozen(subject.job, subject.con, kpi, card.value, zone=zone)
    return msgspec.structs.replace(card, value=shown)


def _culprits(subject: Subject, report: GoalReport, aggregate: str) -> tuple[Weight, ...]:
    """Return the tickets that pushed an anti-goal past its limit, where it is near or past it."""
    if report.kind != GoalKind.ANTI_GOAL or report.status not in BROKEN or report.target is None:
        return ()
    better = better_side(
        subject.definition, aggregate, baseline=report.baseline, target=report.target
    )
    return culprits(
        subject.con,
        subject.kpi,
        subject.period,
        Line(report.target, better),
        as_of=subject.moment.as_of,
        zone=subject.zone,
    )


def _opened(seen: Views, helpdesks: frozenset[str], key: str) -> DuckDBPyConnection:
    con = seen.over(helpdesks)
    if con is None:
        raise StoreError(f"the helpdesks of {key} have not been read; run `connector sync`")
    return con
