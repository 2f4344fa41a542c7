"""How much of a period has passed, in the working time of the helpdesks' default schedule."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from connector.kpi.hours import build, load_versions
from connector.model.kpi import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def working_share(con: DuckDBPyConnection, period: Period, now: datetime) -> float:
    """Return the share (0..1) of a period's open hours that has passed by `now`.

    Without a schedule, or with one that is never open in the period, calendar time is taken.
    """
    until = min(max(now, period.start), period.end)
    row = con.execute(
        "select helpdesk, schedule_id from schedules where is_default order by helpdesk limit 1"
    ).fetchone()
    if row is not None:
        versions = load_versions(con, row[0]).get(row[1], [])
        hours = build(versions, period.start, period.end)
        total = hours.open_seconds(period.start, period.end)
        if total:
            return hours.open_seconds(period.start, until) / total
    return (until - period.start) / (period.end - period.start)
