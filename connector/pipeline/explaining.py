"""Why a number is what it is: the card of a KPI, and of the KPI behind a goal."""

from __future__ import annotations

import msgspec

from connector.errors import StoreError
from connector.kpi.card import KpiCard, explain_kpi
from connector.model.goal import GoalReport
from connector.model.kpi import Period
from connector.pipeline.evaluating import require_published, usual_stretch
from connector.pipeline.freezing import frozen
from connector.pipeline.job import Job
from connector.pipeline.judging import judge_all
from connector.pipeline.subject import period_of, placed
from connector.pipeline.views import views


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
        return next(r for r in judge_all(job, seen, []).goals if r.id == key), card
