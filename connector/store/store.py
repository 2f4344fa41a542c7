"""The store of one helpdesk account: one DuckDB file, one writer, a page a transaction.

Readers never open this file; they read published sets (`connector.store.published`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import msgspec

from connector.errors import StoreError
from connector.model.page import Page, Stream
from connector.model.ticket import EventRows
from connector.store import schema
from connector.store.cursors import Cursors, CursorState
from connector.store.faults import store_errors
from connector.store.first_read import FirstRead, FirstReads
from connector.store.lock import Lease
from connector.store.unpublished import MARK_ALL

COUNTED = ("tickets", "events", "people", "groups", "schedules", "ratings", "measures", "changed")
"""Relations that `counts` counts."""

THREADS = 2
MEMORY, MEMORY_FOR_PAGES = "512MB", "128MB"

SNAPSHOTS = """
select coalesce(ids.id, ticket_id::varchar), stamp, status,
       coalesce(staff.id, assignee_id::varchar), coalesce(teams.id, group_id::varchar),
       priority, type
from tickets
left join vendor_ids as ids on ids.kind = 'ticket' and ids.key = ticket_id
left join vendor_ids as staff on staff.kind = 'person' and staff.key = assignee_id
left join vendor_ids as teams on teams.kind = 'group' and teams.key = group_id
where ticket_id in (select unnest($keys::bigint[]))
"""

UNKNOWN_PEOPLE = """
with mine as (
  select ticket_id, requester_id, assignee_id from tickets
  where ticket_id in (select ticket_id from changed)
),
asked as (
  select coalesce(max(read_at), timestamp '1970-01-01') as "at" from cursors where stream = 'people'
),
named as (
  select actor_id as person_id
  from events left join mine using (ticket_id)
  where read_at >= (select "at" from asked) and ticket_id in (select ticket_id from changed)
    and actor_id is distinct from requester_id
  union all
  select assignee_id from mine
)
select exists (from named anti join people using (person_id) where person_id is not null)
"""
"""What was read before people were last asked for was answered, or nobody knows the answer."""
UNKNOWN_GROUPS = """
with named as (
  select group_id from tickets where ticket_id in (select ticket_id from changed)
)
select exists (from named anti join groups using (group_id) where group_id is not null)
"""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What one page did: rows it brought, and how many tickets have to be measured again."""

    rows: int
    changed: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds of a ticket, as far as a comparison of snapshots needs it."""

    id: str
    stamp: datetime
    status: str
    assignee_id: str | None = None
    group_id: str | None = None
    priority: str | None = None
    type: str | None = None


class Store:
    """Rows and cursors of one account; made by `open`, used by the holder of the lease only."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, lease: Lease) -> None:
        """Use an open connection whose schema has been checked; call `open` instead."""
        self.path = path
        self.connection = connection
        self._lease = lease
        self._touched: set[str] = set()
        self._is_broken = False
        self._threads = THREADS
        self._memory_limit = MEMORY

    @classmethod
    def open(cls, folder: Path, lease: Lease, *, memory_limit: str = MEMORY) -> Self:
        """Open `FOLDER/store.duckdb`, making it if it is not there; the lease must be held."""
        path = folder / "store.duckdb"
        if not lease.is_held():
            raise StoreError(f"{path}: take the lock {lease.path} before opening the store")
        with store_errors(path, duckdb.Error):
            connection = duckdb.connect(path, config=_config(folder, memory_limit))
        store = cls(path, connection, lease)
        store._memory_limit = memory_limit
        try:
            with store_errors(path, duckdb.Error):
                schema.prepare(connection, path)
        except StoreError:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the file; calling twice is harmless."""
        with store_errors(self.path, duckdb.Error):
            self.connection.close()

    def __enter__(self) -> Self:
        """Return the store, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def cursor(self, stream: Stream) -> CursorState | None:
        """Return where reading a stream goes on, None if it was never read."""
        with store_errors(self.path, duckdb.Error):
            return Cursors(self.connection).get(stream)

    def first_read(self, stream: Stream) -> FirstRead | None:
        """Return how far the first read of a stream is; None if it is over, or never began."""
        with store_errors(self.path, duckdb.Error):
            return FirstReads(self.connection).get(stream)

    def save(
        self,
        stream: Stream,
        page: Page,
        *,
        read_at: datetime,
        history: EventRows | None = None,
        first: FirstRead | None = None,
    ) -> Saved:
        """Store a page, its cursor and the history of its tickets in one transaction.

        `history` is given for helpdesks without a feed of events, and may be empty; `first` says
        how far a first read is with this page.
        """
        touched: set[str] = set()
        moved = 0
        if len(page.records) or history:
            self._use(1)
        with self.transaction():
            if len(page.records) or history:
                from connector.store.pages import save_page  # numpy waits until there are rows

                moved, touched = save_page(self.connection, page.records, history, read_at)
                self._raise_generations(touched)
            by_stream = stream is Stream.TICKETS and history is None
            Cursors(self.connection).advance(
                stream, page, read_at, moved=moved > 0 if by_stream else None
            )
            if first is not None:
                FirstReads(self.connection).keep(first, is_over=not page.has_more)
        self._touched |= touched
        return Saved(rows=len(page.records), changed=moved)

    def use_all_threads(self) -> None:
        """Let DuckDB share work out again.

        Pages are saved by one thread, which costs half, and without keeping what was stored before.
        """
        self._use(THREADS)

    def _use(self, threads: int) -> None:
        if threads != self._threads:
            with store_errors(self.path, duckdb.Error):
                self.connection.execute(f"set threads = {threads}")
                memory = self._memory_limit if threads == THREADS else MEMORY_FOR_PAGES
                self.connection.execute(f"set memory_limit = '{memory}'")
            self._threads = threads

    def start_over(self) -> None:
        """Forget where each stream stands, so that all of it is read again; rows stay."""
        with self.transaction():
            Cursors(self.connection).start_over()
            FirstReads(self.connection).forget()

    def through(self) -> datetime | None:
        """Return the instant up to which tickets and their events are complete, if known."""
        with store_errors(self.path, duckdb.Error):
            return Cursors(self.connection).through()

    def counts(self) -> dict[str, int]:
        """Return how many rows each relation holds."""
        query = ", ".join(f"(select count(*) from {name})" for name in COUNTED)
        return dict(zip(COUNTED, self._row(f"select {query}"), strict=True))

    @property
    def has_changed(self) -> bool:
        """Tell whether there are tickets to measure again."""
        return bool(self._row("select exists (from changed)")[0])

    def unknown(self) -> dict[str, int]:
        """Return what adapters did not understand so far, by kind or key name."""
        with store_errors(self.path, duckdb.Error):
            return Cursors(self.connection).unknown()

    def keys(self, kind: str, ids: Sequence[str]) -> dict[str, int]:
        """Return the keys of vendor ids (kind: ticket, person ...); unknown ones are left out."""
        from connector.store.keys import Keys

        with store_errors(self.path, duckdb.Error):
            return Keys(self.connection).find(kind, ids)

    def snapshots(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return what is stored of these tickets, by vendor id; unknown ones are left out."""
        keys = list(self.keys("ticket", ids).values())
        with store_errors(self.path, duckdb.Error):
            rows = self.connection.execute(SNAPSHOTS, {"keys": keys}).fetchall()
        names = Snapshot.__struct_fields__
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return {
            row["id"]: Snapshot(**{**row, "stamp": row["stamp"].replace(tzinfo=UTC)})
            for row in found
        }

    def names_unknown(self, stream: Stream) -> bool:
        """Tell whether changed tickets name people, or groups, that the store does not have."""
        query = UNKNOWN_PEOPLE if stream is Stream.PEOPLE else UNKNOWN_GROUPS
        return bool(self._row(query)[0])

    def touch(self, *relations: str, is_noted: bool = False) -> None:
        """Note that relations were changed through `connection`, so that publishing writes them.

        `is_noted` says that all tickets whose rows changed stand in `changed` or `unpublished`.
        """
        with self.transaction():
            self._raise_generations(relations)
            if not is_noted:
                self.connection.execute(MARK_ALL)
        self._touched |= set(relations)

    def remeasure_all(self) -> None:
        """Mark every ticket as changed."""
        with self.transaction():
            self.connection.execute("delete from changed")
            self.connection.execute("insert into changed select ticket_id from tickets")

    def generations(self) -> dict[str, int]:
        """Return the generation of each relation, for publishing; never changed ones are left out.

        Changes after this call raise the generation anew.
        """
        self._touched = set()
        with store_errors(self.path, duckdb.Error):
            rows = self.connection.execute("from generations").fetchall()
        return dict(rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does through `connection`, or none of it; checks the fence."""
        if self._is_broken:
            raise StoreError(f"{self.path}: an earlier fault closed the store; run again")
        with store_errors(self.path, duckdb.Error):
            self.connection.execute("begin")
            self._is_broken = True  # until the end of the block proves otherwise
            try:
                self._check_fence()
                yield
                self.connection.execute("commit")
                self._is_broken = False
            finally:
                if self._is_broken:
                    self._roll_back()

    def _roll_back(self) -> None:
        with suppress(duckdb.Error):
            self.connection.execute("rollback")
            self._is_broken = False

    def _check_fence(self) -> None:
        stored = int(self._row("select value from meta where name = 'fence'")[0])
        if stored > self._lease.fence or not self._lease.is_held():
            raise StoreError(f"{self.path}: another run took over the lock; this one stops")
        if stored < self._lease.fence:
            fence = str(self._lease.fence)
            self.connection.execute("update meta set value = ? where name = 'fence'", [fence])

    def _raise_generations(self, relations: Iterable[str]) -> None:
        for relation in sorted(set(relations) - self._touched):
            before = self.connection.execute(
                "delete from generations where relation = ? returning generation", [relation]
            ).fetchall()
            generation = before[0][0] + 1 if before else 1
            self.connection.execute("insert into generations values (?, ?)", [relation, generation])

    def _row(self, query: str) -> tuple[Any, ...]:
        with store_errors(self.path, duckdb.Error):
            row: tuple[Any, ...] = self.connection.execute(query).fetchall()[0]
        return row


def _config(folder: Path, memory_limit: str) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": memory_limit,
        "threads": THREADS,
        "temp_directory": str(folder / "tmp"),
        "preserve_insertion_order": False,
        "pandas_analyze_sample": 0,  # what Python hands over as objects is text, nothing else
        "autoinstall_known_extensions": False,
    }
