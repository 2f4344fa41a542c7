"""Lint over the mappings of a job: what rules need, gathered once a goal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from connector.config.mapping import GoalTable, KpiTable, Mappings
from connector.goals.lint import Finding, lint
from connector.goals.lint_look import Look, Past, Plan
from connector.kpi.series import daily
from connector.model.goal import GoalReport
from connector.model.kpi import Direction, MeasureDefinition
from connector.model.series import DAY, DaySeries
from connector.pipeline.job import Job
from connector.pipeline.judging import judge_all
from connector.pipeline.rolling import Judged
from connector.pipeline.views import Views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HISTORY: Final = 731 * DAY


def lint_written(
    mappings: Mappings, definitions: Mapping[str, MeasureDefinition], today: date
) -> list[Finding]:
    """Judge goals that are not over by what is written alone."""
    looks = {id_: _look(id_, goal, mappings, definitions) for id_, goal in mappings.goals.items()}
    return lint(Plan(looks=looks, objectives=mappings.objectives), mappings.origin, today)


def lint_measured(job: Job, seen: Views, stopped: list[str]) -> list[Finding]:
    """Judge goals by what is written and by what was measured.

    A goal whose KPI names what no helpdesk has is judged by what is written; `stopped` says so.
    """
    judged = judge_all(job, seen, stopped)
    reports = {report.id: report for report in judged.alone}
    looks = {}
    for id_, goal in job.mappings.goals.items():
        look = _look(id_, goal, job.mappings, job.definitions)
        past = _past(look, judged, seen, reports)
        looks[id_] = msgspec.structs.replace(look, past=past)
    plan = Plan(looks=looks, objectives=job.mappings.objectives)
    return lint(plan, job.mappings.origin, seen.present(job.clock()).date())


def _look(
    id_: str, goal: GoalTable, mappings: Mappings, definitions: Mapping[str, MeasureDefinition]
) -> Look:
    kpi = mappings.kpis.get(goal.kpi)
    definition = kpi.definition_in(definitions) if kpi else None
    return Look(id=id_, goal=goal, kpi=kpi, definition=definition)


def _past(
    look: Look, judged: Judged, seen: Views, reports: Mapping[str, GoalReport]
) -> Past | None:
    """Return what was measured; of a goal that is over, or rests, nothing."""
    report, job = reports.get(look.id), judged.job
    helpdesks, zone = job.helpdesks_of("goal", look.id), ZoneInfo(look.goal.period.timezone)
    con = seen.over(helpdesks)
    if con is None or look.kpi is None:
        return None
    today = seen.as_of(helpdesks).astimezone(zone).date()
    if report is None or look.goal.paused or today >= look.goal.period.end:
        return Past(today=today)
    kpi, look = look.kpi, msgspec.structs.replace(look, past=Past(today=today, report=report))
    shows_people = job.settings.writeback.people == "on"
    return Past(
        today=today,
        report=report if shows_people or look.goal.level != "person" else None,
        series=_days(con, look, kpi, today),
        members=tuple(_members(con, look, job, today)),
    )


def _members(con: DuckDBPyConnection, look: Look, job: Job, today: date) -> Iterator[DaySeries]:
    if look.goal.for_each is None:
        return
    for id_ in job.members:
        made = job.mappings.goals[id_]
        if made.parents == (look.id,):
            days = _days(con, look, job.mappings.kpis[made.kpi], today)
            if days is not None:
                yield days


def _days(con: DuckDBPyConnection, look: Look, kpi: KpiTable, today: date) -> DaySeries | None:
    return daily(
        con,
        kpi,
        today - HISTORY,
        today,
        zone=look.goal.period.timezone,
        aim=look.aim or 0.0,
        direction=look.direction or Direction.LOWER,
    )
