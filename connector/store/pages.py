"""One page of any stream into the tables, and which tickets have to be measured again for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import numpy as np

from connector.model.page import Records
from connector.model.sla import MetricEvent, SlaPolicy, SlaRecord
from connector.model.ticket import EventRows, Group, Person, Rating, Schedule, TicketRows
from connector.store.columns import Column
from connector.store.ingest import Ingest
from connector.store.keys import Keys
from connector.store.schedules import Schedules
from connector.store.sla import Slas

MARK_ALL = "insert into changed select ticket_id from tickets"
MARK_OF_PEOPLE = """
insert into changed
select ticket_id from events where actor_id in (select person_id from page)
union
select ticket_id from tickets
where assignee_id in (select person_id from page)
   or requester_id in (select person_id from page)
   or submitter_id in (select person_id from page)
returning ticket_id
"""

NOTHING: Column = np.array([], dtype=np.int64)


def save_page(
    connection: duckdb.DuckDBPyConnection,
    records: Records,
    history: EventRows | None,
    read_at: datetime,
) -> tuple[int, set[str]]:
    """Write records and history; return how many tickets changed, and the relations written to."""
    saver = _PageSaver(connection, read_at)
    try:
        moved = saver.save(records)
        if history:
            moved = np.union1d(moved, saver.save(history))
    finally:
        saver.close()
    return len(moved), saver.touched


class _PageSaver:
    def __init__(self, connection: duckdb.DuckDBPyConnection, read_at: datetime) -> None:
        self._connection = connection
        self._keys = Keys(connection)
        self._ingest = Ingest(connection, self._keys)
        self._read_at = read_at
        self.touched: set[str] = set()

    def close(self) -> None:
        """Let go of what was shown to DuckDB."""
        self._ingest.close()

    def save(self, records: Records) -> Column:
        """Store records; return the keys of the tickets that have to be measured again."""
        match records:
            case TicketRows():
                moved = self._ingest.tickets(records, self._read_at) if len(records) else NOTHING
                self._touch(moved, "tickets", "native")
            case EventRows():
                moved = self._save_events(records) if len(records) else NOTHING
            case _:
                moved = self._save_few(records)
        if len(moved):
            self.touched.add("measures")
        if self._keys.grew:
            self.touched.add("vendor_ids")
        return moved

    def _save_events(self, rows: EventRows) -> Column:
        moved, has_merged = self._ingest.events(rows, self._read_at)
        self._touch(moved, "events", *(["tickets"] if has_merged else []))
        return moved

    def _save_few(
        self, records: tuple[Person | Group | Schedule | Rating | SlaRecord, ...]
    ) -> Column:
        people = [record for record in records if isinstance(record, Person)]
        groups = [record for record in records if isinstance(record, Group)]
        schedules = [record for record in records if isinstance(record, Schedule)]
        ratings = [record for record in records if isinstance(record, Rating)]
        if people:
            self.touched |= {"people", "roles"}
            return self._mark_tickets_of(self._ingest.people(people, self._read_at))
        self._save_slas(records)
        if groups and self._ingest.groups(groups):
            self.touched.add("groups")
        if schedules and Schedules(self._connection, self._keys).save(schedules, self._read_at):
            self.touched |= {"schedules", "schedule_intervals", "holidays", "measures"}
            self._connection.execute(MARK_ALL)
        return self._save_ratings(ratings) if ratings else NOTHING

    def _save_slas(self, records: Sequence[object]) -> None:
        policies = [record for record in records if isinstance(record, SlaPolicy)]
        steps = [record for record in records if isinstance(record, MetricEvent)]
        slas = Slas(self._connection, self._keys)
        if policies and slas.save_policies(policies):
            self.touched |= {"sla_policies", "sla_policy_metrics"}
        if steps and slas.save_steps(steps):
            self.touched.add("metric_events")

    def _save_ratings(self, ratings: list[Rating]) -> Column:
        moved = self._ingest.ratings(ratings)
        self._touch(moved, "ratings")
        return moved

    def _mark_tickets_of(self, people: Column) -> Column:
        if len(people) == 0:
            return NOTHING
        self._connection.register("page", {"person_id": people})
        marked = self._connection.execute(MARK_OF_PEOPLE).fetchnumpy()["ticket_id"]
        self._connection.unregister("page")
        return np.asarray(marked)

    def _touch(self, moved: Column, *relations: str) -> None:
        if len(moved):
            self.touched |= set(relations)
