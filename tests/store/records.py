"""Records for the tests of the store: short to write, complete to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector.model.page import Page, Records
from connector.model.ticket import Event, EventRows, Ticket, TicketRows
from connector.store.lock import Lease
from connector.store.store import Store

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return the instant this many minutes after the start."""
    return START + timedelta(minutes=minutes)


def ticket(ticket_id: str = "1", stamp: float = 0, **more: Any) -> Ticket:
    """Return a ticket whose version is `stamp` minutes after the start."""
    known = {"status": "open", "created_at": START, "updated_at": at(stamp), "stamp": at(stamp)}
    return Ticket(id=ticket_id, **{**known, **more})


def event(event_id: str = "1", ticket_id: str = "1", **more: Any) -> Event:
    """Return an event."""
    return Event(id=event_id, ticket_id=ticket_id, **{"at": START, "kind": "comment", **more})


def tickets(*some: Ticket) -> TicketRows:
    """Return tickets as columns."""
    return TicketRows.of(some)


def events(*some: Event) -> EventRows:
    """Return events as columns."""
    return EventRows.of(some)


def page(records: Records, cursor: str | None = "c", **more: Any) -> Page:
    """Return a last page of records."""
    return Page(records=records, cursor=cursor, **{"has_more": False, **more})


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[Store]:
    """Open the store of a folder with a lease of its own."""
    with Lease(folder) as lease, Store.open(folder, lease, **options) as store:
        yield store


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    return store.connection.execute(query).fetchall()
