"""Pages into tables: guarded delete and insert for what has versions, append for events.

Nothing here begins or ends a transaction. A page costs a handful of statements, never one a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
import numpy as np

from connector.model.ticket import (
    EventKind,
    EventRows,
    Group,
    Mark,
    Person,
    Rating,
    TicketRows,
)
from connector.store import columns
from connector.store.columns import Column, Columns
from connector.store.keys import Keys
from connector.store.requesters import mark_former
from connector.store.statements import (
    GROUPS,
    PEOPLE,
    RATINGS,
    TICKETS,
    Versioned,
    comparison,
    filled,
    probe,
)

MERGED = str(EventKind.MERGED)
FEW = 100
"""How many tickets are listed in a statement at the most."""
STANDS = ("is_older", "is_as_new", "was_marked")
EVENT_KEY = ("ticket_id", "event_id", "kind")

CHANGED = "insert into changed select distinct ticket_id from page"
CHANGED_TICKETS = "insert into changed select ticket_id from page"
NEW_EVENTS = """
insert into events ({listed}, read_at)
select {chosen}, ?::timestamp
from page
anti join (
  select ticket_id, event_id, kind from events
  where event_id between ? and ? and ticket_id between ? and ?
) using (ticket_id, event_id, kind)
returning ticket_id
"""
# what an event says of a merge holds, whatever a version of the ticket says
KNOWN_MERGES = f"""
select position from page
where ticket_id in (
  select ticket_id from events
  where kind = '{EventKind.MERGED}' and ticket_id between ? and ?)
"""
MARK_MERGED = f"""
update tickets set marks = marks | {int(Mark.MERGED)}
where marks & {int(Mark.MERGED)} = 0
  and ticket_id between ? and ? and ticket_id in (select ticket_id from page)
"""
NEW_ROLES = """
select page.person_id from page left join people using (person_id)
where people.role is distinct from page.role
"""
OLD_ROLES = """
insert into roles
select person_id, people.role, coalesce(page.updated_at, ?)
from page join people using (person_id)
where people.role <> page.role
"""


class Ingest:
    """Writes records into the tables of one connection, inside the caller's transaction.

    Tickets that changed are noted in `changed`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
        """Work on this connection."""
        self._connection = connection
        self._keys = keys
        self._shown: Columns | None = None

    def close(self) -> None:
        """Let go of the columns that were shown to DuckDB last."""
        if self._shown is not None:
            self._connection.unregister("page")
            self._shown = None

    def tickets(self, rows: TicketRows, read_at: datetime) -> Column:
        """Store the newest version of each ticket; return the keys of those that moved."""
        page = columns.ticket_columns(rows, self._keys)
        native = columns.native_columns(rows)
        page, replaced = self._moved(TICKETS, {**page, **native})
        if len(page["ticket_id"]):
            if replaced:
                self._show(page)
                mark_former(self._connection, _bounds(page["ticket_id"]))
            self._put(TICKETS, page, replaced=replaced, read_at=read_at)
            self._put_native(page, sorted(native), replaced=replaced)
            self._run(CHANGED_TICKETS, page)
        return page["ticket_id"]

    def events(self, rows: EventRows, read_at: datetime) -> tuple[Column, bool]:
        """Append the events that are not there yet.

        Return the keys of their tickets, and whether tickets were marked as merged for them.
        """
        page = columns.event_columns(rows, self._keys)
        first = _first_of_each(*(page[name] for name in EVENT_KEY))
        if len(first) < len(page["event_id"]):
            page = columns.taken(page, first)
        moved = np.unique(self._add_events(page, read_at))
        if len(moved) == 0:
            return moved, False
        self._mark_shown(page, moved)
        merged = MERGED in rows.kind
        return moved, merged and self._mark_merged(page["ticket_id"][page["kind"] == MERGED])

    def people(self, people: Sequence[Person], read_at: datetime) -> Column:
        """Store people, and the roles that they no longer have.

        Return the keys of those whose role is new or has changed.
        """
        page, replaced = self._moved(PEOPLE, columns.person_columns(people, self._keys))
        if len(page["person_id"]) == 0:
            return page["person_id"]
        new_roles = self._run(NEW_ROLES, page).fetchnumpy()["person_id"]
        self._run(OLD_ROLES, page, [read_at.astimezone(UTC).replace(tzinfo=None)])
        self._put(PEOPLE, page, replaced=replaced)
        return np.asarray(new_roles)

    def groups(self, groups: Sequence[Group]) -> bool:
        """Store groups; tell whether anything changed."""
        page, replaced = self._moved(GROUPS, columns.group_columns(groups, self._keys))
        if len(page["group_id"]):
            self._put(GROUPS, page, replaced=replaced)
        return len(page["group_id"]) > 0

    def ratings(self, ratings: Sequence[Rating]) -> Column:
        """Store ratings; return the keys of the tickets whose rating changed."""
        page, replaced = self._moved(RATINGS, columns.rating_columns(ratings, self._keys))
        if len(page["rating_id"]):
            self._put(RATINGS, page, replaced=replaced)
        return self._mark(page["ticket_id"])

    def _mark_merged(self, ticket_ids: Column) -> bool:
        """Mark tickets that were merged away; tell whether any was not marked before."""
        row = self._run(MARK_MERGED, {"ticket_id": ticket_ids}, _bounds(ticket_ids)).fetchone()
        return bool(row and row[0])

    def _mark_shown(self, page: Columns, moved: Column) -> None:
        """Note tickets of a page: nearly all, so that the page itself is told but for a few."""
        others = np.setdiff1d(page["ticket_id"], moved)
        if len(others) > FEW:
            self._run(CHANGED, {"ticket_id": moved})
        elif len(others):
            listed = ", ".join(map(str, others.tolist()))
            self._run(f"{CHANGED} where ticket_id not in ({listed})", page)
        else:
            self._run(CHANGED, page)

    def _mark(self, ticket_ids: Column) -> Column:
        distinct = np.unique(ticket_ids)
        if len(distinct):
            self._run(CHANGED, {"ticket_id": distinct})
        return distinct

    def _moved(self, target: Versioned, page: Columns) -> tuple[Columns, bool]:
        """Return the rows to write, and whether any of them replaces a row.

        Left out: all but the newest of a key, what is older than stored, what is stored already.
        """
        newest = _newest_of_each(page[target.key], page.get(target.version or ""))
        if len(newest) < len(page[target.key]):
            page = columns.taken(page, newest)
        page["position"] = np.arange(len(newest))
        known, is_older, is_as_new, was_marked = self._stored(target, page)
        if target is TICKETS:
            self._keep_merges(page, known, was_marked)
        if len(known) == 0:
            return page, False
        unwanted = known[is_older]
        if is_as_new.any():
            unwanted = np.union1d(unwanted, self._identical(target, page, known[is_as_new]))
        if len(unwanted):
            kept = np.setdiff1d(np.arange(len(page[target.key])), unwanted)
            page = columns.taken(page, kept)
        return page, len(known) > len(unwanted)

    def _stored(self, target: Versioned, page: Columns) -> tuple[Column, Column, Column, Column]:
        """Return which rows have a stored one, which of those are older, equal, or merged."""
        found = self._run(probe(target), page, _bounds(page[target.key])).fetchnumpy()
        is_older, is_as_new, was_marked = (found[name].astype(bool) for name in STANDS)
        return np.asarray(found["position"]), is_older, is_as_new, was_marked

    def _keep_merges(self, page: Columns, known: Column, was_marked: Column) -> None:
        """Mark the tickets of the page that events say were merged away.

        A stored ticket that is not marked has no such event, so it need not be looked for.
        """
        is_suspect = np.ones(len(page["ticket_id"]), dtype=bool)
        is_suspect[known[~was_marked]] = False
        if not is_suspect.any():
            return
        found = self._run(KNOWN_MERGES, page, _bounds(page["ticket_id"][is_suspect])).fetchnumpy()
        page["marks"][found["position"]] |= int(Mark.MERGED)

    def _identical(self, target: Versioned, page: Columns, positions: Column) -> Column:
        """Return which rows of the page say just what the stored ones say."""
        suspects = columns.taken(page, positions)
        query = comparison(target, page)
        found = self._run(query, suspects, _bounds(suspects[target.key])).fetchnumpy()
        return np.asarray(found["position"])

    def _put(
        self, target: Versioned, page: Columns, *, replaced: bool, read_at: datetime | None = None
    ) -> None:
        if replaced:
            self._delete(target.table, target.key, page)
        self._insert(target.table, page, read_at)

    def _put_native(self, page: Columns, names: Sequence[str], *, replaced: bool) -> None:
        if replaced:
            self._delete("native", "ticket_id", page)
        if names:
            listed = ", ".join(names)
            self._run(
                f"insert into native (ticket_id, {listed}) select ticket_id, {listed} from page"
                f" where coalesce({listed}) is not null",
                page,
            )

    def _delete(self, table: str, key: str, page: Columns) -> None:
        self._run(
            f"delete from {table}"
            f" where {key} between ? and ? and {key} in (select {key} from page)",
            page,
            _bounds(page[key]),
        )

    def _insert(self, table: str, page: Columns, read_at: datetime | None) -> None:
        values = filled(table, page)
        listed = ", ".join(f'"{name}"' for name in values)
        chosen = ", ".join(values.values())
        if read_at is None:
            self._run(f"insert into {table} ({listed}) select {chosen} from page", page)
            return
        self._run(
            f"insert into {table} ({listed}, read_at) select {chosen}, ?::timestamp from page",
            page,
            [read_at.astimezone(UTC).replace(tzinfo=None)],
        )

    def _add_events(self, page: Columns, read_at: datetime) -> Column:
        """Store the events that are not there yet; return their tickets."""
        values = filled("events", page)
        listed = ", ".join(f'"{name}"' for name in values)
        statement = NEW_EVENTS.format(listed=listed, chosen=", ".join(values.values()))
        bounds = [*_bounds(page["event_id"]), *_bounds(page["ticket_id"])]
        at = read_at.astimezone(UTC).replace(tzinfo=None)
        return np.asarray(self._run(statement, page, [at, *bounds]).fetchnumpy()["ticket_id"])

    def _run(
        self, statement: str, page: Columns, values: Sequence[object] = ()
    ) -> duckdb.DuckDBPyConnection:
        """Run a statement that reads the columns as `page`, which may be those of the last one."""
        self._show(page)
        return self._connection.execute(statement, values)

    def _show(self, page: Columns) -> None:
        if self._shown is not page:
            self._connection.register("page", page)
            self._shown = page


def _bounds(key: Column) -> list[int]:
    """Return the least and the largest key: with them DuckDB skips what cannot match."""
    return [int(key.min()), int(key.max())]


def _newest_of_each(key: Column, version: Column | None) -> Column:
    """Return the position of the newest row of each key; of equal versions the last."""
    order = [np.arange(len(key))]
    if version is not None:
        order.append(version.view(np.int64))  # a missing time (NaT) is the least integer
    sequence = np.lexsort([*order, key])
    last = np.append(key[sequence][1:] != key[sequence][:-1], True)
    return np.sort(sequence[last])


def _first_of_each(*parts: Column) -> Column:
    """Return the position of the first row of each key."""
    first: dict[tuple[object, ...], int] = {}
    for position, key in enumerate(zip(*(part.tolist() for part in parts), strict=True)):
        first.setdefault(key, position)
    return np.fromiter(first.values(), dtype=np.int64)
