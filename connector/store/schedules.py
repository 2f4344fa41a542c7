"""Business hours with their past: a changed schedule gets a version, old tickets keep theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from connector.model.ticket import Holiday, Schedule
from connector.store.keys import Keys

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""`valid_from` of the first version of every schedule: what we found first holds for the past."""

NEWEST = """
select schedule_id, arg_max(name, valid_from), arg_max(timezone, valid_from),
       arg_max(is_default, valid_from), max(valid_from)
from schedules group by schedule_id
"""
OF_VERSION = "where schedule_id = ? and valid_from = ?"
INTERVALS = f"select start_minute, end_minute from schedule_intervals {OF_VERSION}"
HOLIDAYS = f"select name, start_on, end_on from holidays {OF_VERSION}"


class Schedules:
    """The versions of the schedules in one store."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
        """Work on this connection."""
        self._connection = connection
        self._keys = keys

    def save(self, schedules: Sequence[Schedule], read_at: datetime) -> bool:
        """Add a version of each schedule whose hours changed; tell whether anything changed."""
        ids = self._keys("schedule", [schedule.id for schedule in schedules]).tolist()
        stored = dict(self._stored())
        changed = False
        for key, schedule in zip(ids, schedules, strict=True):
            before = stored.get(key)
            if before is None:
                self._add(key, schedule, BEGINNING)
            elif _hours(before) != _hours(schedule):
                self._add(key, schedule, read_at)
            elif before.name != schedule.name:
                self._rename(key, schedule.name)
            else:
                continue
            stored[key] = schedule
            changed = True
        return changed

    def _stored(self) -> Iterator[tuple[int, Schedule]]:
        for key, name, timezone, is_default, valid_from in self._rows(NEWEST):
            version = [key, valid_from]
            intervals = self._rows(INTERVALS, version)
            holidays = [Holiday(*row) for row in self._rows(HOLIDAYS, version)]
            yield (
                key,
                Schedule(
                    id=str(key),
                    name=name,
                    timezone=timezone,
                    is_default=is_default,
                    intervals=tuple(intervals),
                    holidays=tuple(holidays),
                ),
            )

    def _add(self, key: int, schedule: Schedule, valid_from: datetime) -> None:
        since = valid_from.astimezone(UTC).replace(tzinfo=None)
        self._drop(key, since)
        self._insert(
            "schedules", [(key, schedule.name, schedule.timezone, schedule.is_default, since)]
        )
        self._insert("schedule_intervals", [(key, since, *span) for span in schedule.intervals])
        self._insert(
            "holidays",
            [(key, since, day.name, day.start_on, day.end_on) for day in schedule.holidays],
        )

    def _drop(self, key: int, since: datetime) -> None:
        for table in ("schedules", "schedule_intervals", "holidays"):
            self._connection.execute(f"delete from {table} {OF_VERSION}", [key, since])

    def _rename(self, key: int, name: str) -> None:
        self._connection.execute("update schedules set name = ? where schedule_id = ?", [name, key])

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            places = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
            values = [value for row in rows for value in row]
            self._connection.execute(f"insert into {table} values {places}", values)

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, list(parameters)).fetchall()


def _hours(schedule: Schedule) -> tuple[object, ...]:
    holidays = sorted((day.start_on, day.end_on, day.name) for day in schedule.holidays)
    return (schedule.timezone, schedule.is_default, sorted(schedule.intervals), holidays)
