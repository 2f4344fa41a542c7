"""Pages into tables: guarded delete and insert for what has versions, append for events.

Nothing here begins or ends a transaction. A page costs a handful of statements, never one a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import duckdb
import numpy as np

from connector.model.ticket import (
    NATIVE_FIGURES,
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


class Versioned(NamedTuple):
    """A table whose rows are replaced: its key, and the column that orders versions, if any."""

    table: str
    key: str
    version: str | None


TICKETS = Versioned("tickets", "ticket_id", "stamp")
PEOPLE = Versioned("people", "person_id", "updated_at")
GROUPS = Versioned("groups", "group_id", None)
RATINGS = Versioned("ratings", "rating_id", "updated_at")

EVENT_KEY = ("ticket_id", "event_id", "kind")

# columns that arrive joined as text, by the expression that makes them what the table holds
SPLIT = {
    "tags": "coalesce(string_split(page.tags, chr(31)), [])::varchar[]",
    "fields": "case when page.field_ids is null then map([]::varchar[], []::varchar[])"
    " else map(string_split(page.field_ids, chr(31)),"
    " string_split(page.field_values, chr(31))) end",
}
NO_FIELDS = "map([]::varchar[], []::varchar[])"
CHANGED = "insert into changed select ticket_id from page"
KNOWN_EVENTS = """
select position from page join events using (ticket_id, event_id, kind)
where events.event_id between ? and ? and events.ticket_id between ? and ?
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

    def tickets(self, rows: TicketRows, read_at: datetime) -> Column:
        """Store the newest version of each ticket; return the keys of those that moved."""
        page = columns.ticket_columns(rows, self._keys)
        page["marks"] = self._with_known_merges(page["ticket_id"], page["marks"])
        native = columns.native_columns(rows)
        page, replaced = self._moved(TICKETS, {**page, **native})
        if len(page["ticket_id"]):
            with self._registered({name: page[name] for name in page if name not in native}):
                if replaced:
                    mark_former(self._connection, _bounds(page["ticket_id"]))
                self._put(TICKETS, page, replaced=replaced, read_at=read_at)
            with self._registered({name: page[name] for name in ("ticket_id", *native)}):
                self._put_native(page, sorted(native), replaced=replaced)
                self._connection.execute(CHANGED)
        return page["ticket_id"]

    def events(self, rows: EventRows, read_at: datetime) -> tuple[Column, bool]:
        """Append the events that are not there yet.

        Return the keys of their tickets, and whether tickets were marked as merged for them.
        """
        page = columns.event_columns(rows, self._keys)
        page = columns.taken(page, _first_of_each(*(page[name] for name in EVENT_KEY)))
        page = self._without_known_events(page)
        if len(page["event_id"]):
            with self._registered(page):
                self._insert("events", page, read_at)
        merged = page["ticket_id"][page["kind"] == EventKind.MERGED]
        return self._mark(page["ticket_id"]), self._mark_merged(merged)

    def people(self, people: Sequence[Person], read_at: datetime) -> Column:
        """Store people, and the roles that they no longer have.

        Return the keys of those whose role is new or has changed.
        """
        page, replaced = self._moved(PEOPLE, columns.person_columns(people, self._keys))
        if len(page["person_id"]) == 0:
            return page["person_id"]
        with self._registered(page):
            new_roles = self._connection.execute(NEW_ROLES).fetchnumpy()["person_id"]
            self._connection.execute(OLD_ROLES, [read_at.astimezone(UTC).replace(tzinfo=None)])
            self._put(PEOPLE, page, replaced=replaced)
        return np.asarray(new_roles)

    def groups(self, groups: Sequence[Group]) -> bool:
        """Store groups; tell whether anything changed."""
        page, replaced = self._moved(GROUPS, columns.group_columns(groups, self._keys))
        if len(page["group_id"]):
            with self._registered(page):
                self._put(GROUPS, page, replaced=replaced)
        return len(page["group_id"]) > 0

    def ratings(self, ratings: Sequence[Rating]) -> Column:
        """Store ratings; return the keys of the tickets whose rating changed."""
        page, replaced = self._moved(RATINGS, columns.rating_columns(ratings, self._keys))
        if len(page["rating_id"]):
            with self._registered(page):
                self._put(RATINGS, page, replaced=replaced)
        return self._mark(page["ticket_id"])

    def _with_known_merges(self, ticket_ids: Column, marks: Column) -> Column:
        probe = {"ticket_id": ticket_ids, "position": np.arange(len(ticket_ids))}
        with self._registered(probe):
            found = self._connection.execute(KNOWN_MERGES, _bounds(ticket_ids)).fetchnumpy()
        marks[found["position"]] |= int(Mark.MERGED)
        return marks

    def _mark_merged(self, ticket_ids: Column) -> bool:
        """Mark tickets that were merged away; tell whether any was not marked before."""
        if len(ticket_ids) == 0:
            return False
        with self._registered({"ticket_id": ticket_ids}):
            row = self._connection.execute(MARK_MERGED, _bounds(ticket_ids)).fetchone()
        return bool(row and row[0])

    def _mark(self, ticket_ids: Column) -> Column:
        distinct = np.unique(ticket_ids)
        if len(distinct):
            with self._registered({"ticket_id": distinct}):
                self._connection.execute(CHANGED)
        return distinct

    def _moved(self, target: Versioned, page: Columns) -> tuple[Columns, bool]:
        """Return the rows to write, and whether any of them replaces a row.

        Left out: all but the newest of a key, what is older than stored, what is stored already.
        """
        newest = _newest_of_each(page[target.key], page.get(target.version or ""))
        if len(newest) < len(page[target.key]):
            page = columns.taken(page, newest)
        known, is_older, is_as_new = self._stored(target, page)
        if len(known) == 0:
            return page, False
        unwanted = known[is_older]
        if is_as_new.any():
            unwanted = np.union1d(unwanted, self._identical(target, page, known[is_as_new]))
        kept = np.setdiff1d(np.arange(len(page[target.key])), unwanted)
        return columns.taken(page, kept), len(known) > len(unwanted)

    def _stored(self, target: Versioned, page: Columns) -> tuple[Column, Column, Column]:
        """Return which rows have a stored one, which of those are older, and which equal."""
        names = [target.key, *([target.version] if target.version else [])]
        probe = {name: page[name] for name in names}
        probe["position"] = np.arange(len(page[target.key]))
        with self._registered(probe):
            found = self._connection.execute(_probe(target), _bounds(page[target.key])).fetchnumpy()
        is_older, is_as_new = (found[name].astype(bool) for name in ("is_older", "is_as_new"))
        return np.asarray(found["position"]), is_older, is_as_new

    def _identical(self, target: Versioned, page: Columns, positions: Column) -> Column:
        """Return which rows of the page say just what the stored ones say."""
        suspects = {**columns.taken(page, positions), "position": positions}
        with self._registered(suspects):
            found = self._connection.execute(
                _comparison(target, page), _bounds(suspects[target.key])
            ).fetchnumpy()
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
            self._connection.execute(
                f"insert into native (ticket_id, {listed}) select ticket_id, {listed} from page"
                f" where coalesce({listed}) is not null"
            )

    def _delete(self, table: str, key: str, page: Columns) -> None:
        self._connection.execute(
            f"delete from {table}"
            f" where {key} between ? and ? and {key} in (select {key} from page)",
            _bounds(page[key]),
        )

    def _insert(self, table: str, page: Columns, read_at: datetime | None) -> None:
        values = _values(table, page)
        listed = ", ".join(f'"{name}"' for name in values)
        chosen = ", ".join(values.values())
        if read_at is None:
            self._connection.execute(f"insert into {table} ({listed}) select {chosen} from page")
            return
        self._connection.execute(
            f"insert into {table} ({listed}, read_at) select {chosen}, ?::timestamp from page",
            [read_at.astimezone(UTC).replace(tzinfo=None)],
        )

    def _without_known_events(self, page: Columns) -> Columns:
        positions = np.arange(len(page["event_id"]))
        probe = {name: page[name] for name in EVENT_KEY} | {"position": positions}
        bounds = [*_bounds(page["event_id"]), *_bounds(page["ticket_id"])]
        with self._registered(probe):
            known = self._connection.execute(KNOWN_EVENTS, bounds).fetchnumpy()["position"]
        return columns.taken(page, np.setdiff1d(positions, known)) if len(known) else page

    @contextmanager
    def _registered(self, page: Columns) -> Iterator[None]:
        """Let statements of the block read the columns as `page`."""
        self._connection.register("page", page)
        try:
            yield
        finally:
            self._connection.unregister("page")


def _probe(target: Versioned) -> str:
    """Return the query for the rows of a page that have a stored one."""
    key, version = target.key, target.version
    older, as_new = "false", "true"
    if version:
        older = f"coalesce(stored.{version} > page.{version}, false)"
        as_new = f"stored.{version} is not distinct from page.{version}"
    return (
        f"select position, {older} as is_older, {as_new} as is_as_new"
        f" from page join {target.table} as stored on stored.{key} = page.{key}"
        f" where stored.{key} between ? and ?"
    )


def _comparison(target: Versioned, page: Columns) -> str:
    """Return the query for the rows of a page that say what the stored ones say."""
    pairs = {f'stored."{name}"': value for name, value in _values(target.table, page).items()}
    join = ""
    if target is TICKETS:
        join = "left join native on native.ticket_id = stored.ticket_id"
        figures = {name: f"page.{name}" if name in page else "null" for name in NATIVE_FIGURES}
        pairs |= {f"native.{name}": value for name, value in figures.items()}
    same = " and ".join(f"{stored} is not distinct from {new}" for stored, new in pairs.items())
    return (
        f"select position from page"
        f" join {target.table} as stored on stored.{target.key} = page.{target.key} {join}"
        f" where stored.{target.key} between ? and ? and {same}"
    )


def _values(table: str, page: Columns) -> dict[str, str]:
    """Return the columns of a table that a page fills, and from what."""
    joined = ("field_ids", "field_values", *NATIVE_FIGURES)
    values = {name: f'page."{name}"' for name in page if name not in joined}
    values.pop("position", None)
    if table == "tickets":
        values |= {"tags": SPLIT["tags"], "fields": SPLIT["fields"]}
        if "field_ids" not in page:
            values["fields"] = NO_FIELDS
    return values


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
