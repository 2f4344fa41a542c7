"""Frozen values of KPIs: the first one is kept for good, later ones stand beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.model.kpi import Period, Version
from connector.store.database import Database, as_instant, as_text

KEEP = """
insert into versions values (
  :kpi, :meaning, :start_at, :end_at, :version, :value, :n, :k, :low, :high,
  :frozen_at, :as_of, :reason, :members
) on conflict do nothing
"""
KEPT = """
select version, value, n, k, low, high, frozen_at, as_of, reason from versions
where kpi = :kpi and meaning = :meaning and start_at = :start_at and end_at = :end_at
and as_of <= :until order by version
"""
MEMBERS = """
select members from versions
where kpi = :kpi and meaning = :meaning and start_at = :start_at and end_at = :end_at
order by version desc limit 1
"""
OTHERWISE = """
select version, value, n, k, low, high, frozen_at, as_of, reason from versions
where kpi = :kpi and meaning <> :meaning and start_at = :start_at and end_at = :end_at
order by frozen_at desc, version desc limit 1
"""


class Versions:
    """The versions of one KPI over one period, by one definition of it."""

    def __init__(self, database: Database, kpi: str, meaning: str, period: Period) -> None:
        """Look into an open state; `meaning` is what tells definitions of the KPI apart."""
        self._database = database
        self._key = {
            "kpi": kpi,
            "meaning": meaning,
            "start_at": as_text(period.start),
            "end_at": as_text(period.end),
        }

    def kept(self, until: datetime) -> tuple[Version, ...]:
        """Return the versions that were known at an instant, oldest first."""
        rows = self._database.rows(KEPT, **self._key, until=as_text(until))
        return tuple(_version(*row) for row in rows)

    def members(self) -> bytes | None:
        """Return what was kept of the tickets behind the newest version."""
        rows = self._database.rows(MEMBERS, **self._key)
        return rows[0][0] if rows else None

    def otherwise(self) -> Version | None:
        """Return the newest version by any other definition of the KPI."""
        rows = self._database.rows(OTHERWISE, **self._key)
        return _version(*rows[0]) if rows else None

    def keep(self, version: Version, members: bytes | None) -> None:
        """Add a version; one that is there already stays as it is."""
        values = {name: getattr(version, name) for name in version.__struct_fields__}
        times = {"frozen_at": as_text(version.frozen_at), "as_of": as_text(version.as_of)}
        self._database.write(KEEP, {**self._key, **values, **times, "members": members})


def _version(*row: Any) -> Version:
    *numbers, frozen_at, as_of, reason = row
    known = dict(zip(("version", "value", "n", "k", "low", "high"), numbers, strict=True))
    return Version(**known, frozen_at=as_instant(frozen_at), as_of=as_instant(as_of), reason=reason)
