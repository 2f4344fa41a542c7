"""A store in memory that tests fill by hand: tickets, what happened to them, and who did it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import count
from typing import Any, Self

import duckdb

from connector.config.mapping import KpiTable
from connector.config.measure_settings import setting_values
from connector.kpi.catalogue import definitions
from connector.kpi.forms import Form, forms_for
from connector.kpi.measure import measure

SCHEMA = (files("connector.store") / "schema.sql").read_text(encoding="utf-8")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
AGENT, OTHER_AGENT, ADMIN, CUSTOMER, BOT = 1, 2, 3, 100, 9
TABLES = (
    "tickets", "events", "people", "roles", "groups", "schedules", "schedule_intervals", "holidays",
    "ratings", "vendor_ids", "measures", "measured",
)  # fmt: skip
WORKING_DAYS = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(1, 6))
STAFFED = f"""
from (values
  ({AGENT}, 'agent', 'Ann', true), ({OTHER_AGENT}, 'agent', 'Bob', true),
  ({ADMIN}, 'admin', 'Cid', true), ({BOT}, 'agent', 'Robot', true),
  ({CUSTOMER}, 'customer', null, true)) as t (person_id, role, name, active)
"""
Row = tuple[float | None, datetime | None, int]


def after(**duration: float) -> datetime:
    """Return an instant so long after Monday, 2 March 2026, 09:00 UTC."""
    return MONDAY + timedelta(**duration)


class Engines:
    """Engines of DuckDB, each for many desks: to start one takes longer than most tests."""

    DESKS = 50

    def __init__(self) -> None:
        self._left = 0

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection; an engine ends with the last connection to it."""
        if self._left == 0:
            self._engine, self._left = duckdb.connect(), self.DESKS
        self._left -= 1
        return self._engine.cursor()


ENGINES = Engines()
NUMBERS = count()
AT_ONCE = 200


class Desk:
    """A filled store; every method that adds something returns the desk or the id."""

    def __init__(self, name: str = "support", beside: Desk | None = None) -> None:
        self.name = name
        self._con: duckdb.DuckDBPyConnection = beside.con.cursor() if beside else ENGINES.connect()
        self._waiting: dict[tuple[str, ...], list[list[Any]]] = {}
        self.catalog: str = beside.catalog if beside else f"memory_{next(NUMBERS)}"
        if beside is None:
            self.con.execute(f"attach ':memory:' as {self.catalog}")
        self.con.execute(f"use {self.catalog}; create schema {name}; use {self.catalog}.{name}")
        self.con.execute(SCHEMA)
        self.con.execute(f"insert into people by name {STAFFED}")
        self._next_event = 0

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """Return the connection, after what was inserted meanwhile went in, many rows at once."""
        waiting, self._waiting = self._waiting, {}
        for (table, *columns), rows in waiting.items():
            names = ", ".join(f'"{name}"' for name in columns)  # `at` is a keyword in this place
            marks = f"({', '.join('?' for _ in columns)})"
            for first in range(0, len(rows), AT_ONCE):
                some = rows[first : first + AT_ONCE]
                query = f"insert into {table} ({names}) values {', '.join([marks] * len(some))}"
                self._con.execute(query, [value for row in some for value in row])
        return self._con

    def insert(self, table: str, **values: Any) -> None:
        row = [_naive(value) for value in values.values()]
        self._waiting.setdefault((table, *values), []).append(row)

    def person(self, person_id: int, role: str, name: str | None = None) -> Self:
        self.con.execute("delete from people where person_id = ?", [person_id])
        self.insert("people", person_id=person_id, role=role, name=name, active=True)
        return self

    def group(self, group_id: int, name: str) -> Self:
        self.insert("groups", group_id=group_id, name=name, deleted=False)
        return self

    def ticket(
        self,
        ticket_id: int = 1,
        *,
        at: datetime = MONDAY,
        status: str = "open",
        opening: int | None = CUSTOMER,
        opening_is_public: bool = True,
        created_event: bool = True,
        **values: Any,
    ) -> int:
        """Add a ticket with its creation, its first status (new) and its opening comment."""
        columns: dict[str, Any] = {
            "requester_id": CUSTOMER, "marks": 0, "tags": [], "updated_at": at, "stamp": at,
            "read_at": NOW, "channel": "email",
        }  # fmt: skip
        columns |= values
        self.insert("tickets", ticket_id=ticket_id, status=status, created_at=at, **columns)
        if created_event:
            self.event("created", at, ticket_id)
            self.event("status", at, ticket_id, value="new")
        if opening is not None:
            self.comment(at, opening, ticket_id, is_public=opening_is_public)
        return ticket_id

    def event(self, kind: str, at: datetime, ticket_id: int = 1, **values: Any) -> int:
        self._next_event += 1
        columns: dict[str, Any] = {"event_id": self._next_event, "read_at": NOW} | values
        self.insert("events", ticket_id=ticket_id, at=at, kind=kind, **columns)
        return self._next_event

    def comment(
        self, at: datetime, actor: int | None, ticket_id: int = 1, *, is_public: bool = True
    ) -> None:
        self.event("comment", at, ticket_id, actor_id=actor, is_public=is_public)

    def status(self, at: datetime, value: str, ticket_id: int = 1, **values: Any) -> None:
        """Change the status, now and in the history."""
        self.event("status", at, ticket_id, value=value, **values)
        self.con.execute(
            "update tickets set status = ?, updated_at = ? where ticket_id = ?",
            [value, _naive(at), ticket_id],
        )

    def rating(self, at: datetime, score: str, ticket_id: int = 1, rating_id: int = 1) -> None:
        rated_at = None if score == "offered" else at
        self.insert(
            "ratings", rating_id=rating_id, ticket_id=ticket_id, score=score, offered_at=at,
            rated_at=rated_at, assignee_id=AGENT, updated_at=at,
        )  # fmt: skip

    def schedule(
        self,
        schedule_id: int = 50,
        intervals: Sequence[tuple[int, int]] = WORKING_DAYS,
        *,
        timezone: str = "UTC",
        is_default: bool = True,
        valid_from: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        closed: Sequence[tuple[date, date]] = (),
    ) -> Self:
        key: dict[str, Any] = {"schedule_id": schedule_id, "valid_from": valid_from}
        self.insert("schedules", **key, name="Hours", timezone=timezone, is_default=is_default)
        for start, end in intervals:
            self.insert("schedule_intervals", **key, start_minute=start, end_minute=end)
        for start_on, end_on in closed:
            self.insert("holidays", **key, name="Closed", start_on=start_on, end_on=end_on)
        return self

    def measure(self, *names: str, **options: Any) -> int:
        """Measure every ticket by these measures, with their defaults, or by all there are."""
        wanted = [definitions()[name] for name in names]
        forms = [Form(one, setting_values(one, {})) for one in wanted]
        options = {"forms": forms} | options if forms else options
        return measure(self.con, now=NOW, **{"everything": True, **options})

    def measure_for(self, *kpis: KpiTable) -> int:
        """Measure every ticket by what these KPIs need."""
        return self.measure(forms=forms_for(kpis))

    def rows(self, name: str, ticket_id: int = 1, clock: str = "calendar") -> list[Row]:
        """Return (value, at, flags) of a measure, oldest first."""
        found = self.con.execute(
            'select value, "at", flags from measures'
            ' where measure = ? and ticket_id = ? and clock = ? order by "at"',
            [name, ticket_id, clock],
        ).fetchall()
        return [(value, at and at.replace(tzinfo=UTC), flags) for value, at, flags in found]

    def value(
        self, name: str, ticket_id: int = 1, clock: str = "calendar", **settings: Any
    ) -> float | None:
        """Measure every ticket by one measure and return its one value for a ticket."""
        definition = definitions()[name]
        form = Form(definition, setting_values(definition, settings))
        self.measure(forms=[form])
        rows = self.rows(form.key, ticket_id, clock)
        assert len(rows) == 1, rows
        return rows[0][0]


def attached(*desks: Desk) -> duckdb.DuckDBPyConnection:
    """Return what `connector.store.published.attach` gives: views over all, by helpdesk."""
    first, *_ = [one.con for one in desks]  # all of them with their rows in place
    con, catalog = first.cursor(), desks[0].catalog
    con.execute(f"use {catalog}; drop schema if exists attached cascade; create schema attached")
    con.execute(f"use {catalog}.attached")
    for table in TABLES:
        ids = ", ticket_id::varchar as id" if table == "tickets" else ""
        parts = (
            f"select '{one.name}' as helpdesk{ids}, * from {catalog}.{one.name}.{table}"
            for one in desks
        )
        con.execute(f"create view {table} as {' union all by name '.join(parts)}")
    con.execute("create view helpdesks as select distinct helpdesk from tickets")
    return con


def _naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
