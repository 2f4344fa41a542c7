"""KPIs by group, person, week and so on, over the latest published sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from connector.kpi.by import GroupValue, evaluate_by
from connector.kpi.by_rows import Grouping
from connector.model.kpi import Period
from connector.pipeline.evaluating import usual_stretch
from connector.pipeline.job import Job
from connector.pipeline.subject import placed, stopping
from connector.pipeline.views import Views


def kpi_groups(
    job: Job,
    seen: Views,
    grouped: Grouping,
    kpis: Iterable[str],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    stopped: list[str] | None = None,
) -> Iterator[GroupValue]:
    """Evaluate these KPIs for every group, over the same stretch as `kpi_values` by default.

    One that names what no helpdesk has is left out, and said in `stopped`, as there.
    """
    for kpi_id in kpis:
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        con = seen.over(helpdesks)
        if con is None:
            continue
        as_of = seen.as_of(helpdesks)
        last = end or as_of
        kpi = job.mappings.kpis[kpi_id]
        period = Period(start or last - usual_stretch(job, kpi), last)
        with stopping(f"KPI {kpi_id} is not measured", stopped), placed(job, kpi_id):
            yield from evaluate_by(con, kpi_id, kpi, period, grouped, now=as_of, as_of=as_of)
