"""Working time by the helpdesks' default schedule: shares of a period, and days that are open."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from connector.config.zones import midnight
from connector.kpi.hours import Hours, build, default_versions
from connector.model.kpi import Period
from connector.model.series import DAY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SATURDAY: Final = 5


class WorkingTime:
    """The open hours of a period; without a schedule, or with one never open in it, all hours.

    Of several helpdesks the first one by name that has a default schedule counts.
    """

    def __init__(self, con: DuckDBPyConnection, period: Period) -> None:
        self._period = period
        self._hours = _hours(con, period)

    def share(self, now: datetime) -> float:
        """Return the share (0..1) of the period's working time that has passed by `now`."""
        start, end = self._period.start, self._period.end
        until = min(max(now, start), end)
        if self._hours is None:
            return (until - start) / (end - start)
        return self._hours.open_seconds(start, until) / self._hours.open_seconds(start, end)

    def days(self, first: date, last: date, zone: str) -> list[date]:
        """Return the local days [first, last) that have open hours; else Monday to Friday."""
        every = [first + i * DAY for i in range(max((last - first).days, 0))]
        if self._hours is None:
            return [day for day in every if day.weekday() < SATURDAY]
        edges = [(midnight(day, zone), midnight(day + DAY, zone)) for day in every]
        hours = self._hours
        return [
            day for day, edge in zip(every, edges, strict=True) if hours.open_seconds(*edge) > 0
        ]


def _hours(con: DuckDBPyConnection, period: Period) -> Hours | None:
    versions = default_versions(con)
    hours = build(versions, period.start, period.end)
    return hours if hours.open_seconds(period.start, period.end) else None
