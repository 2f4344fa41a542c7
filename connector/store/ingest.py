"""Pages into tables: guarded delete and insert for what has versions, append for events.

Nothing here begins or ends a transaction. A page costs a handful of statements, never one a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb
import numpy as np

from connector.model.ticket import (
    NATIVE_FIGURES,
    EventRows,
    Group,
    Person,
    Rating,
    TicketRows,
)
from connector.store import columns
from connector.store.columns import Column, Columns
from connector.store.keys import Keys


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


class Ingest:
    """Writes records into the tables of one connection, inside the caller's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
        """Work on this connection."""
        self._connection = connection
        self._keys = keys

    def tickets(self, rows: TicketRows, read_at: datetime) -> Column:
        """Store the newest version of each ticket; return the keys of those that moved."""
        page = columns.ticket_columns(rows, self._keys)
        native = columns.native_columns(rows) if any(rows.native) else {}
        kept, replaced = self._moved(TICKETS, {**page, **native}, native)
        if len(kept) == 0:
            return kept
        page, native = columns.taken(page, kept), columns.taken(native, kept)
        self._put(TICKETS, page, replaced=replaced, read_at=read_at)
        self._put_native(page["ticket_id"], native, replaced=replaced)
        return page["ticket_id"]

    def events(self, rows: EventRows, read_at: datetime) -> Column:
        """Append the events that are not there yet; return the keys of their tickets."""
        page = columns.event_columns(rows, self._keys)
        page = columns.taken(page, _first_of_each(*(page[name] for name in EVENT_KEY)))
        page = columns.taken(page, self._absent_events(page))
        if len(page["event_id"]):
            self._insert("events", page, read_at)
        return np.unique(page["ticket_id"])

    def people(self, people: Sequence[Person]) -> Column:
        """Store people; return the keys of those whose role is new or has changed."""
        page = columns.person_columns(people, self._keys)
        kept, replaced = self._moved(PEOPLE, page)
        page = columns.taken(page, kept)
        if len(kept) == 0:
            return kept
        with_new_role = self._with_new_role(page) if replaced else page["person_id"]
        self._put(PEOPLE, page, replaced=replaced)
        return with_new_role

    def groups(self, groups: Sequence[Group]) -> bool:
        """Store groups; tell whether anything changed."""
        return (
            len(self._upserted(GROUPS, columns.group_columns(groups, self._keys))["group_id"]) > 0
        )

    def ratings(self, ratings: Sequence[Rating]) -> Column:
        """Store ratings; return the keys of the tickets whose rating changed."""
        page = self._upserted(RATINGS, columns.rating_columns(ratings, self._keys))
        return np.unique(page["ticket_id"])

    def _upserted(self, target: Versioned, page: Columns) -> Columns:
        kept, replaced = self._moved(target, page)
        page = columns.taken(page, kept)
        if len(kept):
            self._put(target, page, replaced=replaced)
        return page

    def _moved(
        self, target: Versioned, page: Columns, native: Columns | None = None
    ) -> tuple[Column, bool]:
        """Return the positions to write, and whether any of them replaces a row.

        Left out: all but the newest of a key, what is older than stored, what is stored already.
        """
        key = np.asarray(page[target.key])
        version = page[target.version] if target.version else None
        page = {**page, "position": np.arange(len(key))}
        newest = columns.taken(page, _newest_of_each(key, version))
        self._connection.register("page", newest)
        stored = self._connection.execute(
            _stored_query(target, newest, native), [int(key.min()), int(key.max())]
        ).fetchnumpy()
        self._connection.unregister("page")
        stale = stored["position"][np.asarray(stored["stale"], dtype=bool)]
        kept = np.setdiff1d(newest["position"], stale)
        return kept, len(stored["position"]) > len(stale)

    def _put(
        self, target: Versioned, page: Columns, *, replaced: bool, read_at: datetime | None = None
    ) -> None:
        if replaced:
            self._delete(target.table, target.key, np.asarray(page[target.key]))
        self._insert(target.table, page, read_at)

    def _put_native(self, ticket_ids: Column, native: Columns, *, replaced: bool) -> None:
        if replaced:
            self._delete("native", "ticket_id", np.asarray(ticket_ids))
        if native:
            known = ~np.all([np.ma.getmaskarray(column) for column in native.values()], axis=0)
            self._insert("native", columns.taken({"ticket_id": ticket_ids, **native}, known), None)

    def _delete(self, table: str, key: str, values: Column) -> None:
        self._connection.register("page", {"key": values})
        self._connection.execute(
            f"delete from {table} where {key} between ? and ? and {key} in (select key from page)",
            [int(values.min()), int(values.max())],
        )
        self._connection.unregister("page")

    def _insert(self, table: str, page: Columns, read_at: datetime | None) -> None:
        names = [name for name in page if not name.startswith("field_")]
        if "field_ids" in page:
            names.append("fields")
        values = [_stored_value(table, name) for name in names]
        parameters = []
        if read_at is not None:
            names.append("read_at")
            values.append("timezone('UTC', ?::timestamptz)")
            parameters.append(read_at)
        self._connection.register("page", page)
        self._connection.execute(
            f"insert into {table} ({_listed(names)}) select {', '.join(values)} from page",
            parameters,
        )
        self._connection.unregister("page")

    def _absent_events(self, page: Columns) -> Column:
        ids, tickets = page["event_id"], page["ticket_id"]
        there = {name: page[name] for name in EVENT_KEY}
        self._connection.register("page", {**there, "position": np.arange(len(ids))})
        known = self._connection.execute(
            "select position from page join events using (ticket_id, event_id, kind)"
            " where events.event_id between ? and ? and events.ticket_id between ? and ?",
            [int(ids.min()), int(ids.max()), int(tickets.min()), int(tickets.max())],
        ).fetchnumpy()["position"]
        self._connection.unregister("page")
        return np.setdiff1d(np.arange(len(ids)), known)

    def _with_new_role(self, page: Columns) -> Column:
        self._connection.register("page", page)
        rows = self._connection.execute(
            "select page.person_id from page left join people using (person_id)"
            " where people.role is distinct from page.role"
        ).fetchnumpy()
        self._connection.unregister("page")
        return np.asarray(rows["person_id"])


def _stored_query(target: Versioned, page: Columns, native: Columns | None) -> str:
    names = [name for name in page if name not in NATIVE_FIGURES and name != "position"]
    if "field_ids" in names:
        names = [name for name in names if not name.startswith("field_")] + ["fields"]
    pairs = [f"stored.{_quoted(name)}, {_stored_value(target.table, name)}" for name in names]
    join = ""
    if target is TICKETS:
        join = "left join native on native.ticket_id = stored.ticket_id"
        pairs += [
            f"native.{name}, {f'page.{name}' if native else 'null'}" for name in NATIVE_FIGURES
        ]
    same = " and ".join("{} is not distinct from {}".format(*pair.split(", ", 1)) for pair in pairs)
    version = target.version
    older = f"coalesce(stored.{version} > page.{version}, false)" if version else "false"
    return (
        f"select page.position, {older} or ({same}) as stale"
        f" from page join {target.table} as stored"
        f" on stored.{target.key} = page.{target.key} {join}"
        f" where stored.{target.key} between ? and ?"
    )


def _stored_value(table: str, name: str) -> str:
    return SPLIT[name] if table == "tickets" and name in SPLIT else f"page.{_quoted(name)}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


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
