"""Step two of a run, first half: KPIs over the latest published sets, of one or more helpdesks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from connector.config.mapping import KpiTable
from connector.errors import StoreError
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import definition_of
from connector.model.kpi import Family, KpiValue, Period
from connector.pipeline.freezing import frozen
from connector.pipeline.job import Job
from connector.pipeline.subject import placed, stopping
from connector.pipeline.views import Views
from connector.store.published import latest

RECENT: Final = timedelta(days=28)
YEAR: Final = timedelta(days=366)


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


def require_published(job: Job) -> None:
    """Refuse to report on nothing: say that a sync comes first."""
    if all(latest(job.folder(helpdesk.name)) is None for helpdesk in job.settings.helpdesk):
        raise StoreError("nothing has been read yet; run `connector sync` first")
