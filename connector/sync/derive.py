"""Events for helpdesks that tell none: what differs between two snapshots of a ticket; pure.

A change is known to have happened by the time of the newer snapshot, not when exactly, so its time
is that snapshot's `updated_at`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from connector.model.ticket import Event, EventKind, EventRows, Status, Ticket, TicketRows
from connector.store.gaps import FIRST_DERIVED_ID
from connector.store.store import Snapshot

COMPARED = {
    "status": EventKind.STATUS,
    "assignee_id": EventKind.ASSIGNEE,
    "group_id": EventKind.GROUP,
    "priority": EventKind.PRIORITY,
    "type": EventKind.TYPE,
}


def derive(before: Mapping[str, Snapshot], tickets: TicketRows) -> EventRows:
    """Return what happened between the stored snapshots and these, oldest first."""
    last = dict(before)
    events: list[Event] = []
    for ticket in sorted(tickets.rows(), key=lambda row: row.stamp):
        known = last.get(ticket.id)
        if known is None:
            events.append(_opening(ticket))
            known = _as_opened(ticket)
        elif ticket.stamp <= known.stamp:
            continue
        events.extend(_changes(known, ticket))
        last[ticket.id] = _snapshot(ticket)
    return EventRows.of(events)


def _changes(known: Snapshot, ticket: Ticket) -> Iterator[Event]:
    for name, kind in COMPARED.items():
        previous, value = getattr(known, name), getattr(ticket, name)
        if previous != value:
            yield _event(ticket, ticket.updated_at, kind, value, previous)
    was, is_now = known.status == Status.DELETED, ticket.status == Status.DELETED
    if was != is_now:
        kind = EventKind.DELETED if is_now else EventKind.RESTORED
        yield _event(ticket, ticket.updated_at, kind)


def _opening(ticket: Ticket) -> Event:
    return _event(ticket, ticket.created_at, EventKind.CREATED, ticket.channel)


def _as_opened(ticket: Ticket) -> Snapshot:
    return Snapshot(id=ticket.id, stamp=ticket.created_at, status=Status.NEW)


def _snapshot(ticket: Ticket) -> Snapshot:
    names = Snapshot.__struct_fields__
    return msgspec.convert({name: getattr(ticket, name) for name in names}, Snapshot)


def _event(
    ticket: Ticket,
    at: datetime,
    kind: EventKind,
    value: str | None = None,
    previous: str | None = None,
) -> Event:
    return Event(
        id=str(FIRST_DERIVED_ID + round(ticket.stamp.timestamp() * 1e6)),
        ticket_id=ticket.id,
        at=at,
        kind=kind,
        value=value,
        previous=previous,
    )
