"""KPIs by group, person, week and so on, over the latest published sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from connector.kpi.by import GroupValue, evaluate_by
from connector.kpi.by_rows import Grouping
from connector.model.kpi import Period
from connector.pipeline.job import Job
from connector.pipeline.judging import RECENT, placed
from connector.pipeline.views import Views


def kpi_groups(
    job: Job,
    seen: Views,
    grouped: Grouping,
    kpis: Iterable[str],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[GroupValue]:
    """Evaluate these KPIs for every group, by default over the 28 days up to the newest data."""
    for kpi_id in kpis:
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        con = seen.over(helpdesks)
        if con is None:
            continue
        as_of = seen.as_of(helpdesks)
        last = end or as_of
        period = Period(start or last - RECENT, last)
        kpi = job.mappings.kpis[kpi_id]
        with placed(job, kpi_id):
            yield from evaluate_by(con, kpi_id, kpi, period, grouped, now=as_of, as_of=as_of)
